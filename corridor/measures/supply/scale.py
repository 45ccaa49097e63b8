"""Scale: the imports that the model implies beside the imports that customs recorded."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.checks.records import ALL, DIGITS
from corridor.data.names import TARGET
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.bill import bill
from corridor.measures.supply.needs import accounts
from corridor.measures.supply.network import Network
from corridor.measures.supply.sourcing import WORLD

#: Columns of :func:`scale`.
COLUMNS = (
    "code",
    "nomenclature",
    "implied_usd_m",
    "recorded_usd_m",
    "implied_from_target_usd_m",
    "recorded_from_target_usd_m",
    "ratio",
    "source",
    "year",
    "components",
)
#: Groups below this record, US$ million, are listed after the others.
LARGE_USD_M = 100.0
#: A ratio beyond this factor, or below its inverse, needs a reason.
FACTOR = 1.5
#: Reason why a subheading of which no component has an exact match is larger than what the model implies.
BASKET = "the subheading holds goods that are no component"
_KEYS = ["nomenclature", "code"]


def bought(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """What a market takes of each component a year, by origin: all that it consumes, for its makers' exports too.

    The need of :func:`~corridor.measures.supply.needs.accounts` times the shares of origins.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`, with ``demand``.
    market
        A country with rows in ``sourcing``.
    year
        Needs grow to this year from the middle year of ``demand``; as stated if left out.

    Returns
    -------
    pandas.DataFrame
        ``component, origin, value_usd_m`` at reference prices, the market itself among the origins.

    Raises
    ------
    ConfigError
        If the market has no rows in ``sourcing``.
    """
    network = Network.of(tables)
    if market not in network.buyers or market == WORLD:
        known = ", ".join(network.buyers[:-1])
        raise ConfigError(f"market {market} has no rows in the table sourcing; markets with rows: {known}.")
    shares = network.shares_of(market)
    years = tables.demand["year"].dropna()
    stated = int(years.median()) if len(years) else 0
    books = accounts(tables, None if year is None else [year], base_year=stated, markets=[market])
    need = books[market].need[:, 0]
    component, origin = np.nonzero(shares)
    return pd.DataFrame(
        {
            "component": network.components[component],
            "origin": network.origins[origin],
            "value_usd_m": need[component] * shares[component, origin],
        }
    )


def records(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """Recorded imports of a market by group of goods and origin, one year of each group.

    Rows of ``recorded_imports``; for subheadings that it does not hold, those of ``trade``.

    Parameters
    ----------
    year
        The record nearest to this year counts; if left out, the middle year of the market's demand.

    Returns
    -------
    pandas.DataFrame
        ``nomenclature, code, origin`` (ALL: all countries), ``value_usd_m, source, year``.
    """
    own = tables.recorded_imports[tables.recorded_imports["market"] == market]
    if year is None:
        years = tables.demand.loc[tables.demand["market"] == market, "year"].dropna()
        year = int(years.median()) if len(years) else int(own["year"].max()) if len(own) else 0
    fine = tables.trade[(tables.trade["importer"] == market) & (tables.trade["nomenclature"] == "HS6")]
    fine = fine[fine["code"].isin(tables.codes["code"]) & ~fine["code"].isin(own["code"])]
    fine = fine.rename(columns={"exporter": "origin"})[[*_KEYS, "origin", "value_usd_m", "source", "year"]]
    whole = fine.groupby([*_KEYS, "source", "year"], as_index=False)["value_usd_m"].sum().assign(origin=ALL)
    frames = [frame for frame in (own.drop(columns="market"), fine, whole) if len(frame)]
    columns = [*_KEYS, "origin", "value_usd_m", "source", "year"]
    if not frames:
        return own[columns]
    rows = pd.concat(frames, ignore_index=True)
    # Years that list single origins beside the total say more; of two years equally near the newer counts.
    by_year = [*_KEYS, "year"]
    total = (rows["origin"] == ALL).groupby([rows[name] for name in by_year]).transform("any")
    single = (rows["origin"] != ALL).groupby([rows[name] for name in by_year]).transform("any")
    rows["rank"] = 100.0 * ~(total & single) + (rows["year"] - year).abs() - 1e-4 * rows["year"]
    kept: pd.DataFrame = rows.loc[rows["rank"] == rows.groupby(_KEYS)["rank"].transform("min"), columns]
    return kept.reset_index(drop=True)


def scale(
    tables: Tables, market: str = "IND", target: Collection[str] = TARGET, *, year: int | None = None
) -> pd.DataFrame:
    """Imports that the model implies beside recorded imports, by group of goods.

    Implied imports of a component are what the market needs, inputs of its makers included, times the share from
    abroad. A component with several codes at a level is split evenly among them.

    Parameters
    ----------
    tables
        Needs ``codes``, ``demand`` and, for the record, ``recorded_imports`` or ``trade``.
    market
        A country with rows in ``sourcing``.
    target
        Countries whose deliveries are compared on their own. Those that the record of a group does not list are
        left out of the implied value too: a record of China alone is compared with China alone.
    year
        As in :func:`records`.

    Returns
    -------
    pandas.DataFrame
        One row per group of goods that the record holds: ``code, nomenclature``; ``implied_usd_m, recorded_usd_m``
        and the same ``_from_target_`` (NaN where the record does not say), US$ million in the year of the record;
        ``ratio`` of implied to recorded (of the target's, if no total is recorded); ``source, year`` of the
        record; ``components`` in the group, largest first. Groups of at least ``LARGE_USD_M`` that are beyond the
        factor ``FACTOR`` without a reason come first, then the other large ones, then the rest; in each of these
        the ratio farthest from 1 is first.

    Raises
    ------
    ConfigError
        If the market has no rows in ``sourcing``.
    """
    found = records(tables, market, year=year)
    groups = _groups(tables).merge(found[[*_KEYS, "year"]].drop_duplicates(_KEYS), on=_KEYS)
    years = sorted(groups["year"].unique())
    frames = [bought(tables, market, year=int(one)).assign(year=one) for one in years]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    flows = pd.concat(frames, ignore_index=True)
    parts = flows[flows["origin"] != market].merge(groups, on=["component", "year"])
    parts["value_usd_m"] *= parts["weight"]
    sold = found[found["origin"].isin(list(target))]
    listed = parts.merge(sold[[*_KEYS, "origin"]].drop_duplicates(), on=[*_KEYS, "origin"])
    by_component = parts.groupby([*_KEYS, "component"])["value_usd_m"].sum().reset_index()
    by_component = by_component.sort_values(
        [*_KEYS, "value_usd_m", "component"], ascending=[True, True, False, True]
    )
    out = found.drop_duplicates(_KEYS).set_index(_KEYS)[["source", "year"]]
    out = out.loc[out.index.intersection(pd.MultiIndex.from_frame(by_component[_KEYS]).unique())]
    out["implied_usd_m"] = parts.groupby(_KEYS)["value_usd_m"].sum()
    out["recorded_usd_m"] = found[found["origin"] == ALL].groupby(_KEYS)["value_usd_m"].sum()
    out["recorded_from_target_usd_m"] = sold.groupby(_KEYS)["value_usd_m"].sum()
    implied = listed.groupby(_KEYS)["value_usd_m"].sum().reindex(out.index)
    out["implied_from_target_usd_m"] = implied.fillna(0.0).where(out["recorded_from_target_usd_m"].notna())
    known = out["recorded_usd_m"].notna()
    recorded = out["recorded_usd_m"].where(known, out["recorded_from_target_usd_m"])
    compared = out["implied_usd_m"].where(known, out["implied_from_target_usd_m"])
    out["ratio"] = compared / recorded.where(recorded > 0)
    out["components"] = by_component.groupby(_KEYS)["component"].agg(";".join)
    out = out.reset_index()
    far = np.abs(np.log(out["ratio"].astype(float).clip(lower=1e-9).to_numpy()))
    beyond = unexplained(tables, market, out)
    bare = beyond.loc[beyond["reason"].isna(), _KEYS]
    rank = np.where(_size(out) < LARGE_USD_M, 2, 1)
    rank[pd.MultiIndex.from_frame(out[_KEYS]).isin(pd.MultiIndex.from_frame(bare))] = 0
    out = out.assign(rank=rank, far=-far).sort_values(["rank", "far", *_KEYS], ignore_index=True)
    return out[list(COLUMNS)]


def unexplained(tables: Tables, market: str, compared: pd.DataFrame) -> pd.DataFrame:
    """Large groups of :func:`scale` beyond the factor ``FACTOR``, with the reason that the record states.

    Returns
    -------
    pandas.DataFrame
        Rows of `compared` with a column ``reason``, missing where none is stated.
    """
    rows = compared[(_size(compared) >= LARGE_USD_M) & ~compared["ratio"].between(1.0 / FACTOR, FACTOR)]
    own = tables.recorded_imports[tables.recorded_imports["market"] == market]
    stated = own.groupby(_KEYS, as_index=False)[["reason_less", "reason_more"]].first()
    # A subheading that the record does not hold has the reasons of its heading.
    heading = stated[stated["nomenclature"] == "HS4"].set_index("code")[["reason_less", "reason_more"]]
    rows = rows.merge(stated, on=_KEYS, how="left")
    for column in ("reason_less", "reason_more"):
        above = rows["code"].str[:4].map(heading[column]).where(rows["nomenclature"] == "HS6")
        rows[column] = rows[column].fillna(above)
    codes = tables.codes[tables.codes["nomenclature"] == "HS6"]
    basket = ~rows["code"].isin(codes.loc[codes["match"] == "exact", "code"]) & (rows["nomenclature"] == "HS6")
    less = rows["reason_less"].where(rows["reason_less"].notna() | ~basket, BASKET)
    reason = less.where(rows["ratio"] < 1.0, rows["reason_more"])
    return rows.drop(columns=["reason_less", "reason_more"]).assign(reason=reason)


def _size(compared: pd.DataFrame) -> pd.Series:
    """The record of each group, US$ million: of all countries, or if unknown of the target."""
    return compared[["recorded_usd_m", "recorded_from_target_usd_m"]].max(axis=1)


def _groups(tables: Tables) -> pd.DataFrame:
    """Groups of goods of each component: ``component, nomenclature, code, weight``; weights sum to 1 per level.

    Equipment is left out: the model buys it to build, not in calm years.
    """
    bought_to_build = tables.components.loc[tables.components["stage"] == "equipment", "id"]
    codes = tables.codes.loc[~tables.codes["component"].isin(bought_to_build), ["component", *_KEYS]]
    fine = codes[codes["nomenclature"] == "HS6"]
    frames = [codes[codes["nomenclature"] == "INPC"]]
    frames += [fine.assign(nomenclature=level, code=fine["code"].str[:digits]) for level, digits in DIGITS.items()]
    frames.append(
        pd.DataFrame({"component": tables.components["id"], "code": tables.components["id"]}).assign(
            nomenclature="component"
        )
    )
    rows = pd.concat(frames, ignore_index=True).drop_duplicates()
    return rows.assign(weight=1.0 / rows.groupby(["component", "nomenclature"])["code"].transform("size"))


def value_content(tables: Tables, components: pd.Index) -> Floats:
    """Value share of each input (row) in each output (column), the routes mixed as in the world."""
    lines = bill(tables)
    out: Floats = np.zeros((len(components), len(components)))
    cell = components.get_indexer(pd.Index(lines["input"])), components.get_indexer(pd.Index(lines["output"]))
    np.add.at(out, cell, (lines["value_share"] * lines["route_share"]).to_numpy(float))
    return out
