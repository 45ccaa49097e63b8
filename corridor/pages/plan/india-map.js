/* plan.html, the map: sites as discs, producing or being built, or by the verdicts of near-optimal plans. */
"use strict";
corridor.indiaMap = (map, data, view) => {
  const { el, svg, money } = corridor, { sites, components, style, sectors } = data, { state } = view;
  const RANK = { must: 2, could: 1, never: 0 };
  const states = L.geoJSON({ type: "FeatureCollection", features: corridor.map.features(corridor.read("outlines")) }, {
    style: (feature) => (feature.properties.kind === "state"
      ? { weight: 0.8, color: "#c9c4b8", fillColor: "#ffffff", fillOpacity: 1 } : { weight: 0.6, color: "#d9d5ca", fillColor: "#efede7", fillOpacity: 1 }),
  });
  const isState = (layer) => layer.feature.properties.kind === "state";
  const whole = L.featureGroup(states.getLayers().filter(isState)).getBounds();
  const fit = () => map.fitBounds(whole, { animate: false, padding: [6, 6] });
  corridor.map.named(map, "Map of India: arrows move it, plus and minus zoom. The table of moves has the same content.");
  const { all: home, restore } = corridor.map.keepView(map, fit, state, view.keep);
  states.addTo(map);  // after the view is set: outlines are projected once
  const tip = corridor.map.tooltip(map);
  corridor.map.calm(map);
  const latLngOf = (siteIndex) => [sites[siteIndex].lat, sites[siteIndex].lon];
  const rings = sites.map((_, siteIndex) => L.circleMarker(latLngOf(siteIndex), { radius: 3, interactive: false, fill: false }));
  const circles = sites.map((site, siteIndex) => L.circleMarker(latLngOf(siteIndex), { radius: 3, weight: 1, bubblingMouseEvents: false })
    .on("mousemove", (event) => tip.show(event.containerPoint, siteWords(siteIndex)))
    .on("mouseout", () => tip.hide()).on("click", () => view.pick("site", site.id, null, latLngOf(siteIndex))).addTo(map));
  states.on("mousemove", (event) => {
    const layer = event.layer ?? event.propagatedFrom;
    if (!isState(layer)) return tip.hide();
    const rows = view.shown().filter((move) => sites[move.s].state === layer.feature.id);
    return tip.show(event.containerPoint, [layer.feature.id, rows.length ? `${corridor.plural(view.sum(rows, "plants"), "plant")}, ${money(view.sum(rows, "capex"))}` : "nothing placed here in this plan"]);
  });
  states.on("mouseout", () => tip.hide());
  states.on("click", (event) => { const layer = event.layer ?? event.propagatedFrom; if (isState(layer)) view.pick("st", layer.feature.id, null, event.latlng); });
  const marks = L.layerGroup().addTo(map);
  let labels = [], shapes = [];

  function siteWords(siteIndex) {
    const rows = view.shown().filter((move) => move.s === siteIndex), lines = [`${sites[siteIndex].name}, ${sites[siteIndex].state}`];
    if (!rows.length) return [...lines, "nothing placed here in this plan"];
    lines.push(`${corridor.plural(view.sum(rows, "plants"), "plant")}, ${money(view.sum(rows, "capex"))}`);
    return [...lines, ...rows.slice(0, 5).map((move) => `${components[move.c].name} · ${view.stage(move)}`), ...(rows.length > 5 ? [`and ${rows.length - 5} more`] : [])];
  }
  const most = Math.max(1, ...data.plans.map((one) => {
    const totals = new Float64Array(sites.length);
    for (const move of one.rows) totals[move.s] += move.capex;
    return Math.max(...totals);
  }));
  const radius = (capex) => 4 + 22 * Math.sqrt(capex / most);

  /** Strongest verdict on anything at a site, in the sector shown. */
  function verdicts() {
    const found = new Map();
    for (const [c, s, verdict] of view.plan().others?.sites ?? []) {
      if (view.inSector(c) && (!found.has(s) || RANK[verdict] > RANK[found.get(s)])) found.set(s, verdict);
    }
    return found;
  }
  function drawSites() {
    const year = +state.y, placed = [], others = view.byOthers() ? verdicts() : null;
    const here = sites.map(() => []);
    for (const move of view.shown()) here[move.s].push(move);
    sites.forEach((site, siteIndex) => {
      const circle = circles[siteIndex], ring = rings[siteIndex], picked = site.id === state.site;
      const making = here[siteIndex].filter((move) => move.output <= year), building = here[siteIndex].filter((move) => move.start <= year && move.output > year);
      const capex = view.sum(making, "capex"), later = view.sum(building, "capex"), parts = new Map();
      for (const move of [...making, ...building]) parts.set(view.sectorOf(move), (parts.get(view.sectorOf(move)) || 0) + move.capex);
      const main = [...parts].sort((a, b) => b[1] - a[1])[0]?.[0], shown = making.length && !others;
      circle.setRadius(others ? 9 : making.length ? radius(capex) : 3);
      circle.setStyle(others ? { fillOpacity: 0, color: picked ? style.ink : "transparent", weight: picked ? 3 : 0, fill: true }
        : shown ? { fillColor: main.colour, fillOpacity: 0.92, color: picked ? style.ink : "#ffffff", weight: picked ? 3 : 1.2, fill: true }
        : { fillColor: "#ffffff", fillOpacity: 1, color: picked ? style.ink : "#8d9299", weight: picked ? 2.5 : 1, fill: true });
      if (building.length && !others) {
        ring.setRadius(radius(capex + later) + 1.5).setStyle({ color: main.colour, weight: 2, dashArray: "4 3", opacity: 1 }).addTo(map);
      } else ring.remove();
      if (making.length || building.length) placed.push([capex + later, siteIndex, main, making.length > 0]);
    });
    placed.sort((a, b) => b[0] - a[0]).forEach(([, siteIndex]) => circles[siteIndex].bringToFront());
    const full = new Set(placed.map(([, siteIndex]) => siteIndex));
    circles.forEach((circle, siteIndex) => { if (!full.has(siteIndex)) circle.bringToFront(); });
    return { placed, others };
  }
  const pointOf = (siteIndex) => { const { x, y } = map.latLngToContainerPoint(latLngOf(siteIndex)); return { x, y }; };
  function drawMarks({ placed, others }) {
    marks.clearLayers();
    shapes = [...others ?? []].map(([siteIndex, kind]) => ({ siteIndex, kind }));
    for (const [siteIndex, verdict] of others ?? []) {
      const icon = corridor.verdictMark(verdict, 17);
      marks.addLayer(L.marker(latLngOf(siteIndex), { interactive: false, keyboard: false, icon: L.divIcon({ className: "verdict", html: icon, iconSize: [17, 17] }) }));
    }
    // The mark of the sector inside its disc: a second sign beside the colour.
    for (const [, siteIndex, sector, made] of others ? [] : placed) {
      const size = made ? Math.min(18, circles[siteIndex].getRadius() * 0.95) : 8, colour = made ? "#ffffff" : sector.colour;
      shapes.push({ siteIndex, mark: sector.mark, size, colour });
      const icon = svg("svg", { viewBox: "0 0 10 10", width: size, height: size, "aria-hidden": "true" }, svg("path", { d: sector.mark, fill: colour }));
      marks.addLayer(L.marker(latLngOf(siteIndex), { interactive: false, keyboard: false, icon: L.divIcon({ className: "sectormark", html: icon, iconSize: [size, size] }) }));
    }
    const taken = [], wide = map.getSize().x, ruler = document.createElement("canvas").getContext("2d");
    ruler.font = "600 11.5px system-ui, sans-serif";
    labels = [];
    for (const [, siteIndex] of placed.slice(0, 12)) {
      const point = map.latLngToContainerPoint(latLngOf(siteIndex)), off = (others ? 9 : circles[siteIndex].getRadius()) + 8;
      const name = sites[siteIndex].name, text = name.length > 28 ? `${name.slice(0, 26)}…` : name, long = ruler.measureText(text).width * 1.06 + 4;
      // To the right of the site, or to its left where the map ends.
      const shift = point.x + off + long <= wide - 4 ? off : -off - long, from = point.x + shift;
      if (from < 4 || taken.some((other) => Math.abs(other.y - point.y) < 15 && from < other.to + 6 && other.from < from + long + 6)) continue;
      taken.push({ y: point.y, from, to: from + long });
      labels.push({ siteIndex, off: shift, text });
      marks.addLayer(L.marker(latLngOf(siteIndex), { interactive: false, keyboard: false, icon: L.divIcon({ className: "sitename", html: el("span", {}, text), iconSize: null, iconAnchor: [-shift, 9] }) }));
    }
  }
  function draw() {
    const found = drawSites(), active = new Set(found.placed.map(([, siteIndex]) => sites[siteIndex].state));
    states.eachLayer((layer) => {
      if (!isState(layer)) return;
      const picked = layer.feature.id === state.st;
      layer.setStyle({ fillColor: active.has(layer.feature.id) ? "#faf1e6" : "#ffffff", color: picked ? style.ink : "#c9c4b8", weight: picked ? 2 : 0.8 });
      if (picked) layer.bringToFront();
    });
    drawMarks(found);
  }
  map.on("zoomend resize", draw);
  corridor.map.onPaper(map, () => ({ labels: placed(), marks: stamped() }));
  const placed = () => labels.map(({ siteIndex, off, text }) => { const { x, y } = pointOf(siteIndex); return { x: x + off, y: y + 4, text }; });
  const stamped = () => shapes.map(({ siteIndex, ...shape }) => ({ ...pointOf(siteIndex), ...shape }));
  const stateBounds = new Map();
  states.eachLayer((layer) => { if (isState(layer)) stateBounds.set(layer.feature.id, layer.getBounds().getCenter()); });
  const legend = () => (view.byOthers() ? [{ text: "In near-optimal plans, a plant here:" }, { kind: "must", text: "must be" }, { kind: "could", text: "could be" }, { kind: "never", text: "never is" }, null] : [{ text: `Investment placed by ${state.y}, by sector:` }, ...sectors.map((sector) => ({ kind: "sector", colour: sector.colour, mark: sector.mark, text: sector.name })), null]);
  return { draw, home, restore, legend, labels: placed, marks: stamped, centreOf: (name) => stateBounds.get(name), latLngOf };
};
