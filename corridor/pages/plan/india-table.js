/* plan.html, the tables: moves, and second sources, stocks and shared facilities. */
"use strict";
corridor.indiaTables = (data, view) => {
  const { $, el, percent, money, moneyBoth, amount, capital } = corridor, { sites, components, markets } = data, { state } = view;
  const both = (value) => { const [shown, other] = moneyBoth(value).split(" ("); return el("td", { className: "n" }, shown, el("span", { className: "second" }, other.slice(0, -1))); };
  const hasWhy = data.plans.some((one) => one.why), hasOthers = data.plans.some((one) => one.others);
  const ORDER = { must: 2, could: 1, never: 0 };
  /** Plants of one component as one row: sums, first and last years; the worth only if it is of all together. */
  function merged(list) {
    const [first] = list, sum = (key) => list.reduce((total, move) => total + (move[key] || 0), 0), ends = (key) => [Math.min(...list.map((move) => move[key])), Math.max(...list.map((move) => move[key]))];
    const [start, lastStart] = ends("start"), [output, lastOutput] = ends("output");
    const together = new Set(list.map((move) => `${move.technology} ${move.start}`)).size === 1;
    return { ...first, ...Object.fromEntries(["plants", "capacity", "capacityUsd", "made", "capex", "replaces", "still"].map((key) => [key, sum(key)])),
      list, start, lastStart, output, lastOutput, worth: together ? first.worth : null, perUsd: together ? first.perUsd : null };
  }
  /** Rows of the table: a component each, or a plant each. */
  function rowsOf(moves) {
    if (state.g === "plant") return moves.map((move) => merged([move]));
    const groups = new Map();
    for (const move of moves) groups.set(move.c, [...groups.get(move.c) ?? [], move]);
    return [...groups.values()].map(merged);
  }
  const span = (first, last) => (first === last ? String(first) : `${first}–${last}`);
  const lineOf = (event) => event.currentTarget.closest("tr");
  const pickRow = (row, line) => (row.list.length > 1 ? view.pick("c", components[row.c].id, line) : view.pick("d", view.keyOf(row.list[0]), line));
  /** Names of the sites, each a button; the first few. */
  function places(row) {
    const names = [...new Set(row.list.map((move) => move.s))], most = names.length > 3 ? 2 : 3, states = [...new Set(names.map((s) => sites[s].state))];
    const shown = names.slice(0, most).map((s) => el("div", {}, el("button", { type: "button", className: "plain", onclick: (event) => view.pick("site", sites[s].id, lineOf(event)) }, sites[s].name)));
    return el("td", {}, ...shown, names.length > most ? `and ${names.length - most} more` : "", el("span", { className: "second" }, states.join(", ")));
  }
  /** A figure that is 0 or missing, with the sentence why. */
  const explained = (row, shown) => { const why = view.whyMove(row); return why ? el("abbr", { title: why }, shown) : shown; };
  const columns = [
    { key: "name", label: "Component", down: false, value: (row) => components[row.c].name, cell: (row) => el("th", { scope: "row" }, el("span", { className: "named" },
      el("span", { className: "dot", "data-sector": view.sectorOf(row).id, title: view.sectorOf(row).name }), el("button", { type: "button", className: "plain", onclick: (event) => pickRow(row, lineOf(event)) }, capital(components[row.c].name)))) },
    { key: "site", label: "Sites", down: false, value: (row) => sites[row.s].name, cell: places },
    { key: "start", label: "Start", title: "Years of start, and of first output", down: false, className: "n", value: (row) => row.start, cell: (row) => el("td", { className: "n" }, span(row.start, row.lastStart), el("span", { className: "second" }, `output ${span(row.output, row.lastOutput)}`)) },
    { key: "capacity", label: "Capacity a year", className: "n", value: (row) => row.capacityUsd, cell: (row) => el("td", { className: "n" }, amount(row.capacity, components[row.c].unit), el("span", { className: "second" }, `${row.plants > 1 ? `${row.plants} plants, ` : ""}worth ${money(row.capacityUsd)}`)) },
    { key: "capex", label: "Investment", className: "n", value: (move) => move.capex, cell: (move) => both(move.capex) },
    hasWhy && { key: "worth", label: "Worth", title: "Expected loss that returns without it (all its plants of the same start), and per US$ of cost", className: "n", value: (move) => move.worth ?? -1, cell: (move) => el("td", { className: "n" }, move.list.length > 1 && move.worth === null ? el("abbr", { title: "Its plants differ in size or start: each has its own worth. Choose the component, or list each plant." }, "several") : money(move.worth), el("span", { className: "second" }, move.perUsd === null || move.perUsd === undefined ? "" : `${move.perUsd.toFixed(1)} per US$${move.together > 1 ? `, all ${move.together}` : ""}`)) },
    { key: "replaces", label: "Replaces a year", title: "Deliveries of the target that it replaces", className: "n", value: (move) => move.replaces, cell: (move) => el("td", { className: "n" }, move.replaces < 0.05 ? explained(move, money(move.replaces)) : money(move.replaces)) },
    { key: "still", label: "Still dependent", title: "Share of the value made that comes from the target through the bill of materials", className: "n", value: (move) => (move.made ? move.still / move.made : 0), cell: (move) => (move.made ? corridor.shareCell(move.still / move.made, "accent") : el("td", { className: "n" }, explained(move, "–"))) },
    { key: "net", label: `${markets[0].name}, net`, title: "Net exposure of the component, before and after", className: "n", value: (move) => move.before - move.after, cell: (move) => el("td", { className: "n" }, move.after - move.before > 5e-4 ? explained(move, `${percent(move.before)} → ${percent(move.after)}`) : `${percent(move.before)} → ${percent(move.after)}`) },
    hasOthers && { key: "verdict", label: "Other plans", title: "Is the component in all near-optimal plans (must), in some (could), or in none (never)?", value: (move) => ORDER[move.verdict] ?? -1, cell: (move) => el("td", { title: move.verdict ? view.verdictWords(move) : "" }, ...(move.verdict ? [corridor.verdictMark(move.verdict, 12), ` ${move.verdict}`] : ["–"])) },
  ].filter(Boolean);
  const moves = corridor.table($("moves"), columns, { sort: { key: "capex", down: true }, caption: "Moves of the plan", none: "No moves of this kind with this budget.", printed: Infinity,
    mark: (line, row) => line.classList.toggle("chosen", components[row.c].id === state.c || row.list.some((move) => sites[move.s].id === state.site || view.keyOf(move) === state.d)) });
  const levers = corridor.table($("levers"), [
    { key: "kind", label: "What", down: false, value: ([kind]) => kind, cell: ([kind]) => el("td", {}, kind) },
    { key: "name", label: "Component", down: false, value: ([, name]) => name, cell: ([, name]) => el("th", { scope: "row" }, capital(name)) },
    { key: "what", label: "How much", value: ([, , , , value]) => value ?? 0, cell: ([, , what, , value]) => el("td", {}, value ? `${what}, worth ${money(value)}` : what) },
    { key: "cost", label: "Cost", className: "n", value: ([, , , cost]) => cost, cell: ([, , , cost]) => el("td", { className: "n" }, money(cost)) },
  ], { sort: { key: "cost", down: true }, caption: "Levers other than building", none: "None in this plan.", printed: Infinity });
  function drawLevers() {
    const rows = view.plan().levers, count = (kind) => corridor.plural(rows.filter((row) => row[0] === kind).length, kind, kind === "shared facility" ? "shared facilities" : undefined);
    $("levers-count").textContent = rows.length ? `${count("second source")}, ${count("stock")}, ${count("shared facility")}: ${money(rows.reduce((total, row) => total + row[3], 0))}` : "none in this plan";
    levers.show(rows);
  }
  const csv = () => corridor.saveCsv(`moves-${view.plan().budget}.csv`,
    ["budget_usd_m", "component", "name", "sector", "technology", "site", "state", "start_year", "first_output_year", "plants", "capacity", "unit", "capacity_usd_m", "made_usd_m", "capex_usd_m", "incentive_usd_m", "running_usd_m", "replaces_target_usd_m", "still_target_usd_m", "worth_usd_m", "verdict"],
    view.listed().map((move) => [view.plan().budget, components[move.c].id, components[move.c].name, view.sectorOf(move).id, move.technology, sites[move.s].id, sites[move.s].state, move.start, move.output, move.plants, move.capacity, components[move.c].unit, move.capacityUsd, move.made, move.capex, move.incentive, move.running, move.replaces, move.still, move.worth, move.verdict]));
  return { draw: drawLevers, list: (rows) => moves.show(rowsOf(rows)), remark: moves.remark, csv };
};
