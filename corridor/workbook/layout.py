"""The sheets of the workbook: their columns, units, meanings and choices, for both writer and reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from corridor.config import Study
from corridor.data.tables import Tables

CellKind = Literal["text", "number", "integer", "percent", "choice", "list", "yes or no"]

#: Choices of the column ``decision``.
DECISIONS = ("free", "force", "forbid", "keep")
#: The row of a sheet's header, counted from 0; above it is the title.
HEADER = 2


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet.

    Attributes
    ----------
    name
        As in the header and in the tables.
    meaning
        For the note on the header.
    unit
        Empty if there is none.
    editable
        Whether edits are read back.
    choices
        Name of a list of the hidden sheet ``lists``, for a drop-down.
    """

    name: str
    meaning: str
    unit: str = ""
    kind: CellKind = "text"
    editable: bool = False
    width: int = 14
    choices: str = ""


@dataclass(frozen=True)
class Setting:
    """A setting of the study that can be edited: its path in the study, and what it is."""

    key: str
    kind: CellKind
    meaning: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    blank: bool = False


_GOALS = ("loss", "cvar", "cost", "exposure")
_LEVERS: tuple[str, ...] = ("build", "qualify", "store")


def settings_of(study: Study, tables: Tables) -> list[Setting]:
    """Settings in the order in which the sheet lists them; one row for each market and goal."""
    markets = [
        Setting(f"markets.{name}", "number", f"weight of the loss of {name} in the goal") for name in study.markets
    ]
    weights = [
        Setting(f"goal.weights.{name}", "number", f"weight of {name} in a weighted goal; blank: none", blank=True)
        for name in _GOALS
    ]
    return [
        Setting("title", "text", "title of the study"),
        Setting("question", "text", "what the study asks", blank=True),
        *markets,
        Setting("target", "list", "countries depended upon: codes, separated by semicolons"),
        Setting(
            "sectors",
            "list",
            "sectors in which plants may be built; blank: all",
            allowed=tuple(tables.sectors["id"]),
            blank=True,
        ),
        Setting("levers", "list", "what a plan may do", allowed=_LEVERS),
        Setting(
            "budget_usd_m", "number", "budget: all costs over all years, discounted", "US$ million", blank=True
        ),
        Setting(
            "budgets_usd_m",
            "list",
            "budgets of the frontier: numbers, separated by semicolons",
            "US$ million",
            (),
            True,
        ),
        Setting(
            "budget_per_year_usd_m", "number", "most investment started in one year", "US$ million", blank=True
        ),
        Setting("first_year", "integer", "first year in which a plant can start", "year"),
        Setting("last_year", "integer", "last year of the study", "year"),
        Setting("base_year", "integer", "year of the prices", "year"),
        Setting("discount_rate", "number", "discount rate, 0 to 0.5", "a year"),
        Setting("inr_per_usd", "number", "rupees for a US dollar", "Rs"),
        Setting("planned_use", "number", "fraction of capacity at which a plant runs in calm years", "fraction"),
        Setting("surge", "number", "output during a window relative to capacity, 1 to 2", "ratio"),
        Setting("spare", "number", "extra sales of other origins during a window, relative to normal", "fraction"),
        Setting(
            "adaptation", "number", "fraction of a missing essential input that makers substitute", "fraction"
        ),
        Setting("goal.minimise", "list", "what is minimised, in this order", allowed=_GOALS),
        *weights,
        Setting("goal.tail", "number", "cvar is the mean of the worst 1 - tail of windows", "fraction"),
        Setting("goal.loss_at_most_usd_m", "number", "expected loss to be reached", "US$ million", blank=True),
        Setting(
            "goal.cvar_at_most_usd_m",
            "number",
            "mean loss of the worst windows to be reached",
            "US$ million",
            (),
            True,
        ),
        Setting("goal.exposure_at_most", "number", "net exposure to be reached", "fraction", blank=True),
        Setting("goal.tolerance", "number", "how far an earlier goal may be missed for a later one", "fraction"),
        Setting("meet_demand", "yes or no", "every market's need is met from Indian sites in calm years"),
        Setting("effort", "text", "work for one plan: quick, normal or thorough"),
        Setting("gap", "number", "where the search may stop: fraction of what any plan could avoid", "fraction"),
        Setting("time_limit_s", "number", "safety cap on the time for one plan", "second"),
    ]


SETTINGS = (
    SheetColumn("setting", "name of the setting; do not change it", width=28),
    SheetColumn("value", "what the plan is made with", kind="text", editable=True, width=34),
    SheetColumn("unit", "unit of the value", width=14),
    SheetColumn("meaning", "what it does", width=62),
    SheetColumn("allowed", "allowed values", width=40),
)
LIMITS = (
    SheetColumn("name", "short name of the limit; a new name adds a limit", editable=True, width=34),
    SheetColumn("limit", "what is bounded", kind="choice", editable=True, width=12, choices="limit"),
    SheetColumn(
        "sense",
        "which side is bounded; blank: at least for output and use, else at most",
        "",
        "choice",
        True,
        10,
        "sense",
    ),
    SheetColumn("sectors", "sectors it counts, separated by semicolons; blank: all", editable=True, width=20),
    SheetColumn("state", "state it counts; blank: all", "", "choice", True, 16, "state"),
    SheetColumn("site", "site it counts; blank: all", "", "choice", True, 24, "site"),
    SheetColumn("component", "component it counts; blank: all", "", "choice", True, 22, "component"),
    SheetColumn("technology", "technology it counts; blank: all", "", "choice", True, 24, "technology"),
    SheetColumn("in_year", "year of start it counts; blank: all years together", "year", "integer", True, 9),
    SheetColumn("amount", "the bound", "as the column unit says", "number", True, 13),
    SheetColumn("unit", "unit of the amount", "", "choice", True, 18, "unit"),
    SheetColumn("status", "how the amount is known", "", "choice", True, 11, "status"),
    SheetColumn("source", "where the amount comes from", editable=True, width=18),
    SheetColumn("note", "what a reader must know", editable=True, width=30),
    SheetColumn("used", "what the plan uses of it", "as the column unit says", "number", width=12),
    SheetColumn("left", "what is left", "as the column unit says", "number", width=12),
    SheetColumn("binds", "whether the plan is at the bound", width=8),
    SheetColumn("price", "expected loss that one more unit avoids", "US$ million", "number", width=11),
)
OPTIONS = (
    SheetColumn("component", "what the plant makes; blank: all", "", "choice", True, 26, "component"),
    SheetColumn(
        "technology",
        "the kind of plant; blank: every kind for the component",
        "",
        "choice",
        True,
        28,
        "technology",
    ),
    SheetColumn("site", "where; blank: anywhere", "", "choice", True, 26, "site"),
    SheetColumn(
        "decision",
        "free, force (must be made), forbid (may not), keep (exists already)",
        "",
        "choice",
        True,
        11,
        "decision",
    ),
    SheetColumn("start", "with keep: the year in which the plant was started", "year", "integer", True, 8),
    SheetColumn("sector", "sector of the component", width=12),
    SheetColumn("state", "state of the site", width=16),
    SheetColumn("plants", "plants of the plan", "plant", "integer", width=8),
    SheetColumn("capacity", "capacity of one plant", "US$ million/year", "number", width=11),
    SheetColumn("capex", "investment net of incentives, one plant", "US$ million", "number", width=11),
    SheetColumn(
        "low",
        "lower end of the investment's range, at the reference site, gross",
        "US$ million",
        "number",
        width=10,
    ),
    SheetColumn(
        "high",
        "upper end of the investment's range, at the reference site, gross",
        "US$ million",
        "number",
        width=10,
    ),
    SheetColumn("lead", "years from start to first output", "year", "integer", width=7),
    SheetColumn("land", "land", "ha", "number", width=9),
    SheetColumn("power", "power", "MW", "number", width=9),
    SheetColumn("water", "water", "million litre/day", "number", width=9),
    SheetColumn("workers", "workers", "person", "number", width=9),
    SheetColumn("status", "how the figures are known", width=11),
    SheetColumn("source", "key of the publication: see the sheet sources", width=20),
)
DENIALS = (
    SheetColumn("name", "name of the window; delete the row to leave the window out", editable=True, width=32),
    SheetColumn("start", "year in which it opens", "year", "integer", True, 8),
    SheetColumn("months", "how long it lasts", "month", "number", True, 9),
    SheetColumn("probability", "that it opens in its start year", "fraction", "number", True, 12),
    SheetColumn("reason", "why the probability has this value", editable=True, width=70),
    SheetColumn("source", "where it comes from", editable=True, width=40),
    SheetColumn("cuts", "what is withheld, and by whom; can only be changed in the study's file", width=60),
    SheetColumn("before", "loss if it happens, without the plan", "US$ million", "number", width=12),
    SheetColumn("after", "loss if it happens, with the plan", "US$ million", "number", width=12),
)
#: Sheets that are read back, in the order of the workbook.
EDITED: Mapping[str, tuple[SheetColumn, ...]] = {
    "settings": SETTINGS,
    "limits": LIMITS,
    "options": OPTIONS,
    "denials": DENIALS,
}
#: What each sheet is, above its header.
TITLES = {
    "settings": "Settings: edit the yellow column, then plan again",
    "limits": "Limits: edit, or add rows at the end; grey columns are the plan's results",
    "options": "Options: set 'decision' for a component, a kind of plant, or one at a site; add rows at the end",
    "denials": "Windows in which supply is cut: edit or delete rows",
    "moves": "Moves of the plan: one row for each plant",
    "levers": "Second sources, stocks and shared facilities of the plan",
    "markets": "Expected loss (not weighted by market) and exposure, by market and sector, before and after",
    "exposure": "Exposure to the target before and after the plan, through the bill of materials",
    "prices": "What one more unit of each limit buys",
    "sources": "Sources of the figures",
}


def statuses() -> tuple[str, ...]:
    """How figures can be known."""
    from corridor.config import Limit

    return tuple(get_args(Limit.model_fields["status"].annotation))
