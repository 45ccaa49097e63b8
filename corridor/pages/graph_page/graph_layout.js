/* Layout of the component graph in layers (Sugiyama, Tagawa & Toda 1981): columns are given, the order within them
   is by barycentre, and long columns are folded so that the picture fits its frame. Nothing is drawn here.
   A node is the index of a component in `components`. */
"use strict";
corridor.layout = (() => {
  const BOX = { width: 116, height: 34, row: 40, gap: 42, fold: 8, head: 34 };
  const SWEEPS = 8;

  /** Depth of each node within its stage: the longest chain of inputs of the same stage. A cycle is cut where it closes. */
  function depths(shown, components, inputs) {
    const present = new Set(shown), depth = new Map(), open = new Set();
    function visit(node) {
      if (depth.has(node) || open.has(node)) return depth.get(node) ?? 0;
      open.add(node);
      let most = 0;
      for (const input of inputs[node]) if (present.has(input) && components[input].stage === components[node].stage && input !== node) most = Math.max(most, visit(input) + 1);
      open.delete(node);
      depth.set(node, most);
      return most;
    }
    shown.forEach(visit);
    return depth;
  }

  /** Columns of the nodes shown: by stage, and within it by depth. */
  function columnsOf(shown, components, inputs) {
    const found = new Map(), depth = depths([...shown].sort((a, b) => a - b), components, inputs);
    for (const node of shown) {
      const { stage } = components[node], key = stage * 1e5 + depth.get(node);
      if (!found.has(key)) found.set(key, { key, stage, nodes: [] });
      found.get(key).nodes.push(node);
    }
    return [...found.values()].sort((a, b) => a.key - b.key);
  }

  /** Mean position of a node's neighbours, as a fraction of their columns' height; its own position if it has none. */
  function barycentre(node, neighbours, position) {
    let sum = 0, count = 0;
    for (const other of neighbours[node]) if (position.has(other)) { sum += position.get(other); count += 1; }
    return count ? sum / count : position.get(node);
  }

  /** Reduce crossings: sort columns by the barycentre of inputs from left to right, then of users from right to left. */
  function order(columns, inputs, users, weight) {
    const position = new Map();
    const note = (column) => column.nodes.forEach((node, n) => position.set(node, (n + 0.5) / column.nodes.length));
    for (const column of columns) { column.nodes.sort((a, b) => weight(b) - weight(a) || a - b); note(column); }
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const forth = sweep % 2 === 0;
      for (const column of forth ? columns : [...columns].reverse()) {
        const centre = new Map(column.nodes.map((node) => [node, barycentre(node, forth ? inputs : users, position)]));
        column.nodes.sort((a, b) => centre.get(a) - centre.get(b) || position.get(a) - position.get(b));
        note(column);
      }
    }
  }

  /**
   * Number of folds of a column if its leading nodes (those that are `first`, or all) may have so many rows. The rest
   * may be three times as tall: it is below and need not fit the frame.
   */
  const foldsOf = (column, rows) => Math.max(1, Math.ceil(column.lead.length / rows), Math.ceil(column.rest.length / (3 * rows)));
  function sizeOf(columns, rows) {
    let width = -BOX.gap, lead = 0, rest = 0;
    for (const column of columns) {
      const folds = foldsOf(column, rows);
      width += folds * BOX.width + (folds - 1) * BOX.fold + BOX.gap;
      lead = Math.max(lead, Math.ceil(column.lead.length / folds));
      rest = Math.max(rest, Math.ceil(column.rest.length / folds));
    }
    return { width, lead, rest };
  }
  /** Number of rows at which the folded columns fill the frame best. */
  function bestRows(columns, frame) {
    const most = Math.max(1, ...columns.map((column) => column.lead.length));
    let best = most, scale = 0;
    for (let rows = Math.min(most, 6); rows <= most; rows++) {
      const { width, lead } = sizeOf(columns, rows);
      const fits = Math.min(frame.width / width, frame.height / (lead * BOX.row + BOX.head));
      if (fits > scale * 1.001) { scale = fits; best = rows; }
    }
    return best;
  }

  /**
   * Position of every box.
   * shown: nodes; components: {stage}; inputs, users: neighbours of each node; weight: of a node, heavier ones higher
   * before the sweeps; frame: {width, height} to fill; first: whether a node is above the others of its column,
   * whatever their neighbours.
   * Returns {boxes: Map node -> {x, y}, stages: [{stage, x, width}], width, height}.
   */
  function arrange(shown, components, inputs, users, weight, frame, first = () => false) {
    const columns = columnsOf(shown, components, inputs), boxes = new Map();
    if (!columns.length) return { boxes, stages: [], width: BOX.width, height: BOX.row };
    order(columns, inputs, users, weight);
    const some = shown.some(first);
    for (const column of columns) {
      column.lead = some ? column.nodes.filter(first) : column.nodes;
      column.rest = some ? column.nodes.filter((node) => !first(node)) : [];
    }
    const rows = bestRows(columns, frame), { width, lead, rest } = sizeOf(columns, rows), heads = [];
    let x = 0;
    for (const column of columns) {
      const folds = foldsOf(column, rows);
      const put = (nodes, top, high) => {
        const tall = Math.ceil(nodes.length / folds);
        nodes.forEach((node, n) => {
          const fold = Math.floor(n / tall), here = Math.min(tall, nodes.length - fold * tall);
          boxes.set(node, { x: x + fold * (BOX.width + BOX.fold), y: BOX.head + (top + (high ? (high - here) / 2 : 0) + (n % tall)) * BOX.row });
        });
      };
      put(column.lead, 0, lead);
      put(column.rest, lead + 0.5, 0);
      const wide = folds * BOX.width + (folds - 1) * BOX.fold, head = heads.at(-1);
      if (head?.stage === column.stage) head.width = x + wide - head.x;
      else heads.push({ stage: column.stage, x, width: wide });
      x += wide + BOX.gap;
    }
    return { boxes, stages: heads, width, height: BOX.head + (lead + (rest ? rest + 0.5 : 0)) * BOX.row };
  }

  return { BOX, arrange };
})();
