/**
 * Shows the cards of the class again at every change of the class and of what is in view. When a card comes, goes, or has its
 * result, the views fit themselves to the room that is left.
 *
 * @param {import("./room.js").Room} room
 * @param {import("./draw_card.js").DrawCard} drawn  whose counts stand over the bars of the page
 * @param {() => void} show
 */
export function keepShown(room, drawn, show) {
  let open = openIn(room);
  room.onChange((changed) => {
    if (changed.includes("draw") || changed.includes("ended")) drawn.tell();
    show();
    const former = open;
    open = openIn(room);
    if (open !== former) dispatchEvent(new Event("resize"));
  });
  document.addEventListener("playground:shown", show);
  document.addEventListener("playground:asked", show);
  show();
}

/** @param {import("./room.js").Room} room @returns {string} which cards there are */
const openIn = ({ together: { question, draw, text } }) => JSON.stringify([question?.id, question?.revealed, draw?.id, text !== null]);
