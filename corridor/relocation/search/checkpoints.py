"""Plans of a frontier kept on disk as they are found, so that a run that was killed goes on where it was."""

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

_WHOLE, _MONEY = ("tech", "year", "option"), ("capex_net", "running", "cost")


@dataclass(frozen=True)
class Checkpoints:
    """A folder of plans of one study on one set of tables: a file for each budget, written whole or not at all.

    Attributes
    ----------
    folder
        Where the files lie; its name tells study, tables and version of corridor apart.
    """

    folder: Path

    @classmethod
    def of(cls, place: Path, problem: Problem) -> Checkpoints:
        """Those of a problem below a place, whatever its budget: other studies have other folders."""
        key = hashlib.sha256(f"{__version__} {problem.study.model_dump_json()}".encode())
        for name, frame in problem.tables:
            key.update(f"{name} {checksum(frame)}".encode())
        return cls(place / key.hexdigest()[:16])

    def save(self, budget: float, found: Found) -> None:
        """Keep the plan of a budget."""
        chosen, decision = found.decision.chosen, found.decision
        told = {
            "chosen": {name: chosen[name].tolist() for name in (*_WHOLE, *_MONEY)},
            "second": np.flatnonzero(decision.second).tolist(),
            "seconds": len(decision.second),
            "stock": decision.stock.tolist(),
            "theta": found.theta.tolist(),
            "objective": found.objective,
            "bound": found.bound,
            "status": found.status,
            "solver": found.solver,
            "took": found.seconds,
            "prices": dict(found.prices),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{budget!r}.part"
        draft.write_text(json.dumps(told), encoding="utf-8")
        os.replace(draft, self._file(budget))

    def load(self, budget: float) -> Found | None:
        """The plan of a budget, None if none was kept or the file is damaged."""
        try:
            told = json.loads(self._file(budget).read_text(encoding="utf-8"))
            chosen = pd.DataFrame(told["chosen"], columns=[*_WHOLE, *_MONEY])
            chosen = chosen.astype(dict.fromkeys(_WHOLE, int) | dict.fromkeys(_MONEY, float))
            second = np.zeros(told["seconds"], dtype=bool)
            second[np.array(told["second"], dtype=int)] = True
            return Found(
                Decision(chosen, second, np.array(told["stock"], dtype=float)),
                np.array(told["theta"], dtype=float),
                float(told["objective"]),
                float(told["bound"]),
                str(told["status"]),
                str(told["solver"]),
                float(told["took"]),
                {str(name): float(price) for name, price in told["prices"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None

    def _file(self, budget: float) -> Path:
        return self.folder / f"{budget!r}.json"
