/* Layered drawing of the component graph (Sugiyama, Tagawa & Toda 1981): columns are given, the order within them
   is by barycentre, and long columns are folded so that the picture fits its frame. No drawing in here. */
"use strict";
corridor.layout = (() => {
  const BOX = { width: 116, height: 34, row: 40, gap: 42, fold: 8, head: 34 };
  const SWEEPS = 8;

  /** Place of each among those of its stage: the longest chain of them below it. A circle is cut where it is met. */
  function depths(shown, components, inputs) {
    const there = new Set(shown), depth = new Map(), open = new Set();
    function visit(at) {
      if (depth.has(at) || open.has(at)) return depth.get(at) ?? 0;
      open.add(at);
      let most = 0;
      for (const input of inputs[at]) if (there.has(input) && components[input].stage === components[at].stage && input !== at) most = Math.max(most, visit(input) + 1);
      open.delete(at);
      depth.set(at, most);
      return most;
    }
    shown.forEach(visit);
    return depth;
  }

  /** Columns of the components shown: by stage, and within it by depth. */
  function columnsOf(shown, components, inputs) {
    const found = new Map(), depth = depths([...shown].sort((a, b) => a - b), components, inputs);
    for (const at of shown) {
      const { stage } = components[at], key = stage * 1e5 + depth.get(at);
      if (!found.has(key)) found.set(key, { key, stage, nodes: [] });
      found.get(key).nodes.push(at);
    }
    return [...found.values()].sort((a, b) => a.key - b.key);
  }

  /** Mean place of a node's neighbours, as a part of their columns' height; its own place where it has none. */
  function barycentre(at, neighbours, place) {
    let sum = 0, count = 0;
    for (const other of neighbours[at]) if (place.has(other)) { sum += place.get(other); count += 1; }
    return count ? sum / count : place.get(at);
  }

  /** Fewer crossings: columns are sorted by the barycentre of the inputs from left to right, of the users back again. */
  function order(columns, inputs, users, weight) {
    const place = new Map();
    const note = (column) => column.nodes.forEach((at, n) => place.set(at, (n + 0.5) / column.nodes.length));
    for (const column of columns) { column.nodes.sort((a, b) => weight(b) - weight(a) || a - b); note(column); }
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const forth = sweep % 2 === 0;
      for (const column of forth ? columns : [...columns].reverse()) {
        const centre = new Map(column.nodes.map((at) => [at, barycentre(at, forth ? inputs : users, place)]));
        column.nodes.sort((a, b) => centre.get(a) - centre.get(b) || place.get(a) - place.get(b));
        note(column);
      }
    }
  }

  /**
   * Folds of a column when the part that leads (what is first, or all) may have so many rows. What is not first may
   * be three times as tall: it stands below, and need not fit the frame.
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
  /** Rows at which the folded columns fill the frame best. */
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
   * Where everything stands.
   * shown: places of components; components: {stage}; inputs, users: neighbours of each; weight: who stands higher
   * where nothing else decides; frame: {width, height} to be filled; first: whether a component stands above the
   * others of its column, whatever their neighbours.
   * Gives {boxes: Map place -> {x, y}, stages: [{stage, x, width}], width, height}.
   */
  function arrange(shown, components, inputs, users, weight, frame, first = () => false) {
    const columns = columnsOf(shown, components, inputs), boxes = new Map();
    if (!columns.length) return { boxes, stages: [], width: BOX.width, height: BOX.row };
    order(columns, inputs, users, weight);
    const some = shown.some(first);
    for (const column of columns) {
      column.lead = some ? column.nodes.filter(first) : column.nodes;
      column.rest = some ? column.nodes.filter((at) => !first(at)) : [];
    }
    const rows = bestRows(columns, frame), { width, lead, rest } = sizeOf(columns, rows), heads = [];
    let x = 0;
    for (const column of columns) {
      const folds = foldsOf(column, rows);
      const put = (nodes, top, high) => {
        const tall = Math.ceil(nodes.length / folds);
        nodes.forEach((at, n) => {
          const fold = Math.floor(n / tall), here = Math.min(tall, nodes.length - fold * tall);
          boxes.set(at, { x: x + fold * (BOX.width + BOX.fold), y: BOX.head + (top + (high ? (high - here) / 2 : 0) + (n % tall)) * BOX.row });
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
