"""Effect of a decision's moves in calm years: output, shares of origins, deliveries of the target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.names import HOST
from corridor.measures import exposure, headline
from corridor.measures.supply.sourcing import WORLD
from corridor.relocation.model.goals import third_content
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.decision import Decision
from corridor.relocation.result.plan import PLAN_SOURCE, Plan


def made(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Yearly output of the chosen and kept plants in the study's last year, US$ M per component."""
    out = np.zeros(len(problem.loss_ratio))
    for plants in (chosen, problem.kept):
        component_index = problem.plants["component_index"].to_numpy(int)[plants["tech"].to_numpy(int)]
        np.add.at(out, component_index, output_last_year(problem, plants))
    return out


def output_last_year(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Output of each chosen plant in the study's last year, US$ M; times its ramp if that is its first year."""
    plants = problem.plants.iloc[chosen["tech"]]
    first = chosen["year"].to_numpy() + plants["lead"].to_numpy()
    counted = np.where(first == len(problem.study.years) - 1, plants["ramp"].to_numpy(float), 1.0)
    return plants["made"].to_numpy(float) * counted


def sourcing_after(problem: Problem, decision: Decision) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of origins in the study's last year, when the plants run and second sources deliver.

    Output of new plants goes to India's own need first, then to other markets; it replaces deliveries of the
    target first, those of others only when none is left. New plants' inputs raise India's need, and what India's
    existing makers do not cover of it is bought from the origins that India buys from today. A second source
    takes its least share of the need over from the target.

    Returns
    -------
    tuple
        Rows for the table ``sourcing`` of every market and component touched, and
        ``component, market, replaced_usd_m``: yearly deliveries of the target that are replaced.
    """
    study, network = problem.study, problem.network
    last = len(study.years) - 1
    new = made(problem, decision.chosen)
    need = problem.needs[last] + problem.content @ new
    shipped = sum((problem.shipped[market][last] for market in problem.abroad), np.zeros(len(new)))
    home_old = np.maximum(problem.existing[last] - shipped, 0.0)
    at_home = np.minimum(new, np.maximum(need - home_old, 0.0))
    abroad = new - at_home
    second = problem.second[decision.second & (problem.second["lead"] <= last).to_numpy()]
    changed = (new > 1e-9) | (need > problem.needs[last] * (1 + 1e-12) + 1e-12)
    changed[second["component_index"].to_numpy(int)] = True
    touched = np.flatnonzero(changed)
    rows, replaced = [], []
    share = network.shares_of(HOST)
    volume = np.zeros_like(share)
    volume[touched] = share[touched] * problem.needs[last][touched, None]
    extra = need - problem.needs[last]
    home = network.origins.get_loc(HOST)
    bought = share.copy()
    bought[:, home] = 0.0
    total = bought.sum(axis=1, keepdims=True)
    world = network.shares_of(WORLD)
    world[:, home] = 0.0
    mix = np.where(total > 1e-9, bought / np.where(total > 1e-9, total, 1.0), world)
    volume[touched] += (mix * extra[:, None])[touched]
    volume[touched, home] = home_old[touched]
    volume, gone = _replace(problem, volume, at_home)
    volume[touched, home] += at_home[touched]
    gone += _buy_elsewhere(problem, volume, second, need)
    rows.append(_rows(problem, HOST, touched, volume))
    replaced.append(pd.DataFrame({"component_index": touched, "market": HOST, "replaced_usd_m": gone[touched]}))
    room = {
        market: study.us_access * problem.demand[market][last] * problem.imports_from_target[market]
        for market in problem.abroad
    }
    all_room = sum(room.values(), np.zeros(len(new)))
    for market in problem.abroad:
        sold = abroad * np.divide(room[market], all_room, out=np.zeros_like(all_room), where=all_room > 0)
        hit = np.flatnonzero(sold > 1e-9)
        if not len(hit):
            continue
        volume = network.shares_of(market) * problem.demand[market][last][:, None]
        volume, gone = _replace(problem, volume, sold)
        volume[hit, home] += sold[hit]
        rows.append(_rows(problem, market, hit, volume))
        replaced.append(pd.DataFrame({"component_index": hit, "market": market, "replaced_usd_m": gone[hit]}))
    out = pd.concat(replaced, ignore_index=True)
    out["component"] = problem.tables.components["id"].to_numpy()[out["component_index"]]
    return pd.concat(rows, ignore_index=True), out[["component", "market", "replaced_usd_m"]]


def exposure_value(problem: Problem, decision: Decision) -> float:
    """Value from the target in what India needs in the last year, US$ M/yr: the goal ``exposure`` of goals.py."""
    last = len(problem.study.years) - 1
    new = made(problem, decision.chosen)
    share = problem.network.shares_of(HOST).copy()
    share[:, problem.network.origins.get_loc(HOST)] = 0.0
    total = share.sum(axis=1)
    target = problem.network.origins.isin(list(problem.study.target))
    from_them = np.divide(share[:, target].sum(axis=1), total, out=np.zeros_like(total), where=total > 1e-9)
    extra = problem.content @ new
    bought = problem.needs[last] * total
    second = problem.second[decision.second & (problem.second["lead"] <= last).to_numpy()]
    moved = np.zeros(len(new))
    component_index = second["component_index"].to_numpy(int)
    np.add.at(moved, component_index, second["least_share"].to_numpy(float) * problem.needs[last][component_index])
    from_target = np.maximum(from_them * (bought + extra) - new - moved, 0.0)
    every = np.maximum(bought + np.where(total > 1e-9, extra, 0.0) - new, 0.0)
    content = third_content(problem)
    return float(((1.0 - content) * from_target + content * np.maximum(every, from_target)).sum())


def measured_exposure(problem: Problem, decision: Decision) -> float:
    """Net exposure of all that India needs, weighted by value, measured on the tables after the plan's moves."""
    sourcing, _ = sourcing_after(problem, decision)
    none = pd.DataFrame()
    bare = Plan(problem.study.name, 0.0, {}, none, none, none, none, sourcing)
    rows = exposure(bare.apply(problem.tables), HOST, problem.study.target)
    totals = headline(problem.tables, rows)
    return float(totals.loc[totals["market"] == HOST, "net"].sum())


def _replace(problem: Problem, volume: Floats, amount: Floats) -> tuple[Floats, Floats]:
    """Take `amount` (components,) off deliveries, the target's first; return the rest, and the target's loss."""
    origins = problem.network.origins
    target = origins.isin(list(problem.study.target))
    home = origins == HOST
    left = volume.copy()
    gone_target = np.zeros(len(amount))
    todo = amount.copy()
    for group in (target, ~target & ~home):
        delivered = left[:, group].sum(axis=1)
        take = np.minimum(todo, delivered)
        keep = np.divide(delivered - take, delivered, out=np.ones_like(delivered), where=delivered > 0)
        left[:, group] *= keep[:, None]
        todo = todo - take
        if group is target:
            gone_target = take
    return left, gone_target


def _buy_elsewhere(problem: Problem, volume: Floats, second: pd.DataFrame, need: Floats) -> Floats:
    """Move the least share of each second source from the target to it, in place; returns the target's loss."""
    origins = problem.network.origins
    target = np.flatnonzero(origins.isin(list(problem.study.target)))
    gone = np.zeros(len(volume))
    for component_index, origin, share in zip(
        second["component_index"], second["origin"], second["least_share"], strict=True
    ):
        delivered = float(volume[component_index, target].sum())
        take = min(share * need[component_index], delivered)
        if take > 0.0 and origin in origins:
            volume[component_index, target] *= (delivered - take) / delivered
            volume[component_index, origins.get_loc(origin)] += take
            gone[component_index] += take
    return gone


def _rows(problem: Problem, market: str, touched: np.ndarray, volume: Floats) -> pd.DataFrame:
    """Rows of ``sourcing`` for the touched components, shares of `volume` (components, origins)."""
    volume = volume[touched]
    total = volume.sum(axis=1, keepdims=True)
    share = np.divide(volume, total, out=np.zeros_like(volume), where=total > 0)
    component, origin = np.nonzero(share > 1e-12)
    value = share[component, origin]
    return pd.DataFrame(
        {
            "market": market,
            "component": problem.tables.components["id"].to_numpy()[touched[component]],
            "origin": problem.network.origins.to_numpy()[origin],
            "share": value,
            "low": value,
            "high": value,
            "status": "computed",
            "source": PLAN_SOURCE,
            "year": problem.study.last_year,
        }
    )
