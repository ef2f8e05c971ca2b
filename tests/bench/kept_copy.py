"""Sealed copy of a made-up diary in any size, made without a server but with real keys and signatures."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

from diary.client.accounts import Identity, new_kdf_parameters
from diary.client.attachments import SealedFileReference, make_print_rendition, seal_file
from diary.client.journal import Journal, VersionContent
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.crypto.keys import Keyset, diary_wrap_header, words_wrap_header, wrap_key
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json, encode_frames
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.samples.journal_writer import _rendition_fields
from tests.pack.fictional_diary import HOUR_MS, START_MS, draw_screenshot, incident_fields
from tests.pack.story_incidents import STORY_INCIDENTS

ORIGIN = "https://notes.example"
PASSPHRASE = "correct horse battery staple"


def make_sealed_copy(
    out: Path, *, entries: int, files: int, file_bytes: int, passphrase: str = PASSPHRASE
) -> Ed25519Signer:
    """Write a copy of `entries` incidents, the first `files` with a screenshot of `file_bytes`. Return the notary.

    The copy opens with `passphrase`. File content after the magic number is random, so it neither compresses nor repeats.
    """
    notary, clock = Ed25519Signer(os.urandom(32)), FixedClock(START_MS)
    identity = _make_identity(notary)
    journal = Journal(identity, clock)
    journal.append(VersionContent("settings", {"initials": "JB", "own_words": str(STORY_INCIDENTS[0]["narrative"])}))
    print_copy = [make_print_rendition(draw_screenshot(n), "image/png") for n in range(10)]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(entries):
            # Ends before now however many there are: a pack cannot be older than what is in it.
            clock.ms = START_MS - (entries - number) * 7 * HOUR_MS
            narrative = f"{number + 1}. {STORY_INCIDENTS[number % len(STORY_INCIDENTS)]['narrative']}"
            incident = journal.append(
                VersionContent("incident", incident_fields(clock.ms - HOUR_MS, narrative))
            ).opened_version.ids.record
            if number < files:
                content = b"\x89PNG\r\n\x1a\n" + os.urandom(file_bytes - 8)
                copy = print_copy[number % len(print_copy)]
                assert copy is not None
                blobs = [SealedFileReference.new(len(content)), SealedFileReference.new(len(copy.content))]
                for blob, raw in zip(blobs, (content, copy.content), strict=True):
                    _write_member(archive, f"parts/{blob.blob_id}", seal_file(identity.diary, blob, raw))
                fields = attachment_fields(incident, content, clock.ms, number) | {
                    "renditions": [_rendition_fields(copy)]
                }
                restricted = {"received_as": {"filename": f"Screenshot_{number}.png"}}
                journal.append(
                    VersionContent("attachment", fields, restricted, (blobs[1].id_and_key,), (blobs[0].id_and_key,))
                )
        journal.sign_receipts(notary)
        _write_member(archive, "versions.bin", _version_frames(journal))
        archive.writestr("kept.json", canonical_json(_copy_head(identity, notary, clock.ms, passphrase)))
    return notary


def _make_identity(notary: Ed25519Signer) -> Identity:
    """Return a new account that is on no server."""
    account, diary, device = (id_text(new_id()) for _ in range(3))
    return Identity(
        "", account, diary, device, 1, notary.pub, notary.log_id, Keyset.generate(), os.urandom(32), os.urandom(32), ""
    )


def _write_member(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=False) as member:
        for piece in pieces:
            member.write(encode_frames([piece]))


def _version_frames(journal: Journal) -> Iterable[bytes]:
    for local_version in journal._versions_by_id.values():
        place = local_version.opened_version.ids
        facts = {
            "receipt": local_version.receipt,
            "record": place.record,
            "seq": local_version.seq,
            "version": place.version,
        }
        yield encode_frames([canonical_json(facts), push.encode(local_version.push)])


def _copy_head(identity: Identity, notary: Ed25519Signer, now: int, passphrase: str) -> dict[str, object]:
    kdf_parameters = new_kdf_parameters("nobody-here-x2y3", ORIGIN, kdf.FLOOR_PROFILE)
    opener = kdf.derive_words_kek(kdf.derive_root(passphrase, kdf_parameters, kdf.PRODUCTION_POLICY), kdf_parameters)
    place = diary_wrap_header(identity.account, identity.diary, 1)
    keys = {
        "account": identity.account,
        "code_wrap": None,
        "diary": identity.diary,
        "diary_epoch": 1,
        "diary_wrap": b64(wrap_key(identity.account_key, place, identity.diary_key)),
        "kdf": kdf_parameters,
        "keyset": b64(identity.keyset.seal(identity.account_key, identity.account, 1, 1)),
        "words_wrap": b64(
            wrap_key(opener, words_wrap_header(identity.account, 1, kdf_parameters), identity.account_key)
        ),
    }
    state = {"blobs": 0, "feed": None, "made_at": now, "t": "backup/v1", "versions": 0}
    return state | {"keys": keys, "log": notary.log_id, "notary": b64(notary.pub)}


def attachment_fields(incident: str, content: bytes, at: int, number: int) -> dict[str, object]:
    """Return the fields of a screenshot that somebody has looked at. `at`: ms UTC."""
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
