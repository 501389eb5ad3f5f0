/** What can be done with a transcript: save it in a language and a form, delete it. */

import { actionButton } from "./action_button.js";
import { confirmed } from "./confirmation.js";
import { h, setOptions, setText } from "./dom.js";
import { keepPreference, preference } from "./keys.js";
import { offers } from "./offers.js";
import { field } from "./reader.js";
import { tell } from "./results.js";
import { saveFile } from "./save_file.js";
import { inWords } from "./server.js";
import { deleteTranscript, transcriptFile } from "./signed.js";
import { status } from "./status.js";

const FORMS = [["txt", "Text"], ["srt", "SRT"], ["vtt", "WebVTT"], ["md", "Markdown"], ["json", "JSON"]];

export class TranscriptActions {
  #title = "";
  #offered = false;

  /**
   * @param {string} id the room's
   * @param {{onDeleted: () => void, leaves?: boolean, onLang?: (lang: string) => void}} wish
   *   leaves: another view follows when it is deleted
   */
  constructor(id, { onDeleted, leaves = false, onLang = () => {} }) {
    this.id = id;
    this.leaves = leaves;
    this.onDeleted = onDeleted;
    this.select = h("select", { onchange: () => {
      keepPreference("lang", this.lang);
      onLang(this.lang);
    } });
    this.language = field("Language", this.select);
    this.buttons = FORMS.map(([form, name]) => actionButton({ class: "size" }, name, () => this.#attempt(() => this.#save(form))));
    this.downloads = h("div", { class: "field", role: "group" }, h("span", { class: "label" }, "Save as"),
      h("div", { class: "downloads" }, ...this.buttons));
    this.remove = actionButton({ class: "quiet bad", hidden: true }, "Delete", () => this.#attempt(() => this.#delete()));
    this.trouble = h("p", { class: "trouble", role: "alert" });
  }

  get lang() {
    return this.select.value;
  }

  /** @param {{title: string, languages: string[], spoken: string, mine: boolean}} now */
  update({ title, languages, spoken, mine }) {
    this.#title = title;
    setOptions(this.select, languages.map((code) => ({
      value: code,
      text: code === spoken ? `${status.name(code)} (as spoken)` : status.name(code),
      lang: status.attributes(code).lang,
    })));
    if (!this.#offered && languages.length) {
      const wanted = [preference("lang"), ...navigator.languages.map((tag) => tag.split("-")[0]), spoken];
      this.select.value = wanted.find((code) => languages.includes(code)) ?? languages[0];
      this.#offered = true;
    }
    this.select.setAttribute("aria-label", `Language of ${title}`);
    this.downloads.setAttribute("aria-label", `Save ${title} as a file`);
    this.buttons.forEach((button, at) => button.setAttribute("aria-label", `${FORMS[at][1]}: save ${title}`));
    this.remove.hidden = !mine;
    this.remove.setAttribute("aria-label", `Delete the transcript of ${title}`);
  }

  async #save(form) {
    // JSON holds all languages.
    const name = form === "json" ? `${this.id}.json` : `${this.id}.${this.lang}.${form}`;
    await saveFile(await transcriptFile(this.id, form, this.lang), name);
  }

  async #delete() {
    const text = "It is deleted for good, in all languages: nobody can bring it back. Of a running talk nothing more is kept.";
    if (!(await confirmed({ title: `Delete the transcript of “${this.#title}”?`, text, action: "Delete for good" }))) return;
    await deleteTranscript(this.id);
    tell(`The transcript of “${this.#title}” was deleted.`, { next: this.leaves });
    this.onDeleted();
    await offers.lookAtTranscripts();
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
