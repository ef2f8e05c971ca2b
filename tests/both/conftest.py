"""How many values: some in `make test`, thousands in `make test-all`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.both.asking import LONG, QUICK, Node, node


@pytest.fixture(scope="session")
def page() -> Iterator[Node]:
    """The page's code, asked by every test of a worker."""
    with node() as made:
        yield made


@pytest.fixture(params=[QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def examples(request: pytest.FixtureRequest) -> int:
    """How many values are drawn."""
    return int(request.param)
