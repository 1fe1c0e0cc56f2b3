/** Fetches the part of the page that belongs to a class, where the server has one. */

import { hasClass } from "./common/class_headers.js";
import { heartbeat } from "./common/connection.js";

if (hasClass()) {
  import(new URL("playground/assets/class/mount.js", document.baseURI).href).then(({ mount }) => mount()).catch((error) => {
    heartbeat.standAlone(); // otherwise the server would take the page for closed
    throw error;
  });
}
