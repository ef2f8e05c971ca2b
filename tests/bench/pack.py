"""All benches of packs in order: the front part, the whole pack on the command line, the phone's own."""

from collections.abc import Iterator, Mapping

from tests.bench import evidence, front_part, full_pack


def measure_rows() -> Iterator[Mapping[str, object]]:
    """Yield the rows of the three benches."""
    yield from front_part.measure_rows()
    yield from full_pack.measure_rows()
    yield from evidence.measure_rows()
