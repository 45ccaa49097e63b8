"""Net exposure of all components on the bundled data: the project's arrays against a walk of the networkx graph.

    python tests/benchmarks/exposure.py

Prints seconds of both in one run, their ratio, and the largest difference between their results.
"""

import time
from functools import cache

from corridor.data.graph import build_graph
from corridor.data.tables import load_tables
from corridor.measures import Network, bill, exposure

TARGET = ("CHN", "HKG", "MAC")


def walk(tables, graph, market):
    """Net exposure by recursion over the graph's edges, one memo per (buyer, component)."""
    network = Network.of(tables)
    share = {}
    for row in network.sourcing.itertuples():
        key = (network.buyers[row.buyer], network.components[row.component])
        share.setdefault(key, []).append((network.origins[row.origin], row.share))
    weight = {}
    for row in bill(tables).itertuples():
        weight[row.input, row.output] = (
            weight.get((row.input, row.output), 0.0) + row.value_share * row.route_share
        )
    buyers = set(network.buyers)

    @cache
    def inputs(component):
        node = f"component:{component}"
        return sorted(
            {
                source.removeprefix("component:")
                for source, _, kind in graph.in_edges(node, data="kind")
                if kind == "needs"
            }
        )

    @cache
    def net(buyer, component):
        total = 0.0
        for origin, part in share[buyer, component]:
            if origin in TARGET:
                total += part
            else:
                maker = origin if origin in buyers else "WORLD"
                total += part * sum(
                    weight.get((name, component), 0.0) * net(maker, name) for name in inputs(component)
                )
        return total

    return {component: net(market, component) for component in tables.components["id"]}


def main():
    tables = load_tables()
    exposure(tables, "IND", TARGET)
    started = time.perf_counter()
    ours = exposure(tables, "IND", TARGET).set_index("component")["net"]
    quick = time.perf_counter() - started
    started = time.perf_counter()
    graph = build_graph(tables)
    built = time.perf_counter() - started
    theirs = walk(tables, graph, "IND")
    slow = time.perf_counter() - started
    worst = max(abs(ours[name] - value) for name, value in theirs.items())
    print(f"components {len(theirs)}  arrays {quick:.3f} s (direct, net, stop, evidence, all buyers)")
    print(
        f"networkx walk {slow:.3f} s (net of one market; graph built in {built:.3f} s)  ratio {slow / quick:.1f}"
    )
    print(f"largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
