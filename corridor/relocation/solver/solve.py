"""The only module that runs the solver: takes a program, returns values with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from corridor.data.arrays import Floats, Ints
from corridor.errors import ConfigError, CorridorError, NoPlan
from corridor.relocation.model.program import Program


class Solver(StrEnum):
    """Solvers in OR-Tools that have been measured on the default study."""

    SCIP = "scip"
    HIGHS = "highs"


class SolveStatus(StrEnum):
    """How good the values are."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


#: Seconds that no solve should ever need: a cap against hanging, not a way to stop.
SAFETY_S = 3_600.0
#: What HiGHS takes in the matrix and as a cost; anything larger is infinite to it.
LARGEST_ENTRY, LARGEST_COST = 1e15, 1e20


class NothingFound(NoPlan):
    """No values were found within the work or time allowed, though there may be some; ``bound`` is valid."""

    def __init__(self, bound: float = -np.inf, *, out_of_time: bool = False) -> None:
        super().__init__(
            "no plan was found within time_limit_s. Fix: raise it."
            if out_of_time
            else "no plan was found within the work allowed. Fix: effort: thorough."
        )
        self.bound, self.out_of_time = bound, out_of_time


@dataclass(frozen=True)
class Solution:
    """Values of the columns, with their gap and duals.

    ``gap`` is ``(objective - bound) / |objective|``, 0 if both are 0. ``prices`` (rows) and ``slopes``
    (columns) are the duals and reduced costs of a linear program, None for one with integers: what one more
    unit of a row's bound, or of a column at its bound, adds to the objective.
    """

    values: Floats
    objective: float
    bound: float
    status: SolveStatus
    solver: Solver
    seconds: float
    out_of_time: bool = False
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
    gap: float = 1e-6,
    absolute_gap: float = 0.0,
    relaxed: bool = False,
    nodes: int | None = None,
    plans: int | None = None,
    time_limit_s: float = SAFETY_S,
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
        Where to stop: objective less bound, as a fraction of the objective or in its own unit, whichever comes
        first.
    relaxed
        Drop integrality: a linear program, whose objective bounds that of the integer program.
    nodes
        Nodes of the branch-and-bound tree after which the best values so far are returned; 1: the root with its
        cuts and heuristics. HiGHS takes the same way with any number of threads, beside any other load.
    plans
        Number of values found, each better than those before, after which the last are returned.
    time_limit_s
        Safety cap in seconds: where it strikes, the solution is ``out_of_time`` and may differ elsewhere.
    hint
        Values to start from, shape (columns,); NaN where unknown. SCIP takes it, HiGHS does not.
    solver
        Which solver. On the default study HiGHS proved 1 % in 5 to 60 s for every budget; SCIP without a hint
        found no plan at all for the smallest within 60 s.

    Raises
    ------
    NoPlan
        If no values satisfy all rows.
    NothingFound
        If none were found within the nodes or the time, which says nothing of whether there are any.
    """
    from ortools.math_opt import parameters_pb2, result_pb2

    started = time.perf_counter()
    integer = program.integer & (not relaxed)
    model = model_message(program, integer)
    parameters = parameters_pb2.SolveParametersProto(relative_gap_tolerance=gap)
    parameters.random_seed = 1
    parameters.time_limit.FromTimedelta(timedelta(seconds=time_limit_s))
    if nodes is not None:
        parameters.node_limit = nodes
    if plans is not None:
        parameters.highs.int_options["mip_max_improving_sols"] = plans
    if absolute_gap > 0:
        parameters.absolute_gap_tolerance = absolute_gap
    kind = {
        Solver.SCIP: parameters_pb2.SOLVER_TYPE_GSCIP,
        Solver.HIGHS: parameters_pb2.SOLVER_TYPE_HIGHS,
    }[solver]
    result = _interruptible(lambda: _run(model, kind, parameters, _start(solver, hint)))
    seconds = time.perf_counter() - started
    reason = result.termination.reason
    out_of_time = result.termination.limit == result_pb2.LIMIT_TIME
    bounds = result.termination.objective_bounds
    found = _primal(result)
    if found is None:
        if reason in (
            result_pb2.TERMINATION_REASON_INFEASIBLE,
            result_pb2.TERMINATION_REASON_INFEASIBLE_OR_UNBOUNDED,
        ):
            # HiGHS' presolve has called a feasible program infeasible, so SCIP must agree.
            if solver is Solver.HIGHS:
                return solve(
                    program, gap=gap, relaxed=relaxed, time_limit_s=max(time_limit_s, 5.0), solver=Solver.SCIP
                )
            raise NoPlan("the limits contradict each other: no plan satisfies all of them.")
        if reason in (
            result_pb2.TERMINATION_REASON_NO_SOLUTION_FOUND,
            result_pb2.TERMINATION_REASON_FEASIBLE,
        ):
            raise NothingFound(bounds.dual_bound, out_of_time=out_of_time)
        name = result_pb2.TerminationReasonProto.Name(reason)
        raise CorridorError(f"the solver stopped without a plan: {name} ({result.termination.detail}).")
    optimal = reason == result_pb2.TERMINATION_REASON_OPTIMAL
    prices = slopes = None
    if not integer.any() and result.solutions[0].HasField("dual_solution"):
        dual = result.solutions[0].dual_solution
        prices, slopes = _dense(dual.dual_values, program.height), _dense(dual.reduced_costs, program.width)
    return Solution(
        values=_dense(found.variable_values, program.width),
        objective=float(found.objective_value),
        bound=float(bounds.dual_bound),
        status=SolveStatus.OPTIMAL if optimal else SolveStatus.FEASIBLE,
        solver=solver,
        seconds=seconds,
        out_of_time=out_of_time,
        prices=prices,
        slopes=slopes,
    )


def model_message(program: Program, integer: np.ndarray) -> Any:
    """The program as a MathOpt message, filled from arrays."""
    from ortools.math_opt import model_pb2

    low, high = program.bounds
    row_low, row_high = program.row_bounds
    matrix = program.matrix
    _check_numbers(program)
    message = model_pb2.ModelProto()
    variables = message.variables
    variables.ids.extend(range(len(low)))
    variables.lower_bounds.extend(low.tolist())
    variables.upper_bounds.extend(high.tolist())
    variables.integers.extend(integer.tolist())
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
    return message


def _check_numbers(program: Program) -> None:
    """Check that the solver can hold every number; it calls a larger one infinite.

    Raises
    ------
    ConfigError
        One is larger, or not a number: products of figures that are each allowed may be.
    """
    for what, values, most in (
        ("an amount in a limit or balance", program.matrix.data, LARGEST_ENTRY),
        ("a cost or loss", program.cost, LARGEST_COST),
    ):
        wrong = ~(np.abs(values) < most)
        if wrong.any():
            raise ConfigError(
                f"the figures of the study and its tables multiply to {values[wrong][0]:g} for {what}; the solver "
                f"takes less than {most:g}. Fix: correct prices, capacities, costs and weights that are far too "
                "large."
            )


def _start(solver: Solver, hint: Floats | None) -> Any:
    """Solve parameters with the values to start from, if the solver takes any."""
    from ortools.math_opt import model_parameters_pb2

    what = model_parameters_pb2.ModelSolveParametersProto()
    if hint is not None and solver is Solver.SCIP:
        known = np.flatnonzero(~np.isnan(hint))
        values = what.solution_hints.add().variable_values
        values.ids.extend(known.tolist())
        values.values.extend(hint[known].tolist())
    return what


def _run(model: Any, kind: int, parameters: Any, what: Any) -> Any:
    """Solve a MathOpt message directly: building MathOpt's Python objects would take longer than many solves."""
    from ortools.math_opt import callback_pb2, parameters_pb2
    from ortools.math_opt.core.python import solver

    nothing = callback_pb2.CallbackRegistrationProto()
    initial = parameters_pb2.SolverInitializerProto()
    return solver.solve(model, kind, initial, parameters, what, None, nothing, None, None)


def _primal(result: Any) -> Any:
    """The first feasible solution of a result, None if there is none."""
    from ortools.math_opt import solution_pb2

    for solution in result.solutions:
        primal = solution.primal_solution
        if solution.HasField("primal_solution") and (
            primal.feasibility_status == solution_pb2.SOLUTION_STATUS_FEASIBLE
        ):
            return primal
    return None


def _dense(sparse: Any, size: int) -> Floats:
    out = np.zeros(size)
    out[np.fromiter(sparse.ids, np.int64, len(sparse.ids))] = np.fromiter(sparse.values, float, len(sparse.values))
    return out


def _interruptible(work: Callable[[], Any]) -> Any:
    """Run the solver in a thread, so that an interruption (Ctrl-C) takes effect at once."""
    out: list[Any] = []
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


class Linear:
    """A linear program in which only some columns, fixed at given values, change between solves.

    GLOP keeps its basis from one solve to the next. Messages are passed unchanged: converting values, duals and
    bases to Python objects took six times as long as the solver itself.

    Parameters
    ----------
    program
        Integrality is dropped.
    held
        Columns that are fixed.
    """

    def __init__(self, program: Program, held: Ints) -> None:
        from ortools.math_opt import model_parameters_pb2, parameters_pb2
        from ortools.math_opt.core.python import solver

        self._model = model_message(program, np.zeros(program.width, dtype=bool))
        self._held = np.asarray(held, np.int64)
        self._last = np.full(len(held), np.nan)
        self._width = program.width
        initial = parameters_pb2.SolverInitializerProto()
        self._solver = solver.new(parameters_pb2.SOLVER_TYPE_GLOP, self._model, initial)
        self._little = model_parameters_pb2.ModelSolveParametersProto()
        self._little.variable_values_filter.filter_by_ids = True
        self._little.dual_values_filter.filter_by_ids = True
        self._little.reduced_costs_filter.filter_by_ids = True
        self._little.reduced_costs_filter.filtered_ids.extend(sorted(self._held.tolist()))
        self._slope = np.zeros(self._width)

    def solve(self, values: Floats) -> float:
        """Objective with the held columns at `values`, shape (held,)."""
        from ortools.math_opt import model_update_pb2

        moved = np.flatnonzero(values != self._last)
        if len(moved):
            order = moved[np.argsort(self._held[moved])]
            update = model_update_pb2.ModelUpdateProto()
            for bounds, inside in (
                (update.variable_updates.lower_bounds, self._model.variables.lower_bounds),
                (update.variable_updates.upper_bounds, self._model.variables.upper_bounds),
            ):
                bounds.ids.extend(self._held[order].tolist())
                bounds.values.extend(values[order].tolist())
                for position in order:
                    inside[int(self._held[position])] = float(values[position])
            self._solver.update(update)
        self._last = values.copy()
        result = self._answer(self._little)
        self._slope = _dense(result.solutions[0].dual_solution.reduced_costs, self._width)
        return float(_primal(result).objective_value)

    def _answer(self, what: Any) -> Any:
        from ortools.math_opt import callback_pb2, parameters_pb2, result_pb2

        parameters = parameters_pb2.SolveParametersProto()
        nothing = callback_pb2.CallbackRegistrationProto()
        result = self._solver.solve(parameters, what, None, nothing, None, None)
        if result.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            # GLOP gives up on some badly scaled windows ("imprecise"); HiGHS, cold, does not.
            result = _run(self._model, parameters_pb2.SOLVER_TYPE_HIGHS, parameters, what)
        if _primal(result) is None:
            name = result_pb2.TerminationReasonProto.Name(result.termination.reason)
            raise CorridorError(f"a window could not be solved: {name}.")
        return result

    def slope(self) -> Floats:
        """Derivative of the objective of the last solve in each held column, shape (held,)."""
        return self._slope[self._held]

    def values(self) -> Floats:
        """Values of all columns, at the held values of the last solve."""
        from ortools.math_opt import model_parameters_pb2

        result = self._answer(model_parameters_pb2.ModelSolveParametersProto())
        return _dense(_primal(result).variable_values, self._width)
