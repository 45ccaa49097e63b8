"""The single figures that move the headline most: each at both ends of its range, all others as stated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.exposures.exposure import exposure, exposure_in
from corridor.measures.exposures.headline import headline
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.measures.supply.needs import final_matrix
from corridor.measures.supply.network import Network
from corridor.measures.supply.sourcing import BY_WORLD, share_rows, world_shares

#: Columns of :func:`tornado`.
COLUMNS = ("market", "table", "figure", "value", "low", "high", "net", "net_low", "net_high", "points")
# What identifies a row of each table whose figures are moved.
_KEYS = {
    "components": ("id",),
    "recipes": ("output", "route", "input"),
    "supply": ("component", "country"),
    "sourcing": ("market", "component", "origin"),
    "demand": ("market", "component"),
}
_TOLERANCE = 1e-12
_MOST_ROUNDS = 1_000


def tornado(
    tables: Tables,
    study: Study,
    *,
    top: int = 15,
    candidates: int = 30,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Figures that move each market's net exposure most, one at a time.

    All figures with a range are ranked by a first-order estimate; the first `candidates` of each market are then
    recomputed at the low and the high end, with all other figures as stated. A share takes from or gives to the
    others in proportion; prices change the recipes that are given as quantities.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives markets and target.
    top
        Figures per market in the result.
    candidates
        Figures per market that are recomputed.

    Returns
    -------
    pandas.DataFrame
        ``market, table, figure`` (its row), ``value, low, high`` (of the figure), ``net`` (exposure as stated),
        ``net_low, net_high`` (at the ends), 0..1, and ``points``, their distance in percentage points; most first
        within a market.

    Raises
    ------
    ConfigError
        If no figure has a range.
    """
    figures = Figures.of(tables, TABLES).rows
    figures = figures[(figures["high"] > figures["low"]) & figures["table"].isin(list(_KEYS))]
    figures = figures[figures["column"] != "unlisted"].reset_index(drop=True)
    if not len(figures):
        raise ConfigError("no figure has a range: fill low and high of assumed figures")
    markets, target = list(study.markets), list(study.target)
    network = Network.of(tables)
    chosen: dict[str, Ints] = {}
    for market in markets:
        estimate = _estimates(tables, network, figures, market, target)
        order = np.argsort(-estimate, kind="stable")[:candidates]
        chosen[market] = order[estimate[order] > 0]
    wanted = np.unique(np.concatenate(list(chosen.values())))
    stated = _net(tables, markets, target)
    ends: dict[tuple[int, str], dict[str, float]] = {}
    done, steps = 0, 2 * len(wanted)
    for position in wanted:
        for end in ("low", "high"):
            ends[int(position), end] = _net(_moved(tables, figures.loc[position], end), markets, target)
            done += 1
            if progress is not None:
                progress(done, steps)
    rows = []
    for market, positions in chosen.items():
        for position in positions:
            figure = figures.loc[position]
            low, high = (ends[int(position), end][market] for end in ("low", "high"))
            rows.append(
                {
                    "market": market,
                    "table": figure["table"],
                    "figure": _name(tables, figure),
                    **{name: float(figure[name]) for name in ("value", "low", "high")},
                    "net": stated[market],
                    "net_low": low,
                    "net_high": high,
                    "points": 100.0 * abs(high - low),
                }
            )
    out = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["market", "points", "figure"], ascending=[True, False, True]
    )
    return out.groupby("market").head(top).reset_index(drop=True)


def _net(tables: Tables, markets: list[str], target: list[str]) -> dict[str, float]:
    """Net exposure of each market's final needs."""
    rows = headline(tables, exposure(tables, markets, target)).set_index("market")["net"]
    return {market: float(rows[market]) for market in markets}


def _estimates(tables: Tables, network: Network, figures: pd.DataFrame, market: str, target: list[str]) -> Floats:
    """First-order change of the market's net exposure over the range of each figure, as an absolute value."""
    names, size = network.components, len(network.components)
    recipes = network.recipes
    weight = (recipes["value_share"] * recipes["route_share"]).to_numpy(float)
    inputs, outputs = recipes["input"].to_numpy(), recipes["output"].to_numpy()
    in_target = network.origins.isin(target)
    makers = network.by_maker(np.ones((size, 1)) * ~in_target)
    found = exposure_in(network, network.buyers.tolist(), target)
    by_buyer = found.pivot(index="component", columns="market", values="net")
    net = by_buyer.reindex(index=names, columns=network.buyers).to_numpy(float)
    world = len(network.buyers) - 1
    content = np.zeros_like(net)
    np.add.at(content, outputs, net[inputs] * weight[:, None])
    need = final_matrix(tables, names, pd.Index([market]), [market])[:, 0]
    total = max(float(need.sum()), _TOLERANCE)
    # Dollars of each component that each buyer takes for a dollar of the market's needs, outside the target.
    taken = np.zeros_like(net)
    taken[:, network.buyers.get_loc(market)] = need / total
    term = taken.copy()
    for _ in range(_MOST_ROUNDS):
        made = (term[:, :, None] * makers).sum(axis=1)
        term = np.zeros_like(taken)
        np.add.at(term, inputs, made[outputs] * weight[:, None])
        taken += term
        if term.max(initial=0.0) < _TOLERANCE:
            break
    made = (taken[:, :, None] * makers).sum(axis=1)
    of_market = float(need @ net[:, network.buyers.get_loc(market)] / total)
    # What an origin's delivery holds of the target.
    held = np.where(in_target, 1.0, content[:, network.maker_buyer])
    through = (made[outputs] * net[inputs] * weight[:, None]).sum(axis=1)  # by recipe row of the network
    # A price changes only the inputs that recipes give as quantities.
    counted = tables.recipes[tables.recipes["quantity"].notna()]
    pairs = pd.MultiIndex.from_frame(counted[["output", "input"]].drop_duplicates())
    priced = through * pd.MultiIndex.from_arrays([names[outputs], names[inputs]]).isin(pairs)
    by_output, by_input = np.bincount(outputs, priced, size), np.bincount(inputs, priced, size)
    volume_by_world = _by_world_production(tables, network, taken)
    width = np.asarray(figures["high"] - figures["low"], dtype=float)
    scale = width / np.maximum(figures["value"].to_numpy(float), _TOLERANCE)
    table, row = figures["table"].to_numpy(object), figures["row"].to_numpy(int)
    out = np.zeros(len(figures))
    for name in dict.fromkeys(table):
        here = table == name
        frame = tables[name].iloc[row[here]]
        label = {"components": "id", "recipes": "output"}.get(name, "component")
        component = names.get_indexer(pd.Index(frame[label]))
        if name == "demand":
            own = net[component, network.buyers.get_loc(market)]
            out[here] = width[here] / total * np.abs(own - of_market) * (frame["market"] == market).to_numpy(float)
        elif name == "components":
            out[here] = scale[here] * np.maximum(by_output, by_input)[component]
        elif name == "recipes":
            entry = names.get_indexer(pd.Index(frame["input"]))
            part = np.zeros((size, size))
            np.add.at(part, (outputs, inputs), through)
            out[here] = scale[here] * part[component, entry]
        else:
            origin = network.origins.get_indexer(pd.Index(frame["origin" if name == "sourcing" else "country"]))
            of_origin = np.where(origin >= 0, held[component, np.maximum(origin, 0)], content[component, world])
            if name == "sourcing":
                buyer = network.buyers.get_indexer(pd.Index(frame["market"]))
                volume = np.where(buyer >= 0, taken[component, np.maximum(buyer, 0)], 0.0)
                mean = net[component, np.maximum(buyer, 0)]
            else:  # quantities are divided by their sum: their range counts as a share of it
                volume, mean = volume_by_world[component], net[component, world]
            span = np.minimum(width[here], 1.0) if name == "sourcing" else np.minimum(width[here], scale[here])
            out[here] = np.minimum(span, 1.0) * volume * np.abs(of_origin - mean)
    return out


def _by_world_production(tables: Tables, network: Network, taken: Floats) -> Floats:
    """Dollars of each component whose origins follow world production, shape (components,)."""
    world = world_shares(tables)
    out: Floats = taken[:, -1].copy()
    for column, market in enumerate(network.buyers[:-1]):
        rows = share_rows(tables, market, world)
        rows = rows[rows["layer"].isin(BY_WORLD)]
        spread = rows.groupby("component")["share"].sum().reindex(network.components).fillna(0.0)
        out += taken[:, column] * spread.to_numpy(float)
    return out


def _moved(tables: Tables, figure: pd.Series, end: str) -> Tables:
    """Tables with one figure at an end of its range; stated shares beside it keep their sum within 1."""
    name, row, column = str(figure["table"]), int(figure["row"]), str(figure["column"])
    frame = tables[name].copy()
    value = float(figure[end])
    frame.loc[frame.index[row], column] = value
    if column == "share":
        by = {"sourcing": ["market", "component"], "supply": ["component", "year", "source"]}[name]
        beside = (frame[by] == frame.iloc[row][by]).all(axis=1).to_numpy(copy=True)
        beside[row] = False
        others = float(frame.loc[beside, column].sum())
        if others + value > 1.0 and others > 0:
            frame.loc[beside, column] *= (1.0 - min(value, 1.0)) / others
    return tables.replace(**{name: frame})


def _name(tables: Tables, figure: pd.Series) -> str:
    """The row of a figure in words: what identifies it in its table."""
    row = tables[str(figure["table"])].iloc[int(figure["row"])]
    return ", ".join(str(row[name]) for name in _KEYS[str(figure["table"])])
