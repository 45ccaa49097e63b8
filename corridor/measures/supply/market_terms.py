"""Terms on which a market buys: what may be taken over from the target, duties, freight, landed prices."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from corridor.data.checks.markets import EVERYTHING
from corridor.data.names import HOST, TARGET
from corridor.data.tables import Tables
from corridor.errors import ConfigError


def market_terms(tables: Tables, market: str, target: Collection[str] = TARGET) -> pd.DataFrame:
    """Terms of each component in a market.

    Of the rows of ``markets`` the narrowest counts: the component's, its sector's, that of scope ``all``. The duty
    on the target is that on the first of its countries with a row in ``tariffs``; 0 if none has one. Goods of the
    market itself pay no duty.

    Parameters
    ----------
    tables
        Needs ``markets``, ``tariffs`` and ``components``.
    target
        Countries depended upon, the one that sells most first.

    Returns
    -------
    pandas.DataFrame
        In the order of ``components``: ``component, sector, access`` (fraction of the purchases from the target),
        ``duty_target, duty_host, freight_target, freight_host`` (fractions of the price), ``landed_target,
        landed_host`` (1 + duty + freight), ``advantage``: how much dearer the host may be at its gate,
        ``landed_target / landed_host - 1``.

    Raises
    ------
    ConfigError
        If the market has no row of scope ``all``.
    """
    rows = tables.markets[tables.markets["market"] == market].set_index("scope")
    if EVERYTHING not in rows.index:
        raise ConfigError(
            f"market {market}: no row in the table markets. Fix: add market, scope all and access, the share of "
            "its purchases from the target that plants in India may take over (the setting us_access of 0.2.0)."
        )
    components = tables.components
    by_sector = components["sector"].where(components["sector"].isin(rows.index), EVERYTHING)
    scope = components["id"].where(components["id"].isin(rows.index), by_sector)
    out = components[["id", "sector"]].rename(columns={"id": "component"}).reset_index(drop=True)
    for name in ("access", "freight_target", "freight_host"):
        out[name] = scope.map(rows[name]).to_numpy(float)
    duties = tables.tariffs[tables.tariffs["market"] == market]
    out["duty_target"] = _duty(duties, [name for name in target if name != market], out["component"])
    out["duty_host"] = _duty(duties, [HOST] if market != HOST else [], out["component"])
    for name in ("target", "host"):
        out[f"landed_{name}"] = 1.0 + out[f"duty_{name}"] + out[f"freight_{name}"]
    out["advantage"] = out["landed_target"] / out["landed_host"] - 1.0
    return out


def _duty(duties: pd.DataFrame, exporters: Collection[str], components: pd.Series) -> np.ndarray:
    """Duty on the first of the exporters that has a row for the component; 0 without any."""
    found = pd.Series(np.nan, index=components.index)
    for exporter in exporters:
        one = duties[duties["exporter"] == exporter].set_index("component")["duty"].astype(float)
        found = found.fillna(components.map(one))
    return found.fillna(0.0).to_numpy(float)
