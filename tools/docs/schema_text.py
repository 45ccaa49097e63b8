"""The data dictionary as Markdown, written from the schema files."""

from __future__ import annotations

from corridor.data.schema import TABLES, Column, load_schema

_HEAD = """# Data dictionary

Written from `corridor/data/schema/*.csv` by `python -m tools.docs.schema_text`.

Columns in **bold** are the key of a table: two rows with the same key are an error. "Blank" says what a blank
cell means; "no" means that no cell may be blank."""


def data_dictionary() -> str:
    """
    Describe every table and column of the schema.

    Returns
    -------
    str
        Markdown: a section per table, a row per column: name, type, unit, what a blank cell means, allowed
        values (texts, range, or the table and column that must hold them), description.
    """
    lines = [_HEAD]
    for table in sorted(TABLES):
        lines += [
            "",
            f"## {table}",
            "",
            "| column | type | unit | blank | values | meaning |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for column in load_schema(table):
            name = f"**{column.name}**" if column.key else column.name
            cells = (name, column.type, column.unit, _blank(column), _values(column), column.description)
            lines.append("| " + " | ".join(str(cell or "").replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _blank(column: Column) -> str:
    """What a blank cell means."""
    if column.default is not None:
        default = column.default
        return f"{default:g}" if isinstance(default, float) else str(default).lower()
    if column.required:
        return "no"
    return "none" if column.type == "string" else "not known"


def _values(column: Column) -> str:
    """Values allowed in a column."""
    rules = []
    if column.refers:
        rules.append("one of `{}.{}`".format(*column.refers))
    if column.allowed:
        rules.append(", ".join(column.allowed))
    if column.minimum is not None and column.maximum is not None:
        rules.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        rules.append(f"{column.minimum:g} or more")
    elif column.maximum is not None:
        rules.append(f"{column.maximum:g} or less")
    return "; ".join(rules)


if __name__ == "__main__":
    print(data_dictionary(), end="")
