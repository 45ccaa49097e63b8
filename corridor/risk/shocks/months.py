"""One window month by month: stocks run down, lines stop for want of inputs, spare capacity comes in.

Every array holds many windows at once; the only loops are over months and over rounds of a fixed point. Rules of
one month, in US$ million, for a component i made in India (activities a are its routes, e[i,a] essential inputs):

1. what there is: ``avail = imports + stock + second sources + made for India``
2. all who need it are rationed alike: ``fill = min(1, avail / need)``, needs as in calm times
3. a line runs at the worst of its essential inputs, what makers work around added:
   ``run[a] = min over i of min(1, fill[i] + around[i])``; less is made, so back to 1 until nothing changes
4. once the delay is over, what is left of inputs goes into spare capacity (surge, new plants) where something is
   missing: wants are passed down the recipes, inputs up them; nothing that a calm user has a claim to is touched
5. shortage abroad is met by the market's stock, then by what India makes beyond its own needs
6. what is left is stock, up to what there was at first

More of anything never makes anybody worse off (no calm claim is touched, fills rise with what there is), and no
month uses what the linear program of the window (:mod:`corridor.relocation.model.recourse`) does not have: the loss lies
between that of the same rules without stocks, spare capacity and thrift, and that of best adaptation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from corridor.data.arrays import Floats, Ints

_TOLERANCE = 1e-11
#: Rounds in which spare capacity is used anew with what earlier rounds set free.
_ROUNDS = 3


@dataclass(frozen=True)
class Lines:
    """How components are made in India, the same for all windows.

    Attributes
    ----------
    at, share
        Component of each activity, and its part of the component's output; shape (activities,).
    essential
        Value share of each essential input, sparse, shape (components, activities).
    content
        Value share of each input at the mix of routes, sparse, shape (components, components).
    """

    at: Ints
    share: Floats
    essential: sparse.csr_array
    content: sparse.csr_array


@dataclass(frozen=True)
class Need:
    """What is needed and made a month in calm times; shape (windows, components), US$ million a month.

    Attributes
    ----------
    final, made
        Final need of India, and what is made there for all.
    shipped
        Of what is made, what goes to each other market.
    abroad
        Final need of each other market.
    """

    final: Floats
    made: Floats
    shipped: Mapping[str, Floats]
    abroad: Mapping[str, Floats]


@dataclass(frozen=True)
class Buffers:
    """What softens a window; shapes (windows, components) at its begin, US$ million.

    Attributes
    ----------
    stock, stock_abroad
        Stocks in India, and in each other market.
    around
        Part of their need that makers in India work around.
    spare
        What plants that stand could make beyond calm output, a month, once the delay is over.
    plants, plants_calm
        What a plan's plants can make a month, once the delay is over, and from the first day.
    contracts
        Inputs that a plan's plants have bought beforehand, a month.
    delay
        Months until spare capacity and second sources come in.
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
    """What comes from abroad in one month, US$ million, shape (windows, components), and the month's length.

    ``imports`` of India, ``second`` from qualified sources, ``abroad`` of each other market from all but India;
    ``length`` is the part of the month that is in the window, shape (windows, 1).
    """

    imports: Floats
    second: Floats
    abroad: Mapping[str, Floats]
    length: Floats


@dataclass(frozen=True)
class Month:
    """What one month ends with, US$ million, shape (windows, components).

    Attributes
    ----------
    unmet
        Final need not met, by market.
    fill
        Part of India's needs for a component that is met.
    stock
        Left in India.
    made, extra
        Made in India in calm lines and in spare capacity.
    """

    unmet: dict[str, Floats]
    fill: Floats
    stock: Floats
    made: Floats
    extra: Floats


class Course:
    """Windows on their way through the months.

    Parameters
    ----------
    lines, need, buffers
        As described there.
    home
        Name of the market in which things are made.
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
        count, size = len(lines.at), lines.essential.shape[0]
        #: Adds up activities by component, shape (activities, components).
        self._sum = sparse.csr_array((np.ones(count), (np.arange(count), lines.at)), shape=(count, size))
        self._up = lines.essential.T.tocsr()

    def step(self, arrivals: Arrivals) -> Month:
        """The next month."""
        calm, long = self.calm, arrivals.length
        late = self.month >= self.buffers.delay
        need = (calm.final + (self.lines.content @ calm.made.T).T) * long
        for_home = np.maximum(calm.made - sum(calm.shipped.values(), np.zeros_like(calm.made)), 0.0) * long
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
        part = np.divide(np.minimum(over, wanted), wanted, out=np.zeros_like(over), where=wanted > 0)
        for market, gap in gaps.items():
            unmet[market] = gap * (1.0 - part)
        self._draw(arrivals, run)
        made = (run * (calm.made[:, self.lines.at] * self.lines.share)) @ self._sum * long
        used = self._used(run, fill, long)
        left = avail - used - part * wanted
        self.stock = np.clip(left, 0.0, self.buffers.stock)
        self.month += 1
        return Month(unmet, fill, self.stock.copy(), made, extra)

    def _ration(self, supply: Floats, for_home: Floats, need: Floats) -> tuple[Floats, Floats, Floats]:
        """Part at which each activity runs, what there is, and part of needs that is met (rules 1 to 3)."""
        lines = self.lines
        run = np.ones((len(supply), len(lines.at)))
        while True:
            avail = supply + for_home * ((run * lines.share) @ self._sum)
            fill = np.minimum(1.0, np.divide(avail, need, out=np.ones_like(avail), where=need > 1e-12))
            new = self._worst(np.minimum(1.0, fill + self.buffers.around))
            change = float(np.abs(new - run).max(initial=0.0))
            run = new
            if change <= _TOLERANCE:
                return run, avail, fill

    def _worst(self, fill: Floats) -> Floats:
        """The least fill among the essential inputs of each activity, shape (windows, activities)."""
        out = np.ones((len(fill), len(self.lines.at)))
        if len(self._starts):
            out[:, self._needy] = np.minimum.reduceat(fill[:, self._input], self._starts, axis=1)
        return out

    def _extra(self, missing: Floats, spare: Floats, contracts: Floats, cap: Floats) -> tuple[Floats, Floats]:
        """What spare capacity makes of what is missing, and the inputs that it takes (rule 4)."""
        lines = self.lines
        want = np.zeros_like(missing)
        while True:
            asked = (lines.essential @ (want[:, lines.at] * lines.share).T).T
            new = np.clip(missing + np.maximum(asked - spare - contracts, 0.0), 0.0, cap)
            change = float(np.abs(new - want).max(initial=0.0))
            want = new
            if change <= 1e-9:
                break
        by_line = want[:, lines.at] * lines.share
        uses = (lines.essential @ by_line.T).T
        part = np.ones_like(by_line)
        while True:
            made = (by_line * part) @ self._sum
            ratio = np.divide(spare + contracts + made, uses, out=np.ones_like(uses), where=uses > 1e-12)
            new_part = np.minimum(self._worst(np.minimum(ratio, 1.0)), part)
            change = float((part - new_part).max(initial=0.0))
            part = new_part
            if change <= _TOLERANCE:
                break
        made = (by_line * part) @ self._sum
        return made, (lines.essential @ (by_line * part).T).T

    def _gaps(self, arrivals: Arrivals, run: Floats, extra: Floats) -> dict[str, Floats]:
        """What other markets miss when their stocks are used and calm shipments go on as lines run."""
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
        """What final users and makers take of each component; what is worked around is not taken."""
        lines, calm = self.lines, self.calm
        by_line = calm.made[:, lines.at] * lines.share
        whole = (lines.essential @ by_line.T).T
        essential = np.minimum((lines.essential @ (by_line * run).T).T, fill * whole)
        other = fill * np.maximum((lines.content @ calm.made.T).T - whole, 0.0)
        taken: Floats = (fill * calm.final + essential + other) * long
        return taken
