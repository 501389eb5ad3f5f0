/** Votes for the talks of the next day: one of each browser for each talk. */

import { actionButton } from "./action_button.js";
import { day, lookAtZone, times, zoneInWords } from "./conference.js";
import { h, setText, setTrack } from "./dom.js";
import { hasVoted, keepVote } from "./keys.js";
import { KeyedList } from "./keyed_list.js";
import { offers } from "./offers.js";
import { tell } from "./results.js";
import { Refusal, inWords, vote } from "./server.js";
import { status } from "./status.js";

const EVERY_MS = 20_000;

export function voteView() {
  const heading = h("h1", { tabindex: "-1" }, "Vote");
  const when = h("p", { class: "note" });
  const none = h("p", { class: "empty" }, "Loading talks…");
  const list = h("ul", { class: "rooms" });
  const element = h("div", { class: "page" }, heading,
    h("p", { class: "lead" }, "Which of the next day's talks do you want to read along?"), none, list, when);
  const cards = new KeyedList(list, talkCard);
  const timer = setInterval(() => document.hidden || offers.lookAtTalks(), EVERY_MS);

  async function update() {
    if (!offers.talks) {
      if (offers.troubles.talks) setText(none, offers.troubles.talks);
      return;
    }
    setText(none, "There is nothing to vote for now: talks are open to votes on the day before they are held.");
    none.hidden = offers.talks.length > 0;
    when.hidden = offers.talks.length === 0;
    await lookAtZone();
    setText(when, `${zoneInWords()} One vote of each browser for each talk; you can take it back.`);
    cards.show(offers.talks.map((talk) => [talk.code, talk]));
  }

  return { element, heading, title: "Vote", update, leave: () => clearInterval(timer) };
}

/** @param {string} code */
function talkCard(code) {
  const title = h("h2");
  const track = h("p", { class: "track" });
  const votes = h("span", { class: "badge" });
  const facts = h("p", { class: "facts" });
  const time = h("p", { class: "facts" });
  const abstract = h("p", { class: "description" });
  const more = h("details", { class: "more" }, h("summary", {}, "What it is about"), abstract);
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = actionButton({ class: "button" }, "Vote", toggle);
  const element = h("li", { class: "card" }, h("div", { class: "card-top" }, track, votes), title, time, facts, more,
    h("div", { class: "actions" }, button), trouble);

  let count = 0;

  async function toggle() {
    const voted = hasVoted(code);
    setText(trouble, "");
    try {
      settle(!voted, await vote(code, voted ? "remove" : "add"));
    } catch (error) {
      // Where nobody has voted there is none to take back, such as after votes were counted anew.
      if (voted && count === 0 && error instanceof Refusal) settle(false, 0);
      else setText(trouble, refused(error, voted));
    }
  }

  function settle(voted, votes) {
    keepVote(code, voted);
    showVotes(votes);
    offers.countVotes(code, votes);
    tell(voted ? `You voted for “${title.textContent}”.` : `You took your vote for “${title.textContent}” back.`);
  }

  function showVotes(now) {
    count = now;
    const voted = hasVoted(code);
    const all = count === 1 ? "1 vote" : `${count} votes`;
    setText(votes, voted ? `${all}, with yours` : all);
    votes.classList.toggle("live", voted);
    button.classList.toggle("plain", voted);
    setText(button, voted ? "Take vote back" : "Vote");
    button.setAttribute("aria-label", voted ? `Take vote back: ${title.textContent}` : `Vote for ${title.textContent}`);
  }

  /** @param {import("./offers.js").Votable} talk */
  function update(talk) {
    setText(title, talk.title);
    for (const text of [title, abstract]) Object.assign(text, status.attributes(talk.language));
    setText(track, talk.track.name);
    setTrack(element, talk.track.color);
    setText(time, talk.start ? `${day(talk.start)}, ${times(talk.start, talk.end)}` : "");
    const persons = talk.persons.map(({ name }) => name).filter((name) => name !== "Unknown");
    setText(facts, [persons.join(", "), talk.room, status.name(talk.language)].filter(Boolean).join(" · "));
    setText(abstract, talk.abstract);
    more.hidden = talk.abstract === "";
    showVotes(talk.votes);
  }

  return { element, update };
}

function refused(error, voted) {
  if (!(error instanceof Refusal)) return inWords(error);
  const what = voted ? "Your vote could not be taken back" : "Your vote was not counted";
  return `${what}: voting for this talk may be over. If it is not, try again in a moment.`;
}
