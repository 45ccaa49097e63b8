"""Smallest sets of countries whose failure leaves a buyer without a component: exact, by who buys from whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from corridor.data.tables import Tables
from corridor.errors import ConfigError, DataError, Fault
from corridor.measures.supply.bill import bill
from corridor.measures.supply.network import Network

_HALF = 0.5
_LINKS = ("component", "seller", "buyer")
_NEEDS = ("output", "route", "input")


def failing_set(
    links: pd.DataFrame,
    needs: pd.DataFrame,
    wanted: tuple[str, str],
    *,
    buys_as: Mapping[str, str] | None = None,
    spared: Sequence[str] = (),
    time_limit_s: float = 60.0,
) -> tuple[tuple[str, ...] | None, bool]:
    """Smallest set of countries that must fail before a buyer gets none of a component.

    A working country makes a component if all essential inputs of one of its routes reach the country. With
    y[c] = 1 if c fails, a[g,c] if c makes g, b[g,k] if g reaches buyer k:

    ``min sum_c y[c]`` subject to ``a[g,c] >= 1 - y[c] - sum_{h in route r} (1 - b[h,k(c)])`` for every route r of
    g and every seller c of g, ``b[g,k] >= a[g,c]`` for every link, ``b[wanted] = 0``; a, b in [0, 1], y binary.

    The rows only push up, so the least fixed point counts: a cycle of inputs without a start does not run.
    Finding smallest label cuts is NP-hard in general; HiGHS solves them (``scipy.optimize.milp``).

    Parameters
    ----------
    links
        ``component, seller, buyer``: who can buy what from whom.
    needs
        ``output, route, input``: essential inputs by route; a route without essential inputs has one row with a
        blank input. A component that is not an output needs nothing.
    wanted
        Component and buyer.
    buys_as
        Buyer as which each country buys its inputs; the country itself if left out.
    spared
        Countries that cannot fail.
    time_limit_s
        Seconds after which the best set found so far is returned, as not proven.

    Returns
    -------
    (tuple of str or None, bool)
        The countries by name, None if no set is enough, empty if the component never reaches the buyer; and
        whether it is proven that no smaller set exists.

    Raises
    ------
    DataError
        If a column is missing.
    ConfigError
        If no set was found in time.
    """
    _columns("links", links, _LINKS)
    _columns("needs", needs, _NEEDS)
    links, needs = _upstream(links, needs, wanted[0])
    as_buyer = dict(buys_as or {})
    makers = links[["component", "seller"]].drop_duplicates().reset_index(drop=True)
    countries = pd.Index(sorted(makers["seller"].unique()))
    made = pd.MultiIndex.from_frame(makers)
    rows = makers.merge(needs, left_on="component", right_on="output", how="left")
    rows["buyer"] = rows["seller"].map(lambda name: as_buyer.get(name, name))
    reached = pd.MultiIndex.from_frame(links[["component", "buyer"]].drop_duplicates())
    reached = reached.append(pd.MultiIndex.from_tuples([wanted], names=reached.names)).unique()
    first_a, first_b = len(countries), len(countries) + len(made)
    # One row per maker and route: a + y - sum b >= 1 - (essential inputs).
    rows["line"] = rows.groupby(["component", "seller", "route"], sort=False, dropna=False).ngroup()
    lines = rows.drop_duplicates("line")
    inputs = rows[rows["input"].notna()]
    arrival = reached.get_indexer(pd.MultiIndex.from_arrays([inputs["input"], inputs["buyer"]]))
    arrives = arrival >= 0  # an input that nobody sells to this buyer never reaches it: its b is 0
    count = np.bincount(inputs["line"], minlength=len(lines))
    line = lines["line"].to_numpy()
    of_maker = made.get_indexer(pd.MultiIndex.from_frame(lines[["component", "seller"]]))
    row = np.r_[line, line, inputs["line"].to_numpy()[arrives]]
    column = np.r_[
        first_a + of_maker, countries.get_indexer(pd.Index(lines["seller"])), first_b + arrival[arrives]
    ]
    value = np.r_[np.ones(2 * len(lines)), -np.ones(int(arrives.sum()))]
    # One row per link: b - a >= 0.
    link = len(lines) + np.arange(len(links))
    from_maker = made.get_indexer(pd.MultiIndex.from_frame(links[["component", "seller"]]))
    to_buyer = reached.get_indexer(pd.MultiIndex.from_frame(links[["component", "buyer"]]))
    row = np.r_[row, link, link]
    column = np.r_[column, first_b + to_buyer, first_a + from_maker]
    value = np.r_[value, np.ones(len(links)), -np.ones(len(links))]
    least = np.r_[1.0 - count, np.zeros(len(links))]
    high = np.ones(first_b + len(reached))
    high[: len(countries)][countries.isin(list(spared))] = 0.0
    high[first_b + np.flatnonzero(reached == wanted)] = 0.0
    failing, proven = _solve((value, (row, column)), least, high, len(countries), time_limit_s)
    return (None if failing is None else tuple(countries[failing])), proven


def failing_sets(
    tables: Tables,
    component: str | Sequence[str],
    market: str = "IND",
    *,
    least_share: float = 0.01,
    spared: Sequence[str] = (),
) -> pd.DataFrame:
    """:func:`failing_set` of components in a market, by the links of the tables.

    In :func:`fewest_failures` makers buy from makers anywhere, and the makers of one component fail. Here each
    buys where the tables say it buys now, every route counts, and a set may hit several inputs at once.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`.
    component
        One component or several.
    market
        A market with rows in ``sourcing``.
    least_share
        Sellers with a smaller share of a buyer's supply are no link; a buyer's largest seller always is.
    spared
        Countries that cannot fail, for example the market itself.

    Returns
    -------
    pandas.DataFrame
        One row per component, in the order given: ``market, component, fewest`` (missing if no set is
        enough), ``countries`` (the set by name, separated by ``;``; ``ROW`` counts as one), ``proven``.

    Raises
    ------
    ConfigError
        If a component or market is unknown.
    """
    network = Network.of(tables)
    wanted = [component] if isinstance(component, str) else list(component)
    lost = [name for name in wanted if name not in network.components]
    if lost or market not in network.buyers[:-1]:
        known = ", ".join(network.buyers[:-1])
        raise ConfigError(
            f"component {', '.join(lost)} is not in the table components"
            if lost
            else f"market {market} has no rows in the table sourcing; markets with rows: {known}"
        )
    supply = network.sourcing
    largest = supply.groupby(["component", "buyer"])["share"].transform("max")
    supply = supply[(supply["share"] >= least_share) | (supply["share"] == largest)]
    links = pd.DataFrame(
        {
            "component": network.components[supply["component"]],
            "seller": network.origins[supply["origin"]],
            "buyer": network.buyers[supply["buyer"]],
        }
    ).drop_duplicates()
    lines = bill(tables)
    needs = lines[["output", "route", "input"]].assign(input=lines["input"].where(lines["essential"]))
    needs = needs.drop_duplicates()
    free = needs.groupby(["output", "route"])["input"].transform("count") == 0
    needs = needs[free | needs["input"].notna()]
    buys_as = dict(zip(network.origins, network.buyers[network.maker_buyer], strict=True))
    rows = []
    for name in wanted:
        failing, proven = failing_set(links, needs, (name, market), buys_as=buys_as, spared=spared)
        some = failing is not None
        rows.append((market, name, len(failing or ()) if some else None, ";".join(failing or ()), proven))
    frame = pd.DataFrame(rows, columns=["market", "component", "fewest", "countries", "proven"])
    return frame.astype({"fewest": "Int64"})


def _upstream(links: pd.DataFrame, needs: pd.DataFrame, component: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Links and needs of the component and of all its inputs, at any tier."""
    kept: set[str] = set()
    new = {component}
    while new:
        kept |= new
        new = set(needs.loc[needs["output"].isin(new), "input"].dropna()) - kept
    return (
        links[links["component"].isin(kept)].drop_duplicates(list(_LINKS)).reset_index(drop=True),
        needs[needs["output"].isin(kept)].drop_duplicates(list(_NEEDS)).reset_index(drop=True),
    )


def _solve(
    entries: tuple[np.ndarray, tuple[np.ndarray, np.ndarray]],
    least: np.ndarray,
    high: np.ndarray,
    countries: int,
    time_limit_s: float,
) -> tuple[np.ndarray | None, bool]:
    """Positions of the countries that fail, None if none are enough; and whether that is proven."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    goal = np.zeros(len(high))
    goal[:countries] = 1.0
    result = milp(
        goal,
        integrality=goal,
        bounds=Bounds(0.0, high),
        constraints=[LinearConstraint(csr_array(entries, shape=(len(least), len(high))), least, np.inf)],
        options={"time_limit": time_limit_s},
    )
    if result.status == 2:
        return None, True
    if result.x is None:
        raise ConfigError(f"no failing set was found within {time_limit_s:g} s. Fix: raise time_limit_s.")
    return np.flatnonzero(result.x[:countries] > _HALF), result.status == 0


def _columns(table: str, frame: pd.DataFrame, wanted: Sequence[str]) -> None:
    problems = [
        Fault(table, "", name, "no such column", ", ".join(wanted), f"add the column {name}")
        for name in wanted
        if name not in frame
    ]
    if problems:
        raise DataError(problems)
