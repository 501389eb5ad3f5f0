/** The transcripts that somebody may read: public ones, own ones, an admin all. */

import { date, lookAtZone, times, zoneInWords } from "./conference.js";
import { h, setText, setTrack } from "./dom.js";
import { KeyedList } from "./keyed_list.js";
import { offers } from "./offers.js";
import { tell } from "./results.js";
import { status } from "./status.js";
import { TranscriptActions } from "./transcript_actions.js";

const EVERY_MS = 20_000;

export function transcriptsView() {
  const heading = h("h1", { tabindex: "-1" }, "Transcripts");
  const none = h("p", { class: "empty" }, "Loading transcripts…");
  const when = h("p", { class: "note" });
  const list = h("ul", { class: "rooms" });
  const element = h("div", { class: "page" }, heading,
    h("p", { class: "lead" }, "Talks whose speakers allowed it, to read again and to keep."), none, list, when);
  const cards = new KeyedList(list, (id) => transcriptCard(id, heading));
  const timer = setInterval(() => document.hidden || offers.lookAtTranscripts(), EVERY_MS);

  async function update() {
    const found = offers.transcripts;
    if (!found) {
      if (offers.troubles.transcripts) setText(none, offers.troubles.transcripts);
      return;
    }
    setText(none, "There are no transcripts that you may read.");
    none.hidden = found.length > 0;
    when.hidden = found.length === 0;
    await lookAtZone();
    setText(when, zoneInWords());
    cards.show(found.map((each) => [each.room, each]));
  }

  return { element, heading, title: "Transcripts", update, leave: () => clearInterval(timer) };
}

/** @param {string} id @param {HTMLElement} elsewhere what is focused when the card is gone */
function transcriptCard(id, elsewhere) {
  const address = `#/transcript/${encodeURIComponent(id)}`;
  const title = h("a", { class: "title", href: address });
  const track = h("p", { class: "track" });
  const badges = h("p", { class: "badges" });
  const facts = h("p", { class: "facts" });
  const time = h("p", { class: "facts" });
  const languages = h("p", { class: "facts" });
  const read = h("a", { class: "button", href: address }, "Read");
  const actions = new TranscriptActions(id, { onDeleted: (words) => {
    tell(words);
    elsewhere.focus();
  } });
  const element = h("li", { class: "card" }, h("div", { class: "card-top" }, track, badges), h("h2", {}, title),
    facts, time, languages, h("div", { class: "save" }, actions.language, actions.downloads),
    h("div", { class: "actions" }, read, h("span", { class: "apart" }, actions.remove)), actions.trouble);

  /** @param {import("./signed.js").Summary} now */
  function update(now) {
    const name = now.talk.title || id;
    setText(title, name);
    Object.assign(title, status.attributes(now.source_lang));
    setText(track, now.talk.track.name);
    setTrack(element, now.talk.track.color);
    setBadges(badges, now);
    setText(facts, headed(now.talk));
    setText(time, `${date(now.first)}, ${times(now.first, now.running ? null : now.last)}`);
    setText(languages, now.languages.map((code) => status.name(code)).join(", "));
    read.setAttribute("aria-label", `Read ${name}`);
    actions.update({ title: name, languages: now.languages, spoken: now.source_lang, mine: now.mine });
  }

  return { element, update };
}

/** Who spoke, and where. @param {import("./signed.js").TalkHeading} talk */
export function headed(talk) {
  const persons = talk.persons.map(({ name }) => name).join(", ");
  return [persons, talk.location].filter(Boolean).join(" · ");
}

/** @param {HTMLElement} place @param {{running: boolean, public: boolean}} now */
export function setBadges(place, now) {
  const wanted = [now.running && "Running", now.public ? "Public" : "Private"].filter(Boolean);
  if (place.textContent === wanted.join("")) return;
  place.replaceChildren(...wanted.map((text) => h("span", { class: text === "Running" ? "badge live" : "badge" }, text)));
}
