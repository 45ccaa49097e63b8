"""The account of an import of trade: every row read is kept or left out, by reason, year and partner."""

from __future__ import annotations

import pandas as pd

from corridor.importers.trade.partners import UNKNOWN
from corridor.importers.trade.scanning.columns import FEWER_DIGITS, KEPT, NO_CODE, NO_FLOW, UNEQUAL_LEVELS

__all__ = ["FILES_OWN", "OTHER_CODES", "account_of", "fractions_lost"]

OTHER_CODES = "codes that no component uses (added up in TOTAL)"
FILES_OWN = {
    NO_CODE: "unknown-code",
    UNKNOWN: "unknown-country",
    FEWER_DIGITS: "mixed-levels",
    UNEQUAL_LEVELS: "mixed-levels",
    NO_FLOW: "no-flow",
}
"""Why rows are left out -> reason of `imported.REASONS`, where it is the file's own."""


def account_of(
    sums: pd.DataFrame, single: pd.DataFrame, lost: pd.DataFrame, *, partner_role: str, as_written: bool
) -> tuple[list[tuple[str, int, float]], pd.DataFrame]:
    """What was left out, and the account by year and partner.

    Parameters
    ----------
    sums
        As `scan.add_up` gives them, with countries, ``year`` and ``usd_m``.
    single
        Rows kept under a code in use.
    lost
        Rows of such codes that were left out, with ``why``.
    partner_role
        exporter, or importer if the exporter is one country.
    as_written
        Whether to name partners as the file does, since the tables add them up.

    Returns
    -------
    (list of (why, rows, US$ million), DataFrame)
        In the order of `sums`; and ``year, partner, why, rows, value_usd_m``.
    """
    out = sums[sums["outcome"] != KEPT]
    out = out.assign(why=out["outcome"].astype("str"))
    unused = sums[(sums["outcome"] == KEPT) & sums["file_code"].isna()].assign(why=OTHER_CODES)
    parts = []
    for rows in (single.assign(why="kept"), out, unused, lost):
        word = rows[f"{partner_role}_word"].astype("str")
        partner = word if as_written else rows[partner_role].astype("str")
        parts.append(
            pd.DataFrame(
                {
                    "year": rows["year"].astype(int).astype("str").replace("0", ""),
                    "partner": partner.where(partner.notna(), word).fillna("").replace("nan", ""),
                    "why": rows["why"],
                    "rows": rows["rows"].astype("int64"),
                    "value_usd_m": rows["usd_m"].astype(float),
                }
            )
        )
    account = pd.concat(parts, ignore_index=True)
    account = account.groupby(["year", "partner", "why"], as_index=False, sort=False)[
        ["rows", "value_usd_m"]
    ].sum()
    left = account[account["why"] != "kept"].groupby("why", sort=False)[["rows", "value_usd_m"]].sum()
    listed = [(str(why), int(row["rows"]), float(row["value_usd_m"])) for why, row in left.iterrows()]
    return listed, account.sort_values(["year", "partner", "why"], ignore_index=True)


def fractions_lost(sums: pd.DataFrame) -> dict[str, float]:
    """Reason -> fraction of the value left out for it: of all goods, or of codes in use if that is more."""
    reason = sums["outcome"].astype("str").map(FILES_OWN)
    kept = sums["outcome"] == KEPT
    used = sums["file_code"].notna() | sums["asked"]
    found: dict[str, float] = {}
    for rows in (sums, sums[used]):
        figure = "usd_m" if rows["usd_m"].sum() > 0 else "rows"
        ours = reason[rows.index]
        mine = rows[figure].groupby(ours).sum()
        base = rows.loc[kept[rows.index] | ours.notna(), figure].sum()
        for name, amount in mine.items():
            found[str(name)] = max(found.get(str(name), 0.0), float(amount / base) if base > 0 else 0.0)
    return found
