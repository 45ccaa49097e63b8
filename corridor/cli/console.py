"""The terminal: tables on standard output, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table


@contextmanager
def search_progress(console: Console) -> Iterator[Callable[[float, float, float], None]]:
    """A status line of a search: seconds, best loss, bound. Yields the function that updates it."""
    with console.status("planning") as status:

        def update(seconds: float, best: float, bound: float) -> None:
            if best != best:
                status.update(f"planning: {seconds:,.0f} s, no plan yet, bound {bound:,.1f}")
                return
            status.update(f"planning: {seconds:,.0f} s, best {best:,.1f}, bound {bound:,.1f}")

        yield update


@contextmanager
def steps_progress(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar. Yields the function that sets steps done and all steps."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def new_table(title: str, columns: list[str]) -> Table:
    """An empty table; text columns are left-aligned, numbers right-aligned; long names may wrap."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left")
    words = {"component", "sector", "stage", "market", "table", "site", "years", "needs", "denial"}
    may_wrap = {"component", "site", "needs"}
    for column in columns:
        table.add_column(column, justify="left" if column in words else "right", no_wrap=column not in may_wrap)
    return table


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def as_text(text: Any) -> Any:
    """Text shown unchanged: brackets in it are no markup."""
    from rich.text import Text

    return Text(str(text))


def _console(stderr: bool) -> Callable[[], Console]:
    def make() -> Console:
        from rich.console import Console

        class Plain(Console):
            """A console that lets the command line decide what a broken pipe means; rich would exit with 1."""

            def on_broken_pipe(self) -> None:
                raise BrokenPipeError

        # In a file or pipe a table may be wider than 80 columns.
        width = None if (sys.stderr if stderr else sys.stdout).isatty() else 150
        return Plain(stderr=stderr, width=width, highlight=False, markup=False)

    return make


out = _console(False)
err = _console(True)
