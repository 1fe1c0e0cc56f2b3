/** Calls a function of a module in assets/ with several lists of arguments. */

import { answer, asked } from "./asked.js";

const { module, name, calls } = asked();
const called = (await import(`../../assets/${module}`))[name];
answer(await Promise.all(calls.map((args) => called(...args))));
