"""Curved flows on our canvas layer against folium's PolyLine, in the same browser: size of the page, time to draw.

Run: python -m tests.benchmarks.flows_page [flows]
"""

import json
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import folium
import numpy as np

from corridor.pages.kit.offline import PAGES

SEED = 7
PLACES = 2_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LEAFLET = ("leaflet.js", "leaflet.css")
VIEW = {"width": 1440, "height": 900}
# Two frames, then a pixel read back: what was asked of the canvases has been drawn by then.
FRAME = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  for (const canvas of document.querySelectorAll("canvas")) canvas.getContext("2d").getImageData(9, 9, 1, 1);
  done();
})))"""
PAGE = """<!doctype html><meta charset="utf-8"><title>flows</title><style>{css}#map{{height:880px}}</style>
<div id="map"></div><script type="application/json" id="data">{data}</script>
<script>{leaflet}</script><script>{common}</script><script>{map}</script><script>
const map = L.map("map", {{ center: [20, 60], zoom: 2, preferCanvas: true }});
const [lon, lat, from, to, value] = corridor.read("data"), colour = "#2f6690";
const list = value.map((size, at) => {{
  const a = from[at], b = to[at];
  return {{ lon: lon[a], lat: lat[a], toLon: lon[b], toLat: lat[b], value: size, colour }};
}});
const layer = new corridor.map.Flows({{}});
layer._flows = [];
layer.addTo(map);
layer.setFlows(list, Math.max(...value));
</script>"""


def flows(count: int) -> list[list[float]]:
    """Flows between places, biggest first: lon and lat of the places; from, to and value of each flow."""
    rng = np.random.default_rng(SEED)
    lon, lat = rng.uniform(-20, 150, PLACES), rng.uniform(-40, 60, PLACES)
    ends = rng.integers(0, PLACES, (2, count))
    value = np.sort(rng.pareto(1.5, count))[::-1]
    size = np.round(value / value[0] * 99, 2)
    return [np.round(lon, 2).tolist(), np.round(lat, 2).tolist(), *ends.tolist(), size.tolist()]


def our_page(columns: list[list[float]]) -> str:
    """A page with Leaflet inside it and the flows as end points."""
    texts = {
        "css": "leaflet/leaflet.css", "leaflet": "leaflet/leaflet.js", "common": "common.js", "map": "map.js"
    }  # fmt: skip
    parts = {name: (PAGES / "kit" / "assets" / file).read_text(encoding="utf-8") for name, file in texts.items()}
    return PAGE.format(data=json.dumps(columns, separators=(",", ":")), **parts)


def folium_page(columns: list[list[float]], *, tooltips: bool = False, canvas: bool = True) -> str:
    """The same flows as one folium PolyLine each, straight; with tooltips they answer the pointer as ours do.

    As folium comes, lines are SVG elements; with `canvas` they are drawn as ours are, which is quicker.
    """
    world = folium.Map(location=(20, 60), zoom_start=2, tiles=None, prefer_canvas=canvas)
    lon, lat, start, end, value = columns
    for first, last, size in zip(start, end, value, strict=True):
        ends = [(lat[int(first)], lon[int(first)]), (lat[int(last)], lon[int(last)])]
        tip = f"{size}" if tooltips else None
        folium.PolyLine(ends, weight=0.9 + 13 * size / 99, color="#2f6690", tooltip=tip).add_to(world)
    page: str = world.get_root().render()
    return page


def drawn_after(browser: Any, path: Path) -> float:
    """Seconds from asking for a page until a frame with its flows has been put on the screen."""
    context = browser.new_context(viewport=VIEW)
    page = context.new_page()
    leaflet = {name: (PAGES / "kit" / "assets" / "leaflet" / name).read_text(encoding="utf-8") for name in LEAFLET}

    def serve(route: Any) -> None:
        """Leaflet from our copy, at once; everything else that folium asks for is refused."""
        name = route.request.url.rsplit("/", 1)[-1]
        if route.request.url.startswith("file:"):
            route.continue_()
        elif name in leaflet:
            route.fulfill(body=leaflet[name])
        else:
            route.abort()

    page.route("**/*", serve)
    start = time.perf_counter()
    page.goto(path.as_uri(), timeout=120_000)
    page.evaluate(FRAME)
    seconds = time.perf_counter() - start
    assert page.evaluate("Boolean(document.querySelector('canvas, svg path'))"), f"{path} drew nothing"
    context.close()
    return seconds


def main(count: int) -> None:
    """Print the pages' size and time, and the ratios."""
    from playwright.sync_api import sync_playwright

    columns = flows(count)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found = {}
        makers = {
            "corridor": our_page,
            "folium as it comes": partial(folium_page, canvas=False),
            " with tooltips": partial(folium_page, canvas=False, tooltips=True),
            "folium on a canvas": folium_page,
            "  with tooltips": partial(folium_page, tooltips=True),
        }
        for name, make in makers.items():
            path = Path(folder) / "page.html"
            path.write_text(make(columns), encoding="utf-8")
            seconds = min(drawn_after(browser, path) for _ in range(3))
            size, first = path.stat().st_size / 1e6, next(iter(found.values()), None)
            found[name] = (size, seconds)
            ratio = f" ({size / first[0]:.1f} times the size, {seconds / first[1]:.1f} the time)" if first else ""
            print(f"{name:18s} {count:,} flows: {size:6.2f} MB, drawn after {seconds:.2f} s{ratio}", flush=True)
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
