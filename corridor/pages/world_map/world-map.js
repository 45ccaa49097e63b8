/* dependency.html, the map: outlines shaded by share, flows, suppliers; tooltips. */
"use strict";
corridor.worldMap = (map, data, view) => {
  const { $ } = corridor, { style } = data, { book, state, off } = view;
  const { countries, byIso } = book, target = new Set(data.target), EU = new Set(data.union);
  let now = new Map(), hover = null, clicked = "";

  const colourOf = (share) => style.colours[style.classes.filter((edge) => share >= edge).length];
  const shapes = L.geoJSON({ type: "FeatureCollection", features: corridor.map.features(corridor.read("outlines")) }, {
    style: { weight: 0.6, color: "#ffffff", fillColor: style.land, fillOpacity: 1 },
  });
  map.createPane("flows").style.zIndex = 450;
  map.createPane("points").style.zIndex = 460;
  for (const pane of ["flows", "points"]) map.getPane(pane).style.pointerEvents = "none";
  const flows = new corridor.map.Flows({ pane: "flows" }), points = new corridor.map.Points({ pane: "points" });
  flows._flows = []; points._points = [];
  const layers = { flows, suppliers: points };
  const tip = corridor.map.tooltip(map);
  corridor.map.calm(map);
  corridor.map.named(map, "World map: arrows move it, plus and minus zoom. The tables next to it and below have the same content.");

  function fit() {
    map.fitBounds(map.getSize().x < 600 ? [[-36, -18], [66, 312]] : [[-38, -18], [67, 322]], { animate: false, padding: [2, 2] });
  }
  const { all: home, restore } = corridor.map.keepView(map, fit, state, view.keep);
  shapes.addTo(map);  // after the view is set: outlines are projected once

  /** Share of a country; members of a union without their own figure get the union's. */
  function shareOf(iso3) {
    return now.get(byIso.get(iso3)) ?? (EU.has(iso3) ? now.get(byIso.get("EUU")) ?? null : null);
  }
  /** The country itself, or the union that has its figures. */
  const standing = (iso3) => (EU.has(iso3) && !now.has(byIso.get(iso3)) && now.has(byIso.get("EUU")) ? "EUU" : iso3);
  const nameOf = (iso3) => countries[byIso.get(iso3)]?.name ?? iso3;

  shapes.on("mouseover", (event) => { hover = event.layer?.feature ?? event.propagatedFrom?.feature ?? null; });
  shapes.on("mouseout", () => { hover = null; });
  const under = (layer, event) => (map.hasLayer(layer) ? layer.hit(event.layerPoint) : null);
  map.on("mousemove", (event) => {
    const pixel = event.containerPoint, group = under(points, event), flow = group ? null : under(flows, event);
    if (group) {
      const shown = group.slice(0, 6).map((point) => `${point.data.firm} · ${point.data.place || nameOf(point.data.country)}`);
      if (group.length === 1) shown.push(group[0].data.makes.map((c) => book.components[c].name).slice(0, 5).join(", ") || group[0].data.kind);
      if (group.length > 6) shown.push(`and ${group.length - 6} more: click to zoom in`);
      return tip.show(pixel, group.length > 1 ? [`${group.length} suppliers`, ...shown] : shown);
    }
    if (flow) return tip.show(pixel, [`${countries[flow.data.o].name} → ${flow.to.name}`, view.what(flow.data)]);
    if (!hover) return tip.hide();
    const found = shareOf(hover.id);
    return tip.show(pixel, [nameOf(hover.id), found ? view.what(found) : hover.id === state.m ? "the market" : "nothing known of this selection"]);
  });
  map.getContainer().addEventListener("mouseleave", () => tip.hide());
  shapes.on("click", (event) => { clicked = (event.layer ?? event.propagatedFrom).feature.id; });
  map.on("click", (event) => {  // after the handler of the outlines: the top layer goes first
    const group = under(points, event), flow = group ? null : under(flows, event), land = clicked;
    clicked = "";
    if (group && group.length > 1 && map.getZoom() < 7) map.setView(event.latlng, Math.min(map.getZoom() + 2, 7));
    else if (group && group.length > 1) view.pickGroup(group.map((point) => point.data), event.latlng);
    else if (group) view.pick("p", group[0].data.id, null, event.latlng);
    else if (flow) view.pick("f", `${countries[flow.data.o].iso3}-${flow.to.id}`, null, event.latlng);
    else if (land) view.pick("k", standing(land), null, event.latlng);
  });

  function shade() {
    const on = !off.has("countries");
    shapes.eachLayer((shape) => {
      const id = shape.feature.id, found = shareOf(id), marked = target.has(id), here = id === state.m, picked = id === state.k;
      shape.setStyle({
        fillColor: on && found && found.share > 0.0005 ? colourOf(found.share) : style.land,
        color: picked ? style.ink : marked ? style.accent : here ? style.blue : "#ffffff",
        weight: picked ? 2 : marked || here ? 1.3 : 0.6,
      });
      if (marked || here || picked) shape.bringToFront();
    });
  }
  function drawFlows() {
    const list = [];
    for (const to of state.w ? book.markets : [view.market()]) {
      for (const found of (to.id === state.m ? now : view.origins(to.id)).values()) {
        if (countries[found.o].iso3 !== to.id && countries[found.o].iso3 !== "ROW" && found.share > 0.0005) list.push({ found, to });
      }
    }
    // With several markets flows are compared in money, with one in shares.
    const size = ({ found }) => (state.w ? found.value : found.share);
    list.sort((a, b) => size(b) - size(a));
    const most = Math.min(+state.n, list.length), chosen = state.f.split("-");
    flows.setFlows(list.slice(0, most).map((one) => {
      const from = countries[one.found.o], iso3 = from.iso3;
      const faint = (state.k && state.k !== iso3) || (state.f && (chosen[0] !== iso3 || chosen[1] !== one.to.id));
      return { lon: corridor.map.east(from.lon), lat: from.lat, toLon: corridor.map.east(one.to.lon), toLat: one.to.lat, value: size(one),
        colour: target.has(iso3) ? style.accent : style.blue, faint, data: one.found, to: one.to };
    }), Math.max(state.w ? 1e-9 : 0.02, list.length ? size(list[0]) : 1));
    $("flow-count").textContent = `${most} of ${list.length}`;
  }
  function drawPoints() {
    const c = view.chosen();
    if (off.has("suppliers")) { points.setPoints([]); return; }  // not even read until they are wanted
    points.setPoints(book.suppliers().filter((one) => (c === null ? state.s === "all" || one.makes.some(view.inSector) : one.makes.includes(c)))
      .map((one) => ({ lon: corridor.map.east(one.lon), lat: one.lat, colour: book.sectors[one.sector]?.colour ?? style.other, mark: book.sectors[one.sector]?.mark ?? style.mark, data: one })));
  }
  /** Draws everything, or after a click on a country or flow only what that changes. */
  function draw(origins, figures = true) {
    now = origins;
    shade();
    drawFlows();
    if (figures) drawPoints();
    for (const [name, layer] of Object.entries(layers)) (off.has(name) ? map.removeLayer(layer) : map.addLayer(layer));
    for (const box of document.querySelectorAll("[data-legend]")) box.hidden = off.has(box.dataset.legend);
    const words = view.words();
    $("legend-share").textContent = words.share;
    $("legend-width").textContent = state.w ? "Width: US$ a year, all markets" : "Width: the same share";
    $("legend-points").textContent = words.points(points._points.length);
  }
  /** Legend of the picture: only the layers that are on. */
  function legend() {
    const words = view.words(), edges = [0, ...style.classes, 1], out = [];
    if (!off.has("countries")) out.push({ text: words.share }, ...style.colours.map((colour, index) => ({ kind: "box", colour, text: `${edges[index] * 100}–${edges[index + 1] * 100} %` })), null);
    if (!off.has("flows")) out.push({ text: $("legend-width").textContent }, { kind: "line", colour: style.accent, text: `from ${data.targetName}` }, { kind: "line", colour: style.blue, text: "from others" }, null);
    if (!off.has("suppliers")) out.push({ text: $("legend-points").textContent }, ...book.sectors.map((sector) => ({ kind: "sector", colour: sector.colour, mark: sector.mark, text: sector.name })), null);
    return out;
  }
  corridor.map.onPaper(map, () => ({}));
  return { draw, home, restore, legend, standing, nameOf };
};
