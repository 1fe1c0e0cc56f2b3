/**
 * Brings about what the class is told, in order: of several scenes the last one, and of a text that grows every message. Knows no
 * page and no class.
 *
 * @typedef {import("./room.js").Scene} Scene
 * @typedef {import("../common/trace.js").Message} Message
 */

export class Following {
  #means;
  /** @type {Scene | null} the one that is to be brought about */
  #next = null;
  /** @type {Scene | null} the one that was brought about last */
  #last = null;
  /** @type {Message[]} */
  #growth = [];
  #version = 0;
  #isWorking = false;

  /**
   * @param {object} means
   * @param {(scene: Scene, isOver: () => boolean) => Promise<void>} means.apply
   * @param {(message: Message) => void} means.grow
   * @param {(version: number) => void} means.reached
   */
  constructor(means) {
    this.#means = means;
  }

  /**
   * @param {{scene?: Scene | null, growth?: Message | null}} news
   * @param {number} version
   */
  take({ scene, growth }, version) {
    if (scene) this.#next = scene;
    if (growth) this.#growth.push(growth);
    this.#version = version;
    this.#work();
  }

  /** Nothing more is to be brought about. */
  leave() {
    this.#next = this.#last = null;
    this.#growth = [];
  }

  async #work() {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      do {
        await this.#applyScene();
        this.#grow();
        if (!this.#next && this.#last) this.#means.reached(this.#version);
      } while (this.#next || this.#growth.length);
    } finally {
      this.#isWorking = false; // or nothing would ever be brought about again
    }
  }

  async #applyScene() {
    const scene = this.#next;
    if (!scene) return;
    this.#next = null;
    this.#last = scene;
    const isOver = () => this.#last !== scene || (this.#next !== null && isElsewhere(this.#next, scene));
    await this.#means.apply(scene, isOver);
  }

  /** Passes on what has grown, if it is of the text in view. What is missing is fetched with the text itself. */
  #grow() {
    const messages = this.#growth.filter(({ trace_id }) => trace_id === this.#last?.trace);
    this.#growth = [];
    for (const message of messages) this.#means.grow(message);
  }
}

/** Whether the way to a scene is of no use for the next one. One that only moves a slider must not keep a text from coming. */
const isElsewhere = (next, scene) => next.trace !== scene.trace || next.model !== scene.model;
