"""The one place that knows the solver: a program in, values with a bound out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np

from corridor.errors import CorridorError, NoPlan
from corridor.relocate.program import Floats, Program


class Solver(StrEnum):
    """Solvers in OR-Tools that have been measured on the default study."""

    SCIP = "scip"
    HIGHS = "highs"


class Status(StrEnum):
    """How good the values are."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True)
class Solution:
    """Values of the columns, with what is known of their quality.

    ``gap`` is ``(objective - bound) / |objective|``, 0 where both are 0.
    """

    values: Floats
    objective: float
    bound: float
    status: Status
    solver: Solver
    seconds: float

    @property
    def gap(self) -> float:
        """Relative gap between the objective and its bound."""
        distance = abs(self.objective - self.bound)
        return 0.0 if distance <= 1e-9 else distance / max(abs(self.objective), 1e-9)


def solve(
    program: Program,
    *,
    gap: float = 1e-4,
    floor: float = 0.0,
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
    gap
        Relative gap at which to stop, counted on what the objective is above `floor`.
    floor
        A value that the objective can't go below: what no choice changes should not make the gap look small.
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
        If no values satisfy all rows, or none were found in time.
    """
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    started = time.perf_counter()
    low, high = program.bounds
    row_low, row_high = program.row_bounds
    matrix = program.matrix.tocsr()
    message = model_pb2.ModelProto()
    variables = message.variables
    variables.ids.extend(range(len(low)))
    variables.lower_bounds.extend(low.tolist())
    variables.upper_bounds.extend(high.tolist())
    variables.integers.extend((program.integer & (not relaxed)).tolist())
    cost = program.cost
    used = np.flatnonzero(cost)
    message.objective.maximize = False
    message.objective.offset = -floor
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
    model = mathopt.Model.from_model_proto(message)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=time_limit_s), relative_gap_tolerance=gap, enable_output=False
    )
    start = mathopt.ModelSolveParameters()
    if hint is not None and solver is Solver.SCIP:
        known = np.flatnonzero(~np.isnan(hint))
        start.solution_hints.append(
            mathopt.SolutionHint(variable_values={model.get_variable(int(at)): float(hint[at]) for at in known})
        )
    kind = {Solver.SCIP: mathopt.SolverType.GSCIP, Solver.HIGHS: mathopt.SolverType.HIGHS}[solver]
    result = mathopt.solve(model, kind, params=parameters, model_params=start)
    seconds = time.perf_counter() - started
    reason = result.termination.reason
    if not result.has_primal_feasible_solution():
        if reason in (
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        ):
            raise NoPlan("the limits contradict each other: no plan satisfies all of them.")
        if reason in (mathopt.TerminationReason.NO_SOLUTION_FOUND, mathopt.TerminationReason.FEASIBLE):
            raise NoPlan(f"no plan was found within {time_limit_s:g} s. Mend: raise time_limit_s.")
        raise CorridorError(f"the solver stopped without a plan: {reason.name} ({result.termination.detail}).")
    values = result.variable_values()
    numbers = np.fromiter((values[variable] for variable in model.variables()), float, len(low))
    bounds = result.termination.objective_bounds
    optimal = reason is mathopt.TerminationReason.OPTIMAL
    return Solution(
        values=numbers,
        objective=float(result.objective_value()) + floor,
        bound=float(bounds.dual_bound) + floor,
        status=Status.OPTIMAL if optimal else Status.FEASIBLE,
        solver=solver,
        seconds=seconds,
    )
