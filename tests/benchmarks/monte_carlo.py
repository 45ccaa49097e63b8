"""Monte Carlo of the loss on the bundled data: time, memory, and a plain loop over scenarios.

    python tests/benchmarks/monte_carlo.py [SCENARIOS]

Prints seconds and peak memory for n and 4 n scenarios, each in a process of its own, the seconds per scenario of a
loop that draws tables, walks the bill of materials and adds up losses one scenario at a time, their ratio, and the
largest difference between the losses of both.
"""

import multiprocessing
import resource
import sys
import time

import numpy as np

from corridor.config import load_study
from corridor.data.tables import load_tables
from corridor.measures import Network, bill
from corridor.measures.sampling.draws import Sampler, with_values
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.relocation.model.windows import cut_components
from corridor.risk import loss_distribution
from corridor.risk.distribution import draw_events, mean_start
from corridor.risk.model import Circumstances, LossModel

MONTHS, LOOPED = 12, 6


def measured(scenarios):
    """Seconds, peak MiB and mean loss of a run."""
    tables, study = load_tables(), load_study("default")
    started = time.perf_counter()
    found = loss_distribution(tables, study, scenarios=scenarios, months=MONTHS)
    seconds = time.perf_counter() - started
    row = found.losses.iloc[-1]
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, row["mean"], row["mean_high"]


def walk(tables, study, events, scenario, year):
    """Loss of one scenario by recursion, month by month."""
    network = Network.of(tables)
    buyers, names = list(network.buyers), list(network.components)
    origins = list(network.origins)
    sold = {}
    for row in network.sourcing.itertuples():
        sold.setdefault((row.buyer, row.component), []).append((origins[row.origin], row.share))
    inputs = {}
    place = {name: at for at, name in enumerate(names)}
    for row in bill(tables).itertuples():
        if row.essential:
            routes = inputs.setdefault(place[row.output], {})
            routes.setdefault(row.route, (row.route_share, []))[1].append(place[row.input])
    held = tables.components["stock_months"].to_numpy(float)
    stock = {(buyer, at): held[at] for buyer in range(len(buyers)) for at in range(len(names))}
    hits = [[cut_components(tables, cut) for cut in denial.cuts] for denial in study.denials]
    needs = tables.demand[tables.demand["market"].isin(list(study.markets))]
    ratio = tables.components["loss_ratio"].to_numpy(float)
    total = 0.0
    for month in range(MONTHS):
        force = events.share_of_month(month)[:, scenario]
        cut = {}
        for at, denial in enumerate(study.denials):
            for part, hit in zip(denial.cuts, hits[at], strict=True):
                size = min(part.cut * events.cut[at, scenario], 1.0) * force[at]
                named = {o for e in part.exporters for o in (study.target if e == "target" else (e,))}
                for origin in named if size > 0 else ():
                    mine = cut.setdefault(origin, {})
                    for component in np.flatnonzero(hit):
                        mine[component] = max(mine.get(component, 0.0), size)
        missing = {}

        def lacks(buyer, component, cut=cut, missing=missing):
            if (buyer, component) in missing:
                return missing[buyer, component]
            out = 0.0
            for origin, share in sold[buyer, component]:
                if origin in cut:
                    out += share * cut[origin].get(component, 0.0)
                    continue
                maker = buyers.index(origin) if origin in buyers else len(buyers) - 1
                dry = sum(
                    part
                    * max(max(lacks(maker, i) - stock[maker, i], 0.0) * (1 - study.adaptation) for i in essential)
                    for part, essential in inputs.get(component, {}).values()
                )
                out += share * (dry - study.spare * (1.0 - dry))
            missing[buyer, component] = min(max(out, 0.0), 1.0)
            return missing[buyer, component]

        for need in needs.itertuples():
            at, buyer = place[need.component], buyers.index(need.market)
            value = need.value_usd_m * (1 + need.growth) ** (year - study.base_year) / 12 * ratio[at]
            total += value * max(lacks(buyer, at) - stock[buyer, at], 0.0)
        for buyer in range(len(buyers)):
            for at in range(len(names)):
                stock[buyer, at] = max(stock[buyer, at] - lacks(buyer, at), 0.0)
    return total


def main():
    scenarios = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rows = []
    for count in (scenarios, 4 * scenarios):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append((count, *pool.apply(measured, (count,))))
    for count, seconds, peak, mean, high in rows:
        print(
            f"{count:>7,} scenarios  {seconds:6.1f} s  peak {peak:5.0f} MiB  "
            f"mean loss {mean:,.0f} +- {high - mean:,.0f} US$ M"
        )
    tables, study = load_tables(), load_study("default")
    figures = Figures.of(tables, TABLES)
    model, year = LossModel.of(tables, study, figures), mean_start(study)
    values, events = figures.values_at(Sampler(figures).block(0)), draw_events(study, 0, 64, MONTHS, 0)
    ours = model.losses(values, events, MONTHS, Circumstances.of(study, year)).sum(axis=(0, 1, 2))
    started = time.perf_counter()
    slow = [walk(with_values(tables, figures, values[:, at]), study, events, at, year) for at in range(LOOPED)]
    each = (time.perf_counter() - started) / LOOPED
    ratio = each / (rows[0][1] / scenarios)
    print(f"loop {each:.3f} s per scenario  ratio {ratio:,.0f}")
    apart = np.abs(ours[:LOOPED] - np.array(slow)).max() / max(slow)
    print(f"largest difference {apart:.1e} of the largest loss")


if __name__ == "__main__":
    main()
