"""A fictional diary, opened, as the phone would hold it: real signatures, real receipts, made-up people."""

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

from diary.crypto.file_parts import part_count, seal_parts
from diary.crypto.signing import Author, Notary, new_scalar
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import heads, receipts, rekeying
from diary.ledger.commitments import Names
from diary.ledger.push import signed_bytes
from diary.ledger.versions import Composed, Draft, Place, Secrets, compose
from diary.pack.capsule.builder import DiaryVersion, Wish
from diary.record.schemas import schema
from diary.record.times import offset_at
from tests.pack.story import STORY

START = 1_777_896_000_000  # 2026-05-04T12:00:00Z
HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class FictionalDiary:
    """Versions in feed order, and the sealed parts of every picture by (blob, part)."""

    diary: str = field(default_factory=lambda: id_text(new_id()))
    account: str = field(default_factory=lambda: id_text(new_id()))
    device: str = field(default_factory=lambda: id_text(new_id()))
    author: Author = field(default_factory=lambda: Author(new_scalar()))
    notary: Notary = field(default_factory=lambda: Notary(os.urandom(32)))
    versions: list[DiaryVersion] = field(default_factory=list)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    earlier: list[Mapping[str, object]] = field(default_factory=list)
    _prev: str | None = None

    def add(
        self,
        kind: str,
        fields: Mapping[str, object],
        restricted: Mapping[str, object] | None = None,
        *,
        record: str | None = None,
        at: int = START,
        parents: tuple[str, ...] = (),
        open_keys: tuple[tuple[str, bytes], ...] = (),
        restricted_keys: tuple[tuple[str, bytes], ...] = (),
        received: bool = True,
        offset_ms: int | None = 0,
    ) -> DiaryVersion:
        """Seal (all but the envelope), sign and receipt one version."""
        fields = {name: value for name, value in fields.items() if value is not None}
        record = record or id_text(new_id())
        version = id_text(new_id())
        names = Names(schema(kind, 1).open, schema(kind, 1).restricted)
        place = Place(self.diary, record, version)
        secrets = Secrets.new()
        draft = Draft(
            place=place,
            kind=kind,
            schema=1,
            account=self.account,
            device=self.device,
            line={"device": self.device, "n": len(self.versions) + 1, "prev": self._prev},
            clock={"offset_ms": offset_ms, "tz": "Europe/London", "utc": at},
            open=fields,
            restricted=restricted or {},
            open_keys=open_keys,
            restricted_keys=restricted_keys,
            parents=parents,
        )
        composed = compose(draft, names, self.author.key_id, secrets)
        row = self._row(draft, composed, secrets, received_at=at + 4_000 if received else None)
        self._prev = row["c"]
        self.versions.append(row)
        return row

    def _row(self, draft: Draft, composed: Composed, secrets: Secrets, *, received_at: int | None) -> DiaryVersion:
        """A composed version as the phone holds it once it is opened."""
        place, received = draft.place, received_at is not None
        record, version, kind, parents = place.record, place.version, draft.kind, draft.parents
        fields, restricted = draft.open, draft.restricted
        c = b64(composed.commitment)
        env = b64(hashlib.sha256(b"".join(composed.payloads)).digest())
        reserved = {
            "_author": {"account": self.account, "device": self.device},
            "_by": self.author.key_id,
            "_clock": dict(draft.clock),
            "_ids": place.ids(),
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
            "c": c,
            "sig": b64(self.author.sign(signed_bytes(c=c, diary=self.diary, record=record, version=version))),
            "parents": list(parents),
            "env": env,
            "receipt": None if received_at is None else receipts.make(self.notary, c=c, env=env, ts=received_at),
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
        row: DiaryVersion,
        changes: Mapping[str, object],
        *,
        at: int,
        restricted: Mapping[str, object] | None = None,
    ) -> DiaryVersion:
        """A later version of a record: the newest fields with some changed."""
        newest = [one for one in self.versions if one["record"] == row["record"]][-1]
        fields = {name: value for name, value in newest["open"]["fields"].items() if not name.startswith("_")}
        kept = dict(newest["restricted"]["fields"]) if newest["restricted"] else {}
        fields.pop("reason", None)
        return self.add(
            row["kind"],
            {**fields, **changes},
            {**kept, **(restricted or {})},
            record=row["record"],
            at=at,
            parents=(newest["version"],),
            open_keys=tuple(newest["open"]["keys"]),
            restricted_keys=tuple(newest["restricted"]["keys"]) if newest["restricted"] else (),
        )

    def take_out(self, row: DiaryVersion, *, at: int, reason: str | None = None) -> DiaryVersion:
        """A version that says only that the record was taken out."""
        newest = [one for one in self.versions if one["record"] == row["record"]][-1]
        out = {"taken_out": at, "reason": reason}
        return self.add(row["kind"], out, record=row["record"], at=at, parents=(newest["version"],))

    def attach(
        self,
        incident: DiaryVersion,
        raw: bytes,
        media_type: str,
        description: str,
        *,
        printed: bytes | None = None,
        at: int = START,
        filename: str = "Screenshot_20260504-131502.png",
        extra: Mapping[str, object] | None = None,
        restricted: Mapping[str, object] | None = None,
    ) -> DiaryVersion:
        """A file with its received bytes sealed, and a print copy when there is one."""
        received = self.seal(raw)
        renditions, keys = ([], []) if printed is None else ([_rendition(printed)], [self.seal(printed)])
        row = self.add(
            "attachment",
            {**_described(incident, raw, media_type, description, at), "renditions": renditions, **(extra or {})},
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
            at=at,
            open_keys=tuple(keys),
            restricted_keys=(received,),
        )
        self.files[row["record"]] = raw
        return row

    def seal(self, raw: bytes) -> tuple[str, bytes]:
        """Seal a file's bytes where the worker will ask for them; blob id and key."""
        blob, key = id_text(new_id()), os.urandom(32)
        for i, part in enumerate(seal_parts(key, self.diary, blob, [raw], len(raw))):
            self.parts[blob, i] = part
        assert (blob, part_count(len(raw)) - 1) in self.parts
        return blob, key

    def change_keys(self, *, at: int) -> Author:
        """A new signing key takes the old one's place, which counts for what was received up to now. Gives the old one."""
        old, self.author = self.author, Author(new_scalar())
        said = {"account": self.account, "beacon": None, "diary": self.diary, "ecdsa_pub": b64(self.author.pub)}
        said |= {"epoch": len(self.earlier) + 2, "head": b64(bytes(32)), "hpke_pub": b64(Author(new_scalar()).pub)}
        self.earlier.append(rekeying.make(old, said | {"seq": len(self.versions), "ts": at}))
        return old

    @property
    def keys(self) -> dict[str, Any]:
        """The capsule's public keys, and what is said of those that were replaced."""
        return {
            **({"earlier": self.earlier} if self.earlier else {}),
            "account": self.account,
            "ecdsa_pub": b64(self.author.pub),
            "log": self.notary.log,
            "notary": b64(self.notary.pub),
        }

    @property
    def feed(self) -> dict[str, object]:
        """The head over every version the notary signed for, and how many those are."""
        head, seq = heads.FIRST, 0
        for row in self.versions:
            if row["seq"] is not None:
                at: dict[str, Any] = {name: row[name] for name in ("c", "env", "record", "version")}  # type: ignore[literal-required]
                head, seq = heads.next_head(head, seq=row["seq"], **at), row["seq"]
        return {"head": b64(head), "seq": seq}

    def wish(self, chosen: tuple[str, ...] | None = None, made_at: int = START + 218 * DAY, **more: object) -> Wish:
        """A wish for some incidents, or for all."""
        incidents = tuple(dict.fromkeys(row["record"] for row in self.versions if row["kind"] == "incident"))
        return Wish(
            pack_id=id_text(new_id()),
            no=1,
            made_at=made_at,
            tz="Europe/London",
            chosen=incidents if chosen is None else chosen,
            release="0123456789ab",
            origin="https://notes.example",
            consent_at=made_at - 60_000,
            feed=self.feed,
            **more,  # type: ignore[arg-type]
        )


def _described(incident: DiaryVersion, raw: bytes, media_type: str, description: str, at: int) -> dict[str, object]:
    """The open fields of an attachment somebody has looked at."""
    taken = {
        "precision": "minute",
        "start": at - HOUR,
        "tz": "Europe/London",
        "utc_offset_min": offset_at(at - HOUR, "Europe/London"),
    }
    return {
        "added_at": at,
        "alteration_before_receipt": "none_known",
        "captured_at": taken,
        "description": description,
        "incident_ids": [incident["record"]],
        "kind": "screenshot" if media_type.startswith("image/") else "email_eml",
        "looked_at": at + 60_000,
        "media_type": media_type,
        "sensitivity": "normal",
        "sha256": hashlib.sha256(raw).hexdigest(),
        "sha512": hashlib.sha512(raw).hexdigest(),
        "shows": ["whole_screen", "clock", "sender_name"],
        "size_bytes": len(raw),
    }


def _rendition(printed: bytes) -> dict[str, object]:
    """What the record says of a print copy."""
    width, height = Image.open(io.BytesIO(printed)).size
    return {
        "height": height,
        "media_type": "image/jpeg",
        "purpose": "print",
        "sha256": hashlib.sha256(printed).hexdigest(),
        "size_bytes": len(printed),
        "width": width,
    }


def picture(seed: int, size: tuple[int, int] = (1170, 2532), fmt: str = "PNG", **save: object) -> bytes:
    """A phone-like message screen, different for each seed."""
    image = Image.new("RGB", size, (246, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], 150), fill=(32, 60, 84))
    draw.text((60, 60), f"21:{seed % 60:02d}     unknown number", fill="white", font_size=48)
    y, state = 220, seed * 7919 + 1
    while y < size[1] - 160:
        state = (state * 1103515245 + 12345) % 2**31
        high, left = 90 + state % 150, state % 3 == 0
        x = 60 if left else size[0] - 60 - 700
        draw.rounded_rectangle((x, y, x + 700, y + high), 30, fill=(226, 226, 232) if left else (205, 224, 240))
        draw.text((x + 30, y + 24), f"message {state % 9973} where are you", fill=(30, 30, 30), font_size=40)
        y += high + 40
    out = io.BytesIO()
    image.save(out, fmt, **save)
    return out.getvalue()


def print_copy(raw: bytes, width: int = 900) -> bytes:
    """What the phone would make: re-encoded, narrower, without metadata."""
    image, out = Image.open(io.BytesIO(raw)).convert("RGB"), io.BytesIO()
    image.resize((width, round(image.height * width / image.width)), Image.Resampling.BILINEAR).save(
        out, "JPEG", quality=80
    )
    return out.getvalue()


def incident_fields(start: int, words: str, **more: object) -> dict[str, object]:
    """The fields of an incident known to the minute, in London."""
    return {
        "include_in_pack": True,
        "narrative": words,
        "occurred_local": "",
        "occurred_start": start,
        "precision": "minute",
        "tz": "Europe/London",
        "utc_offset_min": offset_at(start, "Europe/London"),
        **more,
    }


def fictional_diary(*, count: int = 25, exhibits: int = 6) -> FictionalDiary:
    """A whole diary: `count` incidents told in several scripts, `exhibits` pictures and a mail, a note, settings."""
    diary = FictionalDiary()
    _settings(diary)
    rows = [_incident(diary, index) for index in range(count)]
    _later(diary, rows)
    for index in range(exhibits):
        _screenshot(diary, rows[index % len(rows)], index)
    mail = b"From: x@evil.example\r\nSubject: you\r\n\r\nI know where you are\r\n"
    diary.attach(rows[-1], mail, "message/rfc822", "E-mail received at work", at=START + 90 * DAY, filename="you.eml")
    return diary


def _settings(diary: FictionalDiary) -> None:
    own = "It began when I ended things in April. He will not accept it. I used to walk to work and I do not any more."
    diary.add(
        "settings",
        {"initials": "JB", "own_words": own},
        {
            "concerns": "He knows my shifts. He has a key to the shared gate.",
            "helped_by": "Maryam Khan, Northtown Advice",
            "name_to_use": "Jo Brandreth",
            "needs": "Please write things down. Interpreter not needed.",
            "safe_contact": "Ring 07700 900123 between 10 and 12 on weekdays only. Do not leave a message.",
        },
    )


def _incident(diary: FictionalDiary, index: int) -> DiaryVersion:
    story = dict(STORY[index % len(STORY)])
    start = START + index * 7 * DAY + (index * 5 % 24) * HOUR + (45 * DAY if index > 13 else 0)
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
    clock = -420_000 if index == 3 else 800
    return diary.add("incident", fields, restricted, at=start + 40 * 60_000, offset_ms=clock)


def _later(diary: FictionalDiary, rows: list[DiaryVersion]) -> None:
    """Additions, amendments and a private note."""
    added = f"{STORY[0]['narrative']} I have since found out that a colleague saw him too."
    changed = "A new account messaged me after I blocked the last one, near Elmhurst Road. Anna saw it."
    later: list[tuple[int, dict[str, object], int]] = [
        (0, {"narrative": added}, 10),
        (1, {"count": 41, "reason": "I counted again from the phone bill."}, 12),
        (2, {"narrative": changed, "reason": "I was not sure of the ten minutes."}, 30),
        (4, {"channel": None, "feelings_then": ["numb"], "place_category": "street"}, 40),
    ]
    for index, changes, day in later:
        if index < len(rows):
            diary.amend(rows[index], changes, at=START + day * DAY)
    diary.add("note", {"of_id": rows[0]["record"], "text": "PRIVATE-NOTE-SENTINEL"}, at=START + 3 * DAY)


def _screenshot(diary: FictionalDiary, incident: DiaryVersion, index: int) -> None:
    """The third shows where the keeper lives, the fourth is very long."""
    raw = picture(index, (1170, 9000) if index == 3 else (1170, 2532))
    said: dict[int, dict[str, object]] = {
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
        printed=print_copy(raw),
        at=START + (index + 2) * DAY,
        filename=f"Screenshot_2026051{index}-210000.png",
        extra=said.get(index),
        restricted={"shows_where_i_live": True} if index == 2 else None,
    )
