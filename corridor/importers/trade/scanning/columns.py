"""Which columns of a file hold what, and the SQL that adds its rows up by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corridor.data.databases import quoted
from corridor.importers.files.open_files import Opened, literal
from corridor.importers.trade.scanning.code_cells import TOTAL, with_digits

__all__ = [
    "FEWER_DIGITS",
    "KEPT",
    "NO_CODE",
    "NO_FLOW",
    "OTHER_LEVELS",
    "UNEQUAL_LEVELS",
    "WRONG_VALUE",
    "ColumnMap",
    "roles_of",
    "sums_of",
]

KEPT = "kept"
"""Outcome of rows that become trade; other outcomes are the reasons why rows are left out."""
NO_CODE = "codes that are none of the Harmonized System"
FEWER_DIGITS = "codes of fewer than six digits, without rows of six"
OTHER_LEVELS = "other levels of the nomenclature"
NO_FLOW = "rows whose flow is not known"
UNEQUAL_LEVELS = "national codes that add up to more than their six-digit row"
WRONG_VALUE = "(value < 0 OR NOT isfinite(value))"
_ROLES = ("period", "month", "importer", "exporter", "code", "value", "duty", "revision")
_SLACK = 1.01
_GROUPED = r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]{1,2}(,[0-9]{2})*,[0-9]{3}(\.[0-9]+)?"


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """Columns of a publisher's file, by what they hold.

    Parameters
    ----------
    source
        Name for messages.
    period
        Column with the year (2023, 2023-24) or month (202301, 2023-01); empty if the file has none.
    month
        Column with the month alone, 1 to 12, if `period` holds the year alone.
    importer, exporter, code, value
        Columns; importer or exporter empty if the file covers one country without naming it.
    duty, revision
        Columns, empty if the file has none.
    usd
        US$ in one unit of `value`: 1000 for thousand US$. By year if a currency's rate changes.
    detail
        Further columns of the key of a row, for example the mode of transport.
    skip
        Reason -> condition on columns of the file, in trusted SQL: rows left out before anything else.
    no_money
        Reasons of `skip` whose rows hold quantities: their values are not counted.
    missing
        Texts that mean no value.
    grouped
        Whether values may hold commas between thousands (1,839 or 12,34,567).
    """

    source: str
    period: str = ""
    month: str = ""
    importer: str = ""
    exporter: str = ""
    code: str
    value: str
    duty: str = ""
    revision: str = ""
    usd: float | Mapping[int, float]
    detail: tuple[str, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict)
    no_money: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    grouped: bool = False

    def column(self, role: str) -> str:
        """Column of a role, empty if the file has none."""
        name: str = getattr(self, role)
        return name

    def used(self) -> list[str]:
        """Columns that the file must have."""
        roles = [self.column(role) for role in _ROLES]
        return list(dict.fromkeys([*(name for name in roles if name), *self.detail]))


def _number(column: str, layout: ColumnMap) -> str:
    """SQL for a column as a number; texts that mean no value are NULL, and what is no number is -1."""
    name = quoted(column)
    if not layout.missing and not layout.grouped:
        return f"CAST({name} AS DOUBLE)"
    words = ", ".join(literal(word) for word in (*layout.missing, ""))
    text = f"trim(CAST({name} AS VARCHAR))"
    plain = f"CASE WHEN regexp_full_match({text}, '{_GROUPED}') THEN replace({text}, ',', '') ELSE {text} END"
    number = plain if layout.grouped else text
    return f"CASE WHEN {text} NOT IN ({words}) THEN coalesce(TRY_CAST({number} AS DOUBLE), -1) END"


def _types(layout: ColumnMap) -> dict[str, str]:
    return (
        {}
        if layout.missing or layout.grouped
        else {name: "DOUBLE" for name in (layout.value, layout.duty) if name}
    )


def roles_of(file: Opened, layout: ColumnMap) -> str:
    """SQL that selects the roles and details of one file, the level of its codes, and why a row is skipped."""
    cells = []
    for role in ("period", "importer", "exporter", "revision"):
        name = layout.column(role)
        text = f"trim(CAST({quoted(name)} AS VARCHAR))" if name else "NULL::VARCHAR"
        if role == "period" and layout.month:
            text = f"{text} || '-' || lpad(trim(CAST({quoted(layout.month)} AS VARCHAR)), 2, '0')"
        cells.append(f"{text} AS {role}")
    cells.append("hs_code AS code")
    cells.append("hs_level AS level")
    cells.append(f"{_number(layout.value, layout)} AS value")
    cells.append(f"{_number(layout.duty, layout) if layout.duty else 'NULL::DOUBLE'} AS duty")
    cells += [f"CAST({quoted(name)} AS VARCHAR) AS detail_{index}" for index, name in enumerate(layout.detail)]
    skip = "".join(f" WHEN {condition} THEN {literal(reason)}" for reason, condition in layout.skip.items())
    cells.append(f"{f'CASE{skip} END' if skip else 'NULL::VARCHAR'} AS skipped")
    return f"SELECT {', '.join(cells)} FROM {with_digits(layout.code, file.scan(_types(layout)))}"


def _outcome(layout: ColumnMap, years: Sequence[int], importers: Sequence[str] | None) -> str:
    cases = ["WHEN skipped IS NOT NULL THEN skipped"]
    if years and layout.period:
        words = ", ".join(literal(str(int(year))) for year in years)
        cases.append(f"WHEN regexp_extract(period, '(19|20)[0-9][0-9]') NOT IN ({words}) THEN 'other years'")
    if importers is not None and layout.importer:
        words = ", ".join(literal(name) for name in importers)
        cases.append(f"WHEN importer NOT IN ({words}) THEN 'other importers'")
    cases.append(f"WHEN level IS NULL THEN '{NO_CODE}'")
    return f"CASE {' '.join(cases)} ELSE '{KEPT}' END"


def _one_level(rows: str, layout: ColumnMap) -> str:
    """SQL that leaves out the levels of the nomenclature that repeat others.

    Of a partner and six digits, the row of six digits is kept, else the rows of the next level. Rows of two and
    four digits and of all goods never become trade: they repeat finer rows of the same partner, or stand alone.
    """
    group = ", ".join(
        ["period", "importer", "exporter", "revision", *(f"detail_{i}" for i in range(len(layout.detail)))]
    )
    kept = f"outcome = '{KEPT}'"
    coarse = f"level IN (0, 2, 4) AND {kept}"
    windows = f"""
        min(level) FILTER ({kept} AND level >= 6) OVER (PARTITION BY {group}, substr(code, 1, 6)) AS best,
        max(level) FILTER ({kept}) OVER (PARTITION BY {group}, substr(code, 1, 4)) AS of_heading,
        max(level) FILTER ({kept}) OVER (PARTITION BY {group}, substr(code, 1, 2)) AS of_chapter,
        max(level) FILTER ({kept}) OVER (PARTITION BY {group}) AS of_all"""
    sums = f"""
        sum(value) FILTER (level = best) OVER (PARTITION BY {group}, substr(code, 1, 6)) AS kept_value,
        sum(value) FILTER (level > best) OVER (PARTITION BY {group}, substr(code, 1, 6), level) AS level_value"""
    return f"""
        SELECT * REPLACE (CASE
            WHEN {kept} AND level >= 6 AND level > best AND level_value > {_SLACK} * kept_value
                THEN '{UNEQUAL_LEVELS}'
            WHEN {kept} AND level >= 6 AND level > best THEN '{OTHER_LEVELS}'
            WHEN {coarse} AND CASE level WHEN 4 THEN of_heading > 4 WHEN 2 THEN of_chapter > 2 ELSE of_all > 0 END
                THEN '{OTHER_LEVELS}'
            WHEN {coarse} THEN '{FEWER_DIGITS}'
            ELSE outcome END AS outcome)
        FROM (SELECT *, {sums} FROM (SELECT *, {windows} FROM ({rows})))"""


def sums_of(
    opened: Sequence[Opened],
    layout: ColumnMap,
    years: Sequence[int],
    importers: Sequence[str] | None,
    *,
    one_level: bool,
) -> str:
    """SQL of the sums; the table ``separate`` holds the codes to keep separate.

    Parameters
    ----------
    opened, layout, years, importers
        As `scan.add_up` takes them.
    one_level
        Whether the files hold several levels of the nomenclature, of which one is kept.
    """
    union = " UNION ALL ".join(roles_of(file, layout) for file in opened)
    details = [f"detail_{index}" for index in range(len(layout.detail))]
    by_period = isinstance(layout.usd, Mapping)  # each year has its own rate: rows left out need it too
    asked = f"(outcome = '{KEPT}' OR outcome IN ('{FEWER_DIGITS}', '{UNEQUAL_LEVELS}', '{NO_CODE}'))"
    kept = {name: f"CASE WHEN {asked} THEN {name} END" for name in ("importer", "exporter", "revision")}
    kept["period"] = "period" if by_period else f"CASE WHEN {asked} THEN period END"
    known = f"outcome = '{KEPT}' AND separate.code IS NOT NULL"
    kept["file_code"] = f"CASE WHEN {known} THEN raw.code END"
    for name in details:
        kept[name] = f"CASE WHEN {known} THEN {name} END"
    cells = ", ".join(f"{expression} AS {name}" for name, expression in kept.items())
    rows = f"""
        WITH raw AS ({union})
        SELECT *, {_outcome(layout, years, importers)} AS outcome,
               CAST(TRY_CAST(substr(code, 1, 2) AS UTINYINT) AS BIGINT) AS chapter FROM raw"""
    if one_level:
        rows = _one_level(rows, layout)
    return f"""
        WITH marked AS ({rows})
        SELECT outcome, level, {cells}, count(*) AS rows, sum(value) AS value, sum(duty) AS duty,
               outcome <> '{KEPT}' AND (level IS NULL OR separate.code IS NOT NULL
                   OR substr(raw.code, 1, 4) IN (SELECT substr(code, 1, level) FROM separate)
                   OR raw.code = '{TOTAL}') AS asked,
               count(*) FILTER ({WRONG_VALUE}) AS wrong,
               count(*) - count(value) AS blank,
               count(*) FILTER (level = -1) AS odd, coalesce(bit_or(1::BIGINT << (chapter % 62)), 0) AS chapters
        FROM marked AS raw LEFT JOIN separate ON substr(raw.code, 1, 6) = separate.code
        GROUP BY ALL"""
