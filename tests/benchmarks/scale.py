"""One plan for a made-up study of any size: seconds, loss, bound, gap and memory.

    python tests/benchmarks/scale.py --components 2000 --sites 60 --years 8 --scenarios 200 --seed 1

Goes through `corridor.optimize` as a user would. Generating the study and the solver are timed apart; "other" is
everything else in `optimize`: building the program, losses before and after, exposure, the report.
"""

import argparse
import resource
import time

from corridor import optimize
from corridor.errors import CorridorError
from corridor.examples.synthetic import synthetic_study, synthetic_tables


def arguments():
    """Sizes and settings from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("components", 2000), ("sites", 60), ("years", 8), ("scenarios", 200), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--budget", type=float, help="US$ million; a tenth of what all plants cost if left out")
    parser.add_argument("--time-limit", type=float, default=560.0, help="seconds for the search")
    parser.add_argument("--gap", type=float, default=0.01, help="on the loss that some plan could avoid")
    return parser.parse_args()


def peak_mib():
    """Most memory held: of this process plus the largest of its children, MiB."""
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    )


def main():
    given = arguments()
    started = time.perf_counter()
    tables = synthetic_tables(given.components, given.sites, given.seed)
    study = synthetic_study(tables, given.years, given.scenarios, given.seed)
    study = study.model_copy(update={"gap": given.gap, "time_limit_s": given.time_limit})
    generated = time.perf_counter() - started
    print(
        f"{given.components} components x {given.sites} sites x {given.years} years x {given.scenarios} denials, "
        f"seed {given.seed}: {len(tables.technologies)} technologies, {len(tables.recipes)} recipe rows"
    )
    started = time.perf_counter()
    try:
        plan = optimize(tables, study, budget_usd_m=given.budget)
    except CorridorError as error:
        print(f"no plan after {time.perf_counter() - started:.1f} s, peak {peak_mib():.0f} MiB: {error}")
        raise SystemExit(1) from None
    total = time.perf_counter() - started
    told = plan.summary
    before, after = told["expected_loss_before_usd_m"], told["expected_loss_after_usd_m"]
    print(f"generate {generated:.2f} s  solver {told['seconds']:.2f} s  other {total - told['seconds']:.2f} s")
    print(
        f"objective {told['objective']:.4f}  bound {told['bound']:.4f}  gap {told['gap']:.4%}  {told['status']}"
        f"  ({told['solver']})"
    )
    print(
        f"loss {before:.2f} -> {after:.2f} US$ M ({1 - after / before:.1%} avoided)  moves {len(plan.moves)}  "
        f"cost {told['cost_usd_m']:.2f} of {plan.budget_usd_m:.2f} US$ M"
    )
    print(f"peak {peak_mib():.0f} MiB")


if __name__ == "__main__":
    main()
