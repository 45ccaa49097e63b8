/* dependency.html, the figures: exposure and origins of each component, by market, measure and year. */
"use strict";
corridor.worldBook = (data) => {
  const { components, countries, sources, statuses, sectors, markets } = data;
  const byIso = new Map(countries.map((country, index) => [country.iso3, index]));
  const places = { net: "through all tiers", stop: "if it alone stops", direct: "bought there" };

  /* Market -> component -> exposure and direct origins. */
  const rows = new Map(markets.map(({ id }) => {
    const found = new Map(), e = data.exposure[id] || { c: [] }, x = data.shares[id] || { c: [] };
    e.c.forEach((c, index) => found.set(c, {
      c, direct: e.d[index], net: e.n[index], stop: e.s[index], known: e.e.slice(index * 4, index * 4 + 4), need: e.need[index], final: e.final[index], origins: [],
    }));
    x.c.forEach((c, index) => found.get(c)?.origins.push({ o: x.o[index], share: x.s[index], status: statuses[x.t[index]], source: sources[x.q[index]], year: x.y[index] }));
    return [id, found];
  }));

  /* Index of the first row of each component in the columns of a measure by country. */
  const starts = new Map();
  function startsOf(columns) {
    if (!starts.has(columns)) {
      let sum = 0;
      starts.set(columns, [0, ...columns.n.map((count) => (sum += count))]);
    }
    return starts.get(columns);
  }
  function shareFrom(market, measure, c, o) {
    const columns = data.reach[market]?.[measure];
    if (!columns) return 0;
    const begin = startsOf(columns);
    for (let index = begin[c]; index < begin[c + 1]; index++) if (columns.o[index] === o) return columns.s[index] / 1e4;
    return 0;
  }
  function reach(market, measure, c) {
    const columns = data.reach[market]?.[measure];
    if (!columns) return [];
    const from = startsOf(columns)[c], to = startsOf(columns)[c + 1], out = [];
    for (let index = from; index < to; index++) out.push({ o: columns.o[index], share: columns.s[index] / 1e4, status: "computed", note: places[measure] });
    return out;
  }
  /* Imports as reported for one year: of the component's class of goods if the trade file is no finer. */
  const imports = new Map(Object.entries(data.imports).map(([market, part]) => [market, new Map(Object.entries(part.of).map(([year, pairs]) => {
    const found = new Map();
    for (let index = 0; index < pairs.length; index += 2) found.set(pairs[index], pairs[index + 1]);
    return [year, found];
  }))]));
  function ofYear(market, year, c) {
    const row = imports.get(market)?.get(year)?.get(c);
    if (row === undefined) return [];
    const [origins, shares, status] = data.imports[market].rows[row];
    return origins.map((o, index) => ({ o, share: shares[index], status, note: status === "inherited" ? "imports of its class of goods" : "imports of its own code", year }));
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
    let total = 0;
    for (const row of list) {
      const weight = ofAll ? row.final : row.need;
      if (!weight) continue;
      if (ofAll) total += weight;
      for (const origin of ofComponent(market, row.c, measure, year)) {
        if (origin.o === home) continue;
        const value = origin.share * weight, sum = found.get(origin.o) ?? { o: origin.o, value: 0 };
        if (!ofAll) total += value;
        sum.value += value;
        found.set(origin.o, sum);
      }
    }
    for (const sum of found.values()) sum.share = total ? sum.value / total : 0;
    return found;
  }
  /** Share of the final needs listed that rests on one country, weighted the same way for each measure. */
  function rests({ market, list, measure, o }) {
    let sum = 0, total = 0;
    for (const row of list) {
      const weight = list.length === 1 ? 1 : row.final;
      if (!weight) continue;
      total += weight;
      if (measure === "direct") sum += weight * (row.origins.find((origin) => origin.o === o)?.share ?? 0);
      else sum += weight * shareFrom(market, measure, row.c, o);
    }
    return total ? sum / total : 0;
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
  let suppliers = null;
  /** Located suppliers, read when they are first wanted. */
  function allSuppliers() {
    if (suppliers) return suppliers;
    const columns = corridor.read("suppliers"), { kinds, precisions, id } = columns;
    suppliers = id.map((_, row) => {
      const at = (name) => columns[name][row];
      return { id: at("id"), firm: at("firm"), place: at("place"), lon: at("lon"), lat: at("lat"), makes: at("makes"), year: at("year"), status: at("status"), source: at("source"),
        country: countries[at("country")].iso3, kind: kinds[at("kind")], precision: precisions[at("precision")], sector: at("makes").length ? components[at("makes")[0]].sector : -1 };
    });
    return suppliers;
  }
  return { suppliers: allSuppliers, components, countries, sectors, markets, statuses, sources, byIso, rows, origins, rests, supplies, years };
};
