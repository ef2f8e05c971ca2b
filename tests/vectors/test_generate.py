"""The committed vectors are what the code makes, byte for byte."""

import pytest

from tests.vectors.generate import FILES, HERE, text_of


@pytest.mark.parametrize("name", FILES)
def test_vectors_are_current(name: str) -> None:
    """A change of a format changes its vectors in the same commit."""
    assert (HERE / name).read_text("ascii") == text_of(name)
