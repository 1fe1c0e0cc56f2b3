/** Joins the page to its class: makes the room, and the row of the teacher or of a pupil. */

import { hasToken, keepToken, roleHere } from "../common/class_headers.js";
import { pause } from "../common/connection.js";
import { storage } from "../common/keeping.js";
import { fetchClass } from "../common/server.js";
import { Desk } from "./desk.js";
import { Room } from "./room.js";
import { Seat } from "./seat.js";

const NICKNAME = "playground:nickname";

export function mount() {
  const store = storage("sessionStorage");
  const room = new Room({
    role: roleHere(),
    ask: fetchClass,
    pause,
    token: { has: hasToken, keep: keepToken },
    nickname: { get: () => store?.getItem(NICKNAME) ?? "", keep: (name) => store?.setItem(NICKNAME, name) },
  });
  const { element } = room.role === "teacher" ? new Desk(room) : new Seat(room);
  document.querySelector(".pg-skip-link").after(element);
  room.start();
}
