/*
 * The explorer: what is shown and chosen now, and everything that can change it.
 *
 * Read next: main.js
 */

import { byId } from "./dom.js";
import { groupKey } from "./boxes.js";
import { Camera } from "./camera.js";
import { drawScene } from "./draw.js";
import { arrange, Folding, GROUPINGS } from "./fold.js";
import { neighbour } from "./keys.js";
import { groupPanel, nodePanel } from "./panel.js";
import { buildScene, describe } from "./scene.js";
import { showBody, showRules, showStage, summaryTable } from "./stages.js";

export class Explorer {
  constructor(record) {
    this.record = record;
    this.folding = new Folding(record);
    this.canvas = byId("canvas");
    this.layer = byId("plane");
    this.camera = new Camera(this.canvas, this.layer);
    this.stage = 0;
    this.bodies = [];
    this.groupings = { usual: "line", kernel: "kernel" };
    this.chosen = null;
    this.current = null;
    this.matches = [];
    // Called when other graphs are shown than before.
    this.onGraphs = () => {};
    this.#listen();
  }

  /** The graphs that are shown: those of the stage, or an open body. */
  get graphs() {
    return this.bodies.length ? [this.bodies.at(-1)] : this.record.stages[this.stage].graphs;
  }

  /** A stage that is about groups of its own has its own choice of grouping. */
  get #groupingSlot() {
    return !this.bodies.length && this.record.stages[this.stage].grouping ? "kernel" : "usual";
  }

  get by() {
    return this.groupings[this.#groupingSlot];
  }

  setGrouping(by) {
    this.groupings[this.#groupingSlot] = by;
    this.show();
  }

  /** Shows another stage; what was chosen stays chosen where it is still there. */
  goToStage(number) {
    if (number < 0 || number >= this.record.stages.length) return;
    this.stage = number;
    this.bodies = [];
    const place = this.chosen?.id === undefined ? null : this.record.inStage(number, this.chosen.id)[0];
    this.chosen = place ?? null;
    this.show();
  }

  openBody(graph) {
    this.bodies.push(graph);
    this.chosen = null;
    this.show();
    this.canvas.querySelector('[tabindex="0"]')?.focus();
  }

  /** One step out: of the choice, or of a body. */
  leave() {
    if (this.chosen) this.choose(null);
    else if (this.bodies.length) {
      this.bodies.pop();
      this.show();
    }
  }

  /** Draws everything anew; `anchor` is the key of a box that stays where it is, else the camera starts afresh. */
  show(anchor = null) {
    const { record, graphs } = this;
    const huge = graphs.some((graph) => record.graphs[graph].summary);
    const before = anchor && this.scene?.byKey.get(anchor);
    const focused = this.canvas.contains(document.activeElement);
    if (this.bodies.length) showBody(record, graphs[0]);
    else showStage(record, this.stage);
    showRules(record, graphs);
    byId("leave").hidden = !this.bodies.length;
    byId("grouping").value = this.by;
    byId("tables").replaceChildren(...(huge ? graphs.map((graph) => summaryTable(record, graph)) : []));
    byId("tables").hidden = !huge;
    for (const part of ["drawing", "tools", "legend"]) byId(part).hidden = huge;
    if (huge) {
      this.scene = null;
      this.#showPanel();
      return;
    }
    this.scene = buildScene(record, graphs, this.by, (group) => this.folding.isFolded(group));
    this.layer.replaceChildren();
    this.elements = drawScene(record, this.scene, this.layer);
    this.canvas.setAttribute("aria-label", `${byId("stage-title").textContent}: ${describe(this.scene)}`);
    this.#showPanel();
    const after = anchor && this.scene.byKey.get(anchor);
    if (before && after) {
      this.camera.size = this.scene;
      this.camera.keep(before, after);
      this.camera.reveal({ ...after, height: Math.min(after.height, 40) });
    } else this.camera.fitReadably(this.scene);
    const key = this.chosen && this.#keyOf(this.chosen);
    if (!anchor && key) this.camera.reveal(this.#boxOf(key));
    this.#showChoice();
    this.#showMatches();
    this.#setCurrent(this.elements.has(this.current) ? this.current : this.#first());
    if (graphs.join() !== this.shown) {
      this.shown = graphs.join();
      this.onGraphs();
    }
    if (focused) this.#elementOf(this.current)?.focus({ preventScroll: true });
  }

  toggle(graph, group) {
    const key = groupKey(graph, group);
    this.folding.set([group], !this.folding.isFolded(group));
    this.current = key;
    this.chosen = { graph, group };
    this.show(key);
  }

  /** Folds or unfolds all groups, and shows the whole picture, whose size has changed at every place. */
  foldAll(folded) {
    const groups = this.graphs.flatMap((graph) => arrange(this.record, graph, this.by).items)
      .filter((item) => item.kind === "group").map((item) => item.group);
    this.folding.set(groups, folded);
    this.show();
    if (this.scene) this.camera.fit();
  }

  /** Chooses a node ({graph, id}), a group ({graph, group}) or nothing. */
  choose(what, { centre = false } = {}) {
    this.chosen = what;
    // The panel is about to go, and the focus should not go with it.
    if (!what && byId("panel").contains(document.activeElement)) this.#elementOf(this.current)?.focus();
    if (what?.id !== undefined) this.#unfold(what);
    this.#showChoice();
    this.#showPanel();
    const key = what && this.#keyOf(what);
    if (!key) return;
    this.#setCurrent(key);
    // The panel may have come to lie where the box was.
    if (centre) this.camera.centre(this.#boxOf(key));
    else this.camera.reveal(this.#boxOf(key));
  }

  /** Goes to a node in a stage. */
  visit(stage, graph, id) {
    if (stage !== this.stage || this.bodies.length) {
      this.stage = stage;
      this.bodies = [];
      this.chosen = { graph, id };
      this.show();
    }
    this.choose({ graph, id }, { centre: true });
  }

  showFound(matches) {
    this.matches = matches;
    this.#showMatches();
  }

  /** An arrow key within the drawing. */
  walk(direction) {
    const next = this.current && neighbour(this.scene, this.current, direction);
    if (!next) return;
    this.#setCurrent(next);
    this.#elementOf(next).focus({ preventScroll: true });
    this.camera.reveal(this.#boxOf(next));
  }

  /** Enter or a click on something of the drawing. */
  activate(target) {
    const hit = target.closest("[data-key], [data-mark]");
    if (!hit) return;
    if (hit.dataset.mark !== undefined) {
      const { ids, graph, user } = this.scene.marks[hit.dataset.mark];
      if (ids.length === 1) this.choose({ graph, id: ids[0] }, { centre: !this.record.isInline(graph, ids[0]) });
      else this.activate(this.#elementOf(user));
    } else {
      const box = this.scene.byKey.get(hit.dataset.key);
      if (box.kind === "node") this.choose({ graph: box.graph, id: box.id });
      else this.toggle(box.graph, box.group);
    }
    if (this.canvas.contains(document.activeElement)) this.#elementOf(this.current)?.focus({ preventScroll: true });
  }

  #listen() {
    this.canvas.addEventListener("click", (event) => {
      if (!this.camera.dragged) this.activate(event.target);
    });
    this.canvas.addEventListener("focusin", (event) => {
      const key = this.#keyOfElement(event.target);
      if (key) this.#setCurrent(key);
    });
    for (const [name, lit] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
      this.canvas.addEventListener(name, (event) => this.#light(event.target, lit));
    }
    const select = byId("grouping");
    for (const [by, text] of Object.entries(GROUPINGS)) select.append(new Option(text, by));
    select.addEventListener("change", () => this.setGrouping(select.value));
  }

  /** While a box is pointed at its wires stand out, while a mark is, what it stands for. */
  #light(target, lit) {
    const hit = target.closest?.("[data-key], [data-mark]");
    if (!hit || !this.scene) return;
    const { ids = [], graph } = this.scene.marks[hit.dataset.mark] ?? {};
    for (const id of ids) this.#elementOf(this.scene.holder.get(`${graph}:${id}`))?.classList.toggle("hinted", lit);
    if (hit.dataset.key) {
      for (const wire of this.layer.querySelectorAll(".wire")) {
        if ([wire.dataset.from, wire.dataset.to].includes(hit.dataset.key)) wire.classList.toggle("lit", lit);
      }
    }
  }

  /** Opens the group that holds a node. */
  #unfold({ graph, id }) {
    const box = this.scene?.byKey.get(this.scene.holder.get(`${graph}:${id}`));
    if (box?.kind !== "group") return;
    this.folding.set([box.group], false);
    this.show(box.key);
  }

  #keyOf({ graph, id, group }) {
    if (id === undefined) return groupKey(graph, group);
    const key = this.scene?.holder.get(`${graph}:${id}`);
    if (key) return key;
    const standsFor = (mark) => mark.graph === graph && mark.ids.length === 1 && mark.ids[0] === id;
    const mark = this.scene?.marks.findIndex(standsFor) ?? -1;
    return mark < 0 ? null : `m${mark}`;
  }

  #keyOfElement(target) {
    const hit = target.closest("[data-key], [data-mark]");
    return hit && (hit.dataset.key ?? `m${hit.dataset.mark}`);
  }

  #elementOf(key) {
    if (key?.startsWith("m")) return this.layer.querySelector(`[data-mark="${key.slice(1)}"]`);
    const made = this.elements?.get(key);
    return made?.querySelector(":scope > .head") ?? made;
  }

  #boxOf(key) {
    return key.startsWith("m") ? this.scene.marks[key.slice(1)] : this.scene.byKey.get(key);
  }

  #first() {
    return [...this.scene.frames, ...this.scene.boxes].toSorted((a, b) => a.y - b.y || a.x - b.x)[0]?.key ?? null;
  }

  /** The one thing of the drawing that Tab leads to. */
  #setCurrent(key) {
    this.#elementOf(this.current)?.setAttribute("tabindex", -1);
    this.current = key;
    this.#elementOf(key)?.setAttribute("tabindex", 0);
  }

  #showChoice() {
    for (const old of this.layer.querySelectorAll(".chosen")) old.classList.remove("chosen");
    if (!this.chosen || !this.scene) return;
    const key = this.#keyOf(this.chosen);
    this.#elementOf(key)?.classList.add("chosen");
    for (const wire of this.layer.querySelectorAll(".wire")) {
      wire.classList.toggle("chosen", [wire.dataset.from, wire.dataset.to].includes(key));
    }
  }

  #showMatches() {
    for (const old of this.layer.querySelectorAll(".match")) old.classList.remove("match");
    if (!this.scene) return;
    for (const match of this.matches) this.#elementOf(this.#keyOf(match))?.classList.add("match");
  }

  #showPanel() {
    const { record, chosen } = this;
    const go = {
      node: (graph, id) => this.choose({ graph, id }, { centre: true }),
      stage: (stage, graph, id) => this.visit(stage, graph, id),
      body: (graph) => this.openBody(graph),
    };
    const box = chosen?.group === undefined ? null : this.scene?.byKey.get(groupKey(chosen.graph, chosen.group));
    const content = chosen?.id !== undefined ? nodePanel(record, go, chosen.graph, chosen.id)
      : box ? groupPanel(record, go, chosen.graph, box) : [];
    byId("details").replaceChildren(...content.flat(Infinity).filter(Boolean));
    byId("panel").hidden = !content.length;
    if (content.length) byId("panel").scrollTop = 0;
  }
}
