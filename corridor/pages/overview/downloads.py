"""Files in a results folder, as the overview lists them: only files that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from corridor.pages.kit.words import dollars

#: Endings of files that are listed.
_KINDS = (".csv", ".parquet", ".json", ".xlsx")
_WORDS = {
    "exposure.csv": "exposure of every component in every market, with its evidence",
    "shares.csv": "shares of origins, with status, source and year",
    "frontier.csv": "one row per plan: cost, loss, exposure, gap",
    "study.json": "settings of the study, to run it again",
    "corridor.json": "versions, and checksums of the tables",
}


def downloads(folder: Path) -> list[dict[str, Any]]:
    """Files of a results folder in groups.

    Parameters
    ----------
    folder
        Folder of the pages; may be empty or missing.

    Returns
    -------
    list of dict
        ``title``; ``files``: dicts of ``href`` (relative, quoted), ``name``, ``words``. Groups without files are
        left out.
    """
    groups = [
        ("Results", [_file(folder, path) for path in _in(folder)]),
        ("Measures", [_file(folder, path) for path in _in(folder / "measures")]),
        *[
            (f"Plan of {_budget(place.name)}", [_file(folder, path) for path in _in(place)])
            for place in _folders(folder / "plans")
        ],
        ("Tables of the study", [_file(folder, path) for path in _in(folder / "tables")]),
    ]
    return [{"title": title, "files": files} for title, files in groups if files]


def _in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _KINDS)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _file(folder: Path, path: Path) -> dict[str, str]:
    return {
        "href": quote(path.relative_to(folder).as_posix()),
        "name": path.name,
        "words": _WORDS.get(path.name, "") if path.parent == folder else "",
    }


def _budget(name: str) -> str:
    """Budget of a plan from the name of its folder."""
    try:
        return dollars(float(name))
    except ValueError:
        return name
