/*
 * The layout of a graph of boxes: rows from top to bottom, wires between them, marks instead of long wires.
 *
 * A wire that would lead far, or backwards, or out of the picture, is cut: its user gets a mark, a small box with
 * the name of the source. So pictures fall into pieces of moderate size; each is laid out by itself and
 * the pieces are packed side by side. Decision: docs/decisions/0017.
 *
 * Read next: fold.js
 */

import { assignLayers, lists, orderWithoutCycles } from "./layers.js";
import { layOutPiece } from "./piece.js";

// A wire that passes more layers than this becomes a mark, and so do the wires of a box that has more than so many.
const LONGEST = 3;
const CROWD = 8;

// The distance between pieces.
const GAP = 36;

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
  const pieces = connected(boxes.length, wires).map((items) => {
    return laidOut(items.sort((a, b) => rank[a] - rank[b]), boxes, wires, cuts, marks);
  });
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

/** A piece by itself: its boxes in order, so that wires lead forwards among them. */
function laidOut(items, boxes, wires, cuts, marks) {
  const number = new Map(items.map((item, i) => [item, i]));
  const inside = wires.filter((wire) => number.has(wire.to));
  const numbered = inside.map((edge) => ({ ...edge, from: number.get(edge.from), to: number.get(edge.to) }));
  const standing = items.map((item) => (cuts[item].length ? marks(item, cuts[item]) : []));
  const piece = layOutPiece(items.map((item) => boxes[item]), numbered, standing);
  return { ...piece, items, wires: piece.wires.map(({ points }, i) => ({ edge: inside[i], points })) };
}

/** Pieces side by side in rows; below a low piece of a row there is room for others. */
function packed(pieces, count) {
  const area = pieces.reduce((sum, piece) => sum + (piece.width + GAP) * (piece.height + GAP), 0);
  const limit = Math.max(Math.sqrt(area * 1.5), ...pieces.map((piece) => piece.width));
  const whole = { width: 0, height: 0, places: new Array(count), wires: [], marks: [] };
  let row = { top: 0, height: 0, right: 0 };
  let column = null;
  for (const piece of pieces.toSorted((a, b) => b.height - a.height || a.items[0] - b.items[0])) {
    if (column && piece.width <= column.width && column.bottom + GAP + piece.height <= row.top + row.height) {
      add(whole, piece, column.x, column.bottom + GAP);
      column.bottom += GAP + piece.height;
      continue;
    }
    if (row.right && row.right + piece.width > limit) {
      row = { top: row.top + row.height + GAP, height: 0, right: 0 };
    }
    column = { x: row.right, width: piece.width, bottom: row.top + piece.height };
    add(whole, piece, column.x, row.top);
    row.right += piece.width + GAP;
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
