"""Lines: what is missing between two numbers is noticed, on each device's own line."""

from itertools import permutations

from diary.ledger.lines import ChainBreak, ChainLink, find_breaks, next_line_member


def device_line(device: str, length: int) -> list[ChainLink]:
    """A sound line."""
    links: list[ChainLink] = []
    for _ in range(length):
        link = next_line_member(device, links[-1] if links else None)
        n, prev = link["n"], link["prev"]
        assert isinstance(n, int)
        links.append(ChainLink(device, n, None if prev is None else str(prev), f"{device}{n}"))
    return links


def test_complete_lines_have_no_break() -> None:
    """Two devices' lines, however mixed, hold."""
    links = device_line("a", 3) + device_line("b", 2)
    for order in permutations(links):
        assert find_breaks(order) == []
    assert [link.line_member() for link in device_line("a", 2)] == [
        {"device": "a", "n": 1, "prev": None},
        {"device": "a", "n": 2, "prev": "a1"},
    ]


def test_every_omission_is_named() -> None:
    """Any one version left out of the middle or the beginning is missing at its number, on its line."""
    links = device_line("a", 5) + device_line("b", 3)
    for left_out in [*links[:4], *links[5:7]]:
        assert find_breaks(link for link in links if link != left_out) == [
            ChainBreak(left_out.device, left_out.n, left_out.n, "missing")
        ]


def test_the_end_of_a_line_cannot_be_judged() -> None:
    """The newest version left out is not noticed from the line alone, and the docs say so."""
    assert find_breaks(device_line("a", 5)[:4]) == []


def test_a_number_used_twice_is_named() -> None:
    """Two versions with one number."""
    assert find_breaks([*device_line("a", 2), ChainLink("a", 2, "a1", "other")]) == [ChainBreak("a", 2, 2, "twice")]


def test_an_altered_link_breaks_the_line() -> None:
    """A commitment that is not the one the next version names; a first version that names one."""
    first, _, third = device_line("a", 3)
    assert find_breaks([first, ChainLink("a", 2, "a1", "changed"), third]) == [ChainBreak("a", 3, 3, "altered")]
    assert find_breaks([ChainLink("a", 1, "before", "a1")]) == [ChainBreak("a", 1, 1, "altered")]


def test_a_long_gap_is_named_from_first_to_last_number() -> None:
    """A gap is named from its first number to its last, however long it is: a pack may claim any number."""
    assert find_breaks([ChainLink("a", 1, None, "a1"), ChainLink("a", 4, "a3", "a4")]) == [
        ChainBreak("a", 2, 3, "missing")
    ]
    assert find_breaks([ChainLink("a", 2**53 - 1, None, "a")]) == [ChainBreak("a", 1, 2**53 - 2, "missing")]
