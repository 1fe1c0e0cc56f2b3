/**
 * Gives the parts of the sidebar's sheet the order in which a phone shows them, so that Tab visits them from top to
 * bottom. `sidebar.css` shows them in this order from the beginning, so nothing moves. Knows Gradio's element ids.
 */

const isPhone = matchMedia("(width <= 768px)");
/** On a phone these come after the sliders. */
const LATER = ["pg-reading-row", "pg-conversation", "pg-refusal", "pg-templated", "pg-presets"];

/** Arranges the parts now, once Gradio has made them, and whenever the window becomes a phone's or a laptop's. @param {Element} column */
export function orderSheet(column) {
  const later = LATER.map((id) => column.querySelector(`:scope > #${id}`));
  if (later.includes(null)) {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      orderSheet(column);
    });
    observer.observe(column, { childList: true });
    return;
  }
  const places = later.map((part) => {
    const place = document.createComment(""); // where it stands on a laptop
    part.before(place);
    return place;
  });
  const arrange = () => {
    const focused = document.activeElement; // an element that is moved loses the focus
    if (isPhone.matches) column.append(...later);
    else for (const [number, part] of later.entries()) places[number].after(part);
    if (focused instanceof HTMLElement && column.contains(focused)) focused.focus({ preventScroll: true });
  };
  isPhone.addEventListener("change", arrange);
  if (isPhone.matches) arrange();
}
