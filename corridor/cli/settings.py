"""Options that commands share, and the study and tables that they select."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corridor.config import Study
    from corridor.data.tables import Tables

StudyName = Annotated[
    str,
    typer.Argument(
        metavar="[STUDY]", help="Study: a YAML file, or one of default, electronics, pharma, minerals."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder, .xlsx workbook, or .sqlite or .duckdb file of tables that extend the bundled ones.",
        show_default=False,
    ),
]
Only = Annotated[
    bool,
    typer.Option("--data-only", help="Use the tables of --data alone, without the bundled ones."),
]
Scenario = Annotated[
    str | None,
    typer.Option("--scenario", help="One of the study's scenarios: a list of overrides.", show_default=False),
]
Override = Annotated[
    list[str] | None,
    typer.Option("--override", help="One of the study's overrides; may be given again.", show_default=False),
]
Effort = Annotated[
    str | None,
    typer.Option(
        "--effort",
        help="Work for each plan: quick, normal or thorough; the study's if left out.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results; an earlier result there is replaced.")]


def load_inputs(
    study: str,
    data: Path | None,
    only: bool,
    scenario: str | None = None,
    overrides: list[str] | None = None,
    effort: str | None = None,
) -> tuple[Study, Tables]:
    from corridor.config import EFFORTS, load_study
    from corridor.data.names import STATUSES
    from corridor.errors import ConfigError

    settings = load_study(study, scenario, overrides or ())
    if effort is not None:
        if effort not in EFFORTS:
            raise ConfigError(f"effort {effort!r}: no such effort. Fix: write {', '.join(EFFORTS)}.")
        settings = settings.model_copy(update={"effort": effort})
    if data is None and settings.data is not None:
        beside = Path(study).parent / settings.data
        data, only = beside if beside.exists() else Path(settings.data), settings.data_only
    tables = load_data(data, only)
    return settings, tables if set(settings.evidence) == set(STATUSES) else _known(settings, tables)


def _known(settings: Study, tables: Tables) -> Tables:
    """Tables with the evidence that the study wants; prints what is left out."""
    from corridor.cli.console import err
    from corridor.measures.supply.evidence import cannot_be_planned, kept_tables, left_out

    counts = left_out(tables, settings)
    err().print(
        f"Only rows that are {', '.join(settings.evidence)}: {counts['kept'].sum():,} of "
        f"{counts['rows'].sum():,}. Needs and recipes without such rows are left out; an unknown origin "
        f"counts as {settings.unknown_origin}."
    )
    lost = cannot_be_planned(tables, settings)
    plants = tables.technologies["component"].nunique()
    err().print(
        f"Of {plants:,} components with a plant to build, {len(lost):,} cannot be planned for: without "
        f"a known plant {(~lost['technology']).sum():,}, a known need {(~lost['need']).sum():,}, a known share of "
        f"the target {(~lost['target_share']).sum():,}."
    )
    return kept_tables(tables, settings)


def load_data(data: Path | None, only: bool) -> Tables:
    from corridor.data.tables import load_tables

    return load_tables(data, extend=data is not None and not only)
