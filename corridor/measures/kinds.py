"""Every measure of a study by its name: what it says, what can be asked of it, which columns to show first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from corridor.config import Study
from corridor.errors import ConfigError
from corridor.frames import nearest
from corridor.measures.chokepoints import fewest_failures, pass_through
from corridor.measures.concentration import concentration
from corridor.measures.criticality import mineral_risk
from corridor.measures.dependence import market_dependence, with_persistence
from corridor.measures.exposure import exposure
from corridor.measures.feasibility import feasibility
from corridor.measures.headline import headline
from corridor.measures.paths import exposure_by_tier, paths
from corridor.measures.removals import percolation, stop_losses
from corridor.measures.sourcing import shares
from corridor.measures.stability import stability
from corridor.measures.uncertainty import uncertainty
from corridor.tables import Tables


@dataclass(frozen=True)
class Ask:
    """What is asked of a measure.

    Attributes
    ----------
    tables, study
        Tables, and the study whose markets and target hold where no others are named.
    markets, target
        Codes of countries.
    components
        Components asked for; all if empty.
    country
        The country whose exports are looked at.
    """

    tables: Tables
    study: Study
    markets: tuple[str, ...]
    target: tuple[str, ...]
    components: tuple[str, ...] = ()
    country: str = "IND"

    @classmethod
    def of(
        cls,
        tables: Tables,
        study: Study,
        *,
        markets: Sequence[str] = (),
        target: Sequence[str] = (),
        components: Sequence[str] = (),
        country: str | None = None,
    ) -> Ask:
        """What is asked, its names checked.

        Raises
        ------
        ConfigError
            With every name that is not there.
        """
        countries, known = set(tables.countries["iso3"]), set(tables.components["id"])
        supplied = set(tables.sourcing["market"])
        faults = []
        for what, names, there in (
            ("market", markets, supplied),
            ("country", [*target, *([country] if country else [])], countries),
            ("component", components, known),
        ):
            for name in names:
                if name not in there:
                    near = nearest(name, there)
                    faults.append(f"there is no {what} '{name}'." + (f" Did you mean '{near}'?" if near else ""))
        if faults:
            raise ConfigError("\n".join(faults))
        return cls(
            tables,
            study,
            tuple(markets) or tuple(study.markets),
            tuple(target) or tuple(study.target),
            tuple(components),
            country or "IND",
        )

    def each_market(self, make: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
        """One table for every market, one below the other."""
        return pd.concat([make(market) for market in self.markets], ignore_index=True)


@dataclass(frozen=True)
class Measure:
    """A measure by its name.

    Attributes
    ----------
    meaning
        One line, for a list.
    make
        From what is asked to a table.
    shown
        Columns worth a line on a terminal, in order.
    takes
        What can be asked beside sector and rows: market, target, component, country.
    needs
        What of these must be asked.
    """

    name: str
    meaning: str
    make: Callable[[Ask], pd.DataFrame]
    shown: tuple[str, ...]
    takes: frozenset[str] = field(default_factory=lambda: frozenset({"market"}))
    needs: frozenset[str] = frozenset()


def _uncertain(ask: Ask) -> pd.DataFrame:
    study = ask.study.model_copy(
        update={
            "markets": {market: ask.study.markets.get(market, 1.0) for market in ask.markets},
            "target": ask.target,
        }
    )
    return uncertainty(ask.tables, study).ranks


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            "exposure",
            "what comes from the target: bought there, through all inputs, and what stops if it stops",
            lambda ask: exposure(ask.tables, list(ask.markets), ask.target),
            ("market", "component", "direct", "net", "stop", "assumed"),
            _of("market", "target", "component"),
        ),
        Measure(
            "headline",
            "the same over all that a market needs, weighted by value, by sector",
            lambda ask: headline(ask.tables, exposure(ask.tables, list(ask.markets), ask.target), by_sector=True),
            ("market", "sector", "need_usd_m", "direct", "net", "stop"),
            _of("market", "target"),
        ),
        Measure(
            "tiers",
            "at which tier of its inputs the target enters each component",
            lambda ask: exposure_by_tier(ask.tables, list(ask.markets), ask.target),
            ("market", "component", "tier", "contribution", "share"),
            _of("market", "target", "component"),
        ),
        Measure(
            "paths",
            "the few chains of inputs that carry nine tenths of a component's exposure",
            lambda ask: ask.each_market(
                lambda market: paths(ask.tables, list(ask.components), market, ask.target)
            ),
            ("market", "component", "path", "tier", "share", "cumulative_share", "assumed"),
            _of("market", "target", "component"),
            _of("component"),
        ),
        Measure(
            "shares",
            "where each market's supply of a component comes from",
            lambda ask: ask.each_market(lambda market: shares(ask.tables, market)),
            ("market", "component", "origin", "share", "status", "source"),
            _of("market", "component"),
        ),
        Measure(
            "concentration",
            "Herfindahl index, effective suppliers, largest three, of world production and of imports",
            lambda ask: ask.each_market(lambda market: concentration(ask.tables, market)),
            (
                "market",
                "component",
                "home_share",
                "foreign_hhi",
                "foreign_effective_suppliers",
                "foreign_cr3",
                "world_hhi",
            ),
            _of("market", "component"),
        ),
        Measure(
            "dependence",
            "the EU's three indicators and GeoDep's criteria, newest year (blank: no exports known to test with)",
            lambda ask: ask.each_market(
                lambda market: with_persistence(market_dependence(ask.tables, market)).sort_values(
                    ["dependent", "cdi1"], ascending=False, kind="stable"
                )
            ),
            ("reporter", "product", "year", "cdi1", "cdi2", "cdi3", "dependent", "geodep", "years"),
            _of("market", "component"),
        ),
        Measure(
            "minerals",
            "supply risk of mined and refined materials as the EU works it out, governance counted",
            lambda ask: ask.each_market(lambda market: mineral_risk(ask.tables, market)),
            ("market", "component", "stage", "supply_risk", "global_risk", "sourcing_risk", "import_reliance"),
            _of("market", "component"),
        ),
        Measure(
            "stability",
            "how firm the label 'imports are concentrated' is: distance, years, flips under data error",
            lambda ask: ask.each_market(lambda market: stability(ask.tables, market)),
            ("market", "component", "hhi", "distance", "hhi_low", "hhi_high", "firm", "years", "flagged_share"),
            _of("market", "component"),
        ),
        Measure(
            "feasibility",
            "how near each component lies to what a country exports already (relatedness density)",
            lambda ask: feasibility(ask.tables, ask.country),
            ("country", "component", "rca", "density", "density_held_out", "rank"),
            _of("country", "component"),
        ),
        Measure(
            "failures",
            "the fewest countries that must fail before half, four fifths or all of a supply is gone, and where",
            lambda ask: ask.each_market(
                lambda market: fewest_failures(ask.tables, market, spared=[market]).assign(market=market)
            ),
            ("market", "component", "lost", "fewest", "choke", "countries", "share"),
            _of("market", "component"),
        ),
        Measure(
            "chokepoints",
            "what every chain to a component passes through: components, makers, countries",
            lambda ask: pass_through(ask.tables),
            ("component", "kind", "through", "country", "status"),
            _of("component"),
        ),
        Measure(
            "stops",
            "final needs that go unmet when one country stops making one component",
            lambda ask: ask.each_market(lambda market: stop_losses(ask.tables, market).assign(market=market)),
            ("market", "component", "origin", "share", "loss_usd_m", "loss_share", "components_short"),
            _of("market", "component"),
        ),
        Measure(
            "percolation",
            "what can still be made as countries fail, at random and the largest first",
            lambda ask: ask.each_market(lambda market: percolation(ask.tables, market).assign(market=market)),
            ("market", "order", "removed", "left", "low", "high", "last"),
        ),
        Measure(
            "uncertainty",
            "ranks of components by exposure with intervals, figures drawn from their ranges",
            _uncertain,
            ("market", "component", "rank", "rank_low", "rank_median", "rank_high", "top_10", "top_20"),
            _of("market", "target", "component"),
        ),
    )
}


def measure(kind: str, ask: Ask, *, sector: str | None = None) -> pd.DataFrame:
    """A measure by its name, for the components and the sector asked for.

    Parameters
    ----------
    kind
        A name of :data:`MEASURES`.
    ask
        What is asked.
    sector
        Components of one sector only, where the measure is by component.

    Raises
    ------
    ConfigError
        If there is no such measure, or it needs what was not asked.
    """
    if kind not in MEASURES:
        near = nearest(kind, MEASURES)
        hint = f" Did you mean '{near}'?" if near else ""
        raise ConfigError(f"there is no measure '{kind}'.{hint} Measures there: {', '.join(MEASURES)}.")
    one = MEASURES[kind]
    if "component" in one.needs and not ask.components:
        raise ConfigError(f"measure {kind}: say of which component. Mend: add --component NAME.")
    table = one.make(ask)
    column = next((name for name in ("component", "product") if name in table), None)
    if column is not None:
        sectors = ask.tables.components.set_index("id")["sector"]
        if ask.components:
            table = table[table[column].isin(ask.components)]
        if sector is not None:
            table = table[table[column].map(sectors) == sector]
    elif sector is not None and "sector" in table:
        table = table[table["sector"] == sector]
    return table.reset_index(drop=True)


def study_measures(tables: Tables, study: Study) -> dict[str, pd.DataFrame]:
    """The measures that a study's results keep, by name: those that take seconds, not minutes."""
    ask = Ask.of(tables, study)
    names = ("tiers", "concentration", "dependence", "minerals", "stability", "feasibility", "failures")
    return {name: measure(name, ask) for name in (*names, "chokepoints", "stops", "percolation")}
