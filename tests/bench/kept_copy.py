"""A sealed copy of a made-up diary, as large as a bench wants it, made without a server: real keys, real signatures."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

from diary.client.accounts import Identity, new_kdf
from diary.client.attachments import Blob, make_print_copy, seal
from diary.client.journal import Journal, Said
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.crypto.keys import Keyset, diary_header, words_header, wrap
from diary.crypto.signing import Notary
from diary.encoding import b64, canon, frames
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.samples.journal_writer import _rendition
from tests.pack.fiction import HOUR, START, incident_fields, picture
from tests.pack.story import STORY

ORIGIN = "https://notes.example"
WORDS = "correct horse battery staple"


def make_copy(out: Path, *, entries: int, files: int, file_bytes: int) -> Notary:
    """A copy of `entries` incidents, the first `files` with a screenshot of `file_bytes`; who signed for it. Opens with WORDS.

    What a file holds after its first bytes is random, as what a camera packs is: nothing shrinks, nothing repeats.
    """
    notary, clock = Notary(os.urandom(32)), FixedClock(START)
    identity = _identity(notary)
    journal = Journal(identity, clock)
    journal.append(Said("settings", {"initials": "JB", "own_words": str(STORY[0]["narrative"])}))
    printed = [make_print_copy(picture(n), "image/png") for n in range(10)]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(entries):
            clock.ms = START + number * 7 * HOUR
            said = f"{number + 1}. {STORY[number % len(STORY)]['narrative']}"
            incident = journal.append(Said("incident", incident_fields(clock.ms - HOUR, said))).opened.place.record
            if number < files:
                content = b"\x89PNG\r\n\x1a\n" + os.urandom(file_bytes - 8)
                copy = printed[number % len(printed)]
                assert copy is not None
                blobs = [Blob.new(len(content)), Blob.new(len(copy.content))]
                for blob, raw in zip(blobs, (content, copy.content), strict=True):
                    _member(archive, f"parts/{blob.blob}", seal(identity.diary, blob, raw))
                fields = _described(incident, content, clock.ms, number) | {"renditions": [_rendition(copy)]}
                restricted = {"received_as": {"filename": f"Screenshot_{number}.png"}}
                journal.append(Said("attachment", fields, restricted, (blobs[1].pair,), (blobs[0].pair,)))
        journal.acknowledge(notary)
        _member(archive, "versions.bin", _versions(journal))
        archive.writestr("kept.json", canon(_head(identity, notary, clock.ms)))
    return notary


def _identity(notary: Notary) -> Identity:
    """Somebody whom no server knows."""
    account, diary, device = (id_text(new_id()) for _ in range(3))
    return Identity(
        "", account, diary, device, 1, notary.pub, notary.log, Keyset.new(), os.urandom(32), os.urandom(32), ""
    )


def _member(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=False) as member:
        for piece in pieces:
            member.write(frames([piece]))


def _versions(journal: Journal) -> Iterable[bytes]:
    for held in journal._held.values():
        place = held.opened.place
        about = {"receipt": held.receipt, "record": place.record, "seq": held.seq, "version": place.version}
        yield frames([canon(about), push.encode(held.push)])


def _head(identity: Identity, notary: Notary, now: int) -> dict[str, object]:
    made = new_kdf("nobody-here-x2y3", ORIGIN, kdf.FLOOR)
    opener = kdf.kek_words(kdf.root(WORDS, made, kdf.PRODUCT), made)
    place = diary_header(identity.account, identity.diary, 1)
    keys = {
        "account": identity.account,
        "code_wrap": None,
        "diary": identity.diary,
        "diary_epoch": 1,
        "diary_wrap": b64(wrap(identity.account_key, place, identity.diary_key)),
        "kdf": made,
        "keyset": b64(identity.keyset.seal(identity.account_key, identity.account, 1, 1)),
        "words_wrap": b64(wrap(opener, words_header(identity.account, 1, made), identity.account_key)),
    }
    known = {"blobs": 0, "feed": None, "made_at": now, "t": "backup/v1", "versions": 0}
    return known | {"keys": keys, "log": notary.log, "notary": b64(notary.pub)}


def _described(incident: str, content: bytes, at: int, number: int) -> dict[str, object]:
    return {
        "added_at": at,
        "alteration_before_receipt": "none_known",
        "description": f"Screen {number}",
        "incident_ids": [incident],
        "kind": "screenshot",
        "looked_at": at,
        "media_type": "image/png",
        "sensitivity": "normal",
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "shows": ["whole_screen", "clock"],
        "size_bytes": len(content),
    }
