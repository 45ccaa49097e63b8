"""Criticality of raw materials: net import reliance, the EU's supply risk and economic importance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.data.guards.figures import plausible, shown
from corridor.data.names import EU_MEMBERS, STATUSES
from corridor.data.tables import Tables
from corridor.errors import DataError, Fault
from corridor.measures.supply.bill import status_rank
from corridor.measures.supply.flows import world_flows
from corridor.measures.supply.sourcing import shares

#: Criticality thresholds of the EU's list (Study on the critical raw materials for the EU 2023).
CRITICAL_SUPPLY_RISK = 1.0
CRITICAL_IMPORTANCE = 2.8
_WEAKEST, _STRONGEST = -2.5, 2.5  # of the Worldwide Governance Indicators
_BALANCE = ("imports", "exports", "production")
_UNKNOWN = frozenset({"", "na", "n.a.", "nan", "--", "xx"})


def parse_bound(text: str | float, *, least: float = -math.inf, most: float = 100.0) -> tuple[float, float]:
    """Interval of a published figure, which may be a bound such as ``>95``.

    ========  ================================  =================
    text      meaning (USGS)                    interval
    ========  ================================  =================
    85        the figure                        (85, 85)
    >95       more than                         (95, most)
    <50       less than, and not below 0        (0, 50)
    E         net exporter                      (least, 0)
    W         withheld: there is a figure       (least, most)
    NA        not available                     (NaN, NaN)
    ========  ================================  =================

    Parameters
    ----------
    text
        A number or a text; thousands may be separated by commas, a percent sign may follow, a dash is 0.
    least, most
        Range of the quantity: minus infinity and 100 (percent) for net import reliance, 0 and infinity for a
        tonnage.

    Returns
    -------
    (float, float)
        Low and high end, in the unit of the text.

    Raises
    ------
    DataError
        If the text is none of these.
    """
    words = shown(text) if isinstance(text, int) else str(text)
    plain = "" if pd.isna(text) else words.strip().rstrip("%").replace(",", "").strip()
    if plain.lower() in _UNKNOWN:
        return math.nan, math.nan
    if plain in ("E", "e"):
        return least, 0.0
    if plain in ("W", "w"):
        return least, most
    if plain in ("-", "–", "—"):
        return 0.0, 0.0
    try:
        number = float(plain.lstrip("<>≤≥").strip())
    except ValueError:
        number = math.nan
    if not plausible(number):
        wanted = "a number, a bound such as >95 or <50, or one of E, W, NA"
        raise DataError([Fault("figures", "", "", shown(text), wanted, "write it as one of these")])
    if plain[0] in ">≥":
        return number, max(most, number)
    return (0.0, number) if plain[0] in "<≤" else (number, number)


def parse_bounds(texts: pd.Series, *, least: float = -math.inf, most: float = 100.0) -> pd.DataFrame:
    """:func:`parse_bound` of each text: ``low`` and ``high``, by the index of `texts`.

    Raises
    ------
    DataError
        Listing every text that cannot be read.
    """
    problems, pairs = [], []
    for row, text in texts.items():
        try:
            pairs.append(parse_bound(text, least=least, most=most))
        except DataError as error:
            fault = error.faults[0]
            column = str(texts.name or "")
            problems.append(Fault(fault.table, str(row), column, fault.found, fault.wanted, fault.fix))
    if problems:
        raise DataError(problems)
    return pd.DataFrame(pairs, columns=["low", "high"], index=texts.index, dtype=float)


def format_bound(low: float, high: float, *, most: float = 100.0) -> str:
    """Text of an interval as publishers write it: the inverse of :func:`parse_bound`, in integers.

    ``85`` if both ends are the same, ``>95`` if the high end is `most`, ``<50`` if the low end is 0, ``E`` if it
    is not above 0 and has no low end, ``NA`` if nothing is known, otherwise ``40-60``.
    """
    if math.isnan(low) or math.isnan(high):
        return "NA"
    if low == -math.inf and high <= 0:
        return "E"
    first, last = f"{low:.0f}", f"{high:.0f}"
    if first == last:
        return first
    if high >= most:
        return f">{first}"
    return f"<{last}" if first in ("0", "-0", "-inf") else f"{first}-{last}"


def net_import_reliance(balance: pd.DataFrame) -> pd.DataFrame:
    """Net import reliance, percent of apparent consumption, as an interval.

    ``NIR = 100 (M - X + S) / (P + P2 + M - X + S)`` with M imports, X exports, P primary and P2 secondary
    production, S what is drawn from stocks (USGS, Mineral Commodity Summaries, appendix B). It grows with
    ``M - X + S`` and moves towards 0 as P + P2 grows, so the ends of its range follow from the ends of theirs.

    Parameters
    ----------
    balance
        Columns ``imports``, ``exports``, ``production``, optionally ``secondary`` and ``stock_draw`` (0 if
        absent), all in one unit (t/year): numbers, or texts as :func:`parse_bound` reads them.

    Returns
    -------
    pandas.DataFrame
        By the index of `balance`: ``low``, ``high`` (equal if all figures are exact; negative for a net
        exporter) and ``net_exporter`` (blank if the range has both signs). Blank if a figure is unknown or
        nothing is consumed.

    Raises
    ------
    DataError
        If a column is missing or a text cannot be read.
    """
    missing = [name for name in _BALANCE if name not in balance.columns]
    if missing:
        raise DataError(
            [Fault("balance", "", name, "no such column", f"a column {name}", f"add {name}") for name in missing]
        )

    def ends(name: str, least: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        if name not in balance.columns:
            return np.zeros(len(balance)), np.zeros(len(balance))
        pair = parse_bounds(balance[name], least=least, most=math.inf)
        return pair["low"].to_numpy(), pair["high"].to_numpy()

    (m_low, m_high), (x_low, x_high) = ends("imports"), ends("exports")
    (p_low, p_high), (q_low, q_high) = ends("production"), ends("secondary")
    s_low, s_high = ends("stock_draw", least=-math.inf)
    net_low, net_high = m_low - x_high + s_low, m_high - x_low + s_high
    made_low, made_high = p_low + q_low, p_high + q_high
    low = _reliance(net_low, np.where(net_low >= 0, made_high, made_low))
    high = _reliance(net_high, np.where(net_high >= 0, made_low, made_high))
    consumed = made_high + net_high > 0
    # If consumption in the range can be 0, the ratio has a limit there: 100 with nothing made, otherwise none.
    low = np.where(np.isnan(low), np.where(net_low >= 0, 100.0, -np.inf), low)
    known = consumed & ~np.isnan(net_low) & ~np.isnan(made_low)
    ends_of = {"low": np.where(known, low, np.nan), "high": np.where(known, np.nan_to_num(high), np.nan)}
    out = pd.DataFrame(ends_of, index=balance.index)
    out["net_exporter"] = (out["high"] < 0).astype("boolean").where((out["high"] < 0) | (out["low"] >= 0))
    return out


def _reliance(net: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Net imports in percent of consumption; blank if nothing is consumed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(np.isposinf(net), 100.0, 100.0 * net / (made + net))
    return np.where(made + net > 0, percent, np.nan)


def governance_risk(index: pd.Series) -> pd.Series:
    """Governance risk 0..10 (10 worst), linear in the Worldwide Governance Indicators -2.5 (weak) to 2.5."""
    return (_STRONGEST - index.clip(_WEAKEST, _STRONGEST)) * 10.0 / (_STRONGEST - _WEAKEST)


def weighted_hhi(
    flows: pd.DataFrame, risk: pd.Series, *, trade: pd.Series | None = None, by: Sequence[str] = ("product",)
) -> pd.DataFrame:
    """Herfindahl index weighted with governance and trade: ``sum_c S[c]^2 WGI[c] t[c]``, 0..10 without t.

    Blengini et al. (2017), Assessment of the methodology for establishing the EU list of critical raw materials,
    doi:10.2760/73303.

    Parameters
    ----------
    flows
        `by`, ``origin``, ``value``; each origin once per supply.
    risk
        Governance risk 0..10 by origin, as :func:`governance_risk` gives it.
    trade
        Trade parameter t by origin or by (product, origin); 1 if left out. The EU uses 0.8 for members and
        partners of free trade agreements, 1.1 and more for export taxes and quotas, up to 1.5 for bans.
    by
        Columns that identify a supply.

    Returns
    -------
    pandas.DataFrame
        `by`, ``value`` and ``unrated``: share of the supply from origins without a risk figure, which add nothing.
    """
    by = list(by)
    rows = flows[[*by, "origin", "value"]].copy()
    rows["share"] = rows["value"] / rows.groupby(by, observed=True)["value"].transform("sum")
    rows["risk"] = rows["origin"].map(risk).astype(float)
    t = pd.Series(1.0, index=rows.index)
    if trade is not None:
        names = [name or "origin" for name in trade.index.names]
        t = rows[names].merge(trade.rename("t").rename_axis(names).reset_index(), on=names, how="left")["t"]
        t = t.fillna(1.0).set_axis(rows.index)
    rows["weighted"] = (rows["share"] ** 2 * rows["risk"] * t).fillna(0.0)
    rows["unrated"] = rows["share"].where(rows["risk"].isna(), 0.0)
    sums = rows.groupby(by, as_index=False, observed=True)[["weighted", "unrated"]].sum()
    return sums.rename(columns={"weighted": "value"})


def import_reliance(imports: pd.Series, exports: pd.Series, production: pd.Series) -> pd.Series:
    """The EU's import reliance ``(M - X) / (P + M - X)``, clipped to 0..1; all in one unit."""
    used = production + imports - exports
    return ((imports - exports) / used.where(used > 0)).clip(0.0, 1.0)


def supply_risk(stages: pd.DataFrame) -> pd.DataFrame:
    """The EU's supply risk of a material at a stage (Blengini et al. 2017, doi:10.2760/73303).

    ``SR = (GS IR / 2 + EU (1 - IR / 2)) (1 - EoL_RIR) SI_SR``: GS and EU the :func:`weighted_hhi` of world supply
    and of the region's own sourcing, IR import reliance, EoL_RIR the share of the need met by recycling
    end-of-life goods, SI_SR the substitution index. If one of GS and EU is unknown, the other is used alone; if
    IR is unknown, GS is.

    Parameters
    ----------
    stages
        Columns ``global_risk`` and ``sourcing_risk`` (0..10, one may be blank), ``import_reliance`` (0..1),
        optionally ``recycling`` (0..1, 0 if absent) and ``substitution`` (0..1, 1 if absent). Of several
        stages of a material (extraction, processing) the one with the greatest risk counts.

    Returns
    -------
    pandas.DataFrame
        `stages` with ``supply_risk`` and ``basis``: ``GS+EU``, ``GS only`` or ``EU only``, as the EU words it.
    """
    world, own = stages["global_risk"].astype(float), stages["sourcing_risk"].astype(float)
    half = stages["import_reliance"].astype(float).clip(0.0, 1.0) / 2.0
    mixed = world * half + own * (1.0 - half)
    risk = mixed.fillna(world).fillna(own)
    kind = np.select([mixed.notna(), world.notna(), own.notna()], ["GS+EU", "GS only", "EU only"], "")
    recycled = stages.get("recycling", pd.Series(0.0, index=stages.index)).astype(float).fillna(0.0)
    replaced = stages.get("substitution", pd.Series(1.0, index=stages.index)).astype(float).fillna(1.0)
    basis = pd.Series(kind, index=stages.index, dtype="str").where(risk.notna())
    return stages.assign(supply_risk=risk * (1.0 - recycled) * replaced, basis=basis)


def substitution_indices(substitutes: pd.DataFrame) -> pd.DataFrame:
    """Substitution indices of materials (Blengini et al. 2017, doi:10.2760/73303).

    ``SI_EI = sum SCP u a`` and ``SI_SR = sum (SP SCr SCo)^(1/3) u a`` over the applications (share a of the
    material's use) and the substitutes in each (sub-share u; what is not substituted is a row with scores 1).

    Parameters
    ----------
    substitutes
        ``product``, ``share``, ``sub_share`` (0..1, their products sum to 1 per material), and the scores
        ``cost_performance``, ``production``, ``criticality``, ``co_production`` (0..1).

    Returns
    -------
    pandas.DataFrame
        ``product``, ``si_ei``, ``si_sr``; 1 means no substitute.
    """
    weight = substitutes["share"] * substitutes["sub_share"]
    scores = ["production", "criticality", "co_production"]
    rows = substitutes[["product"]].assign(
        si_ei=substitutes["cost_performance"] * weight, si_sr=np.cbrt(substitutes[scores].prod(axis=1)) * weight
    )
    return rows.groupby("product", as_index=False)[["si_ei", "si_sr"]].sum()


def economic_importance(uses: pd.DataFrame, *, substitution: pd.Series | None = None) -> pd.DataFrame:
    """The EU's economic importance ``EI = SI_EI sum_s A[s] Q[s]``, scaled so that the largest Q is 10.

    Parameters
    ----------
    uses
        ``product``, ``sector``, ``share`` (A: share of the material's use, 0..1) and ``value_added`` (Q: of the
        NACE two-digit sector, any one unit).
    substitution
        SI_EI by product, 0..1; 1 if left out.

    Returns
    -------
    pandas.DataFrame
        ``product``, ``economic_importance``, 0..10.
    """
    scaled = uses["share"] * uses["value_added"] * (10.0 / uses["value_added"].max())
    out = uses.assign(economic_importance=scaled).groupby("product", as_index=False)[["economic_importance"]].sum()
    if substitution is not None:
        out["economic_importance"] *= out["product"].map(substitution).astype(float).fillna(1.0)
    return out


def critical(supply_risk: pd.Series, economic_importance: pd.Series) -> pd.Series:
    """Critical by the EU's thresholds: supply risk >= 1.0 and economic importance >= 2.8."""
    return (supply_risk >= CRITICAL_SUPPLY_RISK) & (economic_importance >= CRITICAL_IMPORTANCE)


def country_risk(tables: Tables) -> pd.Series:
    """Governance risk by country, 10 worst; for the European Union as one partner the mean of its members."""
    index = tables.countries.set_index("iso3")["governance"].astype(float)
    members = index.reindex(sorted(EU_MEMBERS)).mean()
    return governance_risk(index.fillna({"EUU": members})).dropna()


def mineral_risk(
    tables: Tables,
    market: str = "IND",
    *,
    sectors: Sequence[str] = ("minerals", "magnets"),
    home_risk: float = 0.0,
) -> pd.DataFrame:
    """The EU's supply risk for a market, of the mined and refined components of the tables.

    Global supply is world production; sourcing is where the market gets the component (:func:`shares`: home
    production, then trade or world production, by evidence), import reliance 1 less the home share. No trade
    parameter, recycling or substitution: they change the EU's figure a little (1 - EoL_RIR and SI_SR are
    mostly above 0.7), so compare ranks, not values.

    Parameters
    ----------
    tables
        Needs ``components``, ``countries``, ``supply``, ``trade``, ``codes`` and ``sourcing``.
    market
        Country that takes the EU's place in the formula.
    sectors
        Sectors of the components in the result.
    home_risk
        Governance risk of the market to itself, 0..10. The EU counts its members with their own figure and a
        trade parameter of 0.8; a single country that supplies itself would then look as risky as one that buys
        all from one neighbour, so by default home supply counts in the total and adds no risk.

    Returns
    -------
    pandas.DataFrame
        One row per component, highest risk first: ``market, component, stage, global_risk, sourcing_risk,
        import_reliance, supply_risk, basis`` (EU: the market's own sourcing), ``unrated`` (share of world
        supply without a governance figure), and the weakest status of the figures: ``status`` for world supply,
        ``sourcing_status`` for sourcing.
    """
    wanted = tables.components["sector"].isin(list(sectors)) & tables.components["stage"].isin(
        ["mined", "refined"]
    )
    out = tables.components.loc[wanted, ["id", "stage"]].rename(columns={"id": "product"})
    risk = country_risk(tables)
    at_home = pd.Series({**risk, market: home_risk})
    world = world_flows(tables)
    own = shares(tables, market).rename(columns={"component": "product", "share": "value"})
    home = own[own["origin"] == market].groupby("product")["value"].sum()
    globally = weighted_hhi(world, risk).rename(columns={"value": "global_risk"})
    sourced = weighted_hhi(own, at_home)[["product", "value"]].rename(columns={"value": "sourcing_risk"})
    for frame in (globally, _worst(world, "status"), sourced, _worst(own, "sourcing_status")):
        out = out.merge(frame, on="product", how="left")
    out["import_reliance"] = 1.0 - out["product"].map(home).astype(float).fillna(0.0)
    out = supply_risk(out).assign(market=market).rename(columns={"product": "component"})
    columns = ["market", "component", "stage", "global_risk", "sourcing_risk", "import_reliance", "supply_risk"]
    out = out[[*columns, "basis", "unrated", "status", "sourcing_status"]]
    return out.sort_values(["supply_risk", "component"], ascending=[False, True], ignore_index=True)


def _worst(flows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The weakest status among a product's flows."""
    ranked = flows.assign(rank=status_rank(flows["status"]))
    worst = ranked.groupby("product", as_index=False).agg(rank=("rank", "max"))
    worst[name] = worst["rank"].map(dict(enumerate(STATUSES)))
    return worst[["product", name]]
