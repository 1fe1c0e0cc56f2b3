/** Shows a line at the top of the window while the server does not answer, and for a moment after it answers again. */

import { make, setText } from "./dom.js";
import { UNANSWERED } from "./connection.js";
import { t } from "./language.js";

const LOST = t("The connection to the server was lost. The page connects again by itself.");
const BACK = t("The page is connected to the server again.");
const BACK_MS = 5000;

const line = make("p", "pg-connection");
line.role = "status";
line.hidden = true;
document.body.append(line);

let timer = 0;

/** @param {import("./connection.js").News} news */
function show({ isAway, wasAsked }) {
  const wasShown = !line.hidden;
  clearTimeout(timer);
  line.hidden = !isAway && !wasShown;
  line.classList.toggle("pg-back", !isAway);
  setText(line, !isAway ? BACK : wasAsked ? UNANSWERED : LOST);
  if (!isAway) timer = setTimeout(() => (line.hidden = true), BACK_MS);
}

document.addEventListener("playground:connection", (event) => show(event.detail));
