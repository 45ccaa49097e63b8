"""What India sells abroad: the rules by hand, and the committed table rebuilt where the raw files are."""

from pathlib import Path

import pandas as pd
import pytest

from corridor.data.bundled import bundled
from corridor.data.tables import load_tables
from tests import SHARED
from tools.bundled_data import exports


def test_fractions_of_a_class_sum_to_at_most_one():
    rules = pd.read_csv(Path(exports.__file__).with_name("export_fractions.csv"))
    assert (rules.groupby("class")[["fraction", "high"]].sum() <= 1.0).all(axis=None)
    assert (rules["low"] <= rules["fraction"]).all()
    assert (rules["fraction"] <= rules["high"]).all()


def test_a_chapter_grows_by_the_codes_that_both_years_have():
    rows = [("30010000", 2022, 10.0), ("30010000", 2024, 12.0), ("30020000", 2022, 30.0), ("30020000", 2024, 48.0)]
    rows += [("30030000", 2022, 500.0), ("31000000", 2024, 99.0)]
    sold = pd.DataFrame(rows, columns=["hs8", "fy_start", "value_musd"])
    assert exports.growth_of_chapter(sold, "30", 2022, 2024) == pytest.approx(60 / 40)


def test_phones_for_both_buyers_are_the_official_total():
    rows = load_tables().exports
    phones = rows[rows["component"] == "smartphone"]
    assert sorted(phones["market"]) == ["REX", "USA"]
    assert phones["value_usd_m"].sum() == pytest.approx(200_000 * 10 / 84, abs=0.01)


@pytest.mark.skipif(not (SHARED / "data" / exports.FILE).is_file(), reason="needs the publishers' raw files")
def test_the_committed_table_is_what_the_records_give():
    made = exports.exports(SHARED / "data", load_tables())
    assert made.to_csv(index=False, lineterminator="\n") == (bundled("data") / "exports.csv").read_text("utf-8")
