/* Map elements: outlines, curved flows with arrowheads, clustered points, a tooltip, the view kept in the address. */
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
      if (width > 2.5) {  // a white edge, so that a curve shows on land of its own colour too
        context.globalAlpha = flow.faint ? 0.1 : 1;
        context.strokeStyle = "#ffffff";
        context.lineWidth = width + 4;
        context.stroke();
      }
      context.globalAlpha = flow.faint ? 0.16 : width < 1.4 ? 0.55 : width > 2.5 ? 1 : 0.8;
      context.strokeStyle = context.fillStyle = flow.colour;
      context.lineWidth = width;
      context.stroke();
      context.globalAlpha = flow.faint ? 0.2 : 1;
      context.beginPath();
      for (let index = first; index > last; index--) {
        const { to, head, ux, uy } = this._curves[index], half = head * 0.5 + width * 0.1;
        context.moveTo(to.x, to.y);
        context.lineTo(to.x - ux * head - uy * half, to.y - uy * head + ux * half);
        context.lineTo(to.x - ux * head + uy * half, to.y - uy * head - ux * half);
      }
      if (width > 2.5 && !flow.faint) {
        context.strokeStyle = "#ffffff";
        context.lineWidth = 3;
        context.lineJoin = "round";
        context.stroke();
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

  /** Puts a card on the side of the map away from a place, or below the map if both sides would cover it. */
  function beside(map, card, place) {
    const { x } = map.latLngToContainerPoint(place), wide = map.getSize().x, room = 350;
    card.classList.toggle("left", x > wide / 2);
    card.classList.toggle("under", Math.max(x, wide - x) < room);
  }

  return { features, east, Flows, Points, tooltip, calm, named, keepView, beside, stamp, Canvas };
})();
