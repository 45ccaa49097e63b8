"""Editions of the Harmonized System, and conversion of codes between them.

Our tables use HS 2022. A row of an older edition is converted only if the new code of its code is known: from the
user's concordance, else from `hs_unchanged.csv`, the codes of our components that HS 2022 took over unchanged. All
other rows are left out and counted; nothing is guessed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.data.guards.budget import Account, csv_size
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.rows import beside, need_even_rows

__all__ = ["OURS", "REVISIONS", "by_year", "concordance", "named", "unchanged"]

OURS = "HS22"
"""Edition of the codes in our tables."""
REVISIONS = {
    "HS92": 1988,
    "HS96": 1996,
    "HS02": 2002,
    "HS07": 2007,
    "HS12": 2012,
    "HS17": 2017,
    "HS22": 2022,
    "HS28": 2028,
}
"""Edition -> year in which it comes into force."""
_COMTRADE = {f"H{number}": name for number, name in enumerate(REVISIONS)}


def named(text: str) -> str | None:
    """Edition named by a text, such as HS22, HS2022, H6 or hs17; None if unknown."""
    word = text.strip().upper().replace("-", "").replace(" ", "")
    if word in _COMTRADE:
        return _COMTRADE[word]
    if word.startswith("HS") and word[2:].isdigit():
        short = "HS" + word[-2:]
        return short if short in REVISIONS and len(word) in (4, 6) else None
    return None


def by_year(years: pd.Series) -> pd.Series:
    """HS edition in force in each year, which national tariffs follow.

    Parameters
    ----------
    years
        Integers, from 1988.

    Returns
    -------
    Series of str
        Some countries change over a few months after January.
    """
    edges = [*REVISIONS.values(), 10_000]
    return pd.cut(years.astype(int), edges, right=False, labels=list(REVISIONS)).astype("str")


def concordance(path: Path | None = None) -> pd.DataFrame:
    """New codes of the codes of other editions.

    Parameters
    ----------
    path
        A CSV with the columns ``from_revision, from_code, to_code`` and optionally ``weight`` (fraction of the
        old code's value that goes to the new one; needed if a code is split). Its codes take precedence.

    Returns
    -------
    DataFrame
        ``revision, old, code, weight``: weights of an old code sum to 1; NaN for a code split without weights,
        which is left out.

    Raises
    ------
    ConfigError
        The file is missing.
    DataError
        A column is missing, an edition is unknown, a code does not have six digits, or weights do not sum to 1.
    """
    own = beside(__file__, "hs_unchanged.csv").rename(columns={"from_revision": "revision", "from_code": "old"})
    own = own.rename(columns={"to_code": "code"}).assign(weight=1.0)
    if path is None:
        return own
    user = _read(path)
    taken = pd.MultiIndex.from_frame(own[["revision", "old"]]).isin(
        pd.MultiIndex.from_frame(user[["revision", "old"]])
    )
    return pd.concat([user, own[~taken]], ignore_index=True)


def unchanged(before: pd.Series, after: pd.Series) -> list[str]:
    """Codes that an edition took over unchanged; `hs_unchanged.csv` is made with it.

    A code is unchanged if its text is the same except for punctuation and case, and its heading (four digits)
    holds the same codes in both editions: if a code left or joined the heading, the others, above all the residual
    one ("n.e.c."), may cover something else under the same text. Notes to chapters are not compared.

    Parameters
    ----------
    before, after
        Six-digit code -> text, in the older and the newer edition.

    Returns
    -------
    list of str
        Sorted.
    """
    texts = [each.str.lower().str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip() for each in (before, after)]
    headings = [each.index.to_series().groupby(each.index.str[:4]).agg(frozenset) for each in (before, after)]
    both = before.index.intersection(after.index).sort_values()
    same_text = (texts[0][both] == texts[1][both]).to_numpy()
    of = both.str[:4]
    same_heading = [old == new for old, new in zip(headings[0][of], headings[1][of], strict=True)]
    return [str(code) for code in both[same_text & same_heading]]


def _read(path: Path) -> pd.DataFrame:
    try:
        csv_size(path, Account())
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"no such file: {path}") from None
    except (ValueError, OSError) as error:
        text = (str(error).splitlines() or ["broken"])[0][:80]
        raise DataError(
            [Fault(path.name, "", "", f"a file that cannot be read ({text})", "a CSV in UTF-8", "save it again")]
        ) from None
    need_even_rows(raw, path)
    wanted = ["from_revision", "from_code", "to_code"]
    missing = [name for name in wanted if name not in raw]
    if missing:
        fix = "name the columns from_revision, from_code, to_code, weight"
        raise DataError(
            [Fault(path.name, "header", name, ", ".join(raw.columns), f"a column {name}", fix) for name in missing]
        )
    revision = raw["from_revision"].map(named)
    old, new = raw["from_code"].str.strip(), raw["to_code"].str.strip()
    weight = (
        pd.to_numeric(raw["weight"], errors="coerce") if "weight" in raw else pd.Series(float("nan"), raw.index)
    )
    frame = pd.DataFrame({"revision": revision, "old": old, "code": new, "weight": weight})
    faults = [
        Fault(path.name, str(row + 2), column, repr(raw[column].iloc[row]), wanted, fix)
        for column, bad, wanted, fix in (
            ("from_revision", revision.isna(), "an edition such as HS17 or H5", "name the edition"),
            ("from_code", ~old.str.fullmatch(r"\d{6}"), "six digits", "write zeros in front"),
            ("to_code", ~new.str.fullmatch(r"\d{6}"), "six digits", "write zeros in front"),
        )
        for row in bad.to_numpy().nonzero()[0][:20]
    ]
    if faults:
        raise DataError(faults)
    frame = frame.drop_duplicates(["revision", "old", "code"])
    of_old = frame.groupby(["revision", "old"])
    alone = of_old["code"].transform("size") == 1
    frame["weight"] = frame["weight"].where(~(alone & frame["weight"].isna()), 1.0)
    # a split with one blank weight is left out completely: NaN for all rows of the code
    total = of_old["weight"].transform(lambda weights: weights.sum(skipna=False))
    frame["weight"] = frame["weight"].where(total.notna())
    off = total.notna() & ((total - 1).abs() > 1e-6) | (frame["weight"] < 0)
    if off.any():
        wrong = frame[["revision", "old"]].assign(total=total)[off].drop_duplicates(["revision", "old"]).head(20)
        raise DataError(
            [
                Fault(
                    path.name,
                    f"{edition} {old_code}",
                    "weight",
                    f"weights that sum to {weights:g}",
                    "weights from 0 up that sum to 1 for each old code",
                    "correct the weights",
                )
                for edition, old_code, weights in wrong.to_numpy().tolist()
            ]
        )
    return frame
