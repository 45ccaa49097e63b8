"""A page inside a notebook: the map of the tables, or the map of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from corridor.config import Study, load_study
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError

if TYPE_CHECKING:
    from corridor.relocation import Alternatives, Plan, Reasons

_FRAME = (
    '<iframe title="{title}" srcdoc="{page}" width="100%" height="{height}" loading="lazy" '
    'sandbox="allow-scripts allow-downloads allow-modals allow-popups" '
    'style="border:1px solid #dfdbd2;border-radius:8px"></iframe>'
)


@dataclass(frozen=True, repr=False)
class Page:
    """A page that a notebook shows and that can be saved as one file.

    Attributes
    ----------
    title
        Title of its frame, for screen readers.
    html
        The full page; it loads nothing from outside.
    height
        Height of its frame in a notebook, CSS pixels.
    """

    title: str
    html: str
    height: int = 760

    def _repr_html_(self) -> str:
        return _FRAME.format(title=escape(self.title), page=escape(self.html), height=self.height)

    def __repr__(self) -> str:
        return f"Page({self.title!r}, {len(self.html) / 1e6:.1f} MB; .save(path) writes it)"

    def save(self, path: str | Path) -> Path:
        """Write the page.

        Raises
        ------
        ConfigError
            If the path cannot be written to.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError(f"cannot write to {path}: {error.strerror or error}") from None
        return path


def explore(
    what: Tables | Plan | Sequence[Plan],
    study: Study | None = None,
    *,
    tables: Tables | None = None,
    reasons: Mapping[float, Reasons] | None = None,
    alternatives: Mapping[float, Alternatives] | None = None,
) -> Page:
    """Map of tables or plans, shown in a notebook or saved to a file.

    Parameters
    ----------
    what
        Tables: the world map of dependence. A plan or several: the map of India with a slider over them.
    study
        Markets, target, years; the bundled default study if left out.
    tables
        The tables that the plans were made from; the bundled ones if left out. Only with plans.
    reasons, alternatives
        As in :func:`corridor.pages.write_pages`. Only with plans.

    Returns
    -------
    Page
        Shown by the last line of a cell; ``.save(path)`` writes it.

    Raises
    ------
    ConfigError
        If `what` is neither, there are no plans, or the tables lack what the plans name.
    """
    from corridor.relocation.result.plan import Plan

    settings = load_study() if study is None else study
    if isinstance(what, Tables):
        return _world(what, settings)
    plans = [what] if isinstance(what, Plan) else list(what)
    if not plans or not all(isinstance(plan, Plan) for plan in plans):
        raise ConfigError("explore shows tables, a plan or a list of plans. Fix: give one of these.")
    base = load_tables() if tables is None else tables
    _check(base, plans)
    from corridor.pages.plan.page import plan_page

    plans = sorted(plans, key=lambda plan: plan.budget_usd_m)
    return Page(
        f"Map of India: {settings.title}",
        plan_page(base, settings, plans, reasons=reasons, alternatives=alternatives),
    )


def _world(tables: Tables, study: Study) -> Page:
    from corridor.measures import exposure, shares
    from corridor.pages.world_map.page import world_page

    markets = list(study.markets)
    exposures = exposure(tables, markets, study.target)
    found = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
    page = world_page(tables, study, exposures, found, has_plan=False)
    return Page(f"World map of dependence: {study.title}", page)


def _check(tables: Tables, plans: Sequence[Plan]) -> None:
    named = {name for plan in plans for name in plan.moves["component"]}
    lost = sorted(named - set(tables.components["id"]))
    if lost:
        raise ConfigError(
            f"the plans make {', '.join(lost[:5])}, which the tables do not have. "
            "Fix: give the tables that the plans were made from (tables=...)."
        )
