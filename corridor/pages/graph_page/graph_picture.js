/* The picture of the component graph: boxes in columns and curves between them, as SVG with keyboard navigation,
   zoom, print and save. graph.js decides what to draw. Styles are attributes, not classes, so that the saved picture
   has them too. A node is the index of a component in data.components. */
"use strict";
corridor.graphPicture = (frame, words, act) => {
  const { svg, layout: { BOX } } = corridor;
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
  /** [scale, font size of names in boxes from that scale on]; below the last, names are beside the boxes in a fixed size. */
  const SIZES = [[0.7, 11.5], [0.5, 14.5]], MOST_ZOOM = 3;
  const INK = "#10161d", SOFT = "#56606c", UP = "#1f5f99", DOWN = "#5d5d5d", CARRY = "#c2410c";
  const root = svg("svg", { role: "group", "aria-label": words.label, "aria-describedby": words.help, "font-family": FONT });
  const world = svg("g"), heads = svg("g"), lines = svg("g", { fill: "none" }), boxes = svg("g"), labels = svg("g", { "aria-hidden": "true" });
  world.append(heads, lines, boxes);
  root.append(world, labels);
  frame.append(root);
  const ruler = document.createElement("canvas").getContext("2d");
  const nodes = new Map();
  let view = null, zoom = { x: 0, y: 0, k: 1 }, size = { width: 1, height: 1 }, pending = 0;

  /* ---- text that fits ---- */
  const cuts = new Map();
  function cut(text, width, font) {
    const key = `${width}|${font}|${text}`;
    if (cuts.has(key)) return cuts.get(key);
    ruler.font = font;
    let short = text.slice(0, 240);
    if (short !== text || ruler.measureText(short).width > width) {
      while (short.length > 1 && ruler.measureText(`${short}…`).width > width) short = short.slice(0, -1);
      short = `${short.trimEnd()}…`;
    }
    cuts.set(key, short);
    return short;
  }

  /** A text in lines of a width. */
  function wrapped(text, width, font) {
    const lines = [""];
    ruler.font = font;
    for (const word of text.split(" ")) {
      const next = `${lines.at(-1)} ${word}`.trim();
      if (ruler.measureText(next).width > width && lines.at(-1)) lines.push(word); else lines[lines.length - 1] = next;
    }
    return lines;
  }

  /** A name on two lines, cut if it is longer. */
  const broken = new Map();
  function twoLines(text, width, font) {
    const key = `${width}|${font}|${text}`;
    if (!broken.has(key)) broken.set(key, breakUp(text, width, font));
    return broken.get(key);
  }
  function breakUp(text, width, font) {
    ruler.font = font;
    const words = text.slice(0, 200).split(/(?<=[\s/-])/);
    let first = "";
    while (words.length && ruler.measureText((first + words[0]).trimEnd()).width <= width) first += words.shift();
    if (!words.length) return [first];
    if (ruler.measureText(words[0]).width > width && ruler.measureText(first).width < width * 0.6) {  // a word longer than the line is broken
      let rest = words.join("");
      while (rest && ruler.measureText(`${first}${rest[0]}-`).width <= width) { first += rest[0]; rest = rest.slice(1); }
      return [/[\s-]$/.test(first) ? first.trimEnd() : `${first}-`, cut(rest + text.slice(200), width, font)];
    }
    return [first.trimEnd(), cut(words.join("") + text.slice(200), width, font)];
  }

  /* ---- boxes ---- */
  /** Marks of the plan's actions, distinguished by shape: diamond (build), ring (buy elsewhere), bars (store). */
  const MARKS = {
    build: (x, y) => svg("path", { d: `M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5z`, fill: "#0b3d5c", stroke: "#fff", "stroke-width": 1.4 }),
    qualify: (x, y) => svg("circle", { cx: x, cy: y, r: 4.6, fill: "#fff", stroke: "#0b3d5c", "stroke-width": 2.6 }),
    store: (x, y) => svg("path", { d: `M${x - 5} ${y - 5}h10v10h-10zM${x - 5} ${y}h10`, fill: "#fff", stroke: "#0b3d5c", "stroke-width": 2 }),
    choke: (x, y) => svg("path", { d: `M${x - 6} ${y - 6}L${x + 6} ${y + 6}V${y - 6}L${x - 6} ${y + 6}z`, fill: INK, stroke: "#fff", "stroke-width": 1.2 }),
  };
  function make(node) {
    const box = svg("rect", { width: BOX.width, height: BOX.height, rx: 3 });
    const stripe = svg("rect", { width: 10, height: BOX.height, rx: 2 });
    const mark = svg("path", { fill: "#fff", transform: `translate(1.6 ${BOX.height / 2 - 3.4}) scale(0.68)` });
    const label = svg("text", { "aria-hidden": "true" }); // the title names the node
    const marks = svg("g"), title = svg("title");
    const group = svg("g", { class: "node", role: "button", tabindex: -1, "data-node": node }, title, box, stripe, mark, label, marks);
    return { group, box, stripe, mark, label, marks, title };
  }
  /** Writes the name into a box in this font size; nothing if the size is 0. */
  function write(node, size) {
    const { label } = nodes.get(node), look = view.look(node), room = BOX.width - 20 - (look.marks.length ? 11 : 0);
    const lines = size ? twoLines(look.name, room, `${look.chosen ? 700 : 400} ${size}px ${FONT}`) : [];
    label.setAttribute("font-size", size);
    label.replaceChildren(...lines.map((line, n) => svg("tspan", { x: 15, y: BOX.height / 2 + size * (0.36 + 1.08 * (n - (lines.length - 1) / 2)) }, line)));
  }
  function drawBox(node) {
    if (!nodes.has(node)) nodes.set(node, make(node));
    const { group, box, stripe, mark, label, marks, title } = nodes.get(node), look = view.look(node), place = view.layout.boxes.get(node);
    group.setAttribute("transform", `translate(${place.x} ${place.y})`);
    group.setAttribute("opacity", look.dim ? 0.22 : 1);
    group.setAttribute("aria-pressed", String(look.chosen));
    title.textContent = look.words;
    const edge = look.chosen ? [INK, 3] : look.carries ? [CARRY, 2.4] : look.through ? [INK, 1.6] : ["#8a8577", 0.6];
    box.setAttribute("fill", look.fill);
    box.setAttribute("stroke", edge[0]);
    box.setAttribute("stroke-width", edge[1]);
    stripe.setAttribute("fill", look.sector.colour);
    mark.setAttribute("d", look.sector.mark);
    label.setAttribute("fill", look.ink);
    label.setAttribute("font-weight", look.chosen ? 700 : 400);
    marks.replaceChildren(...look.marks.map((kind, n) => MARKS[kind](0, 14 * n)));
    return group;
  }

  /* ---- curves ---- */
  function curve(edge) {
    const from = view.layout.boxes.get(view.edges.i[edge]), to = view.layout.boxes.get(view.edges.o[edge]);
    const x1 = from.x + BOX.width, y1 = (from.y + BOX.height / 2).toFixed(1), x2 = to.x, y2 = (to.y + BOX.height / 2).toFixed(1);
    const bend = x2 > x1 ? Math.max(22, (x2 - x1) * 0.45) : 60;
    return `M${x1} ${y1}C${(x1 + bend).toFixed(1)} ${y1} ${(x2 - bend).toFixed(1)} ${y2} ${x2} ${y2}`;
  }
  /** All curves of one style in one path per width; the width shows the input's share of the value. */
  function drawLines() {
    const paths = [];
    const add = (edges, colour, opacity, widths, value = (edge) => view.edges.v[edge]) => widths.forEach(([low, high, width]) => {
      const d = edges.filter((edge) => value(edge) >= low && value(edge) < high).map(curve).join("");
      if (d) paths.push(svg("path", { d, stroke: colour, "stroke-opacity": opacity, "stroke-width": width }));
    });
    const classes = (factor) => [[-1, 0.05, factor], [0.05, 0.2, 1.9 * factor], [0.2, 9e9, 3.2 * factor]];
    const { faint, up, down, carry } = view.lines;
    const crowd = faint.length > 900 ? 0.16 : faint.length > 350 ? 0.26 : faint.length > 120 ? 0.42 : 0.6;
    add(faint, "#8f897b", up.length + down.length ? crowd * 0.3 : crowd, [[-1, 9e9, 1]]);
    add(down, DOWN, down.length > 200 ? 0.3 : 0.62, classes(0.8));
    add(up, UP, up.length > 200 ? 0.3 : 0.66, classes(0.8));
    add(carry, CARRY, 0.95, [[-1, 0.03, 1.8], [0.03, 0.1, 3], [0.1, 9e9, 4.6]], view.carried);
    lines.replaceChildren(...paths);
  }

  function drawHeads() {
    heads.replaceChildren(...view.layout.stages.map((stage, n) => svg("rect", {
      x: stage.x - 16, y: -4000, width: stage.width + 32, height: view.layout.height + 8000, fill: n % 2 ? "#f6f3ec" : "#fbfaf7",
    })));
  }

  function draw(next) {
    const focused = document.activeElement?.closest?.(".node")?.dataset.node;
    view = next;
    drawHeads();
    drawLines();
    boxes.replaceChildren(...view.order.map(drawBox));
    before = "";
    rove(view.chosen >= 0 ? view.chosen : view.order[0]);
    if (focused !== undefined && view.layout.boxes.has(+focused)) focus(+focused);
  }

  const boxesOf = () => [...view.layout.boxes];

  /* ---- texts of fixed size: heads of the stages, and labels if the boxes are too small to read ---- */
  /** Heads stay at the top, above their columns while these are visible. */
  function drawHeadings() {
    const font = `600 12px ${FONT}`, parts = [];
    let free = 8;
    for (const stage of view.layout.stages) {
      const left = stage.x * zoom.k + zoom.x, right = left + stage.width * zoom.k;
      if (right < 30 || left > size.width - 20) continue;
      ruler.font = font;
      const wide = ruler.measureText(stage.name).width, x = Math.max(free, Math.min(left, right), Math.min(8, right - wide));
      const text = cut(stage.name, Math.max(right - x + 14, 30), font), width = Math.min(wide, ruler.measureText(text).width);
      if (x > Math.max(left + 40, right)) continue;
      parts.push(svg("text", { x, y: 17, "font-size": 12, "font-weight": 600, fill: INK }, text));
      free = x + width + 8;
    }
    return parts.length ? [svg("rect", { x: 0, y: 0, width: size.width, height: 25, fill: "#fbfaf7", "fill-opacity": 0.9 }), ...parts] : [];
  }
  /** Names of the most important nodes, without overlaps. */
  function drawNames() {
    const taken = [], parts = [], font = `11px ${FONT}`;
    for (const node of view.important) {
      const place = view.layout.boxes.get(node);
      if (!place || taken.length > 45 || view.look(node).dim) continue;
      const x = place.x * zoom.k + zoom.x, y = (place.y + BOX.height / 2) * zoom.k + zoom.y;
      if (x < -60 || y < 34 || x > size.width || y > size.height) continue;
      const text = cut(view.look(node).name, 112, font);
      ruler.font = font;
      const width = ruler.measureText(text).width + 8, left = Math.max(2, Math.min(x, size.width - width - 2));
      if (taken.some((other) => Math.abs(other.y - y) < 15.5 && left < other.x + other.width + 3 && other.x < left + width + 3)) continue;
      taken.push({ x: left, y, width });
      parts.push(svg("rect", { x: left, y: y - 7.5, width, height: 15, rx: 3, fill: "#fff", "fill-opacity": 0.93, stroke: view.look(node).fill, "stroke-width": 1.4 }),
        svg("text", { x: left + 4, y: y + 4, "font-size": 11, fill: INK }, text));
    }
    return parts;
  }
  let before = "";
  function drawLabels() {
    const words = SIZES.find(([least]) => zoom.k >= least)?.[1] ?? 0;
    const grow = Math.min(2, Math.max(1, Math.round(3 / zoom.k) / 4)), now = `${words} ${grow}`;  // marks stay large enough to distinguish
    if (now !== before) for (const node of view.order) {
      write(node, words);
      nodes.get(node).marks.setAttribute("transform", `translate(${BOX.width - 2} 3) scale(${grow})`);
    }
    before = now;
    labels.replaceChildren(...(words ? [] : drawNames()), ...drawHeadings());
  }
  function settle() {
    world.setAttribute("transform", `translate(${zoom.x.toFixed(2)} ${zoom.y.toFixed(2)}) scale(${zoom.k.toFixed(4)})`);
    if (!pending) pending = requestAnimationFrame(() => { pending = 0; if (view) drawLabels(); });
  }

  /* ---- zoom and pan ---- */
  function measure() {
    const box = frame.getBoundingClientRect();
    size = { width: Math.max(box.width, 50), height: Math.max(box.height, 50) };
    root.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    return size;
  }
  /** Shows all boxes, or those of some nodes; if that needs less than the least scale, the surroundings of a node (or the
      products, at the right). */
  function fit(least = 0, around = -1, some = null) {
    const { width, height, boxes: all } = view.layout, edge = 14, place = all.get(around), held = (some ?? []).map((node) => all.get(node)).filter(Boolean);
    const left = held.length ? Math.min(...held.map(({ x }) => x)) : 0, right = held.length ? Math.max(...held.map(({ x }) => x)) + BOX.width : width;
    const top = held.length ? Math.min(...held.map(({ y }) => y)) - BOX.head : 0, bottom = held.length ? Math.max(...held.map(({ y }) => y)) + BOX.row : height;
    const k = Math.max(least, Math.min((size.width - 2 * edge) / (right - left), (size.height - 2 * edge) / (bottom - top), 1.25));
    /** Offset along one side: centred if all fits, else centred on the box but without an empty margin. */
    const offset = (from, to, room, middle) => ((to - from) * k <= room - 2 * edge ? (room - (from + to) * k) / 2 : Math.min(edge - from * k, Math.max(room - edge - to * k, room / 2 - middle * k)));
    zoom = { k, x: offset(left, right, size.width, place ? place.x + BOX.width / 2 : right), y: offset(top, bottom, size.height, place ? place.y : top) };
    settle();
  }
  function limited(k) { return Math.min(MOST_ZOOM, Math.max(0.08, k)); }
  function zoomAt(factor, x = size.width / 2, y = size.height / 2) {
    const k = limited(zoom.k * factor), ratio = k / zoom.k;
    zoom = { k, x: x - (x - zoom.x) * ratio, y: y - (y - zoom.y) * ratio };
    settle();
    act.moved();
  }
  function show(node) {
    const place = view.layout.boxes.get(node), x = place.x * zoom.k + zoom.x, y = place.y * zoom.k + zoom.y;
    const w = BOX.width * zoom.k, h = BOX.height * zoom.k;
    if (x < 0 || x + w > size.width) zoom.x += size.width / 2 - x - w / 2;
    if (y < 0 || y + h > size.height) zoom.y += size.height / 2 - y - h / 2;
    settle();
  }
  const pointers = new Map();
  let dragged = false, spread = 0;
  const distance = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  root.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged = false;
    if (pointers.size === 2) spread = distance();
  });
  root.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const dx = event.clientX - before.x, dy = event.clientY - before.y;
    if (!dragged && pointers.size === 1 && Math.hypot(dx, dy) < 4) return;
    if (!dragged) root.setPointerCapture(event.pointerId);
    dragged = true;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      const now = distance(), box = root.getBoundingClientRect(), [a, b] = [...pointers.values()];
      if (spread > 0) zoomAt(now / spread, (a.x + b.x) / 2 - box.left, (a.y + b.y) / 2 - box.top);
      spread = now;
    } else { zoom = { ...zoom, x: zoom.x + dx, y: zoom.y + dy }; settle(); }
  });
  const release = (event) => { pointers.delete(event.pointerId); if (dragged) act.moved(); };
  root.addEventListener("pointerup", release);
  root.addEventListener("pointercancel", release);
  root.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = root.getBoundingClientRect();
    zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  root.addEventListener("click", (event) => {
    const group = event.target.closest(".node");
    if (!dragged) act.pick(group ? +group.dataset.node : -1);
    dragged = false;
  });

  /* ---- keys: arrows move along edges and within a column ---- */
  let stop = -1;
  function rove(node) {
    nodes.get(stop)?.group.setAttribute("tabindex", -1);
    stop = node ?? -1;
    nodes.get(stop)?.group.setAttribute("tabindex", 0);
  }
  function focus(node) { rove(node); nodes.get(node).group.focus({ preventScroll: true }); show(node); }
  function beside(node, step) {
    const here = view.layout.boxes.get(node);
    const same = boxesOf().filter(([, box]) => box.x === here.x).sort((a, b) => a[1].y - b[1].y).map(([other]) => other);
    return same[same.indexOf(node) + step];
  }
  root.addEventListener("keydown", (event) => {
    const node = +(event.target.closest?.(".node")?.dataset.node ?? -1);
    if (event.key === "+" || event.key === "=") return zoomAt(1.3);
    if (event.key === "-") return zoomAt(1 / 1.3);
    if (event.key === "0") { fit(); return act.moved(); }
    if (node < 0) return undefined;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); return act.pick(node); }
    const next = { ArrowRight: () => act.next(node, "users"), ArrowLeft: () => act.next(node, "inputs"), ArrowDown: () => beside(node, 1), ArrowUp: () => beside(node, -1) }[event.key]?.();
    if (event.key.startsWith("Arrow")) event.preventDefault();
    if (next !== undefined) focus(next);
    return undefined;
  });

  /** Saves the current view as PNG, at least 1,400 pixels wide, with texts below: the first one in bold, all in full. */
  function save(name, texts) {
    const ratio = Math.max(2, Math.min(4, Math.ceil(1400 / size.width))), copy = root.cloneNode(true);
    const lines = texts.flatMap((text, n) => wrapped(text, size.width - 20, n ? `11px ${FONT}` : `600 13px ${FONT}`).map((line) => [line, n]));
    const foot = 12 + 17 * lines.length;
    for (const [key, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width: size.width, height: size.height })) copy.setAttribute(key, value);
    const image = new Image();
    image.onload = () => {
      const sheet = corridor.el("canvas", { width: size.width * ratio, height: (size.height + foot) * ratio });
      const context = sheet.getContext("2d");
      context.scale(ratio, ratio);
      context.fillStyle = "#fbfaf7";
      context.fillRect(0, 0, size.width, size.height + foot);
      context.drawImage(image, 0, 0, size.width, size.height);
      context.fillStyle = "#ffffff";
      context.fillRect(0, size.height, size.width, foot);
      lines.forEach(([line, n], row) => {
        context.fillStyle = n ? SOFT : INK;
        context.font = n ? `11px ${FONT}` : `600 13px ${FONT}`;
        context.fillText(line, 10, size.height + 18 + 17 * row);
      });
      sheet.toBlob((blob) => corridor.save(name, blob), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  }

  return {
    draw, fit, measure, zoomAt, save,
    /** Point in the middle of the frame, and scale: independent of the screen's size. */
    get middle() { return { x: (size.width / 2 - zoom.x) / zoom.k, y: (size.height / 2 - zoom.y) / zoom.k, k: zoom.k }; },
    set middle({ x, y, k }) {
      const scale = limited(k);
      zoom = { x: size.width / 2 - x * scale, y: size.height / 2 - y * scale, k: scale };
      settle();
    },
  };
};
