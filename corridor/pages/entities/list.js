/* components.html: search, filters and sorting of the static tables; the state is kept in the address. */
"use strict";
(() => {
  const { $ } = corridor;
  const DEFAULTS = { q: "", s: "", g: "", by: "" }, state = corridor.readState(DEFAULTS);
  const rows = [...$("components").tBodies[0].rows].map((line) => ({ line, id: line.dataset.c, sector: line.dataset.s, stage: line.dataset.g }));

  const keep = (step) => corridor.writeState(state, DEFAULTS, step);
  /** Each table is one stop for the keyboard. */
  const stops = [...document.querySelectorAll("table.sortable")].map(({ tBodies: [body] }) => {
    for (const control of corridor.controls(body)) control.tabIndex = -1;
    return corridor.oneStop(body);
  });
  function filter() {
    const sought = $("find").value.trim(), found = sought ? new Set(corridor.findComponents(sought)) : null;
    state.q = $("find").value.trim(); state.s = $("sector").value; state.g = $("stage").value;
    let shown = 0;
    for (const { line, id, sector, stage } of rows) {
      const fits = (!state.s || sector === state.s) && (!state.g || stage === state.g) && (!found || found.has(id));
      line.hidden = !fits;
      shown += fits;
    }
    $("count").textContent = `${shown} of ${corridor.plural(rows.length, "component")}`;
    $("none").hidden = shown > 0;
    for (const { rove } of stops) rove();
  }
  /** Value of a cell: its number, or its text. */
  const value = (cell) => (cell.dataset.v === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.v));
  function sort(table, column, down) {
    const body = table.tBodies[0], sign = down ? -1 : 1;
    const order = [...body.rows].map((line) => [value(line.cells[column]), line]);
    order.sort(([a], [b]) => (typeof a === "string" ? sign * a.localeCompare(b) : sign * (a - b)));
    body.append(...order.map(([, line]) => line));
    [...table.tHead.rows[0].cells].forEach((head, n) => (n === column ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
    if (table.id === "components") { state.by = `${column}${down ? "d" : "a"}`; keep("sort"); }
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button"), arrow = document.createElement("span");
      arrow.className = "arrow"; arrow.setAttribute("aria-hidden", "true");
      button.type = "button"; button.append(...head.childNodes, arrow);
      button.addEventListener("click", () => {
        const number = table.tBodies[0].rows[0]?.cells[column].dataset.v !== undefined, now = head.getAttribute("aria-sort");
        sort(table, column, now ? now === "ascending" : number);
      });
      head.append(button);
    });
  }
  for (const id of ["sector", "stage"]) $(id).addEventListener("change", () => { filter(); keep("filter"); });
  $("find").addEventListener("input", () => { filter(); keep("find*"); });
  $("search").hidden = false;
  const first = [...$("components").tBodies[0].rows];
  /** Shows the state of the address. */
  function restore() {
    Object.assign(state, corridor.readState(DEFAULTS));
    $("find").value = state.q;
    for (const [id, key] of [["sector", "s"], ["stage", "g"]]) {
      $(id).value = state[key];
      if ($(id).selectedIndex < 0) $(id).value = "";
    }
    const by = /^(\d+)([ad])$/.exec(state.by);
    if (by && Number(by[1]) < $("components").tHead.rows[0].cells.length) sort($("components"), Number(by[1]), by[2] === "d");
    else $("components").tBodies[0].append(...first);
    filter();
  }
  restore();
  corridor.ready(restore);
})();
