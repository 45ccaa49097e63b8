/* Shared by all pages: elements, number formats, downloads.
   Texts from data become text nodes; nothing here parses them as HTML. */
"use strict";
const corridor = (() => {
  const $ = (id) => document.getElementById(id);
  const read = (id) => JSON.parse($(id).textContent);

  /** An element with properties, attributes (data-, aria-, role) and children: el("td", {className: "n"}, "3.1 %"). */
  function el(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (value === null || value === undefined || value === false) continue;
      if (key in node && !key.includes("-")) node[key] = value;
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  /** Replaces the children of a node; null children are skipped. */
  const fill = (node, ...children) => node.replaceChildren(...children.filter((child) => child !== null && child !== undefined));

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  /* ---- numbers ---- */
  let unit = "usd", crore = 8.4;
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
  const two = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  /** A share as per cent. Shares have four decimals and are rounded once, halves up; almost zero and almost all are not
      0 or 100. The same rules, and those of money, number and amount, are in corridor/pages/kit/words.py. */
  function percent(share) {
    if (share === null || share === undefined || Number.isNaN(share)) return "–";
    const value = (Math.round(share * 1e4) / 1e4) * 100;
    if (value > 0 && value < 0.5) return "<\u00a01\u00a0%";
    return (value < 99.5 || value === 100 ? whole.format(value) : ">\u00a099") + "\u00a0%";
  }
  /** US$ million as text in the chosen unit; amounts have two decimals. */
  function money(usdM) {
    if (usdM === null || usdM === undefined || Number.isNaN(usdM)) return "–";
    const size = Math.round(Math.abs(usdM) * 100) / 100, sign = usdM < 0 ? "−" : "";
    if (size === 0) return unit === "inr" ? "₹0" : "$0";
    if (unit === "inr") {
      const rupees = size * crore;
      if (rupees >= 1e5) return `${sign}₹${one.format(rupees / 1e5)}\u00a0lakh\u00a0crore`;
      return `${sign}₹${rupees >= 10 ? whole.format(rupees) : one.format(rupees)}\u00a0crore`;
    }
    if (size >= 1e6) return `${sign}$${two.format(size / 1e6)}\u00a0trillion`;
    if (size >= 1000) return `${sign}$${one.format(size / 1000)}\u00a0bn`;
    if (size < 0.1) return `${sign}<\u00a0$0.1\u00a0M`;
    return `${sign}$${size >= 10 ? whole.format(size) : one.format(size)}\u00a0M`;
  }
  /** Money in the chosen unit, with the other unit in brackets. */
  function moneyBoth(usdM) {
    const before = unit, shown = money(usdM);
    unit = unit === "usd" ? "inr" : "usd";
    const other = money(usdM);
    unit = before;
    return `${shown} (${other})`;
  }
  function number(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    if (size >= 1e9) return `${one.format(value / 1e9)} billion`;
    if (size >= 1e6) return `${one.format(value / 1e6)} million`;
    return size >= 10 ? whole.format(value) : figures.format(value);
  }

  /** A quantity with its unit: "64 million units", "1,200 t". */
  const amount = (value, unit) => `${number(value)}\u00a0${unit === "unit" ? "units" : unit}`;
  /** The share with one decimal, for changes that are small. */
  const percentFine = (share) => (share === null || share === undefined ? "–" : `${tenth.format((Math.round(share * 1e4) / 1e4) * 100)}\u00a0%`);
  /** A count with its noun: "1 plant", "1,200 plants". */
  const plural = (count, single, several = `${single}s`) => `${number(count)}\u00a0${count === 1 ? single : several}`;
  /** A name at the beginning of a line; "pH meter" stays as it is. */
  const capital = (name) => (/^[a-z](?![A-Z])/.test(name) ? name[0].toUpperCase() + name.slice(1) : name);
  /** A country's name inside a sentence. */
  const inText = (name) => (/^(Bahamas|Central|Comoros|Czech|Dominican|European|Gambia|Maldives|Marshall|Netherlands|Philippines|Solomon|United)/.test(name) ? `the ${name}` : name);
  /** Whose: "India's", "the United States'". */
  const possessive = (name) => `${inText(name)}${name.endsWith("s") ? "'" : "'s"}`;

  /* ---- small elements ---- */
  /** Status of a figure as a word with a mark that does not depend on colour. */
  function badge(status) {
    return el("span", { className: `badge ${status}` }, status);
  }
  /** Bar of the shares that are reported, computed, inherited, assumed. */
  function evidence(shares, names) {
    const text = names.map((name, index) => `${percent(shares[index])} ${name}`).filter((_, index) => shares[index] > 0.004).join(", ");
    const bar = svg("svg", { class: "evidence", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": text || "nothing known" });
    let x = 0;
    names.forEach((name, index) => {
      const width = Math.max(0, shares[index] || 0) * 100;
      if (width > 0.4) bar.append(svg("rect", { x, y: 0, width, height: 10, class: name }));
      x += width;
    });
    bar.prepend(svg("title", {}, text));
    return bar;
  }
  /** Bar for a share, with the figure in front. */
  function shareCell(share, kind) {
    const bar = svg("svg", { class: `bar ${kind || ""}`, viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { x: 0, y: 0, width: 100, height: 4, class: "rail" }), svg("rect", { x: 0, y: 0, width: Math.min(1, share || 0) * 100, height: 4 }));
    return el("td", { className: "n" }, percent(share), bar);
  }
  /** Source of a figure: title and year, linked if it has a web address. */
  function sourceNote(source, year) {
    const text = source ? source.title : "no source";
    const link = source && /^https?:\/\//i.test(source.address || "")
      ? el("a", { href: source.address, rel: "noreferrer noopener", target: "_blank" }, text) : text;
    return el("span", { className: "source" }, link, year ? `, ${year}` : "");
  }

  /** A group of buttons with one chosen. */
  function segmented(box, options, chosen, choose) {
    box.replaceChildren(...options.map(([value, label, title]) => el("button", {
      type: "button", title: title || "", "aria-pressed": String(value === chosen()), onclick: () => {
        choose(value);
        for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.value === chosen()));
      }, "data-value": value,
    }, label)));
    return () => { for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.value === chosen())); };
  }

  /** A search field with suggestions below (combobox with a list box). find(words) gives entries {index, text, note}, the best first; choose(index), -1 for none. */
  function suggest(input, list, find, choose) {
    const MOST = 9;
    let found = [], active = -1;
    function close() { list.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
    function take(entry) { close(); choose(entry.index); }
    function mark(next) {
      active = next;
      [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === active)));
      if (active >= 0) input.setAttribute("aria-activedescendant", list.children[active].id); else input.removeAttribute("aria-activedescendant");
    }
    function open() {
      const sought = input.value.trim();
      found = sought ? find(sought).slice(0, MOST) : [];
      list.replaceChildren(...found.map((entry, n) => el("li", { id: `${list.id}-${n}`, role: "option", "aria-selected": "false", title: entry.text, onpointerdown: (event) => { event.preventDefault(); take(entry); } },
        el("span", {}, entry.text.slice(0, 80)), el("span", { className: "soft small" }, entry.note))));
      if (sought && !found.length) list.append(el("li", { className: "soft", role: "option", "aria-disabled": "true" }, "No component of this name"));
      list.hidden = !sought;
      input.setAttribute("aria-expanded", String(Boolean(sought)));
      mark(-1);
    }
    input.addEventListener("input", open);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { if (list.hidden) choose(-1); close(); input.value = ""; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open();
        if (found.length) mark((active + (event.key === "ArrowDown" ? 1 : found.length + (active < 0 ? 0 : -1))) % found.length);
      }
      if (event.key === "Enter" && found.length && !list.hidden) { event.preventDefault(); take(found[Math.max(active, 0)]); }
    });
  }

  /* ---- downloads ---- */
  function save(name, blob) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 4000);
  }
  /** CSV; a text that a spreadsheet would read as a formula gets a leading apostrophe (corridor/data/guards/formulas.py). */
  function saveCsv(name, head, rows) {
    const cell = (value) => {
      if (value === null || value === undefined) return "";
      let text = String(value);
      if (typeof value === "string" && /^'*[=+\-@\t\r]/.test(text)) text = `'${text}`;
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [head, ...rows].map((row) => row.map(cell).join(","));
    save(name, new Blob(["\ufeff", lines.join("\n"), "\n"], { type: "text/csv;charset=utf-8" }));
  }

  /** Button that switches between US$ and Rs crore, kept in the state. */
  function unitSwitch(button, croreOfUsdM, start, changed) {
    crore = croreOfUsdM;
    const set = (next) => {
      unit = next;
      document.documentElement.dataset.money = unit;
      for (const label of button.querySelectorAll("[data-unit]")) label.classList.toggle("on", label.dataset.unit === unit);
      button.title = `Money in ${unit === "usd" ? "US dollars" : "rupees (crore)"}; press to change`;
    };
    set(start === "inr" ? "inr" : "usd");
    button.addEventListener("click", () => { set(unit === "usd" ? "inr" : "usd"); changed(unit); });
    return (next) => set(next === "inr" ? "inr" : "usd");
  }

  /** A mark for must, could or never: a square, a triangle, a crossed ring; colour is redundant. */
  function verdictMark(verdict, size) {
    const mark = svg("svg", { class: `mark ${verdict}`, viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true" });
    if (verdict === "must") mark.append(svg("rect", { x: 2, y: 2, width: 12, height: 12 }));
    else if (verdict === "could") mark.append(svg("path", { d: "M8 1.5 L15 14 L1 14 Z" }));
    else mark.append(svg("circle", { cx: 8, cy: 8, r: 5.5 }), svg("path", { d: "M4 12 L12 4" }));
    return mark;
  }

  /** Address of the page of a component or a country; null if there is none. `pages` holds the files of components that are not <id>.html, and of all countries. */
  function pageOf(pages, folder, id) {
    if (!pages || document.documentElement.dataset.alone) return null;
    if (Object.hasOwn(pages[folder] ?? {}, id)) return `${folder}/${pages[folder][id]}`;
    return folder === "components" ? `components/${id}.html` : null;
  }

  return { pageOf, verdictMark, $, read, el, fill, svg, percent, percentFine, money, moneyBoth, number, amount, plural, capital, inText, possessive, badge, evidence, shareCell, sourceNote, segmented, suggest, saveCsv, save, unitSwitch };
})();
