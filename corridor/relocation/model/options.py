"""What a plan may choose from: plants at sites, shared facilities, makers abroad, stocks; each with its cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.list_cells import exploded, list_column
from corridor.data.names import RESOURCES
from corridor.data.tables import Tables
from corridor.errors import ConfigError


def discount(study: Study) -> Floats:
    """Value in the first year of US$ 1 in each year, shape (years,)."""
    factors: Floats = (1.0 + study.discount_rate) ** -np.arange(len(study.years), dtype=float)
    return factors


def plants_and_options(
    tables: Tables, study: Study, inputs: Floats, use: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of technologies, and of each technology at the sites fit for it.

    Parameters
    ----------
    tables, study
        Tables and study; technologies of sectors that the study does not plan are left out.
    inputs
        Value share of each component's inputs, shape (components,).
    use
        Fraction of capacity at which each technology runs in calm years, by technology.

    Returns
    -------
    (plants, options)
        The frames described in :class:`~corridor.relocation.model.problem.Problem`.
    """
    components = tables.components.set_index("id")
    technologies = tables.technologies[
        tables.technologies["component"].map(components["sector"]).map(study.plans).astype(bool)
    ].reset_index(drop=True)
    wanted = exploded(technologies[["id", "site_tags"]], "site_tags", "tag")
    offered = exploded(tables.sites[["id", "tags"]], "tags", "tag")
    pairs = wanted.merge(offered, on="tag", suffixes=("", "_site"))[["id", "id_site"]].drop_duplicates()
    pairs = pairs.rename(columns={"id": "technology", "id_site": "site"})
    sites = tables.sites.set_index("id")[["state", "capex_factor", "running_factor"]]
    pairs = pairs.join(sites, on="site").astype({"capex_factor": float, "running_factor": float})
    least = pairs.groupby("technology")[["capex_factor", "running_factor"]].min()
    technologies = technologies[technologies["id"].isin(least.index)].reset_index(drop=True)
    plants = _plants(tables, technologies, least, inputs, use)
    tech = pd.Index(plants["technology"]).get_indexer(pd.Index(pairs["technology"]))
    row = plants.iloc[tech].reset_index(drop=True)
    pairs = pairs.reset_index(drop=True)
    running = row["conversion"] * (pairs["running_factor"] - row["running_factor"])
    years = np.array(
        [_years_of_output(study, lead, ramp) for lead, ramp in zip(row["lead"], row["ramp"], strict=True)]
    )
    net = row["capex"] * (1.0 - row["incentive_share"])
    options = pd.DataFrame(
        {
            "tech": tech,
            "technology": pairs["technology"],
            "site": pairs["site"],
            "state": pairs["state"],
            "component": row["component"],
            "sector": row["sector"],
            "capex_factor": pairs["capex_factor"],
            "capex_net": net * pairs["capex_factor"],
            "surcharge": net * (pairs["capex_factor"] - row["capex_factor"]) + running * years,
            "capacity": row["capacity"],
            "made": row["made"],
            **{name: row[name] for name in RESOURCES},
        }
    )
    return plants, options.sort_values(["tech", "surcharge", "site"], ignore_index=True)


def _plants(
    tables: Tables, technologies: pd.DataFrame, least: pd.DataFrame, inputs: Floats, use_of: pd.Series
) -> pd.DataFrame:
    use = technologies["id"].map(use_of).astype(float)
    components = tables.components.set_index("id")
    price = technologies["component"].map(components["price_usd_per_unit"]).astype(float)
    capacity = technologies["capacity"].astype(float) * price / 1e6
    premium = 1.0 + technologies["running_premium"].astype(float)
    component_index = pd.Index(tables.components["id"]).get_indexer(pd.Index(technologies["component"]))
    return pd.DataFrame(
        {
            "technology": technologies["id"],
            "component": technologies["component"],
            "sector": technologies["component"].map(components["sector"]),
            "component_index": component_index,
            "units": technologies["capacity"].astype(float),
            "capacity": capacity,
            "capex": technologies["capex_usd_m"].astype(float),
            "incentive_share": technologies["incentive_share"].astype(float),
            "capex_factor": technologies["id"].map(least["capex_factor"]).astype(float),
            # Running cost over the target's price: inputs cost the same everywhere, a site's factor applies to
            # the conversion done there.
            "premium": (premium - 1.0) * capacity * use,
            "conversion": (premium - inputs[component_index]).clip(lower=0.0) * capacity * use,
            "running_factor": technologies["id"].map(least["running_factor"]).astype(float),
            "made": capacity * use,
            "minimum_use": technologies["minimum_use"].astype(float),
            "lead": technologies["lead_years"].astype(int),
            "ramp": technologies["ramp"].astype(float),
            **{name: technologies[name].astype(float) for name in RESOURCES},
            "most_plants": technologies["most_plants"].astype(int),
        }
    )


def _years_of_output(study: Study, lead: int, ramp: float) -> float:
    """Discounted years of full output of a plant started in the study's first year."""
    factors = discount(study)
    return float(ramp * factors[lead : lead + 1].sum() + factors[lead + 1 :].sum())


def shared_facilities(tables: Tables, study: Study, options: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facilities of parks that plants share, and which options need which.

    Returns
    -------
    (facilities, uses)
        ``facility, site, sector`` (its sectors, separated by semicolons), ``cost`` (US$ M discounted: investment
        net of incentives and fixed running cost from the second year); and ``facility`` (row), ``option`` (row).
    """
    table = tables.facilities.reset_index(drop=True)
    years = float(discount(study)[1:].sum())
    facilities = pd.DataFrame(
        {
            "facility": table["id"],
            "site": table["site"],
            "sector": table["sectors"],
            "capex_net": table["capex_usd_m"].astype(float) * (1.0 - table["incentive_share"].astype(float)),
        }
    )
    facilities["cost"] = facilities["capex_net"] + table["running_usd_m"].astype(float) * years
    wide = table[["site", "sectors", "stages"]].reset_index(names="facility")
    wide = exploded(wide, "sectors", "sector")
    stage = options["component"].map(tables.components.set_index("id")["stage"])
    rows = options[["site", "sector"]].assign(stage=stage).reset_index(names="option")
    uses = rows.merge(wide[["facility", "site", "sector", "stages"]], on=["site", "sector"])
    named = list_column(uses["stages"])
    fits = [not stages or stage in stages for stages, stage in zip(named, uses["stage"], strict=True)]
    uses = uses[np.array(fits, dtype=bool)][["facility", "option"]].drop_duplicates()
    uses = uses.sort_values(["facility", "option"], ignore_index=True).astype(int)
    needed = np.unique(uses["facility"])
    place = np.full(len(facilities), -1)
    place[needed] = np.arange(len(needed))
    return facilities.iloc[needed].reset_index(drop=True), uses.assign(facility=place[uses["facility"]])


def second_sources(tables: Tables, study: Study, needs: Floats) -> pd.DataFrame:
    """Makers abroad that India may qualify, from the first year on.

    A qualified maker costs ``cost + least share * premium * sum over years from its lead of discount * need``:
    a least share of India's need is bought there in calm years too, or it would not stay qualified.

    Parameters
    ----------
    needs
        India's need in each year, US$ M, shape (years, components).

    Returns
    -------
    pandas.DataFrame
        ``component, origin, sector, component_index, least_share, most_share`` (of India's need), ``lead`` (years)
        and ``cost``: qualification, and the premium on what must be bought there in calm years, discounted US$ M.
    """
    table = tables.second_sources if "qualify" in study.levers else tables.second_sources.iloc[:0]
    sector = table["component"].map(tables.components.set_index("id")["sector"])
    keep = sector.map(study.plans).astype(bool) & ~table["origin"].isin([*study.target, *study.excluded_origins])
    table, sector = table[keep].reset_index(drop=True), sector[keep].reset_index(drop=True)
    component_index = pd.Index(tables.components["id"]).get_indexer(pd.Index(table["component"]))
    lead = table["lead_years"].astype(int).to_numpy()
    buys = np.arange(len(study.years))[:, None] >= lead[None, :]
    bought = (discount(study)[:, None] * buys * needs[:, component_index]).sum(axis=0)
    share, premium = table["least_share"].to_numpy(float), table["premium"].to_numpy(float)
    return pd.DataFrame(
        {
            "component": table["component"],
            "origin": table["origin"],
            "sector": sector,
            "component_index": component_index,
            "least_share": share,
            "most_share": table["most_share"].to_numpy(float),
            "lead": lead,
            "cost": table["cost_usd_m"].to_numpy(float) + share * premium * bought,
        }
    )


def stockpiles(tables: Tables, study: Study, needs: Floats) -> pd.DataFrame:
    """What India may store: bought in the first year, held and renewed to the last.

    A US$ of stock costs ``1 + sum over years of discount (holding share + 12 / shelf life)``; what is left at the
    end is not sold. The stock is full at the begin of each window, as each window is a separate course of events.

    Returns
    -------
    pandas.DataFrame
        ``component, sector, component_index, most`` (US$ M), ``cost`` (discounted US$ per US$ held).
    """
    table = tables.stockpiles if "store" in study.levers else tables.stockpiles.iloc[:0]
    sector = table["component"].map(tables.components.set_index("id")["sector"])
    keep = sector.map(study.plans).astype(bool)
    table, sector = table[keep].reset_index(drop=True), sector[keep].reset_index(drop=True)
    component_index = pd.Index(tables.components["id"]).get_indexer(pd.Index(table["component"]))
    renewed = (12.0 / table["shelf_life_months"].astype(float)).fillna(0.0)
    yearly = table["holding_share"].astype(float) + renewed
    return pd.DataFrame(
        {
            "component": table["component"],
            "sector": sector,
            "component_index": component_index,
            "most": table["most_months"].to_numpy(float) / 12.0 * needs.max(axis=0, initial=0.0)[component_index],
            "cost": 1.0 + yearly.to_numpy() * float(discount(study).sum()),
        }
    )


def kept_plants(study: Study, plants: pd.DataFrame) -> pd.DataFrame:
    """Plants that exist already: ``tech, site, year`` (position of the start, negative before the study)."""
    tech = pd.Index(plants["technology"]).get_indexer(pd.Index([kept.technology for kept in study.keep]))
    lost = [kept.technology for kept, row in zip(study.keep, tech, strict=True) if row < 0]
    if lost:
        raise ConfigError(
            f"keep: {', '.join(lost)}: no technology of the study's sectors. Fix: add its sector, or drop it."
        )
    return pd.DataFrame(
        {
            "tech": np.asarray(tech, dtype=int),
            "site": [kept.site for kept in study.keep],
            "year": np.array([kept.start - study.first_year for kept in study.keep], dtype=int),
        }
    )
