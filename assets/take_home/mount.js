/** A page that shows one recorded text without a server, and nothing else. `playground/sharing/page.py` chooses the entry. */

import { openPage } from "./page.js";

openPage();
