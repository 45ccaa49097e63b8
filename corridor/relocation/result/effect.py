"""Effect of a decision's moves in calm years: output, shares of origins, deliveries of the target."""

from __future__ import annotations

from collections.abc import Sequence

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

#: Names of plants in the column ``supplier`` of what :func:`sourcing_after` takes off deliveries.
PLANTS, KEPT_PLANTS = "plants", "kept plants"


def output_of(problem: Problem, plants: pd.DataFrame) -> Floats:
    """Yearly output of plants (``tech, year`` of start) in the study's last year, US$ M, shape (components,)."""
    component_index = problem.plants["component_index"].to_numpy(int)[plants["tech"].to_numpy(int)]
    output = output_last_year(problem, plants)
    return np.bincount(component_index, weights=output, minlength=len(problem.loss_ratio)).astype(float)


def made(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Yearly output of the chosen and kept plants in the study's last year, US$ M, shape (components,)."""
    return output_of(problem, chosen) + output_of(problem, problem.kept)


def output_last_year(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Output of each plant in the study's last year, US$ M, shape (plants,).

    Times its ramp if that is its first year of output, and 0 if it delivers only later.
    """
    plants = problem.plants.iloc[chosen["tech"].to_numpy(int)]
    first = chosen["year"].to_numpy() + plants["lead"].to_numpy()
    last = len(problem.study.years) - 1
    counted = np.where(first == last, plants["ramp"].to_numpy(float), np.where(first < last, 1.0, 0.0))
    return plants["made"].to_numpy(float) * counted


def sourcing_after(problem: Problem, decision: Decision) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of origins in the study's last year, when the plants run and second sources deliver.

    New plants' inputs raise India's need, and what India's existing makers do not cover of it is bought from the
    origins that India buys from today. Of that raised need, output of new plants goes to India first, then to
    other markets. In each market it replaces deliveries of the target first, those of others only when none is
    left: with T of the target's deliveries, output x replaces min(x, T) of them. Kept plants come before the
    plants of the plan, so these replace what is left; second sources come last. Each takes over from the target
    its least share of India's need without a plan (the amount that its premium is paid on); if less is left, what
    is left is divided in proportion to what each would take.

    Returns
    -------
    tuple
        Rows for the table ``sourcing`` of every market and component touched, and a row per market, component and
        supplier: ``component, market, supplier`` (:data:`PLANTS`, :data:`KEPT_PLANTS` or the origin of a second
        source), ``replaces_target_usd_m, replaces_others_usd_m``: yearly deliveries of the target, and of other
        origins abroad, that the supplier replaces. So, for each market and component, the target's deliveries at
        the raised need, less those after the plan, are the sum of ``replaces_target_usd_m``.
    """
    kept, chosen = output_of(problem, problem.kept), output_of(problem, decision.chosen)
    second = second_that_deliver(problem, decision)
    extra = problem.content @ (kept + chosen)
    need = problem.needs[-1] + extra
    home_old = np.maximum(problem.existing[-1] - problem.sent[-1], 0.0)
    room = np.maximum(need - home_old, 0.0)
    at_home = {KEPT_PLANTS: np.minimum(kept, room)}
    at_home[PLANTS] = np.minimum(chosen, room - at_home[KEPT_PLANTS])
    abroad = {KEPT_PLANTS: kept - at_home[KEPT_PLANTS], PLANTS: chosen - at_home[PLANTS]}

    changed = (kept + chosen > 1e-9) | (extra > problem.needs[-1] * 1e-12 + 1e-12)
    changed[second["component_index"].to_numpy(int)] = True
    # A second source may be a country that nobody buys from today.
    names = problem.network.origins
    added = sorted(set(second["origin"]) - set(names))
    market = _Deliveries(problem, HOST, names.append(pd.Index(added)) if added else names)
    market.fill(problem.network.shares_of(HOST), problem.needs[-1])
    market.fill(_bought_by_new_makers(problem), extra)
    market.volume[:, market.home] = home_old
    for supplier, amount in at_home.items():
        market.sell(supplier, amount)
    market.buy_elsewhere(second, problem.needs[-1])
    rows, replaced = [market.rows(np.flatnonzero(changed))], market.replaced
    can_take = {
        name: problem.access[name] * problem.purchases[name][-1] * problem.imports_from_target[name]
        for name in problem.abroad
    }
    together = sum(can_take.values(), np.zeros(len(need)))
    for name in problem.abroad:
        fraction = np.divide(can_take[name], together, out=np.zeros_like(need), where=together > 0)
        hit = np.flatnonzero(sum(abroad.values(), np.zeros(len(need))) * fraction > 1e-9)
        if not len(hit):
            continue
        market = _Deliveries(problem, name, names)
        market.fill(problem.network.shares_of(name), problem.purchases[name][-1])
        for supplier, amount in abroad.items():
            market.sell(supplier, amount * fraction)
        rows.append(market.rows(hit))
        replaced += market.replaced
    return pd.concat(rows, ignore_index=True), pd.concat(replaced, ignore_index=True)


def second_that_deliver(problem: Problem, decision: Decision) -> pd.DataFrame:
    """Rows of ``problem.second`` that a decision qualifies and that deliver by the study's last year."""
    last = len(problem.study.years) - 1
    return problem.second[decision.second & (problem.second["lead"] <= last).to_numpy()]


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
    second = second_that_deliver(problem, decision)
    moved = np.zeros(len(new))
    component_index = second["component_index"].to_numpy(int)
    np.add.at(moved, component_index, second["least_share"].to_numpy(float) * problem.needs[last][component_index])
    from_target = np.maximum(from_them * (bought + extra) - new - moved, 0.0)
    every = np.maximum(bought + np.where(total > 1e-9, extra, 0.0) - new, 0.0)
    content = third_content(problem)
    return float(((1.0 - content) * from_target + content * np.maximum(every, from_target)).sum())


def measured_exposure(problem: Problem, decision: Decision) -> float:
    """Net exposure of all that India needs, weighted by value, measured on the tables after the plan's moves."""
    rows = exposure_after(problem, sourcing_after(problem, decision)[0], [HOST])
    totals = headline(problem.tables, rows)
    return float(totals.loc[totals["market"] == HOST, "net"].sum())


def exposure_after(problem: Problem, sourcing: pd.DataFrame, markets: Sequence[str]) -> pd.DataFrame:
    """:func:`~corridor.measures.exposure` of markets on the tables with a plan's rows of ``sourcing``."""
    none = pd.DataFrame()
    bare = Plan(problem.study.name, 0.0, {}, none, none, none, none, sourcing)
    return exposure(bare.apply(problem.tables), list(markets), problem.study.target)


def _bought_by_new_makers(problem: Problem) -> Floats:
    """Shares of origins in what India buys abroad, or in the output abroad of what it does not buy at all.

    Shape (components, origins); each row sums to 1, or to 0 if nobody else makes the component.
    """
    home = problem.network.origins.get_loc(HOST)
    bought, world = problem.network.shares_of(HOST), problem.network.shares_of(WORLD)
    bought[:, home] = world[:, home] = 0.0
    share = np.where(bought.sum(axis=1, keepdims=True) > 1e-9, bought, world)
    total = share.sum(axis=1, keepdims=True)
    abroad: Floats = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    return abroad


class _Deliveries:
    """Yearly deliveries to one market in the study's last year, US$ M, and what new supply replaces of them.

    ``volume`` has the shape (components, origins).
    """

    def __init__(self, problem: Problem, market: str, origins: pd.Index) -> None:
        self.problem, self.market, self.origins = problem, market, origins
        self.ids = problem.tables.components["id"].to_numpy()
        self.volume = np.zeros((len(self.ids), len(origins)))
        self.home = origins.get_loc(HOST)
        self.target = origins.isin(list(problem.study.target))
        self.others = ~self.target & ~(origins == HOST)
        self.replaced: list[pd.DataFrame] = []

    def fill(self, share: Floats, amount: Floats) -> None:
        """Add an amount (components,) that is bought by shares of origins (components, today's origins)."""
        self.volume[:, : share.shape[1]] += share * amount[:, None]

    def sell(self, supplier: str, amount: Floats) -> None:
        """Let output of plants in India, shape (components,), replace the target's deliveries, then others'."""
        from_target = self._take(self.target, amount)
        from_others = self._take(self.others, amount - from_target)
        self.volume[:, self.home] += amount
        self._note(np.arange(len(amount)), supplier, from_target, from_others)

    def buy_elsewhere(self, second: pd.DataFrame, need: Floats) -> None:
        """Let second sources take their least share of a need (components,) over from the target."""
        which = second["component_index"].to_numpy(int)
        wanted = second["least_share"].to_numpy(float) * need[which]
        together = np.bincount(which, weights=wanted, minlength=len(need)).astype(float)
        taken = self._take(self.target, together)
        share = np.divide(taken, together, out=np.zeros_like(taken), where=together > 0)
        np.add.at(
            self.volume, (which, self.origins.get_indexer(pd.Index(second["origin"]))), wanted * share[which]
        )
        self._note(which, second["origin"].to_numpy(), wanted * share[which], np.zeros(len(which)))

    def _take(self, group: np.ndarray, amount: Floats) -> Floats:
        """Take an amount off the deliveries of some origins, in proportion; returns what they had of it."""
        delivered = self.volume[:, group].sum(axis=1)
        gone: Floats = np.minimum(amount, delivered)
        keep = np.divide(delivered - gone, delivered, out=np.ones_like(delivered), where=delivered > 0)
        self.volume[:, group] *= keep[:, None]
        return gone

    def _note(self, which: np.ndarray, supplier: str | np.ndarray, target: Floats, others: Floats) -> None:
        rows = pd.DataFrame(
            {
                "component": self.ids[which],
                "market": self.market,
                "supplier": supplier,
                "replaces_target_usd_m": target,
                "replaces_others_usd_m": others,
            }
        )
        self.replaced.append(rows[target + others > 0.0])

    def rows(self, touched: np.ndarray) -> pd.DataFrame:
        """Rows of ``sourcing`` for the touched components (indices)."""
        volume = self.volume[touched]
        total = volume.sum(axis=1, keepdims=True)
        share = np.divide(volume, total, out=np.zeros_like(volume), where=total > 0)
        component, origin = np.nonzero(share > 1e-12)
        value = share[component, origin]
        return pd.DataFrame(
            {
                "market": self.market,
                "component": self.ids[touched[component]],
                "origin": self.origins.to_numpy()[origin],
                "share": value,
                "low": value,
                "high": value,
                "status": "computed",
                "source": PLAN_SOURCE,
                "year": self.problem.study.last_year,
            }
        )
