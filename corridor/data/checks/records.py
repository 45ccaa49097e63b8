"""Checks of the records that the model's figures are compared with."""

import pandas as pd

from corridor.data.checks.chain import name_rows
from corridor.data.frames import Tables
from corridor.errors import Fault

ALL = "ALL"
"""Origin of a record of imports from all countries together."""
DIGITS = {"HS6": 6, "HS4": 4, "HS2": 2}
"""Digits of a code of each level of the Harmonized System."""
_ROUNDING = 0.01  # records of one group may come from two publishers


def check_recorded_imports(tables: Tables) -> list[Fault]:
    """Records have codes of their level, known origins, a total, and no origin above the total."""
    frame = tables.recorded_imports
    table = "recorded_imports"
    digits = frame["nomenclature"].map(DIGITS)
    ragged = digits.notna() & ~(frame["code"].str.fullmatch(r"\d+") & (frame["code"].str.len() == digits))
    faults = [
        Fault(
            table,
            row,
            "code",
            "a code of another length",
            "two, four or six digits, as its nomenclature says",
            fix,
        )
        for fix in ["write all digits, with no dots"]
        for row in name_rows(table, frame, ragged.astype(bool))
    ]
    unknown = ~frame["origin"].isin({*tables.countries["iso3"], ALL})
    faults += [
        Fault(table, row, "origin", "no known country", "an iso3 of countries, or ALL", "correct the name")
        for row in name_rows(table, frame, unknown)
    ]
    lost = (frame["nomenclature"] == "component") & ~frame["code"].isin(tables.components["id"])
    faults += [
        Fault(table, row, "code", "no known component", "an id of components", "correct the name")
        for row in name_rows(table, frame, lost)
    ]
    keys = ["market", "nomenclature", "code", "year"]
    total = frame[frame["origin"] == ALL].set_index(keys)["value_usd_m"]
    single = frame[frame["origin"] != ALL]
    limit = total[~total.index.duplicated()].reindex(pd.MultiIndex.from_frame(single[keys])).to_numpy(float)
    over = pd.Series(single["value_usd_m"].to_numpy() > limit * (1.0 + _ROUNDING), index=single.index)
    return faults + [
        Fault(
            table,
            row,
            "value_usd_m",
            "more than from all countries together",
            "at most that",
            "correct one of the two",
        )
        for row in name_rows(table, single, over)
    ]
