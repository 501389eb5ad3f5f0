/** A transcript to be read on the page, in one of its languages. */

import { actionButton } from "./action_button.js";
import { clock } from "./captions.js";
import { date, lookAtZone, times, zoneInWords } from "./conference.js";
import { h, setText, setTrack, titleChanged } from "./dom.js";
import { Latest } from "./latest.js";
import { offers } from "./offers.js";
import { tellAndGo } from "./results.js";
import { inWords } from "./server.js";
import { session } from "./session.js";
import { transcript } from "./signed.js";
import { status } from "./status.js";
import { TranscriptActions } from "./transcript_actions.js";
import { headed, setBadges } from "./view_transcripts.js";

const LOADING = "Loading the transcript…";

/** @param {string} id */
export const transcriptView = (id) => new TranscriptView(id);

class TranscriptView {
  /** @type {import("./signed.js").Transcript | null} */
  #found = null;
  #shown = "";
  /** The key that it was asked for with; null: not yet. */
  #asked = null;
  #answers = new Latest();

  constructor(id) {
    this.id = id;
    this.heading = h("h1", { tabindex: "-1" }, "Transcript");
    this.facts = h("p", { class: "facts" });
    this.badges = h("p", { class: "badges" });
    this.madeBy = h("p", { class: "facts", role: "status" });
    this.actions = new TranscriptActions(id, {
      onDeleted: (words) => tellAndGo(this.element, words, "#/transcripts"),
      onLang: () => this.#draw(),
      onReviewed: () => this.#loadAnew(),
    });
    this.state = h("p", { class: "empty", role: "status" }, LOADING);
    this.text = h("div", { class: "text" });
    this.again = actionButton({ class: "button plain", hidden: true }, "Load what was said since", () => this.#load());
    this.tools = h("div", { class: "save", hidden: true }, this.actions.language, this.actions.downloads,
      h("span", { class: "apart" }, this.actions.review, this.actions.remove));
    this.element = h("article", { class: "page transcript" }, h("div", { class: "page-top" }, this.heading, this.badges),
      this.facts, this.madeBy, this.tools, this.actions.trouble, this.state, this.text, this.again);
  }

  title() {
    return this.#found?.talk.title || this.id;
  }

  async update() {
    if (session.key !== this.#asked) {
      this.#forget();
      await this.#load();
    }
    await lookAtZone();
    this.#show();
  }

  leave() {}

  /** Another person may read other things. */
  #forget() {
    this.#answers.changed();
    this.#asked = session.key;
    this.#found = null;
    this.again.hidden = true;
    setText(this.state, LOADING);
    this.#show();
  }

  async #load() {
    const answer = this.#answers.ask();
    try {
      const found = await transcript(this.id);
      if (answer.take()) this.#take(found, "");
    } catch (error) {
      if (answer.take()) this.#take(error.status === 404 ? null : this.#found, inWords(error));
    }
  }

  /** It was changed here: what was asked for before may not know of it. */
  async #loadAnew() {
    this.#answers.changed();
    await this.#load();
  }

  #take(found, words) {
    this.#found = found;
    setText(this.state, words);
    setText(this.again, found ? "Load what was said since" : "Try again");
    this.again.hidden = false;
    this.#show();
  }

  #show() {
    const found = this.#found;
    this.tools.hidden = !found;
    if (found) this.#showFound(found);
    else this.#showNothing();
    titleChanged(this.element);
  }

  #showNothing() {
    setText(this.heading, "Transcript");
    for (const name of ["lang", "dir"]) this.heading.removeAttribute(name);
    for (const place of [this.facts, this.madeBy, this.badges, this.text]) place.replaceChildren();
    this.#shown = "";
  }

  #showFound(found) {
    const running = found.parts.at(-1).ended === null;
    setText(this.heading, this.title());
    Object.assign(this.heading, status.attributes(found.source_lang));
    setText(this.facts, headed(found.talk));
    setText(this.madeBy, madeBy(found));
    setBadges(this.badges, { running, public: found.public });
    setTrack(this.element, found.talk.track.color);
    this.again.hidden = !running;
    const languages = new Set(found.parts.flatMap(({ lines }) => lines.flatMap(({ texts }) => Object.keys(texts))));
    const mine = Boolean(offers.transcripts?.find(({ room }) => room === this.id)?.mine);
    this.actions.update({ title: this.title(), languages: [...languages].sort(), spoken: found.source_lang, mine,
      reviewed: found.made_by.reviewed });
    this.#draw();
  }

  /** Only when it is another text, so that whoever reads stays where they are. */
  #draw() {
    const { lang } = this.actions;
    const lines = this.#found.parts.reduce((sum, part) => sum + part.lines.length, 0);
    const now = JSON.stringify([lang, lines, this.#found.parts.length, status.attributes(lang), zoneInWords()]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.text.replaceChildren(...this.#found.parts.map((part) => partElement(part, lang)));
  }
}

/** @param {import("./signed.js").Transcript} found */
function madeBy(found) {
  if (found.made_by.reviewed) return "Made by a machine, reviewed by a person";
  // A room that several people used has parts that only some of them may review.
  return found.parts.some(({ reviewed }) => reviewed)
    ? "Made by a machine, reviewed by a person in part" : "Made by a machine, not reviewed";
}

function partElement(part, lang) {
  /** @type {Map<number, import("./signed.js").Said[]>} */
  const paragraphs = new Map();
  for (const said of part.lines) paragraphs.set(said.line, [...(paragraphs.get(said.line) ?? []), said]);
  const began = `${date(part.started)}, ${times(part.started, part.ended)}`;
  return h("section", {}, h("h2", {}, began), ...[...paragraphs.values()].map((each) => paragraph(each, lang)));
}

function paragraph(sentences, lang) {
  const [{ start, speaker }] = sentences;
  return h("div", { class: "line" }, h("span", { class: "time" }, clock(start)),
    h("div", { class: "said" }, speaker >= 0 && h("span", { class: "speaker" }, `Speaker ${speaker + 1}`),
      ...sentences.map((said) => sentence(said, lang))));
}

/** In the language wanted, or as it was spoken where it was not translated. */
function sentence(said, lang) {
  const own = said.texts[lang] ? lang : said.lang;
  return h("p", { class: own === lang ? "sentence" : "sentence waiting", ...status.attributes(own) }, said.texts[own] ?? "");
}
