"""Named shocks: past ones with what is known of their course, and possible ones."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from corridor.config import Cut, Denial, Study
from corridor.data.bundled import bundled
from corridor.data.frames import nearest
from corridor.data.guards.settings import Settings, explained
from corridor.data.guards.yaml_files import read_yaml
from corridor.errors import ConfigError

#: Faults of a file of shocks that are listed.
MOST_FAULTS = 100


class Shock(Settings):
    """A named shock.

    Attributes
    ----------
    began
        Year and month in which it began, for example ``2023-08``; blank for one that has not happened.
    months
        How long deliveries were, or would be, withheld.
    cuts
        What is withheld; the fraction is assumed if no figures are known.
    low, high
        Range of a factor on the fractions withheld; at most everything is withheld.
    known
        What is known of its course, and what is assumed.
    source
        Source of what is known.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    began: str = Field(default="", pattern=r"^(\d{4}-\d{2})?$")
    months: float = Field(gt=0, le=60)
    cuts: tuple[Cut, ...] = Field(min_length=1)
    low: float = Field(default=1.0, gt=0, le=1)
    high: float = Field(default=1.0, ge=1, le=10)
    known: str = Field(min_length=20)
    source: str = Field(min_length=5)

    @model_validator(mode="after")
    def _ordered(self) -> Shock:
        if self.high > 1.0 and all(cut.cut == 1.0 for cut in self.cuts):
            raise ValueError("high: everything is withheld already")
        return self

    def denial(self, year: int, factor: float = 1.0, months: float | None = None) -> Denial:
        """The shock as a denial that starts in a year, with the fractions withheld times a factor."""
        cuts = tuple(cut.model_copy(update={"cut": min(cut.cut * factor, 1.0)}) for cut in self.cuts)
        return Denial(
            name=self.name,
            start=year,
            months=self.months if months is None else months,
            probability=1.0,
            reason="a named shock that is taken to happen",
            source=self.source,
            cuts=cuts,
        )


def load_shocks(path: str | Path | None = None) -> dict[str, Shock]:
    """Named shocks of a YAML file, or the bundled ones.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    file = bundled("configs") / "shocks" / "known.yaml" if path is None else Path(path)
    rows = read_yaml(file, "shocks")
    listed = rows.get("shocks") if isinstance(rows, dict) else None
    if not isinstance(listed, list):
        raise ConfigError(f"shocks {file}: has no list 'shocks'. Fix: start with 'shocks:' and a list.")
    out: dict[str, Shock] = {}
    faults = []
    for number, row in enumerate(listed):
        try:
            shock = Shock.model_validate(row)
        except ValidationError as error:
            faults += [line.replace("  - ", f"  - shock {number + 1}, ", 1) for line in explained(error.errors())]
            continue
        if shock.name in out:
            faults.append(f"  - shock {number + 1}: '{shock.name}' is defined twice")
        out[shock.name] = shock
    if faults:
        more = [f"  - and {len(faults) - MOST_FAULTS:,} more"] if len(faults) > MOST_FAULTS else []
        shown = faults[:MOST_FAULTS] + more
        raise ConfigError("\n".join([f"shocks {file} has {len(faults)} fault(s):", *shown]))
    return out


def named(name: str, study: Study, shocks: dict[str, Shock] | None = None) -> Shock | Denial:
    """A shock by its name, or a denial of the study.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists the known ones.
    """
    known: dict[str, Shock | Denial] = {denial.name: denial for denial in study.denials}
    known |= load_shocks() if shocks is None else shocks
    if name not in known:
        near = nearest(name, known)
        hint = f" Did you mean '{near}'?" if near else ""
        raise ConfigError(f"there is no shock '{name}'.{hint} Known shocks: {', '.join(sorted(known))}.")
    return known[name]
