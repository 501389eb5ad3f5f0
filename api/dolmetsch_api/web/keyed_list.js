/** A list whose items stay the same elements while what they show changes, so that focus and reading stay. */

export class KeyedList {
  #items = new Map();

  /**
   * @param {HTMLElement} element
   * @param {(key: string) => {element: HTMLElement, update: (value: any) => void}} make
   */
  constructor(element, make) {
    this.element = element;
    this.make = make;
  }

  /** @param {[string, any][]} entries keys and what their items show, in order */
  show(entries) {
    const kept = new Map();
    for (const [key, value] of entries) {
      const item = this.#items.get(key) ?? this.make(key);
      item.update(value);
      kept.set(key, item);
    }
    this.#items = kept;
    const wanted = [...kept.values()].map(({ element }) => element);
    const { children } = this.element;
    if (children.length !== wanted.length || wanted.some((each, at) => children[at] !== each)) {
      this.element.replaceChildren(...wanted);
    }
  }
}
