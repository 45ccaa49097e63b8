"""Look-through exposure by one sparse series beside a walk over a networkx graph, in one run.

python -m tests.benchmarks.look_through
"""

import time

import networkx as nx
import numpy as np
import pandas as pd

from corridor.measures import look_through

COUNTRIES = 60


def economy(nodes, edges, seed=1):
    rng = np.random.default_rng(seed)
    seller, buyer = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    value = rng.lognormal(0, 1, edges)
    made = np.maximum(np.bincount(buyer, value, nodes) * rng.uniform(1.5, 2.5, nodes), 0.1)
    country = np.char.add("C", rng.integers(0, COUNTRIES, nodes).astype(str))
    flows = pd.DataFrame({"seller": seller, "buyer": buyer, "value": value})
    return flows, pd.DataFrame({"node": np.arange(nodes), "country": country, "value": made})


def walk(graph, origin, tolerance=1e-11):
    """Look-through of every node to one origin: over and over, each node adds up what its suppliers carry."""
    own = {node: float(country == origin) for node, country in graph.nodes(data="country")}
    carried = []
    for start in (own, dict.fromkeys(graph, 1.0)):
        term, total = start, dict(start)
        while max(term.values()) > tolerance:
            term = {
                node: sum(share * term[supplier] for supplier, _, share in graph.in_edges(node, data="share"))
                for node in graph
            }
            for node, more in term.items():
                total[node] += more
        carried.append(total)
    one, every = carried
    return {node: (one[node] - own[node]) / (every[node] - 1) if every[node] > 1 else 0.0 for node in graph}


def main():
    for nodes, edges in ((20_000, 100_000), (100_000, 500_000), (1_000_000, 4_000_000)):
        flows, output = economy(nodes, edges)
        best = np.inf
        for _ in range(3):
            started = time.perf_counter()
            found = look_through(flows, output, origin="C1")
            best = min(best, time.perf_counter() - started)
        print(f"{nodes:,} nodes, {edges:,} flows: exposure of all nodes to one origin {best:.3f} s")
        if nodes > 20_000:
            continue
        made = output["value"].to_numpy()[flows["buyer"]]
        rows = (
            flows.assign(share=flows["value"] / made).groupby(["seller", "buyer"], as_index=False)["share"].sum()
        )
        graph = nx.DiGraph()
        graph.add_nodes_from((node, {"country": country}) for node, country in enumerate(output["country"]))
        graph.add_weighted_edges_from(rows.itertuples(index=False, name=None), weight="share")
        started = time.perf_counter()
        theirs = walk(graph, "C1")
        slow = time.perf_counter() - started
        worst = max(abs(theirs[node] - value) for node, value in enumerate(found["look_through"]))
        print(f"  networkx walk {slow:.1f} s (graph at hand), ratio {slow / best:,.0f}, difference {worst:.0e}")


if __name__ == "__main__":
    main()
