/**
 * What belongs to the whole page: telling our own views what the controls say, and the keyboard shortcut.
 * Knows Gradio's element ids. Loaded once, from the document's head.
 */

/**
 * Gradio calls this, without the server, whenever a control changes.
 * @param {string[]} names settings' names
 * @param {unknown[]} values in the same order
 */
window.playgroundTell = (names, values) => {
  const settings = Object.fromEntries(names.map((name, place) => [name, values[place]]));
  window.playgroundSettings = settings;
  document.dispatchEvent(new CustomEvent("playground:settings", { detail: settings }));
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    document.querySelector("#pg-generate")?.click();
  }
});

/** A link to the Compare prompts tab opens it; its view reads the rest. */
if (location.hash.startsWith("#prompts=")) {
  const observer = new MutationObserver(() => {
    const tabs = Array.from(document.querySelectorAll(".tabs button[role=tab]"));
    const tab = tabs.find(({ textContent }) => textContent.trim() === "Compare prompts");
    if (!tab) return;
    observer.disconnect();
    tab.click();
  });
  observer.observe(document, { childList: true, subtree: true });
}
