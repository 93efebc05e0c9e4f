/*
 * Keys: walking from box to box, and what every other key does.
 *
 * Read next: explorer.js
 */

import { byId } from "./dom.js";
import { toggleTheme } from "./theme.js";

const STEP = 60;

/** All keys, for the help dialog. */
export const HELP = [
  ["Tab", "to the slider, the search, the picture, the details"],
  ["↑ ↓", "in the picture: along the wires, to what stands above or below"],
  ["← →", "in the picture: to what stands beside; elsewhere: the stage before or after"],
  ["Enter", "choose a node, fold or unfold a group, go where a mark points"],
  ["Shift and arrows", "move the picture"],
  ["+  −  0", "larger, smaller, all of it"],
  ["/", "search; Enter goes to the next match, Shift and Enter to the one before"],
  [",  .", "the stage before, the stage after"],
  ["f  u", "fold all groups, unfold all groups"],
  ["d", "light or dark"],
  ["Escape", "leave: this help, the search, a loop's body, the choice"],
  ["?", "this help"],
];

/** Where an arrow key leads from a box: along a wire if there is one, else to what is nearest in that direction. */
export function neighbour(scene, key, direction) {
  const from = targets(scene).get(key);
  if (!from) return null;
  const linked = new Set();
  for (const wire of scene.wires) {
    if (wire.from === key) linked.add(wire.to);
    if (wire.to === key) linked.add(wire.from);
  }
  scene.marks.forEach((mark, i) => {
    if (mark.user === key) linked.add(`m${i}`);
    if (`m${i}` === key) linked.add(mark.user);
  });
  const upright = direction === "ArrowUp" || direction === "ArrowDown";
  const sign = direction === "ArrowUp" || direction === "ArrowLeft" ? -1 : 1;
  let best = null;
  for (const [other, to] of targets(scene)) {
    if (other === key) continue;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const ahead = sign * (upright ? dy : dx);
    if (ahead < 4) continue;
    const aside = Math.abs(upright ? dx : dy);
    let cost = ahead + (upright ? 2 : 4) * aside;
    // Marks come after boxes, and up and down what no wire leads to comes last of all.
    if (other.startsWith("m")) cost += 3e3;
    if (upright && !linked.has(other)) cost += 1e6;
    if (!best || cost < best.cost) best = { other, cost };
  }
  return best?.other ?? null;
}

/** The middles of all that can be walked to. */
function targets(scene) {
  if (!scene.targets) {
    scene.targets = new Map();
    const add = (key, { x, y, width }, height) => scene.targets.set(key, { x: x + width / 2, y: y + height / 2 });
    // Of a frame the title.
    for (const frame of scene.frames) add(frame.key, frame, 24);
    for (const box of scene.boxes) add(box.key, box, box.height);
    scene.marks.forEach((mark, i) => add(`m${i}`, mark, mark.height));
  }
  return scene.targets;
}

/** Binds the keys of the page. */
export function bindKeys(explorer) {
  const { camera } = explorer;
  const anywhere = {
    "?": () => byId("help").showModal(),
    "/": () => byId("search").focus(),
    ",": () => explorer.goToStage(explorer.stage - 1),
    ".": () => explorer.goToStage(explorer.stage + 1),
    "+": () => camera.zoom(1.25),
    "=": () => camera.zoom(1.25),
    "-": () => camera.zoom(0.8),
    0: () => camera.fit(),
    f: () => explorer.foldAll(true),
    u: () => explorer.foldAll(false),
    d: () => toggleTheme(),
    Escape: () => explorer.leave(),
  };
  const beside = { ArrowLeft: anywhere[","], ArrowRight: anywhere["."] };
  const moves = { ArrowUp: [0, STEP], ArrowDown: [0, -STEP], ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0] };
  const within = ({ key, shiftKey, target }) => {
    if (moves[key]) return shiftKey ? () => camera.pan(...moves[key]) : () => explorer.walk(key);
    return key === "Enter" || key === " " ? () => explorer.activate(target) : null;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    const typing = event.target.matches('input:not([type="range"]), select');
    const drawing = byId("canvas").contains(event.target);
    const action = drawing ? within(event) : typing || event.target.closest("input, pre") ? null : beside[event.key];
    const chosen = action ?? (typing ? null : anywhere[event.key]);
    if (!chosen) return;
    event.preventDefault();
    chosen();
  });
}
