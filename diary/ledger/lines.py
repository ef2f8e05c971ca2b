"""Lines: the dense link of one device's versions in a diary, each naming the commitment before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

BreakReason = Literal["missing", "twice", "altered"]


@dataclass(frozen=True, slots=True, order=True)
class ChainLink:
    """One version's place: `n` from 1 on `device`, `prev` the b64 commitment before it, `c` its own."""

    device: str
    n: int
    prev: str | None
    c: str

    def line_member(self) -> dict[str, object]:
        """`_line` of this version."""
        return {"device": self.device, "n": self.n, "prev": self.prev}


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where a line does not hold: `n` to `last` of `device`; `last` is `n` but for numbers that are missing."""

    device: str
    n: int
    last: int
    why: BreakReason


def next_line_member(device: str, previous: ChainLink | None) -> dict[str, object]:
    """`_line` of the version after `last`, the newest link of `device` (None before the first)."""
    return {"device": device, "n": previous.n + 1 if previous else 1, "prev": previous.c if previous else None}


def find_breaks(links: Iterable[ChainLink]) -> list[ChainBreak]:
    """Every run of numbers missing, every number given twice, and every one whose `prev` is not the commitment before it.

    The order in which versions came says nothing: a line is judged as a set, from 1 to the highest number. What was
    taken off its end cannot be told from here.
    """
    chain_breaks: list[ChainBreak] = []
    for device, group in groupby(sorted(links, key=_sort_key), key=lambda link: link.device):
        last_number, last_commitment = 0, None
        for link in group:
            if link.n == last_number:
                chain_breaks.append(ChainBreak(device, link.n, link.n, "twice"))
                continue
            # One for the run, however long: a pack may claim any number.
            if link.n > last_number + 1:
                chain_breaks.append(ChainBreak(device, last_number + 1, link.n - 1, "missing"))
            elif link.n == last_number + 1 and link.prev != last_commitment:
                chain_breaks.append(ChainBreak(device, link.n, link.n, "altered"))
            last_number, last_commitment = link.n, link.c
    return chain_breaks


def _sort_key(link: ChainLink) -> tuple[str, int, str]:
    """Order along the lines."""
    return link.device, link.n, link.c
