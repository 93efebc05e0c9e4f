/*
 * One piece of a picture: boxes that hang together, in rows, with their marks and wires.
 *
 * Boxes, marks, and the bends where a wire passes a row are all items here, and numbers. Marks have rows of their own
 * between those of the boxes, so that they stand right above their users.
 *
 * Read next: layout.js
 */

import { assignLayers, lists, reduceCrossings, weight } from "./layers.js";
import { placeAcross } from "./place.js";

const GAP = { across: 22, down: 32, aboveMarks: 22, belowMarks: 15 };
const PORT = { apart: 26, margin: 12 };

// Between two bends a wire should be straight, even if boxes must make room for it a little.
const BEND = { width: 10, weight: 6, heft: 0.1 };

// A mark goes where its user is, and hardly the other way round.
const MARK_WEIGHT = 0.02;

// A wire that goes far sideways gets a part of that way in height, up to a limit.
const SLOPE = { part: 0.05, most: 46 };

// Beside something so much taller a box stays near what leads to it.
const MUCH = 40;

/**
 * Lays out the boxes of one piece.
 *
 * @param boxes  objects with `width` and `height`, in an order in which wires lead forwards
 * @param wires  edges with `from` and `to`, positions among the boxes
 * @param marks  the marks of every box, objects with `width` and `height`
 * @returns {width, height, places: [{x, y}], wires: [{edge, points}], marks: [{mark, x, y, points}]}
 */
export function layOutPiece(boxes, wires, marks) {
  const piece = itemsOf(boxes, wires, marks);
  order(piece);
  place(piece);
  stack(piece);
  lead(piece);
  const { size, x, top } = piece;
  const corner = (item) => ({ x: x[item] - size[item].width / 2, y: top[item] });
  return {
    width: Math.max(...x.map((centre, item) => centre + size[item].width / 2)),
    height: piece.height,
    places: boxes.map((_, item) => corner(item)),
    wires: piece.wires.map(({ edge, points }) => ({ edge, points })),
    marks: piece.marks.map(({ mark, item, points }) => ({ mark, ...corner(item), points })),
  };
}

/** All items with their sizes and layers, and the links between neighbouring layers. */
function itemsOf(boxes, edges, marksOf) {
  const layer = assignLayers(boxes.length, edges, boxes.map((_, item) => item)).map((row) => 2 * row);
  const size = boxes.map(({ width, height }) => ({ width, height, heft: 1 }));
  const marks = marksOf.flatMap((its, to) => its.map((mark) => {
    layer.push(layer[to] - 1);
    return { mark, to, item: size.push({ width: mark.width, height: mark.height, heft: 1 }) - 1 };
  }));
  const used = new Map([...new Set(layer)].sort((a, b) => a - b).map((row, i) => [row, i]));
  layer.forEach((row, item) => (layer[item] = used.get(row)));
  const links = marks.map(({ item, to }) => [item, to, MARK_WEIGHT]);
  const wires = edges.map((edge) => {
    const strength = Math.min(4, weight(edge));
    const bends = [];
    for (let row = layer[edge.from] + 1; row < layer[edge.to]; row++) {
      links.push([bends.at(-1) ?? edge.from, size.length, bends.length ? BEND.weight : strength]);
      bends.push(size.length);
      layer.push(row);
      size.push({ width: BEND.width, height: 0, heft: BEND.heft });
    }
    links.push([bends.at(-1) ?? edge.from, edge.to, strength]);
    return { edge, bends };
  });
  const piece = { size, layer, wires, marks, above: lists(size.length), below: lists(size.length) };
  for (const [from, to, strength] of links) {
    piece.below[from].push([to, strength]);
    piece.above[to].push([from, strength]);
  }
  return piece;
}

/** The rows, from left to right. */
function order(piece) {
  const rows = lists(Math.max(...piece.layer) + 1);
  const marked = new Set(piece.marks.map(({ item }) => item));
  piece.layer.forEach((row, item) => marked.has(item) || rows[row].push(item));
  // Marks begin on both sides of what passes between them.
  piece.marks.forEach(({ item }, i) => rows[piece.layer[item]][i % 2 ? "unshift" : "push"](item));
  const names = (pairs) => pairs.map((pair) => pair.map(([other]) => other));
  piece.rows = reduceCrossings(rows, names(piece.above), names(piece.below));
  piece.ofMarks = piece.rows.map((row) => row.some((item) => marked.has(item)));
}

/** The centre of every item from the left. */
function place(piece) {
  const { rows, size, above, below } = piece;
  const width = size.map((item) => item.width);
  const heft = size.map((item) => item.heft);
  const centre = placeAcross(rows, width, heft, above, below, GAP.across);
  const left = Math.min(...centre.map((x, item) => x - width[item] / 2));
  piece.x = centre.map((x) => x - left);
}

/** The rows below each other: where every row and every item begins and ends. */
function stack(piece) {
  const { rows, size, above, x, ofMarks } = piece;
  Object.assign(piece, { top: [], bottom: [], span: [] });
  let y = 0;
  rows.forEach((row, i) => {
    if (i) {
      const reach = Math.max(0, ...row.flatMap((item) => above[item].map(([other]) => Math.abs(x[item] - x[other]))));
      y += ofMarks[i - 1] ? GAP.belowMarks : ofMarks[i] ? GAP.aboveMarks : GAP.down;
      y += Math.min(SLOPE.most, reach * SLOPE.part);
    }
    const height = Math.max(...row.map((item) => size[item].height));
    for (const item of row) {
      const room = height - size[item].height;
      piece.top[item] = y + (room > MUCH ? 0 : room / 2);
      piece.bottom[item] = piece.top[item] + size[item].height;
      piece.span[item] = [y, y + height];
    }
    y += height;
  });
  piece.height = y;
}

/** The ways of wires, and of the stubs from marks to their users. They arrive in the order in which they come. */
function lead({ wires, marks, size, x, top, bottom, span }) {
  const arrivals = lists(size.length);
  for (const wire of wires) arrivals[wire.edge.to].push({ it: wire, from: wire.edge.from, bends: wire.bends });
  for (const mark of marks) arrivals[mark.to].push({ it: mark, from: mark.item, bends: [] });
  arrivals.forEach((coming, to) => {
    const last = ({ from, bends }) => x[bends.at(-1) ?? from];
    coming.sort((a, b) => last(a) - last(b));
    const gaps = Math.max(1, coming.length - 1);
    const apart = Math.min(PORT.apart, (size[to].width - 2 * PORT.margin) / gaps);
    coming.forEach(({ it, from, bends }, i) => {
      const port = x[to] + (i - (coming.length - 1) / 2) * apart;
      const passed = bends.flatMap((bend) => span[bend].map((y) => [x[bend], y]));
      it.points = [[x[from], bottom[from]], [x[from], span[from][1]], ...passed, [port, span[to][0]], [port, top[to]]];
    });
  });
}
