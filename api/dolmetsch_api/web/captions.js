/** A room's captions as far as this page knows them. Pure: no DOM, no network. */

/**
 * @typedef {{line_idx: number, beg: number, end: number, speaker: number,
 *   sentences: {sent_idx: number, content: Record<string, string>}[]}} WireLine
 * @typedef {{last_n_sents: WireLine[], incomplete_sentence: string,
 *   transcription_delay: number, translation_delay: number}} Chunk
 * @typedef {{line: number, sent: number, source: string, content: Record<string, string>}} Sentence
 * @typedef {{beg: number, end: number, speaker: number, sentences: Map<number, Sentence>}} Line
 */

export class Captions {
  /** @type {Map<number, Line>} */
  lines = new Map();
  /** The unfinished sentence, in the language spoken. */
  rest = "";
  #ended = false;

  /** The talk is over: what comes next is another one. */
  end() {
    this.#ended = true;
    this.rest = "";
  }

  /** How many sentences there are. */
  get count() {
    let count = 0;
    for (const line of this.lines.values()) count += line.sentences.size;
    return count;
  }

  /**
   * Merge a chunk by line and sentence number; the same chunk twice changes nothing.
   * @param {Chunk} chunk
   * @param {string} target the language that the socket asked for
   * @returns {{fresh: boolean, changed: Sentence[]}} fresh: another talk began, what was there is gone
   */
  merge(chunk, target) {
    const fresh = this.#ended || this.#isOfAnotherTalk(chunk);
    if (fresh) this.lines.clear();
    this.#ended = false;
    this.rest = chunk.incomplete_sentence;
    const changed = [];
    for (const wire of chunk.last_n_sents) changed.push(...this.#mergeLine(wire, target));
    return { fresh, changed };
  }

  /** A sentence always holds the same source text: no text in common at a known number is another talk. */
  #isOfAnotherTalk(chunk) {
    return chunk.last_n_sents.some((wire) =>
      wire.sentences.some(({ sent_idx, content }) => {
        const known = this.lines.get(wire.line_idx)?.sentences.get(sent_idx);
        return known !== undefined && !Object.entries(content).some(([lang, text]) => known.content[lang] === text);
      }),
    );
  }

  #mergeLine({ line_idx, beg, end, speaker, sentences }, target) {
    const line = this.lines.get(line_idx) ?? { beg, end, speaker, sentences: new Map() };
    this.lines.set(line_idx, Object.assign(line, { beg, end, speaker }));
    const changed = [];
    for (const { sent_idx, content } of sentences) {
      const known = line.sentences.get(sent_idx);
      if (known && Object.entries(content).every(([lang, text]) => known.content[lang] === text)) continue;
      const source = known?.source ?? Object.keys(content).find((lang) => lang !== target) ?? target;
      // Texts in languages read before are kept: changing back shows them at once.
      const sentence = { line: line_idx, sent: sent_idx, source, content: { ...known?.content, ...content } };
      line.sentences.set(sent_idx, sentence);
      changed.push(sentence);
    }
    return changed;
  }
}

/**
 * What to show of a sentence to a reader of `lang`.
 * @param {Sentence} sentence
 * @param {string} lang
 * @returns {{text: string, lang: string, waiting: boolean}} waiting: not translated yet
 */
export function shown(sentence, lang) {
  const text = sentence.content[lang];
  if (text) return { text, lang, waiting: false };
  return { text: sentence.content[sentence.source] ?? "", lang: sentence.source, waiting: true };
}

/** Seconds as a clock shows them. @param {number} seconds */
export function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const [hours, minutes, rest] = parts;
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}
