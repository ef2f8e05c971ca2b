"""Lines: the chain of one device's versions in a diary. Each version names the commitment before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

BreakReason = Literal["missing", "twice", "altered"]


@dataclass(frozen=True, slots=True, order=True)
class ChainLink:
    """A version's place in a line: number `n` from 1 on `device`, commitment `c`, previous one `prev` (b64)."""

    device: str
    n: int
    prev: str | None
    c: str

    def line_member(self) -> dict[str, object]:
        """Return the field `_line` of this version."""
        return {"device": self.device, "n": self.n, "prev": self.prev}


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """A fault in a line: numbers `n` to `last` of `device`. They differ only where numbers are missing."""

    device: str
    n: int
    last: int
    why: BreakReason


def next_line_member(device: str, previous: ChainLink | None) -> dict[str, object]:
    """Return the field `_line` of the version after `previous`, the newest of `device` (None for the first)."""
    return {"device": device, "n": previous.n + 1 if previous else 1, "prev": previous.c if previous else None}


def find_breaks(links: Iterable[ChainLink]) -> list[ChainBreak]:
    """Return the breaks of all lines: gaps, numbers used twice, and versions with a wrong `prev`.

    The order of arrival does not matter: a line is checked as a set, from 1 to its highest number. Versions missing
    from the end of a line cannot be detected here.
    """
    chain_breaks: list[ChainBreak] = []
    for device, group in groupby(sorted(links, key=_sort_key), key=lambda link: link.device):
        last_number, last_commitment = 0, None
        for link in group:
            if link.n == last_number:
                chain_breaks.append(ChainBreak(device, link.n, link.n, "twice"))
                continue
            # One break for the whole gap: a pack may claim any number.
            if link.n > last_number + 1:
                chain_breaks.append(ChainBreak(device, last_number + 1, link.n - 1, "missing"))
            elif link.n == last_number + 1 and link.prev != last_commitment:
                chain_breaks.append(ChainBreak(device, link.n, link.n, "altered"))
            last_number, last_commitment = link.n, link.c
    return chain_breaks


def _sort_key(link: ChainLink) -> tuple[str, int, str]:
    """Return the key that sorts links along their lines."""
    return link.device, link.n, link.c
