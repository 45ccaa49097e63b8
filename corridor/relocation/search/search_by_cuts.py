"""Search where the windows no longer fit into one program: a relaxation by cuts, a first plan, and better ones."""

from __future__ import annotations

from corridor.relocation.result.decision import Decision, link_values
from corridor.relocation.search.decompose import Master, first_plan, improve, relax_by_cuts
from corridor.relocation.search.incumbent import Incumbent
from corridor.relocation.search.prices import limit_prices
from corridor.relocation.search.site_assignment import relax_places
from corridor.relocation.search.site_pooling import pool_sites
from corridor.relocation.solver.root import RootBound
from corridor.relocation.solver.solve import NothingFound, solve

#: Improvement too small to search for, as a fraction of the tolerance.
_LITTLE = 0.02


def search_by_cuts(run: Incumbent) -> None:
    """Bound all plans and find a good one, first with all sites as one.

    Raises
    ------
    NoPlan
        If no decision satisfies all limits, or none was found in time.
    """
    pooled = pool_sites(run.problem)

    def offer(decision: Decision, promised: float) -> bool:
        return _offer(run, master, decision, promised)

    master = relax_by_cuts(pooled, run.aim.weights, run.aim.at_most, run.recourse, run.clock)
    run.rise(master.bound)
    if master.relaxed is not None:
        run.prices = limit_prices(run.problem, *master.relaxed)
    master.problem = run.problem
    program, first, _ = master.program()
    run.learn(solve(program, relaxed=True, time_limit_s=run.clock.left))
    relax_places(program, run.problem, first)
    root = RootBound(program, run.effort.rows, run.clock.left) if run.effort.rows else None
    master.problem = pooled
    try:
        if not _any_move(run):
            placed = run.place(first_plan(master, run.clock))
            if placed is not None:
                run.offer(placed)
        if root is not None:
            run.rise(root.wait() - run.tie_break())
            run.clock.struck |= root.out_of_time
    finally:
        if root is not None:
            root.stop()
    if run.best is None:
        raise NothingFound(run.bound, out_of_time=run.clock.struck)
    rounds = run.effort.cut_rounds
    improve(master, run.problem, lambda: run.known.decision, offer, run.done, rounds, run.clock)


def _any_move(run: Incumbent) -> bool:
    """Whether the best plan known does anything: the subproblems grow from its moves."""
    return run.best is not None and len(run.best.decision.chosen) > 0


def _offer(run: Incumbent, master: Master, decision: Decision, promised: float) -> bool:
    """Take a plan if it is better and add its tangents; returns whether nothing better is expected near it."""
    known = run.known.objective
    if run.value(decision, master.touch(link_values(run.problem, decision))) < known:
        run.take(decision)
    return run.known.objective < known or promised > known - _LITTLE * run.tolerance()
