/** Which answer counts where the same thing is asked again and again: none that is older than what is shown. */

export class Latest {
  #asked = 0;
  #shown = 0;

  /**
   * Call it before asking. What it returns is called when the answer is there, and says whether that answer counts;
   * from then on no answer to an earlier question does.
   * @returns {() => boolean}
   */
  ask() {
    const question = (this.#asked += 1);
    return () => {
      if (question <= this.#shown) return false;
      this.#shown = question;
      return true;
    };
  }

  /** What is asked about has changed: answers to earlier questions may not know of it. */
  changed() {
    this.#shown = this.#asked;
  }
}
