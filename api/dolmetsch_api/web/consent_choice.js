/** A speaker says what may become of the talk. The room's activation fixes it; storing can be withdrawn later. */

import { confirmed } from "./confirmation.js";
import { h, setText } from "./dom.js";
import { keptConsent } from "./keys.js";
import { tell } from "./results.js";

const WORDS = {
  before: "This is fixed when the room is activated. Storing can be withdrawn later: what was stored is then deleted for good.",
  own: "Without the second tick only you and the admins may read it.",
  nothing: "Unless you tick it, nothing is stored.",
  open: "The room is open: what was chosen when it was activated holds. It can't be widened now; " +
    "starting again without storing withdraws it, and deletes what was stored.",
  never: "Nothing is stored, captions are gone when the room closes: this was fixed when the room was activated.",
  withdrawn: "Storing was withdrawn: nothing of this session is kept, captions are gone when the room closes.",
  stored: "Untick it to withdraw: what was stored of this session is deleted for good, and nothing more is kept.",
  maybe: "It is stored if it was allowed at activation. Untick it to withdraw: what was stored of this session is " +
    "deleted for good, and nothing more is kept.",
};

export class ConsentChoice {
  #active = null;
  /** Whether storing was refused in this browser for the room as it is open now. */
  #refused = false;
  /** Whether the room was opened by somebody else, as far as this browser knows. */
  #unknown = false;
  #withdrawn = false;
  #now = { active: false, speaking: false };

  /** @param {string} room its id @param {() => void} onWithdrawn while somebody speaks */
  constructor(room, onWithdrawn) {
    this.room = room;
    this.onWithdrawn = onWithdrawn;
    this.store = h("input", { type: "checkbox", onchange: () => this.#changed() });
    this.everybody = h("input", { type: "checkbox", onchange: () => this.#show() });
    this.note = h("p", { class: "note", id: "consent" });
    this.element = h("fieldset", { class: "consent", "aria-describedby": "consent" },
      h("legend", {}, "Transcript of what is said"),
      h("label", {}, this.store, h("span", {}, "Store it, with its translations")),
      h("label", {}, this.everybody, h("span", {}, "Everybody may read it")),
      this.note);
    this.#show();
  }

  /** What is allowed. */
  get value() {
    return { store: this.store.checked, everybody: this.store.checked && this.everybody.checked };
  }

  /** @param {{active: boolean, speaking: boolean}} now active: the room is open, maybe by somebody else */
  update(now) {
    const { speaking, active } = (this.#now = now);
    if (speaking) this.#refused = !this.store.checked;
    else if (active) this.#comeBack(keptConsent(this.room));
    else this.#askAnew();
    this.#active = active;
    this.#show();
  }

  /** In an open room, its consent goes on. */
  #comeBack(kept) {
    this.#refused = kept?.store === false;
    if (!kept) this.#unknown = true;
    if (this.#active) return;
    this.store.checked = kept?.store ?? false;
    this.everybody.checked = kept?.everybody ?? false;
  }

  /** The next one's speaker says it again. */
  #askAnew() {
    this.#refused = this.#withdrawn = this.#unknown = false;
    if (this.#active) this.store.checked = false;
  }

  async #changed() {
    if (!this.#now.speaking) return this.#show();
    // It holds until it is withdrawn: the socket may come back while the question stands there.
    this.store.checked = true;
    const text = "What was stored of this session is deleted for good, and nothing more of it is kept. It can't be allowed again before the room is closed.";
    const sure = await confirmed({ title: "Withdraw storing?", text, action: "Delete what was stored" });
    if (!sure) return;
    if (!this.#now.speaking) return tell("You are not speaking any more: delete what was stored under Transcripts.");
    this.store.checked = false;
    this.#withdrawn = true;
    this.onWithdrawn();
    this.update(this.#now);
  }

  #show() {
    const { active, speaking } = this.#now;
    if (!this.store.checked) this.everybody.checked = false;
    const fixed = speaking || (active && this.#refused);
    this.store.disabled = fixed && !this.store.checked;
    const tooLate = active && !keptConsent(this.room)?.everybody;
    this.everybody.disabled = fixed || tooLate || !this.store.checked;
    setText(this.note, this.#words(active, speaking, fixed));
  }

  #words(active, speaking, fixed) {
    if (fixed && !this.store.checked) return this.#withdrawn ? WORDS.withdrawn : WORDS.never;
    if (speaking) return this.#unknown ? WORDS.maybe : WORDS.stored;
    if (active) return WORDS.open;
    if (!this.store.checked) return `${WORDS.nothing} ${WORDS.before}`;
    return this.everybody.checked ? WORDS.before : `${WORDS.own} ${WORDS.before}`;
  }
}
