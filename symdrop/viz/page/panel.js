/*
 * The panel: all that the record knows of a node, a group or a kernel.
 *
 * Every other node it names is a link. What was not recorded is said in a short sentence.
 *
 * Read next: stages.js
 */

import { counted, cut, element } from "./dom.js";
import { summary, titleOf } from "./boxes.js";
import { maskViewer } from "./mask.js";
import { statistics } from "./statistics.js";

// Of longer lists the rest is behind a button.
const MOST_LINKS = 8;

/** The panel of a node; `go` has node(graph, id), stage(stage, graph, id) and body(graph, id). */
export function nodePanel(record, go, graph, id) {
  const node = record.nodes[id];
  const users = record.users(graph).get(id) ?? [];
  const outputs = record.outputsOf(graph, id);
  return [
    heading(record.label(id), [node.part, node.mark || node.kind, `op ${node.op}`].join(" · "), node.part),
    facts([
      ["type", node.type],
      ["shape", node.shape || null],
      ["name", node.name],
      ["formula", node.formula && !isLoop(node) && element("code", { id: "formula" }, node.formula)],
      ["output", outputs.length ? outputs.join(", ") : null],
    ]),
    section("Your line", lines(node)),
    node.draw === null || node.draw === undefined ? null : section("Mask", maskViewer(record.draws[node.draw])),
    bodies(node, go, graph),
    values(record, graph, id),
    section("Made by", madeBy(record, go, graph, id)),
    section("On the way back", wayBack(record, go, graph, node)),
    section("Inputs", links(record, go, graph, node.inputs, "A leaf: computed from nothing.")),
    section("Used by", links(record, go, graph, users, "Nothing else: it is what is asked for.")),
    section("In other stages", stages(record, go, id)),
    section("Kernel", kernels(record, id)),
  ];
}

/** The panel of a group. */
export function groupPanel(record, go, graph, box) {
  const group = record.groups[box.group];
  const kernel = group.by === "kernel" ? record.kernelOfGroup(graph, box.group) : null;
  const members = [...box.members];
  return [
    heading(titleOf(group), [box.part === "kernel" ? group.where : box.part, group.title ? group.where : ""]
      .filter((text, i, all) => text && all.indexOf(text) === i).join(" · "), box.part),
    element("p", {}, `${summary(record, members)}. Enter or a click on its title folds and unfolds it.`),
    kernel ? section("Kernel", kernelCode(kernel, true)) : null,
    section("Nodes", links(record, go, graph, members, "")),
  ];
}

function heading(title, about, part) {
  return element("header", { class: `panel-head ${part}` },
    element("h2", { title }, cut(title, 90)), element("p", {}, about));
}

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), content);
}

function facts(pairs) {
  const pair = ([name, value]) => [element("dt", {}, name), element("dd", {}, value)];
  return element("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(pair));
}

function lines(node) {
  if (!node.lines.length) return element("p", {}, "It comes from no line of yours.");
  return node.lines.map(({ where, text, function: inside }) => element("div", { class: "line" },
    element("p", {}, where, inside && inside !== "<module>" ? ` in ${inside}` : ""),
    text ? element("code", {}, text) : element("p", { class: "quiet" }, "The text of the line is not at hand.")));
}

/** Whether the formula goes on for lines, since it holds a body. */
function isLoop(node) {
  return node.formula.includes("\n");
}

function bodies(node, go, graph) {
  if (!node.bodies?.length) return null;
  const text = isLoop(node) ? element("pre", { id: "formula", tabindex: "0" }, node.formula) : null;
  return section("Inside", text, element("ul", { class: "links" }, node.bodies.map((body) => element("li", {},
    element("button", { type: "button", onclick: () => go.body(body.graph, graph) }, `open ${body.title}`)))));
}

function values(record, graph, id) {
  const node = record.nodes[id];
  const at = (index) => (index === null || index === undefined ? null : record.values[index]);
  const [value, gradient] = [at(node.value), at(record.gradientOf(graph, id))];
  const drawn = node.draw !== null && node.draw !== undefined;
  const missing = record.functions[record.graphs[graph].function]?.note || "No value was recorded.";
  return [
    section("Value", value ? [statistics(value, "value", drawn), examples(record)] : element("p", {}, missing)),
    gradient ? section("Gradient of the cost with respect to it", statistics(gradient, "gradient")) : null,
  ];
}

/** What the values are computed for. */
function examples(record) {
  const { inputs = [], made_up: madeUp } = record.examples ?? {};
  if (!inputs.length) return null;
  return element("details", {},
    element("summary", {}, madeUp ? "computed for made-up inputs" : "computed for the inputs given"),
    element("ul", {}, inputs.map(({ name, shape, dtype, how }) => element("li", {},
      element("code", {}, name), ` ${dtype}[${shape.join(", ")}]${how ? `: ${how}` : ""}`))));
}

function madeBy(record, go, graph, id) {
  const { origin, lines: its } = record.nodes[id];
  if (!origin) {
    if (record.inStage(0, id).length) return element("p", {}, "You: it is part of what was written.");
    return element("p", {}, its.length ? "What was made of your line." : "Rewriting.");
  }
  const { rule, node: source } = origin;
  return element("p", {}, element("code", {}, rule), source === null || source === undefined
    ? ", for a node that is not in the record"
    : [", for ", link(record, go, graph, source)]);
}

function wayBack(record, go, graph, node) {
  const created = record.inOneGraph(node.created ?? [], graph);
  return [
    element("p", {}, node.pullback ? element("code", { id: "pullback" }, node.pullback) : "It has no pullback."),
    node.pullback ? links(record, go, graph, created, "It has made no node here.", "made ") : null,
  ];
}

function stages(record, go, id) {
  const row = (stage, number) => {
    const places = record.inStage(number, id);
    const way = (place) => {
      const several = stage.graphs.length > 1;
      const label = cut(record.label(place.id), 30);
      const changed = label !== cut(record.label(id), 30);
      const text = [several ? record.graphTitle(place.graph) : "", !several || changed ? label : ""];
      const jump = () => go.stage(number, place.graph, place.id);
      return element("button", { type: "button", onclick: jump }, text.filter(Boolean).join(": "));
    };
    return element("li", {}, element("span", {}, stage.title),
      element("div", {}, places.length ? places.slice(0, 4).map(way) : "not there"));
  };
  return element("ul", { class: "links whereabouts" }, record.stages.map(row));
}

function kernels(record, id) {
  const found = record.kernelsOf(id);
  if (!found.length) return element("p", {}, "It went to no kernel.");
  return found.map((one, i) => kernelCode(one, i === 0));
}

function kernelCode({ owner, number, kernel }, open) {
  const code = (title, text, shown) => element("details", { open: shown },
    element("summary", {}, title),
    text ? element("pre", { tabindex: 0, "aria-label": title }, text) : element("p", {}, "It was not recorded."));
  return element("div", { class: "kernel-code" },
    element("p", {}, element("strong", {}, kernel.title),
      ` kernel ${number} of ${owner.title}, ${counted(kernel.nodes.length, "node")}`),
    code("loop", kernel.code, open), code("assembly", kernel.assembly, false));
}

function links(record, go, graph, ids, otherwise, before = "") {
  if (!ids.length) return otherwise ? element("p", {}, otherwise) : null;
  const item = (id) => element("li", {}, before, link(record, go, graph, id),
    element("span", { class: "quiet" }, ` ${record.nodes[id].op}`));
  const list = element("ul", { class: "links" }, ids.slice(0, MOST_LINKS).map(item));
  if (ids.length > MOST_LINKS) {
    const more = element("li", {}, element("button", {
      type: "button", onclick: () => more.replaceWith(...ids.slice(MOST_LINKS).map(item)),
    }, `${ids.length - MOST_LINKS} more`));
    list.append(more);
  }
  return list;
}

/** A link to a node: in this graph if it is there, else in the last stage that has it. */
function link(record, go, graph, id) {
  const text = cut(record.label(id), 44);
  const attributes = { type: "button", class: `to-node ${record.nodes[id].part}` };
  if (record.members(graph).has(id)) {
    return element("button", { ...attributes, onclick: () => go.node(graph, id) }, text);
  }
  const stage = record.stages.findLastIndex((_, number) => record.inStage(number, id).length);
  if (stage < 0) return element("code", {}, text);
  const [place] = record.inStage(stage, id);
  return element("button", { ...attributes, onclick: () => go.stage(stage, place.graph, place.id) }, text);
}
