"""Loss in a window with denials: shortages month by month on many draws of tables and denials at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.names import STATUSES, TARGET_WORD
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.drawn_needs import DrawnNeeds, known_needs
from corridor.measures.sampling.drawn_network import DrawnNetwork, Draws
from corridor.measures.sampling.figures import Figures
from corridor.relocation.model.windows import cut_components


@dataclass(frozen=True)
class Events:
    """Denials of many scenarios; every array of shape (denials, scenarios).

    Attributes
    ----------
    start, end
        Months after the start of the window; a denial that does not happen ends when it starts.
    cut
        Factor on the fraction of deliveries that the study says is withheld; at most everything is withheld.
    """

    start: Floats
    end: Floats
    cut: Floats

    def share_of_month(self, month: int) -> Floats:
        """Fraction of a month in which each denial is in force, shape (denials, scenarios)."""
        inside: Floats = np.clip(np.minimum(self.end, month + 1.0) - np.maximum(self.start, month), 0.0, 1.0)
        return inside


@dataclass(frozen=True)
class Circumstances:
    """Settings of the study that scenarios may vary; numbers, or one per scenario."""

    adaptation: Floats | float
    spare: Floats | float
    year: Floats | float

    @classmethod
    def of(cls, study: Study, year: float) -> Circumstances:
        """Settings of the study, with needs of the given year."""
        return cls(study.adaptation, study.spare, year)


@dataclass(frozen=True)
class LossModel:
    """Tables and denials of a study as arrays, for many draws.

    Attributes
    ----------
    markets, sectors
        Labels.
    sector, loss_ratio, stock_months
        Values of each component, shape (components,).
    figures, network
        The figures that are drawn, and the network on them.
    consumed
        What the final needs follow from, whatever its status.
    known
        Whether a final need counts, by the status of its row in ``demand``, shape (components, markets).
    cuts
        One row per denial and cut: ``denial, group`` (of countries; group 0 is the study's target), ``cut`` (the
        fraction withheld).
    hit
        Components that each cut hits, shape (cuts, components).
    """

    study: Study
    markets: list[str]
    sectors: list[str]
    sector: Ints
    loss_ratio: Floats
    stock_months: Floats
    figures: Figures
    network: DrawnNetwork
    consumed: DrawnNeeds
    known: Flags
    cuts: pd.DataFrame
    hit: Flags

    @classmethod
    def of(cls, tables: Tables, study: Study, figures: Figures, worst_rank: int = 3) -> LossModel:
        """Arrays of a study.

        Parameters
        ----------
        figures
            Figures that are drawn, of the same tables.
        worst_rank
            Needs, shares and recipes whose status ranks below this are left out.

        Raises
        ------
        ConfigError
            If the study has no denials, or a market without sourcing.
        """
        markets = list(study.markets)
        lost = sorted(set(markets) - set(tables.sourcing["market"]))
        if lost or not study.denials:
            what = f"market {', '.join(lost)} has no rows in the table sourcing" if lost else "it has no denials"
            raise ConfigError(f"study {study.name}: {what}; so there is no loss to compute.")
        groups: list[tuple[str, ...]] = [tuple(sorted(set(study.target)))]
        rows, hit = [], []
        for denial_index, denial in enumerate(study.denials):
            for cut in denial.cuts:
                named = {
                    one for name in cut.exporters for one in (study.target if name == TARGET_WORD else (name,))
                }
                group = tuple(sorted(named))
                if group not in groups:
                    groups.append(group)
                rows.append({"denial": denial_index, "group": groups.index(group), "cut": cut.cut})
                hit.append(cut_components(tables, cut))
        sector, sectors = pd.factorize(tables.components["sector"], sort=True)
        needs = DrawnNeeds.of(tables, figures, groups, markets)
        return cls(
            study,
            markets,
            list(sectors),
            sector,
            tables.components["loss_ratio"].to_numpy(float),
            tables.components["stock_months"].to_numpy(float),
            figures,
            needs.network
            if worst_rank >= len(STATUSES) - 1
            else DrawnNetwork.of(tables, figures, groups, worst_rank),
            needs,
            known_needs(tables, markets, worst_rank),
            pd.DataFrame(rows),
            np.array(hit, dtype=bool),
        )

    def needs(self, values: Floats, year: Floats | float, drawn: Draws | None = None) -> Floats:
        """Final needs of a year, US$ M, shape (components, markets, scenarios); `drawn`: network at the values."""
        if drawn is None or self.consumed.network is not self.network:
            drawn = self.consumed.network.draws_at(values)
        accounts = self.consumed.accounts(drawn, values, np.asarray(year, float) - self.study.base_year)
        out: Floats = np.stack([accounts[market].final for market in self.markets], axis=1)
        return out * self.known[:, :, None]

    def losses(self, values: Floats, events: Events, months: int, under: Circumstances) -> Floats:
        """Value of unmet final needs, month by month.

        Month by month, with x[c,m] the fraction of a market's supply of c that does not arrive
        (:meth:`~corridor.measures.sampling.drawn_network.Draws.stop`), s[c,m] the stock left in months of use:
        ``unmet = max(x - s, 0)``, ``s <- max(s - x, 0)``, ``loss = sum_c need[c,m] / 12 * loss_ratio[c] * unmet``.
        Makers use stocks first, then substitute a fraction `adaptation` of what is missing. Stocks are not
        refilled within the window, and nothing is built.

        Parameters
        ----------
        values
            Drawn figures, shape (figures, scenarios).
        events
            Denials of each scenario.
        months
            Length of the window.
        under
            Settings.

        Returns
        -------
        numpy.ndarray
            US$ M, shape (months, markets, sectors, scenarios); not discounted, not weighted.
        """
        drawn = self.network.draws_at(values)
        sourcing = self.network.sourcing
        buyers = sourcing.buyers.get_indexer(pd.Index(self.markets))
        worth = self.needs(values, under.year, drawn) * (self.loss_ratio / 12.0)[:, None, None]
        scenarios = values.shape[1]
        stock = np.repeat(np.repeat(self.stock_months[:, None, None], len(sourcing.buyers), 1), scenarios, 2)
        out = np.zeros((months, len(self.markets), len(self.sectors), scenarios))
        for month in range(months):
            cut = self._withheld(events, month)
            if cut is None:
                continue
            missing = drawn.stop(cut, 1.0 - np.asarray(under.adaptation, float), under.spare, stock)
            unmet = np.maximum(missing - stock, 0.0)[:, buyers] * worth
            stock = np.maximum(stock - missing, 0.0)
            for sector in range(len(self.sectors)):
                out[month, :, sector] = unmet[self.sector == sector].sum(axis=0)
        return out

    def study_losses(self, values: Floats, under: Circumstances | None = None) -> Floats:
        """Loss of each denial of the study alone, in its own year and over its full length.

        Parameters
        ----------
        values
            Drawn figures, shape (figures, draws).
        under
            Settings, without the year, which is the denial's; the study's if left out.

        Returns
        -------
        numpy.ndarray
            US$ M, shape (denials, markets, sectors, draws); not discounted, not weighted.
        """
        denials, draws = self.study.denials, values.shape[1]
        under = Circumstances.of(self.study, 0.0) if under is None else under
        out = np.zeros((len(denials), len(self.markets), len(self.sectors), draws))
        for denial_index, denial in enumerate(denials):
            end = np.zeros((len(denials), draws))
            end[denial_index] = denial.months
            events = Events(np.zeros_like(end), end, np.ones_like(end))
            mine = replace(under, year=denial.start)
            out[denial_index] = self.losses(values, events, int(np.ceil(denial.months)), mine).sum(axis=0)
        return out

    @property
    def weight(self) -> Floats:
        """Weight of a lost US$ in the study: probability, discount and market, shape (denials, markets)."""
        study = self.study
        when = np.array([denial.start - study.first_year for denial in study.denials], dtype=float)
        sure = np.array([denial.probability for denial in study.denials])
        of_market = np.array([study.markets[market] for market in self.markets])
        counted: Floats = (sure * (1.0 + study.discount_rate) ** -when)[:, None] * of_market
        return counted

    def _withheld(self, events: Events, month: int) -> Floats | None:
        """Fraction of deliveries withheld, shape (components, classes, scenarios); None if nothing is."""
        force = events.share_of_month(month)
        if not force.any():
            return None
        member = self.network.sourcing.member
        size, scenarios = self.hit.shape[1], force.shape[1]
        out = np.zeros((size, member.shape[1], scenarios))
        for row, (denial, group, cut) in enumerate(self.cuts.itertuples(index=False)):
            if not force[denial].any():
                continue
            withheld = np.minimum(cut * events.cut[denial], 1.0) * force[denial]
            cells = np.ix_(self.hit[row], member[group])
            out[cells] = np.maximum(out[cells], withheld)
        return out
