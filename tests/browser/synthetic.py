"""A small synthetic study for the page tests: any size, any names, no solver."""

from pathlib import Path

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.frames import Tables, empty_frame
from corridor.measures import exposure, shares
from corridor.pages import write_pages
from corridor.relocation import Alternatives, Reasons
from corridor.relocation.result.plan import Plan

HOSTILE = "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=2></script>"
COUNTRIES = {
    "CHN": ("China", 104.0, 35.5),
    "HKG": ("Hong Kong", 114.2, 22.3),
    "MAC": ("Macao", 113.5, 22.2),
    "IND": ("India", 78.6, 22.9),
    "USA": ("United States", -98.5, 39.6),
    "JPN": ("Japan", 138.0, 36.5),
    "KOR": ("South Korea", 127.8, 36.4),
    "DEU": ("Germany", 10.4, 51.1),
    "VNM": ("Vietnam", 106.0, 16.0),
    "CHL": ("Chile", -71.0, -31.0),
    "AUS": ("Australia", 134.0, -25.0),
    "EUU": ("European Union", 9.0, 49.0),
    "ROW": ("Other countries", 0.0, 0.0),
}
SECTORS = ("electronics", "solar", "battery", "magnets", "minerals", "pharma")
STAGES = ("mined", "refined", "material", "part", "product")
KNOWN = {"status": "assumed", "source": "own", "year": 2024}


def make_tables(count: int = 60, seed: int = 1, hostile: bool = False) -> Tables:
    """Chains of five components each, from ore to product, spread over the sectors."""
    rng = np.random.default_rng(seed)
    ids = [f"component-{index:03d}" for index in range(count)]
    names = [f"Component {index}" for index in range(count)]
    if hostile:
        names[0], names[1] = HOSTILE, "=cmd|' /C calc'!A0"
    stage = [STAGES[index % 5] for index in range(count)]
    components = _frame(
        "components",
        id=ids,
        name=names,
        sector=[SECTORS[index // 5 % 6] for index in range(count)],
        stage=stage,
        unit="t",
        price_usd_per_unit=1000.0,
        stock_months=1.0,
        qualification_months=6.0,
        loss_ratio=1.0,
        **KNOWN,
    )
    pairs = [(ids[index], ids[index - 1]) for index in range(count) if index % 5]
    recipes = _frame(
        "recipes",
        output=[a for a, _ in pairs],
        route="main",
        input=[b for _, b in pairs],
        purpose="run",
        value_share=0.5,
        essential=True,
        route_share=1.0,
        low=0.4,
        high=0.6,
        **{"yield": 1.0},
        **KNOWN,
    )
    makers = [code for code in COUNTRIES if code not in {"IND", "USA", "EUU"}]
    supply, sourcing = [], []
    for index, name in enumerate(ids):
        weights = rng.dirichlet(np.r_[8.0, np.full(len(makers) - 1, 0.5)])
        status = ("reported", "computed", "inherited", "assumed")[index % 4]
        supply += [
            {
                "component": name,
                "country": code,
                "share": weight,
                "status": status,
                "source": "<b>book</b>" if hostile else "book",
                "year": 2024,
            }
            for code, weight in zip(makers, weights, strict=True)
        ]
        sourcing += [
            {"market": market, "component": name, "origin": market, "share": 0.3, "low": 0.2, "high": 0.4, **KNOWN}
            for market in ("IND", "USA")
        ]
    products = [name for name, kind in zip(ids, stage, strict=True) if kind == "product"]
    demand = [
        {
            "market": market,
            "component": name,
            "value_usd_m": 100.0 + index,
            "growth": 0.05,
            "covers": "all",
            "unlisted": 1.0,
            "low": 50.0,
            "high": 300.0,
            **KNOWN,
        }
        for market in ("IND", "USA")
        for index, name in enumerate(products)
    ]
    firms = _frame(
        "suppliers",
        id=[f"firm-{index}" for index in range(80)],
        firm=[HOSTILE if hostile and not index else f"Firm {index}" for index in range(80)],
        country="CHN",
        place="Somewhere",
        lon=rng.uniform(100, 120, 80),
        lat=rng.uniform(22, 42, 80),
        precision="city",
        kind="plant",
        **KNOWN,
    )
    sites = _frame(
        "sites",
        id=["sri-city", "dholera"],
        name=[HOSTILE if hostile else "Sri City", "Dholera"],
        state=["Andhra Pradesh", "Gujarat"],
        lon=[80.0, 72.2],
        lat=[13.5, 22.2],
        coordinate_status="reported",
        kind="industrial park",
        tags="electronics;pharma",
        land_ha=100.0,
        power_mw=50.0,
        water_mld=20.0,
        workers=5000.0,
        port="INMAA Chennai",
        port_km=60.0,
        **KNOWN,
    )
    return Tables(
        countries=_frame(
            "countries",
            iso3=list(COUNTRIES),
            name=[row[0] for row in COUNTRIES.values()],
            lon=[row[1] for row in COUNTRIES.values()],
            lat=[row[2] for row in COUNTRIES.values()],
            region="x",
            **KNOWN,
        ),
        components=components,
        recipes=recipes,
        supply=_rows("supply", supply),
        suppliers=firms,
        makes=_frame(
            "makes", supplier=firms["id"].tolist(), component=[ids[index % count] for index in range(80)], **KNOWN
        ),
        codes=empty_frame("codes"),
        trade=empty_frame("trade"),
        sourcing=_rows("sourcing", sourcing),
        demand=_rows("demand", demand),
        markets=_frame(
            "markets", market=["USA"], scope="all", access=0.5, freight_target=0.0, freight_host=0.0, **KNOWN
        ),
        sites=sites,
        technologies=_frame(
            "technologies",
            id=[f"{name}-s" for name in ids],
            component=ids,
            capacity=1000.0,
            capex_usd_m=20.0,
            capex_low=12.0,
            capex_high=34.0,
            running_premium=0.1,
            lead_years=2,
            ramp=1.0,
            land_ha=5.0,
            power_mw=2.0,
            water_mld=0.5,
            workers=100.0,
            minimum_use=0.5,
            incentive_share=0.2,
            site_tags="electronics;pharma",
            most_plants=4,
            **KNOWN,
        ),
        sources=_frame(
            "sources",
            key=["own", "book", "<b>book</b>"],
            title=["Own assumption", "A yearbook", HOSTILE if hostile else "Another"],
            publisher="Us",
            address=["", "https://example.org/book", "javascript:window.hacked=3"],
            licence="free",
        ),
    )


def make_study() -> Study:
    """Two markets, one denial, three budgets."""
    return Study.model_validate(
        {
            "name": "synthetic",
            "title": "A synthetic study",
            "budget_usd_m": 1000,
            "budgets_usd_m": [500, 1000, 2000],
            "denials": [
                {
                    "name": "all-of-it",
                    "start": 2029,
                    "months": 6,
                    "probability": 0.1,
                    "reason": "For the sake of the test.",
                    "cuts": [{"cut": 1.0}],
                }
            ],
        }
    )


def make_measures(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposures and shares of both markets."""
    return exposure(tables, ["IND", "USA"]), pd.concat([shares(tables, market) for market in ("IND", "USA")])


def make_plans(tables: Tables, exposures: pd.DataFrame) -> list[Plan]:
    """Three plans: the greater the budget, the more moves."""
    return [_plan(tables, exposures, budget, moves) for budget, moves in ((500.0, 2), (1000.0, 5), (2000.0, 11))]


def make_trade(tables: Tables) -> Tables:
    """The tables with India's imports of two years, known by class of goods: China's share rises."""
    ids = tables.components["id"].tolist()[:20]
    codes = _frame(
        "codes", component=ids, nomenclature="CLASS", code="c1", match="group", **{"status": "inherited"}
    )
    rows = [("CHN", 2020, 40.0), ("JPN", 2020, 60.0), ("CHN", 2022, 90.0), ("JPN", 2022, 10.0)]
    trade = [
        {
            "importer": "IND",
            "exporter": country,
            "nomenclature": "CLASS",
            "code": "c1",
            "value_usd_m": value,
            "status": "reported",
            "source": "book",
            "year": year,
        }
        for country, year, value in rows
    ]
    return tables.replace(codes=codes, trade=_rows("trade", trade))


def make_reasons(plan: Plan) -> Reasons:
    """Each move is worth twice its cost and needs the one before it."""
    names = plan.moves["component"].tolist()
    moves = plan.moves[["component", "technology", "start_year", "plants"]].assign(
        cost_usd_m=20.0,
        worth_usd_m=40.0,
        worth_per_usd=2.0,
        needs=["", *names[:-1]],
        needed_by=[*names[1:], ""],
    )
    limits = pd.DataFrame({"name": ["budget"], "price_usd_m": [0.4], "what": ["one more US$ avoids US$ 0.4"]})
    return Reasons(moves=moves, pairs=pd.DataFrame(), levers=pd.DataFrame(), limits=limits)


def make_alternatives(plan: Plan) -> Alternatives:
    """The first component is a must, the others could be, one that the plan has not is never made."""
    names = plan.moves["component"].tolist()
    verdicts = ["must", *["could"] * (len(names) - 1)]
    components = pd.DataFrame({"component": names, "verdict": verdicts, "plans": 3, "of": 4, "regret_usd_m": 1.5})
    never = pd.DataFrame({"component": ["component-050"], "verdict": ["never"], "plans": [0], "of": [4]})
    sites = plan.moves[["component", "technology", "site"]].assign(plans=3, of=4, verdict=verdicts)
    plans = pd.DataFrame({"plan": range(4)})
    both = pd.concat([components, never], ignore_index=True)
    return Alternatives(slack=0.01, plans=plans, moves=pd.DataFrame(), components=both, sites=sites)


def write_everything(out: Path, *, hostile: bool = False) -> Path:
    """Pages with everything on them: trade of two years, reasons, near-optimal plans, pages to link."""
    tables = make_trade(make_tables(hostile=hostile))
    exposures, found = make_measures(tables)
    plans = make_plans(tables, exposures)
    write_pages(
        tables,
        make_study(),
        exposures,
        found,
        plans,
        out,
        reasons={plan.budget_usd_m: make_reasons(plan) for plan in plans[1:]},
        alternatives={plan.budget_usd_m: make_alternatives(plan) for plan in plans[1:]},
        has_component_pages=True,
    )
    return out


def _plan(tables: Tables, exposures: pd.DataFrame, budget: float, count: int) -> Plan:
    names = tables.components["id"].tolist()[:count]
    count = len(names)
    moves = pd.DataFrame(
        {
            "component": names,
            "technology": [f"{name}-s" for name in names],
            "site": ["sri-city", "dholera"] * (count // 2) + ["sri-city"] * (count % 2),
            "start_year": 2026,
            "first_output_year": 2028,
            "plants": 1,
            "capacity": 1000.0,
            "capacity_usd_m": 10.0,
            "made_usd_m": 8.5,
            "capex_usd_m": 20.0,
            "incentive_usd_m": 5.0,
            "running_usd_m": 3.0,
            "replaces_target_usd_m": 8.0,
            "still_target_usd_m": 2.5,
        }
    )
    kept = exposures[["market", "component", "direct", "net", "stop"]]
    before = kept.rename(columns={kind: f"{kind}_before" for kind in ("direct", "net", "stop")})
    touched = kept["component"].isin(names)
    after = {f"{kind}_after": kept[kind].where(~touched, kept[kind] * 0.6) for kind in ("direct", "net", "stop")}
    losses = pd.DataFrame(
        [
            {
                "scenario": "all-of-it",
                "market": market,
                "sector": sector,
                "loss_before_usd_m": 900.0,
                "loss_after_usd_m": 900.0 - 30 * count,
            }
            for market in ("IND", "USA")
            for sector in ("electronics", "pharma")
        ]
    )
    limits = pd.DataFrame(
        [
            {
                "limit": "budget",
                "scope": "all years",
                "unit": "US$ million",
                "amount": budget,
                "used": budget,
                "left": 0.0,
                "binds": True,
            },
            {
                "limit": "land",
                "scope": "sri-city",
                "unit": "ha",
                "amount": 100.0,
                "used": 60.0,
                "left": 40.0,
                "binds": False,
            },
        ]
    )
    summary: dict[str, float | str] = {
        "status": "optimal",
        "solver": "scip",
        "objective": 1.0,
        "bound": 1.0,
        "gap": 0.01,
        "stopped_after_s": 0.0,
        "proved": "within 1.0 % of the least cost",
        "cost_usd_m": budget * 0.98,
        "capex_usd_m": 20.0 * count,
        "incentive_usd_m": 5.0 * count,
        "running_usd_m": 3.0 * count,
        "expected_loss_before_usd_m": 1000.0,
        "expected_loss_after_usd_m": 1000.0 - 40 * count,
    }
    return Plan(
        study="synthetic",
        budget_usd_m=budget,
        summary=summary,
        moves=moves,
        exposure=before.assign(**after),
        losses=losses,
        limits=limits,
        sourcing=empty_frame("sourcing"),
    )


def _rows(table: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return _fit(table, pd.DataFrame(rows))


def _frame(table: str, **columns: object) -> pd.DataFrame:
    return _fit(table, pd.DataFrame(columns))


def _fit(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    empty = empty_frame(table)
    return frame.reindex(columns=empty.columns).astype(
        {name: kind for name, kind in empty.dtypes.items() if frame.get(name) is not None}
    )
