/**
 * Evaluates an expression of a lesson, which the server has read into a tree. Knows numbers, texts and truths, and a
 * table of measures; does not know the page.
 *
 * @typedef {number | string | boolean | {op: string, of: any[]} | {call: string, of: any[]}} Tree  what the lists `of`
 *   hold are trees
 * @typedef {number | string | boolean | null} Value  null: it is not there yet. What is computed from it is not there either
 * @typedef {Record<string, (...given: any[]) => Value>} Measures  by name
 */

const BEFORE = "before";

const isNumber = (value) => typeof value === "number";
const areNumbers = (...values) => values.every(isNumber);
const areAlike = (one, other) => typeof one === typeof other && typeof one !== "boolean";

/** Of numbers alone. @param {(...values: number[]) => number} compute */
const ofNumbers = (compute) => (...values) => (areNumbers(...values) ? compute(...values) : null);
/** Of two numbers, or two texts. @param {(one: any, other: any) => boolean} compare */
const compared = (compare) => (one, other) => (areAlike(one, other) ? compare(one, other) : null);

/** @type {Record<string, (...values: any[]) => Value>} */
const OPERATIONS = {
  "+": ofNumbers((one, other) => one + other),
  "-": ofNumbers((one, other) => one - other),
  "*": ofNumbers((one, other) => one * other),
  "/": ofNumbers((one, other) => (other === 0 ? NaN : one / other)),
  neg: ofNumbers((one) => -one),
  "<": compared((one, other) => one < other),
  "<=": compared((one, other) => one <= other),
  ">": compared((one, other) => one > other),
  ">=": compared((one, other) => one >= other),
  "==": (one, other) => one === other,
  "!=": (one, other) => one !== other,
  and: (...values) => values.every(Boolean),
  or: (...values) => values.some(Boolean),
  not: (one) => !one,
};

/**
 * @param {Tree} tree
 * @param {Measures} measures  as they are now
 * @param {Measures | null} [before]  as they were before a reveal changed the settings; null where nothing did
 * @returns {Value} null where a part of it is not there, or has no value: a division by zero, a text in a sum
 */
export function evaluate(tree, measures, before = null) {
  if (typeof tree !== "object") return tree;
  if ("call" in tree && tree.call === BEFORE) return before && evaluate(tree.of[0], before);
  const given = tree.of.map((one) => evaluate(one, measures, before));
  if (given.includes(null)) return null;
  const compute = "call" in tree ? own(measures, tree.call) : own(OPERATIONS, tree.op);
  const value = compute ? compute(...given) : null;
  return Number.isNaN(value) ? null : (value ?? null);
}

/** @returns {any} what a table itself has under a name, so that no name reaches what every object has */
const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : null);
