/*
 * Boxes: what is written on a node, a folded group and a mark, and how large that makes them.
 *
 * Read next: scene.js
 */

import { counted, cut, textWidth } from "./dom.js";

const LINE = 15;
const PADDING = { x: 12, y: 8 };
const LETTER = 14;
const DIE = 22;

// What a shape adds on both sides of its text, and above and below it.
const ROOM = { input: [9, 0], flag: [10, 0], state: [0, 5], draw: [20, 2], loop: [18, 0] };

/** How far the sheet behind a folded group looks out. */
export const BEHIND = 4;

/** The letter that stands for a part. */
export const LETTERS = { forward: "F", backward: "B", update: "U", kernel: "K" };

/** A node: its label, its op and shape, and which outputs it is. */
export function nodeBox(record, graph, id) {
  const node = record.nodes[id];
  const label = record.label(id);
  const form = node.mark || (node.bodies.length ? "loop" : "");
  const what = node.kind === "leaf" ? `${node.mark || node.op} ${node.type ?? ""}` : `${node.op}  ${node.shape ?? ""}`;
  const lines = [
    { text: cut(label, 34), font: "label" },
    { text: cut(what, 44), font: "small" },
    ...outputLines(record.outputsOf(graph, id)),
  ];
  const name = [label, node.op, node.type, node.part, node.mark].filter(Boolean).join(", ");
  const tip = node.formula || label;
  const key = `${graph}:${id}`;
  return { kind: "node", graph, id, key, part: node.part, form, lines, name, tip, ...sized(lines, form) };
}

/** A folded group: its title, where it is from, and how much is inside. */
export function groupBox(record, graph, item) {
  const group = record.groups[item.group];
  const inside = summary(record, item.members);
  const outputs = item.members.flatMap((id) => record.outputsOf(graph, id));
  const lines = [
    { text: cut(titleOf(group), 40), font: "title" },
    { text: [group.title ? group.where : "", inside].filter(Boolean).join("  ·  "), font: "small" },
    ...outputLines(outputs),
  ];
  const box = {
    kind: "group", graph, group: item.group, key: groupKey(graph, item.group), part: item.part, form: "folded",
    lines, members: item.members,
    tip: [titleOf(group), group.title ? group.where : "", inside].filter(Boolean).join("\n"),
    draws: item.members.some((id) => record.nodes[id].mark === "draw"),
    name: `${titleOf(group)}, ${item.part}, ${inside}, folded`, ...sized(lines, "folded"),
  };
  if (box.draws) box.width += DIE;
  return box;
}

/** The key of a group's box. */
export const groupKey = (graph, group) => `${graph}:g${group}`;

/** What a group is called; without source text its place has to do. */
export const titleOf = (group) => group.title || group.where || "without a line";

/** "7 nodes, 2 states, 1 draw". */
export function summary(record, members) {
  const marked = (mark) => members.filter((id) => record.nodes[id].mark === mark).length;
  const [states, draws] = [marked("state"), marked("draw")];
  const counts = [[members.length - states, "node"], [states, "state"], [draws, "draw"]];
  return counts.filter(([count], i) => count || !i).map(([count, word]) => counted(count, word)).join(", ");
}

/** Marks for the cut edges of a box: the values that come from elsewhere, or their number where they are many. */
export function marksFor(record, box, ids, most) {
  const isInline = (id) => record.isInline(box.graph, id);
  const others = ids.filter((id) => !isInline(id));
  const far = others.length > most
    ? [mark(record, box, others, counted(others.length, "value"), "far")]
    : others.map((id) => mark(record, box, [id], cut(record.label(id), 20), "far"));
  return [...far, ...ids.filter(isInline).map((id) => mark(record, box, [id], record.label(id), "constant"))];
}

function mark(record, box, ids, text, form) {
  const [room, height] = form === "far" ? [18, 18] : [6, 15];
  const width = Math.ceil(textWidth(text, "mark")) + room;
  return { ids, text, form, width, height, user: box.key, part: record.nodes[ids[0]].part };
}

function outputLines(labels) {
  if (!labels.length) return [];
  const shown = labels.length > 2 ? `${labels[0]} and ${labels.length - 1} more` : labels.join(", ");
  return [{ text: cut(`→ ${shown}`, 46), font: "output" }];
}

function sized(lines, form) {
  const [wide, high] = ROOM[form] ?? [0, 0];
  const behind = form === "folded" ? BEHIND : 0;
  const text = Math.max(...lines.map((line) => textWidth(line.text, line.font)));
  return {
    width: Math.ceil(text + LETTER + 2 * (PADDING.x + wide)) + behind,
    height: lines.length * LINE + 2 * (PADDING.y + high) + behind,
    textX: PADDING.x + wide + LETTER,
    textY: PADDING.y + high + 11,
    lineHeight: LINE,
  };
}
