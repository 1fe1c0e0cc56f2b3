window.pgFaults = [];
// A browser tells late observers of a size in the next frame, and reports that as an error. Gradio's parts cause it too.
const isLate = ({ message }) => message === "ResizeObserver loop completed with undelivered notifications.";
window.addEventListener("error", (event) => isLate(event) || window.pgFaults.push(event.message ?? String(event)));
window.addEventListener("unhandledrejection", (event) => window.pgFaults.push(String(event.reason)));
const told = console.error;
console.error = (...words) => {
  window.pgFaults.push(words.join(" "));
  told(...words);
};
