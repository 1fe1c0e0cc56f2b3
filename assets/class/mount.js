/**
 * Joins the page to its class: the connection, the row of the teacher or of a pupil, what is sent when this page leads, and what is
 * brought about when it follows.
 */

import { Desk } from "./desk.js";
import { Following } from "./following.js";
import { Leading } from "./leading.js";
import { lockControls } from "./locks.js";
import { sendRemoteKeys, takeRemoteKeys } from "./remote.js";
import { restore } from "./restored.js";
import { Room } from "./room.js";
import { rulesOf } from "./rules.js";
import { applyScene, endScene, noteOfScene, sceneNow, showText } from "./scene.js";
import { Seat } from "./seat.js";
import { forgetNames, tellWritten } from "../common/authors.js";
import { hasToken, keepToken, roleHere } from "../common/class_headers.js";
import { rulesHere, putRules } from "../common/class_rules.js";
import { heartbeat, pause } from "../common/connection.js";
import { storage } from "../common/keeping.js";
import { doubt, pageId } from "../common/known_texts.js";
import { fetchClass } from "../common/server.js";

const NICKNAME = "playground:nickname";
const NOT_FOUND = 404;
/** What says that the page may show something else. @type {(keyof DocumentEventMap)[]} */
const EVENTS = ["playground:shown", "playground:view", "playground:face", "playground:model", "playground:settings", "playground:lesson-page", "playground:guessing", "playground:looked", "playground:head", "input"];

export function mount() {
  const room = makeRoom();
  document.documentElement.dataset.class = room.role;
  tellAuthors(room);
  const isTeacher = room.role === "teacher";
  const row = isTeacher ? teacherRow(room) : pupilRow(room);
  const say = isTeacher ? (sentence) => /** @type {Desk} */ (row).say(sentence) : () => {};
  whenThere("#pg-nav", (tabs) => tabs.after(row.element));
  if (room.role !== "projector") lead(room, say);
  follow(room, (error) => (isTeacher ? say(error.message) : /** @type {Seat} */ (row).explain(error.message)));
  room.start();
}

function makeRoom() {
  const store = storage("sessionStorage");
  return new Room({
    role: roleHere(),
    ask: fetchClass,
    heartbeat,
    pause,
    token: { has: hasToken, keep: keepToken },
    nickname: { get: () => store?.getItem(NICKNAME) ?? "", keep: (name) => store?.setItem(NICKNAME, name) },
  });
}

/** Says who drew the tokens of the class's texts, before anything shows them. @param {Room} room */
function tellAuthors(room) {
  room.onChange((changed) => {
    if (changed.includes("begun") || room.state.ended) forgetNames();
    if (changed.includes("written")) tellWritten(room.state.written.map((one) => ({ ...one, trace: pageId(one.trace) })));
  });
}

function teacherRow(room) {
  const projector = takeRemoteKeys();
  const desk = new Desk(room, (address) => projector.show(address));
  desk.refusal.after(restore(room, ({ message }) => desk.say(message)));
  return desk;
}

function pupilRow(room) {
  const seat = new Seat(room);
  if (room.role === "projector") {
    sendRemoteKeys((address) => seat.card.show(address));
    for (const part of ["#pg-views", ".sidebar", "#pg-model"]) whenThere(part, (element) => element.toggleAttribute("inert", true));
  }
  lockControls((reason) => seat.explain(reason));
  document.addEventListener("playground:class", () => seat.explain(""));
  return seat;
}

/** Sends what this page shows, as long as it leads. */
function lead(room, say) {
  const sceneHere = async () => ({ ...(await sceneNow()), ...placeOfText(room) });
  const send = async (scene) => {
    try {
      await room.post("scene", scene);
    } catch (error) {
      if (error.status === NOT_FOUND && scene.trace) doubt(pageId(scene.trace)); // the text is sent to the server again
      throw error;
    }
  };
  const isLeading = () => room.isLeading && room.isConnected;
  const leading = new Leading({ isLeading, scene: sceneHere, send, pause, say: (sentence) => say(sentence || noteOfScene()) });
  for (const event of EVENTS) document.addEventListener(event, () => leading.changed());
  room.onChange((changed) => {
    if (["begun", "connection", "lead", "me"].some((name) => changed.includes(name))) leading.forget();
    if (room.isLeading && changed.includes("text") && placeOfText(room)) showText(placeOfText(room));
  });
}

/** @returns {{trace: string, index: number} | null} where the text stands that the class writes together; the server moves it on */
const placeOfText = ({ state: { text } }) => text && !text.ended && { trace: text.trace, index: text.index };

/** Brings about what another page shows, as long as this one follows. @param {Room} room @param {(error: Error) => void} fail  says what could not be */
function follow(room, fail) {
  const grow = (message) => document.dispatchEvent(new CustomEvent("playground:growth", { detail: message }));
  const following = new Following({ apply: (scene, isOver) => applyScene(scene, isOver).catch(fail), grow, reached: (version) => room.reached(version) });
  room.onChange((changed) => {
    const { state } = room;
    document.documentElement.toggleAttribute("data-class-blank", state.mode.blank && room.role !== "teacher" && !state.ended);
    if (!state.may.leave) room.setAlone(false);
    const didFollow = rulesHere().follows;
    putRules(rulesOf(room));
    if (didFollow && !room.isFollowing) {
      following.leave();
      endScene();
    }
    const isNew = !didFollow || changed.includes("begun");
    if (!room.isFollowing) return;
    if (isNew || changed.includes("scene") || changed.includes("growth")) following.take({ scene: isNew || changed.includes("scene") ? state.scene : null, growth: changed.includes("growth") ? state.growth : null }, room.version);
  });
}

/** @param {string} selectors @param {(element: Element) => void} then  called once such an element is on the page */
function whenThere(selectors, then) {
  const look = () => {
    const found = document.querySelector(selectors);
    if (found) then(found);
    return found !== null;
  };
  if (look()) return;
  const observer = new MutationObserver(() => look() && observer.disconnect());
  observer.observe(document, { childList: true, subtree: true });
}
