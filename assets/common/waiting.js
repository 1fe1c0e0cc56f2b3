/** Waits for something to be so on the page. It looks again whenever the page says that something has changed. */

const EVENTS = ["playground:shown", "playground:settings", "playground:view", "playground:model", "playground:loading", "playground:looked", "playground:head"];

/** What is waited for. @type {Set<() => void>} */
const looking = new Set();

/** Looks again at all that is waited for, after what has just happened has been dealt with. */
export function lookAgain() {
  queueMicrotask(() => {
    for (const look of [...looking]) look();
  });
}

for (const event of EVENTS) document.addEventListener(event, lookAgain);

/** @param {() => boolean} holds @returns {Promise<void>} which is kept once it holds; at once if it does already */
export function until(holds) {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      looking.delete(look);
      resolve();
    };
    looking.add(look);
    look();
  });
}

/**
 * @param {keyof DocumentEventMap} event
 * @param {() => boolean} isOver
 * @returns {Promise<any>} the detail of the event that came first; undefined when nobody waits any more
 */
export async function untilTold(event, isOver) {
  let isTold = false;
  let told;
  const hear = (/** @type {any} */ event) => {
    if (!isTold) told = event.detail;
    isTold = true;
    lookAgain();
  };
  document.addEventListener(event, hear);
  await until(() => isTold || isOver());
  document.removeEventListener(event, hear);
  return told;
}
