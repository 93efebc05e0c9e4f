/*
 * Elements made in one expression, and how wide a text will be.
 *
 * Nothing here parses markup: all text of the record goes into text nodes and attributes, so a
 * user's line can hold any character.
 *
 * Read next: record.js
 */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; a property that begins with "on" is a listener, null and false leave a property out. */
export function element(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for a piece of a drawing. */
export function drawn(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element of the page with that id. */
export const byId = (id) => document.getElementById(id);

export const FONTS = {
  label: '12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  title: '600 12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  small: '10.5px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif',
  output: '600 10.5px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif',
  mark: '10.5px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
};

const pen = document.createElement("canvas").getContext("2d");
// As the picture's text is drawn: no letter is moved to whole pixels, which would make words wider or narrower.
pen.textRendering = "geometricPrecision";
const measured = new Map();

/** The width of a text in pixels, in one of the fonts above. */
export function textWidth(text, font) {
  const key = font + text;
  if (!measured.has(key)) {
    pen.font = FONTS[font];
    measured.set(key, pen.measureText(text).width);
  }
  return measured.get(key);
}

/** A text of at most so many characters. */
export function cut(text, most) {
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

/** "1 node", "2 nodes". */
export function counted(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
