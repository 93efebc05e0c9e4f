/*
 * Drawing: a scene as SVG.
 *
 * Shape says what a node is, the letter and the colour to which part it belongs. Every box and mark can
 * be focused and says its name, so that a screen reader has what a picture has.
 *
 * Read next: camera.js
 */

import { drawn } from "./dom.js";
import { BEHIND, LETTERS, summary } from "./boxes.js";

/** Draws a scene into an empty <g>; returns the elements by key. */
export function drawScene(record, scene, layer) {
  const parts = {};
  for (const name of ["sheets", "frames", "wires", "marks", "boxes"]) {
    layer.append((parts[name] = drawn("g", { class: name })));
  }
  const elements = new Map();
  const keep = (key, made) => {
    elements.set(key, made);
    return made;
  };
  parts.sheets.append(...scene.sheets.map((sheet, i) => sheetHead(record, scene, sheet, i)));
  parts.sheets.append(...scene.columns.map(columnHead));
  parts.frames.append(...scene.frames.map((box) => keep(box.key, frame(box))));
  parts.boxes.append(...scene.boxes.map((box) => keep(box.key, box.kind === "group" ? folded(box) : node(box))));
  parts.wires.append(...scene.wires.map(wire));
  parts.marks.append(...scene.marks.map((mark, i) => markBox(record, mark, i)));
  return elements;
}

function sheetHead(record, scene, sheet, i) {
  const graph = record.graphs[sheet.graph];
  const owner = record.functions[graph.function];
  return drawn("g", { class: "sheet" },
    i ? drawn("line", { x1: sheet.x - 50, x2: sheet.x - 50, y1: 0, y2: scene.height }) : null,
    drawn("text", { x: sheet.x, y: 18, class: "sheet-title" }, graph.title,
      drawn("tspan", { class: "sheet-about", dx: 10 }, `${owner?.subtitle ?? ""}  ${summary(record, graph.nodes)}`)));
}

function columnHead({ part, x, y, width }) {
  const arrow = part === "backward" ? "↑" : "↓";
  return drawn("g", { class: `column ${part}` },
    drawn("text", { x, y: y + 12 }, `${LETTERS[part]}  ${part} ${arrow}`),
    drawn("line", { x1: x, x2: x + width, y1: y + 20, y2: y + 20 }));
}

function wire({ from, to, part, many, points }) {
  const tip = points.at(-1);
  const down = tip[1] >= points[0][1] ? 1 : -1;
  const arrow = `M${tip[0] - 3.5},${tip[1] - 7 * down}L${tip[0]},${tip[1]}L${tip[0] + 3.5},${tip[1] - 7 * down}Z`;
  return drawn("g", { class: `wire ${part}${many > 1 ? " many" : ""}`, "data-from": from, "data-to": to },
    drawn("path", { d: curve([...points.slice(0, -1), [tip[0], tip[1] - 4 * down]]), class: "line" }),
    drawn("path", { d: arrow, class: "tip" }));
}

/** Straight beside boxes, curved from row to row. */
function curve(points) {
  let path = `M${number(points[0])}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const middle = (y0 + y1) / 2;
    path += x0 === x1 ? `L${number([x1, y1])}` : `C${number([x0, middle])} ${number([x1, middle])} ${number([x1, y1])}`;
  }
  return path;
}

const number = ([x, y]) => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;

function markBox(record, mark, i) {
  const far = mark.form === "far";
  const name = far ? `${mark.text}, from elsewhere: go there` : `constant ${mark.text}`;
  return drawn("g", {
    class: `mark ${mark.form} ${mark.part}`, role: "button", tabindex: -1, "aria-label": name, "data-mark": i,
  },
  drawn("path", { d: curve(mark.points), class: "stub" }),
  far ? drawn("rect", { x: mark.x, y: mark.y, width: mark.width, height: mark.height, rx: 9 }) : null,
  drawn("text", { x: mark.x + mark.width / 2, y: mark.y + mark.height - (far ? 5.5 : 4) }, mark.text));
}

function frame(box) {
  const { x, y, width, height } = box;
  const head = drawn("g", {
    class: "head", role: "button", tabindex: -1, "aria-expanded": "true", "aria-label": box.name, "data-key": box.key,
  },
  drawn("path", { class: "band", d: `M${x},${y + 25}v-17a8,8 0 0 1 8,-8h${width - 16}a8,8 0 0 1 8,8v17z` }),
  drawn("text", { x: x + 10, y: y + 17, class: "turn" }, "▾"),
  drawn("text", { x: x + 24, y: y + 17, class: "letter" }, LETTERS[box.part]),
  drawn("text", { x: x + 40, y: y + 17, class: "title" }, box.title));
  return drawn("g", { class: `frame ${box.part}` },
    drawn("rect", { class: "body", x, y, width, height, rx: 8 }), head);
}

function folded(box) {
  const { width, height } = box;
  return button(box, { "aria-expanded": "false" },
    outline("folded", width, height),
    drawn("text", { x: 9, y: box.textY, class: "turn" }, "▸"),
    words(box),
    box.draws ? die(width - 22 - BEHIND, (height - BEHIND) / 2 - 7) : null);
}

function node(box) {
  const { width, height } = box;
  return button(box, {}, outline(box.form, width, height), words(box));
}

function button(box, more, ...children) {
  return drawn("g", {
    class: `box ${box.kind} ${box.part} ${box.form}`, transform: `translate(${number([box.x, box.y])})`,
    role: "button", tabindex: -1, "aria-label": box.name, "data-key": box.key, ...more,
  },
  drawn("title", {}, box.tip),
  drawn("rect", { class: "halo", x: -4, y: -4, width: box.width + 8, height: box.height + 8, rx: 10 }),
  children);
}

function words(box) {
  const left = box.textX - 14;
  return [
    drawn("text", { x: left + (box.kind === "group" ? 8 : 0), y: box.textY, class: "letter" }, LETTERS[box.part]),
    box.lines.map((line, i) => drawn("text", {
      x: box.textX + (box.kind === "group" ? 8 : 2), y: box.textY + i * box.lineHeight,
      class: line.font,
    }, line.text)),
  ];
}

/** The shape of a node. */
export function outline(form, width, height) {
  return (OUTLINES[form] ?? plain)(width, height);
}

const OUTLINES = {
  input: (w, h) => drawn("path", { class: "body", d: `M12,0H${w}L${w - 12},${h}H0Z` }),
  state: (w, h) => [
    drawn("path", { class: "body", d: `M0,6C0,-2 ${w},-2 ${w},6V${h - 6}C${w},${h + 2} 0,${h + 2} 0,${h - 6}Z` }),
    drawn("path", { class: "edge", d: `M0,6C0,14 ${w},14 ${w},6` }),
  ],
  flag: (w, h) => drawn("path", { class: "body", d: `M14,0H${w - 14}L${w},${h / 2}L${w - 14},${h}H14L0,${h / 2}Z` }),
  constant: (w, h) => drawn("rect", { class: "body bare", width: w, height: h }),
  draw: (w, h) => [
    plain(w, h),
    drawn("rect", { class: "edge", x: 3.5, y: 3.5, width: w - 7, height: h - 7, rx: 4 }),
    die(9, h / 2 - 7), die(w - 23, h / 2 - 7),
  ],
  loop: (w, h) => [plain(w, h), drawn("text", { x: 9, y: h / 2 + 5, class: "turn" }, "↻")],
  folded: (w, h) => [
    drawn("rect", { class: "sheet-behind", x: BEHIND, y: BEHIND, width: w - BEHIND, height: h - BEHIND, rx: 7 }),
    plain(w - BEHIND, h - BEHIND),
  ],
};

function plain(w, h) {
  return drawn("rect", { class: "body", width: w, height: h, rx: 7 });
}

/** A die: what is drawn at random. */
function die(x, y) {
  const dots = [[4, 4], [10, 4], [7, 7], [4, 10], [10, 10]];
  return drawn("g", { class: "die", transform: `translate(${x},${y})` },
    drawn("rect", { width: 14, height: 14, rx: 3 }), dots.map(([cx, cy]) => drawn("circle", { cx, cy, r: 1.35 })));
}
