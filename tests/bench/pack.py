"""Everything that is asked of packs, one after another: the front part, the whole by the command line, the phone's own."""

from collections.abc import Iterator, Mapping

from tests.bench import evidence, front_part, full_pack


def measure_rows() -> Iterator[Mapping[str, object]]:
    """The rows of the three."""
    yield from front_part.measure_rows()
    yield from full_pack.measure_rows()
    yield from evidence.measure_rows()
