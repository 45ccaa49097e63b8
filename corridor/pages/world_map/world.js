/* dependency.html: where a market's supply comes from, component by component. State and controls. */
"use strict";
corridor.world = (map) => {
  const { $, el, percent, money, moneyBoth, plural, possessive } = corridor;
  const data = corridor.read("data"), book = corridor.worldBook(data);
  const { components, countries, statuses, sectors, markets, byIso } = book;
  const raw = new Set(data.raw);
  const DEFAULTS = { m: markets[0].id, s: "all", g: "all", c: "", y: "", by: "net", n: "150", w: "", k: "", f: "", p: "", firm: "", q: "", v: "", off: "suppliers", u: "usd" };
  const MEASURES = [
    ["direct", "Direct", "Share bought from a country itself"],
    ["net", "Net", "Share through all tiers of the bill of materials, by value"],
    ["stop", "Stop", "Share of supply that stops when a country stops selling"],
  ];
  const STAGES = [["all", "All stages", "Everything from ore to product"], ["made", "Without materials", "Leaves out what is mined or refined, and materials"], ["product", "Products", "Only finished products"]];
  const state = corridor.readState(DEFAULTS);
  const byId = new Map(components.map((component, index) => [component.id, index]));
  const empty = (good) => (id) => !id || good(id);
  const known = {
    m: (id) => markets.some((market) => market.id === id), by: (id) => MEASURES.some(([kind]) => kind === id),
    s: (id) => id === "all" || sectors.some((sector) => sector.id === id), g: (kind) => STAGES.some(([known]) => known === kind), c: (id) => byId.has(id), k: (id) => /^[A-Z]{3}$/.test(id),
    y: (year) => state.by === "direct" && book.years(state.m).includes(+year), n: (count) => +count >= 5,
    p: empty((id) => book.suppliers().some((supplier) => supplier.id === id)), firm: empty((name) => book.suppliers().some((supplier) => supplier.firm === name)),
    f: (id) => byIso.has(id.split("-")[0]) && markets.some((market) => market.id === id.split("-")[1]),
  };
  const target = new Set(data.target), off = new Set();
  function readAddress() {
    Object.assign(state, corridor.readState(DEFAULTS));
    for (const [key, good] of Object.entries(known)) if (!good(state[key])) state[key] = DEFAULTS[key];
    off.clear();
    for (const layer of state.off.split(".").filter(Boolean)) off.add(layer);
  }
  readAddress();

  /* ---- what is selected ---- */
  const market = () => markets.find((other) => other.id === state.m);
  const chosen = () => (state.c ? byId.get(state.c) : null);
  const inSector = (c) => state.s === "all" || sectors[components[c].sector].id === state.s;
  /** Of the stages that the table lists: "made" is without what is mined or refined and materials. */
  const stageOf = (c) => data.stages[components[c].stage];
  const inStage = (c) => ({ made: !raw.has(stageOf(c)), product: stageOf(c) === "product" }[state.g] ?? true);
  /** Value a year that rests on the target by the measure chosen, US$ million. */
  const atRisk = (row) => (row.need || 0) * (figure(row, state.by) ?? 0);
  /** An exposure; the direct one of a year chosen is the target's share in reported imports of that year. */
  function figure(row, kind) {
    if (kind !== "direct" || !state.y) return row[kind];
    const found = [...book.origins({ market: state.m, c: row.c, list: [], measure: "direct", year: state.y }).values()];
    return found.length ? found.reduce((sum, one) => sum + (target.has(countries[one.o].iso3) ? one.share : 0), 0) : null;
  }
  const rowsOf = (id) => [...book.rows.get(id).values()].filter((row) => inSector(row.c));
  const rowsShown = () => rowsOf(state.m);
  const origins = (id) => book.origins({ market: id, c: chosen(), list: rowsOf(id), measure: state.by, year: id === state.m ? state.y : "" });
  /** Share of a market's needs that rests on a country, weighted the same way for each measure. */
  const rests = (id, measure, o) => book.rests({ market: id, list: state.c ? rowsOf(id).filter((row) => row.c === chosen()) : rowsOf(id), measure, o });
  const sectorWord = () => (state.s === "all" ? "all sectors" : sectors.find((sector) => sector.id === state.s).name.toLowerCase());
  const needs = () => (state.c ? components[chosen()].name : state.s === "all" ? "final needs" : `final needs (${sectorWord()})`);
  let now = new Map();
  function what(found) {
    const c = chosen(), of = c === null ? (state.by === "direct" ? sectorWord() : `final needs, ${sectorWord()},`) : components[c].name, value = found.value ? `, ${money(found.value)} a year` : "";
    const union = found.o === byIso.get("EUU") ? " (European Union as one)" : "";
    const share = { direct: c === null ? `${percent(found.share)} of imports, ${of}` : `${percent(found.share)} of ${of}`, net: `${percent(found.share)} of ${of} by value, through all tiers`, stop: `${percent(found.share)} of ${of} stops if it alone stops` }[state.by];
    return `${share}${state.by === "stop" ? "" : value}${union}${found.status ? `, ${found.status}` : ""}${state.y ? `, ${state.y}` : ""}`;
  }
  function words() {
    const c = chosen(), to = market().name, of = c === null ? sectorWord() : components[c].name, year = state.y ? ` ${state.y}` : "", needed = needs();
    return {
      share: { direct: c === null ? `Share of ${possessive(to)} imports${year}, ${of}, by value` : state.y ? `Share of ${possessive(to)} reported imports ${state.y}, ${of}` : `Share of ${possessive(to)} supply of ${of}`,
        net: `Share of ${possessive(to)} ${needed} that rests on each country, by value, all tiers`, stop: `Share of ${possessive(to)} ${needed} that stops if that country alone stops` }[state.by],
      points: (count) => `${plural(count, "located supplier")}${c === null ? "" : ` that ${count === 1 ? "makes" : "make"} ${of}`}`,
    };
  }

  const view = { book, state, off, market, chosen, inSector, rowsOf, origins, rests, what, words, now: () => now, keep, pick, choose, nameOf: (iso3) => drawn.nameOf(iso3), pickGroup: (list, clicked) => panel.crowd(list, clicked), map };
  const drawn = corridor.worldMap(map, data, view), panel = corridor.worldPanel(data, view);

  /* ---- words and origins ---- */
  function say() {
    const c = chosen(), name = corridor.inText(market().name), Name = name[0].toUpperCase() + name.slice(1);
    if (c !== null) {
      const row = book.rows.get(state.m).get(c), component = components[c];
      $("say").textContent = row ? `${Name} takes ${percent(row.direct)} of its ${component.name} straight from ${data.targetName}; ${percent(row.net)} through the bill of materials. If ${data.targetName} stops selling, ${percent(row.stop)} of it stops.` : `Nothing is known about ${component.name} in ${name}.`;
      return;
    }
    const rows = rowsShown(), high = rows.filter((row) => row.net >= 0.5).length, total = data.headline[state.m]?.[state.s];
    $("say").textContent = (total ? `${Name} takes ${percent(total.direct)} of what it finally needs (${sectorWord()}) straight from ${data.targetName}, and ${percent(total.net)} counted through the bill of materials; ${percent(total.stop)} stops if ${data.targetName} stops selling. ` : "")
      + `Of ${plural(rows.length, "component")}, ${high} ${high === 1 ? "rests" : "rest"} on it for half or more of their value.`;
  }
  function originsTitle() {
    const of = chosen() === null ? sectorWord() : components[chosen()].name, to = market().name, year = state.y ? ` in ${state.y}` : "";
    return { direct: chosen() === null ? `Where ${possessive(to)} imports came from${year}: ${of}` : `Where ${possessive(to)} ${of} comes from${year}`, net: `On whom ${possessive(to)} ${needs()} rest${state.c ? "s" : ""}, through all tiers`, stop: `Who could stop ${possessive(to)} ${needs()}` }[state.by];
  }
  const METHODS = {
    direct: "Modelled: final needs and what home makers need for them, times the shares of origins. Choose a component for shares with their sources.",
    net: "Each country taken alone, through the bill of materials, weighted by final need. Countries overlap: a part made in one from another's inputs counts for both.",
    stop: "Each country taken alone: supply that stops if only it stops selling and essential inputs are missing. Countries overlap.",
  };
  function drawOrigins() {
    const c = chosen(), list = [...now.values()].sort((a, b) => b.share - a.share), row = c === null ? null : book.rows.get(state.m).get(c);
    $("origins-title").textContent = originsTitle();
    $("origins-note").textContent = c === null
      ? state.y ? `Imports as reported for ${state.y}, by classes of goods, weighted by today's modelled need; home production is not in it.` : METHODS[state.by]
      : `${sectors[components[c].sector].name} · ${data.stages[components[c].stage]} · priced per ${components[c].unit} · need about ${moneyBoth(row?.need ?? 0)} a year`;
    corridor.fill($("figures"), ...(row ? [...MEASURES.map(([kind, label]) => el("span", {}, `${label} `, el("b", {}, percent(row[kind])))), el("span", {}, "evidence ", corridor.evidence(row.known, statuses)), panel.page("components", state.c, "Its page →")] : []));
    $("figures").hidden = !row;
    $("clear").hidden = c === null;
    $("origins").replaceChildren(...list.slice(0, 12).filter((found) => found.share > 0.0005).map((found) => {
      const country = countries[found.o];
      return el("li", { className: `${target.has(country.iso3) ? "target" : ""} ${found.status || ""}` },
        el("button", { type: "button", className: "plain", onclick: (event) => pick("k", country.iso3, event.currentTarget.closest("li")) }, country.name),
        corridor.shareCell(found.share).lastChild, el("b", {}, percent(found.share)),
        el("span", { className: "why" }, ...(found.status ? panel.evidenceOf(found) : [state.by === "stop" ? "" : money(found.value)])));
    }));
    if (!list.length) $("origins").append(el("li", {}, "Nothing known."));
  }

  /* ---- ranked table ---- */
  const ranked = corridor.table($("ranked"), [
    { key: "name", label: "Component", down: false, value: (row) => components[row.c].name, cell: (row) => el("th", { scope: "row" }, el("span", { className: "named" },
      el("span", { className: "dot", "data-sector": sectors[components[row.c].sector].id, title: sectors[components[row.c].sector].name }),
      el("button", { type: "button", className: "plain", onclick: () => choose(row.c === chosen() ? "" : components[row.c].id) }, components[row.c].name))) },
    ...MEASURES.map(([key, label]) => ({ key, label, title: `${label} exposure to ${data.targetName}`, className: "n", value: (row) => figure(row, key), cell: (row) => {
      const cell = corridor.shareCell(figure(row, key));
      cell.classList.toggle("on", key === state.by);
      return cell;
    } })),
    { key: "risk", label: "At risk", title: "Value a year: the market's modelled need times the exposure chosen", className: "n", value: atRisk, cell: (row) => el("td", { className: "n" }, row.need ? money(atRisk(row)) : "–", el("span", { className: "second" }, row.need ? `of ${money(row.need)}` : "no need")) },
    { key: "known", label: "Evidence", title: "How much of the net exposure rests on reported figures", value: (row) => row.known[0] + row.known[1] * 0.9 + row.known[2] * 0.3, cell: (row) => el("td", { className: "ev" }, corridor.evidence(row.known, statuses)) },
  ], { sort: { key: "risk", down: true }, caption: "Components by value at risk", none: "No component with that name in this sector.",
    mark: (line, row) => {
      line.classList.toggle("chosen", row.c === chosen());
      line.querySelector("button").setAttribute("aria-pressed", String(row.c === chosen()));
    } });
  let drawnRows = "";
  function drawTable() {
    const wanted = $("find").value.trim(), exact = state.c && wanted.toLowerCase() === components[chosen()].name.toLowerCase();
    const found = exact || !wanted ? null : new Set(corridor.findComponents(wanted).map((id) => byId.get(id)));
    const rows = rowsShown().filter((row) => inStage(row.c) && (!found || found.has(row.c)));
    const same = [state.m, state.u, state.by, state.y, ranked.sort.key, rows.map((row) => row.c)].join();
    if (same === drawnRows) ranked.remark(); else ranked.show(rows);
    drawnRows = same;
    ranked.label("direct", state.y ? `In ${state.y}` : "Direct", state.y ? `Share of ${data.targetName} in reported imports of ${state.y}` : `Direct exposure to ${data.targetName}`);
    $("count").textContent = `${plural(rows.length, "component")}${state.y ? `, imports of ${state.y}; net and stop: newest` : ""}`;
  }

  /* ---- choosing ---- */
  /** Keeps the view in the address; a step with a name can be undone by Back. */
  function keep(step) { state.off = [...off].sort().join(".") || "-"; corridor.writeState(state, DEFAULTS, step); }
  function refresh(step) { now = origins(state.m); drawn.draw(now); say(); panel.draw(); drawOrigins(); drawTable(); drawYears(); keep(step); }
  let untouched = state.off === DEFAULTS.off;
  function choose(id) {
    state.c = byId.has(id) ? id : "";
    state.q = "";
    $("find").value = state.c ? components[chosen()].name : "";
    if (state.c && !inSector(chosen())) state.s = "all";
    if (state.c && !inStage(chosen())) state.g = "all";
    markSector();
    if (untouched) { state.c ? off.delete("suppliers") : off.add("suppliers"); markLayers(); }  // few points are readable
    const focused = document.activeElement?.closest?.("#ranked") ? state.c : null;
    refresh("choose");
    showRow(focused);
  }
  /** Shows the row of the component chosen in the table. */
  function showRow(focused = false) {
    const line = state.c ? ranked.reveal(book.rows.get(state.m).get(chosen())) : null;
    if (focused) line?.querySelector("button").focus({ preventScroll: true });
    else if (line) line.closest(".scroll").scrollTop = Math.max(0, line.offsetTop - 120);
  }
  /** Choose a country (k), a flow (f), a supplier (p) or all works of a firm; choosing it again clears the choice. The card
      opens under the line where it was asked for, or on the map. */
  function pick(kind, id, line = null, clicked = null) {
    const same = kind && state[kind] === id;
    state.k = state.f = state.p = state.firm = "";
    if (kind && !same) state[kind] = kind === "k" ? drawn.standing(id) : id;
    drawn.draw(now, false); panel.pick(line, clicked); keep("pick");
  }
  function drawYears() {
    const years = book.years(state.m), box = $("year");
    box.replaceChildren(el("option", { value: "" }, "Newest"), ...years.toReversed().map((year) => el("option", { value: String(year) }, `${year}, as reported`)));
    box.value = state.y;
    box.disabled = !years.length;
    box.title = years.length ? "Imports by year, as reported; switches to direct exposure" : "Trade is known for one year only in this market";
  }
  const markMarket = corridor.segmented($("market"), markets.map((other) => [other.id, other.name]), () => state.m, (id) => { state.m = id; if (!book.years(id).includes(+state.y)) state.y = ""; refresh("market"); });
  const markMeasure = corridor.segmented($("measure"), MEASURES, () => state.by, (id) => { state.by = id; if (id !== "direct") state.y = ""; refresh("measure"); });
  $("year").addEventListener("change", () => { state.y = $("year").value; if (state.y) { state.by = "direct"; markMeasure(); } refresh("year"); });
  const mixed = sectors.filter((sector, index) => new Set(components.filter((one) => one.sector === index).map((one) => raw.has(data.stages[one.stage]))).size > 1);
  $("sector").replaceChildren(el("option", { value: "all" }, "All sectors"), ...sectors.map((sector) => el("option", { value: sector.id }, sector.name)),
    el("optgroup", { label: "Without materials" }, ...mixed.map((sector) => el("option", { value: sector.id, "data-stage": "made" }, `${sector.name}, without materials`))));
  const markStage = corridor.segmented($("stage"), STAGES, () => state.g, (kind) => { state.g = kind; markSector(); drawTable(); keep("stage"); });
  function markSector() {
    const options = [...$("sector").options], fits = options.filter((option) => option.value === state.s);
    $("sector").selectedIndex = options.indexOf(fits.find((option) => (option.dataset.stage ?? "all") === state.g) ?? fits[0]);
    markStage();
  }
  markSector();
  $("sector").addEventListener("change", () => { state.s = $("sector").value; state.g = $("sector").selectedOptions[0].dataset.stage ?? (state.g === "made" ? "all" : state.g); markStage(); if (state.c && !inSector(chosen())) { state.c = ""; $("find").value = ""; } refresh("sector"); });
  $("names").replaceChildren(...components.map((component) => el("option", { value: component.name })));
  const byName = new Map(components.map((component) => [component.name.toLowerCase(), component.id]));
  $("find").value = state.c ? components[chosen()].name : state.q;
  $("find").addEventListener("input", () => {
    const text = $("find").value, id = byName.get(text.trim().toLowerCase());
    if (id && id !== state.c) return choose(id);
    state.q = id ? "" : text.trim();
    if (!id && state.c) { state.c = ""; refresh(); $("find").value = text; }
    keep("find*");
    return drawTable();
  });
  $("find").addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose("");
    if (event.key === "Enter") { event.preventDefault(); document.querySelector("#ranked tbody button")?.click(); }
  });
  $("clear").addEventListener("click", () => choose(""));
  const boxes = [...document.querySelectorAll("[data-layer]")];
  function markLayers() { for (const box of boxes) box.checked = !off.has(box.dataset.layer); }
  for (const box of boxes) box.addEventListener("change", () => { untouched = false; box.checked ? off.delete(box.dataset.layer) : off.add(box.dataset.layer); drawn.draw(now); keep("layers"); });
  $("all-markets").checked = Boolean(state.w);
  $("all-markets").addEventListener("change", () => { state.w = $("all-markets").checked ? "1" : ""; drawn.draw(now, false); keep("markets"); });
  $("flows").value = state.n;
  $("flows").addEventListener("input", () => { state.n = $("flows").value; drawn.draw(now, false); keep("flows*"); });
  $("home").addEventListener("click", drawn.home);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("country").hidden) panel.close(); });
  $("csv").addEventListener("click", () => corridor.saveCsv(`exposure-${state.m}-${state.s}.csv`,
    ["market", "component", "name", "sector", "stage", "direct", "net", "stop", "need_usd_m", "at_risk_usd_m", ...statuses],
    rowsShown().filter((row) => inStage(row.c)).sort((a, b) => atRisk(b) - atRisk(a)).map((row) => [state.m, components[row.c].id, components[row.c].name, sectors[components[row.c].sector].id, data.stages[components[row.c].stage], row.direct, row.net, row.stop, row.need, atRisk(row), ...row.known])));
  $("csv-origins").addEventListener("click", () => corridor.saveCsv(`origins-${state.m}-${state.c || state.s}-${state.by}.csv`,
    ["market", "selection", "measure", "origin", "name", "share", "value_usd_m", "status", "source", "year"],
    [...now.values()].sort((a, b) => b.share - a.share).map((found) => [state.m, state.c || state.s, state.by, countries[found.o].iso3, countries[found.o].name, found.share, found.value, found.status, found.source?.title ?? found.note, found.year])));
  $("png").addEventListener("click", () => corridor.map.picture(map, `dependency-${state.m}-${state.c || state.s}-${state.by}.png`,
    { title: originsTitle(), foot: [corridor.credit(data.study, [...now.values()].map((found) => found.source?.title)), data.disclaimer], legend: drawn.legend() }));
  corridor.linkButton($("link"));
  corridor.saveButton($("save"), () => `dependency-${state.m}-${state.c || state.s}.html`);
  const setUnit = corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; refresh("unit"); });
  /** Shows the state of the address, after Back or a link. */
  function restore() {
    const view = state.v;
    readAddress();
    setUnit(state.u);
    $("find").value = state.c ? components[chosen()].name : state.q;
    $("flows").value = state.n;
    $("all-markets").checked = Boolean(state.w);
    markLayers(); markMarket(); markMeasure(); markSector();
    if (state.v !== view) drawn.restore();
    refresh();
    showRow();
  }
  markLayers();
  markMarket();
  $("target-names").textContent = data.target.map((iso3) => countries[byIso.get(iso3)]?.name ?? iso3).join(", ");
  refresh();
  showRow();
  corridor.ready(restore);
};
