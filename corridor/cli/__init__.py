"""The command line: `corridor run` does everything; the other commands do one step each."""

from __future__ import annotations

import sys
from collections.abc import Callable

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
    workbook,
)

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
    "export": workbook.export,
    "robust": robust.robust,
    "shock": shocks.shock,
    "risk": risk.risk,
    "sweep": runs.sweep,
    "verify": runs.verify,
    "map": study.map_,
    "report": study.report,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    """Run the command line; bad input ends in a message and an exit code, never in a traceback."""
    from corridor.errors import CorridorError, NoPlan

    try:
        app()
    except NoPlan as error:
        _fail(f"no plan exists: {error}", 3)
    except CorridorError as error:
        _fail(str(error), 2)
    except MemoryError:
        _fail("not enough memory. Fix: use fewer workers, a smaller study, or a larger machine.", 2)
    except OSError as error:  # a full disk, or an output that is closed
        _fail(f"can't read or write: {error.strerror or error}.", 2)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code != 130:
            raise
        _fail(
            "stopped; no half-written results are left, plans found are kept. Fix: continue with run --resume.",
            130,
        )


def _fail(message: str, code: int) -> None:
    print(f"corridor: {message}", file=sys.stderr)
    raise SystemExit(code) from None
