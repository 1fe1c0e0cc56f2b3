/**
 * Says in plain words what the points show: what one of them is, which two point most nearly the same way, and how much
 * the picture leaves out. Knows the pane's state, not the page.
 */

import { cosineText } from "./words.js";
import { spaced } from "../in_words.js";
import { t, tn } from "../../common/language.js";
import { percent } from "../../common/words.js";

/** @param {import("./state.js").State} state @returns {string} two or three sentences, "" while there are no points */
export function captionOf(state) {
  const { told, points, isFlat } = state;
  if (!told || !points.length) return "";
  const each = tn("The point is one token: a vector of {width} numbers.", "Each of the {n} points is one token: a vector of {width} numbers.", points.length, { width: told.width });
  const share = percent(told.explained.slice(0, isFlat ? 2 : 3).reduce((sum, one) => sum + one, 0));
  const rest = t("The picture shows {share} of their differences, so two points that seem near can be far apart.", { share });
  return [each, pair(state), points.length > 1 ? rest : ""].filter(Boolean).join(" ");
}

/** How the two chosen words lie to each other, or else the two that are most alike. */
function pair({ told: { cosines }, points, chosenPoints, cosine }) {
  if (cosine !== null) {
    const [one, other] = chosenPoints.map(({ text }) => spaced(text));
    return t("Between ‘{one}’ and ‘{other}’, which are chosen, the cosine is {cosine}: 1 is the same direction, 0 a right angle.", { one, other, cosine: cosineText(cosine) });
  }
  const all = cosines.flatMap((row, second) => row.map((value, first) => ({ value, first, second })));
  if (!all.length) return "";
  const best = all.reduce((most, one) => (one.value > most.value ? one : most));
  const [one, other] = [best.first, best.second].map((place) => spaced(points[place].text));
  return t("‘{one}’ and ‘{other}’ are the most alike: their cosine is {cosine}, where 1 is the same direction and 0 a right angle.", { one, other, cosine: cosineText(best.value) });
}
