"""The model's mathematics as Markdown, from the docstrings of the code that computes it."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

#: Heading -> functions (``module:name``) or modules whose docstrings it shows, in reading order.
_CHAPTERS = {
    "Supply: who a market buys from": (
        "corridor.measures.supply.sourcing:shares",
        "corridor.measures.supply.bill:bill",
        "corridor.measures.supply.evidence:keep_statuses",
    ),
    "Needs: every dollar counted once": (
        "corridor.measures.supply.needs:settle",
        "corridor.measures.supply.needs:accounts",
        "corridor.measures.supply.needs:final_needs",
    ),
    "Exposure, through the bill of materials": (
        "corridor.measures.exposures.exposure:exposure",
        "corridor.measures.exposures.exposure:stop",
        "corridor.measures.exposures.paths:paths",
        "corridor.measures.exposures.look_through:look_through",
        "corridor.measures.exposures.headline:headline",
    ),
    "Concentration and criticality": (
        "corridor.measures.supply.indices:concentration_indices",
        "corridor.measures.criticality.dependence:eu_dependence",
        "corridor.measures.criticality.dependence:geodep",
        "corridor.measures.criticality.supply_risk:supply_risk",
        "corridor.measures.criticality.supply_risk:economic_importance",
        "corridor.measures.failures.failing_sets:failing_set",
    ),
    "Shocks": (
        "corridor.measures.cascades.cascade:cascade",
        "corridor.risk.model:LossModel.losses",
        "corridor.risk.shocks._bracket:bracket",
    ),
    "Relocation: what is decided": (
        "corridor.relocation.model.formulate:add_starts",
        "corridor.relocation.model.formulate:add_places",
        "corridor.relocation.model.formulate:add_facilities",
        "corridor.relocation.model.formulate:count_open",
        "corridor.relocation.model.options:second_sources",
        "corridor.relocation.model.options:stockpiles",
    ),
    "Relocation: limits": (
        "corridor.relocation.model.limit_rows:limit",
        "corridor.relocation.model.limit_rows:limit_funds",
        "corridor.relocation.model.limit_rows:limit_share_of_site",
        "corridor.relocation.model.limit_rows:force_moves",
        "corridor.relocation.model.limit_rows:limit_sales",
        "corridor.relocation.conflict.relax:why_no_plan",
    ),
    "Relocation: what a plan loses inside a denial": (
        "corridor.relocation.model.windows:make_windows",
        "corridor.relocation.model.recourse:add_window",
        "corridor.relocation.model.plant_ages",
        "corridor.relocation.model.tightening",
    ),
    "Relocation: goals": (
        "corridor.relocation.model.goals:Goals._loss",
        "corridor.relocation.result.by_market:by_market",
        "corridor.relocation.model.goals:Goals._cost",
        "corridor.relocation.model.goals:Goals._cvar",
        "corridor.relocation.model.goals:Goals._exposure",
        "corridor.relocation.analysis.information",
        "corridor.relocation.analysis.robust:worst",
    ),
    "Relocation: how it is solved": (
        "corridor.relocation.search.search",
        "corridor.relocation.search.search_by_cuts",
        "corridor.relocation.search.decompose",
        "corridor.relocation.search.neighbourhood",
        "corridor.relocation.search.prune:prune",
    ),
    "Relocation where demand must be met": (
        "corridor.relocation.facility_location.model",
        "corridor.relocation.facility_location.lagrangian",
        "corridor.relocation.facility_location.lagrangian:knapsacks",
        "corridor.relocation.facility_location.transport:deliver",
    ),
}
_HEAD = """# The model

Written from the docstrings of the code by `python -m tools.docs.model_text`: it states what the code does.
Parameters and results are in the docstrings (`help(corridor.exposure)`)."""


def model_text() -> str:
    """
    Collect the docstrings of the model.

    Returns
    -------
    str
        Markdown: a chapter per topic, a section per function or module, without parameters and results.
    """
    lines = [_HEAD]
    for chapter, names in _CHAPTERS.items():
        lines += ["", f"## {chapter}"]
        for name in names:
            title, _, body = _prose(_named(name)).partition("\n")
            lines += ["", f"### {title.rstrip('.')}", "", f"`{_address(name)}`"]
            if body.strip():
                lines += ["", body.strip()]
    return "\n".join(lines) + "\n"


def _address(name: str) -> str:
    """Address to import a name from: names of a private module are its package's."""
    module, _, path = name.partition(":")
    shown = [step for step in module.split(".") if not step.startswith("_")]
    return ".".join([*shown, *path.split(".")] if path else shown)


def _named(name: str) -> Any:
    """Import a module, or a name in it."""
    module, _, path = name.partition(":")
    found: Any = import_module(module)
    for step in path.split(".") if path else ():
        found = getattr(found, step)
    return found


def _prose(named: Any) -> str:
    """A docstring's text before its first section, as Markdown."""
    text = inspect.getdoc(named) or ""
    text = re.split(r"\n(?:Parameters|Returns|Attributes|Raises|Yields)\n-+\n", text)[0]
    text = re.sub(r":(?:func|class|meth|mod):`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    return re.sub(r"::\n\n((?: {4}.*\n|\n)*(?: {4}.*(?:\n|$)))", _code, text)


def _code(block: re.Match[str]) -> str:
    """An indented block as a fenced one."""
    return f":\n\n```\n{inspect.cleandoc(block[1])}\n```\n"


if __name__ == "__main__":
    print(model_text(), end="")
