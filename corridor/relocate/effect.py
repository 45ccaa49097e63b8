"""What a set of starts does: losses inside windows, shares of origins afterwards, limits used."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.measures.network import Floats
from corridor.measures.sourcing import WORLD
from corridor.relocate.formulate import count_open, start_table
from corridor.relocate.plan import PLAN_SOURCE
from corridor.relocate.problem import HOME, Problem
from corridor.relocate.program import Program
from corridor.relocate.recourse import add_window
from corridor.relocate.solve import Solver, solve


def losses(problem: Problem, chosen: pd.DataFrame) -> pd.DataFrame:
    """Value of final need unmet inside each window, with the plants of `chosen` and best use of what there is.

    The starts are held, and the recourse of every window is solved again as a linear program.

    Parameters
    ----------
    problem
        Arrays of the study.
    chosen
        ``tech, year`` of each plant; may be empty.

    Returns
    -------
    pandas.DataFrame
        ``scenario, market, component, loss_usd_m``, only where there is a loss.
    """
    program = Program()
    starts = start_table(problem)
    count = chosen.groupby(["tech", "year"]).size().rename("count").reset_index()
    taken = (
        starts[["tech", "year"]].merge(count, on=["tech", "year"], how="left")["count"].fillna(0.0).to_numpy(float)
    )
    starts["column"] = program.add_columns("start", starts[["tech", "year"]], low=taken, high=taken)
    opened = count_open(program, problem, starts)
    for window in range(len(problem.windows.names)):
        add_window(program, problem, opened, window)
    solution = solve(program, gap=0.0, time_limit_s=600.0, solver=Solver.HIGHS)
    ratio = pd.Series(problem.loss_ratio, index=problem.tables.components["id"])
    frames = []
    for name in problem.windows.names:
        for market in problem.study.markets:
            block = f"short {market} {name}"
            index = program.columns[block][1]
            value = program.block(block, solution.values) * ratio[index["component"]].to_numpy()
            frames.append(index.assign(scenario=name, market=market, loss_usd_m=value))
    out = pd.concat(frames, ignore_index=True)
    return out[out["loss_usd_m"] > 1e-7][["scenario", "market", "component", "loss_usd_m"]].reset_index(drop=True)


def expected(problem: Problem, loss: pd.DataFrame) -> float:
    """Expected loss of the goal, US$ M: weighted by probability and market, discounted to the first year."""
    windows = problem.windows
    weight = pd.Series(windows.probability * problem.discount[windows.year], index=windows.names)
    market = pd.Series(dict(problem.study.markets))
    value = (
        loss["loss_usd_m"] * loss["scenario"].map(weight).astype(float) * loss["market"].map(market).astype(float)
    )
    return float(value.sum())


def made(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Yearly output of the chosen plants in the study's last year, US$ M per component."""
    out = np.zeros(len(problem.loss_ratio))
    at = problem.plants["at"].to_numpy(int)[chosen["tech"].to_numpy(int)]
    np.add.at(out, at, output_last_year(problem, chosen))
    return out


def output_last_year(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Output of each chosen plant in the study's last year, US$ M; one in its first year makes its ramp's part."""
    plants = problem.plants.iloc[chosen["tech"]]
    first = chosen["year"].to_numpy() + plants["lead"].to_numpy()
    counted = np.where(first == len(problem.study.years) - 1, plants["ramp"].to_numpy(float), 1.0)
    return plants["made"].to_numpy(float) * counted


def chosen_plants(problem: Problem, starts: Floats, places: Floats) -> pd.DataFrame:
    """Plants from the values of start and place: one row per plant.

    Of several plants of one technology the first goes to the cheapest of its sites.

    Returns
    -------
    pandas.DataFrame
        ``tech, year, option`` (row of options), ``capex_net, running, cost`` (surcharge of the site included).
    """
    table = start_table(problem)
    table = table.loc[table.index.repeat(np.rint(starts).astype(int))].sort_values(["tech", "year"])
    table["order"] = table.groupby("tech").cumcount()
    sites = problem.options[np.rint(places) > 0].sort_values(["tech", "surcharge", "site"])
    sites = sites.assign(order=sites.groupby("tech").cumcount()).reset_index(names="option")
    out = table.merge(sites[["tech", "order", "option", "surcharge"]], on=["tech", "order"], how="left")
    out["cost"] += out["surcharge"]
    return out[["tech", "year", "option", "capex_net", "running", "cost"]]


def sourcing_after(problem: Problem, chosen: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of origins once the chosen plants run, in the study's last year.

    What new plants make goes to India's own need first, then to other markets; it replaces deliveries of the
    target first, those of others only when none is left. New plants' inputs raise India's need, and what India's
    existing makers do not cover of it is bought from the origins that India buys from today.

    Returns
    -------
    tuple
        Rows for the table ``sourcing`` of every market and component touched, and
        ``component, market, replaced_usd_m``: yearly deliveries of the target that are replaced.
    """
    study, network = problem.study, problem.network
    last = len(study.years) - 1
    new = made(problem, chosen)
    need = problem.needs[last] + problem.content @ new
    shipped = sum((problem.shipped[market][last] for market in problem.abroad), np.zeros(len(new)))
    home_old = np.maximum(problem.existing[last] - shipped, 0.0)
    at_home = np.minimum(new, np.maximum(need - home_old, 0.0))
    abroad = new - at_home
    touched = np.flatnonzero((new > 1e-9) | (need > problem.needs[last] * (1 + 1e-12) + 1e-12))
    rows, replaced = [], []
    share = network.shares_of(HOME)
    volume = np.zeros_like(share)
    volume[touched] = share[touched] * problem.needs[last][touched, None]
    extra = need - problem.needs[last]
    home = network.origins.get_loc(HOME)
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
    rows.append(_rows(problem, HOME, touched, volume))
    replaced.append(pd.DataFrame({"at": touched, "market": HOME, "replaced_usd_m": gone[touched]}))
    room = {
        market: study.us_access * problem.demand[market][last] * problem.imports_from_target[market]
        for market in problem.abroad
    }
    all_room = sum(room.values(), np.zeros(len(new)))
    for market in problem.abroad:
        part = abroad * np.divide(room[market], all_room, out=np.zeros_like(all_room), where=all_room > 0)
        hit = np.flatnonzero(part > 1e-9)
        if not len(hit):
            continue
        volume = network.shares_of(market) * problem.demand[market][last][:, None]
        volume, gone = _replace(problem, volume, part)
        volume[hit, home] += part[hit]
        rows.append(_rows(problem, market, hit, volume))
        replaced.append(pd.DataFrame({"at": hit, "market": market, "replaced_usd_m": gone[hit]}))
    out = pd.concat(replaced, ignore_index=True)
    out["component"] = problem.tables.components["id"].to_numpy()[out["at"]]
    return pd.concat(rows, ignore_index=True), out[["component", "market", "replaced_usd_m"]]


def _replace(problem: Problem, volume: Floats, amount: Floats) -> tuple[Floats, Floats]:
    """Take `amount` (components,) out of deliveries, the target's first; gives the rest, and the target's loss."""
    origins = problem.network.origins
    target = origins.isin(list(problem.study.target))
    home = origins == HOME
    left = volume.copy()
    gone_target = np.zeros(len(amount))
    todo = amount.copy()
    for group in (target, ~target & ~home):
        there = left[:, group].sum(axis=1)
        take = np.minimum(todo, there)
        keep = np.divide(there - take, there, out=np.ones_like(there), where=there > 0)
        left[:, group] *= keep[:, None]
        todo = todo - take
        if group is target:
            gone_target = take
    return left, gone_target


def _rows(problem: Problem, market: str, touched: np.ndarray, volume: Floats) -> pd.DataFrame:
    """Rows of ``sourcing`` for the touched components, shares of `volume` (components, origins)."""
    part = volume[touched]
    total = part.sum(axis=1, keepdims=True)
    share = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
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
