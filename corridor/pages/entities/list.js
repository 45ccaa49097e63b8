/* components.html: search, filters and sorting of the static tables; the state is kept in the address. */
"use strict";
(() => {
  const { $ } = corridor;
  const state = { q: "", s: "", g: "", by: "", ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
  const rows = [...$("components").tBodies[0].rows].map((line) => ({ line, id: line.dataset.c, sector: line.dataset.s, stage: line.dataset.g }));

  function keep() {
    const chosen = new URLSearchParams(Object.entries(state).filter(([key, value]) => value && key in { q: 0, s: 0, g: 0, by: 0 }));
    // For a local file the browser may refuse this; the page works without it.
    try { history.replaceState(null, "", chosen.size ? `#${chosen}` : location.pathname + location.search); } catch { /* ignored */ }
  }
  function filter() {
    const sought = $("find").value.trim(), found = sought ? new Set(corridor.findComponents(sought)) : null;
    state.q = $("find").value.trim(); state.s = $("sector").value; state.g = $("stage").value;
    let shown = 0;
    for (const { line, id, sector, stage } of rows) {
      const fits = (!state.s || sector === state.s) && (!state.g || stage === state.g) && (!found || found.has(id));
      line.hidden = !fits;
      shown += fits;
    }
    $("count").textContent = `${shown} of ${rows.length} components`;
    $("none").hidden = shown > 0;
  }
  /** Value of a cell: its number, or its text. */
  const value = (cell) => (cell.dataset.v === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.v));
  function sort(table, column, down) {
    const body = table.tBodies[0], sign = down ? -1 : 1;
    const order = [...body.rows].map((line) => [value(line.cells[column]), line]);
    order.sort(([a], [b]) => (typeof a === "string" ? sign * a.localeCompare(b) : sign * (a - b)));
    body.append(...order.map(([, line]) => line));
    [...table.tHead.rows[0].cells].forEach((head, n) => (n === column ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
    if (table.id === "components") { state.by = `${column}${down ? "d" : "a"}`; keep(); }
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
  $("find").value = state.q;
  for (const [id, key] of [["sector", "s"], ["stage", "g"]]) {
    $(id).value = state[key];
    if ($(id).selectedIndex < 0) $(id).value = "";
    $(id).addEventListener("change", () => { filter(); keep(); });
  }
  $("find").addEventListener("input", () => { filter(); keep(); });
  $("search").hidden = false;
  const by = /^(\d+)([ad])$/.exec(state.by);
  if (by && Number(by[1]) < $("components").tHead.rows[0].cells.length) sort($("components"), Number(by[1]), by[2] === "d");
  filter();
  document.documentElement.dataset.ready = "true";
})();
