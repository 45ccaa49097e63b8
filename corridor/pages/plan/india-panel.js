/* plan.html, the panel: a component, a site, a state or a move with its capacity, use, replacement and needs. */
"use strict";
corridor.indiaPanel = (data, view) => {
  const { $, el, percent, money, number, amount, capital } = corridor, { sites, components } = data, { state, sum } = view, card = $("site"), place = corridor.opener(card), { plural } = corridor;
  const button = (words, act) => el("button", { type: "button", className: "plain", onclick: act }, words);
  const still = (move) => (move.made ? percent(move.still / move.made) : "nothing yet");

  /** Used and left of what a place has. */
  function meter(label, used, has, unit, binds, words) {
    return el("li", {}, el("span", {}, label, binds ? el("span", { className: "badge target" }, "binds") : null),
      el("meter", { min: 0, max: has || 1, value: used, "aria-label": `${label} used` }),
      el("span", { className: "why" }, words ?? `${number(used)} used, ${number(Math.max(0, has - used))} left of ${number(has)} ${unit}`));
  }
  function moves(rows) {
    return el("ol", { className: "supplies" }, ...rows.map((move) => el("li", {},
      button(capital(components[move.c].name), () => view.pick("d", view.keyOf(move))), el("b", {}, money(move.capex)),
      el("span", { className: "why" }, `starts ${move.start}, first output ${move.output}; ${amount(move.capacity, components[move.c].unit)} a year; ${still(move)} still from ${data.targetName}`))));
  }
  function site(id) {
    const siteIndex = view.bySite.get(id), one = sites[siteIndex], limits = view.plan().limits.filter((limit) => limit.place === id);
    const rows = view.plan().rows.filter((move) => move.s === siteIndex).sort((a, b) => b.capex - a.capex);
    const known = data.siteLimits.filter((_, index) => one.has[index] !== null).map(([kind, label, unit]) => {
      const limit = limits.find((other) => other.kind === kind), has = limit?.amount ?? one.has[data.siteLimits.findIndex((row) => row[0] === kind)];
      return meter(label, limit?.used ?? 0, has, unit, limit?.binds);
    });
    const other = limits.filter((limit) => !data.siteLimits.some(([kind]) => kind === limit.kind));
    return [one.name, [el("h2", {}, one.name),
      el("p", { className: "soft" }, `${one.state} · ${one.kind}${one.port ? ` · ${one.port}, ${number(one.portKm)} km` : ""}`),
      el("h3", {}, "Capacity: used by this plan, and left ", one.status ? corridor.badge(one.status) : null),
      el("ul", { className: "meters" }, ...known, ...other.map((limit) => meter(limit.limit, limit.used, limit.amount, limit.unit, limit.binds, view.usedOf(limit)))),
      rows.length ? el("h3", {}, `${plural(sum(rows, "plants"), "plant")}, ${money(sum(rows, "capex"))}`) : el("p", {}, "Nothing is placed here in this plan."), moves(rows),
      one.tags ? el("p", { className: "soft small" }, `Suited to: ${one.tags}`) : null]];
  }
  function inState(name) {
    const rows = view.plan().rows.filter((move) => sites[move.s].state === name), inside = sites.filter((one) => one.state === name);
    const limits = view.plan().limits.filter((limit) => limit.place === name);
    const bySector = data.sectors.map((sector) => [sector, rows.filter((move) => view.sectorOf(move) === sector)]).filter(([, part]) => part.length);
    return [name, [el("h2", {}, name), el("p", {}, rows.length ? `${plural(sum(rows, "plants"), "plant")} at ${new Set(rows.map((move) => move.s)).size} of ${plural(inside.length, "site")}, ${money(sum(rows, "capex"))}.` : `Nothing is placed here in this plan; ${plural(inside.length, "site")}.`),
      el("ul", { className: "firms" }, ...bySector.map(([sector, part]) => el("li", {}, el("span", { className: "dot", "data-sector": sector.id }), `${sector.name}: ${plural(sum(part, "plants"), "plant")}, ${money(sum(part, "capex"))}`))),
      limits.length ? el("h3", {}, "Limits of the state: used and left") : null,
      el("ul", { className: "meters" }, ...limits.map((limit) => meter(limit.limit, limit.used, limit.amount, limit.unit, limit.binds))),
      inside.length ? el("h3", {}, "Sites") : null,
      el("ul", { className: "firms" }, ...inside.map((one) => el("li", {}, button(one.name, () => view.pick("site", one.id)), ` ${money(sum(rows.filter((move) => sites[move.s] === one), "capex"))}`)))]];
  }
  /** What the plan does for a component: plants, second sources, stocks, and the budgets that do anything for it. */
  function component(id) {
    const c = view.byId.get(id), one = components[c], rows = view.plan().rows.filter((row) => row.c === c), levers = view.plan().levers.filter((row) => row[5] === c);
    const others = data.plans.filter((other) => other !== view.plan() && (other.rows.some((row) => row.c === c) || other.levers.some((row) => row[5] === c)));
    return [one.name, [el("h2", {}, capital(one.name)),
      rows.length || levers.length ? null : el("p", {}, `The plan of ${money(view.plan().budget)} does nothing for it.`, others.length ? ` Plans of ${others.map((other) => money(other.budget)).join(", ")} do.` : " Nor does any other plan shown."),
      rows.length ? el("h3", {}, `${plural(sum(rows, "plants"), "plant")}, ${money(sum(rows, "capex"))}`) : null,
      rows.length ? el("ol", { className: "supplies" }, ...rows.map((row) => el("li", {}, button(sites[row.s].name, () => view.pick("d", view.keyOf(row))), el("b", {}, money(row.capex)),
        el("span", { className: "why" }, `starts ${row.start}, first output ${row.output}; ${amount(row.capacity, one.unit)} a year; ${still(row)} still from ${data.targetName}`)))) : null,
      levers.length ? el("h3", {}, "Bought elsewhere or stored") : null,
      levers.length ? el("ol", { className: "supplies" }, ...levers.map(([kind, , what, cost]) => el("li", {}, el("span", {}, `${capital(kind)} ${what}`), el("b", {}, money(cost))))) : null,
      data.pages ? el("p", {}, el("a", { href: corridor.pageOf(data.pages, "components", id) }, "Its page →")) : null]];
  }
  function move(key) {
    const one = view.plan().rows.find((row) => view.keyOf(row) === key);
    if (!one) return ["", []];
    const component = components[one.c], place = sites[one.s], named = (list) => list.map((c) => components[c].name).join(", ");
    const line = (label, ...value) => [el("dt", {}, label), el("dd", {}, ...value)];
    return [component.name, [el("h2", {}, capital(component.name)),
      el("p", { className: "soft" }, `${one.plants > 1 ? `${one.plants} plants` : "One plant"} at `, button(place.name, () => view.pick("site", place.id)), `, ${place.state}. Starts ${one.start}, first output ${one.output}.`),
      el("dl", { className: "move" },
        ...line("Why", one.worth === undefined || one.worth === null ? `It replaces ${money(one.replaces)} a year that ${data.targetName} delivers. Its worth was not computed for this plan.`
          : `Without ${one.together > 1 ? `these ${one.together} plants` : "it"} the expected loss is ${money(one.worth)} higher: ${number(one.perUsd)} US$ for each US$ it costs.`),
        ...(one.needs?.length ? line("Needs", `loses a tenth or more of its worth without: ${named(one.needs)}`) : []),
        ...(one.neededBy?.length ? line("Needed by", named(one.neededBy)) : []),
        ...line("Cost", `investment ${money(one.capex)}, incentives ${money(one.incentive)}, running premium ${money(one.running)}${one.cost ? `; ${money(one.cost)} in all, discounted` : ""}`),
        ...line("Makes", `${money(one.made)} a year, of ${amount(one.capacity, component.unit)}`),
        ...line("Replaces", `${money(one.replaces)} a year from ${data.targetName}; ${corridor.possessive(data.markets[0].name)} net exposure ${percent(one.before)} → ${percent(one.after)}`),
        ...(view.whyMove(one) ? line("Note", view.whyMove(one)) : []),
        ...line("Stays dependent", `${still(one)} of the value made (${money(one.still)} a year) still comes from ${data.targetName}, in its inputs`),
        ...(one.verdict ? line("In near-optimal plans", corridor.verdictMark(one.verdict, 13), ` ${view.verdictWords(one)}`) : [])),
      data.pages ? el("p", {}, el("a", { href: corridor.pageOf(data.pages, "components", component.id) }, "Its page →")) : null]];
  }
  /** Where on the map the selection is; null for a component, which may be anywhere. */
  function placeOf() {
    const move = state.d ? view.plan().rows.find((row) => view.keyOf(row) === state.d) : null, site = state.site ? view.bySite.get(state.site) : move?.s;
    return site !== undefined ? view.drawn().latLngOf(site) : state.st ? view.drawn().centreOf(state.st) : null;
  }
  function fillCard(clicked) {
    const [name, parts] = state.c ? component(state.c) : state.d ? move(state.d) : state.site ? site(state.site) : state.st ? inState(state.st) : ["", []];
    card.hidden = !parts.length;
    card.setAttribute("aria-label", name || "Nothing chosen");
    corridor.fill(card, parts.length ? el("button", { type: "button", className: "close", "aria-label": `Close ${name}`, onclick: close }, "×") : null, ...parts);
    const where = clicked ?? placeOf();
    if (where) corridor.map.beside(view.map, card, where);
  }
  /** Closes the card; the keyboard returns to where it was asked for. */
  function close() { place.back(true); view.pick("", ""); }
  return { draw() { place.back(); fillCard(); }, pick(line, clicked) { fillCard(clicked); place.show(line); }, close };
};
