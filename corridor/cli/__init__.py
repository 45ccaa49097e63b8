"""The command line: `corridor run` does everything; the other commands do one step each."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from corridor.cli import (
    data,
    importers,
    measures,
    networks,
    plans,
    risk,
    robust,
    runs,
    shocks,
    study,
)
from corridor.cli.process import BROKEN_PIPE, Terminated, open_streams, raise_on_signals, silence

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "What India and the United States depend on in electronics, medicines and critical minerals, counted "
        "through the bill of materials; and which production to move to India within a budget.\n\n"
        "Begin with: corridor run"
    ),
)


@app.callback()
def _shared(
    read_memory: Annotated[
        str | None,
        typer.Option(
            "--read-memory",
            help="Memory for what one call reads, 1GiB if left out: a larger file is refused before it is read.",
            show_default=False,
        ),
    ] = None,
) -> None:
    if read_memory is not None:
        from corridor.data.guards.budget import VARIABLE, memory

        os.environ[VARIABLE] = read_memory  # workers have it too
        memory()


#: Commands in the order in which `corridor --help` lists them.
_COMMANDS: dict[str, Callable[..., None]] = {
    "run": study.run,
    "check": data.check,
    "import": importers.import_,
    "graph": data.graph,
    "measure": measures.measure,
    "look-through": networks.look_through,
    "cascade": networks.cascade,
    "reliance": networks.reliance,
    "plan": plans.plan,
    "explain": plans.explain,
    "frontier": plans.frontier,
    "export": plans.export,
    "robust": robust.robust,
    "shock": shocks.shock,
    "risk": risk.risk,
    "sweep": runs.sweep,
    "verify": runs.verify,
    "map": study.map_,
    "report": study.report,
}


def _checked(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with every number among its options checked: neither infinite, nor missing, nor absurd."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        from corridor.data.guards.figures import LARGEST, plausible, shown
        from corridor.errors import ConfigError

        faults = [
            f"--{name.replace('_', '-')}: found {shown(value)}; wanted a number of at most {LARGEST:g}"
            for name, given in options.items()
            for value in (given if isinstance(given, list | tuple) else [given])
            if isinstance(value, int | float) and not plausible(value)
        ]
        if faults:
            raise ConfigError("\n".join(faults))
        try:
            command(*args, **options)
        except BrokenPipeError:
            silence()
            raise typer.Exit(BROKEN_PIPE) from None

    return run


for _name, _command in _COMMANDS.items():
    app.command(_name)(_checked(_command))


def main() -> None:
    """Run the command line; bad input ends in a message and an exit code, never in a traceback."""
    open_streams()
    raise_on_signals()
    from corridor.errors import CorridorError, NoPlan

    try:
        app()
    except NoPlan as error:
        _fail(f"no plan exists: {error}", 3)
    except CorridorError as error:
        _fail(str(error), 2)
    except MemoryError:
        _fail("not enough memory. Fix: use fewer workers, a smaller study, or a larger machine.", 2)
    except OSError as error:  # a full disk, a name that is too long
        _fail(f"can't read or write: {error.strerror or error}.", 2)
    except (KeyboardInterrupt, SystemExit, Terminated) as stopped:
        code = getattr(stopped, "code", 130)
        if isinstance(stopped, SystemExit) and code != 130:
            _flush()
            raise
        _fail(
            "stopped; no half-written results are left, plans found are kept. Fix: continue with run --resume.",
            code,
        )


def _flush() -> None:
    """Write what is still buffered, while a fault of the output can still be reported."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        raise SystemExit(BROKEN_PIPE) from None
    except OSError as error:
        silence()
        _fail(f"can't read or write: {error.strerror or error}.", 2)


def _fail(message: str, code: int) -> None:
    try:
        print(f"corridor: {message}", file=sys.stderr, flush=True)
    except OSError:  # nobody listens; the exit code still says it
        silence()
    raise SystemExit(code) from None
