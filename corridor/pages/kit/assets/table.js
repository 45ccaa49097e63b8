/* Tables that sort by their heads, are drawn as they are scrolled to, and are one stop for the keyboard. */
"use strict";
(() => {
  const { el, number } = corridor;

  /** Buttons and links of a line, but not those of a card that opened in it. */
  const controls = (line) => [...(line?.querySelectorAll("button, a[href]") ?? [])].filter((control) => !control.closest(".card"));
  /** Makes the rows of a table one stop for the keyboard, at the chosen row or the first; arrows, Page Up and Down, Home and
      End move between rows, left and right within one. grow(to) draws more rows before the row `to` is entered. */
  function oneStop(body, grow = () => {}) {
    let stop = null;
    const lines = () => [...body.rows].filter((line) => !line.hidden && controls(line).length);
    function rove(next) {
      const wanted = next ?? (stop?.isConnected && !stop.closest("tr").hidden ? stop : controls(body.querySelector(".chosen") ?? lines()[0])[0]);
      if (wanted === stop) return;
      if (stop) stop.tabIndex = -1;
      stop = wanted ?? null;
      if (stop) stop.tabIndex = 0;
    }
    body.addEventListener("focusin", (event) => { const control = event.target.closest("button, a[href]"); if (control && !control.closest(".card")) rove(control); });
    body.addEventListener("keydown", (event) => {
      const line = event.target.closest("tr"), here = controls(line), column = here.indexOf(event.target), at = lines().indexOf(line);
      if (at < 0 || column < 0) return;
      const side = { ArrowRight: 1, ArrowLeft: -1 }[event.key], to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: lines().length - 1 }[event.key];
      if (side) here[column + side]?.focus();
      if (to === undefined) return;
      event.preventDefault();
      grow(to);
      const all = lines(), next = controls(all[Math.max(0, Math.min(to, all.length - 1))]);
      (next[column] ?? next[0])?.focus();
    });
    return { rove };
  }

  /** A table that sorts by its heads. columns: {key, label, title, value(row), cell(row) -> td, down (first click sorts descending)}.
      Rows are drawn as they are scrolled to. The keyboard stops once in the table; arrows move between its rows.
      options: sort, caption, none (words if empty), mark(line, row), printed (most rows on paper). */
  function table(box, columns, options) {
    const STEP = 40, printed = options.printed ?? 60;
    let sort = options.sort, rows = [], order = [], drawn = 0, lines = new Map();
    const heads = columns.map((column) => {
      const button = el("button", { type: "button", title: column.title || "", onclick: () => {
        sort = { key: column.key, down: sort.key === column.key ? !sort.down : column.down !== false };
        draw();
      } }, column.label, el("span", { className: "arrow", "aria-hidden": "true" }));
      return el("th", { scope: "col", className: column.className || "" }, column.value ? button : column.label);
    });
    const body = el("tbody"), frame = box.closest(".scroll");
    const more = el("tr", { className: "more" }), paper = el("p", { className: "onpaper soft small" });
    box.replaceChildren(el("caption", { className: "hidden" }, `${options.caption}. Arrow keys move between the rows.`), el("thead", {}, el("tr", {}, ...heads)), body);
    (frame ?? box).after(paper);
    /** Draws rows up to a number of them. */
    function extend(count) {
      const last = Math.min(order.length, count), next = order.slice(drawn, last).map((row, index) => {
        const line = el("tr", {}, ...columns.map((other) => other.cell(row, drawn + index)));
        for (const control of controls(line)) control.tabIndex = -1;
        lines.set(row, line);
        if (options.mark) options.mark(line, row);
        return line;
      });
      more.remove();
      body.append(...next);
      drawn = Math.max(drawn, last);
      const left = order.length - drawn;
      if (left > 0) {
        more.replaceChildren(el("td", { colSpan: columns.length }, el("button", { type: "button", className: "plain", tabIndex: -1, onclick: () => show(drawn) }, `${number(left)} more rows`)));
        body.append(more);
      }
      rove();
    }
    /** Draws on from a row, and moves the keyboard there. */
    function show(position) {
      extend(position + STEP);
      controls(lines.get(order[position]))[0]?.focus();
    }
    function draw() {
      for (const card of body.querySelectorAll(".opened .card")) card.dispatchEvent(new Event("back"));
      const column = columns.find((other) => other.key === sort.key), sign = sort.down ? -1 : 1;
      const pairs = rows.map((row) => [column.value(row), row]);
      pairs.sort(([a], [b]) => (typeof a === "string" ? sign * a.localeCompare(b) : sign * ((a ?? -1) - (b ?? -1))));
      order = pairs.map(([, row]) => row);
      heads.forEach((head, index) => {
        if (columns[index].key === sort.key) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      lines = new Map();
      drawn = 0;
      body.replaceChildren();
      extend(STEP);
      if (frame) frame.scrollTop = 0;
      if (!rows.length) body.append(el("tr", {}, el("td", { colSpan: columns.length, className: "none" }, options.none || "Nothing here.")));
    }
    /** Draws every row up to this one, so that it can be shown; returns its line. */
    function reveal(row) {
      const position = order.indexOf(row);
      if (position >= drawn) extend(position + STEP);
      return lines.get(row) ?? null;
    }
    /** Updates the marks when the selection changed and the rows did not. */
    function remark() { for (const [row, line] of lines) options.mark(line, row); rove(); }

    const { rove } = oneStop(body, (to) => { if (to >= drawn - 1 && drawn < order.length) extend(drawn + STEP); });
    (frame ?? window).addEventListener("scroll", () => {
      if (drawn < order.length && more.getBoundingClientRect().top < (frame ? frame.getBoundingClientRect().bottom : window.innerHeight) + 400) extend(drawn + STEP);
    }, { passive: true });
    window.addEventListener("beforeprint", () => {
      extend(printed);
      order.forEach((row, position) => lines.get(row)?.classList.toggle("unprinted", position >= printed));
      paper.textContent = order.length > printed ? `The first ${number(printed)} of ${number(order.length)} rows; the CSV file has all.` : "";
    });
    /** Changes the head of a column. */
    function label(key, words, title) {
      const button = heads[columns.findIndex((column) => column.key === key)].firstChild;
      button.firstChild.textContent = words;
      button.title = title;
    }
    return { label, show(next) { rows = next; draw(); }, redraw: draw, remark, reveal, get sort() { return sort; } };
  }

  Object.assign(corridor, { table, oneStop, controls });
})();
