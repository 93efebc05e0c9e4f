/*
 * Statistics: a value in numbers and as a histogram.
 *
 * Read next: panel.js
 */

import { drawn, element } from "./dom.js";
import { picture } from "./mask.js";

const WIDTH = 320;
const HEIGHT = 84;

/** A number in few characters. */
export function brief(value) {
  if (value === null || value === undefined) return "none";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en");
  return Number(value.toPrecision(4)).toString();
}

/** All that is known of a value, and its picture unless that is elsewhere. */
export function statistics(value, title, pictured = false) {
  const rows = [
    ["shape", value.shape.length ? `(${value.shape.join(", ")})` : "a scalar"], ["dtype", value.dtype],
    ["mean", brief(value.mean)], ["deviation", brief(value.std)],
    ["least", brief(value.min)], ["greatest", brief(value.max)],
    ["zeros", value.zeros === null || value.zeros === undefined ? "none" : `${brief(100 * value.zeros)} %`],
    ["not finite", value.nan || value.inf ? `${value.nan} NaN, ${value.inf} infinite` : "none", value.nan || value.inf],
  ];
  const row = ([name, text, wrong]) => element("div", {},
    element("dt", {}, name), element("dd", { class: wrong ? "wrong" : null }, text));
  return element("div", {},
    element("dl", { class: "numbers" }, rows.map(row)),
    value.histogram && value.dtype !== "bool" ? histogram(value.histogram, title) : null,
    value.picture && !pictured ? picture(value.picture) : null,
    value.text ? element("pre", { tabindex: 0, "aria-label": `${title}: its elements` }, value.text) : null);
}

function histogram({ edges, counts }, title) {
  const most = Math.max(1, ...counts);
  const bar = WIDTH / counts.length;
  const baseline = HEIGHT - 16;
  const at = (number) => ((number - edges[0]) / (edges.at(-1) - edges[0] || 1)) * WIDTH;
  const zero = edges[0] < 0 && edges.at(-1) > 0
    ? [drawn("line", { x1: at(0), x2: at(0), y1: 0, y2: baseline, class: "zero" }),
      drawn("text", { x: Math.min(WIDTH - 60, Math.max(60, at(0))), y: HEIGHT - 3, "text-anchor": "middle" }, "0")]
    : null;
  const name = `${title}: histogram of ${counts.length} bars from ${brief(edges[0])} to ${brief(edges.at(-1))}, `
    + `the fullest with ${brief(most)}`;
  return drawn("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name },
  counts.map((count, i) => {
    const height = count ? Math.max(1, (count / most) * (baseline - 4)) : 0;
    return drawn("rect", { x: i * bar + 0.5, y: baseline - height, width: Math.max(1, bar - 1), height });
  }),
  drawn("line", { x1: 0, x2: WIDTH, y1: baseline, y2: baseline, class: "axis" }), zero,
  drawn("text", { x: 0, y: HEIGHT - 3 }, brief(edges[0])),
  drawn("text", { x: WIDTH, y: HEIGHT - 3, "text-anchor": "end" }, brief(edges.at(-1))));
}
