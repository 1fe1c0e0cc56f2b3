/** Moves a card by its handle with the mouse, a pen or a finger. A line shows where it will stand. Knows elements only. */

import { nearest } from "../../common/dom.js";
import { placeAt } from "./order.js";

const EDGE = 24; // pixels at the ends of the row, where it is pushed along
const PUSH = 12;

/**
 * @param {HTMLElement} list  the element around the cards
 * @param {() => HTMLElement[]} cardsOf  returns the cards in order
 * @param {(card: HTMLElement, place: number) => void} onDrop  called with the number of other cards before the new place
 */
export function letDrag(list, cardsOf, onDrop) {
  list.addEventListener("pointerdown", (event) => {
    const handle = nearest(event, ".pg-stage-card-handle");
    const card = nearest(event, ".pg-stage-card");
    if (!handle || !card || event.button !== 0) return;
    event.preventDefault();
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    follow(list, handle, card, cardsOf, (place) => onDrop(card, place));
  });
}

function follow(list, handle, card, cardsOf, onDrop) {
  const others = cardsOf().filter((one) => one !== card);
  const before = cardsOf().indexOf(card);
  const following = new AbortController();
  let place = before;
  const mark = () => {
    for (const [at, one] of others.entries()) {
      one.classList.toggle("pg-stage-card-target", place !== before && at === place);
      one.classList.toggle("pg-stage-card-target-last", place !== before && place === others.length && at === place - 1);
    }
  };
  const end = (isDropped) => {
    following.abort();
    card.classList.remove("pg-stage-card-dragged");
    const to = place;
    place = before;
    mark();
    if (isDropped && to !== before) onDrop(to);
  };
  card.classList.add("pg-stage-card-dragged");
  handle.addEventListener("pointermove", ({ clientX, clientY }) => {
    const { left, right } = list.getBoundingClientRect();
    if (clientX > right - EDGE) list.scrollLeft += PUSH;
    if (clientX < left + EDGE) list.scrollLeft -= PUSH;
    place = placeAt(others.map((one) => one.getBoundingClientRect()), clientX, clientY);
    mark();
  }, following);
  handle.addEventListener("pointerup", () => end(true), following);
  handle.addEventListener("pointercancel", () => end(false), following);
  handle.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  }, following);
}
