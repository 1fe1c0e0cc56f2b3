/** Functions for tests on the page. They are put before every script that is sent to a browser. */

const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
const seen = (selector) => all(selector)[0] ?? null;
const named = (selector, name) =>
  all(selector).find((element) => element.textContent.trim() === name && !element.disabled && element.ariaDisabled !== "true") ?? null;
const labelled = (name, within = "body") =>
  all(`${within} label`).find((label) => label.textContent.trim().startsWith(name))?.control ??
  seen(`${within} [aria-label="${name}"], ${within} [aria-label$=" for ${name}"]`);

/** Sets a value as a person does by typing, dragging or choosing: frameworks listen to the events and not to the value. */
const give = (element, value) => {
  const prototype = Object.getPrototypeOf(element);
  Object.getOwnPropertyDescriptor(prototype, "value").set.call(element, value);
  for (const name of ["input", "change"]) element.dispatchEvent(new Event(name, { bubbles: true }));
  element.dispatchEvent(new Event("blur"));
};
const faults = () => window.pgFaults;
const told = () => JSON.stringify({ faults: faults(), statuses: all("[role=status], [role=alert]").map((one) => one.textContent).filter(Boolean) });
const requested = () => performance.getEntriesByType("resource").map((entry) => entry.name);
