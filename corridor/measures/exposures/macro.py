"""Macro check: net exposure by sector beside the target's content in industries by an input-output table."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.list_cells import list_column
from corridor.data.names import TARGET
from corridor.data.tables import Tables
from corridor.measures.exposures.exposure import exposure
from corridor.measures.supply.needs import final_matrix
from corridor.measures.supply.network import Network
from corridor.measures.supply.scale import value_content

#: Columns of :func:`macro`.
COLUMNS = (
    "market",
    "sector",
    "industry",
    "need_usd_m",
    "net",
    "net_of_output",
    "industry_all_tiers",
    "difference",
    "finished_imports",
    "recipes",
    "origins_and_selection",
    "covered",
    "source",
    "year",
)


def macro(tables: Tables, market: str, target: Collection[str] = TARGET) -> pd.DataFrame:
    """Net exposure of a market's needs by sector beside the content of the industry that makes them there.

    The industry's figure counts its output, ours what the market needs, finished imports included. With n net
    exposure of needs, m that of what the market makes itself (its content of the target), i the inputs in our
    recipes over the value made, r the industry's content and j its inputs over output, the difference n - r is the
    sum of

    - finished imports ``n - m``
    - recipes ``(i - j) m / i``: more or fewer inputs per dollar than the industry buys
    - origins and selection ``j (m / i - r / j)``: inputs that come from the target more often than the industry's
      do, because home shares of parts are too low or the chosen products depend more than the rest

    Parameters
    ----------
    tables
        Needs ``industry_content``, and all that :func:`corridor.exposure` needs.
    market
        A country with rows in ``sourcing``; without rows in ``industry_content`` the result is empty.
    target
        Countries depended upon. The industries' figures are those of China and Hong Kong.

    Returns
    -------
    pandas.DataFrame
        One row per sector that has an industry: ``market, sector, industry, need_usd_m``; ``net`` (of needs),
        ``net_of_output`` (of what is made there), ``industry_all_tiers``, ``difference`` (net less that), its
        three parts, ``covered`` (what the model's makers make of finished goods over the industry's output),
        ``source, year``; fractions.
    """
    rows = tables.industry_content[tables.industry_content["country"] == market]
    if not len(rows):
        return pd.DataFrame(columns=list(COLUMNS))
    network = Network.of(tables)
    names = network.components
    found = exposure(tables, market, list(target)).set_index("component")["net"].reindex(names).to_numpy(float)
    content = value_content(tables, names)
    made_content, inputs = found @ content, content.sum(axis=0)
    home = network.shares_of(market)[:, network.origins.get_loc(market)]
    need = final_matrix(tables, names, pd.Index([market]), [market])[:, 0]
    sector = tables.components.set_index("id")["sector"].reindex(names).to_numpy(object)
    out = []
    for row, sectors in zip(rows.to_dict("records"), list_column(rows["sectors"]), strict=True):
        for name in sectors:
            here = need * (sector == name)
            made = here * home
            if not here.sum() or not made.sum():
                continue
            net, own = _mean(found, here), _mean(made_content, made)
            bought, theirs = _mean(inputs, made), float(row["inputs_share"])
            record = float(row["all_tiers_share"])
            per_input = own / bought if bought else 0.0
            out.append(
                {
                    "market": market,
                    "sector": name,
                    "industry": row["industry"],
                    "need_usd_m": float(here.sum()),
                    "net": net,
                    "net_of_output": own,
                    "industry_all_tiers": record,
                    "difference": net - record,
                    "finished_imports": net - own,
                    "recipes": (bought - theirs) * per_input,
                    "origins_and_selection": theirs * per_input - record,
                    "covered": float(made.sum()) / 1e3 / float(row["output_usd_bn"]),
                    "source": row["source"],
                    "year": row["year"],
                }
            )
    return pd.DataFrame(out, columns=list(COLUMNS))


def _mean(value: Floats, weight: Floats) -> float:
    return float(np.average(value, weights=weight))
