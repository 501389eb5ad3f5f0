/** What can be done with a transcript: save it in a language and a form, review it, delete it. */

import { actionButton } from "./action_button.js";
import { confirmed } from "./confirmation.js";
import { field, h, setOptions, setText } from "./dom.js";
import { keepPreference, preference } from "./keys.js";
import { languageFor, languageOptions } from "./languages.js";
import { offers } from "./offers.js";
import { saveFile } from "./save_file.js";
import { inWords } from "./server.js";
import { deleteTranscript, reviewTranscript, transcriptFile } from "./signed.js";

const FORMS = [["txt", "Text"], ["srt", "SRT"], ["vtt", "WebVTT"], ["md", "Markdown"], ["json", "JSON"]];

export class TranscriptActions {
  #title = "";
  #offered = false;
  #reviewed = false;

  /**
   * @param {string} id the room's
   * @param {{onDeleted: (words: string) => void, onLang?: (lang: string) => void, onReviewed?: () => Promise<void>}} wish
   */
  constructor(id, { onDeleted, onLang = () => {}, onReviewed = async () => {} }) {
    this.id = id;
    this.onDeleted = onDeleted;
    this.onReviewed = onReviewed;
    this.select = h("select", { onchange: () => {
      keepPreference("lang", this.lang);
      onLang(this.lang);
    } });
    this.language = field("Language", this.select);
    this.buttons = FORMS.map(([form, name]) => actionButton({ class: "size" }, name, () => this.#attempt(() => this.#save(form))));
    this.downloads = h("div", { class: "field", role: "group" }, h("span", { class: "label" }, "Save as"),
      h("div", { class: "downloads" }, ...this.buttons));
    this.review = actionButton({ class: "quiet", hidden: true }, "", () => this.#attempt(() => this.#review()));
    this.remove = actionButton({ class: "quiet bad", hidden: true }, "Delete", () => this.#attempt(() => this.#delete()));
    this.trouble = h("p", { class: "trouble", role: "alert" });
  }

  get lang() {
    return this.select.value;
  }

  /** @param {{title: string, languages: string[], spoken: string, mine: boolean, reviewed?: boolean}} now */
  update({ title, languages, spoken, mine, reviewed = false }) {
    this.#title = title;
    this.#reviewed = reviewed;
    setOptions(this.select, languageOptions(languages, spoken));
    if (!this.#offered && languages.length) {
      this.select.value = languageFor(preference("lang"), languages, spoken);
      this.#offered = true;
    }
    this.select.setAttribute("aria-label", `Language of ${title}`);
    this.downloads.setAttribute("aria-label", `Save ${title} as a file`);
    this.buttons.forEach((button, at) => button.setAttribute("aria-label", `${FORMS[at][1]}: save ${title}`));
    this.review.hidden = this.remove.hidden = !mine;
    setText(this.review, reviewed ? "Mark as not reviewed" : "Mark as reviewed");
    this.remove.setAttribute("aria-label", `Delete the transcript of ${title}`);
  }

  async #save(form) {
    // JSON holds all languages.
    const name = form === "json" ? `${this.id}.json` : `${this.id}.${this.lang}.${form}`;
    await saveFile(await transcriptFile(this.id, form, this.lang), name);
  }

  async #review() {
    await reviewTranscript(this.id, !this.#reviewed);
    await this.onReviewed();
  }

  async #delete() {
    const text = "It is deleted for good, in all languages: nobody can bring it back. Of a running talk nothing more is kept.";
    if (!(await confirmed({ title: `Delete the transcript of “${this.#title}”?`, text, action: "Delete for good" }))) return;
    await deleteTranscript(this.id);
    this.onDeleted(`The transcript of “${this.#title}” was deleted.`);
    await offers.transcriptsChanged();
  }

  async #attempt(job) {
    setText(this.trouble, "");
    try {
      await job();
    } catch (error) {
      setText(this.trouble, inWords(error));
    }
  }
}
