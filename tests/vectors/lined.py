"""lines.json: devices' lines, and where they do not hold. The order in which versions came says nothing."""

from dataclasses import asdict
from typing import Any

from diary.ledger.lines import Link, breaks

Case = dict[str, Any]

ONE = [Link("a", 1, None, "a1"), Link("a", 2, "a1", "a2"), Link("a", 3, "a2", "a3"), Link("a", 4, "a3", "a4")]
TWO = [Link("b", 1, None, "b1"), Link("b", 2, "b1", "b2")]


def made_lines() -> Case:
    """lines.json."""
    first, second, third, fourth = ONE
    cases: dict[str, list[Link]] = {
        "nothing": [],
        "in order": [*ONE, *TWO],
        "another line in between": [first, TWO[0], second, TWO[1], third, fourth],
        "sent again behind what was written since": [first, fourth, third, second],
        "the first comes last": [second, third, fourth, first],
        "the end is not here": [first, second],
        "one is missing": [first, third, fourth],
        "the first is missing": [second, third],
        "two runs are missing": [second, fourth],
        "another stands in its place": [first, Link("a", 2, "a1", "other"), third],
        "a number twice": [first, second, Link("a", 2, "a1", "other"), third],
        "the first names one before it": [Link("a", 1, "before", "a1")],
        "no number": [Link("a", 0, None, "a0"), first],
        "below nothing": [Link("a", -2, None, "a0"), first],
        "as far as a number goes": [Link("a", 2**53 - 1, None, "far")],
    }
    return {
        "lines": [
            {"name": name, "links": [asdict(link) for link in links], "breaks": [asdict(one) for one in breaks(links)]}
            for name, links in cases.items()
        ]
    }
