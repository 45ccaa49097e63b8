"""Time to survive against time to recover: components whose stocks end before another supply can start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from corridor.config import Cut, Denial, Study
from corridor.data.frames import nearest
from corridor.data.names import HOST, TARGET_WORD
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.parallel import each
from corridor.relocation import Plan
from corridor.risk.shocks._spread import spread

#: Components in one task.
_CHUNK = 25


def survival(
    tables: Tables,
    study: Study,
    plan: Plan | None = None,
    *,
    components: Sequence[str] | None = None,
    months: int = 24,
    cut: float = 1.0,
    delay_months: float = 1.0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Months that India lasts if the target stops selling a component, and months until another supply starts.

    ``survive_months`` counts full months before the first in which a final need in India or another market is not
    met, by :func:`spread`; ``short_months`` those before the first in which not all of India's needs for the
    component itself are met. ``recover_months`` is the shorter of two: to approve another maker
    (``qualification_months`` of the component, if others than the target make it), or to build (lead time of its
    fastest plant, plus approval). The stock that closes the gap is need * (recover - survive) / 12
    (Simchi-Levi, Schmidt & Wei 2014: time to survive and time to recover).

    Parameters
    ----------
    tables, study
        Tables, target and settings; needs of the study's first year.
    plan
        A plan whose plants, second sources and stocks count as in :func:`spread`; then in the study's last year.
    components
        Component ids; all that some market buys from the target if left out.
    months
        Length of the stop; components that last longer get this number.
    cut
        Fraction of deliveries that the target withholds.
    delay_months
        As in :func:`spread`.
    workers
        Number of processes; they are spawned.
    progress
        Called with components done and all components.

    Returns
    -------
    pandas.DataFrame
        ``component, name, sector, from_target`` (largest share in a market's supply), ``stock_months,
        short_months, survive_months, recover_months, how`` (another maker, build, or nothing known),
        ``gap_months`` (recover - survive, at least 0; missing if no recovery is known), ``stock_usd_m`` (that
        closes the gap), ``loss_usd_m`` (of the full stop, final needs of all markets); longest gap first.

    Raises
    ------
    ConfigError
        If a component is not in the tables.
    """
    dependent = _from_target(tables, study)
    wanted = list(dependent.index[dependent > 0]) if components is None else list(dict.fromkeys(components))
    known = set(tables.components["id"])
    unknown = [name for name in wanted if name not in known]
    if unknown:
        near = nearest(unknown[0], known)
        hint = f" Did you mean '{near}'?" if near else ""
        raise ConfigError(f"there is no component {', '.join(unknown)} in the tables.{hint}")
    year = study.first_year if plan is None else study.last_year
    chunks = [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]
    tasks = [(tables, study, plan, chunk, months, cut, delay_months, year) for chunk in chunks]
    found, done = [], 0
    for number, table in each(_stops, tasks, workers=workers):
        found.append(table)
        done += len(chunks[number])
        if progress is not None:
            progress(done, len(wanted))
    if not found:
        return _report(tables, study, dependent, pd.DataFrame(), year)
    return _report(tables, study, dependent, pd.concat(found).loc[wanted], year)


def _stops(task: tuple[Tables, Study, Plan | None, list[str], int, float, float, int]) -> pd.DataFrame:
    """Full months until the component is short, until a final need is, and the loss; by component."""
    tables, study, plan, names, months, cut, delay, year = task
    denials = tuple(
        Denial(
            name=name,
            start=year,
            months=months,
            probability=1.0,
            reason="a stop of this component alone",
            cuts=(Cut(exporters=(TARGET_WORD,), components=(name,), cut=cut),),
        )
        for name in names
    )
    found = spread(tables, study.model_copy(update={"denials": denials}), plan, delay_months=delay)
    lost = found.months.groupby("scenario")
    own = found.first_shortage[found.first_shortage["scenario"] == found.first_shortage["component"]]
    return pd.DataFrame(
        {
            "short_months": own.set_index("scenario")["month"].reindex(names).sub(1).fillna(months),
            "survive_months": lost["month"].min().reindex(names).sub(1).fillna(months),
            "loss_usd_m": lost["loss_usd_m"].sum().reindex(names).fillna(0.0),
        },
        index=names,
    )


def _from_target(tables: Tables, study: Study) -> pd.Series:
    """Largest share of the target in the supply of a market, by component."""
    from corridor.measures import Network

    network = Network.of(tables)
    inside = network.origins.isin(list(study.target))
    shares = [network.shares_of(market)[:, inside].sum(axis=1) for market in {HOST, *study.markets}]
    return pd.Series(np.max(shares, axis=0), index=pd.Index(tables.components["id"]))


def _report(tables: Tables, study: Study, dependent: pd.Series, stops: pd.DataFrame, year: int) -> pd.DataFrame:
    columns = [
        "component", "name", "sector", "from_target", "stock_months", "short_months", "survive_months",
        "recover_months", "how", "gap_months", "stock_usd_m", "loss_usd_m",
    ]  # fmt: skip
    if stops.empty:
        return pd.DataFrame(columns=columns)
    about = tables.components.set_index("id").loc[stops.index]
    approve = about["qualification_months"].astype(float)
    lead = tables.technologies.groupby("component")["lead_years"].min().reindex(stops.index).astype(float)
    elsewhere = approve.where(dependent.loc[stops.index] < 1.0 - 1e-9)
    build = lead * 12.0 + approve
    recover = pd.concat([elsewhere, build], axis=1).min(axis=1)
    how = np.where(elsewhere == recover, "another maker", np.where(build == recover, "build", "nothing known"))
    gap = (recover - stops["survive_months"]).clip(lower=0.0)
    out = stops.assign(
        name=about["name"],
        sector=about["sector"],
        from_target=dependent.loc[stops.index],
        stock_months=about["stock_months"].astype(float),
        recover_months=recover,
        how=how,
        gap_months=gap,
        stock_usd_m=gap / 12.0 * _needs(tables, study, year).loc[stops.index],
    )
    out = out.rename_axis("component").reset_index()[columns]
    return out.sort_values(["gap_months", "loss_usd_m"], ascending=False, ignore_index=True, na_position="first")


def _needs(tables: Tables, study: Study, year: int) -> pd.Series:
    """India's need of each component in a year, US$ million."""
    from corridor.relocation import build_problem

    problem = build_problem(tables, study)
    return pd.Series(problem.needs[year - study.first_year], index=pd.Index(tables.components["id"]))
