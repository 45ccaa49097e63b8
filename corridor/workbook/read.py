"""Read an edited workbook back as a study: only edited cells change the study."""

from __future__ import annotations

from pathlib import Path

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.workbook.cells import Faults, open_sheets, pieces, read_rows
from corridor.workbook.layout import EDITED
from corridor.workbook.read_choices import read_choices, read_denials
from corridor.workbook.read_limits import check_edited_limits, read_limits
from corridor.workbook.read_settings import edited_study, read_settings


def read_workbook(path: str | Path, tables: Tables) -> Study:
    """The study of a workbook that :func:`write_workbook` wrote, with its edits.

    Parameters
    ----------
    path
        The workbook.
    tables
        The tables that it was written for; edited names are checked against them.

    Returns
    -------
    Study
        Equal to the written study if nothing was edited.

    Raises
    ------
    ConfigError
        With sheet, row and column of every bad cell, and how to fix it.
    """
    path = Path(path)
    faults = Faults(path)
    sheets = open_sheets(path, ["corridor", *EDITED])
    for name in ("corridor", *EDITED):
        if name not in sheets:
            what = "the hidden sheet that holds the study" if name == "corridor" else "sheet"
            faults.add(name, f"{what} is missing", "write the workbook again with corridor export")
    faults.stop()
    try:
        hidden = pieces(sheets["corridor"])
        base = Study.model_validate(hidden["study"])
        known = {row["name"]: row for row in hidden["limits"]}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise ConfigError(
            f"workbook {path}: the hidden sheet that holds the study is broken. Fix: write the workbook again "
            "with corridor export, and edit cells only."
        ) from None
    rows = {name: read_rows(name, sheets[name], columns, faults) for name, columns in EDITED.items()}
    faults.stop()
    changes = read_settings(base, rows["settings"], tables, faults)
    limits = read_limits(base, known, rows["limits"], tables, faults)
    changes |= {"limits": limits} | read_choices(base, rows["options"], tables, faults)
    changes["denials"] = read_denials(base, rows["denials"], faults)
    faults.stop()
    study = edited_study(base, changes, rows, faults)
    check_edited_limits(study, tables, rows, faults)
    return study
