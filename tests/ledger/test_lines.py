"""Device lines: a missing number is detected on each device's own line."""

from itertools import permutations

from diary.ledger.lines import ChainBreak, ChainLink, find_breaks, next_line_member


def device_line(device: str, length: int) -> list[ChainLink]:
    """Return a valid line."""
    links: list[ChainLink] = []
    for _ in range(length):
        link = next_line_member(device, links[-1] if links else None)
        n, prev = link["n"], link["prev"]
        assert isinstance(n, int)
        links.append(ChainLink(device, n, None if prev is None else str(prev), f"{device}{n}"))
    return links


def test_complete_lines_have_no_break() -> None:
    """Two complete device lines in any order have no break."""
    links = device_line("a", 3) + device_line("b", 2)
    for order in permutations(links):
        assert find_breaks(order) == []
    assert [link.line_member() for link in device_line("a", 2)] == [
        {"device": "a", "n": 1, "prev": None},
        {"device": "a", "n": 2, "prev": "a1"},
    ]


def test_every_omission_is_named() -> None:
    """A version missing from the middle or the beginning is reported with its number and line."""
    links = device_line("a", 5) + device_line("b", 3)
    for left_out in [*links[:4], *links[5:7]]:
        assert find_breaks(link for link in links if link != left_out) == [
            ChainBreak(left_out.device, left_out.n, left_out.n, "missing")
        ]


def test_the_end_of_a_line_cannot_be_judged() -> None:
    """A missing newest version cannot be detected from the line alone, as documented."""
    assert find_breaks(device_line("a", 5)[:4]) == []


def test_a_number_used_twice_is_named() -> None:
    """Two versions with one number are reported."""
    assert find_breaks([*device_line("a", 2), ChainLink("a", 2, "a1", "other")]) == [ChainBreak("a", 2, 2, "twice")]


def test_an_altered_link_breaks_the_line() -> None:
    """A commitment that differs from the next version's link, and a link in a first version, break the line."""
    first, _, third = device_line("a", 3)
    assert find_breaks([first, ChainLink("a", 2, "a1", "changed"), third]) == [ChainBreak("a", 3, 3, "altered")]
    assert find_breaks([ChainLink("a", 1, "before", "a1")]) == [ChainBreak("a", 1, 1, "altered")]


def test_a_long_gap_is_named_from_first_to_last_number() -> None:
    """A gap is reported as one range, however long: a pack may claim any number."""
    assert find_breaks([ChainLink("a", 1, None, "a1"), ChainLink("a", 4, "a3", "a4")]) == [
        ChainBreak("a", 2, 3, "missing")
    ]
    assert find_breaks([ChainLink("a", 2**53 - 1, None, "a")]) == [ChainBreak("a", 1, 2**53 - 2, "missing")]
