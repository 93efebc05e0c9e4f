/*
 * The stages: the slider, what a stage is, and the rules that led to it.
 *
 * Read next: legend.js
 */

import { byId, counted, element } from "./dom.js";
import { summary } from "./boxes.js";

/** Makes the slider; `go(stage)` is called when another stage is asked for. */
export function makeSlider(record, go) {
  const slider = byId("stage");
  slider.max = record.stages.length - 1;
  slider.addEventListener("input", () => go(Number(slider.value)));
  byId("previous").addEventListener("click", () => go(Number(slider.value) - 1));
  byId("next").addEventListener("click", () => go(Number(slider.value) + 1));
  const names = byId("stage-names");
  names.style.setProperty("--stages", record.stages.length);
  slider.style.setProperty("--stages", record.stages.length);
  names.append(...record.stages.map((stage, number) => element("li", {},
    element("button", { type: "button", tabindex: -1, onclick: () => go(number) }, stage.title))));
}

/** Brings the slider and the words beside it to a stage. */
export function showStage(record, number) {
  const stage = record.stages[number];
  const slider = byId("stage");
  slider.value = number;
  slider.setAttribute("aria-valuetext", `${number + 1} of ${record.stages.length}: ${stage.title}`);
  byId("previous").disabled = number === 0;
  byId("next").disabled = number === record.stages.length - 1;
  [...byId("stage-names").querySelectorAll("button")].forEach((button, i) => {
    if (i === number) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  byId("stage-title").textContent = stage.title;
  byId("stage-about").textContent = stage.about;
  const several = stage.graphs.length > 1;
  byId("stage-counts").textContent = stage.graphs.map((graph) => sizeOf(record, graph, several)).join(", ");
}

/** Tells of a body that is open instead of a stage. */
export function showBody(record, graph) {
  byId("stage-title").textContent = record.graphs[graph].title;
  byId("stage-about").textContent = "What one step of a loop, or one side of a choice, computes. Escape leads back.";
  byId("stage-counts").textContent = sizeOf(record, graph, false);
}

function sizeOf(record, number, named) {
  const graph = record.graphs[number];
  const size = counted(graph.summary?.nodes ?? graph.nodes.length, "node");
  if (named) return `${record.graphTitle(number)}: ${size}`;
  return graph.summary ? size : summary(record, graph.nodes);
}

/** The rules that fired on the way to a stage, with examples. */
export function showRules(record, graphs) {
  const rules = graphs.flatMap((graph) => record.graphs[graph].rules ?? []);
  const names = new Set(rules.map(({ rule }) => rule));
  const total = rules.reduce((sum, { count }) => sum + count, 0);
  byId("rules").hidden = !total;
  byId("rules-title").textContent = `${counted(names.size, "rule")} fired, ${counted(total, "time")}`;
  byId("rules-list").replaceChildren(...graphs.map((graph) => rulesOf(record, graph, graphs.length > 1)));
}

function rulesOf(record, graph, named) {
  const rules = record.graphs[graph].rules ?? [];
  return element("div", {},
    named ? element("h3", {}, record.graphTitle(graph)) : null,
    rules.length ? rules.map(({ rule, count, examples }) => element("details", {},
      element("summary", {}, element("code", {}, rule), ` ${count}×`),
      element("ul", {}, examples.map(({ before, after }) => element("li", {},
        element("code", {}, before), element("span", { class: "arrow" }, " → "), element("code", {}, after)))),
      count > examples.length ? element("p", { class: "quiet" }, `and ${count - examples.length} more`) : null))
      : element("p", {}, "No rule has fired."));
}

/** The table that stands for a graph too large to be drawn. */
export function summaryTable(record, graph) {
  const { nodes, ops, about } = record.graphs[graph].summary;
  return element("section", { class: "summary" },
    element("h2", {}, `${record.graphTitle(graph)}: ${counted(nodes, "node")}`),
    element("p", {}, about || "Too many to be drawn; this is what they are."),
    element("table", {},
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, "op"), element("th", { scope: "col" }, "nodes"))),
      element("tbody", {}, ops.map(([op, count]) => element("tr", {},
        element("th", { scope: "row" }, element("code", {}, op)), element("td", {}, count.toLocaleString("en")))))));
}
