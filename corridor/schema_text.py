"""The data dictionary as Markdown, written from the schema files."""

from __future__ import annotations

from pathlib import Path

from corridor.schema import load_schema


def data_dictionary() -> str:
    """
    Describe every table and column of the schema.

    Returns
    -------
    str
        Markdown: a section per table, a row per column (name, type, unit, required, description).
    """
    lines = ["# Data dictionary", "", "Written from `corridor/schema/*.csv` by `python -m corridor.schema_text`."]
    for file in sorted((Path(__file__).parent / "schema").glob("*.csv")):
        lines += [
            "",
            f"## {file.stem}",
            "",
            "| column | type | unit | required | meaning |",
            "| --- | --- | --- | --- | --- |",
        ]
        for column in load_schema(file.stem):
            cells = (column.name, column.type, column.unit, "yes" if column.required else "no", column.description)
            lines.append("| " + " | ".join(str(cell or "").replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(data_dictionary(), end="")
