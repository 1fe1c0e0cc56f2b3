/**
 * Tells when an element has another size, is shown or is hidden.
 *
 * The callback runs in the next frame. A callback that changes the size of what is observed within the same frame makes
 * the browser report an error, "ResizeObserver loop completed with undelivered notifications".
 *
 * @param {Element} element
 * @param {() => unknown} callback  called once a frame at most
 * @returns {() => void} ends the observation
 */
export function onResize(element, callback) {
  let isAsked = false;
  const observer = new ResizeObserver(() => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      callback();
    });
  });
  observer.observe(element);
  return () => observer.disconnect();
}
