"""README's figures, from the results folder of a run of the default study.

    python -m tools.docs.readme_figures results/default

writes what README says into ``docs/default-run.json`` and README's blocks from it; ``make readme`` runs the study
first. A test compares README with that file, and the file with the bundled tables.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from corridor.data.tables import load_tables

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "default-run.json"

#: Budgets that README shows, US$ million.
_BUDGETS = (2_000.0, 8_000.0, 26_000.0)
#: Components whose exposure README names.
_NAMED = (
    "erythromycin-thiocyanate",
    "ndfeb-magnet",
    "6-apa",
    "lfp-cell",
    "laptop",
    "display-module-oled",
    "7-aca",
    "hdi-pcb",
    "smartphone",
)
#: Components and origins named where the money goes.
_LARGEST = 4
_END = "<!-- end -->"


def sample(results: Path) -> dict[str, Any]:
    """What README says of a run, from its results folder.

    Raises
    ------
    FileNotFoundError
        If it is not the folder of a run that has plans of README's budgets.
    """
    plans = {}
    for budget in _BUDGETS:
        folder = next(path for path in (results / "plans").iterdir() if float(path.name) == budget)
        plans[f"{budget:.0f}"] = _plan(folder)
    exposure = pd.read_csv(results / "exposure.csv").query("market == 'IND'").set_index("component")
    shown = exposure.loc[list(_NAMED), ["direct", "net"]].astype(float).round(4)
    first = json.loads((next(iter((results / "plans").iterdir())) / "summary.json").read_text(encoding="utf-8"))
    return {
        "expected_loss_before_usd_m": round(first["expected_loss_before_usd_m"], 3),
        "markets": {
            market: {key: round(row[f"{key}_before"], 6) for key in ("direct", "net", "stop")}
            | {"loss_usd_m": round(row["loss_before_usd_m"], 3)}
            for market, row in first["markets"].items()
        },
        "named": shown.to_dict("index"),
        "plans": plans,
    }


def _plan(folder: Path) -> dict[str, Any]:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    moves = pd.read_csv(folder / "moves.csv")
    second, stocks = pd.read_csv(folder / "second_sources.csv"), pd.read_csv(folder / "stocks.csv")
    if summary["stopped_after_s"]:
        raise ValueError(f"{folder}: the search was stopped by the clock. Fix: run it with a larger time_limit_s.")
    return {
        "plants": int(moves["plants"].sum()),
        "second_sources": len(second),
        "stocks": len(stocks),
        "cost_usd_m": round(summary["cost_usd_m"], 1),
        "proved": summary["proved"],
        "worst_usd_m": [round(summary[f"cvar_{when}_usd_m"], 1) for when in ("before", "after")],
        "avoided_share": {market: round(row["avoided_share"], 4) for market, row in summary["markets"].items()},
        "still_target": round(float(moves["still_target_usd_m"].sum() / moves["made_usd_m"].sum()), 4),
        "spent": {
            name: {
                "usd_m": round(float(frame["cost_usd_m"].sum()), 1),
                "most": frame.groupby("component")["cost_usd_m"].sum().nlargest(_LARGEST).index.tolist(),
            }
            for name, frame in (("plants", moves), ("second_sources", second), ("stocks", stocks))
        },
    }


def blocks(figures: dict[str, Any]) -> dict[str, str]:
    """README's blocks by name."""
    tables = load_tables()
    country = tables.countries.set_index("iso3")["name"]
    component = tables.components.set_index("id")["name"]
    exposure = ["| market | bought there (direct) | counted through inputs (net) | stops if it stops |"]
    exposure.append("| --- | --- | --- | --- |")
    for market, row in figures["markets"].items():
        cells = " | ".join(f"{100 * row[key]:.0f} %" for key in ("direct", "net", "stop"))
        exposure.append(f"| {country[market]} | {cells} |")
    named = sorted(figures["named"].items(), key=lambda item: -item[1]["net"])
    listed = ", ".join(
        f"{component[name]} {100 * row['net']:.0f} % ({100 * row['direct']:.0f})" for name, row in named
    )
    markets = list(figures["markets"])
    avoided = " | ".join(f"{country[market]}: expected loss avoided" for market in markets)
    head = (
        f"| budget, US$ million | plants | second sources, stocks | {avoided} | "
        "proved, of what any plan could avoid | of what the plants make, still from the target |"
    )
    plans = [head, "| --- " * (5 + len(markets)) + "|"]
    for budget, plan in figures["plans"].items():
        shares = " | ".join(f"{100 * plan['avoided_share'][market]:.0f} %" for market in markets)
        plans.append(
            f"| {float(budget):,.0f} | {plan['plants']} | {plan['second_sources']}, {plan['stocks']} | {shares} | "
            f"{plan['proved'].partition(' %')[0]} % | {100 * plan['still_target']:.0f} % |"
        )
    return {
        "exposure": "\n".join(exposure),
        "named": f"Net exposure of India, in brackets the direct one: {listed}.",
        "plans": "\n".join(plans),
        "money": _money(figures["plans"]["8000"], component),
    }


def _money(plan: dict[str, Any], component: pd.Series) -> str:
    total = sum(each["usd_m"] for each in plan["spent"].values())
    words = {"plants": "plants, their investment and running premium", "second_sources": "second sources abroad"}
    parts = []
    for name, each in plan["spent"].items():
        most = ", ".join(component[key] for key in each["most"])
        parts.append(f"{100 * each['usd_m'] / total:.0f} % goes into {words.get(name, name)} (most: {most})")
    before, after = (f"{worst / 1000:.1f}" for worst in plan["worst_usd_m"])
    return (
        f"Of the money at US$ 8,000 million {'; '.join(parts)}. On average losses alone so large a budget does "
        "not pay (`per_dollar.csv` and the plan page say where the next dollar stops paying); it is the default "
        f"for its effect on the worst windows, whose mean loss falls from US$ {before} to {after} billion, and on "
        "India's own loss."
    )


def written(readme: str, figures: dict[str, Any]) -> str:
    """README with its blocks, between ``<!-- figures: NAME -->`` and ``<!-- end -->``, written anew."""
    for name, text in blocks(figures).items():
        before, *found = readme.split(f"<!-- figures: {name} -->\n")
        if len(found) != 1 or _END not in found[0]:
            raise ValueError(f"README.md: {len(found)} blocks '{name}'. Fix: keep one, ended by '{_END}'.")
        after = found[0].partition(_END)[2]
        readme = f"{before}<!-- figures: {name} -->\n{text}\n{_END}{after}"
    return readme


def main() -> None:
    figures = sample(Path(sys.argv[1]))
    readme = ROOT / "README.md"
    text = written(readme.read_text(encoding="utf-8"), figures)
    SAMPLE.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
