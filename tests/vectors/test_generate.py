"""The committed vectors equal the generator's output, byte for byte."""

import pytest

from tests.vectors.generate import FOLDER, GENERATOR_BY_FILE, vector_text


@pytest.mark.parametrize("name", GENERATOR_BY_FILE)
def test_vectors_are_current(name: str) -> None:
    """A change of a format changes its vectors in the same commit."""
    assert (FOLDER / name).read_text("ascii") == vector_text(name)
