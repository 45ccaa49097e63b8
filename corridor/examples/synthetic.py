"""Synthetic studies of any size, for benchmarks and tests: chains from ore to product shaped like real ones.

Nothing here is data. Distribution of each quantity, with n components; all from one seeded generator:

| quantity | distribution |
| --- | --- |
| stage | fixed shares of n: mined 22 %, refined 20, material 17, intermediate 14, part 12, module 9, product 6 |
| sector | six (fewer below 84 components), in turn within each stage |
| inputs of a component | 2-5 from stages below: usually one stage down (geometric, 0.7) |
| which input | by popularity, Pareto with tail exponent 1.2: few inputs serve very many users |
| sector of an input | the user's with probability 0.8, else any |
| value shares | sum uniform in 0.3-0.8, split by Dirichlet(1.5); an input is replaceable with probability 0.3 |
| China's share of world output | Beta, mean by stage (0.68 refined, 0.62 parts, 0.57 over all), concentration 5 |
| other makers | 5-22 countries, Gamma(0.5) weights; India is one for two components in three |
| Hong Kong, Macao | up to 2 % and 0.5 % of China's share |
| home production | India: Beta(1.2, 3.6), none with probability 0.3; United States: Beta(1.2, 6) |
| needs for products | log-normal: India median US$ 300 M, United States 500 M, sigma 1.2; growth 2-8 % a year |
| price | log-normal, median rising from US$ 500 (mined) to 50,000 (product), sigma 1 |
| plants | for 3 in 5 components, drawn by China's share and stage; none if the market is under US$ 1 M a year |
| sizes | 1-3: 0.4, 1, 2.5 x a share of the market: log-normal, median 0.12, sigma 0.7, 0.5 at most; 1-6 plants |
| market | India's imports, half of what the United States buys from China, needs of plants that could be built |
| investment | base size: log-normal median 0.8 of yearly output, sigma 0.6; other sizes by exponent 0.6-0.85 |
| running premium | uniform 0.02-0.25 at base size, a tenth more when small, less when large |
| lead time, ramp, incentive | 1, 2, 3 years (0.3, 0.5, 0.2); 0.4-1; 0, 0.1, 0.2 or 0.25 of the investment |
| land, power, water, workers | of a plant: in proportion to investment, log-normal sigma 0.5 |
| of a site | log-normal fractions, sigma 0.7, of half of what one plant of each technology would need |
| denials | 3-24 months; a sector, stages of one, a group of components, another exporter, or everything |
| cut, adaptation, spare | uniform 0.5-1; 0.1; 0.05 |
| probability of a denial | log-uniform over a factor of 15; of a full sector 0.3 of that |

In the bundled data a plant's output is 0.034, 0.08, 0.18, 0.34 and 0.71 of its market (for 5, 25, 50, 75 and 90 %
of the technologies); here it is 0.026, 0.09, 0.21, 0.47 and 0.99.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridor.config import Study
from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.countries.names import known_countries
from corridor.data.frames import Tables, bundled_sectors, conform, empty_frame
from corridor.data.schema import SITE_TAGS, TABLES
from corridor.errors import ConfigError, DataError
from corridor.examples.synthetic_chain import STAGE_MIX, recipes, sectors, sellable, stages

__all__ = ["synthetic_study", "synthetic_tables"]

_TARGET = ["CHN", "HKG", "MAC"]
# fmt: off
_OTHERS = [
    "IND", "USA", "JPN", "KOR", "TWN", "VNM", "THA", "MYS", "IDN", "PHL", "SGP", "AUS", "NZL", "CHL", "PER",
    "BRA", "ARG", "MEX", "CAN", "DEU", "FRA", "ITA", "ESP", "NLD", "BEL", "POL", "CZE", "SWE", "FIN", "NOR",
    "GBR", "CHE", "TUR", "ZAF", "COD", "MAR", "KAZ", "ROW",
]
# fmt: on
_NOT_DENYING = {*_TARGET, "IND", "USA", "ROW"}
_TAGS = {
    "electronics": "electronics",
    "solar": "solar;fab",
    "battery": "battery;chemicals",
    "magnets": "metals",
    "minerals": "minerals;metals",
    "pharma": "pharma",
}
#: What a plant uses at its site per US$ M of investment.
_RESOURCES = {"land_ha": 0.15, "power_mw": 0.09, "water_mld": 0.006, "workers": 9.0}
#: Share of the United States' purchases from the target that makers in India could take over.
_ACCESS = 0.5
#: The market's row: its access and freight with their ranges.
_TERMS = {"access": _ACCESS, "low": _ACCESS, "high": _ACCESS, "freight_low": 0.0, "freight_high": 0.0}
#: Smallest market with a plant, US$ M a year.
_LEAST = 1.0
#: Median output of a plant of base size, as a fraction of what its market could take.
_PLANT = 0.12
#: Table -> its figure, and the columns of its range, 20 % to either side.
_RANGES = {
    "recipes": ("value_share", "low", "high"),
    "supply": ("share", "low", "high"),
    "sourcing": ("share", "low", "high"),
    "demand": ("value_usd_m", "low", "high"),
    "technologies": ("capex_usd_m", "capex_low", "capex_high"),
}


def synthetic_tables(components: int = 2000, sites: int = 60, seed: int | np.random.Generator = 1) -> Tables:
    """Tables of a synthetic economy; they pass all checks of :mod:`corridor.data.checks`.

    Parameters
    ----------
    components, sites
        How many; at least 7 components (one per stage) and 1 site.
    seed
        Seed, or a generator to draw from.

    Raises
    ------
    ConfigError
        If there are too few components or sites.
    """
    if components < len(STAGE_MIX) or sites < 1:
        raise ConfigError(
            f"{components} components and {sites} sites are too few. Fix: ask for at least {len(STAGE_MIX)} "
            "components (one per stage) and 1 site."
        )
    rng = np.random.default_rng(seed)
    stage = stages(components)
    sector = sectors(stage, len(bundled_sectors()))
    frame = _components(rng, stage, sector)
    links = recipes(rng, stage, sector)
    home = np.where(rng.random(components) < 0.3, 0.0, rng.beta(1.2, 3.6, components))
    home_usa = rng.beta(1.2, 6.0, components)
    final = np.where(stage == len(STAGE_MIX) - 1, 1.0, 0.0)
    needs = {
        market: final * rng.lognormal(np.log(median), 1.2, components)
        for market, median in (("IND", 300.0), ("USA", 500.0))
    }
    names = frame["id"].to_numpy()
    target, supply = _supply(rng, names, stage)
    makeable = _makeable(rng, frame, target)
    bought = (1.0 - home) * sellable(links, needs["IND"], home)
    sold = sellable(links, bought + _ACCESS * target * needs["USA"], makeable.astype(float))
    plants = _technologies(rng, frame, sold, np.flatnonzero(makeable & (sold >= _LEAST)))
    raw = {
        "sources": pd.DataFrame(
            [{"key": "synthetic", "title": "Synthetic", "publisher": "corridor", "licence": "MIT"}]
        ),
        "countries": _countries(),
        "components": frame,
        "recipes": links.assign(output=names[links["output"]], input=names[links["input"]]),
        "supply": supply,
        "sourcing": _home_rows(names, {"IND": home, "USA": home_usa}),
        "demand": _demand(rng, names, needs),
        "markets": pd.DataFrame([{"market": "USA", "scope": "all", "name": "United States", **_TERMS}]),
        "technologies": plants,
        "sites": _sites(rng, sites, plants),
    }
    frames = {table: _table(table, raw[table]) if table in raw else empty_frame(table) for table in TABLES}
    return Tables(**frames | {"sectors": bundled_sectors()})


def synthetic_study(
    tables: Tables, years: int = 8, scenarios: int = 200, seed: int | np.random.Generator = 1
) -> Study:
    """A study of synthetic tables: denials drawn as in the module's table, and a budget of 10 % of all plants.

    Parameters
    ----------
    tables
        As :func:`synthetic_tables` makes them.
    years, scenarios
        Length of the study and number of denials; at least 1 each.
    seed
        Seed, or a generator to draw from.

    Raises
    ------
    ConfigError
        If there is no year or no denial.
    """
    if years < 1 or scenarios < 1:
        raise ConfigError(f"{years} years and {scenarios} denials are too few. Fix: ask for at least 1 of each.")
    rng = np.random.default_rng(seed)
    first = 2026
    months = rng.integers(3, 25, scenarios)
    start = first + rng.integers(min(2, years - 1), years, scenarios)
    # Narrow denials are likelier than those of a full sector; the mean of the draw is 0.04.
    probability = np.exp(rng.uniform(np.log(0.01), np.log(0.15), scenarios)) * min(1.0, 50.0 / scenarios)
    cuts = [_cut(rng, tables) for _ in range(scenarios)]
    broad = np.array([set(cut) == {"sectors"} for cut in cuts])
    denials = [
        {
            "name": f"denial-{number:03d}",
            "start": int(start[number]),
            "months": float(months[number]),
            "probability": round(float(probability[number] * (0.3 if broad[number] else 1.0)), 6),
            "cuts": [{**cuts[number], "cut": round(float(rng.uniform(0.5, 1.0)), 2)}],
            "reason": "Drawn at random; not a real event.",
        }
        for number in range(scenarios)
    ]
    plants = tables.technologies
    all_plants = float((plants["capex_usd_m"] * (1.0 - plants["incentive_share"])).sum())
    budget = max(round(0.1 * all_plants, 2), 1.0)
    return Study.model_validate(
        {
            "name": f"synthetic-{len(tables.components)}",
            "title": f"{len(tables.components)} synthetic components, {len(tables.sites)} sites",
            "first_year": first,
            "last_year": first + years - 1,
            "budget_usd_m": budget,
            # Below their defaults, with which most synthetic denials would fade within two tiers.
            "adaptation": 0.1,
            "spare": 0.05,
            "budgets_usd_m": [round(fraction * budget, 2) for fraction in (0.25, 0.5, 1.0, 2.0)],
            "denials": denials,
        }
    )


def _table(table: str, raw: pd.DataFrame) -> pd.DataFrame:
    """Convert to the columns and types of the schema; every figure is assumed, with its range."""
    if table != "sources":
        raw = raw.assign(status="assumed", source="synthetic", year=2024)
    if table in _RANGES:
        value, low, high = _RANGES[table]
        raw = raw.assign(**{low: 0.8 * raw[value], high: 1.2 * raw[value]})
    frame, faults = conform(table, raw)
    if faults:
        raise DataError(faults)
    return frame


def _components(rng: np.random.Generator, stage: Ints, sector: Ints) -> pd.DataFrame:
    size = len(stage)
    names = np.array(list(STAGE_MIX))[stage]
    price = np.array([row[2] for row in STAGE_MIX.values()])[stage] * rng.lognormal(0.0, 1.0, size)
    return pd.DataFrame(
        {
            "id": [f"{kind}-{number:04d}" for number, kind in enumerate(names)],
            "name": [f"{kind.capitalize()} {number}" for number, kind in enumerate(names)],
            "sector": bundled_sectors()["id"].to_numpy(object)[sector],
            "stage": names,
            "unit": "t",
            "price_usd_per_unit": np.round(price, 2),
            "stock_months": rng.choice([0.5, 1.0, 1.5, 2.0], size),
            "qualification_months": rng.integers(3, 25, size).astype(float),
            "loss_ratio": np.round(rng.uniform(1.0, 3.0, size), 2),
        }
    )


def _supply(rng: np.random.Generator, names: NDArray[Any], stage: Ints) -> tuple[Floats, pd.DataFrame]:
    """Target's share, and shares in world output (sum 1): China, a little of Hong Kong and Macao, others."""
    size = len(names)
    mean = np.array([row[1] for row in STAGE_MIX.values()])[stage]
    target = rng.beta(5.0 * mean, 5.0 * (1.0 - mean))
    rank = np.argsort(np.argsort(rng.random((size, len(_OTHERS))), axis=1), axis=1)
    makes = rank < rng.integers(6, 22, size)[:, None]
    makes[:, _OTHERS.index("IND")] = rng.random(size) < 2 / 3
    weight = np.where(makes, rng.gamma(0.5, 1.0, makes.shape) + 0.01, 0.0)
    others = weight / weight.sum(axis=1, keepdims=True) * (1.0 - target)[:, None]
    small = rng.random((size, 2)) * [0.02, 0.005] * target[:, None]
    share = np.column_stack([target - small.sum(axis=1), small, others])
    component, country = np.nonzero(share > 0)
    return target, pd.DataFrame(
        {
            "component": names[component],
            "country": np.array([*_TARGET, *_OTHERS])[country],
            "share": share[component, country],
        }
    )


def _home_rows(names: NDArray[Any], home: dict[str, Floats]) -> pd.DataFrame:
    """Rows of sourcing for what each market makes itself; the rest is split by world output."""
    return pd.concat(
        [
            pd.DataFrame({"market": market, "component": names, "origin": market, "share": share})
            for market, share in home.items()
        ],
        ignore_index=True,
    )


def _demand(rng: np.random.Generator, names: NDArray[Any], needs: dict[str, Floats]) -> pd.DataFrame:
    frames = []
    for market, value in needs.items():
        needed = np.flatnonzero(value)
        growth = np.round(rng.uniform(0.02, 0.08, len(needed)), 3)
        frames.append(
            pd.DataFrame(
                {"market": market, "component": names[needed], "value_usd_m": value[needed], "growth": growth}
            )
        )
    return pd.concat(frames, ignore_index=True)


def _makeable(rng: np.random.Generator, components: pd.DataFrame, target: Floats) -> Flags:
    """Which components plants in India could make, shape (components,)."""
    late = pd.Index(STAGE_MIX).get_indexer(pd.Index(components["stage"]))
    # Exponential race: the first in order are a weighted draw without replacement.
    order = np.argsort(rng.exponential(1.0, len(components)) / (target * (1.0 + late)) ** 2)
    out = np.zeros(len(components), dtype=bool)
    out[order[: max(1, round(0.6 * len(components)))]] = True
    return out


def _technologies(
    rng: np.random.Generator, components: pd.DataFrame, sold: Floats, makeable: Ints
) -> pd.DataFrame:
    """Plants in one to three sizes; the investment of a size is concave in its capacity."""
    sizes = rng.integers(1, 4, len(makeable))
    base = sold[makeable] * np.minimum(rng.lognormal(np.log(_PLANT), 0.7, len(makeable)), 0.5)
    capex = base * rng.lognormal(np.log(0.8), 0.6, len(makeable))
    exponent = rng.uniform(0.6, 0.85, len(makeable))
    premium = rng.uniform(0.02, 0.25, len(makeable))
    lead = rng.choice([1, 2, 3], len(makeable), p=[0.3, 0.5, 0.2])
    ramp = np.round(rng.uniform(0.4, 1.0, len(makeable)), 2)
    incentive = rng.choice([0.0, 0.1, 0.2, 0.25], len(makeable), p=[0.2, 0.3, 0.3, 0.2])
    row = np.repeat(np.arange(len(makeable)), sizes)
    # One size: the base; two: base and large; three: small, base and large.
    size = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + (sizes[row] < 3)
    factor = np.array([0.4, 1.0, 2.5])[size]
    investment = capex[row] * factor ** exponent[row]
    chosen = components.iloc[makeable[row]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "id": chosen["id"] + np.array(["-s", "-m", "-l"])[size],
            "component": chosen["id"],
            "capacity": base[row] * factor * 1e6 / chosen["price_usd_per_unit"],
            "capex_usd_m": investment,
            "running_premium": premium[row] * factor**-0.1,
            "lead_years": lead[row],
            "ramp": ramp[row],
            **{
                name: investment * per_usd_m * rng.lognormal(0.0, 0.5, len(makeable))[row]
                for name, per_usd_m in _RESOURCES.items()
            },
            "incentive_share": incentive[row],
            "site_tags": chosen["sector"].map(_TAGS),
            "most_plants": rng.integers(1, 7, len(makeable))[row],
        }
    )


def _sites(rng: np.random.Generator, count: int, plants: pd.DataFrame) -> pd.DataFrame:
    """Sites inside India; together they have half of what one plant of every technology would need."""
    offered = rng.random((count, len(SITE_TAGS))) < 0.2
    offered[np.arange(len(SITE_TAGS)) % count, np.arange(len(SITE_TAGS))] = True
    # Every site has at least one tag.
    offered[np.arange(count), np.arange(count) % len(SITE_TAGS)] = True
    weights = {name: rng.lognormal(0.0, 0.7, count) for name in _RESOURCES}
    return pd.DataFrame(
        {
            "id": [f"site-{number:03d}" for number in range(count)],
            "name": [f"Site {number}" for number in range(count)],
            "state": np.array(["Gujarat", "Tamil Nadu", "Odisha", "Maharashtra", "Assam"])[np.arange(count) % 5],
            "lon": np.round(rng.uniform(73.0, 85.0, count), 3),
            "lat": np.round(rng.uniform(12.0, 27.0, count), 3),
            "coordinate_status": "assumed",
            "kind": "estate",
            "tags": [";".join(np.array(SITE_TAGS)[row]) for row in offered],
            **{
                name: np.round(0.5 * float(plants[name].sum()) * weight / weight.sum(), 3)
                for name, weight in weights.items()
            },
            "capex_factor": np.round(rng.uniform(0.95, 1.15, count), 3),
            "running_factor": np.round(rng.uniform(0.95, 1.1, count), 3),
        }
    )


def _countries() -> pd.DataFrame:
    rows = known_countries().set_index("iso3").loc[[*_TARGET, *_OTHERS]].reset_index()
    return rows.astype({"lon": float, "lat": float})[["iso3", "name", "region", "lon", "lat"]]


def _cut(rng: np.random.Generator, tables: Tables) -> dict[str, list[str]]:
    """Filters of one denial: sectors, stages, components or exporters."""
    components = tables.components
    sector = str(rng.choice(components["sector"].unique()))
    inside = components[components["sector"] == sector]
    kind = rng.choice(["sector", "stage", "group", "exporter", "all"], p=[0.25, 0.25, 0.35, 0.1, 0.05])
    if kind == "sector":
        return {"sectors": [sector]}
    if kind == "stage":
        stages = inside["stage"].unique()
        count = min(len(stages), int(rng.integers(1, 4)))
        return {"sectors": [sector], "stages": sorted(rng.choice(stages, count, replace=False).tolist())}
    if kind == "group":
        count = min(len(inside), int(rng.integers(3, 3 + max(10, len(inside) // 8))))
        china = tables.supply[tables.supply["country"] == "CHN"].set_index("component")["share"]
        late = 1.0 + pd.Index(STAGE_MIX).get_indexer(pd.Index(inside["stage"]))
        weight = (china.reindex(inside["id"]).to_numpy() * late) ** 2
        chosen = rng.choice(inside["id"].to_numpy(), count, replace=False, p=weight / weight.sum())
        return {"components": sorted(chosen.tolist())}
    if kind == "exporter":
        supply = tables.supply[tables.supply["component"].isin(inside["id"])]
        makers = supply.groupby("country")["share"].sum().drop(list(_NOT_DENYING), errors="ignore")
        largest = sorted(makers.nlargest(3).index)
        return {"sectors": [sector], "exporters": [str(rng.choice(largest))]}
    return {"sectors": sorted(components["sector"].unique().tolist())}
