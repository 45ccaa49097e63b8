"""Plans of a frontier saved to disk as they are found, so that a run that was killed can resume."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.data.frames import checksum
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.decision import Decision
from corridor.relocation.result.found import Found
from corridor.version import __version__

_INTEGERS, _MONEY = ("tech", "year", "option"), ("capex_net", "running", "cost")


@dataclass(frozen=True)
class Checkpoints:
    """A folder of plans of one study on one set of tables: one file per budget, written atomically.

    Attributes
    ----------
    folder
        Where the files are; its name is a hash of study, tables and corridor's version.
    """

    folder: Path

    @classmethod
    def of(cls, place: Path, problem: Problem) -> Checkpoints:
        """Checkpoints of a problem, whatever its budget, in a subfolder of `place` of its own."""
        key = hashlib.sha256(f"{__version__} {problem.study.model_dump_json()}".encode())
        for name, frame in problem.tables:
            key.update(f"{name} {checksum(frame)}".encode())
        return cls(place / key.hexdigest()[:16])

    def save(self, budget: float, found: Found) -> None:
        """Save the plan of a budget."""
        chosen, decision = found.decision.chosen, found.decision
        record = {
            "chosen": {name: chosen[name].tolist() for name in (*_INTEGERS, *_MONEY)},
            "second": np.flatnonzero(decision.second).tolist(),
            "seconds": len(decision.second),
            "stock": decision.stock.tolist(),
            "theta": found.theta.tolist(),
            "objective": found.objective,
            "bound": found.bound,
            "status": found.status,
            "solver": found.solver,
            "idle": found.idle,
            "stopped": found.stopped,
            "prices": dict(found.prices),
            "earlier": found.earlier,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{budget!r}.part"
        draft.write_text(json.dumps(record), encoding="utf-8")
        os.replace(draft, self._file(budget))

    def load(self, budget: float) -> Found | None:
        """The plan of a budget, None if none was saved or the file is damaged."""
        try:
            record = json.loads(self._file(budget).read_text(encoding="utf-8"))
            chosen = pd.DataFrame(record["chosen"], columns=[*_INTEGERS, *_MONEY])
            chosen = chosen.astype(dict.fromkeys(_INTEGERS, int) | dict.fromkeys(_MONEY, float))
            second = np.zeros(record["seconds"], dtype=bool)
            second[np.array(record["second"], dtype=int)] = True
            return Found(
                Decision(chosen, second, np.array(record["stock"], dtype=float)),
                np.array(record["theta"], dtype=float),
                float(record["objective"]),
                float(record["bound"]),
                str(record["status"]),
                str(record["solver"]),
                0.0,
                {str(name): float(price) for name, price in record["prices"].items()},
                bool(record["stopped"]),
                float(record["idle"]),
                tuple((str(goal), float(gap)) for goal, gap in record["earlier"]),
            )
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None

    def _file(self, budget: float) -> Path:
        return self.folder / f"{budget!r}.json"
