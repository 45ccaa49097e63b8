/* The search that all pages share, loaded after common.js: names, codes, synonyms and typing errors; "/" opens it.
   The index (kit/search.py) is read when it is first needed. */
"use strict";
(() => {
  const { $, el } = corridor;
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  /** A word without the ending of its plural, so that "batteries" finds "battery". */
  const stem = (word) => (word.length < 4 || /\d/.test(word) ? word : word.replace(/ies$/, "y").replace(/([^su])s$/, "$1"));
  /** Words of a text; "8505.11" and "8505 11" are one code. */
  const wordsOf = (text) => (/^[\d.\s]{4,}$/.test(text.trim()) ? [text.replace(/[.\s]/g, "")] : (plain(text).match(/[\p{L}\p{N}]+/gu) ?? []).map(stem));

  /** Letters to change, add, leave out or swap to get from one word to another; more than `most` counts as most + 1. */
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let above = [], before = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i += 1) {
      const now = [i];
      for (let j = 1; j <= b.length; j += 1) {
        now[j] = Math.min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) now[j] = Math.min(now[j], above[j - 2] + 1);
      }
      if (Math.min(...now) > most) return most + 1;
      above = before;
      before = now;
    }
    return before[b.length];
  }
  /** How badly a word of the index fits a word sought; null if it does not. The last word may be unfinished. */
  function fit(sought, word) {
    if (word === sought) return 0;
    if (word.startsWith(sought)) return 1;
    return sought.length > 2 && word.includes(sought) ? 3 : null;
  }
  function wrongly(sought, word) {
    const most = sought.length < 4 || /^\d+$/.test(sought) ? 0 : sought.length < 8 ? 1 : 2;
    if (!most || word[0] !== sought[0]) return null;
    const far = Math.min(distance(sought, word, most), distance(sought, word.slice(0, sought.length), most) + 0.5);
    return far <= most ? 5 + far : null;
  }

  /** A list that can be searched. fieldsOf(entry): texts with their weights, the first is the name, whose first word counts most. */
  function finder(entries, fieldsOf) {
    const words = new Map(), names = entries.map((entry) => wordsOf(fieldsOf(entry)[0][0]).join(" "));
    entries.forEach((entry, index) => {
      fieldsOf(entry).forEach(([text, weight], field) => wordsOf(text).forEach((word, position) => {
        if (!words.has(word)) words.set(word, new Map());
        const where = words.get(word), cost = weight + (field === 0 && position > 0 ? 0.5 : 0);
        where.set(index, Math.min(cost, where.get(index) ?? Infinity));
      }));
    });
    function hits(sought, how) {
      const found = new Map();
      for (const [word, where] of words) {
        const cost = how(sought, word);
        if (cost !== null) for (const [index, weight] of where) found.set(index, Math.min(cost + weight, found.get(index) ?? Infinity));
      }
      return found;
    }
    /** Indices of the entries in which all words are found, the best first; ties keep the order of the entries. */
    return (query) => {
      const sought = wordsOf(query), whole = sought.join(" ");
      if (!whole) return [];
      let total = null;
      for (const one of sought) {
        let found = hits(one, fit);
        if (!found.size) found = hits(one, wrongly);
        total = total === null ? found : new Map([...total].filter(([index]) => found.has(index)).map(([index, cost]) => [index, cost + found.get(index)]));
      }
      const bonus = (index) => (names[index] === whole ? -3 : names[index].startsWith(whole) ? -1 : 0);
      return [...total.keys()].sort((a, b) => total.get(a) + bonus(a) - total.get(b) - bonus(b) || a - b);
    };
  }

  let index = null;
  const kinds = {};
  function read() {
    if (!index) {
      index = corridor.read("find-index");
      const { sectors, stages } = index;
      kinds.components = finder(index.components, ([id, name, sector, stage, words, codes]) => [[name, 0], [id, 0.5], ...words.map((word) => [index.words[word], 0.5]), ...codes.map((code) => [code, 0.5]), [`${sectors[sector]} ${stages[stage]}`, 2]]);
      kinds.countries = finder(index.countries, ([iso3, name]) => [[name, 0], [iso3, 0.5]]);
      kinds.sites = finder(index.sites, ([, name, state]) => [[name, 0], [state, 1]]);
      kinds.firms = finder(index.firms, ([name]) => [[name, 0]]);
    }
    return index;
  }
  /** Ids of the components found, the best first. */
  const components = (query) => (read(), kinds.components(query).map((one) => index.components[one][0]));

  /* ---- the window that "/" opens ---- */
  const MOST = { components: 8, countries: 4, sites: 4, firms: 5 };
  const LABELS = { components: "Components", countries: "Countries", sites: "Sites in India", firms: "Firms" };
  const SELECTS = new Set(["c", "k", "f", "p", "d", "q", "v", "site", "st", "firm", "search", "y"]);
  const here = document.body.classList[0];
  /** Address of a view; on the page itself the market, unit and other settings are kept. */
  function view(page, key, id) {
    const kept = new URLSearchParams(page === here ? [...new URLSearchParams(location.hash.slice(1))].filter(([name]) => !SELECTS.has(name)) : []);
    kept.set(key, id);
    return `${page}.html#${kept}`;
  }
  function targets(kind, entry) {
    const [id] = entry, page = kind === "countries" ? (index.pages ? `countries/${index.pages.countries[id] ?? `${id}.html`}` : null) : index.pages && kind === "components" ? corridor.pageOf(index.pages, "components", id) : null;
    const map = { components: () => view("dependency", "c", id), countries: () => view("dependency", "k", id), firms: () => view("dependency", "firm", id) }[kind]?.();
    const all = { page, map, graph: kind === "components" ? view("graph", "c", id) : null, plan: kind === "sites" ? view("plan", "site", id) : kind === "components" && entry[6] ? view("plan", "c", id) : null };
    const first = { dependency: "map", graph: "graph", plan: "plan" }[here];
    const order = [...new Set([first, "page", "map", "plan", "graph"])].filter((name) => all[name]);
    return order.map((name) => [name, all[name]]);
  }
  function noteOf(kind, entry, query) {
    if (kind === "components") {
      const digits = query.replace(/[.\s]/g, ""), code = /^\d{4,}$/.test(digits) ? entry[5].find((one) => one.startsWith(digits)) : null;
      return `${index.sectors[entry[2]]} · ${index.stages[entry[3]]}${code ? ` · HS ${code}` : ""}`;
    }
    if (kind === "firms") return `${entry[2] === 1 ? "1 place" : `${entry[2]} places`}${entry[1].length ? ` in ${entry[1].slice(0, 3).map((one) => index.countries[one][1]).join(", ")}${entry[1].length > 3 ? " …" : ""}` : ""}`;
    return kind === "sites" ? entry[2] : entry[0];
  }
  const nameOf = (kind, entry) => (kind === "firms" ? entry[0] : entry[1]);

  function open(query = "") {
    read();
    let box = $("finder");
    if (!box) {
      const input = el("input", { type: "search", id: "finder-words", autocomplete: "off", spellcheck: false, placeholder: "rare earth, penicillin, 850511, Vietnam, Foxconn …", "aria-label": "Search components, countries, sites, firms and HS codes" });
      box = el("dialog", { id: "finder", "aria-label": "Search" },
        el("div", { className: "finder-head" }, input, el("button", { type: "button", className: "quiet", onclick: () => box.close() }, "Close")),
        el("p", { id: "finder-count", className: "soft small", role: "status" }), el("div", { id: "finder-hits" }));
      document.body.append(box);
      input.addEventListener("input", () => show(input.value));
      box.addEventListener("keydown", keys);
      box.addEventListener("click", (event) => { if (event.target === box || event.target.closest("a")) box.close(); });
    }
    if (!box.open) box.showModal();
    $("finder-words").value = query;
    $("finder-words").focus();
    show(query);
  }
  function show(query) {
    const found = Object.keys(LABELS).map((kind) => [kind, kinds[kind](query).map((one) => index[kind][one])]).filter(([, list]) => list.length);
    // Whose best name begins as the words sought comes first: "Vietnam" is a country before it is a word of a firm.
    const begins = ([kind, list]) => (plain(nameOf(kind, list[0])).startsWith(plain(query.trim())) ? 0 : 1);
    found.sort((a, b) => begins(a) - begins(b));
    const all = found.reduce((sum, [, list]) => sum + list.length, 0);
    $("finder-count").textContent = query.trim() ? (all ? `${all} found` : "Nothing found. Try fewer letters, a code of four or six digits, or another word.") : "Components, countries, sites, firms, HS codes. Typing errors are forgiven.";
    corridor.fill($("finder-hits"), ...found.map(([kind, list]) => el("section", {}, el("h3", {}, LABELS[kind]),
      el("ul", {}, ...list.slice(0, MOST[kind]).map((entry) => {
        const [[, main], ...others] = targets(kind, entry);
        return el("li", {}, el("a", { href: main, className: "hit" }, corridor.capital(nameOf(kind, entry)), el("span", { className: "soft small" }, noteOf(kind, entry, query))),
          ...others.map(([name, href]) => el("a", { href, className: "small", "aria-label": `${nameOf(kind, entry)}: ${name}` }, name)));
      })),
      list.length > MOST[kind] ? el("p", { className: "soft small" }, `${list.length - MOST[kind]} more. `, kind === "components" && index.pages ? el("a", { href: `components.html#${new URLSearchParams({ q: query.trim() })}` }, "All in the list") : null) : null)));
  }
  function keys(event) {
    const hits = [...document.querySelectorAll("#finder .hit")], at = hits.indexOf(document.activeElement), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && hits.length) {
      event.preventDefault();
      (at + step < 0 ? $("finder-words") : hits[Math.min(at + step, hits.length - 1)]).focus();
    }
    if (event.key === "Enter" && event.target.id === "finder-words") hits[0]?.click();
  }
  const fromAddress = () => new URLSearchParams(location.hash.slice(1)).get("search");
  if ($("seek")) {
    $("seek").hidden = false;
    $("seek").addEventListener("click", () => open());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
      event.preventDefault();
      open();
    });
    window.addEventListener("hashchange", () => { if (fromAddress() !== null) open(fromAddress()); });
    if (fromAddress() !== null) open(fromAddress());
  }
  Object.assign(corridor, { finder, findComponents: components });
})();
