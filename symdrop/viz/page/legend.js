/*
 * The legend: what letters, colours and shapes mean.
 *
 * Read next: search.js
 */

import { LETTERS } from "./boxes.js";
import { drawn, element } from "./dom.js";
import { outline } from "./draw.js";
import { PARTS } from "./record.js";

const SHAPES = [
  ["", "computation"], ["input", "input"], ["state", "state"], ["flag", "flag"], ["draw", "random draw"],
  ["loop", "loop or branch"], ["folded", "folded group"],
];

/** Fills the legend with what the record has. */
export function fillLegend(record, list) {
  const found = new Set(["", "folded", ...record.nodes.map((node) => (node.bodies.length ? "loop" : node.mark))]);
  const parts = record.functions.some(({ kernels }) => kernels.length) ? [...PARTS, "kernel"] : PARTS;
  list.append(
    ...parts.map((part) => element("li", {}, element("span", { class: `key ${part}` }, LETTERS[part]), part)),
    ...SHAPES.filter(([form]) => found.has(form)).map(([form, text]) => element("li", {}, shape(form), text)),
    element("li", {}, element("span", { class: "key constant" }, "0.5"), "constant"),
    element("li", {}, element("span", { class: "key far" }, "h1"), "from elsewhere"));
}

function shape(form) {
  return drawn("svg", { viewBox: "-2 -2 44 28", width: 26, height: 17, "aria-hidden": "true" },
    drawn("g", { class: `shape plain ${form}` }, outline(form, 38, 22)));
}
