"""One window month by month: stocks run down, lines stop because of missing inputs, spare capacity is used.

Every array holds many windows at once; the only loops are over months and over rounds of a fixed point. Rules of
one month, in US$ million, for a component i made in India (activities a are its routes, e[i,a] essential inputs):

1. available supply: ``avail = imports + stock + second sources + made for India``
2. all users are rationed by the same fraction: ``fill = min(1, avail / need)``, needs as in normal times
3. a line runs at the level of its scarcest essential input, substitution by makers included:
   ``run[a] = min over i of min(1, fill[i] + around[i])``; less is made, so repeat from 1 until nothing changes
4. once the delay is over, remaining inputs go into spare capacity (surge, new plants) for what is missing: wants
   are passed down the recipes, inputs up; nothing that normal use has a claim to is taken
5. shortage abroad is met by the market's stock, then by what India makes beyond its own needs
6. what is left is stock, up to the initial stock

More of anything never makes anyone worse off (no claim of normal use is touched, fills rise with supply), and no
month uses anything that the linear program of the window (:mod:`corridor.relocation.model.recourse`) does not
have. So the loss is between that of the same rules without stocks, spare capacity and substitution, and that of
the best adaptation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from corridor.data.arrays import Floats, Ints

_TOLERANCE = 1e-11
#: Rounds in which spare capacity is used again with what earlier rounds made available.
_ROUNDS = 3


@dataclass(frozen=True)
class Lines:
    """How components are made in India, the same for all windows.

    Attributes
    ----------
    component, share
        Component of each activity, and its share of the component's output; shape (activities,).
    essential
        Value share of each essential input, sparse, shape (components, activities).
    content
        Value share of each input at the mix of routes, sparse, shape (components, components).
    """

    component: Ints
    share: Floats
    essential: sparse.csr_array
    content: sparse.csr_array


@dataclass(frozen=True)
class Need:
    """Needs and output per month in normal times; shape (windows, components), US$ million a month.

    Attributes
    ----------
    final, made
        Final need of India, and output there for all markets.
    shipped, elsewhere
        Output that goes to each other market, and to buyers that are no market.
    abroad
        Final need of each other market.
    """

    final: Floats
    made: Floats
    shipped: Mapping[str, Floats]
    abroad: Mapping[str, Floats]
    elsewhere: Floats | float = 0.0


@dataclass(frozen=True)
class Buffers:
    """Buffers in a window; shape (windows, components), at its start, US$ million.

    Attributes
    ----------
    stock, stock_abroad
        Stocks in India, and in each other market.
    around
        Fraction of their need that makers in India substitute.
    spare
        What existing plants can make beyond normal output, per month, once the delay is over.
    plants, plants_calm
        What a plan's plants can make per month, once the delay is over, and from the first day.
    contracts
        Inputs that a plan's plants have bought in advance, per month.
    delay
        Months until spare capacity and second sources deliver.
    """

    stock: Floats
    stock_abroad: Mapping[str, Floats]
    around: Floats
    spare: Floats
    plants: Floats
    plants_calm: Floats
    contracts: Floats
    delay: float


@dataclass(frozen=True)
class Arrivals:
    """Arrivals from abroad in one month, US$ million, shape (windows, components), and the month's length.

    ``imports``: of India; ``second``: from qualified second sources; ``abroad``: of each other market from all but
    India; ``length``: fraction of the month that is in the window, shape (windows, 1).
    """

    imports: Floats
    second: Floats
    abroad: Mapping[str, Floats]
    length: Floats


@dataclass(frozen=True)
class Month:
    """Result of one month, US$ million, shape (windows, components).

    Attributes
    ----------
    unmet
        Final need not met, by market.
    fill
        Fraction of India's needs for a component that is met.
    stock
        Stock left in India.
    made, extra
        Output in India of normal lines and of spare capacity.
    """

    unmet: dict[str, Floats]
    fill: Floats
    stock: Floats
    made: Floats
    extra: Floats


class Course:
    """State of windows as they run month by month.

    Parameters
    ----------
    lines, need, buffers
        See these classes.
    home
        Name of the home market, in which components are made.
    """

    def __init__(self, lines: Lines, need: Need, buffers: Buffers, home: str) -> None:
        self.lines, self.calm, self.buffers, self.home = lines, need, buffers, home
        self.stock = buffers.stock.copy()
        self.stock_abroad = {market: stock.copy() for market, stock in buffers.stock_abroad.items()}
        self.month = 0
        entries = lines.essential.tocoo()
        order = np.lexsort((entries.row, entries.col))
        self._input = entries.row[order].astype(np.int64)
        self._value = entries.data[order]
        line = entries.col[order].astype(np.int64)
        self._starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) if len(line) else line
        self._needy = line[self._starts]
        count, size = len(lines.component), lines.essential.shape[0]
        #: Matrix that adds up activities by component, shape (activities, components).
        self._sum = sparse.csr_array((np.ones(count), (np.arange(count), lines.component)), shape=(count, size))
        self._up = lines.essential.T.tocsr()

    def step(self, arrivals: Arrivals) -> Month:
        """Run the next month."""
        calm, long = self.calm, arrivals.length
        late = self.month >= self.buffers.delay
        need = (calm.final + (self.lines.content @ calm.made.T).T) * long
        sold_abroad = sum(calm.shipped.values(), np.zeros_like(calm.made)) + calm.elsewhere
        for_home = np.maximum(calm.made - sold_abroad, 0.0) * long
        supply = arrivals.imports + self.stock + (arrivals.second if late else 0.0)
        contracts = self.buffers.contracts * long
        cap = (self.buffers.spare + self.buffers.plants if late else self.buffers.plants_calm) * long
        extra = np.zeros_like(supply)
        run, avail, fill = self._ration(supply, for_home, need)
        for _ in range(_ROUNDS):
            gap = sum(self._gaps(arrivals, run, extra * 0.0).values(), np.zeros_like(need))
            spare = np.maximum(avail - need, 0.0)
            missing = np.maximum(need * (1.0 - fill), 0.0) + np.maximum(gap - spare, 0.0)
            more, used = self._extra(missing, spare, contracts, cap - extra)
            if float(more.max(initial=0.0)) <= 1e-9:
                break
            from_contracts = np.minimum(contracts, used)
            contracts = contracts - from_contracts
            supply = supply + more - used + from_contracts
            extra = extra + more
            run, avail, fill = self._ration(supply, for_home, need)
        gaps = self._gaps(arrivals, run, extra)
        over = np.minimum(np.maximum(avail - need, 0.0), extra)
        unmet = {self.home: calm.final * long * (1.0 - fill)}
        wanted = sum(gaps.values(), np.zeros_like(need))
        met = np.divide(np.minimum(over, wanted), wanted, out=np.zeros_like(over), where=wanted > 0)
        for market, gap in gaps.items():
            unmet[market] = gap * (1.0 - met)
        self._draw(arrivals, run)
        made = (run * (calm.made[:, self.lines.component] * self.lines.share)) @ self._sum * long
        used = self._used(run, fill, long)
        left = avail - used - met * wanted
        self.stock = np.clip(left, 0.0, self.buffers.stock)
        self.month += 1
        return Month(unmet, fill, self.stock.copy(), made, extra)

    def _ration(self, supply: Floats, for_home: Floats, need: Floats) -> tuple[Floats, Floats, Floats]:
        """Level of each activity, available supply, and fraction of needs met (rules 1 to 3)."""
        lines = self.lines
        run = np.ones((len(supply), len(lines.component)))
        while True:
            avail = supply + for_home * ((run * lines.share) @ self._sum)
            fill = np.minimum(1.0, np.divide(avail, need, out=np.ones_like(avail), where=need > 1e-12))
            new = self._worst(np.minimum(1.0, fill + self.buffers.around))
            change = float(np.abs(new - run).max(initial=0.0))
            run = new
            if change <= _TOLERANCE:
                return run, avail, fill

    def _worst(self, fill: Floats) -> Floats:
        """Smallest fill among the essential inputs of each activity, shape (windows, activities)."""
        out = np.ones((len(fill), len(self.lines.component)))
        if len(self._starts):
            out[:, self._needy] = np.minimum.reduceat(fill[:, self._input], self._starts, axis=1)
        return out

    def _extra(self, missing: Floats, spare: Floats, contracts: Floats, cap: Floats) -> tuple[Floats, Floats]:
        """Output of spare capacity for what is missing, and the inputs that it uses (rule 4)."""
        lines = self.lines
        want = np.zeros_like(missing)
        while True:
            asked = (lines.essential @ (want[:, lines.component] * lines.share).T).T
            new = np.clip(missing + np.maximum(asked - spare - contracts, 0.0), 0.0, cap)
            change = float(np.abs(new - want).max(initial=0.0))
            want = new
            if change <= 1e-9:
                break
        by_line = want[:, lines.component] * lines.share
        uses = (lines.essential @ by_line.T).T
        level = np.ones_like(by_line)
        while True:
            made = (by_line * level) @ self._sum
            ratio = np.divide(spare + contracts + made, uses, out=np.ones_like(uses), where=uses > 1e-12)
            new_level = np.minimum(self._worst(np.minimum(ratio, 1.0)), level)
            change = float((level - new_level).max(initial=0.0))
            level = new_level
            if change <= _TOLERANCE:
                break
        made = (by_line * level) @ self._sum
        return made, (lines.essential @ (by_line * level).T).T

    def _gaps(self, arrivals: Arrivals, run: Floats, extra: Floats) -> dict[str, Floats]:
        """Shortage of other markets after their stocks, with normal shipments at the level of the lines."""
        out = {}
        rate = (run * self.lines.share) @ self._sum
        for market, wanted in self.calm.abroad.items():
            shipped = self.calm.shipped[market] * rate * arrivals.length
            short = np.maximum(wanted * arrivals.length - arrivals.abroad[market] - shipped, 0.0)
            out[market] = np.maximum(short - self.stock_abroad[market], 0.0)
        return out

    def _draw(self, arrivals: Arrivals, run: Floats) -> None:
        """Other markets use their stocks."""
        rate = (run * self.lines.share) @ self._sum
        for market, wanted in self.calm.abroad.items():
            shipped = self.calm.shipped[market] * rate * arrivals.length
            short = np.maximum(wanted * arrivals.length - arrivals.abroad[market] - shipped, 0.0)
            self.stock_abroad[market] = np.maximum(self.stock_abroad[market] - short, 0.0)

    def _used(self, run: Floats, fill: Floats, long: Floats) -> Floats:
        """Use of each component by final users and makers, without what makers substitute."""
        lines, calm = self.lines, self.calm
        by_line = calm.made[:, lines.component] * lines.share
        normal = (lines.essential @ by_line.T).T
        essential = np.minimum((lines.essential @ (by_line * run).T).T, fill * normal)
        other = fill * np.maximum((lines.content @ calm.made.T).T - normal, 0.0)
        taken: Floats = (fill * calm.final + essential + other) * long
        return taken
