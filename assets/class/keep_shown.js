/**
 * Shows the cards of the class again at every change of the class and of what is in view.
 *
 * @param {import("./room.js").Room} room
 * @param {import("./draw_card.js").DrawCard} drawn  whose counts stand over the bars of the page
 * @param {() => void} show
 */
export function keepShown(room, drawn, show) {
  room.onChange((changed) => {
    if (changed.includes("draw")) drawn.tell();
    show();
  });
  document.addEventListener("playground:shown", show);
  document.addEventListener("playground:asked", show);
  show();
}
