/* dependency.html, the figures: exposure and origins of each component, by market, measure and year. */
"use strict";
corridor.worldBook = (data) => {
  const { components, countries, sources, statuses, sectors, markets } = data;
  const byIso = new Map(countries.map((country, at) => [country.iso3, at]));
  const places = { net: "through all tiers", stop: "if it alone stops", direct: "bought there" };

  /* Market -> component -> exposure and direct origins. */
  const rows = new Map(markets.map(({ id }) => {
    const found = new Map(), e = data.exposure[id] || { c: [] }, x = data.shares[id] || { c: [] };
    e.c.forEach((c, at) => found.set(c, {
      c, direct: e.d[at], net: e.n[at], stop: e.s[at], known: e.e.slice(at * 4, at * 4 + 4), need: e.need[at], final: e.final[at], origins: [],
    }));
    x.c.forEach((c, at) => found.get(c)?.origins.push({ o: x.o[at], share: x.s[at], status: statuses[x.t[at]], source: sources[x.q[at]], year: x.y[at] }));
    return [id, found];
  }));

  /* Where the rows of a component begin in the columns of a measure by country. */
  const starts = new Map();
  function place(part) {
    if (!starts.has(part)) {
      let sum = 0;
      starts.set(part, [0, ...part.n.map((count) => (sum += count))]);
    }
    return starts.get(part);
  }
  function alone(market, measure, c, o) {
    const part = data.reach[market]?.[measure];
    if (!part) return 0;
    const begin = place(part);
    for (let at = begin[c]; at < begin[c + 1]; at++) if (part.o[at] === o) return part.s[at] / 1000;
    return 0;
  }
  function reach(market, measure, c) {
    const part = data.reach[market]?.[measure];
    if (!part) return [];
    const from = place(part)[c], to = place(part)[c + 1], out = [];
    for (let at = from; at < to; at++) out.push({ o: part.o[at], share: part.s[at] / 1000, status: "computed", note: places[measure] });
    return out;
  }
  /* Imports as reported for one year: of the component's class of goods where the trade file knows no finer. */
  const imports = new Map(Object.entries(data.imports).map(([market, part]) => [market, new Map(Object.entries(part.of).map(([year, pairs]) => {
    const found = new Map();
    for (let at = 0; at < pairs.length; at += 2) found.set(pairs[at], pairs[at + 1]);
    return [year, found];
  }))]));
  function ofYear(market, year, c) {
    const at = imports.get(market)?.get(year)?.get(c);
    if (at === undefined) return [];
    const [origins, shares, status] = data.imports[market].rows[at];
    return origins.map((o, place) => ({ o, share: shares[place], status, note: status === "inherited" ? "imports of its class of goods" : "imports of its own code", year }));
  }

  /** Origins of one component: list of {o, share, status, source?, year?, note?}. */
  function ofComponent(market, c, measure, year) {
    if (measure !== "direct") return reach(market, measure, c);
    return year ? ofYear(market, year, c) : rows.get(market).get(c)?.origins ?? [];
  }
  /** Country -> {o, share, value, ...} of a component, or of all components listed, weighted by value: direct shares
      are those of imports by need, the others of all final needs. */
  function origins({ market, c, list, measure, year }) {
    const found = new Map();
    if (c !== null) {
      const need = rows.get(market).get(c)?.need || 0;
      for (const origin of ofComponent(market, c, measure, year)) found.set(origin.o, { ...origin, value: origin.share * need });
      return found;
    }
    const home = byIso.get(market);
    const ofAll = measure !== "direct";
    let whole = 0;
    for (const row of list) {
      const weight = ofAll ? row.final : row.need;
      if (!weight) continue;
      if (ofAll) whole += weight;
      for (const origin of ofComponent(market, row.c, measure, year)) {
        if (origin.o === home) continue;
        const value = origin.share * weight, sum = found.get(origin.o) ?? { o: origin.o, value: 0 };
        if (!ofAll) whole += value;
        sum.value += value;
        found.set(origin.o, sum);
      }
    }
    for (const sum of found.values()) sum.share = whole ? sum.value / whole : 0;
    return found;
  }
  /** Part of the final needs listed that rests on one country, each measure on the same footing. */
  function rests({ market, list, measure, o }) {
    let sum = 0, whole = 0;
    for (const row of list) {
      const weight = list.length === 1 ? 1 : row.final;
      if (!weight) continue;
      whole += weight;
      if (measure === "direct") sum += weight * (row.origins.find((origin) => origin.o === o)?.share ?? 0);
      else sum += weight * alone(market, measure, row.c, o);
    }
    return whole ? sum / whole : 0;
  }
  /** What comes from one country, component by component, greatest value first. */
  function supplies({ market, o, list, measure, year }) {
    const out = [];
    for (const row of list) {
      const origin = ofComponent(market, row.c, measure, year).find((other) => other.o === o);
      if (origin && origin.share > 0.0005) out.push({ row, origin, value: origin.share * (row.need || 0) });
    }
    return out.sort((a, b) => b.value - a.value || b.origin.share - a.origin.share);
  }
  const years = (market) => data.imports[market]?.years ?? [];
  return { components, countries, sectors, markets, statuses, sources, byIso, rows, origins, rests, supplies, years };
};
