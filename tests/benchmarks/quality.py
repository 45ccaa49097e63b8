"""How good the plans of an effort are, beside long runs: avoided loss, bound, processor seconds.

    python tests/benchmarks/quality.py                     # normal, beside the long runs
    python tests/benchmarks/quality.py --effort thorough --keep

`--keep` puts what is better than `long_runs.csv` holds into it: the best plan known and the best bound known of
each study and budget, whatever found them. A row whose loss without a plan differs from today's tables is old.
"""

import argparse
import os
from pathlib import Path

import pandas as pd

import corridor

FILE = Path(__file__).with_name("long_runs.csv")
COLUMNS = ["study", "budget_usd_m", "loss_without_usd_m", "loss_usd_m", "bound_usd_m", "effort", "processor_s"]
CASES = [
    *(("default", float(budget)) for budget in (500, 1000, 2000, 4000, 8000, 12000, 18000, 26000)),
    *(("pharma", float(budget)) for budget in (100, 250, 500, 1000)),
    ("minerals", 1000.0),
]


def processor_seconds():
    """Of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def measured(tables, study, budget, effort):
    """A row of the table, and the plan."""
    settings = corridor.load_study(study).model_copy(update={"effort": effort})
    begun = processor_seconds()
    plan = corridor.optimize(tables, settings, budget_usd_m=budget)
    summary = plan.summary
    row = {
        "study": study,
        "budget_usd_m": budget,
        "loss_without_usd_m": round(summary["expected_loss_before_usd_m"], 4),
        "loss_usd_m": round(summary["expected_loss_after_usd_m"], 4),
        "bound_usd_m": round(summary["bound"], 4),
        "effort": effort,
        "processor_s": round(processor_seconds() - begun),
    }
    return row, plan


def best_known(table, row):
    """The kept row of the same case on the same tables, or None."""
    same = table[(table["study"] == row["study"]) & (table["budget_usd_m"] == row["budget_usd_m"])]
    same = same[(same["loss_without_usd_m"] - row["loss_without_usd_m"]).abs() < 1e-3]
    return None if same.empty else same.iloc[0].to_dict()


def kept(table, row):
    """The table with the better plan and the better bound of both."""
    known = best_known(table, row)
    if known is not None:
        if known["loss_usd_m"] <= row["loss_usd_m"]:
            row = {**known, "bound_usd_m": max(known["bound_usd_m"], row["bound_usd_m"])}
        else:
            row = {**row, "bound_usd_m": max(known["bound_usd_m"], row["bound_usd_m"])}
    other = table[(table["study"] != row["study"]) | (table["budget_usd_m"] != row["budget_usd_m"])]
    both = pd.concat([other, pd.DataFrame([row])], ignore_index=True)[COLUMNS]
    return both.sort_values(["study", "budget_usd_m"], ignore_index=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effort", choices=("quick", "normal", "thorough"), default="normal")
    parser.add_argument("--only", help="STUDY:BUDGET, for example default:1000; may be repeated", action="append")
    parser.add_argument("--keep", action="store_true", help="put better plans and bounds into long_runs.csv")
    given = parser.parse_args()
    table = pd.read_csv(FILE) if FILE.exists() else pd.DataFrame(columns=COLUMNS)
    tables = corridor.load_tables()
    for study, budget in CASES:
        if given.only and f"{study}:{budget:.0f}" not in given.only:
            continue
        row, plan = measured(tables, study, budget, given.effort)
        known = best_known(table, row)
        avoided = row["loss_without_usd_m"] - row["loss_usd_m"]
        text = f"{study} {budget:,.0f}: avoids {avoided:,.1f}, {plan.quality}, {row['processor_s']} s"
        if known is not None:
            best = known["loss_without_usd_m"] - known["loss_usd_m"]
            bound = max(known["bound_usd_m"], row["bound_usd_m"])
            share = 100 * avoided / (row["loss_without_usd_m"] - bound)
            text += f"; of the best known {100 * avoided / best:.2f} %; {share:.1f} % by the best bound known"
        print(text, plan.warning, flush=True)
        if given.keep:
            table = kept(table, row)
            table.to_csv(FILE, index=False)


if __name__ == "__main__":
    main()
