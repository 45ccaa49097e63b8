/* A map as a picture: saved as PNG with title, legend and sources, and on paper. */
"use strict";
(() => {
  const { el } = corridor, { stamp, Canvas } = corridor.map;

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
  /** Draws the map, as it is on the screen, into a context whose origin is the map's corner: sharp at any scale, because
      shapes are drawn anew and not enlarged. */
  function drawMap(context, map, { labels = [], marks = [] }) {
    const size = map.getSize(), layers = [];
    const height = (layer) => Number(getComputedStyle(map.getPane(layer.options.pane || "overlayPane")).zIndex);
    map.eachLayer((layer) => { if (layer instanceof L.Canvas || layer instanceof Canvas) layers.push(layer); });
    context.save();
    context.beginPath();
    context.rect(0, 0, size.x, size.y);
    context.clip();
    context.fillStyle = getComputedStyle(map.getContainer()).backgroundColor;
    context.fillRect(0, 0, size.x, size.y);
    for (const layer of layers.sort((one, other) => height(one) - height(other))) {
      context.save();
      if (layer instanceof L.Canvas) {
        const own = layer._ctx, { x, y } = map.layerPointToContainerPoint([0, 0]);
        context.translate(x, y);
        layer._ctx = context;
        layer._redrawBounds = null;
        try { layer._draw(); } finally { layer._ctx = own; }
      } else {
        layer.draw(context, (lat, lon) => map.latLngToContainerPoint([lat, lon]));
        layer.redraw();  // what is under the pointer is again that of the screen
      }
      context.restore();
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
  }
  /** On paper the map is a picture that fits the page; the one on the screen would be cut off. extras() gives labels and marks. */
  function onPaper(map, extras) {
    let paper = null;
    window.addEventListener("beforeprint", () => {
      const size = map.getSize(), ratio = 3;
      if (!size.x || !size.y) return;
      paper?.remove();
      paper = el("canvas", { className: "onpaper papermap", width: size.x * ratio, height: size.y * ratio });
      const context = paper.getContext("2d");
      context.scale(ratio, ratio);
      drawMap(context, map, extras());
      map.getContainer().after(paper);
    });
    window.addEventListener("afterprint", () => { paper?.remove(); paper = null; });
  }
  /** Saves the map as a picture: title, the map with its labels, legend and source lines; at least 1,400 pixels wide. */
  function picture(map, name, { title, legend, foot, labels, marks }) {
    const size = map.getSize(), ratio = Math.max(2, Math.min(4, Math.ceil(1400 / size.x))), sheet = el("canvas"), context = sheet.getContext("2d");
    context.font = "600 15px system-ui, sans-serif";
    const heads = wrap(context, title, size.x - 24), head = 14 + 20 * heads.length;
    context.font = "11px system-ui, sans-serif";
    const lines = foot.flatMap((text) => wrap(context, text, size.x - 24)), high = drawLegend(context, legend, size.x, 0, false), height = head + size.y + high + 14 + 15 * lines.length;
    sheet.width = size.x * ratio;
    sheet.height = height * ratio;
    context.scale(ratio, ratio);
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, size.x, height);
    context.fillStyle = "#1b2430";
    context.font = "600 15px system-ui, sans-serif";
    heads.forEach((line, row) => context.fillText(line, 12, 22 + 20 * row));
    context.save();
    context.translate(0, head);
    drawMap(context, map, { labels, marks });
    context.restore();
    drawLegend(context, legend, size.x, head + size.y + 4, true);
    context.fillStyle = "#56606c";
    context.font = "11px system-ui, sans-serif";
    lines.forEach((line, index) => context.fillText(line, 12, head + size.y + high + 20 + 15 * index));
    sheet.toBlob((blob) => corridor.save(name, blob), "image/png");
  }

  Object.assign(corridor.map, { picture, onPaper });
})();
