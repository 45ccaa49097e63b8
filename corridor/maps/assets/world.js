/* dependency.html: where a market's supply comes from, component by component. */
"use strict";
corridor.world = (map) => {
  const { $, el, percent, money, moneyBoth, badge, sourceNote } = corridor;
  const data = corridor.read("data"), outlines = corridor.map.features(corridor.read("outlines"));
  const { components, countries, sources, statuses, sectors, markets, style } = data;
  const DEFAULTS = { m: markets[0].id, s: "all", c: "", by: "net", n: "150", k: "", off: "suppliers", u: "usd" };
  const MEASURES = [
    ["direct", "Direct", "Share bought from the target itself"],
    ["net", "Net", "Share from the target through the bill of materials, by value"],
    ["stop", "Stop", "Share of supply that stops when the target stops selling"],
  ];
  const state = corridor.readState(DEFAULTS);
  if (!markets.some((market) => market.id === state.m)) state.m = DEFAULTS.m;
  if (!MEASURES.some(([id]) => id === state.by)) state.by = DEFAULTS.by;
  if (state.s !== "all" && !sectors.some((sector) => sector.id === state.s)) state.s = "all";
  const byId = new Map(components.map((component, at) => [component.id, at]));
  const byIso = new Map(countries.map((country, at) => [country.iso3, at]));
  if (!byId.has(state.c)) state.c = "";
  if (!byIso.has(state.k)) state.k = "";
  const target = new Set(data.target), off = new Set(state.off.split(".").filter(Boolean));
  const targetText = data.target.map((iso3) => countries[byIso.get(iso3)]?.name ?? iso3).join(", ");

  /* Rows by market: exposure per component, and its origins. */
  const book = new Map(markets.map(({ id }) => {
    const rows = new Map();
    const e = data.exposure[id] || { c: [] };
    e.c.forEach((c, at) => rows.set(c, { c, direct: e.d[at], net: e.n[at], stop: e.s[at], known: e.e.slice(at * 4, at * 4 + 4), need: e.need[at], origins: [] }));
    const x = data.shares[id] || { c: [] };
    x.c.forEach((c, at) => rows.get(c)?.origins.push({ o: x.o[at], share: x.s[at], status: statuses[x.t[at]], source: sources[x.q[at]], year: x.y[at] }));
    return [id, rows];
  }));

  const market = () => markets.find((other) => other.id === state.m);
  const chosen = () => (state.c ? byId.get(state.c) : null);
  const inSector = (c) => state.s === "all" || sectors[components[c].sector].id === state.s;
  const rowsShown = () => [...book.get(state.m).values()].filter((row) => inSector(row.c));
  const sectorWord = () => (state.s === "all" ? "all sectors" : sectors.find((sector) => sector.id === state.s).name.toLowerCase());

  /** Country -> {value, share, status...} of what is shown: one component's supply, or a sector's imports. */
  function origins() {
    const found = new Map(), c = chosen(), home = byIso.get(state.m);
    if (c !== null) {
      const row = book.get(state.m).get(c);
      for (const origin of row?.origins ?? []) found.set(origin.o, { ...origin, value: origin.share * (row.need || 0) });
      return found;
    }
    let total = 0;
    for (const row of rowsShown()) for (const origin of row.origins) {
      if (origin.o === home || !row.need) continue;
      const value = origin.share * row.need;
      total += value;
      const sum = found.get(origin.o) ?? { o: origin.o, value: 0 };
      sum.value += value;
      found.set(origin.o, sum);
    }
    for (const sum of found.values()) sum.share = total ? sum.value / total : 0;
    return found;
  }

  /* ---- map layers ---- */
  const land = (iso3) => countries[byIso.get(iso3)];
  const EU = new Set(data.union);
  let now = new Map();
  /** A union known as one partner lends its share to the members that have none of their own. */
  function shareOf(iso3) {
    const own = now.get(byIso.get(iso3));
    if (own) return own;
    return EU.has(iso3) ? now.get(byIso.get("EUU")) ?? null : null;
  }
  const colourOf = (share) => style.colours[style.classes.filter((edge) => share >= edge).length];
  const shapes = L.geoJSON({ type: "FeatureCollection", features: outlines }, {
    style: { weight: 0.6, color: "#ffffff", fillColor: style.land, fillOpacity: 1 },
  }).addTo(map);
  map.createPane("flows").style.zIndex = 450;
  map.createPane("points").style.zIndex = 460;
  for (const pane of ["flows", "points"]) map.getPane(pane).style.pointerEvents = "none";
  const flows = new corridor.map.Flows({ pane: "flows" }), points = new corridor.map.Points({ pane: "points" });
  flows._flows = []; points._points = [];
  const layers = { countries: null, flows, suppliers: points };
  const tip = corridor.map.tooltip(map);
  corridor.map.calm(map);

  function fit() {
    const size = map.getSize();
    map.fitBounds(size.x < 600 ? [[-36, -18], [66, 312]] : [[-38, -18], [67, 322]], { animate: false, padding: [2, 2] });
  }
  map.getContainer().setAttribute("role", "region");
  map.getContainer().setAttribute("aria-label", "World map: arrows move it, plus and minus zoom");
  fit();
  let width = map.getSize().x;
  new ResizeObserver(() => { map.invalidateSize(); if (Math.abs(map.getSize().x - width) > 60) { width = map.getSize().x; fit(); } }).observe(map.getContainer());

  let hoverLand = null;
  shapes.on("mouseover", (event) => { hoverLand = event.layer?.feature ?? event.propagatedFrom?.feature ?? null; });
  shapes.on("mouseout", () => { hoverLand = null; });
  map.on("mousemove", (event) => {
    const at = event.containerPoint;
    const group = map.hasLayer(points) ? points.hit(event.layerPoint) : null;
    if (group) {
      const shown = group.slice(0, 6).map((point) => `${point.data.firm} · ${point.data.place || land(point.data.country)?.name || ""}`);
      if (group.length === 1) shown.push(group[0].data.makes.map((c) => components[c].name).slice(0, 5).join(", ") || group[0].data.kind);
      if (group.length > 6) shown.push(`and ${group.length - 6} more: click to zoom in`);
      return tip.show(at, group.length > 1 ? [`${group.length} suppliers`, ...shown] : shown);
    }
    const flow = map.hasLayer(flows) ? flows.hit(event.layerPoint) : null;
    if (flow) return tip.show(at, [`${countries[flow.data.o].name} → ${market().name}`, what(flow.data)]);
    if (hoverLand) {
      const found = shareOf(hoverLand.id), name = land(hoverLand.id)?.name ?? hoverLand.id;
      return tip.show(at, [name, found ? what(found) : hoverLand.id === state.m ? "the market" : "nothing known to come from here"]);
    }
    return tip.hide();
  });
  map.getContainer().addEventListener("mouseleave", () => tip.hide());
  let clickedLand = "";
  shapes.on("click", (event) => { clickedLand = (event.layer ?? event.propagatedFrom).feature.id; });
  map.on("click", (event) => {  // after the outlines' own: what lies on top goes first
    const group = map.hasLayer(points) ? points.hit(event.layerPoint) : null, flow = map.hasLayer(flows) ? flows.hit(event.layerPoint) : null;
    const land = clickedLand;
    clickedLand = "";
    if (group && group.length > 1 && map.getZoom() < 7) map.setView(event.latlng, Math.min(map.getZoom() + 2, 7));
    else if (group) drawSupplier(group[0].data);
    else if (flow) pick(countries[flow.data.o].iso3);
    else if (land) pick(land);
  });
  function what(found) {
    const c = chosen();
    const part = c === null ? `${percent(found.share)} of imports, ${sectorWord()}` : `${percent(found.share)} of ${components[c].name}`;
    return `${part}${found.value ? `, ${money(found.value)} a year` : ""}${found.o === byIso.get("EUU") ? " (European Union as one)" : ""}${found.status ? `, ${found.status}` : ""}`;
  }

  function drawMap() {
    now = origins();
    const shade = !off.has("countries");
    shapes.eachLayer((shape) => {
      const id = shape.feature.id, found = shareOf(id), marked = target.has(id), here = id === state.m;
      shape.setStyle({
        fillColor: shade && found && found.share > 0.0005 ? colourOf(found.share) : style.land,
        color: id === state.k ? style.ink : marked ? style.accent : here ? style.blue : "#ffffff",
        weight: id === state.k ? 2 : marked || here ? 1.3 : 0.6,
      });
      if (marked || here || id === state.k) shape.bringToFront();
    });
    const to = market(), unknown = new Set(["ROW"]);
    const list = [...now.values()].filter((found) => countries[found.o].iso3 !== state.m && !unknown.has(countries[found.o].iso3) && found.share > 0.0005)
      .sort((a, b) => b.share - a.share);
    const most = Math.min(+state.n, list.length);
    flows.setFlows(list.slice(0, most).map((found) => {
      const from = countries[found.o];
      return { lon: corridor.map.east(from.lon), lat: from.lat, toLon: corridor.map.east(to.lon), toLat: to.lat, value: found.share,
        colour: target.has(from.iso3) ? style.accent : style.blue, faint: state.k && state.k !== from.iso3, data: found };
    }), Math.max(0.02, list.length ? list[0].share : 1));
    $("flow-count").textContent = `${most} of ${list.length}`;
    const c = chosen();
    points.setPoints(data.suppliers.filter((supplier) => (c === null ? supplier.makes.some(inSector) || (state.s === "all") : supplier.makes.includes(c)))
      .map((supplier) => ({ lon: corridor.map.east(supplier.lon), lat: supplier.lat, colour: sectors[supplier.sector]?.colour ?? style.other, data: supplier })));
    for (const [name, layer] of Object.entries(layers)) if (layer) (off.has(name) ? map.removeLayer(layer) : map.addLayer(layer));
    for (const part of document.querySelectorAll("[data-legend]")) part.hidden = off.has(part.dataset.legend);
    $("legend-share").textContent = c === null ? `Share of ${to.name}'s imports, ${sectorWord()}, by value` : `Share of ${to.name}'s supply of ${components[c].name}`;
    $("legend-width").textContent = "Width: the same share" + (c === null ? " (US$ of need × share of each component, added up)" : "");
    $("legend-points").textContent = `${points._points.length} located suppliers${c === null ? "" : ` that make ${components[c].name}`}`;
  }

  /* ---- words, origins, country ---- */
  function say() {
    const c = chosen(), name = corridor.inText(market().name), Name = name[0].toUpperCase() + name.slice(1);
    if (c !== null) {
      const row = book.get(state.m).get(c), component = components[c];
      $("say").textContent = row ? `${Name} takes ${percent(row.direct)} of its ${component.name} straight from ${data.targetName}; ${percent(row.net)} through the bill of materials. If ${data.targetName} stops selling, ${percent(row.stop)} of it stops.` : `Nothing is known of ${component.name} in ${name}.`;
    } else {
      const rows = rowsShown(), high = rows.filter((row) => row.net >= 0.5).length;
      const total = data.headline[state.m]?.[state.s];
      $("say").textContent = (total ? `${Name} takes ${percent(total.direct)} of what it finally needs (${sectorWord()}) straight from ${data.targetName}, and ${percent(total.net)} counted through the bill of materials; ${percent(total.stop)} stops if ${data.targetName} stops selling. ` : "")
        + `Of ${rows.length} components, ${high} rest on it for half or more of their value.`;
    }
  }
  function drawOrigins() {
    const c = chosen(), list = [...now.values()].sort((a, b) => b.share - a.share);
    $("origins-title").textContent = c === null ? `Where ${market().name}'s imports come from: ${sectorWord()}` : `Where ${market().name}'s ${components[c].name} comes from`;
    const component = c === null ? null : components[c];
    $("origins-note").textContent = component
      ? `${sectors[component.sector].name} · ${data.stages[component.stage]} · priced per ${component.unit} · need about ${moneyBoth(book.get(state.m).get(c)?.need ?? 0)} a year`
      : "Modelled: final needs and what home makers need for them, times the shares of origins. Choose a component for shares with their sources.";
    $("clear").hidden = c === null;
    $("origins").replaceChildren(...list.slice(0, 12).filter((found) => found.share > 0.0005).map((found) => {
      const country = countries[found.o];
      return el("li", { className: target.has(country.iso3) ? "target" : "" },
        el("button", { type: "button", className: "plain", onclick: () => pick(country.iso3) }, country.name),
        corridor.shareCell(found.share).lastChild, el("b", {}, percent(found.share)),
        el("span", { className: "why" }, found.status ? badge(found.status) : null, " ", found.status ? sourceNote(found.source, found.year) : money(found.value)));
    }));
    if (!list.length) $("origins").append(el("li", {}, "Nothing known."));
  }
  function drawCountry() {
    const card = $("country");
    card.hidden = !state.k;
    card.classList.toggle("left", Boolean(state.k) && corridor.map.east(countries[byIso.get(state.k)].lon) > 130);
    if (!state.k) return;
    const k = byIso.get(state.k), country = countries[k], rows = [];
    for (const row of rowsShown()) for (const origin of row.origins) if (origin.o === k && origin.share > 0.0005) rows.push({ row, origin, value: origin.share * (row.need || 0) });
    rows.sort((a, b) => b.value - a.value || b.origin.share - a.origin.share);
    const found = now.get(k), firms = data.suppliers.filter((supplier) => supplier.country === state.k && (state.s === "all" || supplier.makes.some(inSector)));
    corridor.fill(card,
      el("button", { type: "button", className: "close", "aria-label": `Close ${country.name}`, onclick: () => pick("") }, "×"),
      el("h2", {}, country.name, target.has(state.k) ? el("span", { className: "badge target" }, "target") : null),
      el("p", {}, found ? `${what(found)}.` : state.k === state.m ? "The market itself." : `Nothing of this selection is known to come to ${corridor.inText(market().name)} from here.`),
      el("h3", {}, rows.length ? `Supplies to ${market().name} (${rows.length}), greatest value first` : ""),
      el("ol", { className: "supplies" }, ...rows.slice(0, 12).map(({ row, origin, value }) => el("li", {},
        el("button", { type: "button", className: "plain", onclick: () => choose(components[row.c].id) }, components[row.c].name),
        el("b", {}, percent(origin.share)), el("span", { className: "why" }, value ? `${money(value)} · ` : "", badge(origin.status), " ", sourceNote(origin.source, origin.year))))),
      firms.length ? el("p", { className: "soft" }, `${firms.length} located suppliers: ${firms.slice(0, 8).map((supplier) => supplier.firm).join(", ")}${firms.length > 8 ? " …" : ""}`) : null,
    );
  }

  function drawSupplier(supplier) {
    const card = $("country"), name = countries[byIso.get(supplier.country)]?.name ?? supplier.country;
    card.hidden = false;
    card.classList.toggle("left", corridor.map.east(supplier.lon) > 130);
    corridor.fill(card,
      el("button", { type: "button", className: "close", "aria-label": `Close ${supplier.firm}`, onclick: drawCountry }, "×"),
      el("h2", {}, supplier.firm),
      el("p", {}, `${supplier.kind}, ${[supplier.place, name].filter(Boolean).join(", ")}`, supplier.precision === "site" ? "" : ` (placed by ${supplier.precision})`),
      el("p", { className: "why" }, badge(statuses[supplier.status]), " ", sourceNote(sources[supplier.source], supplier.year)),
      el("h3", {}, supplier.makes.length ? "Makes" : "What it makes is not known."),
      el("ol", { className: "supplies" }, ...supplier.makes.map((c) => el("li", {}, el("button", { type: "button", className: "plain", onclick: () => choose(components[c].id) }, components[c].name)))));
  }

  /* ---- ranked table ---- */
  const ranked = corridor.table($("ranked"), [
    { key: "name", label: "Component", down: false, value: (row) => components[row.c].name, cell: (row) => el("th", { scope: "row" }, el("span", { className: "named" },
      el("span", { className: "dot", "data-sector": sectors[components[row.c].sector].id, title: sectors[components[row.c].sector].name }),
      el("button", { type: "button", className: "plain", "aria-pressed": String(row.c === chosen()), onclick: () => choose(row.c === chosen() ? "" : components[row.c].id) }, components[row.c].name))) },
    ...MEASURES.map(([key, label, title]) => ({ key, label, title, className: "n", value: (row) => row[key], cell: (row) => {
      const cell = corridor.shareCell(row[key]);
      cell.classList.toggle("on", key === state.by);
      return cell;
    } })),
    { key: "need", label: "Need", title: "Yearly need of the market, modelled", className: "n", value: (row) => row.need || 0, cell: (row) => el("td", { className: "n" }, row.need ? money(row.need) : "–") },
    { key: "known", label: "Evidence", title: "How much of the net exposure rests on reported figures", value: (row) => row.known[0] + row.known[1] * 0.9 + row.known[2] * 0.3, cell: (row) => el("td", { className: "ev" }, corridor.evidence(row.known, statuses)) },
  ], { sort: { key: state.by, down: true }, caption: "Components by exposure to the target", none: "No component with that name in this sector.",
    mark: (line, row) => line.classList.toggle("chosen", row.c === chosen()) });
  function drawTable() {
    const words = $("find").value.trim().toLowerCase();
    const exact = state.c && words === components[chosen()].name.toLowerCase();
    const rows = rowsShown().filter((row) => exact || !words || components[row.c].name.toLowerCase().includes(words) || components[row.c].id.includes(words));
    ranked.show(rows);
    $("count").textContent = `${rows.length} components`;
  }
  let sorted = state.by;
  function sortBy(key) {
    if (key === sorted && ranked.sort.key === key) return;
    sorted = key;
    ranked.sort.key = key; ranked.sort.down = true;
  }

  /* ---- choosing ---- */
  function keep() { state.off = [...off].sort().join(".") || "-"; corridor.writeState(state, DEFAULTS); }
  function refresh() { drawMap(); say(); drawOrigins(); drawCountry(); drawTable(); keep(); }
  function choose(id) {
    state.c = byId.has(id) ? id : "";
    $("find").value = state.c ? components[chosen()].name : "";
    if (state.c && !inSector(chosen())) { state.s = "all"; $("sector").value = "all"; }
    const focused = document.activeElement?.closest?.("#ranked") ? state.c : null;
    refresh();
    if (state.c) ranked.finish();
    const line = document.querySelector("#ranked tr.chosen");
    if (focused) line?.querySelector("button").focus({ preventScroll: true });
    if (line && !focused) line.parentNode.parentNode.parentNode.scrollTop = Math.max(0, line.offsetTop - 120);
  }
  function pick(iso3) {
    const group = EU.has(iso3) && !now.has(byIso.get(iso3)) && now.has(byIso.get("EUU")) ? "EUU" : iso3;
    state.k = byIso.has(group) && group !== state.k ? group : "";
    drawMap(); drawCountry(); keep();
  }
  corridor.segmented($("market"), markets.map((other) => [other.id, other.name]), () => state.m, (id) => { state.m = id; refresh(); });
  corridor.segmented($("measure"), MEASURES, () => state.by, (id) => { state.by = id; sortBy(id); drawTable(); keep(); });
  $("sector").replaceChildren(el("option", { value: "all" }, "All sectors"), ...sectors.map((sector) => el("option", { value: sector.id }, sector.name)));
  $("sector").value = state.s;
  $("sector").addEventListener("change", () => { state.s = $("sector").value; if (state.c && !inSector(chosen())) { state.c = ""; $("find").value = ""; } refresh(); });
  $("names").replaceChildren(...components.map((component) => el("option", { value: component.name })));
  const byName = new Map(components.map((component) => [component.name.toLowerCase(), component.id]));
  $("find").value = state.c ? components[chosen()].name : "";
  $("find").addEventListener("input", () => {
    const id = byName.get($("find").value.trim().toLowerCase());
    if (id && id !== state.c) return choose(id);
    if (!id && state.c) { state.c = ""; const text = $("find").value; refresh(); $("find").value = text; }
    return drawTable();
  });
  $("find").addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose("");
    if (event.key === "Enter") { event.preventDefault(); document.querySelector("#ranked tbody button")?.click(); }
  });
  $("clear").addEventListener("click", () => choose(""));
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.checked = !off.has(box.dataset.layer);
    box.addEventListener("change", () => { box.checked ? off.delete(box.dataset.layer) : off.add(box.dataset.layer); drawMap(); keep(); });
  }
  $("flows").value = state.n;
  $("flows").addEventListener("input", () => { state.n = $("flows").value; drawMap(); keep(); });
  $("home").addEventListener("click", fit);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.k) pick(""); });
  $("csv").addEventListener("click", () => corridor.saveCsv(`exposure-${state.m}-${state.s}.csv`,
    ["market", "component", "name", "sector", "stage", "direct", "net", "stop", "need_usd_m", ...statuses],
    rowsShown().sort((a, b) => b[state.by] - a[state.by]).map((row) => [state.m, components[row.c].id, components[row.c].name, sectors[components[row.c].sector].id, data.stages[components[row.c].stage], row.direct, row.net, row.stop, row.need, ...row.known])));
  $("csv-origins").addEventListener("click", () => corridor.saveCsv(`origins-${state.m}-${state.c || state.s}.csv`,
    ["market", "selection", "origin", "name", "share", "value_usd_m", "status", "source", "year"],
    [...now.values()].sort((a, b) => b.share - a.share).map((found) => [state.m, state.c || state.s, countries[found.o].iso3, countries[found.o].name, found.share, found.value, found.status, found.source?.title, found.year])));
  $("png").addEventListener("click", () => corridor.map.picture(map, `dependency-${state.m}-${state.c || state.s}.png`,
    [$("origins-title").textContent, `${data.disclaimer} corridor, study ${data.study}.`]));
  corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; refresh(); });
  sortBy(state.by);
  $("target-names").textContent = targetText;
  refresh();
  document.documentElement.dataset.ready = "true";
};
