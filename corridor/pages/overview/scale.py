"""The worst rows of the scale check, as the first page shows them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.measures.supply.scale import LARGE_USD_M, scale, unexplained
from corridor.pages.kit.payload import rows_of
from corridor.pages.kit.words import in_text

_ROWS = 12
_NAMED = 3  # components named in a row
_WORDS = {"INPC": "class", "component": "product"}


def scale_block(
    tables: Tables, study: Study, market: str, names: dict[str, str], shown: dict[str, str]
) -> dict[str, Any] | None:
    """What the page shows of :func:`corridor.measures.supply.scale.scale`; None without records of the market.

    Parameters
    ----------
    names, shown
        Names of countries and of components, by their ids.
    """
    if market not in set(tables.sourcing["market"]):
        return None
    compared = scale(tables, market, study.target)
    if not len(compared):
        return None
    beyond = unexplained(tables, market, compared)
    reasons = beyond.set_index(["nomenclature", "code"])["reason"].dropna().to_dict()
    size = compared[["recorded_usd_m", "recorded_from_target_usd_m"]].max(axis=1)
    large = int((size >= LARGE_USD_M).sum())
    bare = int(beyond["reason"].isna().sum())

    def figure(value: float) -> float | None:
        return None if pd.isna(value) else float(value)

    rows = []
    for row in rows_of(compared.head(_ROWS)):
        held = [shown.get(name, name) for name in str(row.components).split(";")]
        more = f" and {len(held) - _NAMED} more" if len(held) > _NAMED else ""
        rows.append(
            {
                "goods": f"{_WORDS.get(row.nomenclature, row.nomenclature)} {row.code}",
                "components": ", ".join(held[:_NAMED]) + more,
                "figures": [
                    figure(row.implied_usd_m),
                    figure(row.recorded_usd_m),
                    figure(row.implied_from_target_usd_m),
                    figure(row.recorded_from_target_usd_m),
                ],
                "year": int(row.year),
                "reason": reasons.get((row.nomenclature, row.code), ""),
            }
        )
    return {
        "in_text": in_text(names.get(market, market)),
        "rows": rows,
        "large": large,
        "within": large - len(beyond),
        "explained": len(beyond) - bare,
        "bare": bare,
    }
