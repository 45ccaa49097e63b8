/* The view of a page: its state in the address and in the browser's history, shared as a link or a file, carried to other
   pages; and cards that open where they were asked for. */
"use strict";
(() => {
  const { $, el, save } = corridor;

  /* ---- state in the address, so that a copied link shows the same view ---- */
  /** State of the address, or of the view that was saved with the page. */
  function readState(known) {
    const found = {}, address = location.hash.slice(1) || document.documentElement.dataset.view || "";
    for (const [key, value] of new URLSearchParams(address)) if (key in known) found[key] = value;
    return { ...known, ...found };
  }
  let last = "";
  /** Keeps the state in the address. A step ("choose") is an entry of the browser's history, so that Back undoes it; further
      writes with the same name, as of a slider, replace it. Without a name nothing is added. */
  function writeState(state, known, step = "") {
    const changed = new URLSearchParams(), before = new URLSearchParams(location.hash.slice(1));
    for (const key of ["m", "u"]) if (!(key in known) && before.get(key)) changed.set(key, before.get(key));  // of other pages: see carry.js
    for (const key of Object.keys(known)) if (String(state[key]) !== String(known[key])) changed.set(key, state[key]);
    const hash = changed.toString(), add = step && step !== last && hash !== before.toString();
    last = step.endsWith("*") ? step : "";
    // For a local file the browser may refuse; the view works without it.
    try { history[add ? "pushState" : "replaceState"](null, "", hash ? `#${hash}` : location.pathname + location.search); } catch { /* ignored; a frame has no address of its own */ }
  }

  /** A card that opens under the row or list item where it was asked for, else in its own place on the page. */
  function opener(card) {
    const home = card.parentNode;
    let row = null, from = null;
    /** Puts the card back; `focus` returns the keyboard to where it was asked for. */
    function back(focus = false) {
      if (card.parentNode !== home) home.append(card);
      row?.remove();
      from?.classList.remove("open");
      if (focus) from?.querySelector("button")?.focus();
      row = from = null;
    }
    /** Shows the card under a row or list item; without one, in its own place, and scrolls there if it is out of sight. */
    function show(place) {
      back();
      if (card.hidden) return;
      if (!place) { card.scrollIntoView({ block: "nearest" }); return; }
      from = place;
      from.classList.add("open");
      if (place.tagName === "TR") {
        row = el("tr", { className: "opened" }, el("td", { colSpan: place.cells.length }, card));
        place.after(row);
        card.style.setProperty("--seen", `${place.closest(".scroll").clientWidth}px`);  // a wide table scrolls, its card does not
      } else place.append(card);
      card.scrollIntoView({ block: "nearest" });
      place.scrollIntoView({ block: "nearest" });
    }
    card.addEventListener("back", () => back());
    return { show, back };
  }

  /* ---- sharing a view ---- */
  const blank = { header: document.querySelector("header")?.innerHTML, main: $("main")?.innerHTML };  // before anything is drawn
  /** The page as one file that opens on the current view, without links to pages that are not in it. */
  function savedView() {
    const copy = document.documentElement.cloneNode(true), find = (selector) => copy.querySelector(selector);
    find("header").innerHTML = blank.header;
    find("#main").innerHTML = blank.main;
    for (const node of copy.querySelectorAll("header nav, header .seek, body > :not(header, main, footer, script, .skip)")) node.remove();
    find(".brand")?.removeAttribute("href");
    for (const key of Object.keys(copy.dataset)) delete copy.dataset[key];
    copy.dataset.view = location.hash.slice(1);
    copy.dataset.alone = "true";
    return `<!DOCTYPE html>\n${copy.outerHTML}`;
  }
  /** Copies the address of the current view. That of a local file helps nobody else: then only what follows its "#", to paste
      after the address of another copy of the page. If the browser forbids it, shows the text for copying by hand. */
  function linkButton(button) {
    const local = location.protocol === "file:";
    if (local) { button.textContent = "Copy view (#…)"; button.title = "This page is a file of this computer: its address helps nobody else. Copied is what follows the #, to paste after the address of another copy of the page."; }
    const words = button.textContent;
    const say = (text) => { button.textContent = text; setTimeout(() => { button.textContent = words; }, 1600); };
    button.addEventListener("click", async () => {
      const text = local ? location.hash || "#" : location.href;
      try { await navigator.clipboard.writeText(text); say("Copied"); } catch { window.prompt(local ? "View, to paste after the address of the page" : "Address of this view", text); }
    });
  }
  /** Saves the current view as one file. */
  function saveButton(button, name) {
    button.title = "A file that opens on this view, without network: for mail, or to keep";
    button.addEventListener("click", () => save(name(), new Blob([savedView()], { type: "text/html;charset=utf-8" })));
  }
  /** Line of sources and date for a picture; titles of the sources it shows, with repeats. */
  function credit(study, titles) {
    const found = [...new Set(titles.filter(Boolean))], more = found.length - 3;
    const from = found.length ? `Sources: ${found.slice(0, 3).join("; ")}${more > 0 ? `; and ${more} more, on the page` : ""}.` : "Source: computed from the tables of the study, with the sources named on the page.";
    return `${from} Study “${study}”, corridor; picture of ${new Date().toISOString().slice(0, 10)}.`;
  }
  /** Called when a page is drawn; restore() shows the state of the address: after Back, or after a link to another view of the page. */
  function ready(restore) {
    document.documentElement.dataset.ready = "true";
    window.addEventListener("hashchange", () => { last = ""; if (!/^#[^=]+$/.test(location.hash)) restore(); });  // "#sources" is a place on the page
  }

  /* ---- market (m) and unit of money (u) go along to the other pages, in their addresses ---- */
  const addressed = () => new URLSearchParams(location.hash.slice(1)), first = addressed();
  function carry(event) {
    const link = event.target.closest?.("a[href]"), href = link?.getAttribute("href") ?? "", now = $("unit") ? addressed() : first;
    if (!/^(?![a-z]+:|#)[^#?]*\.html(#[^=]*=.*)?$/i.test(href)) return;
    const [file, fragment = ""] = href.split(/#(.*)/s), there = new URLSearchParams(fragment);
    for (const key of ["m", "u"]) if (now.get(key) && !there.has(key)) there.set(key, now.get(key));
    if (there.size) link.setAttribute("href", `${file}#${there}`);
  }
  for (const kind of ["click", "auxclick", "contextmenu"]) document.addEventListener(kind, carry, true);

  Object.assign(corridor, { readState, writeState, opener, credit, linkButton, saveButton, ready });
})();
