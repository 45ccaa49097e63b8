/* The panel beside the component graph: one component's figures, with status and source, and what it hangs on. */
"use strict";
corridor.graphPanel = (box, data, act) => {
  const { el, fill, percent, moneyBoth, badge, evidence, sourceNote, capital } = corridor;
  const { components, stages, sectors, edges, countries, sources, statuses } = data;
  const FEW = 8;
  const name = (at) => capital(components[at].name);
  const country = (at) => countries[at]?.name || countries[at]?.iso3 || "";
  const short = (text, most = 90) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);
  const link = (at) => el("button", { type: "button", className: "plain go", title: name(at), onclick: () => act.pick(at) }, short(name(at)));
  const joined = (parts, sign) => parts.flatMap((part, n) => (n ? [sign, part] : [part]));

  /** A list of which the first few are shown, the others on demand. */
  function list(rows, className) {
    const items = el("ul", { className }, ...rows.slice(0, FEW));
    if (rows.length <= FEW) return items;
    const more = el("button", { type: "button", className: "quiet", onclick: () => { items.append(...rows.slice(FEW)); more.remove(); } }, `All ${rows.length}`);
    return el("div", {}, items, more);
  }

  function recipe(edge, at) {
    return el("li", {}, link(at), el("b", {}, percent(edges.v[edge])),
      el("span", { className: "why" }, badge(statuses[edges.t[edge]]), edges.e[edge] ? " essential · " : " can be left out · ", sourceNote(sources[edges.q[edge]], edges.y[edge])));
  }

  function chain(row) {
    const [share, origin, ...steps] = row;
    const parts = [...steps].reverse().map(link);
    return el("li", {}, el("span", {}, el("b", { className: "from" }, country(origin)), " → ", ...joined(parts, " → ")), el("b", {}, percent(share)));
  }

  function failing([lost, fewest, choke, share, status, ...names], at) {
    const who = names.slice(0, 4).map(country).join(", ") + (names.length > 4 ? ` and ${names.length - 4} more` : "");
    return el("li", {}, el("span", {}, `${percent(lost)} of supply is gone if `, el("b", { className: "from" }, who), fewest === 1 ? " stops" : " stop",
      ...(choke === at ? [""] : [" making ", link(choke)]), "."),
    el("b", {}, fewest === 1 ? "1 country" : `${fewest} countries`),
    el("span", { className: "why" }, badge(statuses[status]), ` ${percent(share)} of what is made or bought of it`));
  }

  function moves(at, plan) {
    if (!plan) return [];
    const rows = [
      ...plan.build.filter((row) => row[0] === at).map(([, site, start, plants]) => `Build: ${plants} ${plants === 1 ? "plant" : "plants"} at ${site}, from ${start}`),
      ...plan.qualify.filter((row) => row[0] === at).map(([, origin, most]) => `Buy elsewhere: ${origin}, up to ${percent(most)} more in a window`),
      ...plan.store.filter((row) => row[0] === at).map(([, months]) => `Store: ${months} months of need`),
    ];
    return [el("h3", {}, "In the plan"), rows.length ? el("ul", { className: "moves" }, ...rows.map((text) => el("li", {}, text))) : el("p", { className: "soft" }, "Nothing: no plant, second source or stock.")];
  }

  function draw(at, { market, inputs, users, up, down, plan }) {
    box.hidden = at < 0;
    if (at < 0) return;
    const component = components[at], measures = data.measures[market.id], known = measures.known.slice(at * 4, at * 4 + 4);
    const fact = (label, ...value) => [el("dt", {}, label), el("dd", {}, ...value)];
    const through = data.through[at], carrying = data.paths[market.id][at], shown = carrying.reduce((sum, row) => sum + row[0], 0);
    const byValue = (list) => [...list].sort((a, b) => edges.v[b] - edges.v[a]);
    fill(box,
      el("button", { type: "button", className: "close", "aria-label": "Close the panel", onclick: () => act.pick(-1) }, "×"),
      el("h2", { title: component.name }, short(name(at), 160)),
      el("p", { className: "soft" }, `${sectors[component.sector].name} · ${stages[component.stage].name.toLowerCase()} · tier ${component.tier}`),
      el("p", { className: "links" },
        data.componentPages ? el("a", { href: corridor.pageOf({ components: data.componentFiles }, "components", component.id) }, "All about it") : null,
        el("a", { href: `dependency.html#m=${encodeURIComponent(market.id)}&c=${encodeURIComponent(component.id)}` }, "On the world map")),
      el("dl", { className: "figures" },
        ...fact(`Net, ${market.name}`, el("b", {}, percent(measures.net[at]))), ...fact("Direct", percent(measures.direct[at])), ...fact("Stop", percent(measures.stop[at])),
        ...fact("HHI of origins", measures.hhi[at] === null ? "–" : measures.hhi[at].toFixed(2)), ...fact("Need a year", moneyBoth(measures.need[at])),
        ...fact("Evidence", evidence(known, statuses))),
      el("h3", {}, "Chains that carry the exposure"),
      carrying.length ? el("p", { className: "soft small" }, `${percent(Math.min(1, shown))} of the net exposure, largest first; drawn in orange.`) : el("p", { className: "soft" }, "None: nothing comes from the target."),
      list(carrying.map(chain), "supplies chains"),
      el("h3", {}, "Chokepoints"),
      list(data.fewest[market.id][at].map((row) => failing(row, at)), "supplies"),
      through.length ? el("p", {}, "Every chain to it passes through ", ...joined(through.map(([choke, land]) => el("span", {}, choke >= 0 ? link(choke) : "some maker", land >= 0 ? ` in ${country(land)}` : "")), "; "), ".")
        : el("p", { className: "soft small" }, "No single input, maker or country is on all chains to it."),
      ...moves(at, plan),
      el("h3", {}, `Who supplies ${market.name}`),
      el("ul", { className: "supplies" }, ...data.origins[market.id][at].map(([land, share, status, source, year]) => el("li", {}, el("span", {}, country(land)), el("b", {}, percent(share)),
        el("span", { className: "why" }, badge(statuses[status]), " ", sourceNote(sources[source], year))))),
      el("h3", {}, `Made from ${inputs.length} (${up} upstream in all)`),
      inputs.length ? list(byValue(inputs).map((edge) => recipe(edge, edges.i[edge])), "supplies") : el("p", { className: "soft" }, "Nothing that the tables know: the chain begins here."),
      el("h3", {}, `Used in ${users.length} (${down} downstream in all)`),
      users.length ? list(byValue(users).map((edge) => recipe(edge, edges.o[edge])), "supplies") : el("p", { className: "soft" }, "Nothing: it is sold as it is."),
    );
    box.scrollTop = 0;
  }
  return { draw };
};
