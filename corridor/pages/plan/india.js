/* plan.html: what to move to which Indian site, as the budget grows. State and controls. */
"use strict";
corridor.india = (map) => {
  const { $, el, percent, percentFine, money, moneyBoth, number, plural } = corridor;
  const data = corridor.read("data"), { plans, sites, components, sectors, markets, years } = data;
  const DEFAULTS = { b: String(data.start), s: "all", y: String(years.at(-1)), c: "", site: "", st: "", d: "", q: "", paint: "sector", g: "component", v: "", u: "usd" };
  const state = corridor.readState(DEFAULTS);
  const byId = new Map(components.map((component, index) => [component.id, index]));
  const bySite = new Map(sites.map((site, index) => [site.id, index]));
  const known = {
    b: (index) => Boolean(plans[+index]), s: (id) => id === "all" || sectors.some((sector) => sector.id === id), y: (year) => years.includes(+year),
    g: (kind) => kind === "plant", c: (id) => byId.has(id), site: (id) => bySite.has(id), st: (name) => sites.some((site) => site.state === name), paint: (kind) => kind === "others" && plans.some((one) => one.others),
  };
  function readAddress() {
    Object.assign(state, corridor.readState(DEFAULTS));
    for (const [key, good] of Object.entries(known)) if (!good(state[key])) state[key] = DEFAULTS[key];
  }
  readAddress();
  /* Columns to rows, once. */
  for (const one of plans) {
    const keys = Object.keys(one.moves), { worth, perUsd, together, needs, neededBy } = one.why ?? {}, { verdict, here, regret } = one.others ?? {};
    const extra = { worth, perUsd, together, needs, neededBy, verdict, here, regret };
    one.rows = one.moves.c.map((_, index) => ({ ...Object.fromEntries(keys.map((key) => [key, one.moves[key][index]])), ...Object.fromEntries(Object.entries(extra).filter(([, column]) => column).map(([key, column]) => [key, column[index]])) }));
  }
  const plan = () => plans[+state.b];
  const sectorOf = (move) => sectors[components[move.c].sector];
  const inSector = (c) => state.s === "all" || sectors[components[c].sector].id === state.s;
  const shown = () => plan().rows.filter((move) => inSector(move.c));
  const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] || 0), 0);
  const keyOf = (move) => `${components[move.c].id}@${sites[move.s].id}@${move.start}`;
  function listed() {
    const words = state.q.toLowerCase(), found = words ? new Set(corridor.findComponents(words)) : null;
    return shown().filter((move) => !words || found.has(components[move.c].id) || [sites[move.s].name, sites[move.s].state, move.technology].some((text) => text.toLowerCase().includes(words)));
  }
  function stage(move) {
    return move.start > +state.y ? `starts ${move.start}` : move.output > +state.y ? `being built since ${move.start}` : `produces since ${move.output}`;
  }
  function verdictWords(move) {
    const others = plan().others, all = `${others.count} plans that avoid at least ${percentFine(1 - others.slack)} of the loss avoided by the best`;
    const here = move.here === move.verdict ? "" : `; at this site: ${move.here}`;
    return { must: `in all of ${all}`, could: `in some of ${all}${move.regret === null ? "" : `; leaving it out costs ${money(move.regret)} more loss`}`, never: `in none of the others of ${all}` }[move.verdict] + here;
  }

  const view = { state, plan, sectorOf, inSector, shown, listed, sum, keyOf, stage, verdictWords, byId, bySite, keep, pick, setPlan, map, drawn: () => drawn, byOthers: () => state.paint === "others" && Boolean(plan().others), usedOf: (limit) => charts.usedOf(limit) };
  const verdict = corridor.indiaVerdict(data, view);
  Object.assign(view, { averted: verdict.averted, nextDollar: verdict.nextDollar, counts: verdict.counts, whyMove: verdict.whyMove });
  const drawn = corridor.indiaMap(map, data, view), charts = corridor.indiaCharts(data, view), panel = corridor.indiaPanel(data, view), tables = corridor.indiaTables(data, view);

  /* ---- words and numbers ---- */
  function say() {
    const one = plan(), s = one.summary, rows = one.rows, made = sum(rows, "made"), still = sum(rows, "still"), gain = verdict.averted(one), ratio = s.cost_usd_m > 0 ? gain / s.cost_usd_m : null;
    $("say").textContent = verdict.say(one);
    const tile = (label, value, ...note) => el("div", { className: "kpi" }, el("dt", {}, label), el("dd", {}, ...[value].flat()), el("dd", { className: "soft small" }, ...note));
    $("kpis").replaceChildren(
      tile(`Expected loss, ${years[0]}–${years.at(-1)}`, [money(s.expected_loss_before_usd_m), el("span", { className: "to" }, " → "), money(s.expected_loss_after_usd_m)],
        `Discounted at ${percent(data.discount)} a year; ${verdict.weights()}.`),
      tile("Averted", money(gain), verdict.term(one.quality, "The search also proves how much any plan within this budget and these limits could do at most; this plan reaches at least so much of it."), one.warning ? `; ${one.warning}` : ""),
      tile("Cost, discounted", money(s.cost_usd_m), "Plants less incentives, running premium, second sources, stocks: see below."),
      tile("Averted per dollar", ratio === null ? "–" : verdict.cents(ratio), verdict.nextDollar(one)),
      tile(`Still from ${data.targetName}`, percent(made ? still / made : null), made ? `${money(still)} of the ${money(made)} that the plants make a year comes from there in their inputs.` : "The plants make nothing by the last year."),
    );
    verdict.draw(one);
  }
  function sayYear() {
    const rows = shown(), year = +state.y, making = rows.filter((move) => move.output <= year), building = rows.filter((move) => move.start <= year && move.output > year);
    $("year-now").textContent = `${year}: ${plural(sum(making, "plants"), "plant")} ${sum(making, "plants") === 1 ? "produces" : "produce"}, ${number(sum(building, "plants"))} being built`;
    $("year").setAttribute("aria-valuetext", $("year-now").textContent);
  }

  /* ---- changing things ---- */
  /** Keeps the view in the address; a step with a name can be undone by Back. */
  function keep(step) { corridor.writeState(state, DEFAULTS, step); }
  function drawList() {
    const rows = listed();
    $("moves-count").textContent = `${plural(sum(rows, "plants"), "plant")} of ${plural(new Set(rows.map((move) => move.c)).size, "component")}, ${money(sum(rows, "capex"))}`;
    tables.list(rows);
  }
  function refresh(step) {
    const slider = $("budget"), others = plan().others;
    slider.value = state.b;
    slider.setAttribute("aria-valuetext", `${money(plan().budget)}, ${plural(plan().rows.length, "move")}`);
    $("budget-now").textContent = moneyBoth(plan().budget);
    for (const legend of document.querySelectorAll("[data-legend]")) legend.hidden = (legend.dataset.legend === "others") !== view.byOthers();
    if ($("others-note")) {
      $("others-note").textContent = others
        ? `${others.count} plans that avoid at least ${percentFine(1 - others.slack)} of the loss avoided by the best were compared. ${others.elsewhere.length ? `In some of them but not here: ${others.elsewhere.map((c) => components[c].name).join(", ")}. ` : ""}${plural(others.never, "component")} ${others.never === 1 ? "is" : "are"} in none.`
        : "Near-optimal plans were not computed for this budget.";
    }
    say(); sayYear(); drawn.draw(); charts.draw(); panel.draw(); tables.draw(); drawList(); keep(step);
  }
  function setPlan(index) { state.b = String(Math.max(0, Math.min(plans.length - 1, index))); refresh("plan*"); }
  /** Choose a component (c), a site, a state (st) or a move (d); choosing it again clears the choice. The card
      opens under the line where it was asked for, or on the map. */
  function pick(kind, id, line = null, clicked = null) {
    const same = kind && state[kind] === id;
    state.c = state.site = state.st = state.d = "";
    if (kind && !same) state[kind] = id;
    drawn.draw(); tables.remark(); panel.pick(line, clicked); keep("pick");
  }

  $("budget").max = plans.length - 1;
  $("budget").addEventListener("input", () => { stop(); setPlan(+$("budget").value); });
  $("ticks").replaceChildren(...plans.map((one, index) => el("button", { type: "button", className: "plain", tabIndex: -1, onclick: () => { stop(); setPlan(index); } }, "")));
  let playing = null;
  function stop() { clearInterval(playing); playing = null; $("play").textContent = "▶ Play"; $("play").setAttribute("aria-pressed", "false"); }
  $("play").addEventListener("click", () => {
    if (playing) return stop();
    if (+state.b === plans.length - 1) setPlan(0);
    $("play").textContent = "❚❚ Pause"; $("play").setAttribute("aria-pressed", "true");
    playing = setInterval(() => { if (+state.b >= plans.length - 1) stop(); else setPlan(+state.b + 1); }, 1100);
    return undefined;
  });
  $("year").min = years[0]; $("year").max = years.at(-1); $("year").value = state.y;
  $("year").addEventListener("input", () => { state.y = $("year").value; sayYear(); drawn.draw(); charts.drawYear(); keep("year*"); });
  $("sector").replaceChildren(el("option", { value: "all" }, "All sectors"), ...sectors.map((sector) => el("option", { value: sector.id }, sector.name)));
  $("sector").value = state.s;
  $("sector").addEventListener("change", () => { state.s = $("sector").value; refresh("sector"); });
  const markGroup = corridor.segmented($("group"), [["component", "By component"], ["plant", "Each plant"]], () => state.g, (kind) => { state.g = kind; drawList(); keep("group"); });
  $("find").value = state.q;
  $("find").addEventListener("input", () => { state.q = $("find").value.trim(); drawList(); keep("find*"); });
  let markPaint = () => {};
  if ($("paint")) {
    markPaint = corridor.segmented($("paint"), [["sector", "Sector"], ["others", "Must / could"]], () => state.paint, (kind) => { state.paint = kind; refresh("paint"); });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("site").hidden) panel.close(); });
  $("home").addEventListener("click", drawn.home);
  $("csv").addEventListener("click", tables.csv);
  $("png").addEventListener("click", () => corridor.map.picture(map, `plan-${plan().budget}.png`,
    { title: `Plan of ${moneyBoth(plan().budget)}: ${plural(sum(plan().rows, "plants"), "plant")}`, foot: [$("say").textContent, corridor.credit(data.study, []), data.disclaimer], legend: drawn.legend(), labels: drawn.labels(), marks: drawn.marks() }));
  corridor.linkButton($("link"));
  corridor.saveButton($("save"), () => `plan-${plan().budget}.html`);
  const setUnit = corridor.unitSwitch($("unit"), data.crore, state.u, (unit) => { state.u = unit; drawTicks(); refresh("unit"); });
  function drawTicks() { [...$("ticks").children].forEach((button, index) => { button.textContent = money(plans[index].budget); }); }
  /** Shows the state of the address, after Back or a link. */
  function restore() {
    const view = state.v;
    readAddress();
    setUnit(state.u);
    $("year").value = state.y; $("sector").value = state.s; $("find").value = state.q;
    markPaint(); markGroup();
    drawTicks();
    if (state.v !== view) drawn.restore();
    refresh();
  }
  drawTicks();
  refresh();
  corridor.ready(restore);
};
