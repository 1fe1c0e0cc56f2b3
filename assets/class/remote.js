/**
 * Takes the keys of a presenter's remote control. On the teacher's page they do what they do in the presenter view. On the
 * projector's they reach the teacher's page in the same browser, because the projector only follows. The teacher's page tells the
 * projector's the address of the class, which is to be shown there.
 *
 * @typedef {import("../presenter/actions.js").Name} Name
 * @typedef {{address: string, qr: string} | null} Address  null when none is to be shown
 */

import { actionOf, isRemoteKey } from "../presenter/actions.js";
import { act } from "../presenter/mount.js";

const CHANNEL = "playground:class";
/** What a key on the projector's page does on the teacher's; the others change how the projector shows it. @type {Name[]} */
const OF_TEACHER = ["next", "back", "guess", "view"];

/** Takes the keys on the teacher's page, and those that the projector's sends. @returns {{show: (address: Address) => void}} the projector's page */
export function takeRemoteKeys() {
  /** @type {Address} */
  let shown = null;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (OF_TEACHER.includes(data.act)) act(data.act);
    if (data.hello) channel.postMessage({ address: shown });
  };
  addEventListener("keydown", (event) => {
    const name = isRemoteKey(event) ? actionOf(event) : undefined;
    if (!name) return;
    event.preventDefault();
    act(name);
  });
  const show = (address) => {
    shown = address;
    channel.postMessage({ address });
  };
  return { show };
}

/** Sends the keys on the projector's page to the teacher's. @param {(address: Address) => void} showAddress */
export function sendRemoteKeys(showAddress) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => "address" in data && showAddress(data.address);
  channel.postMessage({ hello: true });
  const hear = (/** @type {KeyboardEvent} */ event) => {
    const name = actionOf(event);
    const isTeachers = OF_TEACHER.includes(name);
    if (!isTeachers && name !== "leave") return;
    event.preventDefault(); // the presenter view then leaves the key alone
    if (isTeachers) channel.postMessage({ act: name });
  };
  addEventListener("keydown", hear, true);
}
