/*
 * Masks: a draw's values as a picture, for the step of the record and for any other.
 *
 * Read next: statistics.js
 */

import { element } from "./dom.js";
import { bernoulli, STEPS } from "./threefry.js";

// Of a larger mask the first rows are shown.
const MOST_PIXELS = 2 ** 20;

/** The bits of a stored picture, one byte for each. */
export function unpacked({ rows, columns, bits }) {
  const bytes = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
  return Uint8Array.from({ length: rows * columns }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}

/** Paints bits, 1 black and 0 white. */
function paint(canvas, bits, rows, columns) {
  canvas.width = columns;
  canvas.height = rows;
  canvas.style.setProperty("--pixels", columns);
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const light = bits[i] ? 0 : 255;
    image.data.set([light, light, light, 255], 4 * i);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A picture of truth values that does not change. */
export function picture(stored) {
  const { rows, columns, of } = stored;
  const name = `${rows} by ${columns} values`;
  const canvas = element("canvas", { class: "mask", role: "img", "aria-label": name });
  paint(canvas, unpacked(stored), rows, columns);
  const part = of ? `, the first ${rows} rows and ${columns} columns of ${of[0]} by ${of[1]}` : "";
  return element("figure", {}, canvas, legend("true", "false"), element("p", {}, name + part));
}

function legend(one, zero) {
  return element("p", { class: "legend-mask" },
    element("span", { class: "swatch black" }), `1: ${one}  `,
    element("span", { class: "swatch white" }), `0: ${zero}`);
}

function shareOf(bits) {
  const ones = bits.reduce((sum, bit) => sum + bit, 0);
  return `${(100 * (1 - ones / Math.max(1, bits.length))).toFixed(1)} % kept of ${bits.length.toLocaleString("en")}`;
}

/** The section of a draw: its mask, and controls for the step. */
export function maskViewer(draw) {
  const canvas = element("canvas", { class: "mask", id: "mask", role: "img" });
  const share = element("p", { id: "mask-share", role: "status" });
  const loops = draw.loops.length ? `, in the loop at ${draw.loops.join(", ")}` : "";
  const from = element("p", { class: "quiet" }, `${draw.name} of ${draw.stream}, site ${draw.site}${loops}`);
  const show = (bits, rows, columns, step) => {
    paint(canvas, bits, rows, columns);
    canvas.setAttribute("aria-label", `the mask at step ${step}, ${rows} by ${columns}`);
    share.textContent = `step ${step}: ${shareOf(bits)}`;
  };
  const controls = draw.replay ? anyStep(draw, show) : keptSteps(draw, show);
  if (!controls) return element("div", {}, from, element("p", {}, "No mask of this draw was recorded."));
  const figure = element("figure", {}, canvas, legend("dropout drops it", "dropout keeps it"), share);
  return element("div", {}, from, controls, figure);
}

/** Rows and columns of a shape seen as a matrix, cut to what is shown. */
function asMatrix(shape) {
  const columns = shape.length ? shape.at(-1) : 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const shown = Math.min(rows, Math.max(1, Math.floor(MOST_PIXELS / Math.max(1, columns))));
  return { rows, shown, columns: Math.min(columns, MOST_PIXELS) };
}

function anyStep(draw, show) {
  const { rows, shown, columns } = asMatrix(draw.shape);
  if (!rows || !columns) return null;
  const go = (step) => show(bernoulli(draw.replay, step, shown * columns), shown, columns, step);
  const first = draw.step ?? 0;
  const most = Math.max(100, 2 * first);
  const slider = element("input", { type: "range", id: "mask-slider", min: 0, max: most, value: first });
  const number = element("input", { type: "number", id: "mask-step", min: 0, max: STEPS - 1, value: first });
  const wrong = element("p", { class: "wrong", role: "alert", id: "mask-wrong" });
  slider.addEventListener("input", () => {
    number.value = slider.value;
    wrong.textContent = "";
    go(Number(slider.value));
  });
  number.addEventListener("input", () => {
    const step = Number(number.value);
    const fits = number.value !== "" && Number.isInteger(step) && step >= 0 && step < STEPS;
    wrong.textContent = fits ? "" : `A step is a whole number from 0 to ${STEPS - 1}.`;
    if (!fits) return;
    slider.value = step;
    go(step);
  });
  go(first);
  return element("div", { class: "steps" },
    element("label", { for: "mask-slider" }, "step"), slider,
    element("label", { for: "mask-step", class: "hidden" }, "step as a number"), number, wrong,
    shown < rows ? element("p", { class: "quiet" }, `The first ${shown} of ${rows} rows.`) : null);
}

function keptSteps(draw, show) {
  const kept = draw.kept ?? [];
  if (!kept.length) return null;
  const go = (i) => show(unpacked(kept[i].picture), kept[i].picture.rows, kept[i].picture.columns, kept[i].step);
  const slider = element("input", { type: "range", id: "mask-slider", min: 0, max: kept.length - 1, value: 0 });
  slider.addEventListener("input", () => go(Number(slider.value)));
  go(0);
  return element("div", { class: "steps" },
    element("label", { for: "mask-slider" }, `step, of the ${kept.length} recorded`), slider);
}

