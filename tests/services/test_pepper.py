"""Values protected by the pepper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.encoding import b64
from diary.errors import SealError
from diary.services.accounts.pepper import Pepper

PEPPER = Pepper(bytes(range(32)), CHEAPEST_PROFILE)
OTHER_PEPPER = Pepper(bytes(32), CHEAPEST_PROFILE)


def test_what_is_sealed_opens_for_its_purpose_and_owner_only() -> None:
    """A column or row swapped in the database, or another pepper, does not open."""
    sealed = PEPPER.seal(b"kdf", b"owner", b"text")
    assert PEPPER.open(b"kdf", b"owner", sealed) == b"text"
    for pepper, purpose, owner in (
        (OTHER_PEPPER, b"kdf", b"owner"),
        (PEPPER, b"wrap", b"owner"),
        (PEPPER, b"kdf", b"else"),
    ):
        with pytest.raises(SealError):
            pepper.open(purpose, owner, sealed)


def test_everything_made_from_it_is_its_own() -> None:
    """Names, salts, tickets, networks and devices depend on the pepper, and are stable for one."""
    makers: tuple[Callable[[Pepper], object], ...] = (
        lambda pepper: pepper.login_mac("river-bank-abcd"),
        lambda pepper: pepper.decoy_salt("river-bank-abcd"),
        lambda pepper: pepper.name_ticket_mac("river-bank-abcd", 1),
        lambda pepper: pepper.network_key("192.0.2.1"),
        lambda pepper: pepper.device_token(bytes(16), bytes(32)),
        lambda pepper: pepper.hash_proof(bytes(32), bytes(16)),
    )
    for make in makers:
        assert make(PEPPER) == make(PEPPER) != make(OTHER_PEPPER)


def test_a_device_is_known_for_its_account_only() -> None:
    """Another account's token, an altered one and arbitrary text are refused."""
    nonce, account = bytes(range(16)), bytes(32)
    token = PEPPER.device_token(nonce, account)
    assert PEPPER.find_device(token, account) == nonce
    assert len(token) == len(b64(bytes(32)))
    for other in (None, "", "ä", "!", "A" * 43, token[:-1], token + "A", OTHER_PEPPER.device_token(nonce, account)):
        assert PEPPER.find_device(other, account) is None
    assert PEPPER.find_device(token, bytes(31) + b"\1") is None
