"""Tickets for one file: read as they were made, under their session's key and in their own length only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diary.crypto.upload_ticket import UploadTicket, read
from diary.encoding import b64, unb64
from diary.errors import SealError

KEY = bytes(range(32))
TICKET = UploadTicket(b"s" * 16, b"d" * 16, b"b" * 16, 1_790_000_000_000, 3, 3_000_000_000, b"\x07" * 32)
OTHERS = {
    "session": b"t" * 16,
    "diary": b"e" * 16,
    "blob": b"c" * 16,
    "until": 1_790_000_000_001,
    "parts": 4,
    "size": 1,
    "digest": b"\x08" * 32,
}


def test_a_ticket_is_read_as_it_was_made() -> None:
    """Every fact, at its place; 136 bytes and the MAC."""
    sent = TICKET.sign(KEY)
    assert read(sent) == TICKET
    assert read(sent).is_of(KEY, sent)
    assert len(unb64(sent)) == 3 * 16 + 3 * 8 + 32 + 32
    assert unb64(sent)[:72] == b"s" * 16 + b"d" * 16 + b"b" * 16 + b"".join(
        n.to_bytes(8, "big") for n in (1_790_000_000_000, 3, 3_000_000_000)
    )


@pytest.mark.parametrize("name", OTHERS)
def test_a_ticket_that_says_something_else_is_of_no_session(name: str) -> None:
    """Each fact is under the MAC."""
    sent = TICKET.sign(KEY)
    forged = b64(unb64(replace(TICKET, **{name: OTHERS[name]}).sign(bytes(32)))[:-32] + unb64(sent)[-32:])
    assert getattr(read(forged), name) == OTHERS[name]
    assert not read(forged).is_of(KEY, forged)
    assert not read(sent).is_of(bytes(32), sent)


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"", lambda raw: raw[:72]]
)
def test_another_length_is_no_ticket(change) -> None:
    """One byte fewer or more is refused before anything is read of it."""
    with pytest.raises(SealError):
        read(b64(change(unb64(TICKET.sign(KEY)))))


@pytest.mark.parametrize("sent", ["!", "A", "ü", "AA==", "A" * 181 + " "])
def test_what_is_not_base64_is_no_ticket(sent: str) -> None:
    """Refused like any other."""
    with pytest.raises(SealError):
        read(sent)
