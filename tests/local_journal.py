"""Diary on a device without a server, and options for a pack of all of it."""

from diary.client.accounts import Identity
from diary.client.journal import Journal
from diary.clock import FixedClock
from diary.crypto.keys import Keyset
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import PackOptions


def local_journal(clock: FixedClock, tz: str = "Europe/London") -> Journal:
    """Return an empty diary with new keys."""
    account, diary, device = (id_text(new_id()) for _ in range(3))
    identity = Identity(
        "", account, diary, device, 1, bytes(32), b64(bytes(32)), Keyset.generate(), bytes(32), bytes(32), ""
    )
    return Journal(identity, clock, tz)


def request_for_whole_pack(journal: Journal, made_at: int, origin: str = "http://localhost:8000") -> PackOptions:
    """Return options for a first pack of every entry."""
    return PackOptions(
        pack_id=id_text(new_id()),
        no=1,
        made_at=made_at,
        tz="Europe/London",
        chosen=tuple(journal.record_ids("incident")),
        release="0" * 12,
        origin=origin,
        consent_at=made_at,
    )
