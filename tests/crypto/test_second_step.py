"""Second step of a sign-in: each code is valid for one half-minute and used once."""

from __future__ import annotations

import pytest

from diary.crypto.totp import SECRET_BYTES, STEP_MS, digits_at, find_step, format_secret
from diary.errors import BadRequest

SECRET = b"12345678901234567890"
# RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
RFC_6238_VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
]
NOW_MS = 1_234_567_890_000
CURRENT_STEP = NOW_MS // STEP_MS


@pytest.mark.parametrize(("seconds", "digits"), RFC_6238_VECTORS)
def test_digits_match_rfc_6238(seconds: int, digits: str) -> None:
    """The codes equal the values of RFC 6238."""
    assert digits_at(SECRET, seconds * 1000) == digits
    assert find_step(SECRET, digits, seconds * 1000, 0) == seconds // 30


@pytest.mark.parametrize(("off", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_half_a_minute_and_no_more(off: int, found: bool) -> None:
    """One step before and one after are accepted."""
    digits = digits_at(SECRET, NOW_MS + off * STEP_MS)
    assert find_step(SECRET, digits, NOW_MS, 0) == (CURRENT_STEP + off if found else None)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_step_is_used_once(off: int) -> None:
    """Codes of a used step or an earlier one are refused; later ones are accepted."""
    digits = digits_at(SECRET, NOW_MS + off * STEP_MS)
    assert find_step(SECRET, digits, NOW_MS, CURRENT_STEP + off - 1) == CURRENT_STEP + off
    assert find_step(SECRET, digits, NOW_MS, CURRENT_STEP + off) is None
    assert find_step(SECRET, digits, NOW_MS, CURRENT_STEP + 5) is None


def test_digits_are_read_with_spaces() -> None:
    """Codes are read with spaces, in two groups as apps show them."""
    assert find_step(SECRET, " 005 924\n", NOW_MS, 0) == CURRENT_STEP


@pytest.mark.parametrize(
    "typed", ["", "00592", "0059240", "00592a", "abcdef", "００５９２４", "٠٠٥٩٢٤", "²²²²²²", "-05924", "5924"]
)
def test_input_that_is_not_six_digits_is_refused(typed: str) -> None:
    """Letters, digits of other scripts and other lengths match no step, without another error."""
    assert find_step(SECRET, typed, NOW_MS, 0) is None


@pytest.mark.parametrize("length", [0, SECRET_BYTES - 1, SECRET_BYTES + 1])
def test_a_secret_has_twenty_bytes(length: int) -> None:
    """Another length is refused."""
    with pytest.raises(BadRequest):
        find_step(bytes(length), "005924", NOW_MS, 0)


def test_a_secret_is_spelt_in_groups_of_four() -> None:
    """A secret is spelt in base32 without padding, in groups of four."""
    assert format_secret(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert format_secret(b"\xff" * 21) == "7777 7777 7777 7777 7777 7777 7777 7777 74"
