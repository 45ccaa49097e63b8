/* plan.html, the tables: moves, and second sources, stocks and shared facilities. */
"use strict";
corridor.indiaTables = (data, view) => {
  const { $, el, percent, money, moneyBoth, amount, capital } = corridor, { sites, components, markets } = data, { state } = view;
  const both = (value) => { const [shown, other] = moneyBoth(value).split(" ("); return el("td", { className: "n" }, shown, el("span", { className: "second" }, other.slice(0, -1))); };
  const hasWhy = data.plans.some((one) => one.why), hasOthers = data.plans.some((one) => one.others);
  const ORDER = { must: 2, could: 1, never: 0 };
  const columns = [
    { key: "name", label: "Component", down: false, value: (move) => components[move.c].name, cell: (move) => el("th", { scope: "row" }, el("span", { className: "named" },
      el("span", { className: "dot", "data-sector": view.sectorOf(move).id, title: view.sectorOf(move).name }), el("button", { type: "button", className: "plain", onclick: () => view.pick("d", view.keyOf(move)) }, capital(components[move.c].name)))) },
    { key: "site", label: "Site", down: false, value: (move) => sites[move.s].name, cell: (move) => el("td", {}, el("button", { type: "button", className: "plain", onclick: () => view.pick("site", sites[move.s].id) }, sites[move.s].name), el("span", { className: "second" }, sites[move.s].state)) },
    { key: "start", label: "Start", title: "Year of start, and of first output", down: false, className: "n", value: (move) => move.start, cell: (move) => el("td", { className: "n" }, String(move.start), el("span", { className: "second" }, `output ${move.output}`)) },
    { key: "capacity", label: "Capacity a year", className: "n", value: (move) => move.capacityUsd, cell: (move) => el("td", { className: "n" }, amount(move.capacity, components[move.c].unit), el("span", { className: "second" }, `${move.plants > 1 ? `${move.plants} plants, ` : ""}worth ${money(move.capacityUsd)}`)) },
    { key: "capex", label: "Investment", className: "n", value: (move) => move.capex, cell: (move) => both(move.capex) },
    hasWhy && { key: "worth", label: "Worth", title: "Expected loss that returns without it (all its plants of the same start), and per US$ of cost", className: "n", value: (move) => move.worth ?? -1, cell: (move) => el("td", { className: "n" }, money(move.worth), el("span", { className: "second" }, move.perUsd === null || move.perUsd === undefined ? "" : `${move.perUsd.toFixed(1)} per US$${move.together > 1 ? `, all ${move.together}` : ""}`)) },
    { key: "replaces", label: "Replaces a year", title: "Deliveries of the target that it replaces", className: "n", value: (move) => move.replaces, cell: (move) => el("td", { className: "n" }, money(move.replaces)) },
    { key: "still", label: "Still dependent", title: "Share of the value made that comes from the target through the bill of materials", className: "n", value: (move) => (move.made ? move.still / move.made : 0), cell: (move) => corridor.shareCell(move.made ? move.still / move.made : 0, "accent") },
    { key: "net", label: `${markets[0].name}, net`, title: "Net exposure of the component, before and after", className: "n", value: (move) => move.before - move.after, cell: (move) => el("td", { className: "n" }, `${percent(move.before)} → ${percent(move.after)}`) },
    hasOthers && { key: "verdict", label: "Other plans", title: "Is the component in all near-optimal plans (must), in some (could), or in none (never)?", value: (move) => ORDER[move.verdict] ?? -1, cell: (move) => el("td", { title: move.verdict ? view.verdictWords(move) : "" }, ...(move.verdict ? [corridor.verdictMark(move.verdict, 12), ` ${move.verdict}`] : ["–"])) },
  ].filter(Boolean);
  const moves = corridor.table($("moves"), columns, { sort: { key: "capex", down: true }, caption: "Moves of the plan", none: "No moves of this kind with this budget.",
    mark: (line, move) => line.classList.toggle("chosen", sites[move.s].id === state.site || view.keyOf(move) === state.d || components[move.c].id === state.c) });
  const FIRST = 16;
  let later = 0;
  function levers(all = false) {
    const rows = view.plan().levers, count = (kind) => rows.filter((row) => row[0] === kind).length;
    $("levers-count").textContent = rows.length
      ? `${count("second source")} second sources, ${count("stock")} stocks, ${count("shared facility")} shared facilities: ${money(rows.reduce((total, row) => total + row[3], 0))}`
      : "none in this plan";
    const lineOf = ([kind, name, what, cost, value]) => el("tr", {}, el("td", {}, kind), el("th", { scope: "row" }, capital(name)), el("td", {}, value ? `${what}, worth ${money(value)}` : what), el("td", { className: "n" }, money(cost)));
    // As in the table of moves: the first rows at once, the rest when the browser is idle, or before printing.
    const body = el("tbody", {}, ...rows.slice(0, all ? rows.length : FIRST).map(lineOf)), rest = all ? [] : rows.slice(FIRST);
    cancelIdleCallback(later);
    if (rest.length) later = requestIdleCallback(() => body.append(...rest.map(lineOf)), { timeout: 600 });
    $("levers").replaceChildren(el("caption", { className: "hidden" }, "Levers other than building"),
      el("thead", {}, el("tr", {}, ...["What", "Component", "How much", "Cost"].map((name, index) => el("th", { scope: "col", className: index === 3 ? "n" : "" }, name)))),
      body);
  }
  window.addEventListener("beforeprint", () => levers(true));
  const csv = () => corridor.saveCsv(`moves-${view.plan().budget}.csv`,
    ["budget_usd_m", "component", "name", "sector", "technology", "site", "state", "start_year", "first_output_year", "plants", "capacity", "unit", "capacity_usd_m", "made_usd_m", "capex_usd_m", "incentive_usd_m", "running_usd_m", "replaces_target_usd_m", "still_target_usd_m", "worth_usd_m", "verdict"],
    view.listed().map((move) => [view.plan().budget, components[move.c].id, components[move.c].name, view.sectorOf(move).id, move.technology, sites[move.s].id, sites[move.s].state, move.start, move.output, move.plants, move.capacity, components[move.c].unit, move.capacityUsd, move.made, move.capex, move.incentive, move.running, move.replaces, move.still, move.worth, move.verdict]));
  return { draw(rows) { moves.show(rows); levers(); }, list: (rows) => moves.show(rows), redraw: moves.redraw, csv };
};
