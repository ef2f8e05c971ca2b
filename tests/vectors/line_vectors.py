"""lines.json: devices' lines, and their breaks. The order in which versions arrive does not matter."""

from dataclasses import asdict
from typing import Any

from diary.ledger.lines import ChainLink, find_breaks

Case = dict[str, Any]

FIRST_LINE = [
    ChainLink("a", 1, None, "a1"),
    ChainLink("a", 2, "a1", "a2"),
    ChainLink("a", 3, "a2", "a3"),
    ChainLink("a", 4, "a3", "a4"),
]
SECOND_LINE = [ChainLink("b", 1, None, "b1"), ChainLink("b", 2, "b1", "b2")]


def line_vectors() -> Case:
    """Return lines.json."""
    first, second, third, fourth = FIRST_LINE
    cases: dict[str, list[ChainLink]] = {
        "nothing": [],
        "in order": [*FIRST_LINE, *SECOND_LINE],
        "another line in between": [first, SECOND_LINE[0], second, SECOND_LINE[1], third, fourth],
        "sent again behind what was written since": [first, fourth, third, second],
        "the first comes last": [second, third, fourth, first],
        "the end is not here": [first, second],
        "one is missing": [first, third, fourth],
        "the first is missing": [second, third],
        "two runs are missing": [second, fourth],
        "another stands in its place": [first, ChainLink("a", 2, "a1", "other"), third],
        "a number twice": [first, second, ChainLink("a", 2, "a1", "other"), third],
        "the first names one before it": [ChainLink("a", 1, "before", "a1")],
        "no number": [ChainLink("a", 0, None, "a0"), first],
        "below nothing": [ChainLink("a", -2, None, "a0"), first],
        "as far as a number goes": [ChainLink("a", 2**53 - 1, None, "far")],
    }
    return {
        "lines": [
            {
                "name": name,
                "links": [asdict(link) for link in links],
                "breaks": [asdict(line_break) for line_break in find_breaks(links)],
            }
            for name, links in cases.items()
        ]
    }
