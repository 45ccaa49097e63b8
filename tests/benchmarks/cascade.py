"""The compiled cascade beside the formulas written out, on heavy-tailed random networks, in one run.

python -m tests.benchmarks.cascade
"""

import time

import numpy as np
import pandas as pd

from corridor.measures import SupplyNetwork
from tests.measures.slow_cascade import slow_cascade

SECTORS = 60


def network(nodes, edges, seed=7):
    """Suppliers and customers drawn with heavy tails; revenue above sales, cost above purchases."""
    rng = np.random.default_rng(seed)
    draw = (rng.pareto(1.5, nodes) + 1).cumsum()
    supplier = np.searchsorted(draw, rng.random(edges) * draw[-1])
    customer = np.searchsorted(draw, rng.random(edges) * draw[-1])[rng.permutation(edges)]
    value = rng.lognormal(0, 1.5, edges)
    sales, purchases = np.bincount(supplier, value, nodes), np.bincount(customer, value, nodes)
    rows = pd.DataFrame({"supplier": supplier, "customer": customer, "value": value})
    table = pd.DataFrame({"id": np.arange(nodes), "sector": rng.integers(0, SECTORS, nodes)})
    table["revenue"] = np.maximum(sales, 0.1) * rng.uniform(1.1, 2, nodes)
    table["cost"] = np.maximum(purchases, 0.1) * rng.uniform(1.1, 2, nodes)
    first, second = (part.ravel() for part in np.indices((SECTORS, SECTORS)))
    kind = rng.choice([2, 1, 0], (SECTORS, SECTORS), p=[0.2, 0.15, 0.65])
    kinds = pd.DataFrame({"input_sector": first, "output_sector": second})
    kinds["kind"] = np.array(["none", "replaceable", "essential"])[kind.ravel()]
    return rows, table, kinds, kind


def timed(function, times=1):
    best = np.inf
    for _ in range(times):
        started = time.perf_counter()
        result = function()
        best = min(best, time.perf_counter() - started)
    return best, result


def main():
    rows, table, kinds, kind = network(1_000, 4_600)
    SupplyNetwork.of(rows, table, kinds).index([0], replaceability=True)
    small = SupplyNetwork.of(rows, table, kinds)
    value = np.zeros((1_000, 1_000))
    np.add.at(value, (rows["supplier"], rows["customer"]), rows["value"])
    columns = {name: table[name].to_numpy() for name in ("revenue", "cost")}
    sector = table["sector"].to_numpy()
    chosen = np.arange(0, 1_000, 50)
    slow, theirs = timed(
        lambda: [
            slow_cascade(value, sector, kind, np.r_[np.ones(at), 0, np.ones(999 - at)], **columns) for at in chosen
        ]
    )
    quick, ours = timed(lambda: small.index(list(chosen), workers=1, replaceability=True), 3)
    worst = max(abs(ours["esri"].iloc[at] - row[0]) for at, row in enumerate(theirs))
    print(f"1,000 nodes, {len(chosen)} closures: written out {slow:.2f} s, compiled {quick:.5f} s, one thread")
    print(f"  ratio {slow / quick:,.0f}, largest difference {worst:.0e}")

    rows, table, kinds, _ = network(10_000, 47_000)
    built, middle = timed(lambda: SupplyNetwork.of(rows, table, kinds))
    took, result = timed(middle.index)
    print(f"10,000 nodes, all closures: {took:.1f} s on all processors (laid out in {built:.3f} s)")
    print(f"  mean rounds {result['rounds'].mean():.1f}, sum of ESRI {result['esri'].sum():.1f}")
    for case, options in (("closed network", {"revenue_and_cost": False}),):
        closed = SupplyNetwork.of(rows, table, kinds, **options)
        took, result = timed(closed.index)
        print(f"  {case}: {took:.1f} s, mean rounds {result['rounds'].mean():.1f}, sum {result['esri'].sum():.0f}")

    rows, table, kinds, _ = network(100_000, 460_000)
    built, big = timed(lambda: SupplyNetwork.of(rows, table, kinds))
    half = table["sector"] == 0
    sector_stop = pd.DataFrame({"node": table.loc[half, "id"], "remaining": 0.0})
    one, result = timed(lambda: big.index([int(result_at(rows))], workers=1, replaceability=True), 3)
    print(f"100,000 nodes, {len(rows):,} edges (laid out in {built:.2f} s): largest supplier closes {one:.4f} s")
    print(f"  rounds {result['rounds'].item()}, ESRI {result['esri'].item():.4f}")
    whole, result = timed(lambda: big.index(sector_stop, workers=1, replaceability=True), 3)
    print(f"  a sector of {int(half.sum()):,} closes: {whole:.4f} s, rounds {result['rounds'].item()}")


def result_at(rows):
    return rows.groupby("supplier")["value"].sum().idxmax()


if __name__ == "__main__":
    main()
