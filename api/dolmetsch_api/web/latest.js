/** The same thing is asked again and again: an answer that is older than what is shown does not count. */

export class Latest {
  #asked = 0;
  #shown = 0;

  /**
   * Call it before asking. `take` is called when the answer is there and says whether it counts: then no answer to
   * an earlier question does any more. `late`: something newer is shown already.
   * @returns {{take: () => boolean, readonly late: boolean}}
   */
  ask() {
    const question = (this.#asked += 1);
    const shown = () => this.#shown;
    return {
      take: () => {
        if (question <= this.#shown) return false;
        this.#shown = question;
        return true;
      },
      get late() {
        return question < shown();
      },
    };
  }

  /** What is asked about has changed: answers to earlier questions may not know of it. */
  changed() {
    this.#shown = this.#asked += 1;
  }
}
