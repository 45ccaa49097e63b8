"""Search where the windows no longer fit into one program: a relaxation by cuts, a first plan, and better ones."""

from __future__ import annotations

from corridor.relocation.result.decision import Decision, link_values
from corridor.relocation.search.bound_thread import bound_beside
from corridor.relocation.search.decompose import Master, first_plan, improve, relax_by_cuts
from corridor.relocation.search.incumbent import PRUNING, Incumbent
from corridor.relocation.search.site_pooling import pool_sites
from corridor.relocation.solver.solve import SolveStatus, TimeUp, solve

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
    end = (1.0 - PRUNING) * run.limit

    def seconds() -> float:
        return 0.0 if run.done() else end - run.elapsed

    def offer(decision: Decision, promised: float) -> bool:
        return _offer(run, master, decision, promised)

    master = relax_by_cuts(pooled, run.aim.weights, run.aim.at_most, run.recourse, seconds)
    run.rise(master.bound)
    if master.relaxed is not None:
        run.price(*master.relaxed)
        run.prices = {name: run.prices[name] for name in run.problem.limits["name"] if name in run.prices}
    master.problem = run.problem
    program, first, _ = master.program()
    run.learn(solve(program, relaxed=True, time_limit_s=max(seconds(), 5.0)))
    beside = bound_beside(run, program, first, seconds())
    master.problem = pooled
    if run.best is None:
        placed = run.place(first_plan(master, seconds))
        if placed is None:
            raise TimeUp("no plan was found whose plants fit their sites. Fix: raise time_limit_s.")
        run.offer(placed)
    improve(master, run.problem, lambda: run.known.decision, offer, seconds)
    if beside is not None and run.status != str(SolveStatus.OPTIMAL):
        run.rise(beside())
        run.done()


def _offer(run: Incumbent, master: Master, decision: Decision, promised: float) -> bool:
    """Take a plan if it is better and add its tangents; returns whether nothing better is expected near it."""
    known = run.known.objective
    if run.value(decision, master.touch(link_values(run.problem, decision))) < known:
        run.take(decision)
    return run.known.objective < known or promised > known - _LITTLE * run.tolerance()
