"""Second sources of a component cover India's need once: the check of the tables, the rule of the bundled one."""

import pandas as pd
import pytest

from corridor.data.checks import limits as limit_rules
from corridor.data.tables import Tables, load_tables
from tests import TINY
from tests.hand import frame
from tools.bundled_data import lever_tables

SOURCE = {"component": "magnet", "cost_usd_m": 2, "lead_years": 1, "source": "guess", "status": "assumed"}


@pytest.fixture(scope="module")
def tiny() -> Tables:
    tables = load_tables(TINY)
    return tables.replace(demand=tables.demand[tables.demand["market"] == "IND"].reset_index(drop=True))


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [
        (0.1, 0.5, []),
        (0.1, 0.6, [("magnet", "most_share", "shares that add up to 1.2")]),
        (0.55, 0.55, [("magnet", "least_share", "shares that add up to 1.1"),
                      ("magnet", "most_share", "shares that add up to 1.1")]),
    ],
)  # fmt: skip
def test_shares_of_a_component_add_up_to_at_most_1(
    tiny: Tables, least: float, most: float, wanted: list[tuple[str, str, str]]
) -> None:
    rows = [{**SOURCE, "origin": origin, "least_share": least, "most_share": most} for origin in ("JPN", "USA")]
    other = {**SOURCE, "component": "motor", "origin": "JPN", "least_share": 0.1, "most_share": 1.0}
    faults = limit_rules.check_levers(tiny.replace(second_sources=frame("second_sources", [*rows, other])))
    assert [(fault.row, fault.column, fault.found) for fault in faults] == wanted


def test_the_third_origin_covers_what_the_larger_two_leave(tiny: Tables) -> None:
    """World output is worth US$ 1,000 M a year where India needs 10: a share s could give 10 s, at most 0.5."""

    def shares(**world: float) -> dict[str, tuple[float, float]]:
        others = tiny.supply[tiny.supply["component"] != "magnet"]
        rows = [
            {"component": "magnet", "country": country, "quantity": 10_000 * share}
            for country, share in {"CHN": 1.0 - sum(world.values()), **world}.items()
        ]
        supply = pd.concat([others, frame("supply", rows)], ignore_index=True)
        # No record of who exports, and none of what the United States buys abroad.
        bare = tiny.replace(
            supply=supply,
            codes=tiny.codes.iloc[:0],
            sourcing=tiny.sourcing[tiny.sourcing["market"] == "IND"].reset_index(drop=True),
        )
        made = lever_tables.second_sources(bare)
        made = made[made["component"] == "magnet"].set_index("origin")
        return {
            str(row.Index): (round(float(row.most_share), 9), round(float(row.least_share), 9))
            for row in made.itertuples()
        }

    assert shares(JPN=0.045, USA=0.04, DEU=0.03) == {"JPN": (0.45, 0.1), "USA": (0.4, 0.1), "DEU": (0.15, 0.08)}
    assert shares(JPN=0.06, USA=0.048, DEU=0.03) == {"JPN": (0.5, 0.1), "USA": (0.48, 0.1)}
    assert shares(JPN=0.06, USA=0.055, DEU=0.05) == {"JPN": (0.5, 0.1), "USA": (0.5, 0.1)}
    assert shares(JPN=0.03, USA=0.02, DEU=0.01) == {"JPN": (0.3, 0.1), "USA": (0.2, 0.1), "DEU": (0.1, 0.05)}


def test_the_bundled_table_covers_each_need_at_most_once() -> None:
    total = load_tables().second_sources.groupby("component")["most_share"].sum()
    assert total.max() <= 1.0 + 1e-9
