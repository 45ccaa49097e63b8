"""The one place that knows the solver: a program in, values with a bound out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from corridor.errors import CorridorError, NoPlan
from corridor.relocate.program import Floats, Ints, Program

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt


class Solver(StrEnum):
    """Solvers in OR-Tools that have been measured on the default study."""

    SCIP = "scip"
    HIGHS = "highs"


class Status(StrEnum):
    """How good the values are."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


class TimeUp(NoPlan):
    """No values were found in time, which says nothing of whether there are any; ``bound`` holds all the same."""

    def __init__(self, message: str, bound: float = -np.inf) -> None:
        super().__init__(message)
        self.bound = bound


@dataclass(frozen=True)
class Solution:
    """Values of the columns, with what is known of their quality.

    ``gap`` is ``(objective - bound) / |objective|``, 0 where both are 0. ``prices`` (rows) and ``slopes``
    (columns) are the duals and reduced costs of a linear program, None for one with whole numbers: what one more
    unit of a row's bound, or of a column at its bound, adds to the objective.
    """

    values: Floats
    objective: float
    bound: float
    status: Status
    solver: Solver
    seconds: float
    prices: Floats | None = None
    slopes: Floats | None = None

    @property
    def gap(self) -> float:
        """Relative gap between the objective and its bound."""
        distance = abs(self.objective - self.bound)
        return 0.0 if distance <= 1e-9 else distance / max(abs(self.objective), 1e-9)


def solve(
    program: Program,
    *,
    gap: float = 1e-4,
    absolute_gap: float = 0.0,
    relaxed: bool = False,
    time_limit_s: float = 60.0,
    hint: Floats | None = None,
    solver: Solver = Solver.HIGHS,
) -> Solution:
    """Minimise a program.

    The arrays go into a MathOpt message at once: no Python object per column.

    Parameters
    ----------
    program
        Columns and rows.
    gap, absolute_gap
        Where to stop: objective less bound, as a part of the objective or in its own unit, whichever comes first.
    relaxed
        Let whole numbers be fractions: a linear program, whose objective bounds that of the whole one.
    time_limit_s
        Seconds after which the best values so far are returned.
    hint
        Values to start from, shape (columns,); NaN where nothing is known. SCIP takes it, HiGHS does not.
    solver
        Which solver. On the default study HiGHS proved 1 % in 5 to 60 s for every budget; SCIP without a hint
        found no plan at all for the smallest within 60 s.

    Raises
    ------
    NoPlan
        If no values satisfy all rows.
    TimeUp
        If none were found in time.
    """
    from ortools.math_opt.python import mathopt

    started = time.perf_counter()
    whole = program.integer & (not relaxed)
    model = _model(program, whole)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=time_limit_s),
        relative_gap_tolerance=gap,
        absolute_gap_tolerance=absolute_gap or None,
        enable_output=False,
    )
    start = mathopt.ModelSolveParameters()
    if hint is not None and solver is Solver.SCIP:
        known = np.flatnonzero(~np.isnan(hint))
        start.solution_hints.append(
            mathopt.SolutionHint(variable_values={model.get_variable(int(at)): float(hint[at]) for at in known})
        )
    kind = {Solver.SCIP: mathopt.SolverType.GSCIP, Solver.HIGHS: mathopt.SolverType.HIGHS}[solver]
    result = _aside(lambda: mathopt.solve(model, kind, params=parameters, model_params=start))
    seconds = time.perf_counter() - started
    reason = result.termination.reason
    if not result.has_primal_feasible_solution():
        if reason in (
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        ):
            # HiGHS' presolve has called a feasible program infeasible; only what both say is believed.
            if solver is Solver.HIGHS:
                return solve(
                    program, gap=gap, relaxed=relaxed, time_limit_s=max(time_limit_s, 5.0), solver=Solver.SCIP
                )
            raise NoPlan("the limits contradict each other: no plan satisfies all of them.")
        if reason in (mathopt.TerminationReason.NO_SOLUTION_FOUND, mathopt.TerminationReason.FEASIBLE):
            bound = float(result.termination.objective_bounds.dual_bound)
            raise TimeUp(f"no plan was found within {time_limit_s:g} s. Mend: raise time_limit_s.", bound)
        raise CorridorError(f"the solver stopped without a plan: {reason.name} ({result.termination.detail}).")
    optimal = reason is mathopt.TerminationReason.OPTIMAL
    prices = slopes = None
    if not whole.any() and result.has_dual_feasible_solution():
        dual, reduced = result.dual_values(), result.reduced_costs()
        prices = np.fromiter((dual[row] for row in model.linear_constraints()), float, program.height)
        slopes = np.fromiter((reduced[column] for column in model.variables()), float, program.width)
    return Solution(
        values=_values(model, result, program.width),
        objective=float(result.objective_value()),
        bound=float(result.termination.objective_bounds.dual_bound),
        status=Status.OPTIMAL if optimal else Status.FEASIBLE,
        solver=solver,
        seconds=seconds,
        prices=prices,
        slopes=slopes,
    )


def _aside(work: Callable[[], mathopt.SolveResult]) -> mathopt.SolveResult:
    """Run the solver in a thread of its own, so that an interruption is felt at once and not at its end."""
    out: list[mathopt.SolveResult] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            out.append(work())
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    if faults:
        raise faults[0]
    return out[0]


def _values(model: mathopt.Model, result: mathopt.SolveResult, width: int) -> Floats:
    values = result.variable_values()
    return np.fromiter((values[variable] for variable in model.variables()), float, width)


def _model(program: Program, whole: np.ndarray) -> mathopt.Model:
    """The program as a MathOpt model, filled from arrays."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    low, high = program.bounds
    row_low, row_high = program.row_bounds
    matrix = program.matrix
    message = model_pb2.ModelProto()
    variables = message.variables
    variables.ids.extend(range(len(low)))
    variables.lower_bounds.extend(low.tolist())
    variables.upper_bounds.extend(high.tolist())
    variables.integers.extend(whole.tolist())
    cost = program.cost
    used = np.flatnonzero(cost)
    message.objective.maximize = False
    message.objective.linear_coefficients.ids.extend(used.tolist())
    message.objective.linear_coefficients.values.extend(cost[used].tolist())
    constraints = message.linear_constraints
    constraints.ids.extend(range(len(row_low)))
    constraints.lower_bounds.extend(row_low.tolist())
    constraints.upper_bounds.extend(row_high.tolist())
    matrix.sort_indices()
    entries = message.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)).tolist())
    entries.column_ids.extend(matrix.indices.tolist())
    entries.coefficients.extend(matrix.data.tolist())
    return mathopt.Model.from_model_proto(message)


class Linear:
    """A linear program of which only some columns, held at given values, change between solves.

    GLOP keeps its basis from one solve to the next.

    Parameters
    ----------
    program
        Its whole numbers are taken as fractions.
    held
        Columns that are held.
    """

    def __init__(self, program: Program, held: Ints) -> None:
        from ortools.math_opt.python import mathopt

        self._model = _model(program, np.zeros(program.width, dtype=bool))
        self._held = [self._model.get_variable(int(at)) for at in held]
        self._last = np.full(len(held), np.nan)
        self._width = program.width
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        self._result: mathopt.SolveResult | None = None

    def solve(self, values: Floats) -> float:
        """Objective with the held columns at `values`, shape (held,)."""
        for at in np.flatnonzero(values != self._last):
            variable, value = self._held[at], float(values[at])
            variable.lower_bound = value
            variable.upper_bound = value
        self._last = values.copy()
        from ortools.math_opt.python import mathopt

        self._result = self._solver.solve()
        if self._result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
            # GLOP gives up on some badly scaled windows ("imprecise"); HiGHS, cold, does not.
            self._result = mathopt.solve(self._model, mathopt.SolverType.HIGHS)
        if not self._result.has_primal_feasible_solution():
            raise CorridorError(f"a window could not be solved: {self._result.termination.reason.name}.")
        return float(self._result.objective_value())

    def slope(self) -> Floats:
        """How the objective changes with each held column, shape (held,)."""
        if self._result is None:
            raise CorridorError("nothing has been solved yet.")
        return np.array(self._result.reduced_costs(self._held))

    def values(self) -> Floats:
        """Values of all columns."""
        if self._result is None:
            raise CorridorError("nothing has been solved yet.")
        return _values(self._model, self._result, self._width)
