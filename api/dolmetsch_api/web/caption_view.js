/** Captions on the page: finished sentences in a log, unfinished words in a place of their own below it. */

import { clock, shown } from "./captions.js";
import { h, setText } from "./dom.js";
import { status } from "./status.js";

const NEAR_END_PX = 32;

export class CaptionView {
  /** @type {Map<number, {element: HTMLElement, sentences: Map<number, HTMLElement>}>} */
  #lines = new Map();
  #following = true;
  #lastTop = 0;
  #missed = 0;
  /** Whether nothing has come yet: what comes first is all that was said before. */
  #first = true;
  /** Places of sentences that are not to be read out, in no language. */
  #old = new Set();

  /** @param {import("./captions.js").Captions} captions */
  constructor(captions) {
    this.captions = captions;
    this.lang = "";
    this.spoken = "";
    this.log = h("div", { class: "log", role: "log", "aria-label": "Captions", "aria-relevant": "additions",
      tabindex: "0", onscroll: () => this.#scrolled() });
    this.empty = h("p", { class: "empty" });
    this.words = h("p", { class: "words" });
    this.partial = h("div", { class: "partial", role: "group", "aria-label": "Being said now" }, this.words);
    this.button = h("button", { class: "follow", type: "button", hidden: true, onclick: () => this.follow() });
    const stage = h("div", { class: "stage" }, this.log, this.empty, this.button);
    this.element = h("section", { class: "captions", "aria-label": "Live captions" }, stage, this.partial);
    this.resized = new ResizeObserver(() => this.#keepUp());
    this.resized.observe(this.log);
  }

  /** What stands there while nothing has been said. @param {string} text */
  setEmptyText(text) {
    setText(this.empty, text);
    this.empty.hidden = this.captions.count > 0;
  }

  /** Show all in a language. @param {string} lang */
  setLang(lang) {
    if (lang === this.lang) return;
    this.lang = lang;
    this.log.dir = status.attributes(lang).dir;
    const all = [...this.captions.lines.values()].flatMap(({ sentences }) => [...sentences.values()]);
    this.#markOld(all);
    this.#draw(all);
    this.showWords();
    this.#keepUp();
  }

  /** @param {import("./captions.js").Chunk} chunk @param {string} target the language that it was asked for */
  take(chunk, target) {
    const before = this.captions.count;
    const { fresh, changed } = this.captions.merge(chunk, target);
    if (fresh) this.#clear();
    if (this.#first) this.#markOld(changed);
    this.#first = false;
    this.#draw(changed);
    this.showWords();
    this.empty.hidden = this.captions.count > 0;
    if (changed.length === 0) return;
    if (!this.#following) this.#missed += Math.max(0, this.captions.count - (fresh ? 0 : before));
    this.#keepUp();
  }

  /** The talk is over: no words are on their way any more. */
  end() {
    this.captions.end();
    this.showWords();
  }

  /** Show the unfinished words, in the language spoken. */
  showWords() {
    const { lang, dir } = status.attributes(this.spoken);
    this.words.lang = lang;
    this.words.dir = dir;
    this.words.classList.toggle("foreign", this.spoken !== this.lang);
    setText(this.words, this.captions.rest);
  }

  /** Go to the end and stay there. */
  follow() {
    const hadFocus = document.activeElement === this.button;
    this.#following = true;
    this.#keepUp();
    if (hadFocus) this.log.focus();
  }

  #clear() {
    this.#first = true;
    this.#missed = 0;
    this.#old.clear();
    this.#lines.clear();
    this.log.replaceChildren();
  }

  #markOld(sentences) {
    for (const sentence of sentences) this.#old.add(placeOf(sentence));
  }

  #draw(sentences) {
    for (const sentence of sentences) this.#drawSentence(sentence);
  }

  #drawSentence(sentence) {
    const line = this.#line(sentence.line);
    const old = line.sentences.get(sentence.sent);
    const at = placeOf(sentence);
    const { text, lang, waiting } = shown(sentence, this.lang);
    const same = old?.textContent === text && old.lang === status.attributes(lang).lang;
    if (same && old.classList.contains("waiting") === waiting) return;
    // A sentence that waits for its translation is not read out; its translation is a new element, which is.
    const element = h("p", { class: waiting ? "sentence waiting" : "sentence", ...status.attributes(lang),
      "aria-live": (waiting || this.#old.has(at)) && "off", "data-at": at }, text);
    line.sentences.set(sentence.sent, element);
    if (old) old.replaceWith(element);
    else insertInOrder(line.element, element, line.sentences, sentence.sent);
  }

  #line(number) {
    const known = this.#lines.get(number);
    if (known) return known;
    const facts = this.captions.lines.get(number);
    const speaker = facts.speaker >= 0 && h("span", { class: "speaker" }, `Speaker ${facts.speaker + 1}`);
    const element = h("div", { class: "line" }, h("span", { class: "time", "aria-hidden": "true" }, clock(facts.beg)),
      h("div", { class: "said" }, speaker));
    const line = { element: element.lastElementChild, sentences: new Map() };
    this.#lines.set(number, line);
    const after = Math.min(...[...this.#lines.keys()].filter((other) => other > number));
    this.log.insertBefore(element, this.#lines.get(after)?.element.parentElement ?? null);
    return line;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) this.#following = true;
    else if (scrollTop < this.#lastTop - 1) this.#following = false;
    this.#lastTop = scrollTop;
    this.#showButton();
  }

  #keepUp() {
    // Where all of it can be seen, as when a talk begins anew, there is nothing to go back to.
    if (this.log.scrollHeight <= this.log.clientHeight) this.#following = true;
    if (this.#following) this.log.scrollTop = this.log.scrollHeight;
    this.#lastTop = this.log.scrollTop;
    this.#showButton();
  }

  #showButton() {
    if (this.#following) this.#missed = 0;
    this.button.hidden = this.#following;
    setText(this.button, this.#missed ? `Follow again (${this.#missed} new)` : "Follow again");
  }
}

const placeOf = ({ line, sent }) => `${line}.${sent}`;

function insertInOrder(parent, element, siblings, number) {
  const after = Math.min(...[...siblings.keys()].filter((other) => other > number));
  parent.insertBefore(element, siblings.get(after) ?? null);
}
