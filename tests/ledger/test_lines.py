"""Lines: what is missing between two numbers is noticed, on each device's own line."""

from itertools import permutations

from diary.ledger.lines import Break, Link, breaks, next_line


def line(device: str, length: int) -> list[Link]:
    """A sound line."""
    links: list[Link] = []
    for _ in range(length):
        made = next_line(device, links[-1] if links else None)
        n, prev = made["n"], made["prev"]
        assert isinstance(n, int)
        links.append(Link(device, n, None if prev is None else str(prev), f"{device}{n}"))
    return links


def test_sound_lines_have_no_break() -> None:
    """Two devices' lines, however mixed, hold."""
    links = line("a", 3) + line("b", 2)
    for order in permutations(links):
        assert breaks(order) == []
    assert [link.line() for link in line("a", 2)] == [
        {"device": "a", "n": 1, "prev": None},
        {"device": "a", "n": 2, "prev": "a1"},
    ]


def test_every_omission_is_named() -> None:
    """Any one version left out of the middle or the beginning is missing at its number, on its line."""
    links = line("a", 5) + line("b", 3)
    for left_out in [*links[:4], *links[5:7]]:
        assert breaks(link for link in links if link != left_out) == [
            Break(left_out.device, left_out.n, left_out.n, "missing")
        ]


def test_the_end_of_a_line_cannot_be_judged() -> None:
    """The newest version left out is not noticed from the line alone, and the docs say so."""
    assert breaks(line("a", 5)[:4]) == []


def test_a_number_used_twice_is_named() -> None:
    """Two versions with one number."""
    assert breaks([*line("a", 2), Link("a", 2, "a1", "other")]) == [Break("a", 2, 2, "twice")]


def test_an_altered_link() -> None:
    """A commitment that is not the one the next version names; a first version that names one."""
    first, _, third = line("a", 3)
    assert breaks([first, Link("a", 2, "a1", "changed"), third]) == [Break("a", 3, 3, "altered")]
    assert breaks([Link("a", 1, "before", "a1")]) == [Break("a", 1, 1, "altered")]


def test_long_gaps() -> None:
    """A gap is named from its first number to its last, however long it is: a pack may claim any number."""
    assert breaks([Link("a", 1, None, "a1"), Link("a", 4, "a3", "a4")]) == [Break("a", 2, 3, "missing")]
    assert breaks([Link("a", 2**53 - 1, None, "a")]) == [Break("a", 1, 2**53 - 2, "missing")]
