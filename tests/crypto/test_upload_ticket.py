"""Tickets for one file are read as they were made, with their session's key and in their exact length only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from diary.crypto.upload_ticket import UploadTicket, parse_ticket
from diary.encoding import b64, unb64
from diary.errors import SealError

KEY = bytes(range(32))
TICKET = UploadTicket(b"s" * 16, b"d" * 16, b"b" * 16, 1_790_000_000_000, 3, 3_000_000_000, b"\x07" * 32)
OTHER_VALUES: dict[str, Any] = {
    "session": b"t" * 16,
    "diary": b"e" * 16,
    "blob": b"c" * 16,
    "expires_at_ms": 1_790_000_000_001,
    "part_count": 4,
    "size_bytes": 1,
    "digest": b"\x08" * 32,
}


def test_a_ticket_is_read_as_it_was_made() -> None:
    """Every field is in its place; the ticket has 136 bytes and the MAC."""
    sent = TICKET.sign(KEY)
    assert parse_ticket(sent) == TICKET
    assert parse_ticket(sent).matches(KEY, sent)
    assert len(unb64(sent)) == 3 * 16 + 3 * 8 + 32 + 32
    assert unb64(sent)[:72] == b"s" * 16 + b"d" * 16 + b"b" * 16 + b"".join(
        n.to_bytes(8, "big") for n in (1_790_000_000_000, 3, 3_000_000_000)
    )


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_an_altered_ticket_fails_verification(name: str) -> None:
    """The MAC covers every field."""
    sent = TICKET.sign(KEY)
    forged = b64(unb64(replace(TICKET, **{name: OTHER_VALUES[name]}).sign(bytes(32)))[:-32] + unb64(sent)[-32:])
    assert getattr(parse_ticket(forged), name) == OTHER_VALUES[name]
    assert not parse_ticket(forged).matches(KEY, forged)
    assert not parse_ticket(sent).matches(bytes(32), sent)


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"", lambda raw: raw[:72]]
)
def test_a_ticket_of_another_length_is_refused(change: Callable[[bytes], bytes]) -> None:
    """One byte fewer or more is refused before anything is read."""
    with pytest.raises(SealError):
        parse_ticket(b64(change(unb64(TICKET.sign(KEY)))))


@pytest.mark.parametrize("sent", ["!", "A", "ü", "AA==", "A" * 181 + " "])
def test_a_ticket_that_is_not_base64_is_refused(sent: str) -> None:
    """A ticket that is not base64 is refused with the same error."""
    with pytest.raises(SealError):
        parse_ticket(sent)
