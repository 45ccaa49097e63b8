/* plan.html: what to move to which Indian site, as the budget grows. */
"use strict";
corridor.india = (map) => {
  const { $, el, svg, percent, percentFine, money, moneyBoth, number, amount, capital } = corridor;
  const data = corridor.read("data"), outlines = corridor.map.features(corridor.read("outlines"));
  const { plans, sites, components, sectors, markets, style } = data;
  const DEFAULTS = { b: String(data.start), s: "all", site: "", u: "usd" };
  const state = corridor.readState(DEFAULTS);
  if (!plans[+state.b]) state.b = DEFAULTS.b;
  if (state.s !== "all" && !sectors.some((sector) => sector.id === state.s)) state.s = "all";
  const bySite = new Map(sites.map((site, at) => [site.id, at]));
  if (!bySite.has(state.site)) state.site = "";
  const sectorOf = (move) => sectors[components[move.c].sector];
  const plan = () => plans[+state.b];
  for (const one of plans) {
    const keys = Object.keys(one.moves);
    one.rows = one.moves.c.map((_, at) => Object.fromEntries(keys.map((key) => [key, one.moves[key][at]])));
  }
  const shown = () => plan().rows.filter((move) => state.s === "all" || sectorOf(move).id === state.s);
  const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] || 0), 0);

  /* ---- map ---- */
  const states = L.geoJSON({ type: "FeatureCollection", features: outlines }, {
    style: (feature) => (feature.properties.kind === "state"
      ? { weight: 0.8, color: "#c9c4b8", fillColor: "#ffffff", fillOpacity: 1 } : { weight: 0.6, color: "#d9d5ca", fillColor: "#efede7", fillOpacity: 1 }),
  }).addTo(map);
  const india = L.featureGroup(states.getLayers().filter((layer) => layer.feature.properties.kind === "state")).getBounds();
  const fit = () => map.fitBounds(india, { animate: false, padding: [6, 6] });
  map.getContainer().setAttribute("role", "region");
  map.getContainer().setAttribute("aria-label", "Map of India: arrows move it, plus and minus zoom");
  fit();
  let width = map.getSize().x;
  new ResizeObserver(() => { map.invalidateSize(); if (Math.abs(map.getSize().x - width) > 40) { width = map.getSize().x; fit(); } }).observe(map.getContainer());
  const tip = corridor.map.tooltip(map);
  corridor.map.calm(map);
  const circles = sites.map((site) => L.circleMarker([site.lat, site.lon], { radius: 3, weight: 1, bubblingMouseEvents: false })
    .on("mousemove", (event) => tip.show(event.containerPoint, siteWords(site)))
    .on("mouseout", () => tip.hide()).on("click", () => pickSite(site.id)).addTo(map));
  states.on("mousemove", (event) => {
    const layer = event.layer ?? event.propagatedFrom, name = layer.feature.id;
    if (layer.feature.properties.kind !== "state") return tip.hide();
    const rows = shown().filter((move) => sites[move.s].state === name);
    return tip.show(event.containerPoint, [name, rows.length ? `${number(sum(rows, "plants"))} plants, ${money(sum(rows, "capex"))}` : "nothing placed here in this plan"]);
  });
  states.on("mouseout", () => tip.hide());
  const names = L.layerGroup().addTo(map);
  function atSite(site, rows) { return rows.filter((move) => move.s === bySite.get(site.id)); }
  function siteWords(site) {
    const rows = atSite(site, shown());
    const lines = [`${site.name}, ${site.state}`];
    if (!rows.length) return [...lines, "nothing placed here in this plan"];
    lines.push(`${number(sum(rows, "plants"))} plants, ${money(sum(rows, "capex"))}`);
    return [...lines, ...rows.slice(0, 5).map((move) => `${components[move.c].name} · ${move.start}`), ...(rows.length > 5 ? [`and ${rows.length - 5} more`] : [])];
  }
  const most = Math.max(1, ...plans.map((one) => Math.max(0, ...sites.map((_, at) => sum(one.rows.filter((move) => move.s === at), "capex")))));
  function drawMap() {
    const rows = shown(), placed = [];
    circles.forEach((circle, at) => {
      const here = rows.filter((move) => move.s === at), capex = sum(here, "capex");
      const parts = new Map();
      for (const move of here) parts.set(sectorOf(move), (parts.get(sectorOf(move)) || 0) + move.capex);
      const main = [...parts].sort((a, b) => b[1] - a[1])[0]?.[0];
      const picked = sites[at].id === state.site;
      circle.setRadius(here.length ? 4 + 22 * Math.sqrt(capex / most) : 3);
      circle.setStyle(here.length ? { fillColor: main.colour, fillOpacity: 0.78, color: picked ? style.ink : "#ffffff", weight: picked ? 3 : 1.2 }
        : { fillColor: "#ffffff", fillOpacity: 1, color: picked ? style.ink : "#8d9299", weight: picked ? 2.5 : 1 });
      if (here.length) placed.push([capex, at]);
    });
    placed.sort((a, b) => b[0] - a[0]).forEach(([, at]) => circles[at].bringToFront());
    circles.forEach((circle, at) => { if (!placed.some((one) => one[1] === at)) circle.bringToFront(); });
    const active = new Set(placed.map(([, at]) => sites[at].state));
    states.eachLayer((layer) => { if (layer.feature.properties.kind === "state") layer.setStyle({ fillColor: active.has(layer.feature.id) ? "#faf1e6" : "#ffffff" }); });
    names.clearLayers();
    const taken = [];
    for (const [, at] of placed.slice(0, 12)) {
      const point = map.latLngToContainerPoint([sites[at].lat, sites[at].lon]);
      if (taken.some((other) => Math.abs(other.y - point.y) < 15 && Math.abs(other.x - point.x) < 110)) continue;
      taken.push(point);
      names.addLayer(L.marker([sites[at].lat, sites[at].lon], { interactive: false, keyboard: false,
        icon: L.divIcon({ className: "sitename", html: el("span", {}, sites[at].name.length > 28 ? `${sites[at].name.slice(0, 26)}…` : sites[at].name), iconSize: null, iconAnchor: [-8 - circles[at].getRadius(), 9] }) }));
    }
  }
  map.on("zoomend", drawMap);

  /* ---- words and numbers ---- */
  function say() {
    const one = plan(), s = one.summary, rows = one.rows;
    const before = s.expected_loss_before_usd_m, after = s.expected_loss_after_usd_m;
    const made = sum(rows, "made"), still = sum(rows, "still"), places = new Set(rows.map((move) => move.s)).size;
    $("say").textContent = rows.length
      ? `With ${money(one.budget)}, ${number(sum(rows, "plants"))} plants at ${places} sites cut the expected loss from ${money(before)} to ${money(after)} (${percent(before ? (before - after) / before : 0)} less). ${percent(made ? still / made : 0)} of the value of what they make would still come from ${data.targetName}, in their inputs.`
      : `With ${money(one.budget)}, no move pays.`;
    const headline = (market, kind) => [one.headline[market]?.[`${kind}_before`], one.headline[market]?.[`${kind}_after`]];
    const arrow = ([from, to]) => [percentFine(from), el("span", { className: "to" }, " → "), percentFine(to)];
    const tile = (label, value, note) => el("div", { className: "kpi" }, el("dt", {}, label), el("dd", {}, ...[value].flat()), note ? el("dd", { className: "soft small" }, note) : null);
    $("kpis").replaceChildren(
      tile("Cost, discounted", money(s.cost_usd_m), `investment ${money(s.capex_usd_m)}, incentives ${money(s.incentive_usd_m)}, running premium ${money(s.running_usd_m)}, buying elsewhere and storing ${money(plan().levers.reduce((total, row) => total + row[3], 0))}`),
      tile("Expected loss", [money(before), el("span", { className: "to" }, " → "), money(after)], `${money(before - after)} averted; bound within ${(s.gap * 100).toFixed(1)} %`),
      ...markets.map((market) => tile(`${market.name}: net exposure`, arrow(headline(market.id, "net")),
        `direct ${headline(market.id, "direct").map(percentFine).join(" → ")}, stop ${headline(market.id, "stop").map(percentFine).join(" → ")}`)),
      tile(`Still from ${data.targetName}`, percent(made ? still / made : null), `${money(still)} of the ${money(made)} that the plants make a year`),
    );
  }

  /* ---- frontier: cost against expected loss ---- */
  function niceStep(most, count) {
    const raw = most / count, size = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((step) => step >= raw);
  }
  function drawFrontier() {
    const w = 520, h = 262, left = 62, right = 16, top = 30, bottom = 38;
    const lossBefore = plan().summary.expected_loss_before_usd_m;
    const points = [{ cost: 0, loss: lossBefore, at: -1 }, ...plans.map((one, at) => ({ cost: one.summary.cost_usd_m, loss: one.summary.expected_loss_after_usd_m, at }))];
    const maxX = Math.max(...points.map((p) => p.cost)) * 1.04 || 1, maxY = Math.max(...points.map((p) => p.loss)) * 1.06 || 1;
    const x = (value) => left + (value / maxX) * (w - left - right), y = (value) => h - bottom - (value / maxY) * (h - top - bottom);
    const chart = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": "Expected loss against cost of the plan; the figures are in the slider's plans" });
    for (let tick = 0, step = niceStep(maxY, 4); tick <= maxY; tick += step) chart.append(svg("line", { x1: left, x2: w - right, y1: y(tick), y2: y(tick), class: "grid" }), svg("text", { x: left - 7, y: y(tick) + 4, class: "tick end" }, money(tick)));
    for (let tick = 0, step = niceStep(maxX, 5); tick <= maxX; tick += step) chart.append(svg("text", { x: x(tick), y: h - bottom + 17, class: "tick mid" }, money(tick)));
    chart.append(svg("text", { x: w - right, y: h - 4, class: "axis end" }, "cost of the plan →"), svg("text", { x: 4, y: 13, class: "axis" }, "↑ expected loss over the study"));
    chart.append(svg("path", { class: "curve", d: points.map((p, at) => `${at ? "L" : "M"}${x(p.cost).toFixed(1)} ${y(p.loss).toFixed(1)}`).join(" ") }));
    const now = points[+state.b + 1];
    chart.append(svg("line", { x1: x(now.cost), x2: x(now.cost), y1: y(now.loss), y2: y(lossBefore), class: "saved" }));
    for (const point of [...points.filter((other) => other !== now), now]) {  // the chosen one on top
      const dot = svg("circle", { cx: x(point.cost), cy: y(point.loss), r: point === now ? 7 : 4.5, class: point === now ? "dot-now" : point.at < 0 ? "dot-none" : "dot-plan" });
      dot.append(svg("title", {}, point.at < 0 ? `no plan: expected loss ${money(point.loss)}` : `budget ${money(plans[point.at].budget)}: cost ${money(point.cost)}, expected loss ${money(point.loss)}`));
      if (point.at >= 0) dot.addEventListener("click", () => setPlan(point.at));
      chart.append(dot);
    }
    $("frontier").replaceChildren(chart);
  }

  /* ---- when: investment by start year and sector ---- */
  function drawYears() {
    const rows = shown(), years = data.years, w = 520, h = 150, left = 62, bottom = 22;
    const totals = years.map((year) => sum(rows.filter((move) => move.start === year), "capex"));
    const top = Math.max(1, ...totals), bar = (w - left - 8) / years.length;
    const chart = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": `Investment by start year: ${years.map((year, at) => `${year} ${money(totals[at])}`).join(", ")}` });
    const y = (value) => (value / top) * (h - bottom - 18);
    years.forEach((year, at) => {
      let base = h - bottom;
      for (const sector of sectors) {
        const height = y(sum(rows.filter((move) => move.start === year && sectorOf(move) === sector), "capex"));
        if (height > 0.2) chart.append(svg("rect", { x: left + at * bar + bar * 0.14, width: bar * 0.72, y: base - height, height, fill: sector.colour }, svg("title", {}, `${year} ${sector.name}`)));
        base -= height;
      }
      chart.append(svg("text", { x: left + (at + 0.5) * bar, y: h - 6, class: "tick mid" }, String(year)));
      if (totals[at]) chart.append(svg("text", { x: left + (at + 0.5) * bar, y: base - 4, class: "tick mid" }, money(totals[at])));
    });
    $("years").replaceChildren(chart);
  }

  /* ---- beside building: second sources, stocks, shared facilities ---- */
  function drawLevers() {
    const rows = plan().levers, count = (kind) => rows.filter((row) => row[0] === kind).length;
    $("levers-count").textContent = rows.length
      ? `${count("second source")} second sources, ${count("stock")} stocks, ${count("shared facility")} shared facilities: ${money(rows.reduce((total, row) => total + row[3], 0))}`
      : "none in this plan";
    $("levers").replaceChildren(
      el("thead", {}, el("tr", {}, ...["what", "component", "how much", "cost"].map((name, at) => el("th", { scope: "col", className: at === 3 ? "num" : "" }, name)))),
      el("tbody", {}, ...rows.map(([kind, name, what, cost]) => el("tr", {}, el("td", {}, kind), el("td", {}, capital(name)), el("td", {}, what), el("td", { className: "num" }, money(cost))))));
  }

  /* ---- before and after ---- */
  function pairBars(box, rows, format, most) {
    box.replaceChildren(...rows.map(({ name, before, after, title }) => el("li", { title: title || "" },
      el("span", { className: "name" }, name),
      svg("svg", { class: "pair", viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { x: 0, y: 1, height: 6, width: most ? (before / most) * 100 : 0, class: "was" }), svg("rect", { x: 0, y: 9, height: 6, width: most ? (after / most) * 100 : 0, class: "is" })),
      el("span", { className: "figures" }, `${format(before)} → ${format(after)}`))));
    if (!rows.length) box.append(el("li", {}, "Nothing changes."));
  }
  function drawEffects() {
    const one = plan();
    pairBars($("losses"), one.losses.map(([name, before, after]) => ({ name: data.denials[name]?.label ?? name, before, after, title: data.denials[name]?.title })).slice(0, 10), money, Math.max(0, ...one.losses.map((row) => row[1])));
    pairBars($("changed"), one.changed.map(([c, before, after]) => ({ name: capital(components[c].name), before, after })), percent, 1);
    const tight = one.limits.filter((limit) => limit.binds);
    $("limits").replaceChildren(...tight.map((limit) => el("li", {}, el("b", {}, limit.limit), ` ${bySite.has(limit.scope) ? sites[bySite.get(limit.scope)].name : limit.scope}: `, `${number(limit.used)} of ${number(limit.amount)} ${limit.unit}`)));
    if (!tight.length) $("limits").append(el("li", {}, "No limit binds: more of none of them would change the plan."));
  }

  /* ---- a site's moves and limits ---- */
  function drawSite() {
    const card = $("site");
    card.hidden = !state.site;
    if (!state.site) return;
    const site = sites[bySite.get(state.site)], rows = atSite(site, plan().rows).sort((a, b) => b.capex - a.capex);
    const limits = plan().limits.filter((limit) => limit.scope === site.id || limit.scope === site.name);
    corridor.fill(card,
      el("button", { type: "button", className: "close", "aria-label": `Close ${site.name}`, onclick: () => pickSite("") }, "×"),
      el("h2", {}, site.name), el("p", { className: "soft" }, `${site.state} · ${site.kind}${site.port ? ` · ${site.port}, ${number(site.portKm)} km` : ""}`),
      rows.length ? null : el("p", {}, "Nothing is placed here in this plan."),
      el("ol", { className: "supplies" }, ...rows.map((move) => el("li", {}, el("span", {}, capital(components[move.c].name)), el("b", {}, money(move.capex)),
        el("span", { className: "why" }, `starts ${move.start}, first output ${move.output}; ${amount(move.capacity, components[move.c].unit)} a year; ${percent(move.made ? move.still / move.made : 0)} of its value still from ${data.targetName}`)))),
      limits.length ? el("h3", {}, "Limits: used and left") : null,
      el("ul", { className: "meters" }, ...limits.map((limit) => el("li", {}, el("span", {}, limit.limit, limit.binds ? el("span", { className: "badge target" }, "binds") : null),
        el("meter", { min: 0, max: limit.amount || 1, value: limit.used, "aria-label": limit.limit }), el("span", { className: "why" }, `${number(limit.used)} used, ${number(limit.left)} left (${limit.unit})`)))),
    );
  }

  /* ---- table of moves ---- */
  const both = (value) => { const [here, there] = moneyBoth(value).split(" ("); return el("td", { className: "n" }, here, el("span", { className: "second" }, there.slice(0, -1))); };
  const moves = corridor.table($("moves"), [
    { key: "name", label: "Component", down: false, value: (move) => components[move.c].name, cell: (move) => el("th", { scope: "row" }, el("span", { className: "named" }, el("span", { className: "dot", "data-sector": sectorOf(move).id, title: sectorOf(move).name }), capital(components[move.c].name))) },
    { key: "site", label: "Site", down: false, value: (move) => sites[move.s].name, cell: (move) => el("td", {}, el("button", { type: "button", className: "plain", onclick: () => pickSite(sites[move.s].id) }, sites[move.s].name), el("span", { className: "second" }, sites[move.s].state)) },
    { key: "start", label: "Start", title: "Year of start, and of first output", down: false, className: "n", value: (move) => move.start, cell: (move) => el("td", { className: "n" }, String(move.start), el("span", { className: "second" }, `output ${move.output}`)) },
    { key: "capacity", label: "Capacity a year", className: "n", value: (move) => move.capacityUsd, cell: (move) => el("td", { className: "n" }, amount(move.capacity, components[move.c].unit), el("span", { className: "second" }, `${move.plants > 1 ? `${move.plants} plants, ` : ""}worth ${money(move.capacityUsd)}`)) },
    { key: "capex", label: "Investment", className: "n", value: (move) => move.capex, cell: (move) => both(move.capex) },
    { key: "replaces", label: "Replaces a year", title: "Deliveries of the target that it replaces", className: "n", value: (move) => move.replaces, cell: (move) => el("td", { className: "n" }, money(move.replaces)) },
    { key: "still", label: "Still dependent", title: "Part of the value made that comes from the target through the bill of materials", className: "n", value: (move) => (move.made ? move.still / move.made : 0), cell: (move) => corridor.shareCell(move.made ? move.still / move.made : 0, "accent") },
    { key: "net", label: `${markets[0].name}, net`, title: "Net exposure of the component, before and after", className: "n", value: (move) => move.before - move.after, cell: (move) => el("td", { className: "n" }, `${percent(move.before)} → ${percent(move.after)}`) },
  ], { sort: { key: "capex", down: true }, caption: "Moves of the plan", none: "No moves in this sector with this budget.", mark: (line, move) => line.classList.toggle("chosen", sites[move.s].id === state.site) });

  function keep() { corridor.writeState(state, DEFAULTS); }
  function refresh() {
    const rows = shown(), slider = $("budget");
    slider.value = state.b;
    slider.setAttribute("aria-valuetext", `${money(plan().budget)}, ${plan().rows.length} moves`);
    $("budget-now").textContent = moneyBoth(plan().budget);
    $("moves-count").textContent = `${rows.length} moves, ${money(sum(rows, "capex"))}`;
    say(); drawMap(); drawFrontier(); drawYears(); drawEffects(); drawLevers(); drawSite(); moves.show(rows); keep();
  }
  function setPlan(at) { state.b = String(Math.max(0, Math.min(plans.length - 1, at))); refresh(); }
  function pickSite(id) { state.site = id === state.site ? "" : id; drawMap(); drawSite(); moves.redraw(); keep(); }

  $("budget").max = plans.length - 1;
  $("budget").addEventListener("input", () => { stop(); setPlan(+$("budget").value); });
  $("ticks").replaceChildren(...plans.map((one, at) => el("button", { type: "button", className: "plain", tabIndex: -1, "aria-hidden": "true", onclick: () => { stop(); setPlan(at); } }, "")));
  let playing = null;
  function stop() { clearInterval(playing); playing = null; $("play").textContent = "▶ Play"; $("play").setAttribute("aria-pressed", "false"); }
  $("play").addEventListener("click", () => {
    if (playing) return stop();
    if (+state.b === plans.length - 1) setPlan(0);
    $("play").textContent = "❚❚ Pause"; $("play").setAttribute("aria-pressed", "true");
    playing = setInterval(() => { if (+state.b >= plans.length - 1) stop(); else setPlan(+state.b + 1); }, 1100);
    return undefined;
  });
  $("sector").replaceChildren(el("option", { value: "all" }, "All sectors"), ...sectors.map((sector) => el("option", { value: sector.id }, sector.name)));
  $("sector").value = state.s;
  $("sector").addEventListener("change", () => { state.s = $("sector").value; refresh(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.site) pickSite(""); });
  $("csv").addEventListener("click", () => corridor.saveCsv(`moves-${plan().budget}.csv`,
    ["budget_usd_m", "component", "name", "sector", "technology", "site", "state", "start_year", "first_output_year", "plants", "capacity", "unit", "capacity_usd_m", "made_usd_m", "capex_usd_m", "incentive_usd_m", "running_usd_m", "replaces_target_usd_m", "still_target_usd_m"],
    shown().map((move) => [plan().budget, components[move.c].id, components[move.c].name, sectorOf(move).id, move.technology, sites[move.s].id, sites[move.s].state, move.start, move.output, move.plants, move.capacity, components[move.c].unit, move.capacityUsd, move.made, move.capex, move.incentive, move.running, move.replaces, move.still])));
  $("png").addEventListener("click", () => corridor.map.picture(map, `plan-${plan().budget}.png`, [$("say").textContent, `${data.disclaimer} corridor, study ${data.study}.`]));
  corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; drawTicks(); refresh(); });
  function drawTicks() { [...$("ticks").children].forEach((button, at) => { button.textContent = money(plans[at].budget); }); }
  drawTicks();
  refresh();
  document.documentElement.dataset.ready = "true";
};
