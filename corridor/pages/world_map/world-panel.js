/* dependency.html, the panel: a country, a flow or a supplier with its figures, sources and evidence. */
"use strict";
corridor.worldPanel = (data, view) => {
  const { $, el, percent, money, badge, sourceNote, inText, plural } = corridor, { book, state } = view;
  const { countries, components, byIso } = book, target = new Set(data.target), card = $("country");
  const place = corridor.opener(card);
  let group = null;

  const button = (words, act) => el("button", { type: "button", className: "plain", onclick: act }, words);
  /** Closes the card; the keyboard returns to where it was asked for. */
  function close() { group = null; const focus = card.contains(document.activeElement) || card.parentNode.closest("li"); place.back(focus); view.pick("", ""); }
  const cross = (what) => el("button", { type: "button", className: "close", "aria-label": `Close ${what}`, onclick: close }, "×");
  const link = (folder, id, words) => { const href = corridor.pageOf(data.pages, folder, id); return href ? el("a", { href }, words) : null; };
  const page = (folder, id, words) => { const found = link(folder, id, words); return found ? el("p", {}, found) : null; };
  const evidenceOf = (origin) => [badge(origin.status), " ", origin.source ? sourceNote(origin.source, origin.year) : [origin.note, origin.year].filter(Boolean).join(", ")];

  /** Direct, net and stop of what is selected, in each market. */
  function figures(o) {
    const kinds = ["direct", "net", "stop"];
    const head = el("tr", {}, el("th", { scope: "col" }, "Share of needs of"), ...kinds.map((kind) => el("th", { scope: "col", className: "n" }, kind)));
    const lines = book.markets.filter((market) => byIso.get(market.id) !== o).map((market) => el("tr", {}, el("th", { scope: "row" }, market.name),
      ...kinds.map((kind) => el("td", { className: "n" }, percent(view.rests(market.id, kind, o))))));
    return lines.length ? el("table", { className: "figures-table" }, el("caption", { className: "hidden" }, "Share of what each market needs that rests on this country"), el("thead", {}, head), el("tbody", {}, ...lines)) : null;
  }
  function supplies(market, o, most) {
    const rows = book.supplies({ market: market.id, o, list: view.rowsOf(market.id), measure: state.by, year: state.y });
    return [el("h3", {}, rows.length ? `To ${inText(market.name)}: ${plural(rows.length, "component")}, greatest value first` : `No component of this selection is known to reach ${inText(market.name)} from here.`),
      el("ol", { className: "supplies" }, ...rows.slice(0, most).map(({ row, origin, value }) => el("li", { className: origin.status },
        button(components[row.c].name, () => view.choose(components[row.c].id)), el("b", {}, percent(origin.share)),
        el("span", { className: "why" }, value ? `${money(value)} · ` : "", ...evidenceOf(origin).flat())))),
      rows.length > most ? el("p", { className: "soft small" }, `and ${rows.length - most} more, in the file of origins (CSV) of each component.`) : null];
  }
  /** A country of the outlines that is in no table. */
  const unknown = (id) => { const name = view.nameOf(id); return [name, [el("h2", {}, name), el("p", {}, "Nothing is known of this country: it is in no table of this study.")]]; };
  function country(id) {
    if (!byIso.has(id)) return unknown(id);
    const o = byIso.get(id), one = countries[o], found = view.now().get(o);
    const firms = book.suppliers().filter((supplier) => supplier.country === id && (view.chosen() === null ? state.s === "all" || supplier.makes.some(view.inSector) : supplier.makes.includes(view.chosen())));
    return [one.name, [
      el("h2", {}, one.name, target.has(id) ? el("span", { className: "badge target" }, "target") : null),
      el("p", {}, found ? `${view.what(found)}.` : id === state.m ? "The market itself." : `Nothing of this selection is known to come to ${inText(view.market().name)} from here.`),
      figures(o), page("countries", id, `Everything on ${inText(one.name)} →`), ...supplies(view.market(), o, 12),
      firms.length ? el("h3", {}, `${plural(firms.length, "located supplier")} of this selection`) : null,
      firms.length ? el("ul", { className: "firms" }, ...firms.slice(0, 8).map((firm) => el("li", {}, button(firm.firm, () => view.pick("p", firm.id)), ` ${firm.place}`))) : null]];
  }
  function flow(id) {
    const [from, to] = id.split("-"), o = byIso.get(from), market = book.markets.find((other) => other.id === to), found = view.origins(to).get(o);
    return [`${countries[o].name} to ${market.name}`, [
      el("h2", {}, `${countries[o].name} → ${market.name}`), el("p", {}, found ? `${view.what(found)}.` : "Nothing of this selection."),
      ...supplies(market, o, 16), el("p", {}, button(`All of ${inText(countries[o].name)}`, () => view.pick("k", from)))]];
  }
  function supplier(id) {
    const one = book.suppliers().find((other) => other.id === id), name = countries[byIso.get(one.country)]?.name ?? one.country;
    const precise = one.precision === "site" ? "" : ` (placed by ${one.precision})`;
    return [one.firm, [
      el("h2", {}, one.firm), el("p", {}, `${one.kind}, ${[one.place, name].filter(Boolean).join(", ")}${precise}`),
      el("p", { className: "why" }, badge(book.statuses[one.status]), " ", sourceNote(book.sources[one.source], one.year)),
      el("h3", {}, one.makes.length ? "Makes" : "Its products are not known."),
      el("ol", { className: "supplies" }, ...one.makes.map((c) => el("li", {}, button(components[c].name, () => view.choose(components[c].id)), link("components", components[c].id, "page")))),
      el("p", {}, byIso.has(one.country) ? button(`All of ${inText(name)}`, () => view.pick("k", one.country)) : null)]];
  }
  function crowd(list, title) {
    return [title, [el("h2", {}, title),
      el("ul", { className: "firms" }, ...list.slice(0, 60).map((firm) => el("li", {}, button(firm.firm, () => view.pick("p", firm.id)), ` ${firm.place}`)))]];
  }
  /** All works of a firm; a single one is shown with its sources. */
  function works(firm) {
    const list = book.suppliers().filter((one) => one.firm === firm);
    return list.length === 1 ? supplier(list[0].id) : crowd(list, `${firm}: ${plural(list.length, "place")}`);
  }
  /** Where on the map the selection is. */
  function placeOf() {
    const one = state.p ? book.suppliers().find((other) => other.id === state.p) : state.k || state.f ? countries[byIso.get(state.k || state.f.split("-")[0])] : null;
    return one ? [one.lat, corridor.map.east(one.lon)] : null;
  }
  function fillCard() {
    const [name, parts] = group ? crowd(group, `${plural(group.length, "supplier")} here`) : state.firm ? works(state.firm) : state.p ? supplier(state.p) : state.f ? flow(state.f) : state.k ? country(state.k) : ["", []];
    card.hidden = !parts.length;
    corridor.fill(card, parts.length ? cross(name) : null, ...parts);
    card.setAttribute("aria-label", name || "Nothing chosen");
  }
  /** Draws the card: under `line` if it was asked for there, else on the map, away from the place clicked. */
  function open(line, clicked) {
    fillCard();
    const where = clicked ?? placeOf();
    if (where) corridor.map.beside(view.map, card, where);
    place.show(line);
  }
  return {
    draw() { place.back(); group = null; fillCard(); const where = placeOf(); if (where) corridor.map.beside(view.map, card, where); },
    pick(line, clicked) { group = null; open(line, clicked); },
    crowd(list, clicked) { group = list; open(null, clicked); },
    close, page, evidenceOf,
  };
};
