/* plan.html, the charts: averted loss, years, before and after. SVG, each with its figures as text. */
"use strict";
corridor.indiaCharts = (data, view) => {
  const { $, el, svg, percent, money, number, capital } = corridor, { plans, components, sectors, years, markets } = data, { state, sum } = view;

  function niceStep(most, count) {
    const raw = most / count, size = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((step) => step >= raw);
  }
  /* ---- frontier: averted loss against cost, stacked by market, each times its weight ---- */
  function frontier() {
    const w = 520, h = 250, left = 62, right = 16, top = 30, bottom = 38;
    const gain = (one, market) => { const [before, after] = one.expected[market.id]; return data.weights[market.id] * (before - after); };
    const none = { cost: 0, averted: 0, parts: markets.map(() => 0), planIndex: -1 };
    const points = [none, ...plans.map((one, planIndex) => ({ cost: one.summary.cost_usd_m, averted: view.averted(one), parts: markets.map((market) => gain(one, market)), planIndex }))].sort((one, other) => one.cost - other.cost);
    const maxX = Math.max(...points.map((p) => p.cost)) * 1.04 || 1, maxY = Math.max(...points.map((p) => p.averted)) * 1.12 || 1;
    const x = (value) => left + (value / maxX) * (w - left - right), y = (value) => h - bottom - (Math.max(0, value) / maxY) * (h - top - bottom);
    const words = points.slice(1).map((p) => `${money(p.cost)} averts ${money(p.averted)}`).join("; ");
    const chart = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": `Expected loss averted by the cost of each plan: ${words}` });
    for (let tick = 0, step = niceStep(maxY, 4); tick <= maxY; tick += step) chart.append(svg("line", { x1: left, x2: w - right, y1: y(tick), y2: y(tick), class: "grid" }), svg("text", { x: left - 7, y: y(tick) + 4, class: "tick end" }, money(tick)));
    for (let tick = 0, step = niceStep(maxX, 5); tick <= maxX; tick += step) chart.append(svg("text", { x: x(tick), y: h - bottom + 17, class: "tick mid" }, money(tick)));
    chart.append(svg("text", { x: w - right, y: h - 4, class: "axis end" }, "cost of the plan →"), svg("text", { x: 4, y: 13, class: "axis" }, "↑ expected loss averted"));
    const base = points.map(() => 0);
    markets.forEach((market, index) => {
      const below = [...base];
      points.forEach((p, n) => { base[n] += p.parts[index]; });
      const edge = (list, back) => (back ? points.map((_, n) => n).reverse() : points.map((_, n) => n)).map((n) => `${x(points[n].cost).toFixed(1)} ${y(list[n]).toFixed(1)}`);
      chart.append(svg("path", { class: `a${Math.min(index, 3)}`, d: `M${[...edge(base), ...edge(below, true)].join(" L")} Z` }, svg("title", {}, `${market.name}, counted ${percent(data.weights[market.id])}`)));
    });
    const reach = Math.min(maxX, maxY);
    chart.append(svg("line", { x1: x(0), y1: y(0), x2: x(reach), y2: y(reach), class: "onetoone" }), svg("text", { x: x(reach) + (reach < maxX * 0.7 ? 6 : -6), y: y(reach) + 10, class: reach < maxX * 0.7 ? "tick" : "tick end" }, "a dollar for a dollar"));
    chart.append(svg("path", { class: "curve", d: points.map((p, index) => `${index ? "L" : "M"}${x(p.cost).toFixed(1)} ${y(p.averted).toFixed(1)}`).join(" ") }));
    const until = data.breakEven;
    if (until) chart.append(svg("line", { x1: x(until), x2: x(until), y1: y(0), y2: y(maxY * 0.9), class: "even" }), svg("text", { x: x(until) + 5, y: y(maxY * 0.9) + 4, class: "axis halo" }, "the next dollar stops paying"));
    const now = points.find((p) => p.planIndex === +state.b);
    for (const point of [...points.filter((other) => other !== now), now]) {  // the chosen one on top
      const dot = svg("circle", { cx: x(point.cost), cy: y(point.averted), r: point === now ? 7 : 4.5, class: point === now ? "dot-now" : point.planIndex < 0 ? "dot-none" : "dot-plan" });
      dot.append(svg("title", {}, point.planIndex < 0 ? "no plan" : `budget ${money(plans[point.planIndex].budget)}: cost ${money(point.cost)}, averts ${money(point.averted)}`));
      if (point.planIndex >= 0) dot.addEventListener("click", () => view.setPlan(point.planIndex));
      chart.append(dot);
    }
    $("frontier").replaceChildren(chart, el("p", { className: "legendline soft small" }, ...markets.map((market, index) => el("span", { className: "flowkey" }, svg("svg", { width: 11, height: 11, "aria-hidden": "true" }, svg("rect", { width: 11, height: 11, class: `a${Math.min(index, 3)}` })), `averted for ${corridor.inText(market.name)}, counted ${view.counts(data.weights[market.id])} `))));
    $("frontier-note").textContent = `Each point is a plan: what it costs and the expected loss it averts, both discounted. ${view.nextDollar(view.plan())} Click a point.`;
  }

  /* ---- years: investment by start year, and a strip per component from start to first output to the end ---- */
  const W = 520, LEFT = 168, step = (W - LEFT - 6) / years.length, yearX = (year) => LEFT + (year - years[0]) * step;
  function investment() {
    const rows = view.shown(), h = 118, bottom = 20;
    const totals = years.map((year) => sum(rows.filter((move) => move.start === year), "capex")), top = Math.max(1, ...totals);
    const chart = svg("svg", { viewBox: `0 0 ${W} ${h}`, role: "img", "aria-label": `Investment by start year: ${years.map((year, index) => `${year} ${money(totals[index])}`).join(", ")}` });
    const peak = totals.indexOf(Math.max(...totals));
    chart.append(svg("text", { x: 0, y: h - bottom - 18, class: "axis" }, "investment"), svg("text", { x: 0, y: h - bottom - 4, class: "tick" }, `most: ${money(totals[peak])}, ${years[peak]}`));
    years.forEach((year, index) => {
      let base = h - bottom;
      for (const sector of sectors) {
        const height = (sum(rows.filter((move) => move.start === year && view.sectorOf(move) === sector), "capex") / top) * (h - bottom - 6);
        if (height > 0.2) chart.append(svg("rect", { x: yearX(year) + step * 0.12, width: step * 0.76, y: base - height, height, fill: sector.colour }, svg("title", {}, `${year} ${sector.name}; all sectors ${money(totals[index])}`)));
        if (height > 13) chart.append(svg("path", { d: sector.mark, fill: "#ffffff", "pointer-events": "none", transform: `translate(${yearX(year) + step / 2 - 4} ${base - height / 2 - 4}) scale(0.8)` }));
        base -= height;
      }
      chart.append(svg("text", { x: yearX(year) + step / 2, y: h - 5, class: year === +state.y ? "tick mid now" : "tick mid" }, String(year)));
    });
    $("years").replaceChildren(chart);
  }
  function strips() {
    const groups = new Map();
    for (const move of view.shown()) {
      const key = `${move.c} ${move.start} ${move.output}`, group = groups.get(key) ?? { ...move, plants: 0, capex: 0 };
      group.plants += move.plants;
      group.capex += move.capex;
      groups.set(key, group);
    }
    const rows = [...groups.values()].sort((a, b) => a.start - b.start || a.output - b.output || b.capex - a.capex), line = 15, end = years.at(-1) + 1;
    const chart = svg("svg", { viewBox: `0 0 ${W} ${Math.max(1, rows.length) * line}`, role: "img", "aria-label": `When plants start and first produce: ${rows.map((row) => `${components[row.c].name} ${row.start}, ${row.output}`).slice(0, 40).join("; ")}` });
    chart.append(svg("rect", { x: yearX(+state.y), y: 0, width: step, height: rows.length * line, class: "year-now" }));
    rows.forEach((row, index) => {
      const colour = view.sectorOf(row).colour, y = index * line, name = capital(components[row.c].name), made = Math.min(row.output, end);
      chart.append(svg("path", { d: view.sectorOf(row).mark, fill: colour, transform: `translate(1 ${y + 3.5}) scale(0.8)` }), svg("text", { x: LEFT - 6, y: y + 11, class: "strip-name end" }, name.length > 23 ? `${name.slice(0, 22)}…` : name),
        svg("rect", { x: yearX(row.start) + 1, y: y + 3.5, width: Math.max(1, yearX(made) - yearX(row.start) - 2), height: line - 7, fill: "none", stroke: colour, "stroke-dasharray": "3 2", "stroke-width": 1.2 }),
        svg("rect", { x: yearX(made), y: y + 2.5, width: Math.max(0, yearX(end) - yearX(made)), height: line - 5, fill: colour }),
      );
    });
    $("strips").replaceChildren(chart);
  }

  /* ---- before and after ---- */
  function pairs(box, rows, format, most) {
    box.replaceChildren(...rows.map(({ name, before, after, title }) => el("li", { title: title || "" },
      el("span", { className: "name" }, name),
      svg("svg", { class: "pair", viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { x: 0, y: 1, height: 6, width: most ? (before / most) * 100 : 0, class: "was" }), svg("rect", { x: 0, y: 9, height: 6, width: most ? (after / most) * 100 : 0, class: "is" })),
      el("span", { className: "figures" }, `${format(before)} → ${format(after)}`))));
    if (!rows.length) box.append(el("li", {}, "Nothing changes."));
  }
  function effects() {
    const one = view.plan();
    pairs($("losses"), one.losses.map(([name, before, after]) => ({ name: data.denials[name]?.label ?? name, before, after, title: data.denials[name]?.title })).slice(0, 10), money, Math.max(0, ...one.losses.map((row) => row[1])));
    pairs($("changed"), one.changed.map(([c, before, after]) => ({ name: capital(components[c].name), before, after })), percent, 1);
  }
  /** "US$ 500 M of 500 M"; money in the chosen unit. */
  const usedOf = (limit) => (limit.money ? `${money(limit.used)} of ${money(limit.amount)}` : `${number(limit.used)} of ${number(limit.amount)} ${limit.unit}`.trim());
  function limits() {
    const tight = view.plan().limits.filter((limit) => limit.binds), kinds = tight.filter((limit) => limit.kind === "most plants"), rest = tight.filter((limit) => !kinds.includes(limit));
    const worth = (limit) => (limit.price > 0 ? el("span", { className: "soft" }, limit.money ? ` – the next ${money(100)} would avoid about ${money(100 * limit.price)} of loss` : ` – one more would avoid about ${money(limit.price)} of loss`) : null);
    corridor.fill($("limits"),
      ...rest.map((limit) => el("li", {}, el("b", {}, limit.limit), ` ${limit.scope}: ${usedOf(limit)}`, ...[worth(limit)].filter(Boolean))),
      kinds.length ? el("li", {}, el("b", {}, "As many plants of one kind as the data allow"), `: ${kinds.map((limit) => `${limit.scope.replace(/ \([^()]*\)$/, "")} (${number(limit.amount)})`).join(", ")}`) : null,
      ...(view.plan().prices ?? []).length ? [el("li", {}, el("details", {}, el("summary", {}, "What one more unit of each limit buys"), el("ul", {}, ...view.plan().prices.map((words) => el("li", {}, words)))))] : []);
    if (!tight.length) $("limits").append(el("li", {}, "No limit binds: more of none of them would change the plan."));
  }
  return { draw() { frontier(); investment(); strips(); effects(); limits(); }, drawYear() { investment(); strips(); }, usedOf };
};
