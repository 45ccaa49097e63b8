"""Feasibility: how near a component is to what a country exports already (product space).

Hidalgo, Klinger, Barabasi & Hausmann (2007), The product space conditions the development of nations, Science 317,
doi:10.1126/science.1144581. Countries move into goods whose neighbours they make; density counts them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.flows import check_flows
from corridor.measures.supply.sourcing import REST

#: Code of the trade table for the sum over all goods of a partner.
TOTAL = "TOTAL"
_FLAT = 1e-12


def revealed_advantage(exports: pd.DataFrame, *, totals: pd.DataFrame | None = None) -> pd.DataFrame:
    """Revealed comparative advantage (Balassa 1965): ``RCA[c,p] = (X[c,p] / X[c]) / (X[p] / X)``.

    Parameters
    ----------
    exports
        One row per flow: ``country``, ``product``, ``value`` (any one unit); a missing row is 0.
    totals
        Exports of all goods by country, ``country`` and ``value``, if `exports` holds only some goods; a
        country without a total is left out.

    Returns
    -------
    pandas.DataFrame
        Countries by products, sorted by name; goods and countries that export nothing are left out.

    Raises
    ------
    DataError
        If a column is missing or a value is not an amount.
    """
    check_flows(exports, ("country", "product", "value"))
    matrix = exports.pivot_table(index="country", columns="product", values="value", aggfunc="sum", fill_value=0.0)
    if totals is None:
        by_country = matrix.sum(axis=1)
    else:
        check_flows(totals, ("country", "value"))
        by_country = totals.groupby("country")["value"].sum().reindex(matrix.index)
    by_product = matrix.sum(axis=0)
    matrix = matrix.loc[by_country > 0, by_product > 0].astype(float)
    world = by_country.sum() if totals is None else float(totals["value"].sum())
    share = by_product.loc[matrix.columns] / world
    return matrix.div(by_country.loc[matrix.index], axis=0).div(share, axis=1)


def proximity(present: Floats, columns: Ints | None = None) -> Floats:
    """Proximity of goods: ``phi[p,q] = min(P(p | q), P(q | p))``, how likely an exporter of one exports the other.

    Parameters
    ----------
    present
        1 where a country exports a good with RCA >= 1, else 0; shape (countries, goods).
    columns
        Goods whose column is wanted; all if left out.

    Returns
    -------
    numpy.ndarray
        Shape (goods, wanted goods), 0..1; 1 on the diagonal. A good that nobody exports has proximity 0 to all.
    """
    wanted = present if columns is None else present[:, columns]
    most = np.maximum(present.sum(axis=0)[:, None], wanted.sum(axis=0)[None, :])
    together = present.T @ wanted
    out: Floats = np.divide(together, most, out=np.zeros_like(together), where=most > 0)
    return out


def density(present: Floats, columns: Ints | None = None) -> Floats:
    """Relatedness density: ``d[c,p] = sum_q M[c,q] phi[q,p] / sum_q phi[q,p]``, the good itself included.

    Parameters
    ----------
    present, columns
        As in :func:`proximity`.

    Returns
    -------
    numpy.ndarray
        Shape (countries, wanted goods), 0..1; blank for a good that nobody exports.
    """
    near = proximity(present, columns)
    around = near.sum(axis=0)
    out: Floats = np.divide(
        present @ near, around, out=np.full((len(present), near.shape[1]), np.nan), where=around > 0
    )
    return out


def complexity(present: Floats) -> tuple[Floats, Floats]:
    """Economic complexity index of countries and product complexity index of goods.

    Hidalgo & Hausmann (2009), doi:10.1073/pnas.0900943106: with diversity k[c] and ubiquity k[p], PCI is the
    eigenvector of the second largest eigenvalue of ``sum_c M[c,p] M[c,q] / (k[p] k[c])``, ECI the mean PCI of
    what a country exports; both in standard deviations of ECI from its mean, the sign such that diverse
    countries rank high.

    Parameters
    ----------
    present
        As in :func:`proximity`.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        ECI, shape (countries,), and PCI, shape (goods,); blank if a country or good has no export.
    """
    diverse, common = present.sum(axis=1) > 0, present.sum(axis=0) > 0
    eci, pci = np.full(len(diverse), np.nan), np.full(len(common), np.nan)
    kept = present[np.ix_(diverse, common)]
    if min(kept.shape) < 2:
        return eci, pci
    by_country, by_good = kept.sum(axis=1), kept.sum(axis=0)
    # The countries' matrix is similar to this symmetric one: its eigenvalues are real, and countries are few.
    scaled = kept / np.sqrt(by_country)[:, None] / np.sqrt(by_good)
    _, vectors = np.linalg.eigh(scaled @ scaled.T)
    of_country = vectors[:, -2] / np.sqrt(by_country)
    of_country *= np.sign((by_country - by_country.mean()) @ of_country) or 1.0
    of_good = (kept / by_good).T @ of_country
    back = (kept / by_country[:, None]) @ of_good
    if back.std() < _FLAT:  # all countries export the same mix: no index
        return eci, pci
    eci[diverse] = (back - back.mean()) / back.std()
    pci[common] = (of_good - back.mean()) / back.std()
    return eci, pci


def density_held_out(present: Floats, country: int) -> Floats:
    """Density of a country computed from the exports of the other countries only.

    Proximities come from the other countries only, and the good itself is left out. So a country's own exports
    cannot predict themselves; compare the result with ``present`` to see how much relatedness explains.

    Parameters
    ----------
    present
        As in :func:`proximity`.
    country
        Row of the country.

    Returns
    -------
    numpy.ndarray
        Shape (goods,), 0..1; blank for a good that no other country exports together with another good.
    """
    near = proximity(np.delete(present, country, axis=0))
    np.fill_diagonal(near, 0.0)
    around = near.sum(axis=0)
    out: Floats = np.divide(present[country] @ near, around, out=np.full(near.shape[1], np.nan), where=around > 0)
    return out


def baskets(tables: Tables, nomenclature: str = "HS6") -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each exporter sells, as reported by the importers of the trade table in the newest year of each.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Exports ``country, product, value`` (US$ million) by code, and totals of all goods ``country, value``
        (rows of code TOTAL; if an importer has none, the sum of its codes).

    Raises
    ------
    ConfigError
        If the table has no trade in the nomenclature.
    """
    trade = tables.trade[(tables.trade["nomenclature"] == nomenclature) & (tables.trade["exporter"] != REST)]
    trade = trade[trade["year"] == trade.groupby("importer")["year"].transform("max")]
    if not len(trade):
        raise ConfigError(f"the table trade has no rows of {nomenclature}; relatedness needs them")
    names = {"exporter": "country", "code": "product", "value_usd_m": "value"}
    rows = trade[["importer", *names]].rename(columns=names)
    added = rows["product"] == TOTAL
    has_total = added.groupby(rows["importer"]).transform("any")
    totals = rows[added | ~has_total].groupby("country", as_index=False)[["value"]].sum()
    return rows.loc[~added, ["country", "product", "value"]], totals


def feasibility(tables: Tables, country: str = "IND") -> pd.DataFrame:
    """How near each component is to what a country sells: an indication of how hard it is to start.

    The bundled data hold no world table of exports, so baskets are read from the importers that they hold: the
    United States in 2024, 50 partners, the European Union as one. What a partner sells there is taken as what it
    exports; RCA is relative to its total sales (all codes), proximities are among the codes of our components.

    Limits: goods that a country sells elsewhere, or that tariffs keep out (China's above all), are not seen; the
    United States itself is not among the exporters; neighbours (Mexico, Canada) look more able than they are;
    with 50 baskets a proximity rests on few countries. Held out (:func:`density_held_out`), density separates the
    goods that India sells from those it does not with an area under the curve of about 0.67 (chance: 0.5): use it
    to order questions, not to answer them.

    Parameters
    ----------
    tables
        Needs ``components``, ``codes`` and ``trade`` with HS6 rows. With the trade of more importers the baskets
        become those of a wider world.
    country
        Exporter.

    Returns
    -------
    pandas.DataFrame
        One row per component, nearest by ``density_held_out`` first: ``country, component, codes`` (how many HS6
        codes), ``value_usd_m`` (what the country sells in them; if small, RCA and density say little), ``rca``,
        ``present`` (RCA >= 1), ``density`` (Hidalgo's), ``density_held_out``, ``rank`` (of the country among the
        exporters by density, 1 nearest), ``percentile`` (share of the components no nearer by
        ``density_held_out``, 0..1), ``pci`` (product complexity, standard deviations), ``status`` (``computed``,
        or ``inherited`` if the codes hold other goods too) and ``seen_by`` (the importers). Several codes are
        averaged, weighted by the trade in them. Blank if a component has no HS6 code that is traded.

    Raises
    ------
    ConfigError
        If there is no HS6 trade, or the country sells nothing in it.
    """
    exports, totals = baskets(tables)
    advantage = revealed_advantage(exports, totals=totals)
    if country not in advantage.index:
        raise ConfigError(
            f"{country!r} exports nothing in the table trade; exporters are {', '.join(advantage.index)}"
        )
    own = list(advantage.index).index(country)
    present = (advantage.to_numpy() >= 1.0).astype(float)
    near = density(present)
    sold = exports[exports["country"] == country].groupby("product")["value"].sum()
    goods = pd.DataFrame(
        {
            "code": advantage.columns,
            "weight": exports.groupby("product")["value"].sum().reindex(advantage.columns).to_numpy(),
            "value_usd_m": sold.reindex(advantage.columns).fillna(0.0).to_numpy(),
            "rca": advantage.to_numpy()[own],
            "density": near[own],
            "density_held_out": density_held_out(present, own),
            "rank": 1.0 + (near > near[own]).sum(axis=0),
            "pci": complexity(present)[1],
        }
    )
    codes = tables.codes[tables.codes["nomenclature"] == "HS6"][["component", "code", "match"]]
    rows = codes.merge(goods, on="code")
    exact = rows["match"] == "exact"
    rows = rows[exact | ~exact.groupby(rows["component"]).transform("any")]
    measures = ["rca", "density", "density_held_out", "rank", "pci"]
    grouped = rows.groupby("component")
    out = grouped.agg(codes=("code", "size"), match=("match", "first"), value_usd_m=("value_usd_m", "sum"))
    for name in measures:
        weight = rows["weight"].where(rows[name].notna(), 0.0)
        total = weight.groupby(rows["component"]).sum()
        out[name] = (rows[name].fillna(0.0) * weight).groupby(rows["component"]).sum() / total.where(total > 0)
    out["present"] = (out["rca"] >= 1.0).astype("boolean")
    held_out = out["density_held_out"]
    out["percentile"] = held_out.rank(method="max") / held_out.notna().sum()
    out["status"] = out["match"].map({"exact": "computed", "group": "inherited"})
    importers = tables.trade.loc[tables.trade["nomenclature"] == "HS6", "importer"].unique()
    out = out.reindex(pd.Index(tables.components["id"], name="component")).reset_index()
    out["codes"] = out["codes"].fillna(0).astype(int)
    out = out.assign(country=country, seen_by=" ".join(sorted(importers)))
    first = ["country", "component", "codes", "value_usd_m", "rca", "present"]
    last = ["density", "density_held_out", "rank", "percentile", "pci", "status", "seen_by"]
    out = out[[*first, *last]]
    return out.sort_values(["density_held_out", "component"], ascending=[False, True], ignore_index=True)
