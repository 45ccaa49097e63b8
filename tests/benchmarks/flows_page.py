"""Curved flows on our canvas layer against folium's PolyLine, in the same browser: size of the page, time to draw.

Run: python -m tests.benchmarks.flows_page [flows]
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import numpy as np

from corridor.maps.offline import ASSETS

SEED = 7
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VIEW = {"width": 1440, "height": 900}
PAGE = """<!doctype html><meta charset="utf-8"><title>flows</title><style>{css}#map{{height:880px}}</style>
<div id="map"></div><script type="application/json" id="data">{data}</script>
<script>{leaflet}</script><script>{common}</script><script>{map}</script><script>
const map = L.map("map", {{ center: [20, 60], zoom: 2, preferCanvas: true }});
const [lon, lat, toLon, toLat, value] = corridor.read("data");
const list = lon.map((_, at) => ({{ lon: lon[at], lat: lat[at], toLon: toLon[at], toLat: toLat[at], value: value[at], colour: "#2f6690" }}));
const layer = new corridor.map.Flows({{}});
layer._flows = [];
layer.addTo(map);
layer.setFlows(list, Math.max(...value));
</script>"""


def flows(count: int) -> list[list[float]]:
    """End points and values, biggest first: lon, lat, lon, lat, value."""
    rng = np.random.default_rng(SEED)
    value = np.sort(rng.pareto(1.5, count))[::-1]
    ends = [rng.uniform(low, high, count) for low, high in ((-20, 150), (-40, 60), (-20, 150), (-40, 60))]
    return [np.round(column, 2).tolist() for column in (*ends, value / value[0] * 99)]


def our_page(columns: list[list[float]]) -> str:
    """A page with Leaflet inside it and the flows as end points."""
    texts = {
        "css": "leaflet/leaflet.css", "leaflet": "leaflet/leaflet.js", "common": "common.js", "map": "map.js"
    }  # fmt: skip
    parts = {name: (ASSETS / file).read_text(encoding="utf-8") for name, file in texts.items()}
    return PAGE.format(data=json.dumps(columns, separators=(",", ":")), **parts)


def folium_page(columns: list[list[float]]) -> str:
    """The same flows as one folium PolyLine each, straight."""
    world = folium.Map(location=(20, 60), zoom_start=2, tiles=None, prefer_canvas=True)
    for lon, lat, to_lon, to_lat, value in zip(*columns, strict=True):
        folium.PolyLine([(lat, lon), (to_lat, to_lon)], weight=0.9 + 13 * value / 99, color="#2f6690").add_to(
            world
        )
    page: str = world.get_root().render()
    return page


def drawn_after(browser: Any, path: Path) -> float:
    """Seconds from asking for a page until a frame with its flows has been put on the screen."""
    context = browser.new_context(viewport=VIEW)
    page = context.new_page()
    leaflet = {
        name: (ASSETS / "leaflet" / name).read_text(encoding="utf-8") for name in ("leaflet.js", "leaflet.css")
    }

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
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seconds = time.perf_counter() - start
    assert page.evaluate("Boolean(document.querySelector('canvas'))"), f"{path} drew nothing"
    context.close()
    return seconds


def main(count: int) -> None:
    """Print both pages' size and time, and the ratios."""
    from playwright.sync_api import sync_playwright

    columns = flows(count)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found = {}
        for name, make in (("corridor", our_page), ("folium PolyLine", folium_page)):
            path = Path(folder) / f"{name.split()[0]}.html"
            path.write_text(make(columns), encoding="utf-8")
            seconds = min(drawn_after(browser, path) for _ in range(3))
            found[name] = (path.stat().st_size / 1e6, seconds)
            print(f"{name:16s} {count:,} flows: {found[name][0]:6.2f} MB, drawn after {seconds:.2f} s", flush=True)
        browser.close()
    (size, seconds), (plain_size, plain_seconds) = found.values()
    print(f"{plain_size / size:.1f} times smaller, {plain_seconds / seconds:.1f} times quicker")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
