/**
 * Informs a view that its events do not arrive: the connection is lost, or the server refuses one of them. The events
 * of the document come from connection.js. Does not know what a view asks for.
 *
 * @typedef {object} Refusal  detail of "playground:refused"
 * @property {string} view  the id of the view's element on the page
 * @property {string} event  the name of the event, such as "beams_run"
 * @property {string} sentence  why, and what to do
 */

/**
 * @param {HTMLElement} element  in the view; nothing is called once it has left the page
 * @param {object} calls
 * @param {() => void} calls.cut  ends everything that is under way
 * @param {(sentence: string, event: string) => void} calls.refused  ends what the event has begun
 */
export function onRefusal(element, { cut, refused }) {
  document.addEventListener("playground:cut", () => element.isConnected && cut());
  document.addEventListener("playground:refused", ({ detail: { view, event, sentence } }) => {
    if (element.closest(`#${view}`)) refused(sentence, event);
  });
}
