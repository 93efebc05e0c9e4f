/*
 * Random words as symdrop makes them: Threefry-2x32 with 20 rounds, laid out as docs/randomness.md promises.
 *
 * So the masks of all steps are in the page without being stored in it. Words are numbers from 0 to 2^32 - 1; bitwise
 * operators give signed numbers, which ">>> 0" makes unsigned.
 *
 * Read next: mask.js
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

/** Steps lie below this; beyond, words would repeat. */
export const STEPS = 2 ** 32;

/** The two words that a key (two words) makes of a counter (two words). */
export function threefry([k0, k1], [c0, c1]) {
  const key = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 1; round <= 20; round++) {
    const turn = ROTATIONS[(round - 1) % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    if (round % 4 === 0) {
      const turned = round / 4;
      x0 = (x0 + key[turned % 3]) | 0;
      x1 = (x1 + key[(turned + 1) % 3] + turned) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** The first elements of a Bernoulli draw at a step: 1 where the word is below the threshold, or always. */
export function bernoulli({ key, threshold, always }, step, count) {
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i += 2) {
    const words = threefry(key, [step, i / 2]);
    bits[i] = always || words[0] < threshold ? 1 : 0;
    if (i + 1 < count) bits[i + 1] = always || words[1] < threshold ? 1 : 0;
  }
  return bits;
}
