"""Rows of the results table."""

Row = dict[str, object]


def make_row(name: str, where: str, value: float, floor: float, bar: str, holds: bool) -> Row:
    """Return a row. `floor` is the least that the same work can take; without one it is 0, and there is no ratio."""
    return {
        "name": name,
        "where": where,
        "value": round(value, 1),
        "floor": round(floor, 1),
        "ratio": round(value / floor, 2) if floor else None,
        "bar": bar,
        "holds": holds,
    }
