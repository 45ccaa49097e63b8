"""Sensitivity of any function to its inputs: Sobol indices and Morris effects, computed with SALib."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.errors import ConfigError

Evaluate = Callable[[Floats], Floats]
_RESAMPLES = 100
_GRID = 4  # levels of the Morris grid


def sobol_indices(
    evaluate: Evaluate,
    inputs: Mapping[str, tuple[float, float]],
    outputs: list[str],
    *,
    samples: int = 256,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """First and total order Sobol indices: fractions of an output's variance.

    With V the variance and X_i uniform in its bounds: first ``S_i = V(E(Y | X_i)) / V(Y)``, the effect of the
    input alone; total ``T_i = E(V(Y | all but X_i)) / V(Y)``, including its interactions with others. Points by
    Saltelli (2002), estimates by Saltelli et al. (2010), confidence by resampling.

    Parameters
    ----------
    evaluate
        Outputs at points: (points, inputs) to (points, outputs).
    inputs
        Bounds of each input.
    outputs
        Names of the outputs.
    samples
        Base samples, best a power of 2; ``samples * (inputs + 2)`` points are evaluated.
    seed
        Seed of points and resampling.
    confidence
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``output, input, first, first_error, total, total_error``, largest total first within an output; the
        errors are half the width of the interval. All 0 if an output does not vary.

    Raises
    ------
    ConfigError
        If there are fewer than 2 samples, no inputs, or inputs without width.
    """
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = _problem(inputs, samples)
    points = sampling.sample(problem, samples, calc_second_order=False, seed=np.random.default_rng(seed))
    values = evaluate(points)
    rows = []
    for column, output in enumerate(outputs):
        none = np.zeros(len(inputs))
        found = {"S1": none, "S1_conf": none, "ST": none, "ST_conf": none}
        if float(np.ptp(values[:, column])) > 1e-12 * max(1.0, float(np.abs(values[:, column]).max())):
            found = analysis.analyze(
                problem,
                values[:, column],
                calc_second_order=False,
                num_resamples=_RESAMPLES,
                conf_level=confidence,
                seed=seed + 1,  # 0 would mean none
            )
        columns = ("S1", "first"), ("S1_conf", "first_error"), ("ST", "total"), ("ST_conf", "total_error")
        rows.append(_rows(output, inputs, {name: found[key] for key, name in columns}, "total"))
    return pd.concat(rows, ignore_index=True)


def morris_effects(
    evaluate: Evaluate,
    inputs: Mapping[str, tuple[float, float]],
    outputs: list[str],
    *,
    samples: int = 20,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Elementary effects (Morris 1991): change of an output when one input crosses its range.

    Parameters
    ----------
    evaluate, inputs, outputs, seed, confidence
        As in :func:`sobol_indices`.
    samples
        Trajectories; ``samples * (inputs + 1)`` points are evaluated.

    Returns
    -------
    pandas.DataFrame
        ``output, input, effect`` (mean effect of crossing the range, in the output's unit), ``strength`` (mean of
        its absolute value: mu star, Campolongo et al. 2007), ``strength_error``, ``sigma`` (deviation of the
        effects: curvature or interaction), strongest first within an output.

    Raises
    ------
    ConfigError
        If there are fewer than 2 samples, no inputs, or inputs without width.
    """
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    problem = _problem(inputs, samples)
    points = sampling.sample(problem, samples, num_levels=_GRID, seed=seed)
    values = evaluate(points)
    # Inputs are scaled to 0..1, so that an effect is that of crossing the full range.
    unit = {**problem, "bounds": [[0.0, 1.0]] * len(inputs)}
    low, high = np.array(problem["bounds"], dtype=float).T
    scaled = (points - low) / (high - low)
    rows = []
    for column, output in enumerate(outputs):
        found = analysis.analyze(
            unit,
            scaled,
            values[:, column],
            num_resamples=_RESAMPLES,
            conf_level=confidence,
            num_levels=_GRID,
            seed=seed,
        )
        columns = ("mu", "effect"), ("mu_star", "strength"), ("mu_star_conf", "strength_error"), ("sigma", "sigma")
        rows.append(_rows(output, inputs, {name: found[key] for key, name in columns}, "strength"))
    return pd.concat(rows, ignore_index=True)


def _problem(inputs: Mapping[str, tuple[float, float]], samples: int) -> dict[str, object]:
    empty = [name for name, (low, high) in inputs.items() if not low < high]
    if samples < 2 or not inputs or empty:
        what = f"inputs without width: {', '.join(empty)}" if empty else f"{samples} samples, {len(inputs)} inputs"
        raise ConfigError(f"sensitivity: {what}. Fix: take at least 2 samples, and inputs with low below high.")
    return {"num_vars": len(inputs), "names": list(inputs), "bounds": [list(ends) for ends in inputs.values()]}


def _rows(
    output: str, inputs: Mapping[str, tuple[float, float]], columns: Mapping[str, Floats], by: str
) -> pd.DataFrame:
    frame = pd.DataFrame({"output": output, "input": list(inputs)})
    for name, values in columns.items():
        frame[name] = np.asarray(values, dtype=float)
    return frame.sort_values([by, "input"], ascending=[False, True], ignore_index=True)
