/** Answers with the plain values that a module in assets/ exports, by name. */

import { answer, asked } from "./asked.js";

answer({ ...(await import(`../../assets/${asked()}`)) });
