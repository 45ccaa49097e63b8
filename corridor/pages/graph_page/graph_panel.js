/* The panel beside the component graph: one component's figures, with status and source, and its dependencies.
   A node is the index of a component in data.components. */
"use strict";
corridor.graphPanel = (box, data, act) => {
  const { el, fill, percent, moneyBoth, badge, evidence, sourceNote, capital } = corridor;
  const { components, stages, sectors, edges, countries, sources, statuses } = data;
  const FEW = 8;
  const name = (node) => capital(components[node].name);
  const country = (index) => countries[index]?.name || countries[index]?.iso3 || "";
  const short = (text, most = 90) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);
  const link = (node) => el("button", { type: "button", className: "plain go", title: name(node), onclick: () => act.pick(node) }, short(name(node)));
  const joined = (items, sign) => items.flatMap((item, n) => (n ? [sign, item] : [item]));

  /** A list that shows the first few rows, the others on demand. */
  function list(rows, className) {
    const items = el("ul", { className }, ...rows.slice(0, FEW));
    if (rows.length <= FEW) return items;
    const more = el("button", { type: "button", className: "quiet", onclick: () => { items.append(...rows.slice(FEW)); more.remove(); } }, `All ${rows.length}`);
    return el("div", {}, items, more);
  }

  function recipe(edge, node) {
    return el("li", {}, link(node), el("b", {}, percent(edges.v[edge])),
      el("span", { className: "why" }, badge(statuses[edges.t[edge]]), edges.e[edge] ? " essential · " : " can be left out · ", sourceNote(sources[edges.q[edge]], edges.y[edge])));
  }

  function chain(row) {
    const [share, origin, ...steps] = row;
    const links = [...steps].reverse().map(link);
    return el("li", {}, el("span", {}, el("b", { className: "from" }, country(origin)), " → ", ...joined(links, " → ")), el("b", {}, percent(share)));
  }

  function failing([lost, fewest, choke, share, status, ...names], node) {
    const who = names.slice(0, 4).map(country).join(", ") + (names.length > 4 ? ` and ${names.length - 4} more` : "");
    return el("li", {}, el("span", {}, `${percent(lost)} of supply is gone if `, el("b", { className: "from" }, who), fewest === 1 ? " stops" : " stop",
      ...(choke === node ? [""] : [" making ", link(choke)]), "."),
    el("b", {}, fewest === 1 ? "1 country" : `${fewest} countries`),
    el("span", { className: "why" }, badge(statuses[status]), ` ${percent(share)} of what is made or bought of it`));
  }

  function moves(node, plan) {
    if (!plan) return [];
    const rows = [
      ...plan.build.filter((row) => row[0] === node).map(([, site, start, plants]) => `Build: ${plants} ${plants === 1 ? "plant" : "plants"} at ${site}, from ${start}`),
      ...plan.qualify.filter((row) => row[0] === node).map(([, origin, most]) => `Buy elsewhere: ${origin}, up to ${percent(most)} more in a window`),
      ...plan.store.filter((row) => row[0] === node).map(([, months]) => `Store: ${months} months of need`),
    ];
    return [el("h3", {}, "In the plan"), rows.length ? el("ul", { className: "moves" }, ...rows.map((text) => el("li", {}, text))) : el("p", { className: "soft" }, "Nothing: no plant, second source or stock.")];
  }

  function draw(node, { market, inputs, users, up, down, plan }) {
    box.hidden = node < 0;
    if (node < 0) return;
    const component = components[node], measures = data.measures[market.id], known = measures.known.slice(node * 4, node * 4 + 4);
    const fact = (label, ...value) => [el("dt", {}, label), el("dd", {}, ...value)];
    const through = data.through[node], carrying = data.paths[market.id][node], shown = carrying.reduce((sum, row) => sum + row[0], 0);
    const byValue = (list) => [...list].sort((a, b) => edges.v[b] - edges.v[a]);
    fill(box,
      el("button", { type: "button", className: "close", "aria-label": "Close the panel", onclick: () => act.pick(-1) }, "×"),
      el("h2", { title: component.name }, short(name(node), 160)),
      el("p", { className: "soft" }, `${sectors[component.sector].name} · ${stages[component.stage].name.toLowerCase()} · tier ${component.tier}`),
      el("p", { className: "links" },
        data.componentPages ? el("a", { href: corridor.pageOf({ components: data.componentFiles }, "components", component.id) }, "All about it") : null,
        document.documentElement.dataset.alone ? null : el("a", { href: `dependency.html#m=${encodeURIComponent(market.id)}&c=${encodeURIComponent(component.id)}` }, "On the world map")),
      el("dl", { className: "figures" },
        ...fact(`Net, ${market.name}`, el("b", {}, percent(measures.net[node]))), ...fact("Direct", percent(measures.direct[node])), ...fact("Stop", percent(measures.stop[node])),
        ...fact(el("abbr", { title: "Herfindahl-Hirschman index of the origins: 1 is a single country, 0.1 is ten equal ones" }, "Concentration (HHI)"), measures.hhi[node] === null ? "–" : measures.hhi[node].toFixed(2)), ...fact("Need a year", moneyBoth(measures.need[node])),
        ...fact("Evidence", evidence(known, statuses))),
      el("h3", {}, "Chains that carry the exposure"),
      carrying.length ? el("p", { className: "soft small" }, `${percent(Math.min(1, shown))} of the net exposure, largest first; drawn in orange.`) : el("p", { className: "soft" }, "None: nothing comes from the target."),
      list(carrying.map(chain), "supplies chains"),
      el("h3", {}, "Chokepoints"),
      list(data.fewest[market.id][node].map((row) => failing(row, node)), "supplies"),
      through.length ? el("p", {}, "Every chain to it passes through ", ...joined(through.map(([choke, land]) => el("span", {}, choke >= 0 ? link(choke) : "some maker", land >= 0 ? ` in ${country(land)}` : "")), "; "), ".")
        : el("p", { className: "soft small" }, "No single input, maker or country is on all chains to it."),
      ...moves(node, plan),
      el("h3", {}, `Who supplies ${market.name}`),
      el("ul", { className: "supplies" }, ...data.origins[market.id][node].map(([land, share, status, source, year]) => el("li", {}, el("span", {}, country(land)), el("b", {}, percent(share)),
        el("span", { className: "why" }, badge(statuses[status]), " ", sourceNote(sources[source], year))))),
      el("h3", {}, `Made from ${inputs.length} (${up} upstream in all)`),
      inputs.length ? list(byValue(inputs).map((edge) => recipe(edge, edges.i[edge])), "supplies") : el("p", { className: "soft" }, "Nothing in the tables: the chain begins here."),
      el("h3", {}, `Used in ${users.length} (${down} downstream in all)`),
      users.length ? list(byValue(users).map((edge) => recipe(edge, edges.o[edge])), "supplies") : el("p", { className: "soft" }, "Nothing: it is sold directly."),
    );
    box.scrollTop = 0;
  }
  return { draw };
};
