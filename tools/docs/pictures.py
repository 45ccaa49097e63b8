"""The picture of the README and the sample page in ``maps/``, renewed from two results folders.

``make readme`` runs both studies and calls ``python -m tools.docs.pictures results/default results/pharma``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

MAPS = Path(__file__).resolve().parents[2] / "maps"
#: Size of the picture, pixels.
WIDTH, HEIGHT = 1440, 1000
#: What leads to pages that a page alone does not have: the head's links, the search, pages of components.
_LINKS = (
    (re.compile(r'<nav aria-label="Pages">.*?</nav>', re.S), ""),
    (re.compile(r'<button [^>]*id="seek"[^>]*>.*?</button>', re.S), ""),
    (re.compile(r'(<a class="brand") href="[^"]*"'), r"\1"),
    (re.compile(r'"pages":\{"components":\{[^{}]*\}\}'), '"pages":null'),
)


def alone(page: str) -> str:
    """A plan page without the links to other pages of its folder.

    Raises
    ------
    ValueError
        If the page has none of the links: it is not a plan page of a results folder.
    """
    for pattern, replacement in _LINKS:
        page, count = pattern.subn(replacement, page)
        if count == 0:
            raise ValueError(f"no {pattern.pattern} in the page. Fix: give plan.html of a folder of corridor run.")
    return page


def picture(page: Path, to: Path) -> None:
    """A picture of the top of a page, as a browser shows it without a network."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        engine = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        tab = engine.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True).new_page()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("html[data-ready=true]")
        tab.wait_for_timeout(500)  # the map draws its canvas in the next frames
        tab.screenshot(path=to)
        engine.close()


def main(default: str, pharma: str) -> None:
    """Renew both files."""
    sample = alone((Path(pharma) / "plan.html").read_text(encoding="utf-8"))
    picture(Path(default) / "plan.html", MAPS / "plan.png")
    (MAPS / "sample-plan-pharma.html").write_text(sample, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
