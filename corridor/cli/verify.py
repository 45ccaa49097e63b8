"""`corridor verify`: a results folder worked out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import err, new_table, plain, rows_of
from corridor.cli.console import out as say


def verify(
    folder: Annotated[Path, typer.Argument(help="Results folder of corridor run.")],
) -> None:
    """Work a results folder out again from the study and the tables in it; exit code 1 where it differs."""
    from corridor.verify import verify as again

    with err().status("verifying") as status:
        found = again(folder, progress=lambda what: status.update(f"verifying: {what}"))
    wrong = found[~found["same"]]
    if len(wrong):
        table = new_table(f"{len(wrong)} of {len(found)} checks differ", ["component", "needs"])
        table.columns[0].header, table.columns[1].header = "what", "told"
        for row in rows_of(wrong):
            table.add_row(plain(row["what"]), plain(row["told"]))
        say().print(table)
        raise typer.Exit(1)
    say().print(
        f"All {len(found)} checks are the same; largest relative difference "
        f"{found['largest_difference'].max():.1e}."
    )
