"""The base of all settings that are read from files, and their faults in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from corridor.data.guards.figures import LARGEST, plausible
from corridor.errors import listed

__all__ = ["Settings", "explained"]


class Settings(BaseModel):
    """Settings that are checked once and never change: no unknown one, and every number is a plausible figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _numbers(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name != "budget_usd_m":  # which may be without limit; checked there
            for one in _numbers_of(value):
                if not plausible(one):
                    raise ValueError(f"wanted a finite number of at most {LARGEST:g}")
        return value


def _numbers_of(value: Any) -> Iterator[float]:
    """Every number in a setting; settings inside it have been checked themselves."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        for one in value:
            yield from _numbers_of(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def explained(
    faults: Sequence[Mapping[str, Any]], words: Callable[[Mapping[str, Any]], str] | None = None
) -> list[str]:
    """A line for each kind of fault that pydantic found, with all its places."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        place = ".".join(str(step) for step in fault["loc"]) or "all of it"
        kind = ".".join("*" if isinstance(step, int) else str(step) for step in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ") if words is None else words(fault)
        kinds.setdefault((kind if kind != place else "", message), []).append(place)
    return [f"  - {listed(places, 10)}: {message}" for (_, message), places in kinds.items()]
