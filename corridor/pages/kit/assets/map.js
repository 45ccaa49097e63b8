/* Map elements: outlines, curved flows with arrowheads, clustered points, a tooltip, export as a picture. */
"use strict";
corridor.map = (() => {
  const { el } = corridor;

  /** TopoJSON (quantised, one arc per ring) as a list of GeoJSON features. */
  function features(topology) {
    const { scale: [sx, sy], translate: [tx, ty] } = topology.transform;
    const ring = ([arcIndex]) => {
      let x = 0, y = 0;
      return topology.arcs[arcIndex].map(([dx, dy]) => { x += dx; y += dy; return [x * sx + tx, y * sy + ty]; });
    };
    return Object.values(topology.objects)[0].geometries.map((geometry) => ({
      type: "Feature", id: geometry.id, properties: geometry.properties,
      geometry: { type: "MultiPolygon", coordinates: geometry.arcs.map((polygon) => polygon.map(ring)) },
    }));
  }

  /** Longitude in the frame of the world outlines: 30 W to 330 E. */
  const east = (lon) => (lon < -30 ? lon + 360 : lon);

  /** A layer with its own canvas over the map; subclasses define draw(context, project) and hit(point). */
  const Canvas = L.Layer.extend({
    initialize(options) { L.setOptions(this, options); },
    onAdd(map) {
      this._canvas = L.DomUtil.create("canvas", "corridor-canvas leaflet-zoom-hide", map.getPane(this.options.pane || "overlayPane"));
      this._canvas.setAttribute("aria-hidden", "true");
      map.on("moveend zoomend resize viewreset", this.redraw, this);
      this.redraw();
    },
    onRemove(map) {
      map.off("moveend zoomend resize viewreset", this.redraw, this);
      this._canvas.remove();
      this._canvas = null;
    },
    redraw() {
      if (!this._canvas) return this;
      const map = this._map, size = map.getSize(), ratio = window.devicePixelRatio || 1;
      const pad = size.multiplyBy(0.15).round();  // a margin beyond the edge, so that a drag shows no gap
      this._offset = map.containerPointToLayerPoint(pad.multiplyBy(-1)).round();
      L.DomUtil.setPosition(this._canvas, this._offset);
      const full = size.add(pad.multiplyBy(2));
      this._canvas.width = full.x * ratio;
      this._canvas.height = full.y * ratio;
      this._canvas.style.width = `${full.x}px`;
      this._canvas.style.height = `${full.y}px`;
      const context = this._canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.draw(context, (lat, lon) => map.latLngToLayerPoint([lat, lon]).subtract(this._offset));
      return this;
    },
  });

  /** Curves from origin to market, width by value. flows: {lon, lat, toLon, toLat, value, colour, data}, biggest first. */
  const Flows = Canvas.extend({
    setFlows(flows, most) { this._flows = flows; this._most = most; return this.redraw(); },
    width(value) { return 0.9 + 13 * (value / this._most); },
    /** Ends, bend and arrowhead of a flow on the screen; null if it is too short to see. */
    curve(flow, project) {
      const from = project(flow.lat, flow.lon), to = project(flow.toLat, flow.toLon);
      const dx = to.x - from.x, dy = to.y - from.y, length = Math.sqrt(dx * dx + dy * dy);
      if (length < 4) return null;
      // Bent to the north, so that flows in both directions between two places do not overlap.
      const side = dx >= 0 ? 1 : -1, bend = Math.min(0.22 * length, 130) * side / length;
      const middle = { x: (from.x + to.x) / 2 + dy * bend, y: (from.y + to.y) / 2 - dx * bend };
      const width = this.width(flow.value), head = Math.min(5 + width * 1.25, length * 0.35);
      const tx = to.x - middle.x, ty = to.y - middle.y, tip = Math.sqrt(tx * tx + ty * ty) || 1;
      return { from, middle, to, width, flow, head, ux: tx / tip, uy: ty / tip };
    },
    draw(context, project) {
      this._curves = [];
      for (const flow of this._flows) {
        const curve = this.curve(flow, project);
        if (curve) this._curves.push(curve);
      }
      context.lineCap = "butt";
      // Smallest first, biggest on top. Thin curves of one style share a path: fast for tens of thousands.
      const THIN = 1.4, MOST = 6, kind = ({ flow, width }) => `${flow.colour} ${Boolean(flow.faint)} ${width.toFixed(1)}`;
      for (let index = this._curves.length - 1; index >= 0;) {
        const first = index, curve = this._curves[index], one = curve.width < THIN ? kind(curve) : "";
        do index--; while (one && index >= 0 && first - index < MOST && this._curves[index].width < THIN && kind(this._curves[index]) === one);
        this.strokes(context, first, index);
      }
      this.dots(context);
      context.globalAlpha = 1;
    },
    /** Draw the curves of one width and colour, from index `first` down to, but without, `last`. */
    strokes(context, first, last) {
      const { width, flow } = this._curves[first];
      context.beginPath();
      for (let index = first; index > last; index--) {
        const { from, middle, to, head, ux, uy } = this._curves[index];
        context.moveTo(from.x, from.y);
        context.quadraticCurveTo(middle.x, middle.y, to.x - ux * head * 0.8, to.y - uy * head * 0.8);
      }
      if (width > 2.5) {  // a pale edge, so that a curve shows on dark land too
        context.globalAlpha = flow.faint ? 0.1 : 0.75;
        context.strokeStyle = "#ffffff";
        context.lineWidth = width + 2;
        context.stroke();
      }
      context.globalAlpha = flow.faint ? 0.16 : width < 1.4 ? 0.55 : 0.74;
      context.strokeStyle = context.fillStyle = flow.colour;
      context.lineWidth = width;
      context.stroke();
      context.globalAlpha = flow.faint ? 0.2 : 0.9;
      context.beginPath();
      for (let index = first; index > last; index--) {
        const { to, head, ux, uy } = this._curves[index], half = head * 0.5 + width * 0.1;
        context.moveTo(to.x, to.y);
        context.lineTo(to.x - ux * head - uy * half, to.y - uy * head + ux * half);
        context.lineTo(to.x - ux * head + uy * half, to.y - uy * head - ux * half);
      }
      context.fill();
    },
    /** A dot where flows begin: one for each place, sized by its greatest flow. */
    dots(context) {
      const seen = new Set();
      for (const { from, width, flow } of this._curves) {  // biggest first
        const place = Math.round(flow.lon * 100) * 100000 + Math.round(flow.lat * 100);
        if (seen.has(place)) continue;
        seen.add(place);
        context.globalAlpha = flow.faint ? 0.2 : 0.9;
        context.fillStyle = flow.colour;
        context.beginPath();
        context.arc(from.x, from.y, 1.4 + Math.min(1.6, width * 0.3), 0, 7);
        context.fill();
      }
    },
    /** The flow under a point of the layer, or null. */
    hit(point) {
      if (!this._canvas) return null;
      const x = point.x - this._offset.x, y = point.y - this._offset.y;
      let best = null, least = 1;
      for (const curve of this._curves || []) {
        for (let t = 0.06; t <= 1; t += 0.04) {
          const u = 1 - t;
          const cx = u * u * curve.from.x + 2 * u * t * curve.middle.x + t * t * curve.to.x;
          const cy = u * u * curve.from.y + 2 * u * t * curve.middle.y + t * t * curve.to.y;
          const near = Math.hypot(cx - x, cy - y) / (curve.width / 2 + 4);
          if (near < least) { least = near; best = curve.flow; }
        }
      }
      return best;
    },
  });

  /** Fills a sector's mark (an SVG path in a box of 10 by 10) around a point. */
  const paths = new Map();
  function stamp(context, mark, x, y, size) {
    if (!paths.has(mark)) paths.set(mark, new Path2D(mark));
    context.save();
    context.translate(x - size / 2, y - size / 2);
    context.scale(size / 10, size / 10);
    context.fill(paths.get(mark));
    context.restore();
  }

  /** Points with the mark of their sector; where they are dense, a numbered disc. points: {lon, lat, colour, mark, data}. */
  const Points = Canvas.extend({
    setPoints(points) { this._points = points; return this.redraw(); },
    draw(context, project) {
      const cell = 34, groups = new Map();
      for (const point of this._points) {
        const pixel = project(point.lat, point.lon);
        if (pixel.x < -20 || pixel.y < -20 || pixel.x > this._canvas.width || pixel.y > this._canvas.height) continue;
        const key = `${Math.floor(pixel.x / cell)}:${Math.floor(pixel.y / cell)}`;
        const group = groups.get(key);
        if (group) { group.x += pixel.x; group.y += pixel.y; group.points.push(point); } else groups.set(key, { x: pixel.x, y: pixel.y, points: [point] });
      }
      this._groups = [];
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const group of groups.values()) {
        const count = group.points.length, x = group.x / count, y = group.y / count;
        const radius = count === 1 ? 3.6 : Math.min(12, 5 + 1.1 * Math.log2(count));
        const first = group.points[0], alike = group.points.every((point) => point.colour === first.colour);
        if (count === 1) {  // white under it, so that it shows on dark land
          context.fillStyle = "#ffffff";
          stamp(context, first.mark, x, y, 12);
          context.fillStyle = first.colour;
          stamp(context, first.mark, x, y, 8.5);
        } else {  // a disc of several sectors is grey
          context.beginPath();
          context.arc(x, y, radius, 0, 7);
          context.fillStyle = alike ? first.colour : "#4c5a67";
          context.fill();
          context.lineWidth = 1.2;
          context.strokeStyle = "#ffffff";
          context.stroke();
          context.fillStyle = "#ffffff";
          context.font = "600 9px system-ui, sans-serif";
          if (radius > 6) context.fillText(count > 99 ? "99+" : String(count), x, y + 0.5);
          else if (alike) stamp(context, first.mark, x, y, radius);
        }
        this._groups.push({ x, y, radius, points: group.points });
      }
    },
    hit(point) {
      if (!this._canvas) return null;
      const x = point.x - this._offset.x, y = point.y - this._offset.y;
      let best = null, least = 1;
      for (const group of this._groups || []) {
        const near = Math.hypot(group.x - x, group.y - y) / (group.radius + 3);
        if (near < least) { least = near; best = group.points; }
      }
      return best;
    },
  });

  /** A tooltip inside the map's box that follows the pointer; lines are texts or elements. */
  function tooltip(map) {
    const tip = el("div", { className: "tip", hidden: true, role: "presentation" });
    map.getContainer().append(tip);
    return {
      show(point, lines) {
        tip.replaceChildren(...lines.map((line, index) => el("div", { className: index ? "" : "strong" }, line)));
        tip.hidden = false;
        const size = map.getSize();
        tip.style.left = `${Math.max(4, Math.min(point.x + 14, size.x - tip.offsetWidth - 6))}px`;
        tip.style.top = `${point.y + 18 + tip.offsetHeight > size.y ? point.y - tip.offsetHeight - 10 : point.y + 18}px`;
      },
      hide() { tip.hidden = true; },
    };
  }

  /** The wheel scrolls the page, not the map, until the map is clicked or focused. */
  function calm(map) {
    map.scrollWheelZoom.disable();
    const box = map.getContainer();
    box.addEventListener("focus", () => map.scrollWheelZoom.enable());
    box.addEventListener("blur", () => map.scrollWheelZoom.disable());
    box.addEventListener("mouseleave", () => map.scrollWheelZoom.disable());
    map.on("click", () => map.scrollWheelZoom.enable());
  }

  /** Name and role of a map for screen readers. */
  function named(map, words) {
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", words);
  }

  /** Restores centre and zoom from the address, else shows all; a drag or zoom is kept in the address.
      Returns a function that shows all again. A box of size 0 (a hidden tab or frame) has no zoom that shows all: the
      map waits until it is seen. */
  function keepView(map, fit, state, keep) {
    const box = map.getContainer(), seen = () => box.clientWidth > 0 && box.clientHeight > 0;
    let width = 0, moved = false;
    function restore() {
      const kept = state.v.split("_").map(Number);
      moved = false;
      if (kept.length === 3 && kept.every(Number.isFinite)) map.setView([kept[0], kept[1]], kept[2], { animate: false });
      else { state.v = ""; if (seen()) { width = box.clientWidth; fit(); } }
    }
    restore();
    const own = () => { moved = true; };
    for (const name of ["pointerdown", "wheel", "keydown", "dblclick"]) box.addEventListener(name, own, true);
    map.on("moveend", () => {
      if (!moved) return;
      const centre = map.getCenter();
      state.v = [centre.lat.toFixed(2), centre.lng.toFixed(2), map.getZoom()].join("_");
      keep();
    });
    new ResizeObserver(() => {
      if (!seen()) return;
      moved = false;
      map.invalidateSize();
      if (Math.abs(box.clientWidth - width) > 50 && !state.v) { width = box.clientWidth; fit(); }
    }).observe(box);
    return { all() { moved = false; state.v = ""; fit(); keep(); }, restore };
  }

  /** Writes canvas text, cut if it is too wide; returns its width. */
  function write(context, text, x, y, most) {
    let shown = text;
    while (shown.length > 1 && context.measureText(shown).width > most) shown = `${shown.slice(0, -2)}…`;
    context.fillText(shown, x, y);
    return context.measureText(shown).width;
  }
  /** Text wrapped into lines of a width. */
  function wrap(context, text, most) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const next = `${lines.at(-1)} ${word}`.trim();
      if (context.measureText(next).width > most && lines.at(-1)) lines.push(word); else lines[lines.length - 1] = next;
    }
    return lines;
  }
  const MARKS = {
    box(context, x, y, colour) { context.fillStyle = colour; context.fillRect(x, y - 9, 18, 10); return 18; },
    line(context, x, y, colour) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = 3;
      context.beginPath(); context.moveTo(x, y - 3); context.lineTo(x + 16, y - 3); context.stroke();
      context.beginPath(); context.moveTo(x + 24, y - 3); context.lineTo(x + 15, y - 8); context.lineTo(x + 15, y + 2); context.fill();
      return 24;
    },
    sector(context, x, y, colour, mark) { context.fillStyle = colour; stamp(context, mark, x + 5, y - 4, 10); return 10; },
  };
  Object.assign(MARKS, {
    must(context, x, y) { context.fillStyle = "#1d5a52"; context.fillRect(x, y - 10, 12, 12); return 12; },
    could(context, x, y) {
      context.fillStyle = "#d9a441";
      context.strokeStyle = "#6b5312";
      context.lineWidth = 1;
      context.beginPath(); context.moveTo(x + 6, y - 10); context.lineTo(x + 12, y + 1); context.lineTo(x, y + 1); context.closePath();
      context.fill(); context.stroke();
      return 12;
    },
    never(context, x, y) {
      context.strokeStyle = "#6f7780";
      context.lineWidth = 1.6;
      context.beginPath(); context.arc(x + 6, y - 4, 5, 0, 7); context.moveTo(x + 2, y); context.lineTo(x + 10, y - 8); context.stroke();
      return 12;
    },
  });
  /** Lays out legend entries in lines; null begins a new line. Returns the height; draws only if `drawing`. */
  function drawLegend(context, entries, width, top, drawing) {
    let x = 12, y = top + 14;
    context.font = "11px system-ui, sans-serif";
    for (const entry of entries) {
      if (entry === null) { x = 12; y += 18; continue; }
      const room = context.measureText(entry.text).width + (entry.kind ? 42 : 14);
      if (x > 12 && x + room > width - 12) { x = 12; y += 18; }
      let left = x;
      if (drawing) {
        if (entry.kind) left += MARKS[entry.kind](context, x, y, entry.colour, entry.mark) + 5;
        context.fillStyle = entry.kind ? "#56606c" : "#1b2430";
        write(context, entry.text, left, y, width - left - 12);
      }
      x += room;
    }
    return (x > 12 ? y + 6 : y - 12) - top;
  }
  /** Saves the map as a picture: title, the map's canvases, labels, legend and a source line. */
  function picture(map, name, { title, legend, foot, labels = [], marks = [] }) {
    const size = map.getSize(), ratio = 2, head = 34, sheet = el("canvas"), context = sheet.getContext("2d");
    context.font = "11px system-ui, sans-serif";
    const lines = wrap(context, foot, size.x - 24), high = drawLegend(context, legend, size.x, 0, false), height = head + size.y + high + 14 + 15 * lines.length;
    sheet.width = size.x * ratio;
    sheet.height = height * ratio;
    context.scale(ratio, ratio);
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, size.x, height);
    context.fillStyle = "#1b2430";
    context.font = "600 15px system-ui, sans-serif";
    write(context, title, 12, 22, size.x - 24);
    context.save();
    context.translate(0, head);
    context.beginPath();
    context.rect(0, 0, size.x, size.y);
    context.clip();
    context.fillStyle = getComputedStyle(map.getContainer()).backgroundColor;
    context.fillRect(0, 0, size.x, size.y);
    const box = map.getContainer().getBoundingClientRect();
    for (const canvas of map.getContainer().querySelectorAll("canvas")) {
      const rect = canvas.getBoundingClientRect();
      if (rect.width) context.drawImage(canvas, rect.left - box.left, rect.top - box.top, rect.width, rect.height);
    }
    context.font = "600 11.5px system-ui, sans-serif";
    for (const { x, y, kind, mark, size: wide, colour } of marks) {
      context.fillStyle = colour;
      if (mark) stamp(context, mark, x, y, wide); else MARKS[kind](context, x - 6, y + 4);
    }
    context.lineWidth = 3;
    context.strokeStyle = "#ffffff";
    for (const { x, y, text } of labels) { context.fillStyle = "#1b2430"; context.strokeText(text, x, y); context.fillText(text, x, y); }
    context.restore();
    drawLegend(context, legend, size.x, head + size.y + 4, true);
    context.fillStyle = "#56606c";
    context.font = "11px system-ui, sans-serif";
    lines.forEach((line, index) => context.fillText(line, 12, head + size.y + high + 20 + 15 * index));
    sheet.toBlob((blob) => corridor.save(name, blob), "image/png");
  }

  return { features, east, Flows, Points, tooltip, calm, named, keepView, picture };
})();
