"""Contents of the sheets: tables of a study and, if there is one, of its plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from corridor.config import Choice, Cut, Kept, Study
from corridor.data.tables import Tables
from corridor.relocation import Plan, Reasons, build_problem, limit_table
from corridor.relocation.result.by_market import ALL_SECTORS
from corridor.version import __version__
from corridor.workbook.layout import LIMITS, settings_of

if TYPE_CHECKING:
    from corridor.relocation.model.problem import Problem

Key = tuple[str, str, str]


def guide_rows(study: Study, plan: Plan | None) -> list[tuple[str, str]]:
    """The sheet ``guide``: what the workbook is and how it is used."""
    rows = [
        ("Question", study.question or "-"),
        ("How to use", "Edit yellow cells, save, then: corridor plan --workbook THIS.xlsx --to NEW.xlsx"),
        ("Data", "If the workbook was made with --data, give the same --data again when it is read."),
        ("Colours", "Yellow cells are read back. Grey cells are results or descriptions: changes there are lost."),
        (
            "Money",
            f"US$ million of {study.base_year}, or Rs crore if headed so. Rs {study.inr_per_usd:g} per US$.",
        ),
        (
            "Decisions",
            "Sheet options, column decision: free, force, forbid; keep, with start, for existing plants.",
        ),
        (
            "New limits",
            "Sheet limits, below the last row. To change a limit of the data, edit its amount; keep its row.",
        ),
    ]
    if plan is None:
        rows.append(("The plan", "None: the workbook was written without planning."))
    else:
        cost, before, after = (
            float(plan.summary[key])
            for key in ("cost_usd_m", "expected_loss_before_usd_m", "expected_loss_after_usd_m")
        )
        proved = "; ".join(filter(None, (plan.quality, plan.warning)))
        by_market = "".join(
            f" {row.market}: from US$ {row.loss_before_usd_m:,.0f} to {row.loss_after_usd_m:,.0f} M."
            for row in plan.markets.itertuples()
            if row.sector == ALL_SECTORS
        )
        text = (
            f"{len(plan.moves)} plants, cost US$ {cost:,.0f} M of {plan.budget_usd_m:,.0f} M. "
            f"Expected loss:{by_market} "
            f"Weighted by market without it US$ {before:,.0f} M, with it {after:,.0f} M ({proved})."
        )
        rows.append(("The plan", text))
    return [*rows, ("Written by", f"corridor {__version__}, study {study.name}")]


def setting_value(study: Study, key: str) -> Any:
    """A setting as a cell: a number, a text, a list joined by semicolons, None if not set."""
    value: Any = study
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else getattr(value, part)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(f"{one:.15g}" if isinstance(one, float) else str(one) for one in value) or None
    return None if value == "" or (isinstance(value, float) and np.isinf(value)) else value


def setting_rows(study: Study, tables: Tables) -> pd.DataFrame:
    """The sheet ``settings``."""
    rows = [
        (one.key, setting_value(study, one.key), one.unit, one.meaning, "; ".join(one.allowed))
        for one in settings_of(study, tables)
    ]
    return pd.DataFrame(rows, columns=["setting", "value", "unit", "meaning", "allowed"], dtype=object)


def base_limits(tables: Tables, study: Study) -> pd.DataFrame:
    """Limits that can be edited: all but the budget, which is among the settings."""
    table = limit_table(tables, study)
    return table[table["limit"].ne("budget") | table["name"].ne("budget")].reset_index(drop=True)


def limit_rows(tables: Tables, study: Study, plan: Plan | None) -> pd.DataFrame:
    """The sheet ``limits``: bounds, and what the plan uses of them."""
    out = base_limits(tables, study)
    if plan is not None:
        results = plan.limits.drop_duplicates("name").set_index("name")
        for column, name in (("used", "used"), ("left", "left"), ("price", "price_usd_m")):
            out[column] = out["name"].map(results[name])
        out["binds"] = out["name"].map(results["binds"]).map({True: "yes", False: ""})
    return out.reindex(columns=[column.name for column in LIMITS])


def decisions_of(study: Study, technologies: pd.DataFrame) -> dict[Key, tuple[str, int | None]]:
    """Decisions of a study (force, forbid, keep), by component, technology and site ('' for any)."""
    component = technologies.set_index("id")["component"].to_dict()

    def key(choice: Choice | Kept) -> Key:
        technology = choice.technology or ""
        named = choice.component if isinstance(choice, Choice) else None
        return component.get(technology, named or ""), technology, choice.site or ""

    out: dict[Key, tuple[str, int | None]] = {}
    for choice in study.forbid:
        out[key(choice)] = ("forbid", None)
    for choice in study.force:
        out[key(choice)] = ("force", None)
    for kept in study.keep:
        out[key(kept)] = ("keep", kept.start)
    return out


def option_rows(tables: Tables, study: Study, plan: Plan | None) -> pd.DataFrame:
    """The sheet ``options``: components, kinds of plant, and plants at each site; the study's own rows last."""
    problem = build_problem(tables, study)
    plants, options = problem.plants, _site_rows(problem, tables)
    kinds = options.sort_values("capex").groupby("technology", sort=False).first().reset_index()
    kinds = kinds.assign(site="", state="", plants=np.nan)
    names = pd.DataFrame({"component": plants["component"].unique()})
    names = names.assign(technology="", site="", sector=names["component"].map(_sector(tables)))
    out = pd.concat([names, kinds, options], ignore_index=True)
    for column in ("technology", "site"):
        out[column] = out[column].fillna("")
    order = out["sector"].map(
        {name: position for position, name in enumerate(study.sectors or tables.sectors["id"])}
    )
    out = out.assign(order=order).sort_values(
        ["order", "component", "technology", "site"], ignore_index=True, kind="stable"
    )
    if plan is not None:
        count = plan.moves.groupby(["technology", "site"])["plants"].sum()
        plant_at_site = pd.MultiIndex.from_frame(out[["technology", "site"]])
        out["plants"] = count.reindex(plant_at_site).to_numpy()
    decisions = decisions_of(study, tables.technologies)
    keys = list(zip(out["component"], out["technology"], out["site"], strict=True))
    listed = set(keys)
    rest = [key for key in decisions if key not in listed]
    own = pd.DataFrame(rest, columns=["component", "technology", "site"])
    out = pd.concat([out, own], ignore_index=True)
    made = [decisions.get(key, ("free", None)) for key in [*keys, *rest]]
    out["decision"] = [what for what, _ in made]
    out["start"] = pd.Series([year for _, year in made], dtype="Int64")
    return out.drop(columns="order")


def _sector(tables: Tables) -> dict[str, str]:
    return dict(zip(tables.components["id"], tables.components["sector"], strict=True))


def _site_rows(problem: Problem, tables: Tables) -> pd.DataFrame:
    options, plants = problem.options, problem.plants
    own = tables.technologies.set_index("id")
    technology = options["technology"]
    return pd.DataFrame(
        {
            "component": options["component"],
            "technology": technology,
            "site": options["site"],
            "sector": options["sector"],
            "state": options["state"],
            "capacity": options["capacity"],
            "capex": options["capex_net"],
            "low": technology.map(own["capex_low"]),
            "high": technology.map(own["capex_high"]),
            "lead": plants["lead"].to_numpy()[options["tech"].to_numpy(int)],
            "land": options["land_ha"],
            "power": options["power_mw"],
            "water": options["water_mld"],
            "workers": options["workers"],
            "status": technology.map(own["status"]),
            "source": technology.map(own["source"]),
        }
    )


def denial_rows(study: Study, plan: Plan | None) -> pd.DataFrame:
    """The sheet ``denials``."""
    rows = pd.DataFrame(
        [
            (one.name, one.start, one.months, one.probability, one.reason, one.source, _cuts(one.cuts))
            for one in study.denials
        ],
        columns=["name", "start", "months", "probability", "reason", "source", "cuts"],
    )
    if plan is not None:
        losses = plan.losses.groupby("scenario")[["loss_before_usd_m", "loss_after_usd_m"]].sum()
        rows["before"] = rows["name"].map(losses["loss_before_usd_m"])
        rows["after"] = rows["name"].map(losses["loss_after_usd_m"])
    return rows


def _cuts(cuts: Iterable[Cut]) -> str:
    texts = []
    for cut in cuts:
        what = ", ".join([*cut.sectors, *cut.stages, *cut.components]) or "everything"
        texts.append(f"{cut.cut:.0%} of {what} from {', '.join(cut.exporters)}")
    return "; ".join(texts)


def result_sheets(
    tables: Tables, study: Study, plan: Plan | None, reasons: Reasons | None
) -> dict[str, pd.DataFrame]:
    """Read-only sheets: the plan's moves and effects; the sources."""
    out: dict[str, pd.DataFrame] = {}
    if plan is not None:
        moves = plan.moves
        if reasons is not None and len(reasons.moves):
            why = reasons.moves[["technology", "start_year", "worth_usd_m", "worth_per_usd", "needs", "needed_by"]]
            moves = moves.merge(why, on=["technology", "start_year"], how="left")
        crore = moves["capex_usd_m"] * study.inr_per_usd / 10
        out["moves"] = moves.assign(capex_rs_crore=crore)
        out["levers"] = _levers(plan)
        names = tables.components.set_index("id")[["name", "sector"]]
        if len(plan.markets):
            out["markets"] = plan.markets
        out["exposure"] = plan.exposure.join(names, on="component")[
            [
                "market",
                "component",
                "name",
                "sector",
                *[column for column in plan.exposure.columns if "_" in str(column)],
            ]
        ]
        out["prices"] = prices(plan, study)
    out["sources"] = tables.sources
    return out


def prices(plan: Plan, study: Study) -> pd.DataFrame:
    """Expected loss that one more unit of each priced limit avoids, US$ M and Rs crore."""
    rows = plan.limits[plan.limits["price_usd_m"].fillna(0.0) > 1e-9]
    rows = rows.sort_values("price_usd_m", ascending=False, ignore_index=True)
    out = rows[["name", "limit", "scope", "unit", "amount", "used", "price_usd_m"]]
    return out.assign(price_rs_crore=out["price_usd_m"] * study.inr_per_usd / 10)


def _levers(plan: Plan) -> pd.DataFrame:
    """Second sources, stocks and shared facilities, most expensive first."""
    levers = [
        plan.second_sources.assign(lever="second source"),
        plan.stocks.assign(lever="stock"),
        plan.facilities.assign(lever="shared facility"),
    ]
    columns = [
        "lever", "component", "origin", "least_share", "most_share", "months", "value_usd_m", "facility", "site",
        "cost_usd_m",
    ]  # fmt: skip
    used = [lever.reindex(columns=columns) for lever in levers if len(lever)]
    if not used:
        return pd.DataFrame(columns=columns)
    return pd.concat(used, ignore_index=True).sort_values("cost_usd_m", ascending=False, ignore_index=True)
