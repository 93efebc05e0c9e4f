/*
 * Coordinates: where the items of ordered layers stand.
 *
 * Every item wishes to stand below what it is computed from and above what it is used for. The items of
 * one layer may not overlap, and of all places that keep their order and distances those are taken that are
 * nearest to the wishes in the sense of least squares. That is an isotonic regression, which pooling neighbours
 * solves exactly in linear time.
 *
 * Read next: piece.js
 */

const SWEEPS = 16;

/**
 * The centre of every item along its layer.
 *
 * @param layers   items by layer, in order
 * @param width    width of every item
 * @param heft     how much the wish of every item counts against those of its neighbours
 * @param above    neighbours in the layer above: pairs of an item and the weight of the edge
 * @param below    the same for the layer below
 * @param gap      the least distance between two neighbours of a layer
 */
export function placeAcross(layers, width, heft, above, below, gap) {
  const centre = [];
  for (const layer of layers) {
    let x = -layer.reduce((sum, item) => sum + width[item] + gap, -gap) / 2;
    for (const item of layer) {
      centre[item] = x + width[item] / 2;
      x += width[item] + gap;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of sweep % 2 ? layers.toReversed() : layers) {
      const wishes = layer.map((item) => {
        let sum = 0;
        let weight = 0;
        // Both neighbours at once: following one side alone makes long chains slant.
        for (const [other, strength] of [...above[item], ...below[item]]) {
          sum += strength * centre[other];
          weight += strength;
        }
        // What wishes nothing is light, and makes room for what does.
        return weight ? { at: sum / weight, weight: weight * heft[item] } : { at: centre[item], weight: 0.01 };
      });
      settle(layer, wishes, width, gap, centre);
    }
  }
  return centre;
}

/** Moves the items of a layer as near to their wishes as their order and distances permit. */
function settle(layer, wishes, width, gap, centre) {
  // Measured from where an item would stand if all stood side by side, centres only have to be in order.
  const offsets = [];
  let offset = 0;
  layer.forEach((item, i) => {
    if (i) offset += (width[layer[i - 1]] + width[item]) / 2 + gap;
    offsets.push(offset);
  });
  const pools = [];
  wishes.forEach((wish, i) => {
    let pool = { at: wish.at - offsets[i], weight: wish.weight, size: 1 };
    while (pools.length && pools.at(-1).at >= pool.at) {
      const other = pools.pop();
      const weight = other.weight + pool.weight;
      const at = (other.at * other.weight + pool.at * pool.weight) / weight;
      pool = { at, weight, size: other.size + pool.size };
    }
    pools.push(pool);
  });
  let i = 0;
  for (const pool of pools) {
    for (let k = 0; k < pool.size; k++, i++) centre[layer[i]] = pool.at + offsets[i];
  }
}
