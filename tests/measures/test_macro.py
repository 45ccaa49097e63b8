"""Macro check: the model beside an industry's content, by hand."""

from __future__ import annotations

import pytest

from corridor.measures.exposures.macro import COLUMNS, macro
from tests import hand


def test_difference_by_hand() -> None:
    """India makes 0.8 of its phones with parts worth 0.6, half of them from China; the rest of phones is Chinese.

    Net of needs 0.2 + 0.8 x 0.3 = 0.44; of what India makes 0.3. The industry: 0.15 with inputs of 0.5.
    Finished imports 0.44 - 0.3; recipes (0.6 - 0.5) x 0.3 / 0.6 = 0.05; origins 0.5 x 0.5 - 0.15 = 0.10.
    """
    industry = {"country": "IND", "industry": "C26", "name": "electronics", "sectors": "electronics"}
    industry |= {"output_usd_bn": 0.16, "inputs_share": 0.5, "direct_share": 0.1, "all_tiers_share": 0.15}
    made = hand.tables(
        components={"phone": {"sector": "electronics"}, "part": {"sector": "electronics"}},
        recipes=[("phone", "part", 0.6)],
        world={"phone": {"CHN": 1.0}, "part": {"CHN": 1.0}},
        sourcing={"IND": {"phone": {"IND": 0.8, "CHN": 0.2}, "part": {"IND": 0.5, "CHN": 0.5}}},
        demand={"IND": {"phone": 100.0}},
        industry_content=[industry],
    )
    row = macro(made, "IND").iloc[0]
    assert row["net"] == pytest.approx(0.44)
    assert row["net_of_output"] == pytest.approx(0.3)
    parts = ["finished_imports", "recipes", "origins_and_selection"]
    assert row[parts].tolist() == pytest.approx([0.14, 0.05, 0.10])
    assert row[parts].sum() == pytest.approx(row["difference"])
    assert row["covered"] == pytest.approx(80.0 / 160.0)
    assert list(macro(made.replace(industry_content=made.industry_content.iloc[:0]), "IND").columns) == list(
        COLUMNS
    )
