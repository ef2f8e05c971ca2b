"""Number of examples: few in `make test`, thousands in `make test-all`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.both.node_process import LONG_EXAMPLES, QUICK_EXAMPLES, NodeProcess, running_node


@pytest.fixture(scope="session")
def browser_code() -> Iterator[NodeProcess]:
    """Run the page's code in one Node process for all tests of a worker."""
    with running_node() as process:
        yield process


@pytest.fixture(params=[QUICK_EXAMPLES, pytest.param(LONG_EXAMPLES, marks=pytest.mark.slow)])
def example_count(request: pytest.FixtureRequest) -> int:
    """Return how many examples to draw."""
    return int(request.param)
