/** A page that shows one recorded text without a server, and below it the views of the model that were recorded with it. */

import { openPage } from "./page.js";
import { addViews } from "./views.js";

openPage(addViews);
