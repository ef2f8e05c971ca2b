"""A fictional diary as an unlocked phone holds it, with real signatures and receipts and invented people."""

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

from diary.crypto.file_parts import seal_parts
from diary.crypto.padding import part_count
from diary.crypto.signing import AuthorSigner, Ed25519Signer, generate_scalar
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import heads, receipts, rekeying
from diary.ledger.commitments import FieldNames
from diary.ledger.push import version_signing_input
from diary.ledger.versions import ComposedVersion, VersionDraft, VersionIds, VersionSecrets, compose
from diary.pack.capsule.builder import DiaryVersion, PackOptions
from diary.record.schemas import find_schema
from diary.record.times import offset_minutes_at
from tests.pack.story_incidents import STORY_INCIDENTS

START_MS = 1_777_896_000_000  # 2026-05-04T12:00:00Z
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class KeeperSigner(AuthorSigner):
    """A keeper's signer whose private key the tests can give to the phone's own modules."""

    def __init__(self, scalar: bytes) -> None:
        """Load the 32-byte private key."""
        super().__init__(scalar)
        self.scalar = scalar


@dataclass
class FictionalDiary:
    """Opened versions in feed order, and the sealed parts of every picture by (blob, part)."""

    diary_id: str = field(default_factory=lambda: id_text(new_id()))
    account_id: str = field(default_factory=lambda: id_text(new_id()))
    device_id: str = field(default_factory=lambda: id_text(new_id()))
    author: KeeperSigner = field(default_factory=lambda: KeeperSigner(generate_scalar()))
    notary: Ed25519Signer = field(default_factory=lambda: Ed25519Signer(os.urandom(32)))
    versions: list[DiaryVersion] = field(default_factory=list)
    sealed_parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    received_files: dict[str, bytes] = field(default_factory=dict)
    key_replacements: list[Mapping[str, object]] = field(default_factory=list)
    _previous_commitment: str | None = None

    def add(
        self,
        kind: str,
        fields: Mapping[str, object],
        restricted: Mapping[str, object] | None = None,
        *,
        record: str | None = None,
        at_ms: int = START_MS,
        parents: tuple[str, ...] = (),
        open_keys: tuple[tuple[str, bytes], ...] = (),
        restricted_keys: tuple[tuple[str, bytes], ...] = (),
        received: bool = True,
        offset_ms: int | None = 0,
    ) -> DiaryVersion:
        """Seal (except for the envelope), sign and receipt one version."""
        fields = {name: value for name, value in fields.items() if value is not None}
        record = record or id_text(new_id())
        version = id_text(new_id())
        names = FieldNames(find_schema(kind, 1).open, find_schema(kind, 1).restricted)
        ids = VersionIds(self.diary_id, record, version)
        secrets = VersionSecrets.generate()
        draft = VersionDraft(
            ids=ids,
            kind=kind,
            schema=1,
            account=self.account_id,
            device=self.device_id,
            line={"device": self.device_id, "n": len(self.versions) + 1, "prev": self._previous_commitment},
            clock={"offset_ms": offset_ms, "tz": "Europe/London", "utc": at_ms},
            open=fields,
            restricted=restricted or {},
            open_keys=open_keys,
            restricted_keys=restricted_keys,
            parents=parents,
        )
        composed = compose(draft, names, self.author.key_id, secrets)
        row = self._opened_version(draft, composed, secrets, received_at=at_ms + 4_000 if received else None)
        self._previous_commitment = row["c"]
        self.versions.append(row)
        return row

    def _opened_version(
        self, draft: VersionDraft, composed: ComposedVersion, secrets: VersionSecrets, *, received_at: int | None
    ) -> DiaryVersion:
        """Return a composed version as a phone holds it after opening."""
        ids, received = draft.ids, received_at is not None
        record, version, kind, parents = ids.record, ids.version, draft.kind, draft.parents
        fields, restricted = draft.open, draft.restricted
        commitment = b64(composed.commitment)
        envelope_digest = b64(hashlib.sha256(b"".join(composed.payloads)).digest())
        reserved = {
            "_author": {"account": self.account_id, "device": self.device_id},
            "_by": self.author.key_id,
            "_clock": dict(draft.clock),
            "_ids": ids.ids_member(),
            "_kind": kind,
            "_line": dict(draft.line),
            "_parents": list(parents),
            "_schema": 1,
        }
        return {
            "record": record,
            "version": version,
            "kind": kind,
            "schema": 1,
            "seq": len(self.versions) + 1 if received else None,
            "c": commitment,
            "sig": b64(
                self.author.sign(
                    version_signing_input(c=commitment, diary=self.diary_id, record=record, version=version)
                )
            ),
            "parents": list(parents),
            "env": envelope_digest,
            "receipt": None
            if received_at is None
            else receipts.sign_receipt(
                self.notary, commitment=commitment, envelopes_digest=envelope_digest, timestamp_ms=received_at
            ),
            "open": {"fields": {**fields, **reserved}, "seed": secrets.open_seed, "keys": list(draft.open_keys)},
            "restricted": {
                "fields": dict(restricted),
                "seed": secrets.restricted_seed,
                "keys": list(draft.restricted_keys),
            }
            if restricted or draft.restricted_keys
            else None,
        }

    def amend(
        self,
        version: DiaryVersion,
        changes: Mapping[str, object],
        *,
        at_ms: int,
        restricted: Mapping[str, object] | None = None,
    ) -> DiaryVersion:
        """Add a version of a record: the newest fields with some changed."""
        newest = [row for row in self.versions if row["record"] == version["record"]][-1]
        fields = {name: value for name, value in newest["open"]["fields"].items() if not name.startswith("_")}
        newest_restricted = dict(newest["restricted"]["fields"]) if newest["restricted"] else {}
        fields.pop("reason", None)
        return self.add(
            version["kind"],
            {**fields, **changes},
            {**newest_restricted, **(restricted or {})},
            record=version["record"],
            at_ms=at_ms,
            parents=(newest["version"],),
            open_keys=tuple(newest["open"]["keys"]),
            restricted_keys=tuple(newest["restricted"]["keys"]) if newest["restricted"] else (),
        )

    def take_out(self, version: DiaryVersion, *, at_ms: int, reason: str | None = None) -> DiaryVersion:
        """Add a version that says only that the record was taken out."""
        newest = [row for row in self.versions if row["record"] == version["record"]][-1]
        fields = {"taken_out": at_ms, "reason": reason}
        return self.add(version["kind"], fields, record=version["record"], at_ms=at_ms, parents=(newest["version"],))

    def attach(
        self,
        incident: DiaryVersion,
        content: bytes,
        media_type: str,
        description: str,
        *,
        print_image: bytes | None = None,
        at_ms: int = START_MS,
        filename: str = "Screenshot_20260504-131502.png",
        extra_fields: Mapping[str, object] | None = None,
        restricted: Mapping[str, object] | None = None,
    ) -> DiaryVersion:
        """Add a file with its received bytes sealed, and a print copy if one is given."""
        received = self.seal_file(content)
        renditions, keys = (
            ([], []) if print_image is None else ([rendition_fields(print_image)], [self.seal_file(print_image)])
        )
        row = self.add(
            "attachment",
            {
                **_attachment_fields(incident, content, media_type, description, at_ms),
                "renditions": renditions,
                **(extra_fields or {}),
            },
            {
                "gps_present": False,
                "received_as": {
                    "claimed_type": media_type,
                    "filename": filename,
                    "magic_type": media_type,
                    "platform": "Android 14, Pixel 8a",
                    "route": "photo_picker",
                },
                **(restricted or {}),
            },
            at_ms=at_ms,
            open_keys=tuple(keys),
            restricted_keys=(received,),
        )
        self.received_files[row["record"]] = content
        return row

    def seal_file(self, content: bytes) -> tuple[str, bytes]:
        """Seal a file's bytes in parts for the worker. Return the blob id and the key."""
        blob, key = id_text(new_id()), os.urandom(32)
        for i, part in enumerate(seal_parts(key, self.diary_id, blob, [content], len(content))):
            self.sealed_parts[blob, i] = part
        assert (blob, part_count(len(content)) - 1) in self.sealed_parts
        return blob, key

    def replace_signing_key(self, *, at_ms: int, to: KeeperSigner | None = None) -> KeeperSigner:
        """Replace the signing key, by `to` or a new one. The old key, which stays valid for all so far, is returned."""
        old_author, self.author = self.author, to or KeeperSigner(generate_scalar())
        statement: dict[str, object] = {
            "account": self.account_id,
            "beacon": None,
            "diary": self.diary_id,
            "ecdsa_pub": b64(self.author.pub),
            "epoch": len(self.key_replacements) + 2,
            "head": b64(bytes(32)),
            "hpke_pub": b64(AuthorSigner(generate_scalar()).pub),
        }
        self.key_replacements.append(
            rekeying.sign_statement(old_author, statement | {"seq": len(self.versions), "ts": at_ms})
        )
        return old_author

    @property
    def public_keys(self) -> dict[str, Any]:
        """Return the capsule's public keys, and the statements about replaced ones."""
        return {
            **({"earlier": self.key_replacements} if self.key_replacements else {}),
            "account": self.account_id,
            "ecdsa_pub": b64(self.author.pub),
            "log": self.notary.log_id,
            "notary": b64(self.notary.pub),
        }

    @property
    def feed_head(self) -> dict[str, object]:
        """Return the head over every receipted version, and its number in the feed."""
        head, seq = heads.INITIAL_HEAD, 0
        for row in self.versions:
            if row["seq"] is not None:
                assert row["env"] is not None, "a server's receipt names the envelopes"
                head = heads.next_head(
                    head,
                    seq=row["seq"],
                    record=row["record"],
                    version=row["version"],
                    commitment=row["c"],
                    envelopes_digest=row["env"],
                )
                seq = row["seq"]
        return {"head": b64(head), "seq": seq}

    def wish(
        self, chosen: tuple[str, ...] | None = None, made_at: int = START_MS + 218 * DAY_MS, **options: Any
    ) -> PackOptions:
        """Return the options of a pack of these incidents, by default of all."""
        incidents = tuple(dict.fromkeys(row["record"] for row in self.versions if row["kind"] == "incident"))
        return PackOptions(
            pack_id=id_text(new_id()),
            no=1,
            made_at=made_at,
            tz="Europe/London",
            chosen=incidents if chosen is None else chosen,
            release="0123456789ab",
            origin="https://notes.example",
            consent_at=made_at - 60_000,
            feed=self.feed_head,
            **options,
        )


def _attachment_fields(
    incident: DiaryVersion, content: bytes, media_type: str, description: str, at_ms: int
) -> dict[str, object]:
    """Return the open fields of an attachment that somebody has looked at."""
    captured_at = {
        "precision": "minute",
        "start": at_ms - HOUR_MS,
        "tz": "Europe/London",
        "utc_offset_min": offset_minutes_at(at_ms - HOUR_MS, "Europe/London"),
    }
    return {
        "added_at": at_ms,
        "alteration_before_receipt": "none_known",
        "captured_at": captured_at,
        "description": description,
        "incident_ids": [incident["record"]],
        "kind": "screenshot" if media_type.startswith("image/") else "email_eml",
        "looked_at": at_ms + 60_000,
        "media_type": media_type,
        "sensitivity": "normal",
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "shows": ["whole_screen", "clock", "sender_name"],
        "size_bytes": len(content),
    }


def rendition_fields(print_image: bytes) -> dict[str, object]:
    """Return the fields of a print copy."""
    width, height = Image.open(io.BytesIO(print_image)).size
    return {
        "height": height,
        "media_type": "image/jpeg",
        "purpose": "print",
        "sha256": hashlib.sha256(print_image).hexdigest(),
        "size_bytes": len(print_image),
        "width": width,
    }


def draw_screenshot(
    seed: int, size: tuple[int, int] = (1170, 2532), image_format: str = "PNG", **save: object
) -> bytes:
    """Return a picture like a phone's message screen, different for each seed."""
    image = Image.new("RGB", size, (246, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], 150), fill=(32, 60, 84))
    draw.text((60, 60), f"21:{seed % 60:02d}     unknown number", fill="white", font_size=48)
    y, state = 220, seed * 7919 + 1
    while y < size[1] - 160:
        state = (state * 1103515245 + 12345) % 2**31
        bubble_height, is_left = 90 + state % 150, state % 3 == 0
        x = 60 if is_left else size[0] - 60 - 700
        draw.rounded_rectangle(
            (x, y, x + 700, y + bubble_height), 30, fill=(226, 226, 232) if is_left else (205, 224, 240)
        )
        draw.text((x + 30, y + 24), f"message {state % 9973} where are you", fill=(30, 30, 30), font_size=40)
        y += bubble_height + 40
    buffer = io.BytesIO()
    image.save(buffer, image_format, **save)
    return buffer.getvalue()


def make_print_copy(content: bytes, width: int = 900) -> bytes:
    """Return the print copy that a phone would make: re-encoded, narrower, without metadata."""
    image, buffer = Image.open(io.BytesIO(content)).convert("RGB"), io.BytesIO()
    image.resize((width, round(image.height * width / image.width)), Image.Resampling.BILINEAR).save(
        buffer, "JPEG", quality=80
    )
    return buffer.getvalue()


# Fields of the officer's sheet that only a pack for the police may have. The diary's settings never hold them.
KEEPER_IDENTITY = {
    "date_of_birth": "1991-04-02",
    "home_address": "14 Elmhurst Road, Wrenbury LS6 2AB",
    "legal_name": "Joanna Maud Brandreth-Vane",
}


def incident_fields(start_ms: int, text: str, **extra_fields: object) -> dict[str, object]:
    """Return the fields of an incident known to the minute, in London."""
    return {
        "include_in_pack": True,
        "narrative": text,
        "occurred_local": "",
        "occurred_start": start_ms,
        "precision": "minute",
        "tz": "Europe/London",
        "utc_offset_min": offset_minutes_at(start_ms, "Europe/London"),
        **extra_fields,
    }


def fictional_diary(*, count: int = 25, exhibits: int = 6, notary: Ed25519Signer | None = None) -> FictionalDiary:
    """Return a diary of `count` incidents in several scripts, `exhibits` pictures, a mail, a note and settings.

    `notary`: the server's; by default a server of its own.
    """
    diary = FictionalDiary(notary=notary) if notary else FictionalDiary()
    _add_settings(diary)
    rows = [_add_incident(diary, index) for index in range(count)]
    _add_later_versions(diary, rows)
    for index in range(exhibits):
        _attach_screenshot(diary, rows[index % len(rows)], index)
    mail = b"From: x@evil.example\r\nSubject: you\r\n\r\nI know where you are\r\n"
    diary.attach(
        rows[-1], mail, "message/rfc822", "E-mail received at work", at_ms=START_MS + 90 * DAY_MS, filename="you.eml"
    )
    return diary


def _add_settings(diary: FictionalDiary) -> None:
    own_accounts = (
        "It began when I ended things in April. He will not accept it. I used to walk to work and I do not any more."
    )
    diary.add(
        "settings",
        {"initials": "JB", "own_words": own_accounts},
        {
            "concerns": "He knows my shifts. He has a key to the shared gate.",
            "helped_by": "Maryam Khan, Northtown Advice",
            "name_to_use": "Jo Brandreth",
            "needs": "Please write things down. Interpreter not needed.",
            "safe_contact": "Ring 07700 900123 between 10 and 12 on weekdays only. Do not leave a message.",
        },
    )


def _add_incident(diary: FictionalDiary, index: int) -> DiaryVersion:
    story = dict(STORY_INCIDENTS[index % len(STORY_INCIDENTS)])
    start = START_MS + index * 7 * DAY_MS + (index * 5 % 24) * HOUR_MS + (45 * DAY_MS if index > 13 else 0)
    fields = incident_fields(start, str(story.pop("narrative")), **story)
    if index in (5, 17):
        fields["start_with_this"] = True
    if index == 15:
        fields["count"], fields["count_is_estimate"] = 30, True
    restricted = {}
    if index % 4 == 0:
        restricted["place_detail"] = "14 Elmhurst Road, LS6 2AB"
    if index == 2:
        restricted["witness_names"] = "Anna Kowalska and Tom"
    clock_ms = -420_000 if index == 3 else 800
    return diary.add("incident", fields, restricted, at_ms=start + 40 * 60_000, offset_ms=clock_ms)


def _add_later_versions(diary: FictionalDiary, rows: list[DiaryVersion]) -> None:
    """Add additions, amendments and a private note."""
    added = f"{STORY_INCIDENTS[0]['narrative']} I have since found out that a colleague saw him too."
    changed = "A new account messaged me after I blocked the last one, near Elmhurst Road. Anna saw it."
    later: list[tuple[int, dict[str, object], int]] = [
        (0, {"narrative": added}, 10),
        (1, {"count": 41, "reason": "I counted again from the phone bill."}, 12),
        (2, {"narrative": changed, "reason": "I was not sure of the ten minutes."}, 30),
        (4, {"channel": None, "feelings_then": ["numb"], "place_category": "street"}, 40),
    ]
    for index, changes, day in later:
        if index < len(rows):
            diary.amend(rows[index], changes, at_ms=START_MS + day * DAY_MS)
    diary.add("note", {"of_id": rows[0]["record"], "text": "PRIVATE-NOTE-SENTINEL"}, at_ms=START_MS + 3 * DAY_MS)


def _attach_screenshot(diary: FictionalDiary, incident: DiaryVersion, index: int) -> None:
    """Add a screenshot. The third shows where the keeper lives, the fourth is very long."""
    raw = draw_screenshot(index, (1170, 9000) if index == 3 else (1170, 2532))
    extra_by_index: dict[int, dict[str, object]] = {
        0: {
            "account_or_number_shown": "@dk_88_real",
            "transcript": "“where are you” (seen 21:04)\nwhy don't you answer",
            "url_full": "https://www.instagram.example/dk_88_real",
        },
        1: {"flags": ["type_mismatch"]},
    }
    diary.attach(
        incident,
        raw,
        "image/png",
        f"Screen of messages, evening of day {index + 1}",
        print_image=make_print_copy(raw),
        at_ms=START_MS + (index + 2) * DAY_MS,
        filename=f"Screenshot_2026051{index}-210000.png",
        extra_fields=extra_by_index.get(index),
        restricted={"shows_where_i_live": True} if index == 2 else None,
    )
