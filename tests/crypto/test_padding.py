"""Padding: size classes, and malformed padding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import padding
from diary.encoding import unb64
from diary.errors import SealError
from tests.vectors.load_vectors import load_vectors

VECTORS = load_vectors("padding.json")


def test_padding_matches_the_vectors() -> None:
    """Every size class of the vectors is correct."""
    assert all(padding.padme_size(case["length"]) == case["size"] for case in VECTORS["padme"])
    assert all(padding.padded_version_size(case["length"]) == case["size"] for case in VECTORS["version"])
    assert all(padding.padded_file_size(case["size"]) == case["padded"] for case in VECTORS["file"])
    assert all(padding.unpad(unb64(case["padded"])) == unb64(case["plaintext"]) for case in VECTORS["unpad"])
    for case in VECTORS["refused"]:
        with pytest.raises(SealError):
            padding.unpad(unb64(case["padded"]))


def test_quick_logs_have_one_padded_length() -> None:
    """Logs of 10, 300 and 900 characters have one padded length."""
    assert len({len(padding.pad_version(b"x" * length)) for length in (10, 300, 900)}) == 1


@given(st.binary(max_size=300))
def test_padding_is_reversible(plaintext: bytes) -> None:
    """`unpad` reverses `pad_version`, also for content with trailing zeros and marks."""
    assert padding.unpad(padding.pad_version(plaintext)) == plaintext


@given(st.integers(2, 1 << 40))
def test_padme_overhead_is_small(length: int) -> None:
    """A padded length is at least the length, at most 12 % larger, and maps to itself."""
    size = padding.padme_size(length)
    assert length <= size <= length * 1.12
    assert padding.padme_size(size) == size


def test_content_too_long_for_its_class_is_refused() -> None:
    """A plaintext as long as its class has no room for the end mark."""
    with pytest.raises(SealError):
        padding.pad_to(bytes(4), 4)
