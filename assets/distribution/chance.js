/**
 * The random numbers of a step: Philox 4x64 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as
 * 1, 2, 3"). It is the twin of `playground/decoding/chance.py`, which uses NumPy's generator.
 */

const WORD = (1n << 64n) - 1n;
const ROUNDS = 10;
const MULTIPLIERS = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const KEY_STEPS = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];

/**
 * @param {number} seed  of the settings, a whole number from 0
 * @param {number} step  the number of tokens in the completion so far
 * @param {number} [stream]  what the number is for: 0 is the draw of the token
 * @returns {number} in [0, 1), the same for the same three numbers
 */
export function uniform(seed, step, stream = 0) {
  // NumPy raises the lowest word of the counter by one before it makes the first number.
  const word = firstWord([1n, BigInt(step), BigInt(stream), 0n], [BigInt(seed), 0n]);
  return Number(word >> 11n) / 2 ** 53;
}

/** @returns {bigint} the first of the four words that the generator makes of a counter and a key */
function firstWord(counter, key) {
  let [a, b, c, d] = counter;
  let [left, right] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [first, second] = [a * MULTIPLIERS[0], c * MULTIPLIERS[1]];
    [a, b, c, d] = [(second >> 64n) ^ b ^ left, second & WORD, (first >> 64n) ^ d ^ right, first & WORD];
    left = (left + KEY_STEPS[0]) & WORD;
    right = (right + KEY_STEPS[1]) & WORD;
  }
  return a;
}
