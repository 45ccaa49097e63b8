"""Figures that are in order by themselves but contradict a record or each other: to look at, not to reject."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from corridor.data.checks.chain import name_rows
from corridor.data.names import HOST, SANCTIONED, TARGET
from corridor.data.tables import Tables
from corridor.errors import Fault
from corridor.measures.supply.origin_trade import can_export

#: Investment over yearly revenue at full use outside this range needs a reason.
CAPEX_RANGE = (0.1, 6.0)
#: A price beyond this factor of what the world's exports cost, or below its inverse, is doubted.
PRICE_FACTOR = 3.0
#: A component that no more firms make in the world needs a named maker for each plant.
FEW_MAKERS = 3
_KEYS = ["nomenclature", "code"]


def own_evidence(tables: Tables) -> list[Fault]:
    """No weak share from abroad where India's trade in the component's own code is recorded."""
    rows = tables.sourcing
    exact = tables.codes[tables.codes["match"] == "exact"]
    own = exact.merge(tables.trade[["importer", *_KEYS]].drop_duplicates(), on=_KEYS)
    known = pd.MultiIndex.from_frame(own[["importer", "component"]])
    weak = rows["status"].isin(["assumed", "inherited"]) & (rows["origin"] != rows["market"])
    traded = pd.MultiIndex.from_frame(rows[["market", "component"]]).isin(known)
    mask = pd.Series(weak.to_numpy() & traded & (rows["market"] == HOST).to_numpy(), index=rows.index)
    fix = "drop the row: the recorded trade says where it comes from; or give a source that says better"
    return [
        Fault("sourcing", row, "share, status", f"{status} beside recorded trade", "the record", fix)
        for row, status in zip(name_rows("sourcing", rows, mask), rows.loc[mask, "status"], strict=True)
    ]


def second_sources(tables: Tables) -> list[Fault]:
    """A second source has recorded exports, is no net importer, and is not under sanctions or in the target."""
    rows = tables.second_sources
    why = can_export(tables, rows)
    why = why.where(~rows["origin"].isin(SANCTIONED), "a country under broad trade sanctions")
    why = why.where(~rows["origin"].isin(TARGET), "a country of the target")
    mask = why != ""
    fix = "drop the row, or add its exports to world_trade"
    return [
        Fault("second_sources", row, "origin", found, "a country that sells it, net", fix)
        for row, found in zip(name_rows("second_sources", rows, mask), why[mask], strict=True)
    ]


def capex(tables: Tables) -> list[Fault]:
    """Investment is 0.1 to 6 times the yearly revenue at full use, or says why not."""
    rows = tables.technologies
    price = tables.components.set_index("id")["price_usd_per_unit"]
    revenue = rows["capacity"] * rows["component"].map(price).astype(float) / 1e6
    ratio = rows["capex_usd_m"] / revenue.where(revenue > 0)
    low, high = CAPEX_RANGE
    mask = ~ratio.between(low, high) & ratio.notna() & rows["capex_reason"].isna()
    wanted, fix = f"{low:g} to {high:g}", "correct capacity, price or investment, or fill capex_reason"
    return [
        Fault("technologies", row, "capex_usd_m", f"{one:.2g} times the yearly revenue", wanted, fix)
        for row, one in zip(name_rows("technologies", rows, mask), ratio[mask], strict=True)
    ]


def builders(tables: Tables) -> list[Fault]:
    """Where few firms in the world make a component, each plant names one that makes or announced it in India."""
    rows = tables.technologies
    makers = tables.components.set_index("id")["world_makers"].astype(float)
    few = rows["component"].map(makers).astype(float) <= FEW_MAKERS
    mask = few & rows["maker"].isna()
    fix = "name the firm in maker, or drop the technology"
    return [
        Fault("technologies", row, "maker", f"{count:.0f} makers in the world, none named", "a maker", fix)
        for row, count in zip(
            name_rows("technologies", rows, mask), rows.loc[mask, "component"].map(makers), strict=True
        )
    ]


def prices(tables: Tables) -> list[Fault]:
    """An assumed price per tonne is within a factor 3 of what the world's exports in its own code cost."""
    world = tables.world_trade[tables.world_trade["exports_t"] > 0]
    sums = world.groupby(_KEYS)[["exports_usd_m", "exports_t"]].sum()
    exact = tables.codes[tables.codes["match"] == "exact"].merge(sums.reset_index(), on=_KEYS)
    unit = exact.groupby("component")[["exports_usd_m", "exports_t"]].sum()
    recorded = unit["exports_usd_m"] * 1e6 / unit["exports_t"]
    rows = tables.components
    ratio = rows["price_usd_per_unit"] / rows["id"].map(recorded).astype(float)
    inside = ratio.between(1.0 / PRICE_FACTOR, PRICE_FACTOR)
    gross = ~rows["name"].str.contains("content", regex=False)  # others are counted by the metal in them
    mask = ratio.notna() & ~inside & gross & (rows["unit"] == "t") & (rows["status"] == "assumed")
    fix = "correct the price, or give the publication that it is from"
    return [
        Fault(
            "components", row, "price_usd_per_unit", f"{one:.2g} times the world's exports", "a factor of 3", fix
        )
        for row, one in zip(name_rows("components", rows, mask), ratio[mask], strict=True)
    ]


DOUBTS: tuple[Callable[[Tables], list[Fault]], ...] = (own_evidence, second_sources, capex, builders, prices)
"""All rules, in the order in which their doubts are listed."""


def doubts(tables: Tables) -> list[Fault]:
    """What every rule of ``DOUBTS`` finds.

    Parameters
    ----------
    tables
        Tables that passed the checks.

    Returns
    -------
    list of Fault
        Each says what was found, what is usual and how to fix it; empty if nothing is doubted.
    """
    return [fault for rule in DOUBTS for fault in rule(tables)]
