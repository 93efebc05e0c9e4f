/*
 * The layout of a graph of boxes: rows from top to bottom, wires between them, marks instead of long wires.
 *
 * A wire that would lead far, or backwards, or out of the picture, is cut: its user gets a mark, a small box with
 * the name of the source. So pictures fall into pieces of moderate size; each is laid out by itself and
 * the pieces are packed side by side. Decision: docs/decisions/0017.
 *
 * Read next: fold.js
 */

import { assignLayers, lists, orderWithoutCycles, reduceCrossings, weight } from "./layers.js";
import { placeAcross } from "./place.js";

// A wire that passes more layers than this becomes a mark, and so do the wires of a box that has more than so many.
const LONGEST = 3;
const CROWD = 8;

const GAP = { across: 22, down: 32, aboveMarks: 22, belowMarks: 15, pieces: 36 };
const BEND = { width: 10, weight: 6, heft: 0.1 };

const MUCH = 40;

// A mark goes where its user is, and hardly the other way round.
const MARK_WEIGHT = 0.02;

/**
 * Lays out boxes.
 *
 * @param boxes  objects with `width` and `height`
 * @param edges  objects with `from` and `to`, positions among the boxes; `from` is -1 for what stands elsewhere
 * @param marks  marks(to, edges): the marks (with `width` and `height`) that stand for the cut edges of a box
 * @returns {width, height, places: [{x, y}], wires: [{edge, points}], marks: [{mark, x, y, points}]}
 */
export function layOut(boxes, edges, marks) {
  const inside = edges.filter((edge) => edge.from >= 0 && edge.from !== edge.to);
  const rank = orderWithoutCycles(boxes.length, inside);
  const forward = uncrowded(boxes.length, inside.filter((edge) => rank[edge.from] < rank[edge.to]));
  const layer = assignLayers(boxes.length, forward, rank);
  const wires = forward.filter((edge) => layer[edge.to] - layer[edge.from] <= LONGEST);
  const kept = new Set(wires);
  const cuts = lists(boxes.length);
  for (const edge of edges) if (!kept.has(edge) && edge.from !== edge.to) cuts[edge.to].push(edge);
  const pieces = connected(boxes.length, wires).map((items) => layOutPiece(items, boxes, wires, cuts, marks, rank));
  return packed(pieces, boxes.length);
}

/** The layout upside down: what is computed from it stands above it. */
export function mirrored(layout, boxes) {
  const turn = (points) => points.map(([x, y]) => [x, layout.height - y]);
  return {
    ...layout,
    places: layout.places.map(({ x, y }, i) => ({ x, y: layout.height - y - boxes[i].height })),
    wires: layout.wires.map((wire) => ({ ...wire, points: turn(wire.points) })),
    marks: layout.marks.map((it) => ({ ...it, y: layout.height - it.y - it.mark.height, points: turn(it.points) })),
  };
}

/** The edges without those of boxes that have many users, and without those from many boxes that use nothing. */
function uncrowded(count, edges) {
  const users = new Array(count).fill(0);
  const inputs = new Array(count).fill(0);
  for (const { from, to } of edges) {
    users[from] += 1;
    inputs[to] += 1;
  }
  return edges.filter(({ from, to }) => users[from] <= CROWD && (inputs[to] <= CROWD || inputs[from] > 0));
}

/** The items that hang together, as lists. */
function connected(count, edges) {
  const leader = Array.from({ length: count }, (_, item) => item);
  const find = (item) => {
    while (leader[item] !== item) item = leader[item] = leader[leader[item]];
    return item;
  };
  for (const { from, to } of edges) leader[find(to)] = find(from);
  const pieces = new Map();
  for (let item = 0; item < count; item++) {
    const key = find(item);
    if (!pieces.has(key)) pieces.set(key, []);
    pieces.get(key).push(item);
  }
  return [...pieces.values()];
}

function layOutPiece(items, boxes, allWires, cuts, marks, rank) {
  // Items, then marks, then the bends where wires pass a layer, all are numbers from here on.
  const number = new Map(items.map((item, i) => [item, i]));
  const wires = allWires.filter((wire) => number.has(wire.to)).map((edge) => ({
    edge, from: number.get(edge.from), to: number.get(edge.to), weight: Math.min(4, weight(edge)),
  }));
  const places = items.map((item) => rank[item]);
  const sorted = [...places].sort((a, b) => a - b);
  const ranks = new Map(sorted.map((place, i) => [place, i]));
  // Between two layers there is room for a row of marks.
  const layer = assignLayers(items.length, wires, places.map((place) => ranks.get(place))).map((row) => 2 * row);
  const size = items.map((item) => ({ width: boxes[item].width, height: boxes[item].height }));
  const standing = [];
  items.forEach((item, i) => {
    for (const mark of cuts[item].length ? marks(item, cuts[item]) : []) {
      standing.push({ mark, to: i, at: size.length });
      layer[size.length] = layer[i] - 1;
      size.push({ width: mark.width, height: mark.height });
    }
  });
  const used = [...new Set(layer)].sort((a, b) => a - b);
  const rows = new Map(used.map((row, i) => [row, i]));
  layer.forEach((row, item) => (layer[item] = rows.get(row)));
  const links = standing.map(({ at, to }) => [at, to, MARK_WEIGHT]);
  for (const wire of wires) {
    wire.bends = [];
    let from = wire.from;
    for (let row = layer[wire.from] + 1; row < layer[wire.to]; row++) {
      const bend = size.length;
      layer[bend] = row;
      size.push({ width: BEND.width, height: 0, heft: BEND.heft });
      links.push([from, bend, wire.bends.length ? BEND.weight : wire.weight]);
      wire.bends.push(bend);
      from = bend;
    }
    links.push([from, wire.to, wire.weight]);
  }
  return positioned(items, size, layer, links, wires, standing);
}

function positioned(items, size, layer, links, wires, standing) {
  const above = lists(size.length);
  const below = lists(size.length);
  for (const [from, to, weight] of links) {
    below[from].push([to, weight]);
    above[to].push([from, weight]);
  }
  const rows = lists(Math.max(...layer) + 1);
  // Marks begin on both sides of what passes between them.
  const marked = new Set(standing.map(({ at }) => at));
  layer.forEach((row, item) => marked.has(item) || rows[row].push(item));
  standing.forEach(({ at }, i) => rows[layer[at]][i % 2 ? "unshift" : "push"](at));
  const names = (pairs) => pairs.map((pair) => pair.map(([other]) => other));
  const layers = reduceCrossings(rows, names(above), names(below));
  const width = size.map((box) => box.width);
  const centre = placeAcross(layers, width, size.map((box) => box.heft ?? 1), above, below, GAP.across);
  const edge = Math.min(...centre.map((x, item) => x - width[item] / 2));
  const x = centre.map((at) => at - edge);

  // Rows follow each other; a wire that goes far sideways gets a little more height to do so.
  const top = [];
  const bottom = [];
  let y = 0;
  layers.forEach((row, i) => {
    if (i) {
      const reach = Math.max(0, ...row.flatMap((item) => above[item].map(([other]) => Math.abs(x[item] - x[other]))));
      const [before, after] = [layers[i - 1], row].map((one) => one.some((item) => marked.has(item)));
      const least = before ? GAP.belowMarks : after ? GAP.aboveMarks : GAP.down;
      y += least + Math.min(46, reach * 0.05);
    }
    const height = Math.max(...row.map((item) => size[item].height));
    for (const item of row) {
      // Beside something much taller, a box stays near what leads to it.
      const room = height - size[item].height;
      top[item] = y + (room > MUCH ? 0 : room / 2);
      bottom[item] = top[item] + size[item].height;
    }
    row.top = y;
    row.bottom = y += height;
  });
  const rowOf = [];
  for (const row of layers) for (const item of row) rowOf[item] = row;

  const arrivals = lists(items.length);
  for (const wire of wires) arrivals[wire.to].push({ wire, x: x[wire.bends.at(-1) ?? wire.from] });
  for (const stub of standing) arrivals[stub.to].push({ stub, x: x[stub.at] });
  const lead = (from, bends, to, port) => {
    const points = [[x[from], bottom[from]], [x[from], rowOf[from].bottom]];
    for (const bend of bends) points.push([x[bend], rowOf[bend].top], [x[bend], rowOf[bend].bottom]);
    points.push([port, rowOf[to].top], [port, top[to]]);
    return points;
  };
  arrivals.forEach((list, to) => {
    list.sort((a, b) => a.x - b.x);
    const step = Math.min(26, (width[to] - 24) / Math.max(1, list.length - 1));
    list.forEach(({ wire, stub }, i) => {
      const port = x[to] + (i - (list.length - 1) / 2) * step;
      if (wire) wire.points = lead(wire.from, wire.bends, to, port);
      else stub.points = lead(stub.at, [], to, port);
    });
  });
  return {
    items,
    width: Math.max(...x.map((at, item) => at + width[item] / 2)),
    height: layers.at(-1).bottom,
    places: items.map((_, i) => ({ x: x[i] - width[i] / 2, y: top[i] })),
    wires: wires.map(({ edge, points }) => ({ edge, points })),
    marks: standing.map(({ mark, at, points }) => ({ mark, x: x[at] - width[at] / 2, y: top[at], points })),
  };
}

/** Pieces side by side in rows; below a low piece of a row there is room for others. */
function packed(pieces, count) {
  const area = pieces.reduce((sum, piece) => sum + (piece.width + GAP.pieces) * (piece.height + GAP.pieces), 0);
  const limit = Math.max(Math.sqrt(area * 1.5), ...pieces.map((piece) => piece.width));
  const whole = { width: 0, height: 0, places: new Array(count), wires: [], marks: [] };
  let row = { top: 0, height: 0, right: 0 };
  let column = null;
  for (const piece of pieces.toSorted((a, b) => b.height - a.height || a.items[0] - b.items[0])) {
    if (column && piece.width <= column.width && column.bottom + GAP.pieces + piece.height <= row.top + row.height) {
      add(whole, piece, column.x, column.bottom + GAP.pieces);
      column.bottom += GAP.pieces + piece.height;
      continue;
    }
    if (row.right && row.right + piece.width > limit) {
      row = { top: row.top + row.height + GAP.pieces, height: 0, right: 0 };
    }
    column = { x: row.right, width: piece.width, bottom: row.top + piece.height };
    add(whole, piece, column.x, row.top);
    row.right += piece.width + GAP.pieces;
    row.height = Math.max(row.height, piece.height);
  }
  return whole;
}

function add(whole, piece, dx, dy) {
  const moved = (points) => points.map(([x, y]) => [x + dx, y + dy]);
  piece.items.forEach((item, i) => (whole.places[item] = { x: piece.places[i].x + dx, y: piece.places[i].y + dy }));
  for (const { edge, points } of piece.wires) whole.wires.push({ edge, points: moved(points) });
  for (const { mark, x, y, points } of piece.marks) {
    whole.marks.push({ mark, x: x + dx, y: y + dy, points: moved(points) });
  }
  whole.width = Math.max(whole.width, dx + piece.width);
  whole.height = Math.max(whole.height, dy + piece.height);
}
