"""Lines: the dense link of one device's versions in a diary, each naming the commitment before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Why = Literal["missing", "twice", "altered"]


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One version's place: `n` from 1 on `device`, `prev` the b64 commitment before it, `c` its own."""

    device: str
    n: int
    prev: str | None
    c: str

    def line(self) -> dict[str, object]:
        """`_line` of this version."""
        return {"device": self.device, "n": self.n, "prev": self.prev}


@dataclass(frozen=True, slots=True)
class Break:
    """Where a line does not hold: `n` to `last` of `device`; `last` is `n` but for numbers that are missing."""

    device: str
    n: int
    last: int
    why: Why


def next_line(device: str, last: Link | None) -> dict[str, object]:
    """`_line` of the version after `last`, the newest link of `device` (None before the first)."""
    return {"device": device, "n": last.n + 1 if last else 1, "prev": last.c if last else None}


def breaks(links: Iterable[Link]) -> list[Break]:
    """Every run of numbers missing, every number given twice, and every one whose `prev` is not the commitment before it.

    The order in which versions came says nothing: a line is judged as a set, from 1 to the highest number. What was
    taken off its end cannot be told from here.
    """
    found: list[Break] = []
    for device, group in groupby(sorted(links, key=_place), key=lambda link: link.device):
        last_n, last_c = 0, None
        for link in group:
            if link.n == last_n:
                found.append(Break(device, link.n, link.n, "twice"))
                continue
            # One for the run, however long: a pack may claim any number.
            if link.n > last_n + 1:
                found.append(Break(device, last_n + 1, link.n - 1, "missing"))
            elif link.n == last_n + 1 and link.prev != last_c:
                found.append(Break(device, link.n, link.n, "altered"))
            last_n, last_c = link.n, link.c
    return found


def _place(link: Link) -> tuple[str, int, str]:
    """Order along the lines."""
    return link.device, link.n, link.c
