"""A bound from some rounds of cuts at the root of an integer program, found by a process of its own.

The root of a large program is one lump for the solver: nodes, plans and time can be limited, rounds of cuts can't,
and most of what they gain comes with the first. So a process solves the program and says the bound after each
round; the one that is asked for is taken, and the process is ended. That is a count of rounds, so the bound is the
same on every machine, while most of the work of a whole root is saved. Heuristics and restarts are off: they took
two thirds of a root's time. On the default study at US$ 8,000 M the bound is 17,109 after 8 rounds and 12 s of
processor time, 17,118 after 14 and 17 s, and 17,120 at the end of the root, 25 s.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

import numpy as np

from corridor.relocation.model.program import Program
from corridor.relocation.solver.solve import model_message

#: A line of the solver's log at the root once there are cuts: bound, best plan, gap, cuts, cuts in use, conflicts,
#: steps.
_ROUND = re.compile(r"^\s*\S?\s+0\s+0\s+0\s+0\.00%\s+(\S+)\s+\S+\s+\S+\s+(\d+)\s+\d+\s+\d+\s+(\d+)")


class RootBound:
    """A bound on a program that another process works out meanwhile.

    Parameters
    ----------
    program
        The full program, or any relaxation of what is to be bounded.
    rows
        Rounds of cuts.
    time_limit_s
        Safety cap.
    """

    def __init__(self, program: Program, rows: int, time_limit_s: float) -> None:
        self._rows, self._limit = rows, time_limit_s
        self.out_of_time = False
        handle, name = tempfile.mkstemp(suffix=".model")
        self._file = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(model_message(program, program.integer).SerializeToString())
        command = [sys.executable, "-c", _CHILD, name, repr(time_limit_s)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._bound = -np.inf
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait(self) -> float:
        """The bound; -infinity where the process found none."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.2)
        finally:
            self.stop()
        return self._bound

    def stop(self) -> None:
        """End the process, whatever it has found."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._file.unlink(missing_ok=True)

    def _read(self) -> None:
        rounds = 0
        assert self._process.stdout is not None
        stream: IO[str] = self._process.stdout
        for line in stream:
            word, _, text = line.rstrip("\n").partition(" ")
            if word == "END":
                self._bound, self.out_of_time = max(self._bound, float(text.split()[0])), text.split()[1] == "time"
                return
            found = _ROUND.match(text)
            if found is None or int(found[2]) == 0:
                continue
            rounds += 1
            self._bound = max(self._bound, float(found[1]))
            if rounds >= self._rows:
                return


_CHILD = """
import os
import sys
import threading
from datetime import timedelta
from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2, result_pb2
from ortools.math_opt.core.python import solver

model = model_pb2.ModelProto()
model.ParseFromString(open(sys.argv[1], "rb").read())
parameters = parameters_pb2.SolveParametersProto(relative_gap_tolerance=1e-6, node_limit=1, random_seed=1)
parameters.time_limit.FromTimedelta(timedelta(seconds=float(sys.argv[2])))
parameters.highs.double_options["mip_heuristic_effort"] = 0.0
parameters.highs.bool_options["mip_allow_restart"] = False
for heuristic in ("feasibility_jump", "rens", "rins", "root_reduced_cost", "shifting", "zi_round"):
    parameters.highs.bool_options["mip_heuristic_run_" + heuristic] = False
parameters.highs.double_options["mip_min_logging_interval"] = 0.0


def end_with_parent():
    # Nothing is ever written to this pipe: it ends when the parent does, however that ends.
    sys.stdin.read()
    os._exit(1)


threading.Thread(target=end_with_parent, daemon=True).start()


def say(lines):
    for line in lines:
        print("LOG", line, flush=True)


result = solver.solve(
    model, parameters_pb2.SOLVER_TYPE_HIGHS, parameters_pb2.SolverInitializerProto(), parameters,
    model_parameters_pb2.ModelSolveParametersProto(), say, callback_pb2.CallbackRegistrationProto(), None, None,
)
late = "time" if result.termination.limit == result_pb2.LIMIT_TIME else "work"
print("END", repr(result.termination.objective_bounds.dual_bound), late, flush=True)
"""
