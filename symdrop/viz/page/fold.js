/*
 * Folding: which boxes a graph shows, each a node or a group of nodes, and which of them use which.
 *
 * Groups come with the record (by line, by user function, by part, by kernel). Two things are added here: a state
 * stands in the group that uses it, not where it was made, and a group of one is a plain
 * node, unless it is a kernel.
 *
 * Read next: boxes.js
 */

/** Ways of grouping, and how they are called. */
export const GROUPINGS = {
  line: "by line", function: "by user function", part: "by part", kernel: "by kernel", none: "not at all",
};

// A function with a larger graph starts with its groups folded, in all stages alike.
const START_FOLDED = 150;

/** Which groups are folded: as the user left them, the others as suits the size of the picture. */
export class Folding {
  constructor(record) {
    this.usual = record.graphs.some((graph) => graph.nodes.length > START_FOLDED);
    this.chosen = new Map();
  }

  isFolded(group) {
    return this.chosen.get(group) ?? this.usual;
  }

  set(groups, folded) {
    for (const group of groups) this.chosen.set(group, folded);
  }
}

/**
 * The boxes of a graph.
 *
 * @returns {items, itemOf}: items {kind: "node" or "group", id or group, members, part}, in topological order
 *          of their first nodes, and the position of the item that holds a node
 */
export function arrange(record, graph, by) {
  const groupOf = groups(record, graph, by);
  const sizes = new Map();
  for (const group of groupOf.values()) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const items = [];
  const itemOf = new Map();
  const places = new Map();
  for (const id of record.graphs[graph].nodes) {
    if (record.isInline(graph, id)) continue;
    const group = groupOf.get(id);
    if (group === undefined || (sizes.get(group) === 1 && by !== "kernel")) {
      itemOf.set(id, items.length);
      items.push({ kind: "node", id, members: [id], part: record.nodes[id].part });
      continue;
    }
    if (!places.has(group)) {
      places.set(group, items.length);
      const part = by === "kernel" ? "kernel" : record.groups[group].part;
      items.push({ kind: "group", group, members: [], part });
    }
    items[places.get(group)].members.push(id);
    itemOf.set(id, places.get(group));
  }
  return { items, itemOf };
}

function groups(record, graph, by) {
  const found = new Map();
  if (by === "none") return found;
  const users = record.users(graph);
  for (const id of record.graphs[graph].nodes) {
    const node = record.nodes[id];
    if (record.isInline(graph, id)) continue;
    if (by === "part" || node.kind !== "leaf") {
      const group = record.groupOf(graph, id, by);
      if (group !== null && group !== undefined) found.set(id, group);
    }
  }
  if (by === "part") return found;
  for (const [id, its] of users) {
    if (record.nodes[id].mark !== "state") continue;
    const near = its.filter((user) => record.nodes[user].part === record.nodes[id].part);
    const places = new Set(near.map((user) => found.get(user)));
    const [only] = places;
    if (places.size === 1 && only !== undefined) found.set(id, only);
  }
  return found;
}

/** What the items of a graph use of each other: edges {from, to, ids} with the nodes whose values are used. */
export function usesBetween(record, graph, targets, placeOf) {
  const edges = [];
  targets.forEach((members, to) => {
    const found = new Map();
    for (const id of members) {
      for (const source of record.nodes[id].inputs) {
        const inline = record.isInline(graph, source);
        if (inline && members.length > 1) continue;
        const from = inline ? -1 : placeOf(source);
        if (from === to) continue;
        // What stands elsewhere has one edge for each value, so that each can have a mark.
        const key = from < 0 ? `value ${source}` : from;
        if (!found.has(key)) found.set(key, { from, to, ids: new Set() });
        found.get(key).ids.add(source);
      }
    }
    for (const edge of found.values()) edges.push({ ...edge, ids: [...edge.ids] });
  });
  return edges;
}
