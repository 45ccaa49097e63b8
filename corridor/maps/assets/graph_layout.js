/* Layered drawing of the component graph (Sugiyama, Tagawa & Toda 1981): columns are given, the order within them
   is by barycentre, and long columns are folded so that the picture fits its frame. No drawing in here. */
"use strict";
corridor.layout = (() => {
  const BOX = { width: 158, height: 22, row: 27, gap: 52, fold: 10, head: 34 };
  const SWEEPS = 8;

  /** Columns of the components shown: by stage, and within it by tier; empty ones are left out. */
  function columnsOf(shown, components) {
    const found = new Map();
    for (const at of shown) {
      const { stage, sub } = components[at], key = stage * 1000 + sub;
      if (!found.has(key)) found.set(key, { key, stage, sub, nodes: [] });
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

  /** Rows at which the folded columns fill the frame best: width over height nearest to the frame's. */
  function bestRows(columns, frame) {
    const most = Math.max(...columns.map((column) => column.nodes.length));
    let best = most, scale = 0;
    for (let rows = Math.min(most, 6); rows <= most; rows++) {
      const { width, height } = sizeOf(columns, rows);
      const fits = Math.min(frame.width / width, frame.height / height);
      if (fits > scale * 1.001) { scale = fits; best = rows; }
    }
    return best;
  }
  function sizeOf(columns, rows) {
    let width = -BOX.gap, tall = 0;
    for (const column of columns) {
      const folds = Math.ceil(column.nodes.length / rows);
      width += folds * BOX.width + (folds - 1) * BOX.fold + BOX.gap;
      tall = Math.max(tall, Math.ceil(column.nodes.length / folds));
    }
    return { width, height: tall * BOX.row + BOX.head };
  }

  /**
   * Where everything stands.
   * shown: places of components; components: {stage, sub}; inputs, users: neighbours of each; weight: who stands
   * first where nothing else decides; frame: {width, height} to be filled.
   * Gives {boxes: Map place -> {x, y}, columns: [{stage, sub, x, width, count}], width, height}.
   */
  function arrange(shown, components, inputs, users, weight, frame) {
    const columns = columnsOf(shown, components), boxes = new Map();
    if (!columns.length) return { boxes, columns: [], width: BOX.width, height: BOX.row };
    order(columns, inputs, users, weight);
    const rows = bestRows(columns, frame), { width, height } = sizeOf(columns, rows);
    const heads = [];
    let x = 0;
    for (const column of columns) {
      const folds = Math.ceil(column.nodes.length / rows), tall = Math.ceil(column.nodes.length / folds);
      const left = x;
      column.nodes.forEach((at, n) => {
        const fold = Math.floor(n / tall), row = n % tall;
        const here = Math.min(tall, column.nodes.length - fold * tall);
        const top = BOX.head + (height - BOX.head - here * BOX.row) / 2;
        boxes.set(at, { x: left + fold * (BOX.width + BOX.fold), y: top + row * BOX.row });
      });
      const wide = folds * BOX.width + (folds - 1) * BOX.fold;
      heads.push({ stage: column.stage, sub: column.sub, x: left, width: wide, count: column.nodes.length });
      x += wide + BOX.gap;
    }
    return { boxes, columns: heads, width, height };
  }

  return { BOX, arrange };
})();
