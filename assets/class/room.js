/**
 * The page's connection to its class: what everybody in the class knows, what the teacher knows besides, and who this page is.
 * It connects again by itself, also after a restart of the server. Knows the class's routes, not the page.
 *
 * @typedef {import("../common/class_headers.js").Role} Role
 * @typedef {{number: number, name: string}} Who  a pupil
 *
 * @typedef {object} Scene  what the page of whoever leads shows
 * @property {string} view  a view's id
 * @property {import("../common/face.js").Face} face
 * @property {string} model
 * @property {string | null} trace  the id of the text as the server knows it; null for none
 * @property {number | null} index  of the step in view
 * @property {Record<string, any>} settings  those that the view shows
 * @property {{name: string, page: number} | null} lesson  with its page from 0
 * @property {string} prompt  as it stands in the sidebar
 * @property {import("./fields.js").Fields | null} [fields]  what the views inside the model show
 * @property {boolean} guess  whether the bars are hidden, so that the class can guess
 *
 * @typedef {object} Question
 * @property {string} id
 * @property {"choice" | "bar" | "token"} kind
 * @property {string} text
 * @property {string[] | null} choices
 * @property {string | null} token
 * @property {boolean} hides
 * @property {{trace: string, index: number} | null} place
 * @property {{name: string, page: number} | null} lesson
 * @property {number} count  of answers
 * @property {boolean} revealed
 * @property {{answer: any, count: number}[] | null} results
 * @property {any} reveal
 *
 * @typedef {object} Draw  one draw for each pupil
 * @property {string} id
 * @property {{trace: string, index: number}} place
 * @property {Record<string, any>} settings
 * @property {number} drawn
 * @property {Record<string, number>} counts  by the token's id
 *
 * @typedef {object} ClassText
 * @property {string} trace
 * @property {number} index
 * @property {Who | null} turn
 * @property {(Who & {u: number, token_id: number}) | null} last
 * @property {number} tokens  that the class has drawn
 * @property {boolean} [ended]
 *
 * @typedef {object} State  what everybody in the class knows
 * @property {number} here  the number of pupils whose page is open
 * @property {Who | null} lead  the pupil who leads; null when the teacher does
 * @property {{frozen: boolean, blank: boolean, paused: boolean}} mode
 * @property {{leave: boolean, settings: boolean, play: boolean}} may  what pupils may do
 * @property {Scene | null} scene
 * @property {import("../common/trace.js").Message | null} growth  the newest steps of the scene's text
 * @property {Question | null} question
 * @property {Draw | null} draw
 * @property {ClassText | null} text
 * @property {import("../common/authors.js").Written[]} written  who drew the tokens of the class's texts
 * @property {boolean} ended
 *
 * @typedef {object} Pupil  as the teacher sees it
 * @property {number} number
 * @property {string} name
 * @property {boolean} here
 * @property {boolean} alone
 * @property {number} behind  how many changes its page has not shown yet
 * @property {boolean} answered
 * @property {boolean} drawn
 *
 * @typedef {object} Desk  what the teacher alone knows
 * @property {Pupil[]} pupils
 * @property {Record<string, any>} answers  to the open question, by the pupil's number
 * @property {any[]} asked  all questions so far
 * @property {string} address
 * @property {string} qr  an SVG picture
 *
 * @typedef {object} Means  how the class is reached
 * @property {Role} role
 * @property {(path: string, options?: RequestInit) => Promise<Response>} ask  a route of the class; rejects with an Error whose
 *   message is a sentence, and with its `status` if the server refused
 * @property {Pick<import("../common/heartbeat.js").Heartbeat, "standIn" | "standAlone">} heartbeat  for which the class's stream stands in
 * @property {(ms: number) => Promise<void>} pause
 * @property {{has: () => boolean, keep: (token: string | null) => void}} token  a pupil's
 * @property {{get: () => string, keep: (name: string) => void}} nickname
 */

import { readStream } from "./stream.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const HERE_MS = 2000; // the server wants no more frequent news of a pupil
const NO_ENTRY = 403;
const NO_CONTENT = 204;

/** @type {State} */
const NOTHING = {
  here: 0,
  lead: null,
  mode: { frozen: false, blank: false, paused: false },
  may: { leave: true, settings: true, play: true },
  scene: null,
  growth: null,
  question: null,
  draw: null,
  text: null,
  written: [],
  ended: false,
};

export class Room {
  /** @type {Means} */
  #means;
  /** @type {((changed: string[]) => void)[]} */
  #listeners = [];
  #begun = ""; // the class that the state is of
  #pauseMs = FIRST_PAUSE_MS;
  #shown = 0; // the version that the page shows
  #isHereDue = false;
  /** @type {State} */
  state = NOTHING;
  /** The number of the latest message. */
  version = 0;
  /** @type {Desk | null} */
  desk = null;
  /** @type {{number: number, nickname: string} | null} */
  me = null;
  /** Whether the class can be heard. */
  isConnected = false;
  /** Why the class cannot be joined, "" if it can. */
  refusal = "";
  /** Whether the reader has left the teacher to play alone. */
  isAlone = false;

  /** @param {Means} means */
  constructor(means) {
    this.#means = means;
  }

  get role() {
    return this.#means.role;
  }

  /** What the class does together now: nothing once it has ended. @returns {Pick<State, "question" | "draw" | "text">} */
  get together() {
    return this.state.ended ? NOTHING : this.state;
  }

  /** Whether this page leads the class. */
  get isLeading() {
    const { lead } = this.state;
    if (this.role === "teacher") return lead === null;
    return this.role === "pupil" && lead !== null && lead.number === this.me?.number;
  }

  /** Whether this page shows what the page of whoever leads shows. */
  get isFollowing() {
    return !this.state.ended && !this.isLeading && !this.isAlone;
  }

  /**
   * @param {(changed: string[]) => void} listener  called with the names of the parts that have changed. Of what this page knows of
   *   itself these are "desk", "me", "alone", "connection", and "begun" when it is another class
   */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** Hears the class until it is over. */
  async start() {
    await this.#hear();
    this.#means.heartbeat.standAlone();
  }

  async #hear() {
    while (!this.state.ended) {
      try {
        await this.#enter();
        await this.#listen();
        this.#lose("");
      } catch (error) {
        if (error.status === NO_ENTRY && this.role === "pupil") this.#means.token.keep(null); // another class knows no token of this one
        else if (error.status) this.#means.heartbeat.standAlone();
        this.#lose(error.status ? error.message : "");
      }
      if (this.state.ended) return;
      await this.#means.pause(this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /**
   * Sends something to the class.
   *
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>} the answer, null for none; rejects with an Error whose message is a sentence to show
   */
  async post(path, body = {}) {
    const answer = await this.#means.ask(path, inJson(body));
    return answer.status === NO_CONTENT ? null : answer.json();
  }

  /** @returns {Promise<Blob>} the class's answers as a table */
  async answersAsCsv() {
    return (await this.#means.ask("export.csv")).blob();
  }

  /** The pupil chooses a name. @param {string} nickname  "" for none */
  async rename(nickname) {
    await this.#join(nickname);
    this.#tell(["me"]);
  }

  /** The pupil leaves the teacher, or comes back. @param {boolean} isAlone */
  setAlone(isAlone) {
    if (isAlone === this.isAlone) return;
    this.isAlone = isAlone;
    this.#tell(["alone"]);
    this.#tellHere();
  }

  /** The page shows the class as it was at a version. @param {number} version */
  reached(version) {
    if (version === this.#shown) return;
    this.#shown = version;
    this.#tellHere();
  }

  /** Says who this page is, or joins the class. */
  async #enter() {
    if (this.role === "projector") return;
    if (this.role === "pupil" && !this.#means.token.has()) return this.#join(this.#means.nickname.get());
    const who = await (await this.#means.ask("who")).json();
    if (who.role === "pupil") this.me = { number: who.number, nickname: who.nickname };
  }

  async #join(nickname) {
    const { token, ...me } = await this.post("join", { nickname });
    if (token) this.#means.token.keep(token);
    this.#means.nickname.keep(me.nickname);
    this.me = me;
  }

  async #listen() {
    await this.#means.heartbeat.standIn(async (headers) => {
      const response = await this.#means.ask("events", { headers });
      await readStream(response, ({ event, data }) => (event === "desk" ? this.#takeDesk(data) : this.#take(data)));
    });
  }

  #takeDesk(desk) {
    this.desk = desk;
    this.#tell(["desk"]);
  }

  /** @param {{version: number, begun: string, changed: Partial<State>}} told */
  #take({ version, begun, changed }) {
    const news = [];
    const isBack = !this.isConnected;
    if (isBack) news.push("connection", "me");
    if (begun !== this.#begun) {
      news.push("begun");
      this.state = NOTHING;
    }
    this.#begun = begun;
    this.isConnected = true;
    this.refusal = "";
    this.#pauseMs = FIRST_PAUSE_MS;
    this.version = version;
    this.state = { ...this.state, ...changed };
    this.#tell([...Object.keys(changed), ...news]);
    if (isBack) this.#tellHere(); // a server that was started again does not know who plays alone
  }

  #lose(refusal) {
    this.isConnected = false;
    this.refusal = refusal;
    this.#tell(["connection"]);
  }

  /** Tells the teacher's desk how far this page is, not too often. */
  async #tellHere() {
    if (this.role !== "pupil" || this.#isHereDue || !this.isConnected || this.state.ended) return; // nobody is known after the end
    this.#isHereDue = true;
    const [begun, told] = [this.#begun, { version: this.#shown, alone: this.isAlone }];
    await this.post("here", told).catch(() => {}); // a lost connection is told by the stream
    await this.#means.pause(HERE_MS);
    this.#isHereDue = false;
    if (this.#begun !== begun || this.#shown !== told.version || this.isAlone !== told.alone) this.#tellHere();
  }

  #tell(changed) {
    for (const listener of this.#listeners) listener(changed);
  }
}

const inJson = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
