window.pgFaults = [];
window.addEventListener("error", (event) => window.pgFaults.push(event.message ?? String(event)));
window.addEventListener("unhandledrejection", (event) => window.pgFaults.push(String(event.reason)));
const told = console.error;
console.error = (...words) => {
  window.pgFaults.push(words.join(" "));
  told(...words);
};
