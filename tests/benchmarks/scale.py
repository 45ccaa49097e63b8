"""One plan for a synthetic study of any size: processor seconds, loss, bound, gap and memory.

    python tests/benchmarks/scale.py --components 2000 --sites 60 --years 8 --scenarios 200 --seed 1 --seed 7

Goes through `corridor.optimize` as a user would. Processor seconds are those of this process and its children.
"""

import argparse
import os
import resource
import time

from corridor import optimize
from corridor.errors import CorridorError
from corridor.examples.synthetic import synthetic_study, synthetic_tables


def arguments():
    """Sizes and settings from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("components", 2000), ("sites", 60), ("years", 8), ("scenarios", 200)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--budget", type=float, help="US$ million; a tenth of what all plants cost if left out")
    parser.add_argument("--seed", type=int, action="append", help="of the synthetic study; may be repeated")
    parser.add_argument("--effort", choices=("quick", "normal", "thorough"), default="normal")
    parser.add_argument("--gap", type=float, default=0.01, help="on the loss that some plan could avoid")
    return parser.parse_args()


def peak_mib():
    """Most memory held: of this process plus the largest of its children, MiB."""
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    )


def processor_seconds():
    """Of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def measure(given, seed):
    """One plan."""
    tables = synthetic_tables(given.components, given.sites, seed)
    study = synthetic_study(tables, given.years, given.scenarios, seed)
    study = study.model_copy(update={"gap": given.gap, "effort": given.effort})
    print(
        f"{given.components} components x {given.sites} sites x {given.years} years x {given.scenarios} denials, "
        f"seed {seed}: {len(tables.technologies)} technologies, {len(tables.recipes)} recipe rows",
        flush=True,
    )
    before, started = processor_seconds(), time.perf_counter()
    try:
        plan = optimize(tables, study, budget_usd_m=given.budget)
    except CorridorError as error:
        print(f"no plan after {processor_seconds() - before:.1f} s, peak {peak_mib():.0f} MiB: {error}")
        raise SystemExit(1) from None
    summary = plan.summary
    print(
        f"processor {processor_seconds() - before:.0f} s  wall {time.perf_counter() - started:.0f} s  "
        f"objective {summary['objective']:.2f}  bound {summary['bound']:.2f}  {plan.quality}  {plan.warning}\n"
        f"loss {summary['expected_loss_before_usd_m']:.2f} -> {summary['expected_loss_after_usd_m']:.2f} US$ M  "
        f"moves {len(plan.moves)}  cost {summary['cost_usd_m']:.2f} of {plan.budget_usd_m:.2f} US$ M  "
        f"peak {peak_mib():.0f} MiB so far",
        flush=True,
    )


def main():
    given = arguments()
    for seed in given.seed or [1]:
        measure(given, seed)


if __name__ == "__main__":
    main()
