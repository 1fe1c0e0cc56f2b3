/** Listens to events for as long as an element is on the page. */

/** @param {HTMLElement} element @returns {WhileMounted} */
export const whileMounted = (element) => new WhileMounted(element);

class WhileMounted {
  #element;
  #life = new AbortController();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @returns {AbortSignal} which is aborted at the first event after the element has left the page */
  get signal() {
    return this.#life.signal;
  }

  /** @template {keyof DocumentEventMap} Name @param {Name} name @param {(event: DocumentEventMap[Name]) => unknown} listener */
  onDocument(name, listener) {
    document.addEventListener(name, this.#guarded(listener), this.#life);
  }

  /** @template {keyof WindowEventMap} Name @param {Name} name @param {(event: WindowEventMap[Name]) => unknown} listener */
  onWindow(name, listener) {
    addEventListener(name, this.#guarded(listener), this.#life);
  }

  /** @template {Event} E @param {(event: E) => unknown} listener @returns {(event: E) => unknown} */
  #guarded(listener) {
    return (event) => (this.#element.isConnected ? listener(event) : this.#life.abort());
  }
}
