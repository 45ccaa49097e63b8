"""Denials spread month by month, with stocks, spare capacity, substitution and a plan's moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.measures import deliveries
from corridor.relocation import Plan, build_problem
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.windows import withheld
from corridor.relocation.result.decision import link_values, nothing
from corridor.risk.shocks.months import Arrivals, Buffers, Course, Lines, Month, Need

#: Windows computed at once.
_BLOCK = 25
_COLUMNS = [
    "scenario", "month", "market", "component", "unmet_usd_m", "loss_usd_m", "filled", "stock_usd_m",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Spread:
    """Denials month by month.

    Attributes
    ----------
    months
        Rows with unmet needs: ``scenario, month`` (1 is the first), ``market, component, unmet_usd_m`` (final need
        not met in that month), ``loss_usd_m`` (times the loss ratio), ``filled`` (fraction of India's needs for
        the component that is met; missing for other markets), ``stock_usd_m`` (left in India at the month's
        end).
    first_shortage
        ``scenario, component, month``: the first month in which not all of India's needs for it are met.
    scenarios
        Names, in the order of the study.
    """

    months: pd.DataFrame
    first_shortage: pd.DataFrame
    scenarios: list[str] = field(default_factory=list)

    def losses(self) -> pd.DataFrame:
        """``scenario, market, loss_usd_m`` over the window; a row for each scenario and market with a loss."""
        grouped = self.months.groupby(["scenario", "market"], sort=False)["loss_usd_m"].sum()
        return grouped.reset_index()


def spread(
    tables: Tables,
    study: Study,
    plan: Plan | None = None,
    *,
    delay_months: float = 1.0,
    adapt: bool = True,
) -> Spread:
    """Spread every denial of a study month by month through the bill of materials.

    Stocks run down first: of makers and users in India, of other markets, and of makers abroad. A line runs only
    as far as its scarcest essential input; shortages are rationed in proportion; spare capacity of plants (surge),
    of origins that do not cut (spare), second sources and a plan's plants add output as far as their own inputs
    allow. :mod:`corridor.risk.shocks.months` states the rules.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives denials and settings: ``surge, spare, adaptation`` as in a plan's
        windows. Needs are those of the year in which a denial starts.
    plan
        A plan whose plants, second sources and stocks are included.
    delay_months
        Months until spare capacity and second sources deliver; assumed 1 (0 to 6).
    adapt
        False: no stocks, no spare capacity, no substitution, no plan: the cascade alone, as in published
        measures.

    Returns
    -------
    Spread
        Losses not discounted, markets not weighted.

    Raises
    ------
    ConfigError
        If the study or the plan names something that the tables lack.
    """
    problem = build_problem(tables, study)
    bare = _bare(tables, study) if not adapt else problem
    decision = nothing(bare) if plan is None or not adapt else decision_from_plan(bare, plan)
    links = link_values(bare, decision)
    frames, firsts = [], []
    for start in range(0, len(study.denials), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(study.denials)))
        window = _Window(bare, links, rows, delay_months if adapt else np.inf)
        for month, made in window.run():
            frames.append(_frame(bare, rows, month, made))
            firsts.append(_short(bare, rows, month, made))
    columns = ["scenario", "component", "month"]
    first = pd.concat(firsts, ignore_index=True) if firsts else pd.DataFrame(columns=columns)
    first = first.groupby(["scenario", "component"], sort=False)["month"].min().reset_index()
    months = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    months = months.sort_values(["scenario", "month", "market", "component"], ignore_index=True)
    return Spread(months, first, [denial.name for denial in study.denials])


def _bare(tables: Tables, study: Study) -> Problem:
    """The problem without stocks, spare capacity and substitution."""
    without = tables.replace(components=tables.components.assign(stock_months=0.0))
    return build_problem(without, study.model_copy(update={"spare": 0.0, "adaptation": 0.0, "surge": 1.0}))


class _Window:
    """Some windows of a problem, run month by month."""

    def __init__(self, problem: Problem, links: Floats, rows: np.ndarray, delay: float) -> None:
        self.problem, self.rows, self.delay = problem, rows, delay
        self.months = problem.windows.length[rows] * 12.0
        year = problem.windows.year[rows]
        opened = problem.can_be_open
        size = len(problem.loss_ratio)
        capacity, calm = np.zeros((len(rows), size)), np.zeros((len(rows), size))
        for window, when in enumerate(year):
            mine = np.flatnonzero(opened["year"].to_numpy() == when)
            component_index = opened["component_index"].to_numpy(int)[mine]
            np.add.at(capacity[window], component_index, links[mine] * opened["capacity"].to_numpy(float)[mine])
            np.add.at(calm[window], component_index, links[mine] * opened["made"].to_numpy(float)[mine])
        second = links[len(opened) : len(opened) + len(problem.second)]
        stored = np.zeros(size)
        np.add.at(
            stored, problem.stores["component_index"].to_numpy(int), links[len(opened) + len(problem.second) :]
        )
        study, windows = problem.study, problem.windows
        need = problem.needs[year]
        self.second = self._second(second, need)
        around, left = windows.worked_around[rows], windows.home_imports[rows]
        activities = problem.activities
        self.lines = Lines(
            activities["component_index"].to_numpy(np.int64),
            activities["share"].to_numpy(float),
            sparse.csr_array(problem.sparse_route_essential),
            sparse.csr_array(problem.sparse_content),
        )
        shipped = {market: problem.shipped[market][year] / 12.0 for market in problem.abroad}
        calm_need = Need(
            problem.demand[HOST][year] / 12.0,
            problem.existing[year] / 12.0,
            shipped,
            {market: problem.demand[market][year] / 12.0 for market in problem.abroad},
            problem.sent[year] / 12.0 - sum(shipped.values(), np.zeros_like(need)),
        )
        stock = problem.stock_months * need / 12.0
        buffers = Buffers(
            stock=stock + stored,
            stock_abroad={m: problem.stock_months / 12.0 * problem.demand[m][year] for m in problem.abroad},
            around=around,
            spare=(study.surge - 1.0) * problem.existing[year] / 12.0,
            plants=study.surge * capacity / 12.0,
            plants_calm=calm / 12.0,
            contracts=(left + around) * (problem.sparse_content @ calm.T).T / 12.0,
            delay=delay,
        )
        self.course = Course(self.lines, calm_need, buffers, HOST)

    def _second(self, chosen: Floats, need: Floats) -> Floats:
        """Sales that qualified second sources can make per month, shape (windows, components)."""
        problem, rows = self.problem, self.rows
        out = np.zeros_like(need)
        table = problem.second
        component_index = table["component_index"].to_numpy(int)
        for window, row in enumerate(rows):
            ready = (table["lead"] <= problem.windows.year[row]).to_numpy() & (chosen > 0.5)
            sold = (
                table["most_share"].to_numpy(float) * problem.windows.second[row] * need[window][component_index]
            )
            np.add.at(out[window], component_index[ready], sold[ready])
        return out / 12.0

    def run(self) -> list[tuple[int, Month]]:
        """All months of the longest window, numbered from 1; in windows that are over nothing changes."""
        return [(month, self.course.step(each)) for month, each in enumerate(self.arrivals(), 1)]

    def arrivals(self) -> Iterator[Arrivals]:
        """Arrivals from abroad, month by month."""
        last = int(np.ceil(self.months.max() - 1e-9))
        spans = [np.clip(self.months - month, 0.0, 1.0)[:, None] for month in range(last)]
        home, abroad = self._arrivals(spans)
        for month, long in enumerate(spans):
            others = {market: values[month] for market, values in abroad.items()}
            yield Arrivals(home[month], self.second * long, others, long)

    def _arrivals(self, spans: list[Floats]) -> tuple[list[Floats], dict[str, list[Floats]]]:
        """Arrivals from abroad in each month, US$ million, (windows, components) each.

        Makers abroad use their stocks first, so the effect of their missing inputs grows month by month. The sum
        over the window is at most what the plan's windows count, where stocks are spread evenly.
        """
        problem, rows, study = self.problem, self.rows, self.problem.study
        network, windows = problem.network, problem.windows
        origin = {name: position for position, name in enumerate(network.origins)}
        denials = tuple(study.denials[row] for row in rows)
        cut = withheld(problem.tables, study, origin, denials, (len(rows), *problem_shape(problem)))
        others = np.ones(len(network.origins))
        others[origin[HOST]] = 0.0
        cutting = cut.any(axis=1, keepdims=True)
        shares = {market: network.shares_of(market) for market in [HOST, *problem.abroad]}
        year = windows.year[rows]
        wanted = {HOST: problem.needs[year] / 12.0} | {m: problem.demand[m][year] / 12.0 for m in problem.abroad}
        rates: dict[str, list[Floats]] = {market: [] for market in shares}
        known: dict[tuple[bytes, bool], dict[str, Floats]] = {}
        for month in range(len(spans)):
            inside = np.clip(month + 1.0 - problem.stock_months, 0.0, 1.0)
            late = month >= self.delay
            key = (inside.tobytes(), late)
            if key not in known:
                spare = study.spare if late else 0.0
                passed = np.broadcast_to(inside * (1.0 - study.adaptation), (len(rows), len(inside)))
                left = deliveries(network, cut, passed, spare)
                sold = left * others * np.where(cutting, 1.0, 1.0 + spare)
                known[key] = {market: np.einsum("wco,co->wc", sold, share) for market, share in shares.items()}
            for market in shares:
                rates[market].append(known[key][market])
        out: dict[str, list[Floats]] = {}
        for market, monthly in rates.items():
            counted = windows.home_imports[rows] if market == HOST else windows.abroad[market][rows]
            if market != HOST:
                monthly = [np.minimum(rate, 1.0) for rate in monthly]
            total = sum((rate * long for rate, long in zip(monthly, spans, strict=True)), np.zeros_like(counted))
            most = counted * self.months[:, None]
            scale = np.minimum(1.0, np.divide(most, total, out=np.ones_like(total), where=total > 0))
            out[market] = [rate * scale * long * wanted[market] for rate, long in zip(monthly, spans, strict=True)]
        return out.pop(HOST), out


def problem_shape(problem: Problem) -> tuple[int, int]:
    """Number of components and of origins."""
    return len(problem.network.components), len(problem.network.origins)


def _frame(problem: Problem, rows: np.ndarray, month: int, made: Month) -> pd.DataFrame:
    names = problem.tables.components["id"].to_numpy()
    scenarios = np.array(problem.windows.names, dtype=object)
    frames = []
    for market, unmet in made.unmet.items():
        window, component = np.nonzero(unmet > 1e-9)
        value = unmet[window, component]
        home = market == HOST
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenarios[rows[window]],
                    "month": month,
                    "market": market,
                    "component": names[component],
                    "unmet_usd_m": value,
                    "loss_usd_m": value * problem.loss_ratio[component],
                    "filled": made.fill[window, component] if home else np.nan,
                    "stock_usd_m": made.stock[window, component] if home else np.nan,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _short(problem: Problem, rows: np.ndarray, month: int, made: Month) -> pd.DataFrame:
    window, component = np.nonzero(made.fill < 1.0 - 1e-6)
    return pd.DataFrame(
        {
            "scenario": np.array(problem.windows.names, dtype=object)[rows[window]],
            "component": problem.tables.components["id"].to_numpy()[component],
            "month": month,
        }
    )
