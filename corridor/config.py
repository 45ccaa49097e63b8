"""A study: the settings of one question, read from YAML, checked once, immutable."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from corridor.data.bundled import bundled
from corridor.data.guards.figures import LARGEST, MOST_DIGITS, plausible, shown
from corridor.data.guards.settings import Settings, explained
from corridor.data.guards.yaml_files import check_named, read_yaml
from corridor.data.names import SANCTIONED, STATUSES, TARGET, TARGET_WORD, Status
from corridor.errors import ConfigError

Effort = Literal["quick", "normal", "thorough"]
EFFORTS: tuple[Effort, ...] = ("quick", "normal", "thorough")
"""How much work a plan is searched for with."""


class Cut(Settings):
    """What some exporters stop selling: the components that match every filter.

    ``exporters`` are country codes, or the word ``target``; ``cut`` is the fraction of deliveries withheld (0..1).
    """

    exporters: tuple[str, ...] = (TARGET_WORD,)
    sectors: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    cut: float = Field(gt=0, le=1)


class Denial(Settings):
    """One window in which exporters stop selling.

    ``probability`` is the probability that the window happens in its start year, ``reason`` why it has that value.
    """

    name: str
    start: int
    months: float = Field(gt=0, le=60)
    probability: float = Field(gt=0, le=1)
    reason: str = Field(min_length=10)
    source: str = ""
    cuts: tuple[Cut, ...] = Field(min_length=1)


class Choice(Settings):
    """A move that is forced or forbidden: by component, technology, site, or any two of them."""

    component: str | None = None
    technology: str | None = None
    site: str | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Choice:
        if self.component is None and self.technology is None and self.site is None:
            raise ValueError("name a component, a technology or a site")
        return self


class Kept(Settings):
    """An existing or committed plant: it stays at its site, and its investment is already spent.

    ``start`` is the year in which it was started; it may be before the first year of the study.
    """

    technology: str
    site: str
    start: int = Field(ge=1950, le=2100)


class Goal(Settings):
    """What is minimised, and what must be reached.

    Attributes
    ----------
    minimise
        ``loss`` (expected loss), ``cvar`` (mean loss of the worst windows), ``cost`` (discounted), ``exposure``
        (value from the target in what the markets need, through the bill of materials). Several are minimised one
        after another, each held to within `tolerance` while the next is minimised.
    weights
        Instead of `minimise`: a weighted sum, for example ``{loss: 1, cost: 0.2}``.
    tail
        ``cvar`` is the mean loss over the worst windows: a fraction 1 - tail of all windows, by probability.
    loss_at_most_usd_m, cvar_at_most_usd_m
        Expected loss, and mean loss of the worst windows, to be reached (US$ million, as in the summary).
    exposure_at_most
        Net exposure to be reached, over all that the markets need, weighted by value (fraction).
    tolerance
        Fraction by which an earlier goal may be missed to improve a later one.
    """

    minimise: tuple[Literal["loss", "cvar", "cost", "exposure"], ...] = ("loss",)
    weights: Mapping[Literal["loss", "cvar", "cost", "exposure"], float] = Field(default_factory=dict)
    tail: float = Field(default=0.9, ge=0, lt=1)
    loss_at_most_usd_m: float | None = Field(default=None, ge=0)
    cvar_at_most_usd_m: float | None = Field(default=None, ge=0)
    exposure_at_most: float | None = Field(default=None, ge=0, le=1)
    tolerance: float = Field(default=0.001, ge=0, le=0.5)

    @field_validator("minimise", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> Goal:
        if not self.minimise:
            raise ValueError("minimise: name at least one of loss, cvar, cost, exposure")
        if len(set(self.minimise)) < len(self.minimise):
            raise ValueError("minimise: a goal is named twice")
        if not all(weight == 0 or 1e-9 <= weight <= 1e9 for weight in self.weights.values()) or (
            self.weights and not any(self.weights.values())
        ):
            raise ValueError("weights: each is 0, or from 1e-9 to 1e9, and one must be greater than 0")
        return self


class Limit(Settings):
    """One row of the limits table, as in ``corridor/data/schema/limits.csv``."""

    name: str
    limit: str
    sense: Literal["at most", "at least"] | None = None
    sectors: str | None = None
    state: str | None = None
    site: str | None = None
    component: str | None = None
    technology: str | None = None
    in_year: int | None = None
    amount: float = Field(ge=0)
    unit: str
    status: Status = "assumed"
    source: str = "study"
    note: str | None = None


class Study(Settings):
    """Settings of a study. Money in US$ million of the base year, shares as fractions, times in years.

    Attributes
    ----------
    markets
        Weight of each market's loss in the goal.
    target
        Countries depended upon.
    sectors
        Sectors in which plants may be built, all if empty; losses count in every sector.
    data, data_only
        Folder or workbook of tables, beside the study's file, laid over the bundled tables, or used alone.
    first_year, last_year
        Years of the study; a plant may start in any of them.
    budget_usd_m, budgets_usd_m
        Budget of the plan, and of each plan on the frontier: investment net of incentives plus discounted
        running premium, over all years.
    budget_per_year_usd_m
        Most investment (net of incentives) started in one year; no limit if not given.
    planned_use
        Fraction of capacity at which a plant runs in calm years.
    surge
        Output inside a window as a multiple of capacity.
    spare
        What origins that do not cut can sell inside a window on top of normal deliveries, as a fraction of these.
    adaptation
        Fraction of a missing essential input that makers replace inside a window: thrift, substitutes, recycling,
        sellers outside the lists. Assumed 0.2 (0 to 0.5); 0 is a strict Leontief world.
    goal
        What is minimised and what must be reached: least expected loss within the budget if not given.
    levers
        What a plan may do: ``build`` plants, ``qualify`` makers in other countries, ``store``.
    excluded_origins
        Countries that can be no second source; the target never can. Sanctioned countries if not given.
    limits
        Rows laid over the table ``limits`` by name.
    force, forbid, keep
        Moves that the plan must make, moves that it may not make, and plants that already exist.
    meet_demand
        Every market's need is met in calm years from Indian sites at the cost of ``freight``: the classical
        facility location problem, for one component and studies of one year.
    evidence, evidence_tables, unknown_origin
        Plan only on rows of these statuses, for example ``[reported, computed]``, in these tables (all if not
        given); and whether an unknown origin counts as ``safe`` or ``imported``: :func:`corridor.keep_statuses`.
    effort
        Work that a plan is searched for with: ``quick`` (seconds: a good plan, a loose bound), ``normal`` or
        ``thorough`` (many minutes). The same study gives the same plan on every machine.
    gap
        Where the search may stop early: objective less bound, as a fraction of the loss that a plan could avoid.
    time_limit_s
        Safety cap for one plan, seconds. It is there for runs that must end: where it strikes, the plan says so
        and may differ on another machine.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    question: str = ""
    markets: Mapping[str, float] = Field(default={"IND": 1.0, "USA": 0.5}, min_length=1)
    target: tuple[str, ...] = Field(default=TARGET, min_length=1)
    sectors: tuple[str, ...] = ()
    data: str | None = None
    data_only: bool = False
    first_year: int = Field(default=2026, ge=2000, le=2100)
    last_year: int = Field(default=2035, ge=2000, le=2100)
    base_year: int = Field(default=2024, ge=2000, le=2100)
    discount_rate: float = Field(default=0.08, ge=0, le=0.5)
    inr_per_usd: float = Field(default=84.0, gt=0)
    goal: Goal = Goal()
    levers: tuple[Literal["build", "qualify", "store"], ...] = ("build", "qualify", "store")
    excluded_origins: tuple[str, ...] = SANCTIONED
    limits: tuple[Limit, ...] = ()
    meet_demand: bool = False
    budget_usd_m: float = Field(default=math.inf, gt=0)
    budgets_usd_m: tuple[float, ...] = ()
    budget_per_year_usd_m: float | None = Field(default=None, gt=0)
    planned_use: float = Field(default=0.85, gt=0, le=1)
    surge: float = Field(default=1.1, ge=1, le=2)
    spare: float = Field(default=0.1, ge=0, le=2)
    adaptation: float = Field(default=0.2, ge=0, le=1)
    evidence: tuple[Status, ...] = Field(default=STATUSES, min_length=1)
    evidence_tables: tuple[str, ...] = ()
    unknown_origin: Literal["safe", "imported"] = "safe"
    gap: float = Field(default=0.002, ge=0, le=0.5)
    effort: Effort = "normal"
    time_limit_s: float = Field(default=3_600.0, gt=0, le=1_000_000)
    force: tuple[Choice, ...] = ()
    forbid: tuple[Choice, ...] = ()
    keep: tuple[Kept, ...] = ()
    denials: tuple[Denial, ...] = ()
    point_of_view: Literal["IND"] = "IND"

    @field_validator("budget_usd_m", mode="before")
    @classmethod
    def _budget(cls, budget: Any) -> Any:
        """A budget left blank is without limit, in a study whose goal needs none; no number means that."""
        if budget is None:
            return math.inf
        number = float(budget) if isinstance(budget, str | int) and len(str(budget)) < MOST_DIGITS else budget
        if isinstance(number, float) and not plausible(number) and budget is not math.inf:
            raise ValueError(f"wanted a finite number of at most {LARGEST:g}")
        return budget

    @field_validator("budgets_usd_m")
    @classmethod
    def _rising(cls, budgets: tuple[float, ...]) -> tuple[float, ...]:
        if any(budget <= 0 for budget in budgets):
            raise ValueError("every budget must be greater than 0")
        return tuple(sorted(set(budgets)))

    @field_validator("markets")
    @classmethod
    def _weights(cls, markets: Mapping[str, float]) -> Mapping[str, float]:
        if not all(0 <= weight <= 1_000_000 for weight in markets.values()) or not any(markets.values()):
            raise ValueError("every market needs a weight from 0 to 1,000,000, and one a weight greater than 0")
        return markets

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        first = self.goal.minimise[0] if not self.goal.weights else ""
        if math.isinf(self.budget_usd_m) and first != "cost":
            raise ValueError("budget_usd_m: is missing; only the goal 'cost' needs no budget")
        if not self.denials and not self.meet_demand:
            raise ValueError("denials: name at least one; only a study with meet_demand needs none")
        if self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} is before first_year {self.first_year}")
        names = [denial.name for denial in self.denials]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"denials named twice: {', '.join(twice)}")
        outside = [d.name for d in self.denials if not self.first_year <= d.start <= self.last_year]
        if outside:
            raise ValueError(
                f"denials that start outside {self.first_year}-{self.last_year}: {', '.join(outside)}"
            )
        return self

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the study, first to last."""
        return tuple(range(self.first_year, self.last_year + 1))

    def plans(self, sector: str) -> bool:
        """Whether plans of the study may act in a sector."""
        return not self.sectors or sector in self.sectors


def load_study(path: str | Path = "default", scenario: str | None = None, overrides: Iterable[str] = ()) -> Study:
    """Read a study from YAML.

    Parameters
    ----------
    path
        A YAML file, or the name of a bundled study (``"default"``, ``"pharma"``, ...).
    scenario
        Name in the file's ``scenarios``: a list of overrides, applied to the settings in order.
    overrides
        Names in the file's ``overrides``, applied after the scenario's.

    Returns
    -------
    Study

    Raises
    ------
    ConfigError
        With every fault of the file in one message: unknown settings, wrong values, unknown names.
    """
    file = _find(path)
    settings = _read(file)
    named = settings.pop("overrides", None) or {}
    scenarios = settings.pop("scenarios", None) or {}
    chosen: list[str] = []
    if scenario is not None:
        if scenario not in scenarios:
            raise ConfigError(_unknown("scenario", scenario, scenarios, file))
        chosen += scenarios[scenario]
    for name in [*chosen, *overrides]:
        if name not in named:
            raise ConfigError(_unknown("override", name, named, file))
        settings = {**settings, **named[name]}
    if scenario is not None:
        settings["name"] = f"{settings.get('name', file.stem)}-{scenario}"
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from None


def _find(path: str | Path) -> Path:
    given = Path(path)
    candidates = [given, bundled("configs") / given.name, bundled("configs") / f"{given.name}.yaml"]
    for file in candidates:
        if file.is_file():
            return file
    known = ", ".join(sorted(file.stem for file in bundled("configs").glob("*.yaml")))
    raise ConfigError(
        f"study {path}: no such file. Fix: give a YAML file, or one of the bundled studies: {known}."
    )


def _read(file: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Settings of a file, over those of the file that it extends."""
    if file.resolve() in seen:
        raise ConfigError(f"study {file}: extends itself. Fix: remove one of the 'extends' lines.")
    settings = read_yaml(file, "study")
    if not isinstance(settings, dict):
        raise ConfigError(f"study {file}: is empty or not a list of settings. Fix: write 'name:' and 'title:'.")
    check_named(settings, file)
    parent = settings.pop("extends", None)
    if parent is None:
        return settings
    base = (
        _read(file.parent / str(parent), (*seen, file.resolve()))
        if (file.parent / str(parent)).is_file()
        else None
    )
    if base is None:
        base = _read(_find(str(parent)), (*seen, file.resolve()))
    for section in ("overrides", "scenarios"):
        merged = {**(base.get(section) or {}), **(settings.get(section) or {})}
        if merged:
            settings[section] = merged
    return {**base, **settings}


def _unknown(kind: str, name: str, known: Iterable[str], file: Path) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(names) or "none"
    return f"study {file}: there is no {kind} '{name}'.{hint} {kind.capitalize()}s in the file: {listed}."


def _explain(error: ValidationError, file: Path) -> str:
    lines = explained(error.errors(), _words)
    return "\n".join([f"study {file} has {error.error_count()} fault(s):", *lines])


def _words(fault: Mapping[str, Any]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        if str(fault["loc"][-1]) in _RENAMED:
            return f"there is no such setting any more: {_RENAMED[str(fault['loc'][-1])]}"
        near = difflib.get_close_matches(str(fault["loc"][-1])[:100], _fields(fault["loc"]), 1)
        return "there is no such setting" + (f"; did you mean '{near[0]}'?" if near else "")
    if fault["type"] == "missing":
        return "is missing and has no default"
    given = fault["input"]
    return message + (f" (found {shown(given)})" if not isinstance(given, dict | list | tuple) else "")


#: Settings of earlier releases, and what takes their place.
_RENAMED = {
    "us_access": "the column access of the table markets took its place. Fix: take the line out; for another "
    "access lay a row over that table (market USA, scope all), in a folder that the study names as data",
}


def _fields(place: tuple[int | str, ...]) -> list[str]:
    """Settings that exist at the place of a fault."""
    models: dict[str, type[BaseModel]] = {
        "denials": Denial,
        "cuts": Cut,
        "force": Choice,
        "forbid": Choice,
        "keep": Kept,
        "goal": Goal,
        "limits": Limit,
    }
    model: type[BaseModel] = Study
    for step in place[:-1]:
        model = models.get(str(step), model)
    return list(model.model_fields)
