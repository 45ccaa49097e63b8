"""Figures and names read the same on pages written by Python and by scripts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corridor.data.tables import load_tables
from corridor.pages.kit import words
from corridor.pages.kit.payload import number
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM, Tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
#: Shares at which rules of rounding differ: halves, ends, floats just below a half.
SHARES = (0.0, 0.00004, 0.0049, 0.005, 0.015, 0.125, 0.2549, 0.84496, 0.845, 0.9949, 0.995, 0.99994, 0.99996, 1.0)
MONEY = (
    0.0,
    0.004,
    0.04,
    0.05,
    0.25,
    2.25,
    9.95,
    9.996,
    10.5,
    999.5,
    1000,
    1050,
    2000,
    8_049.99,
    8_050,
    1e6,
    2.345e6,
)


def test_python_and_scripts_write_the_same(folder: Path, browser: Any) -> None:
    rng = np.random.default_rng(7)
    shares = [*SHARES, *np.round(rng.uniform(0, 1, 300), 5).tolist()]
    amounts = [*MONEY, *(-value for value in MONEY), *np.round(10 ** rng.uniform(-3, 6, 300), 3).tolist()]
    counts = [
        *(float(value) for value in MONEY),
        0.0123,
        1.125,
        1e9,
        64e6,
        *(10 ** rng.uniform(-4, 9, 200)).tolist(),
    ]
    names = load_tables().countries["name"].tolist()
    study = synthetic.make_study()
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:

        def written(function: str, values: list[Any]) -> list[str]:
            return list(tab.page.evaluate(f"(values) => values.map((value) => corridor.{function})", values))

        data = [number(value) for value in shares]  # as in the pages' data
        assert written("percent(value)", data) == [words.percent(value) for value in shares]
        assert written("percentFine(value)", data) == [words.percent_fine(value) for value in shares]
        assert written("moneyBoth(value)", [number(value, 2) for value in amounts]) == [
            words.money(value, study) for value in amounts
        ]
        assert written('amount(value, "t")', counts) == [words.amount(value, "t") for value in counts]
        assert written("inText(value)", names) == [words.in_text(name) for name in names]
        assert written("possessive(value)", names) == [words.possessive(name) for name in names]
        assert written("capital(value)", ["pH meter", "lfp cell", "x"]) == ["pH meter", "Lfp cell", "X"]


def test_shares_are_rounded_once() -> None:
    assert words.percent(0.84496) == "85\u00a0%"  # as from the pages' data, where it is 0.845
    assert words.percent(0.125) == "13\u00a0%"
    assert words.percent_fine(0.125) == "12.5\u00a0%"
    assert words.dollars(2.25) == "$2.3\u00a0M"
    assert words.possessive("United States") == "the United States'"
    assert words.possessive("India") == "India's"
    assert words.amount(0.0123, "t") == "0.0123\u00a0t"
