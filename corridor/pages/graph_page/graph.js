/* graph.html: recipes from ore to product; state, selection and texts.
   A node is the index of a component in data.components, an edge the index of a recipe in data.edges. */
"use strict";
corridor.graph = () => {
  const { $, el, percent, money, capital, inText, plural } = corridor;
  const data = corridor.read("data"), { components, edges, markets, sectors, stages, plans, style } = data;
  const MEASURES = [["direct", "Direct", "Bought from the target"], ["net", "Net", "Counted through the bill of materials, by value"], ["stop", "Stop", "What stops when the target sells nothing"]];
  const COUNTS = ["30", "60", "120", "250", "all"];
  const DEFAULTS = { m: markets[0].id, k: "net", s: "all", g: "all", t: "all", e: "0", h: "0", n: "60", c: "", v: "in", b: String(data.start), u: "usd", z: "" };
  const state = corridor.readState(DEFAULTS);
  const byId = new Map(components.map((component, node) => [component.id, node]));
  const valid = (key, ok) => { if (!ok(state[key])) state[key] = DEFAULTS[key]; };
  function readAddress() {
    Object.assign(state, corridor.readState(DEFAULTS));
    valid("m", (id) => markets.some((market) => market.id === id));
    valid("k", (id) => MEASURES.some(([key]) => key === id));
    valid("s", (id) => id === "all" || sectors.some((sector) => sector.id === id));
    valid("g", (id) => id === "all" || stages.some((stage) => stage.id === id));
    valid("n", (count) => COUNTS.includes(count));
    valid("c", (id) => byId.has(id));
    valid("b", (index) => Boolean(plans[+index]) || +index < 0);
    for (const key of ["e", "h"]) valid(key, (share) => +share >= 0 && +share <= 1);
    valid("t", (tier) => tier === "all" || components.some((component) => String(component.tier) === tier));
  }
  readAddress();

  const neighbours = components.map(() => ({ in: [], out: [], inEdges: [], outEdges: [] }));
  edges.i.forEach((input, edge) => {
    const output = edges.o[edge];
    neighbours[input].out.push(output); neighbours[input].outEdges.push(edge);
    neighbours[output].in.push(input); neighbours[output].inEdges.push(edge);
  });
  const inputs = neighbours.map((one) => one.in), users = neighbours.map((one) => one.out);
  const market = () => markets.find((one) => one.id === state.m);
  const measures = () => data.measures[state.m];
  const exposure = (node) => measures()[state.k][node] || 0;
  const atRisk = (node) => exposure(node) * (measures().need[node] || 0);
  const chosen = () => byId.get(state.c) ?? -1;
  const plan = () => plans[+state.b];
  const name = (node) => capital(components[node].name);
  const brief = (text, most = 80) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);

  /* ---- what is shown ---- */
  function reach(start, of) {
    const seen = new Set(), queue = [start];
    for (const node of queue) for (const other of of[node]) if (!seen.has(other) && other !== start) { seen.add(other); queue.push(other); }
    return seen;
  }
  const passes = (node) => {
    const component = components[node];
    return (state.s === "all" || sectors[component.sector].id === state.s) && (state.g === "all" || stages[component.stage].id === state.g)
      && (state.t === "all" || String(component.tier) === state.t) && (exposure(node) >= +state.e || +state.e === 0) && (+state.h === 0 || measures().hhi[node] >= +state.h);
  };
  const now = { shown: [], filtered: [], up: new Set(), down: new Set(), carry: new Set(), carryEdges: new Map(), through: new Set() };
  function select() {
    const node = chosen();
    const ranked = components.map((_, n) => n).filter(passes).sort((a, b) => atRisk(b) - atRisk(a) || exposure(b) - exposure(a) || a - b);
    now.filtered = ranked;
    now.up = node < 0 ? new Set() : reach(node, inputs);
    now.down = node < 0 ? new Set() : reach(node, users);
    const base = node >= 0 && state.v === "alone" ? [] : state.n === "all" ? ranked : ranked.slice(0, +state.n);
    const shown = new Set(base);
    if (node >= 0) for (const other of [node, ...now.up, ...now.down]) shown.add(other);
    now.shown = [...shown].sort((a, b) => atRisk(b) - atRisk(a) || a - b);
    now.carry = new Set(); now.carryEdges = new Map(); now.through = new Set();
    if (node < 0) return;
    for (const [share, , ...steps] of data.paths[state.m][node]) steps.forEach((step, n) => {
      now.carry.add(step);
      const edge = n ? neighbours[step].outEdges.find((other) => edges.o[other] === steps[n - 1]) : undefined;
      if (edge !== undefined) now.carryEdges.set(edge, (now.carryEdges.get(edge) || 0) + share);
    });
    for (const [choke] of data.through[node]) if (choke >= 0) now.through.add(choke);
    for (const row of data.fewest[state.m][node]) if (row[2] !== node) now.through.add(row[2]);
  }

  /* ---- picture ---- */
  const shade = (share) => { const n = style.classes.findIndex((edge) => share < edge); return n < 0 ? style.colours.length - 1 : n; };
  const marksOf = () => {
    const found = new Map(), add = (rows, kind) => { for (const [node] of rows) found.set(node, new Set([...(found.get(node) || []), kind])); };
    if (plan()) { add(plan().build, "build"); add(plan().qualify, "qualify"); add(plan().store, "store"); }
    return found;
  };
  let marks = marksOf();
  const IN_PLAN = { build: "plant in the plan", qualify: "second source in the plan", store: "stock in the plan" };
  function wordsOf(node) {
    const component = components[node], kinds = [...(marks.get(node) || [])].map((kind) => IN_PLAN[kind]);
    return [brief(name(node), 160), sectors[component.sector].name, stages[component.stage].name, `tier ${component.tier}`,
      `direct ${percent(measures().direct[node])}, net ${percent(measures().net[node])}, stop ${percent(measures().stop[node])}`,
      `${plural(inputs[node].length, "input")}, ${plural(users[node].length, "user")}`, ...kinds, ...(now.through.has(node) ? ["chokepoint"] : [])].join(" · ");
  }
  function look(node) {
    const n = shade(exposure(node)), pick = chosen(), inCone = pick < 0 || node === pick || now.up.has(node) || now.down.has(node);
    return {
      name: name(node), words: wordsOf(node), fill: style.colours[n], ink: n < 4 ? "#10161d" : "#ffffff", sector: sectors[components[node].sector],
      chosen: node === pick, carries: now.carry.has(node), through: now.through.has(node), dim: !inCone,
      marks: [...(now.through.has(node) ? ["choke"] : []), ...(marks.get(node) || [])],
    };
  }
  const picture = corridor.graphPicture($("picture"), { label: "Components from ore to product; the table below has the same content", help: "keys" }, {
    pick: (node) => choose(node),
    next: (node, side) => [...(side === "users" ? users : inputs)[node]].filter((other) => layout.boxes.has(other)).sort((a, b) => atRisk(b) - atRisk(a))[0],
    moved: () => keepZoom(),
  });
  let layout = null;
  function drawPicture(arranged) {
    marks = marksOf();
    if (arranged) {
      layout = corridor.layout.arrange(now.shown, components, inputs, users, atRisk, picture.measure(), (node) => node === chosen() || now.up.has(node) || now.down.has(node));
      for (const head of layout.stages) head.name = stages[head.stage].name;
    }
    const visible = [];
    for (let edge = 0; edge < edges.i.length; edge++) if (layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])) visible.push(edge);
    const node = chosen(), within = (set, edge) => (set.has(edges.i[edge]) || edges.i[edge] === node) && (set.has(edges.o[edge]) || edges.o[edge] === node);
    const lines = { faint: [], up: [], down: [], carry: [] };
    for (const edge of visible) {
      if (node >= 0 && now.carryEdges.has(edge)) lines.carry.push(edge);
      else if (node >= 0 && within(now.up, edge)) lines.up.push(edge);
      else if (node >= 0 && within(now.down, edge)) lines.down.push(edge);
      else lines.faint.push(edge);
    }
    const order = [...layout.boxes].sort(([, a], [, b]) => a.x - b.x || a.y - b.y).map(([node]) => node);
    const important = node < 0 ? now.shown : [node, ...now.through, ...now.carry, ...now.shown];
    picture.draw({ layout, edges, lines, carried: (edge) => now.carryEdges.get(edge), look, order, important: [...new Set(important)], chosen: node });
    $("none").hidden = now.shown.length > 0;
  }
  let onPaper = false;
  /** A chain chosen fills the picture. If it is long, and on small screens, the scale stays large enough to read; the rest is
      reached by dragging or Fit. The names of a short chain are beside its boxes at any scale. */
  function fit() {
    const chain = chosen() < 0 ? null : [chosen(), ...now.up, ...now.down], long = chain ? chain.length > 40 : window.innerWidth < 640;
    picture.fit(long && !onPaper ? 0.62 : 0, chosen(), chain);
  }

  /* ---- words and table ---- */
  function say() {
    const node = chosen(), where = inText(market().name);
    if (node >= 0) {
      const chains = data.paths[state.m][node];
      $("say").textContent = `${brief(name(node))}: ${percent(measures()[state.k][node])} of what ${where} gets rests on ${data.targetName} (${state.k}). ${plural(now.up.size, "component")} upstream, ${now.down.size} downstream`
        + (chains.length ? `; ${chains.length === 1 ? "one chain carries" : `${chains.length} chains carry`} ${percent(Math.min(1, chains.reduce((sum, row) => sum + row[0], 0)))} of its net exposure.` : ".");
    } else {
      const sector = sectors.find((one) => one.id === state.s), few = now.shown.length < now.filtered.length;
      $("say").textContent = now.filtered.length ? `${few ? `The ${now.shown.length} of ${now.filtered.length} components` : `All ${now.filtered.length} components`}${sector ? ` of ${sector.name.toLowerCase()}` : ""}${few ? ` that put most of what ${where} needs at risk` : ""}, from ore to product, coloured by the ${state.k} exposure of ${where} to ${data.targetName}. Click one for its chains.` : "No component passes these filters.";
    }
    $("count").textContent = `${now.shown.length} of ${plural(components.length, "component")}, ${[...edges.i.keys()].filter((edge) => layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])).length} recipes`;
    $("clear").hidden = node < 0;
    $("around-field").hidden = node < 0;
  }
  const relation = (node) => (node === chosen() ? "chosen" : now.up.has(node) && now.down.has(node) ? "both" : now.up.has(node) ? "upstream" : now.down.has(node) ? "downstream" : "");
  const inPlan = (node) => [...(marks.get(node) || [])].map((kind) => ({ build: "◆ build", qualify: "○ buy elsewhere", store: "⊟ store" }[kind])).join(", ");
  const measured = (key, label) => ({ key, label, className: "n", value: (node) => measures()[key][node], cell: (node) => { const cell = corridor.shareCell(measures()[key][node]); cell.classList.toggle("on", state.k === key); return cell; } });
  const table = corridor.table($("ranked"), [
    { key: "name", label: "Component", down: false, value: name, cell: (node) => el("th", { scope: "row" }, el("span", { className: "named" }, el("span", { className: "dot", "data-sector": sectors[components[node].sector].id, title: sectors[components[node].sector].name }),
      el("button", { type: "button", className: "plain", title: name(node), onclick: () => choose(node) }, brief(name(node), 120)))) },
    { key: "sector", label: "Sector", down: false, value: (node) => sectors[components[node].sector].name, cell: (node) => el("td", {}, sectors[components[node].sector].name) },
    { key: "stage", label: "Stage", down: false, value: (node) => components[node].stage, cell: (node) => el("td", {}, stages[components[node].stage].name) },
    { key: "tier", label: "Tier", title: "Longest chain of inputs below it; 0: raw material", className: "n", value: (node) => components[node].tier, cell: (node) => el("td", { className: "n" }, String(components[node].tier)) },
    measured("direct", "Direct"), measured("net", "Net"), measured("stop", "Stop"),
    { key: "hhi", label: "HHI", title: "Concentration of origins, home production included: 1 is a single country", className: "n", value: (node) => measures().hhi[node], cell: (node) => el("td", { className: "n" }, measures().hhi[node] === null ? "–" : measures().hhi[node].toFixed(2)) },
    { key: "risk", label: "At risk a year", title: "Need times exposure", className: "n", value: atRisk, cell: (node) => el("td", { className: "n" }, money(atRisk(node))) },
    { key: "links", label: "In / out", title: "Inputs and users", className: "n", value: (node) => inputs[node].length + users[node].length, cell: (node) => el("td", { className: "n" }, `${inputs[node].length}\u00a0/\u00a0${users[node].length}`) },
    { key: "plan", label: "In the plan", value: inPlan, cell: (node) => el("td", {}, inPlan(node)) },
    { key: "relation", label: "Chain", title: "Upstream or downstream of the one chosen", value: relation, cell: (node) => el("td", {}, relation(node)) },
  ], { caption: "Components shown", sort: { key: "risk", down: true }, none: "No component passes these filters.", printed: 150, mark: (line, node) => { if (node === chosen()) line.className = "chosen"; } });
  const panel = corridor.graphPanel($("panel"), data, { pick: (node) => choose(node) });
  function drawPanel() {
    const node = chosen();
    $("main").classList.toggle("picked", node >= 0);
    panel.draw(node, node < 0 ? {} : { market: market(), inputs: neighbours[node].inEdges, users: neighbours[node].outEdges, up: now.up.size, down: now.down.size, plan: plan() });
  }

  /* ---- changes ---- */
  /** Keeps the view in the address; a step with a name can be undone by Back. */
  const keep = (step) => corridor.writeState(state, DEFAULTS, step);
  let timer = 0;
  function keepZoom() {
    clearTimeout(timer);
    timer = setTimeout(() => { const { x, y, k } = picture.middle; state.z = `${x.toFixed(0)},${y.toFixed(0)},${k.toFixed(3)}`; keep(); }, 150);
  }
  /** Redraw everything; the view is fitted unless the address holds a zoom. */
  function refresh(kept = "", step = "") {
    clearTimeout(timer);
    state.z = kept;
    select();
    drawPanel();
    drawPicture(true);
    const [x, y, k] = kept.split(",").map(Number);
    if (kept && [x, y, k].every(Number.isFinite)) picture.middle = { x, y, k }; else fit();
    say();
    table.show(now.shown);
    keep(step);
  }
  /** Redraw colours, marks and texts only: nothing moves. */
  function recolour(step) { drawPanel(); drawPicture(false); say(); table.redraw(); keep(step); }
  function choose(node) {
    if (node < 0 && !state.c) return;
    state.c = node < 0 ? "" : components[node].id;
    if (node < 0) state.v = DEFAULTS.v;
    const inTable = document.activeElement?.closest?.("#ranked"), inPanel = document.activeElement?.closest?.("#panel");
    $("find").value = node < 0 ? "" : brief(name(node));
    refresh("", "choose");
    around();
    if (inTable) table.reveal(node)?.querySelector("button").focus({ preventScroll: true });
    if (inPanel) $("panel").focus({ preventScroll: true });
  }

  const markMarket = corridor.segmented($("market"), markets.map((one) => [one.id, one.name]), () => state.m, (id) => { state.m = id; refresh("", "market"); });
  const markMeasure = corridor.segmented($("measure"), MEASURES, () => state.k, (id) => { state.k = id; refresh("", "measure"); });
  const around = corridor.segmented($("around"), [["in", "In the picture", "Everything else stays, faint"], ["alone", "Alone", "Only what is upstream or downstream"]], () => state.v, (id) => { state.v = id; refresh("", "around"); });
  const options = (id, rows, key) => {
    $(id).replaceChildren(...rows.map(([value, label]) => el("option", { value }, label)));
    $(id).value = state[key];
    $(id).addEventListener("change", () => { state[key] = $(id).value; refresh("", key); });
  };
  const tiers = [...new Set(components.map((component) => component.tier))].sort((a, b) => a - b);
  options("sector", [["all", "All sectors"], ...sectors.map((sector) => [sector.id, sector.name])], "s");
  options("stage", [["all", "All stages"], ...stages.map((stage) => [stage.id, stage.name])], "g");
  options("tier", [["all", "All tiers"], ...tiers.map((tier) => [String(tier), tier ? `Tier ${tier}` : "Tier 0: raw materials"])], "t");
  options("most", COUNTS.map((count) => [count, count === "all" ? "All of them" : `The ${count} most at risk`]), "n");
  $("budget-field").hidden = !plans.length;
  $("budget").replaceChildren(...plans.map((one, index) => el("option", { value: String(index) }, money(one.budget))), el("option", { value: "-1" }, "No plan"));
  $("budget").value = state.b;
  $("budget").addEventListener("change", () => { state.b = $("budget").value; recolour("budget"); });
  const writers = {};
  for (const [id, key, words] of [["exposed", "e", percent], ["hhi", "h", (value) => value.toFixed(2)]]) {
    const write = writers[key] = () => { $(`${id}-now`).textContent = +state[key] ? `≥ ${words(+state[key])}` : "any"; };
    $(id).value = state[key];
    write();
    $(id).addEventListener("input", () => { state[key] = $(id).value; write(); refresh("", `${key}*`); });
  }
  corridor.suggest($("find"), $("found"), (sought) => corridor.findComponents(sought).map((id) => byId.get(id)).map((node) => ({ index: node, text: name(node), note: `${sectors[components[node].sector].name} · ${stages[components[node].stage].name.toLowerCase()}` })), (node) => choose(node));
  $("find").value = state.c ? brief(name(chosen())) : "";
  /** Sources of the recipes in the picture. */
  const credit = () => corridor.credit(data.study, [...edges.i.keys()].filter((edge) => layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])).map((edge) => data.sources[edges.q[edge]]?.title));
  $("clear").addEventListener("click", () => choose(-1));
  $("in").addEventListener("click", () => picture.zoomAt(1.3));
  $("out").addEventListener("click", () => picture.zoomAt(1 / 1.3));
  $("fit").addEventListener("click", () => { picture.fit(0, -1); state.z = ""; keep(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.c && event.target !== $("find")) choose(-1); });
  $("csv").addEventListener("click", () => corridor.saveCsv(`components-${state.m}-${state.c || state.s}.csv`,
    ["market", "component", "name", "sector", "stage", "tier", "direct", "net", "stop", "hhi", "need_usd_m", "at_risk_usd_m", "chain", "in_plan"],
    [...now.shown].map((node) => [state.m, components[node].id, components[node].name, sectors[components[node].sector].id, stages[components[node].stage].id, components[node].tier,
      measures().direct[node], measures().net[node], measures().stop[node], measures().hhi[node], measures().need[node], atRisk(node), relation(node), [...(marks.get(node) || [])].join(" ")])));
  $("csv-recipes").addEventListener("click", () => corridor.saveCsv(`recipes-${state.m}-${state.c || state.s}.csv`,
    ["input", "output", "value_share", "essential", "status", "source", "year"],
    [...edges.i.keys()].filter((edge) => layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])).map((edge) => [components[edges.i[edge]].id, components[edges.o[edge]].id, edges.v[edge],
      edges.e[edge] ? "yes" : "no", data.statuses[edges.t[edge]], data.sources[edges.q[edge]].title, edges.y[edge]])));
  $("png").addEventListener("click", () => picture.save(`graph-${state.m}-${state.c || state.s}.png`, [$("say").textContent, `${market().name}, ${state.k} exposure to ${data.targetName}. ${credit()}`]));
  corridor.linkButton($("link"));
  corridor.saveButton($("save"), () => `graph-${state.m}-${state.c || state.s}.html`);
  const setUnit = corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; recolour("unit"); for (const option of $("budget").options) if (+option.value >= 0) option.textContent = money(plans[+option.value].budget); });
  for (const option of $("budget").options) if (+option.value >= 0) option.textContent = money(plans[+option.value].budget);
  $("filters").addEventListener("click", () => $("filters").setAttribute("aria-expanded", String($("filters").parentNode.classList.toggle("open"))));
  refresh(state.z);
  let width = picture.measure().width;
  new ResizeObserver(() => {
    if (!$("picture").clientWidth) return;  // hidden: nothing to fit
    const next = picture.measure().width;
    if (Math.abs(next - width) > 30) { width = next; drawPicture(true); fit(); }
  }).observe($("picture"));
  /** Shows the state of the address, after Back or a link. */
  function restore() {
    readAddress();
    setUnit(state.u);
    markMarket(); markMeasure(); around();
    for (const [id, key] of [["sector", "s"], ["stage", "g"], ["tier", "t"], ["most", "n"], ["budget", "b"], ["exposed", "e"], ["hhi", "h"]]) $(id).value = state[key];
    for (const write of Object.values(writers)) write();
    $("find").value = state.c ? brief(name(chosen())) : "";
    refresh(state.z);
  }
  // Paper shows all of it, or all of the chain chosen; then the screen has its view again.
  let before = null;
  window.addEventListener("beforeprint", () => { before = picture.middle; onPaper = true; fit(); });
  window.addEventListener("afterprint", () => { onPaper = false; if (before) picture.middle = before; });
  corridor.ready(restore);
};
corridor.graph();
