/* graph.html: recipes from ore to product; what is shown, chosen and said. */
"use strict";
corridor.graph = () => {
  const { $, el, percent, money, capital, inText } = corridor;
  const data = corridor.read("data"), { components, edges, markets, sectors, stages, plans, style } = data;
  const MEASURES = [["direct", "Direct", "Bought from the target"], ["net", "Net", "Counted through the bill of materials, by value"], ["stop", "Stop", "What stands still when the target sells nothing"]];
  const COUNTS = ["30", "60", "120", "250", "all"];
  const DEFAULTS = { m: markets[0].id, k: "net", s: "all", g: "all", t: "all", e: "0", h: "0", n: "60", c: "", v: "in", b: String(data.start), u: "usd", z: "" };
  const state = corridor.readState(DEFAULTS);
  const byId = new Map(components.map((component, at) => [component.id, at]));
  const valid = (key, ok) => { if (!ok(state[key])) state[key] = DEFAULTS[key]; };
  valid("m", (id) => markets.some((market) => market.id === id));
  valid("k", (id) => MEASURES.some(([key]) => key === id));
  valid("s", (id) => id === "all" || sectors.some((sector) => sector.id === id));
  valid("g", (id) => id === "all" || stages.some((stage) => stage.id === id));
  valid("n", (count) => COUNTS.includes(count));
  valid("c", (id) => byId.has(id));
  valid("b", (at) => Boolean(plans[+at]) || +at < 0);
  for (const key of ["e", "h"]) valid(key, (part) => +part >= 0 && +part <= 1);
  valid("t", (tier) => tier === "all" || components.some((component) => String(component.tier) === tier));

  const neighbours = components.map(() => ({ in: [], out: [], inEdges: [], outEdges: [] }));
  edges.i.forEach((input, edge) => {
    const output = edges.o[edge];
    neighbours[input].out.push(output); neighbours[input].outEdges.push(edge);
    neighbours[output].in.push(input); neighbours[output].inEdges.push(edge);
  });
  const inputs = neighbours.map((one) => one.in), users = neighbours.map((one) => one.out);
  const market = () => markets.find((one) => one.id === state.m);
  const measures = () => data.measures[state.m];
  const exposure = (at) => measures()[state.k][at] || 0;
  const atRisk = (at) => exposure(at) * (measures().need[at] || 0);
  const chosen = () => byId.get(state.c) ?? -1;
  const plan = () => plans[+state.b];
  const name = (at) => capital(components[at].name);
  const brief = (text, most = 80) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);

  /* ---- what is shown ---- */
  function reach(start, of) {
    const seen = new Set(), queue = [start];
    for (const at of queue) for (const other of of[at]) if (!seen.has(other) && other !== start) { seen.add(other); queue.push(other); }
    return seen;
  }
  const passes = (at) => {
    const component = components[at];
    return (state.s === "all" || sectors[component.sector].id === state.s) && (state.g === "all" || stages[component.stage].id === state.g)
      && (state.t === "all" || String(component.tier) === state.t) && (exposure(at) >= +state.e || +state.e === 0) && (+state.h === 0 || measures().hhi[at] >= +state.h);
  };
  const now = { shown: [], filtered: [], up: new Set(), down: new Set(), carry: new Set(), carryEdges: new Map(), through: new Set() };
  function select() {
    const at = chosen();
    const ranked = components.map((_, n) => n).filter(passes).sort((a, b) => atRisk(b) - atRisk(a) || exposure(b) - exposure(a) || a - b);
    now.filtered = ranked;
    now.up = at < 0 ? new Set() : reach(at, inputs);
    now.down = at < 0 ? new Set() : reach(at, users);
    const base = at >= 0 && state.v === "alone" ? [] : state.n === "all" ? ranked : ranked.slice(0, +state.n);
    const shown = new Set(base);
    if (at >= 0) for (const other of [at, ...now.up, ...now.down]) shown.add(other);
    now.shown = [...shown].sort((a, b) => atRisk(b) - atRisk(a) || a - b);
    now.carry = new Set(); now.carryEdges = new Map(); now.through = new Set();
    if (at < 0) return;
    for (const [share, , ...steps] of data.paths[state.m][at]) steps.forEach((step, n) => {
      now.carry.add(step);
      const edge = n ? neighbours[step].outEdges.find((other) => edges.o[other] === steps[n - 1]) : undefined;
      if (edge !== undefined) now.carryEdges.set(edge, (now.carryEdges.get(edge) || 0) + share);
    });
    for (const [choke] of data.through[at]) if (choke >= 0) now.through.add(choke);
    for (const row of data.fewest[state.m][at]) if (row[2] !== at) now.through.add(row[2]);
  }

  /* ---- picture ---- */
  const shade = (share) => { const n = style.classes.findIndex((edge) => share < edge); return n < 0 ? style.colours.length - 1 : n; };
  const marksOf = () => {
    const found = new Map(), add = (rows, kind) => { for (const [at] of rows) found.set(at, new Set([...(found.get(at) || []), kind])); };
    if (plan()) { add(plan().build, "build"); add(plan().qualify, "qualify"); add(plan().store, "store"); }
    return found;
  };
  let marks = marksOf();
  const IN_PLAN = { build: "plant in the plan", qualify: "second source in the plan", store: "stock in the plan" };
  function wordsOf(at) {
    const component = components[at], kinds = [...(marks.get(at) || [])].map((kind) => IN_PLAN[kind]);
    return [brief(name(at), 160), sectors[component.sector].name, stages[component.stage].name, `tier ${component.tier}`,
      `direct ${percent(measures().direct[at])}, net ${percent(measures().net[at])}, stop ${percent(measures().stop[at])}`,
      `${inputs[at].length} inputs, ${users[at].length} users`, ...kinds, ...(now.through.has(at) ? ["chokepoint"] : [])].join(" · ");
  }
  function look(at) {
    const n = shade(exposure(at)), pick = chosen(), inCone = pick < 0 || at === pick || now.up.has(at) || now.down.has(at);
    return {
      name: name(at), words: wordsOf(at), fill: style.colours[n], ink: n < 4 ? "#10161d" : "#ffffff", stripe: sectors[components[at].sector].colour,
      chosen: at === pick, carries: now.carry.has(at), through: now.through.has(at), dim: !inCone,
      marks: [...(now.through.has(at) ? ["choke"] : []), ...(marks.get(at) || [])],
    };
  }
  const picture = corridor.graphPicture($("picture"), { label: "Components from ore to product; the table below says the same in words", help: "keys" }, {
    pick: (at) => choose(at),
    next: (at, side) => [...(side === "users" ? users : inputs)[at]].filter((other) => layout.boxes.has(other)).sort((a, b) => atRisk(b) - atRisk(a))[0],
    moved: () => keepZoom(),
  });
  let layout = null;
  function drawPicture(arranged) {
    marks = marksOf();
    if (arranged) {
      layout = corridor.layout.arrange(now.shown, components, inputs, users, atRisk, picture.measure(), (at) => at === chosen() || now.up.has(at) || now.down.has(at));
      for (const head of layout.stages) head.name = stages[head.stage].name;
    }
    const there = [];
    for (let edge = 0; edge < edges.i.length; edge++) if (layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])) there.push(edge);
    const at = chosen(), within = (set, edge) => (set.has(edges.i[edge]) || edges.i[edge] === at) && (set.has(edges.o[edge]) || edges.o[edge] === at);
    const lines = { faint: [], up: [], down: [], carry: [] };
    for (const edge of there) {
      if (at >= 0 && now.carryEdges.has(edge)) lines.carry.push(edge);
      else if (at >= 0 && within(now.up, edge)) lines.up.push(edge);
      else if (at >= 0 && within(now.down, edge)) lines.down.push(edge);
      else lines.faint.push(edge);
    }
    const order = [...layout.boxes].sort(([, a], [, b]) => a.x - b.x || a.y - b.y).map(([node]) => node);
    const important = at < 0 ? now.shown : [at, ...now.through, ...now.carry, ...now.shown];
    picture.draw({ layout, edges, lines, carried: (edge) => now.carryEdges.get(edge), look, order, important: [...new Set(important)], chosen: at });
    $("none").hidden = now.shown.length > 0;
  }
  /** Chosen chains, and small screens, are drawn no smaller than can be read; the rest is a drag or a Fit away. */
  const fit = () => picture.fit(state.c || window.innerWidth < 640 ? 0.62 : 0, chosen());

  /* ---- words and table ---- */
  function say() {
    const at = chosen(), where = inText(market().name);
    if (at >= 0) {
      const chains = data.paths[state.m][at];
      $("say").textContent = `${brief(name(at))}: ${percent(measures()[state.k][at])} of what ${where} gets rests on ${data.targetName} (${state.k}). ${now.up.size} components upstream, ${now.down.size} downstream`
        + (chains.length ? `; ${chains.length === 1 ? "one chain carries" : `${chains.length} chains carry`} ${percent(Math.min(1, chains.reduce((sum, row) => sum + row[0], 0)))} of its net exposure.` : ".");
    } else {
      const sector = sectors.find((one) => one.id === state.s), few = now.shown.length < now.filtered.length;
      $("say").textContent = now.filtered.length ? `${few ? `The ${now.shown.length} of ${now.filtered.length} components` : `All ${now.filtered.length} components`}${sector ? ` of ${sector.name.toLowerCase()}` : ""}${few ? ` that put most of what ${where} needs at risk` : ""}, from ore to product, coloured by the ${state.k} exposure of ${where} to ${data.targetName}. Click one for its chains.` : "No component passes these filters.";
    }
    $("count").textContent = `${now.shown.length} of ${components.length} components, ${[...edges.i.keys()].filter((edge) => layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])).length} recipes`;
    $("clear").hidden = at < 0;
    $("around-field").hidden = at < 0;
  }
  const relation = (at) => (at === chosen() ? "chosen" : now.up.has(at) && now.down.has(at) ? "both" : now.up.has(at) ? "upstream" : now.down.has(at) ? "downstream" : "");
  const inPlan = (at) => [...(marks.get(at) || [])].map((kind) => ({ build: "◆ build", qualify: "○ buy elsewhere", store: "⊟ store" }[kind])).join(", ");
  const measured = (key, label) => ({ key, label, className: "n", value: (at) => measures()[key][at], cell: (at) => { const cell = corridor.shareCell(measures()[key][at]); cell.classList.toggle("on", state.k === key); return cell; } });
  const table = corridor.table($("ranked"), [
    { key: "name", label: "Component", down: false, value: name, cell: (at) => el("th", { scope: "row" }, el("span", { className: "named" }, el("span", { className: "dot", "data-sector": sectors[components[at].sector].id, title: sectors[components[at].sector].name }),
      el("button", { type: "button", className: "plain", title: name(at), onclick: () => choose(at) }, brief(name(at), 120)))) },
    { key: "sector", label: "Sector", down: false, value: (at) => sectors[components[at].sector].name, cell: (at) => el("td", {}, sectors[components[at].sector].name) },
    { key: "stage", label: "Stage", down: false, value: (at) => components[at].stage, cell: (at) => el("td", {}, stages[components[at].stage].name) },
    { key: "tier", label: "Tier", title: "Longest chain of inputs below it; 0: raw material", className: "n", value: (at) => components[at].tier, cell: (at) => el("td", { className: "n" }, String(components[at].tier)) },
    measured("direct", "Direct"), measured("net", "Net"), measured("stop", "Stop"),
    { key: "hhi", label: "HHI", title: "Concentration of origins, home production included: 1 is a single country", className: "n", value: (at) => measures().hhi[at], cell: (at) => el("td", { className: "n" }, measures().hhi[at] === null ? "–" : measures().hhi[at].toFixed(2)) },
    { key: "risk", label: "At risk a year", title: "Need times exposure", className: "n", value: atRisk, cell: (at) => el("td", { className: "n" }, money(atRisk(at))) },
    { key: "links", label: "In / out", title: "Inputs and users", className: "n", value: (at) => inputs[at].length + users[at].length, cell: (at) => el("td", { className: "n" }, `${inputs[at].length} / ${users[at].length}`) },
    { key: "plan", label: "In the plan", value: inPlan, cell: (at) => el("td", {}, inPlan(at)) },
    { key: "relation", label: "Chain", title: "Upstream or downstream of the one chosen", value: relation, cell: (at) => el("td", {}, relation(at)) },
  ], { caption: "Components shown", sort: { key: "risk", down: true }, none: "No component passes these filters.", mark: (line, at) => { if (at === chosen()) line.className = "chosen"; } });
  const panel = corridor.graphPanel($("panel"), data, { pick: (at) => choose(at) });
  function drawPanel() {
    const at = chosen();
    $("main").classList.toggle("picked", at >= 0);
    panel.draw(at, at < 0 ? {} : { market: market(), inputs: neighbours[at].inEdges, users: neighbours[at].outEdges, up: now.up.size, down: now.down.size, plan: plan() });
  }

  /* ---- changes ---- */
  const keep = () => corridor.writeState(state, DEFAULTS);
  let timer = 0;
  function keepZoom() {
    clearTimeout(timer);
    timer = setTimeout(() => { const { x, y, k } = picture.middle; state.z = `${x.toFixed(0)},${y.toFixed(0)},${k.toFixed(3)}`; keep(); }, 150);
  }
  /** Draw all again; the view is fitted, unless a zoom was kept in the address. */
  function refresh(kept = "") {
    clearTimeout(timer);
    state.z = kept;
    select();
    drawPanel();
    drawPicture(true);
    const [x, y, k] = kept.split(",").map(Number);
    if (kept && [x, y, k].every(Number.isFinite)) picture.middle = { x, y, k }; else fit();
    say();
    table.show(now.shown);
    keep();
  }
  /** Colours, marks and words only: nothing moves. */
  function recolour() { drawPanel(); drawPicture(false); say(); table.redraw(); keep(); }
  function choose(at) {
    if (at < 0 && !state.c) return;
    state.c = at < 0 ? "" : components[at].id;
    if (at < 0) state.v = DEFAULTS.v;
    const inTable = document.activeElement?.closest?.("#ranked"), inPanel = document.activeElement?.closest?.("#panel");
    $("find").value = at < 0 ? "" : brief(name(at));
    refresh();
    around();
    if (inTable) { table.finish(); document.querySelector("#ranked tr.chosen button")?.focus({ preventScroll: true }); }
    if (inPanel) $("panel").focus({ preventScroll: true });
  }

  corridor.segmented($("market"), markets.map((one) => [one.id, one.name]), () => state.m, (id) => { state.m = id; refresh(); });
  corridor.segmented($("measure"), MEASURES, () => state.k, (id) => { state.k = id; refresh(); });
  const around = corridor.segmented($("around"), [["in", "In the picture", "Everything else stays, faint"], ["alone", "Alone", "Only what is upstream or downstream"]], () => state.v, (id) => { state.v = id; refresh(); });
  const options = (id, rows, key) => {
    $(id).replaceChildren(...rows.map(([value, label]) => el("option", { value }, label)));
    $(id).value = state[key];
    $(id).addEventListener("change", () => { state[key] = $(id).value; refresh(); });
  };
  const tiers = [...new Set(components.map((component) => component.tier))].sort((a, b) => a - b);
  options("sector", [["all", "All sectors"], ...sectors.map((sector) => [sector.id, sector.name])], "s");
  options("stage", [["all", "All stages"], ...stages.map((stage) => [stage.id, stage.name])], "g");
  options("tier", [["all", "All tiers"], ...tiers.map((tier) => [String(tier), tier ? `Tier ${tier}` : "Tier 0: raw materials"])], "t");
  options("most", COUNTS.map((count) => [count, count === "all" ? "All of them" : `The ${count} most at risk`]), "n");
  $("budget-field").hidden = !plans.length;
  $("budget").replaceChildren(...plans.map((one, at) => el("option", { value: String(at) }, money(one.budget))), el("option", { value: "-1" }, "No plan"));
  $("budget").value = state.b;
  $("budget").addEventListener("change", () => { state.b = $("budget").value; recolour(); });
  for (const [id, key, words] of [["exposed", "e", percent], ["hhi", "h", (part) => part.toFixed(2)]]) {
    const write = () => { $(`${id}-now`).textContent = +state[key] ? `≥ ${words(+state[key])}` : "any"; };
    $(id).value = state[key];
    write();
    $(id).addEventListener("input", () => { state[key] = $(id).value; write(); refresh(); });
  }
  corridor.suggest($("find"), $("found"), components.map((component, at) => ({ at, text: component.name, note: `${sectors[component.sector].name} · ${stages[component.stage].name.toLowerCase()}` })), (at) => choose(at));
  $("find").value = state.c ? brief(name(chosen())) : "";
  $("clear").addEventListener("click", () => choose(-1));
  $("in").addEventListener("click", () => picture.zoomAt(1.3));
  $("out").addEventListener("click", () => picture.zoomAt(1 / 1.3));
  $("fit").addEventListener("click", () => { picture.fit(); state.z = ""; keep(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.c && event.target !== $("find")) choose(-1); });
  $("csv").addEventListener("click", () => corridor.saveCsv(`components-${state.m}-${state.c || state.s}.csv`,
    ["market", "component", "name", "sector", "stage", "tier", "direct", "net", "stop", "hhi", "need_usd_m", "at_risk_usd_m", "chain", "in_plan"],
    [...now.shown].map((at) => [state.m, components[at].id, components[at].name, sectors[components[at].sector].id, stages[components[at].stage].id, components[at].tier,
      measures().direct[at], measures().net[at], measures().stop[at], measures().hhi[at], measures().need[at], atRisk(at), relation(at), [...(marks.get(at) || [])].join(" ")])));
  $("csv-recipes").addEventListener("click", () => corridor.saveCsv(`recipes-${state.m}-${state.c || state.s}.csv`,
    ["input", "output", "value_share", "essential", "status", "source", "year"],
    [...edges.i.keys()].filter((edge) => layout.boxes.has(edges.i[edge]) && layout.boxes.has(edges.o[edge])).map((edge) => [components[edges.i[edge]].id, components[edges.o[edge]].id, edges.v[edge],
      edges.e[edge] ? "yes" : "no", data.statuses[edges.t[edge]], data.sources[edges.q[edge]].title, edges.y[edge]])));
  $("png").addEventListener("click", () => picture.save(`graph-${state.m}-${state.c || state.s}.png`, [$("say").textContent, `${market().name}, ${state.k} exposure to ${data.targetName}. corridor, study ${data.study}.`]));
  corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; recolour(); for (const option of $("budget").options) if (+option.value >= 0) option.textContent = money(plans[+option.value].budget); });
  for (const option of $("budget").options) if (+option.value >= 0) option.textContent = money(plans[+option.value].budget);
  $("filters").addEventListener("click", () => $("filters").setAttribute("aria-expanded", String($("filters").parentNode.classList.toggle("open"))));
  refresh(state.z);
  let width = picture.measure().width;
  new ResizeObserver(() => { const next = picture.measure().width; if (Math.abs(next - width) > 30) { width = next; drawPicture(true); fit(); } }).observe($("picture"));
  window.addEventListener("hashchange", () => location.reload());
  window.addEventListener("beforeprint", () => picture.fit());
  document.documentElement.dataset.ready = "true";
};
corridor.graph();
