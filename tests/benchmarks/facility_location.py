"""Capacitated facility location: a study that must meet demand, against linopy with HiGHS and spopt with CBC.

    python tests/benchmarks/facility_location.py FILE ... [--capacity X] [--against] [--python PYTHON]

FILE is of the OR-Library's form (Beasley 1990, doi:10.1057/jors.1990.166): sites and customers; capacity and fixed
cost of each site; demand of each customer and the cost of serving all of it from each site. Where the capacity is
the word ``capacity``, give it as `--capacity` or at the end of the file's name (``capa-8000.cap``; the file read
is then ``capa.cap``, if there is no file of the longer name).

A name such as ``a:8000:1`` (class a, b or c, capacity, seed) stands for a made instance of the large class: 100
sites and 1000 customers in a square of side 1000, a unit's cost the distance times 1 to 1.25, demand 15 to 100,
and fixed costs, by class, with which 5 to 14 plants open.

Every run has a process of its own, so that its peak of memory is its own. ``build`` and ``solve`` leave out
imports and the reading of the file; ``tables`` is the time to put the instance into the project's tables. With
`--against`, ``--python`` names an interpreter that has linopy, highspy and spopt; what it lacks is skipped. spopt
(0.7) has no model with fixed costs: its own blocks (assignment, opening, capacity) are used, with continuous
assignment and the fixed costs added to the objective, and solved by CBC through PuLP as spopt does.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

GAP = 1e-6
MADE = re.compile(r"^([abc]):(\d+):(\d+)$")
FIXED = {"a": (1.35e6, 2.25e6), "b": (4.5e5, 7.5e5), "c": (3.0e5, 5.0e5)}


def peak_mib():
    """Most memory that this process has held; counted anew after exec, unlike ``ru_maxrss``."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
    except (OSError, AttributeError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (2**20 if sys.platform == "darwin" else 2**10)


def made(kind, capacity, seed):
    """An instance of the large class: capacity, fixed, demand, cost of serving all of it (sites, customers)."""
    import numpy as np

    random = np.random.default_rng(seed)
    sites, customers = random.uniform(0, 1000, (100, 2)), random.uniform(0, 1000, (1000, 2))
    demand = random.integers(15, 101, 1000).astype(float)
    distance = np.hypot(*(sites[:, None, :] - customers[None, :, :]).transpose(2, 0, 1))
    unit = distance * random.uniform(1.0, 1.25, distance.shape)
    fixed = np.round(random.uniform(*FIXED[kind], 100))
    return np.full(100, float(capacity)), fixed, demand, unit * demand


def read(name, capacity=None):
    """An instance: capacity, fixed, demand, and the cost of serving all of a customer (sites, customers)."""
    import numpy as np

    if match := MADE.match(name):
        return made(match[1], int(match[2]), int(match[3]))
    path = Path(name)
    if not path.exists() and (match := re.match(r"^(.*)-(\d+)$", path.stem)):
        path, capacity = path.with_name(match[1] + path.suffix), float(match[2])
    words = path.read_text().split()
    if "capacity" in words:
        if capacity is None:
            sys.exit(f"{name}: capacity is not in the file; give --capacity")
        words = [str(capacity) if word == "capacity" else word for word in words]
    numbers = np.array(words, dtype=float)
    sites, customers = int(numbers[0]), int(numbers[1])
    head, body = numbers[2 : 2 + 2 * sites].reshape(sites, 2), numbers[2 + 2 * sites :]
    body = body.reshape(customers, sites + 1)
    return head[:, 0].copy(), head[:, 1].copy(), body[:, 0].copy(), np.ascontiguousarray(body[:, 1:].T)


def tables_of(capacity, fixed, demand, cost):
    """The instance in the project's tables: one technology for each site, price US$ 1 a unit."""
    import numpy as np
    import pandas as pd

    from corridor.data.frames import Tables, conform, empty_frame
    from corridor.data.schema import TABLES

    sites = np.array([f"s{at}" for at in range(len(fixed))])
    markets = np.array([f"M{at}" for at in range(len(demand))])
    known = {"status": "reported", "source": "file"}
    none = dict.fromkeys(("land_ha", "power_mw", "water_mld", "workers"), 0.0)
    raw = {
        "sources": {"key": ["file"], "title": "instance", "publisher": "OR-Library", "licence": "MIT"},
        "countries": {"iso3": markets, "name": markets, "lon": 0.0, "lat": 0.0, "region": "none", **known},
        "components": {
            "id": ["good"],
            "name": "good",
            "sector": "minerals",
            "stage": "part",
            "unit": "t",
            "price_usd_per_unit": 1.0,
            **known,
        },
        "demand": {"market": markets, "component": "good", "value_usd_m": demand / 1e6, **known},
        "sites": {
            "id": sites,
            "name": sites,
            "state": "none",
            "lon": 0.0,
            "lat": 0.0,
            "coordinate_status": "assumed",
            "kind": "none",
            "tags": sites,
            **none,
            **known,
        },
        "technologies": {
            "id": np.char.add("t-", sites),
            "component": "good",
            "capacity": capacity,
            "capex_usd_m": fixed / 1e6,
            "running_premium": 0.0,
            "lead_years": 0,
            "site_tags": sites,
            "most_plants": 1,
            **none,
            **known,
        },
        "freight": {
            "component": "good",
            "site": np.repeat(sites, len(markets)),
            "market": np.tile(markets, len(sites)),
            "cost_usd_per_unit": (cost / demand).ravel(),
            **known,
        },
    }
    frames = {name: empty_frame(name) for name in TABLES}
    for name, columns in raw.items():
        frames[name], problems = conform(name, pd.DataFrame(columns))
        assert not problems, problems[:3]
    return Tables(**frames), {str(market): 1.0 for market in markets}


def ours(instance):
    started = time.perf_counter()

    import corridor
    from corridor.relocation import optimize  # noqa: F401

    imported = time.perf_counter()
    tables, markets = tables_of(*instance)
    settings = {
        "name": "location",
        "title": "Facility location",
        "markets": markets,
        "meet_demand": True,
        "goal": {"minimise": "cost"},
        "first_year": 2026,
        "last_year": 2026,
        "planned_use": 1.0,
        "gap": GAP,
        "time_limit_s": 600.0,
    }
    study = corridor.Study.model_validate(settings)
    made_ = time.perf_counter()
    plan = corridor.optimize(tables, study)
    ended = time.perf_counter()
    summary = plan.summary
    return {
        "objective": 1e6 * summary["objective"],
        "bound": 1e6 * summary["bound"],
        "plants": len(plan.moves),
        "solve": ended - made_,
        "imports": imported - started,
        "tables": made_ - imported,
    }


def linopy_highs(instance):
    """The strong formulation, given to HiGHS without a file between."""
    started = time.perf_counter()
    import highspy  # noqa: F401
    import linopy
    import pandas as pd
    import xarray as xr

    imported = time.perf_counter()
    capacity, fixed, demand, cost = instance
    site, customer = pd.RangeIndex(len(fixed), name="site"), pd.RangeIndex(len(demand), name="customer")
    need = xr.DataArray(demand, coords=[customer])
    room, opening = xr.DataArray(capacity, coords=[site]), xr.DataArray(fixed, coords=[site])
    model = linopy.Model()
    y = model.add_variables(coords=[site], name="y", binary=True)
    x = model.add_variables(lower=0, upper=1, coords=[site, customer], name="x")
    model.add_constraints(x.sum("site") == 1, name="demand")
    model.add_constraints((need * x).sum("customer") - room * y <= 0, name="capacity")
    model.add_constraints(x - y <= 0, name="linking")
    model.add_constraints((room * y).sum() >= demand.sum(), name="total")
    model.add_objective((opening * y).sum() + (xr.DataArray(cost, coords=[site, customer]) * x).sum())
    built = time.perf_counter()
    model.solve("highs", io_api="direct", mip_rel_gap=GAP, mip_abs_gap=0.0, output_flag=False, time_limit=LIMIT)
    ended = time.perf_counter()
    return {
        "objective": float(model.objective.value),
        "bound": float(model.solver_model.getInfo().mip_dual_bound),
        "plants": int(y.solution.round().sum()),
        "build": built - imported,
        "solve": ended - built,
        "imports": imported - started,
    }


def spopt_cbc(instance):
    """spopt's blocks with fixed costs added (it has none), CBC through PuLP."""
    started = time.perf_counter()
    import pulp
    from spopt.locate import PMedian
    from spopt.locate.base import FacilityModelBuilder as Builder

    imported = time.perf_counter()
    capacity, fixed, demand, cost = instance
    clients, places = range(len(demand)), range(len(fixed))
    model = PMedian("location", pulp.LpProblem("location", pulp.LpMinimize), cost.T, demand.sum())
    Builder.add_facility_integer_variable(model, places, "y[{i}]")
    Builder.add_client_assign_variable(model, clients, places, "z[{i}_{j}]", lp_category=pulp.LpContinuous)
    y, x = model.fac_vars, model.cli_assgn_vars
    model.problem += pulp.lpSum(
        [cost[j, i] * x[i, j] for i in clients for j in places] + [fixed[j] * y[j] for j in places]
    )
    Builder.add_assignment_constraint(model, places, clients)
    Builder.add_facility_capacity_constraint(model, demand, capacity, clients, places)
    Builder.add_opening_constraint(model, places, clients)
    built = time.perf_counter()
    model.problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=GAP, timeLimit=LIMIT))
    ended = time.perf_counter()
    return {
        "objective": float(pulp.value(model.problem.objective)),
        "bound": float("nan"),
        "plants": sum(round(each.value()) for each in y),
        "build": built - imported,
        "solve": ended - built,
        "imports": imported - started,
    }


WAYS = {"corridor": ours, "linopy + HiGHS": linopy_highs, "spopt + CBC": spopt_cbc}
LIMIT = 600.0


def in_own_process(python, way, name, capacity, limit):
    """What one run says of itself, or why it said nothing; memory of CBC, a process of its own, isn't counted."""
    command = [python, __file__, name, "--one", way, "--limit", str(limit)]
    if capacity is not None:
        command += ["--capacity", str(capacity)]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return {"fault": (done.stderr.strip().splitlines() or ["no answer"])[-1]}
    return json.loads(lines[-1])


def main():
    global LIMIT
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--capacity", type=float)
    parser.add_argument("--against", action="store_true", help="run linopy and spopt too")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has them")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for each of them")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    LIMIT = given.limit
    if given.one:
        answer = WAYS[given.one](read(given.files[0], given.capacity))
        print(json.dumps({**answer, "peak": peak_mib()}))
        return
    head = f"{'instance':<10}{'by':<16}{'objective':>18}{'bound':>18}{'gap':>9}{'plants':>7}"
    print(f"{head}{'build s':>9}{'solve s':>9}{'imports s':>10}{'tables s':>9}{'peak MiB':>9}")
    for name in given.files:
        for way in WAYS if given.against else ["corridor"]:
            python = sys.executable if way == "corridor" else given.python
            run = in_own_process(python, way, name, given.capacity, given.limit)
            label = f"{Path(name).stem:<10}{way:<16}"
            if "fault" in run:
                print(f"{label}skipped: {run['fault']}", flush=True)
                continue
            gap = (run["objective"] - run["bound"]) / abs(run["objective"])
            print(
                f"{label}{run['objective']:>18.3f}{run['bound']:>18.3f}{gap:>9.1e}{run['plants']:>7}"
                f"{run['build']:>9.3f}{run['solve']:>9.3f}{run['imports']:>10.2f}{run.get('tables', 0.0):>9.2f}"
                f"{run['peak']:>9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
