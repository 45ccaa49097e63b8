"""The model's mathematics as Markdown, from the docstrings of the code that computes it."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

#: Headings, and under each the functions (``module:name``) or modules whose docstrings state it, in reading order.
_CHAPTERS = {
    "Supply: who a market buys from": (
        "corridor.measures.sourcing:shares",
        "corridor.measures.bill:bill",
        "corridor.measures.evidence:keep_statuses",
    ),
    "Exposure, through the bill of materials": (
        "corridor.measures.exposure:exposure",
        "corridor.measures.exposure:stop",
        "corridor.measures.paths:paths",
        "corridor.measures.look_through:look_through",
        "corridor.measures.headline:headline",
    ),
    "Concentration and criticality": (
        "corridor.measures.indices:concentration_indices",
        "corridor.measures.dependence:eu_dependence",
        "corridor.measures.dependence:geodep",
        "corridor.measures.criticality:supply_risk",
        "corridor.measures.criticality:economic_importance",
        "corridor.measures.failing_sets:failing_set",
    ),
    "Shocks": (
        "corridor.shocks.cascade:cascade",
        "corridor.risk.model:LossModel.losses",
        "corridor.shocks.bracket:bracket",
    ),
    "Relocation: what is decided": (
        "corridor.relocate.formulate:add_starts",
        "corridor.relocate.formulate:add_places",
        "corridor.relocate.formulate:add_facilities",
        "corridor.relocate.formulate:count_open",
        "corridor.relocate.options:second_sources",
        "corridor.relocate.options:stockpiles",
    ),
    "Relocation: limits": (
        "corridor.relocate.limit_rows:limit",
        "corridor.relocate.limit_rows:limit_funds",
        "corridor.relocate.limit_rows:limit_share_of_site",
        "corridor.relocate.limit_rows:force_moves",
        "corridor.relocate.limit_rows:limit_sales",
        "corridor.relocate.relax:why_no_plan",
    ),
    "Relocation: what a plan loses inside a denial": (
        "corridor.relocate.windows:make_windows",
        "corridor.relocate.recourse:add_window",
        "corridor.relocate.opened",
        "corridor.relocate.useful",
    ),
    "Relocation: goals": (
        "corridor.relocate.goals:Goals._loss",
        "corridor.relocate.goals:Goals._cost",
        "corridor.relocate.goals:Goals._cvar",
        "corridor.relocate.goals:Goals._exposure",
        "corridor.relocate.information",
        "corridor.relocate.robust:worst",
    ),
    "Relocation: how it is solved": (
        "corridor.relocate.search",
        "corridor.relocate.large",
        "corridor.relocate.decompose",
        "corridor.relocate.neighbourhood",
        "corridor.relocate.prune:prune",
    ),
    "Relocation where demand must be met": (
        "corridor.relocate.location",
        "corridor.relocate.location_bound",
        "corridor.relocate.location_bound:knapsacks",
        "corridor.relocate.deliver:deliver",
    ),
}
_HEAD = """# The model

Written from the docstrings of the code by `python -m corridor.model_text`: what stands here is what runs.
Parameters and results are in the docstrings themselves (`help(corridor.exposure)`)."""


def model_text() -> str:
    """
    Collect what the docstrings say about the model.

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
            lines += ["", f"### {title.rstrip('.')}", "", f"`{name.replace(':', '.')}`"]
            if body.strip():
                lines += ["", body.strip()]
    return "\n".join(lines) + "\n"


def _named(name: str) -> Any:
    """A module, or what is in it."""
    module, _, path = name.partition(":")
    found: Any = import_module(module)
    for part in path.split(".") if path else ():
        found = getattr(found, part)
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
