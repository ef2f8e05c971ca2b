"""Everything that is asked of packs, one after another: the front part, the whole by the command line, the phone's own."""

from collections.abc import Iterator, Mapping

from tests.bench import evidence, front_part, full_pack


def rows() -> Iterator[Mapping[str, object]]:
    """The rows of the three."""
    yield from front_part.rows()
    yield from full_pack.rows()
    yield from evidence.rows()
