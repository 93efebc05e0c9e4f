/*
 * Layers: which items of a graph stand in one row, and in which order.
 *
 * The first two of the three steps of a layered drawing (Sugiyama, Tagawa and Toda, "Methods for
 * visual understanding of hierarchical system structures", 1981): an order without cycles and a layer
 * for every item, then few crossings between neighbouring layers. Items are numbers, edges have `from` and `to`.
 *
 * Read next: place.js
 */

const SWEEPS = 8;

/**
 * The place of every item in an order in which edges go forwards, but for few where there are cycles.
 * Of the items that could come next the one with the smallest number does.
 */
export function orderWithoutCycles(count, edges) {
  const users = lists(count);
  const waiting = new Array(count).fill(0);
  const owed = new Array(count).fill(0);
  const used = new Array(count).fill(0);
  for (const edge of edges) {
    users[edge.from].push(edge);
    waiting[edge.to] += 1;
    owed[edge.to] += weight(edge);
    used[edge.to] += weight(edge);
  }
  const rank = new Array(count).fill(-1);
  const ready = [];
  for (let item = count - 1; item >= 0; item--) if (!waiting[item]) ready.push(item);
  for (let place = 0; place < count; place++) {
    let next = ready.pop();
    if (next === undefined) {
      // A cycle: it is opened where, of the values that are used, the smallest part is missing.
      next = rank.indexOf(-1);
      for (let item = next; item < count; item++) {
        if (rank[item] < 0 && owed[item] / used[item] < owed[next] / used[next]) next = item;
      }
    }
    rank[next] = place;
    for (const edge of users[next].reverse()) {
      waiting[edge.to] -= 1;
      owed[edge.to] -= weight(edge);
      if (!waiting[edge.to] && rank[edge.to] < 0) ready.push(edge.to);
    }
  }
  return rank;
}

/** How many values an edge stands for. */
export const weight = (edge) => edge.ids?.length ?? 1;

/** The layer of every item: edges lead to later layers, and items stand near what they are connected with. */
export function assignLayers(count, edges, rank) {
  const inputs = lists(count);
  const users = lists(count);
  for (const { from, to } of edges) {
    users[from].push(to);
    inputs[to].push(from);
  }
  const order = new Array(count);
  rank.forEach((place, item) => (order[place] = item));
  const layer = new Array(count).fill(0);
  const earliest = (item) => Math.max(-1, ...inputs[item].map((source) => layer[source])) + 1;
  const latest = (item) => Math.min(...users[item].map((user) => layer[user])) - 1;
  for (const item of order) layer[item] = earliest(item);
  // Sliding an item towards its users shortens as many edges as it has users, and lengthens those to its inputs.
  for (let turn = 0; turn < 3; turn++) {
    for (const item of order.toReversed()) {
      if (users[item].length > inputs[item].length) layer[item] = latest(item);
    }
    for (const item of order) {
      if (inputs[item].length && users[item].length < inputs[item].length) layer[item] = earliest(item);
    }
  }
  return layer;
}

/** Orders every layer so that edges between neighbouring layers cross little; `above` and `below` list neighbours. */
export function reduceCrossings(layers, above, below) {
  const position = [];
  const number = (layer) => layer.forEach((item, place) => (position[item] = place));
  layers.forEach(number);
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers, below, position);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const neighbours = down ? above : below;
    for (const layer of down ? layers : layers.toReversed()) {
      const wish = new Map(layer.map((item) => [item, mean(neighbours[item], position) ?? position[item]]));
      layer.sort((a, b) => wish.get(a) - wish.get(b) || position[a] - position[b]);
      number(layer);
    }
    const found = crossings(layers, below, position);
    if (found < fewest) {
      fewest = found;
      best = layers.map((layer) => [...layer]);
    }
  }
  return best;
}

function mean(items, position) {
  if (!items.length) return null;
  let sum = 0;
  for (const item of items) sum += position[item];
  return sum / items.length;
}

/** How many pairs of edges cross: inversions, counted by a tree of partial sums (Barth, Mutzel and Jünger, 2004). */
function crossings(layers, below, position) {
  let total = 0;
  for (let row = 0; row + 1 < layers.length; row++) {
    const size = layers[row + 1].length;
    const sums = new Array(size + 1).fill(0);
    let seen = 0;
    for (const item of layers[row]) {
      const ends = below[item].map((other) => position[other]).sort((a, b) => a - b);
      for (const end of ends) {
        let before = 0;
        for (let i = end + 1; i > 0; i -= i & -i) before += sums[i];
        total += seen - before;
      }
      for (const end of ends) {
        for (let i = end + 1; i <= size; i += i & -i) sums[i] += 1;
      }
      seen += ends.length;
    }
  }
  return total;
}

/** So many empty lists. */
export function lists(count) {
  return Array.from({ length: count }, () => []);
}
