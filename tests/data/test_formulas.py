"""Texts that a spreadsheet would run as a formula: disarmed in files for people, unchanged when read back."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.data.guards.formulas import RISKY, disarmed, restored
from corridor.data.tables import load_tables, write_tables
from corridor.pages.kit.offline import PAGES
from corridor.runs.results import save_table
from tests import TINY

BAD = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "''=x"]
GOOD = ["plain", "a=b", "", "'quoted", "1-2", " =1", "ünï"]


def test_what_a_spreadsheet_sees(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": BAD + GOOD, "number": [-1.5] * len(BAD + GOOD)})
    save_table(frame, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["'=name", "number"]
    texts = [row[0] for row in rows[1:]]
    assert texts == ["'" + text for text in BAD] + GOOD
    assert not any(text.startswith(RISKY) for text in texts)
    assert {row[1] for row in rows[1:]} == {"-1.5"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(texts=st.lists(st.one_of(st.none(), st.text("=+-@\t\r' a1", max_size=4)), min_size=1, max_size=8))
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_every_text_comes_back(dtype: str, texts: list[str | None]) -> None:
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=dtype), "n": range(len(texts))})
    shown = disarmed(frame)
    assert not any(isinstance(text, str) and text.startswith(RISKY) for text in shown["text"])
    back = restored(shown)["text"].astype(object)
    assert back.where(back.notna(), None).tolist() == texts
    assert frame["text"].astype(object).where(frame["text"].notna(), None).tolist() == texts


def test_other_kinds_of_files_keep_the_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": BAD})
    save_table(frame, tmp_path / "t.json")
    save_table(frame, tmp_path / "t.parquet")
    assert pd.read_json(tmp_path / "t.json")["text"].tolist() == BAD
    assert pd.read_parquet(tmp_path / "t.parquet")["text"].tolist() == BAD


def test_data_tables_are_as_they_were(tmp_path: Path) -> None:
    tables = load_tables(TINY)
    notes = pd.Series([*BAD[:4], "''=x"], dtype=tables.demand["note"].dtype)
    odd = tables.replace(demand=tables.demand.assign(note=notes))
    write_tables(odd, tmp_path)
    assert load_tables(tmp_path).equals(odd)


def test_the_pages_have_the_same_rule() -> None:
    """The browser's own test is in tests/browser; here: its pattern matches what ours matches."""
    script = (PAGES / "kit" / "assets" / "common.js").read_text(encoding="utf-8")
    found = re.search(r"/(\^'\*\[=[^/]*\])/\.test\(text\)", script)
    assert found, "saveCsv of common.js tests texts by a pattern that begins with ^'*[="
    pattern = re.compile(found[1])
    for text in BAD:
        assert pattern.search(text)
    for text in GOOD:
        assert not pattern.search(text)


def test_results_with_such_texts_verify(tmp_path: Path) -> None:
    from corridor.config import load_study
    from corridor.measures import exposure, shares
    from corridor.relocation import frontier
    from corridor.runs.results import results_folder, write_results
    from corridor.runs.verify import verify

    (tmp_path / "study.yaml").write_text(
        "name: tiny\ntitle: Tiny\ntarget: [CHN]\nbudget_usd_m: 60\ndenials:\n"
        "  - {name: =stop, start: 2031, months: 12, probability: 0.2, reason: tests only, cuts: [{cut: 0.9}]}\n"
    )
    tables, study = load_tables(TINY), load_study(tmp_path / "study.yaml")
    with results_folder(tmp_path / "out") as folder:
        all_shares = pd.concat([shares(tables, market) for market in ("IND", "USA")], ignore_index=True)
        plans = frontier(tables, study, budgets=[60])
        write_results(folder, study, tables, exposure(tables, ["IND", "USA"], study.target), all_shares, plans)
    text = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "out").rglob("*.csv"))
    assert "'=" in text
    assert not re.search(r"(^|,|\n)\"?=", text)
    found = verify(tmp_path / "out").set_index("what")
    # Only the command writes a log; that it is missing is noticed.
    assert list(found.index[~found["same"].astype(bool)]) == ["the last line of log.txt"]
