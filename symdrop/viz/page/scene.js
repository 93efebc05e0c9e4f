/*
 * The scene: all boxes, wires and marks of the graphs of a stage, in one plane.
 *
 * The ways forward, back and of the updates are columns of their own, and what one uses of another is a mark.
 * Forward runs down and backward runs up, so that a gradient ends about where its value began. An unfolded group is
 * laid out inside its frame; then frames, folded groups and nodes are boxes of the column.
 *
 * Read next: draw.js
 */

import { counted, cut, textWidth } from "./dom.js";
import { arrange, usesBetween } from "./fold.js";
import { groupBox, groupKey, marksFor, nodeBox, summary, titleOf } from "./boxes.js";
import { layOut, mirrored } from "./layout.js";
import { PARTS } from "./record.js";

const FRAME = { side: 14, top: 36, bottom: 14 };
const COLUMN_GAP = 48;
const SHEET_GAP = 100;
const HEADING = 34;
const LEAST = { column: 120, sheet: 260 };
const SHEET_HEADING = 40;

// How many marks a node and a folded group have before they become one.
const MOST_MARKS = { node: 6, group: 3 };

/**
 * Everything to be drawn for some graphs side by side.
 *
 * @param isFolded  isFolded(group): whether a group is one box
 */
export function buildScene(record, graphs, by, isFolded) {
  const scene = { sheets: [], columns: [], frames: [], boxes: [], wires: [], marks: [], holder: new Map(), height: 0 };
  let x = 0;
  const top = graphs.length > 1 ? SHEET_HEADING : 0;
  for (const graph of graphs) {
    if (graphs.length > 1) scene.sheets.push({ graph, x });
    x += addSheet(scene, record, graph, by, isFolded, x, top) + SHEET_GAP;
  }
  scene.width = x - SHEET_GAP;
  scene.byKey = new Map([...scene.frames, ...scene.boxes].map((box) => [box.key, box]));
  return scene;
}

/** Adds the columns of a graph; returns their width. */
function addSheet(scene, record, graph, by, isFolded, left, top) {
  const { items, itemOf } = arrange(record, graph, by);
  const parts = by === "kernel" ? [null] : PARTS.filter((part) => items.some((item) => item.part === part));
  const headed = parts.length > 1;
  const columns = parts.map((part) => {
    const its = part === null ? items : items.filter((item) => item.part === part);
    return column(record, graph, its, part, itemOf, items, isFolded);
  });
  let [width, y] = [LEAST.sheet, top];
  for (const row of inRows(columns, headed && top > 0)) {
    const height = Math.max(0, ...row.map((it) => it.layout.height));
    let x = left;
    for (const it of row) {
      if (headed) scene.columns.push({ part: it.part, x, y, width: it.width });
      // The way back begins beside the end of the way forward.
      const down = it.part === "backward" ? height - it.layout.height : 0;
      addColumn(scene, it, graph, x, y + (headed ? HEADING : 0) + down);
      x += it.width + COLUMN_GAP;
    }
    width = Math.max(width, x - COLUMN_GAP - left);
    y += (headed ? HEADING : 0) + height;
    scene.height = Math.max(scene.height, y);
    y += COLUMN_GAP;
  }
  return width;
}

/** The columns in a row; beside another graph in two, the updates below, so that both graphs can be read. */
function inRows(columns, narrow) {
  return narrow && columns.length > 2 ? [columns.slice(0, -1), columns.slice(-1)] : [columns];
}

/** One part of a graph, or, where parts are mixed, all of it. */
function column(record, graph, items, part, itemOf, all, isFolded) {
  const flipped = part === "backward";
  const places = new Map(items.map((item, i) => [item, i]));
  const placeOf = (id) => places.get(all[itemOf.get(id)]) ?? -1;
  const boxes = items.map((item) => {
    if (item.kind === "node") return nodeBox(record, graph, item.id);
    if (isFolded(item.group)) return groupBox(record, graph, item);
    return frame(record, graph, item, flipped);
  });
  const uses = usesBetween(record, graph, items.map((item) => item.members), placeOf);
  const layout = layOut(boxes, uses, (to, edges) => {
    // Inside a frame the marks stand at the nodes themselves.
    if (boxes[to].kind === "frame") return [];
    return marksFor(record, boxes[to], edges.flatMap((edge) => edge.ids), MOST_MARKS[boxes[to].kind]);
  });
  const width = Math.max(layout.width, part ? LEAST.column : 0);
  return { part, boxes, layout: flipped ? mirrored(layout, boxes) : layout, width };
}

/** An unfolded group: what is inside is laid out already. */
function frame(record, graph, item, flipped) {
  const { members } = item;
  const places = new Map(members.map((id, i) => [id, i]));
  const boxes = members.map((id) => nodeBox(record, graph, id));
  const uses = usesBetween(record, graph, members.map((id) => [id]), (id) => places.get(id) ?? -1);
  const inner = layOut(boxes, uses, (to, edges) => {
    return marksFor(record, boxes[to], edges.flatMap((edge) => edge.ids), MOST_MARKS.node);
  });
  const group = record.groups[item.group];
  const inside = summary(record, members);
  const wish = Math.min(340, textWidth(titleOf(group), "title") + 54);
  const width = Math.max(inner.width, wish) + 2 * FRAME.side;
  const title = cut(titleOf(group), Math.floor((width - 54) / textWidth("0", "title")));
  return {
    kind: "frame", graph, group: item.group, key: groupKey(graph, item.group), part: item.part, members, width,
    height: inner.height + FRAME.top + FRAME.bottom, title, boxes,
    inner: flipped ? mirrored(inner, boxes) : inner,
    name: `${titleOf(group)}, ${item.part}, ${inside}, unfolded`,
  };
}

function addColumn(scene, { boxes, layout }, graph, left, top) {
  place(scene, boxes, layout, left, top);
  for (const box of boxes) {
    if (box.kind === "frame") {
      const { width } = box.inner;
      place(scene, box.boxes, box.inner, box.x + Math.max(FRAME.side, (box.width - width) / 2), box.y + FRAME.top);
    } else if (box.kind === "group") {
      for (const id of box.members) scene.holder.set(`${graph}:${id}`, box.key);
    }
  }
}

function place(scene, boxes, layout, left, top) {
  boxes.forEach((box, i) => {
    box.x = left + layout.places[i].x;
    box.y = top + layout.places[i].y;
    (box.kind === "frame" ? scene.frames : scene.boxes).push(box);
    if (box.kind === "node") scene.holder.set(box.key, box.key);
  });
  const moved = (points) => points.map(([x, y]) => [left + x, top + y]);
  for (const { edge, points } of layout.wires) {
    const [from, to] = [boxes[edge.from], boxes[edge.to]];
    scene.wires.push({ from: from.key, to: to.key, part: to.part, many: edge.ids.length, points: moved(points) });
  }
  for (const { mark, x, y, points } of layout.marks) {
    scene.marks.push({ ...mark, x: left + x, y: top + y, points: moved(points), graph: boxes[0].graph });
  }
}

/** A sentence on what a scene shows. */
export function describe(scene) {
  const folded = scene.boxes.filter((box) => box.kind === "group").length;
  const counts = [[scene.boxes.length - folded, "node"], [folded, "folded group"], [scene.frames.length, "open group"]];
  return counts.map(([count, word]) => counted(count, word)).join(", ");
}
