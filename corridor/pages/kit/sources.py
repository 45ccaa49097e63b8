"""Sources of one page: numbered in order of first use, with their years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corridor.pages.kit.payload import text, year


class SourceNotes:
    """Numbers for the sources of a page.

    Parameters
    ----------
    known
        Rows of the table ``sources`` by key.
    """

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known
        self._years: dict[str, set[int]] = {}

    def __call__(self, key: Any, of_year: Any = None) -> int:
        """Number of a source; its year is recorded. 0 if there is no source."""
        name = text(key)
        if not name:
            return 0
        years = self._years.setdefault(name, set())
        if (when := year(of_year)) is not None:
            years.add(when)
        return list(self._years).index(name) + 1

    def listed(self) -> list[dict[str, Any]]:
        """Title, publisher, licence, address (only web addresses) and years of each source, by number."""
        return [self._line(key, sorted(years)) for key, years in self._years.items()]

    def _line(self, key: str, years: list[int]) -> dict[str, Any]:
        row = self._known.get(key)
        address = text(getattr(row, "address", ""))
        return {
            "title": text(getattr(row, "title", "")) or key,
            "publisher": text(getattr(row, "publisher", "")),
            "licence": text(getattr(row, "licence", "")),
            "date": text(getattr(row, "date", "")),
            "address": address if address.lower().startswith(("https://", "http://")) else "",
            "years": f"{years[0]}–{years[-1]}" if len(years) > 1 else f"{years[0]}" if years else "",
        }
