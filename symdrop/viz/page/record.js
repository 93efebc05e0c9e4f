/*
 * The record: everything that Python wrote down about a function, and the questions the page asks.
 *
 * A node of the record is one value; the same node may stand in several graphs, since a stage
 * that leaves it alone shares it with the stage before.
 *
 * Read next: layers.js
 */

export const PARTS = ["forward", "backward", "update"];

// Constants as short as this are written beside their users and get no box of their own.
const SHORT_CONSTANT = 14;

export class Record {
  constructor(data) {
    Object.assign(this, data);
    this.outputsIn = new Map();
    this.usersIn = new Map();
    this.membersOf = new Map();
    this.after = new Map();
    data.nodes.forEach((node, id) => {
      if (node.before === null || node.before === undefined || node.before === id) return;
      if (!this.after.has(node.before)) this.after.set(node.before, []);
      this.after.get(node.before).push(id);
    });
  }

  /** The record that stands in the page, packed: a graph repeats itself so much that a twentieth is left of it. */
  static async fromPage() {
    const letters = atob(document.getElementById("record").textContent);
    const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Record(await new Response(text).json());
  }

  /** What a graph is called; where two functions share a name, what tells them apart. */
  graphTitle(graph) {
    const { title, function: owner } = this.graphs[graph];
    const { subtitle } = this.functions[owner] ?? {};
    return subtitle && this.functions.some((other, i) => i !== owner && other.title === title) ? subtitle : title;
  }

  /** What a node is called: the user's name for it, or its formula in short. */
  label(id) {
    const node = this.nodes[id];
    return node.name || node.label || node.op;
  }

  /** Whether a node is a constant that is written beside its users. */
  isInline(graph, id) {
    const node = this.nodes[id];
    return node.mark === "constant" && this.label(id).length <= SHORT_CONSTANT && !this.outputsOf(graph, id).length;
  }

  /** The labels of the outputs that a node is. */
  outputsOf(graph, id) {
    if (!this.outputsIn.has(graph)) {
      const labels = new Map();
      for (const { label, node } of this.graphs[graph].outputs) labels.set(node, [...(labels.get(node) ?? []), label]);
      this.outputsIn.set(graph, labels);
    }
    return this.outputsIn.get(graph).get(id) ?? [];
  }

  /** The nodes of a graph, as a set. */
  members(graph) {
    if (!this.membersOf.has(graph)) this.membersOf.set(graph, new Set(this.graphs[graph].nodes));
    return this.membersOf.get(graph);
  }

  /** Who uses what within a graph: a map from nodes to their users. */
  users(graph) {
    if (!this.usersIn.has(graph)) {
      const users = new Map(this.graphs[graph].nodes.map((id) => [id, []]));
      for (const id of this.graphs[graph].nodes) {
        for (const source of new Set(this.nodes[id].inputs)) users.get(source)?.push(id);
      }
      this.usersIn.set(graph, users);
    }
    return this.usersIn.get(graph);
  }

  /** The nodes that stand for the same value in other stages, itself included. */
  kin(id) {
    const found = new Set([id]);
    for (let at = id; (at = this.nodes[at].before) !== null && at !== undefined && !found.has(at); ) found.add(at);
    for (const one of found) for (const later of this.after.get(one) ?? []) found.add(later);
    return found;
  }

  /** Where a node, or what stands for it, is in a stage: pairs of a graph and a node. */
  inStage(stage, id) {
    const kin = this.kin(id);
    return this.stages[stage].graphs.flatMap((graph) => {
      const members = this.members(graph);
      // The node itself says it best; what only stands for it comes after.
      const here = members.has(id) ? [id] : [...kin].filter((one) => members.has(one));
      return here.map((one) => ({ graph, id: one }));
    });
  }

  /** Those of some nodes that are in a graph, or, if none is, in the first graph of the stages that has any. */
  inOneGraph(ids, graph) {
    const graphs = [graph, ...this.stages.flatMap((stage) => stage.graphs)];
    return graphs.map((one) => ids.filter((id) => this.members(one).has(id))).find((found) => found.length) ?? [];
  }

  /** The kernels of a function that a node went to. */
  kernelsOf(id) {
    return this.nodes[id].kernels.map(([owner, number]) => ({
      owner: this.functions[owner], number, kernel: this.functions[owner].kernels[number],
    }));
  }

  /** The group of a node; of a node that two functions share, the kernel is that of the graph's own. */
  groupOf(graph, id, by) {
    if (by !== "kernel") return this.nodes[id].groups[by];
    const owner = this.graphs[graph].function;
    const place = this.nodes[id].kernels.find(([f]) => f === owner);
    return place ? this.functions[owner].kernels[place[1]].group : null;
  }

  /** The kernel that a group by kernel stands for. */
  kernelOfGroup(graph, group) {
    const owner = this.functions[this.graphs[graph].function];
    const number = owner.kernels.findIndex((kernel) => kernel.group === group);
    return number < 0 ? null : { owner, number, kernel: owner.kernels[number] };
  }

  /** The place of a node's gradient among the values, as it is in the function of a graph. */
  gradientOf(graph, id) {
    const { gradient, gradients } = this.nodes[id];
    return gradients ? gradients[this.graphs[graph].function] : gradient;
  }

  /** What a search looks at: first what a node is, then also where it comes from. */
  textsOf(id) {
    const node = this.nodes[id];
    const self = [node.name ?? "", node.op, node.label, node.type].join("\n").toLowerCase();
    const lines = node.lines.map((line) => `${line.text} ${line.where}`);
    return [self, [self, node.formula, ...lines].join("\n").toLowerCase()];
  }
}
