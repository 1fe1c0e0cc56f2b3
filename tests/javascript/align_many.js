/** Aligns many pairs of tokens. Answers for each with the sums of its pieces, and with the places of the pieces. */

import { align } from "../../assets/compare_models/alignment.js";
import { answer, asked } from "./asked.js";

answer(
  asked().map(([one, other]) => {
    const pieces = align(one, other);
    return {
      sums: [0, 1].map((side) => pieces.reduce((sum, { sums }) => sum + sums[side].nats, 0)),
      places: pieces.map(({ start, end }) => [start, end]),
    };
  }),
);
