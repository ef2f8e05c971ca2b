"""Making a capsule from opened versions. static/js/pack/capsule.js does the same: tests/vectors/capsule.json.

Pure: whoever calls has opened the diary, chosen the entries and asked the keeper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from diary.crypto.parts import part_count
from diary.encoding import b64
from diary.errors import BadRequest
from diary.pack.capsule import TYPE, encode
from diary.record.evidence import Attachment
from diary.record.incident import Incident
from diary.record.reading import codes_of, objects_of, switch_of, text_of, whole_of
from diary.record.times import at_offset, offset_at
from diary.record.versions import Opened, Told, tell_all

PACKED: Final = ("incident", "attachment")
SHEET: Final = ("concerns", "helped_by", "name_to_use", "needs", "safe_contact")
INTIMATE: Final = "intimate_adult"


class Part(TypedDict):
    """One opened part: every field (reserved names among them), the seed, and the blob keys as they stand."""

    fields: Mapping[str, object]
    seed: bytes
    keys: Sequence[tuple[str, bytes]]


class DiaryVersion(TypedDict):
    """One opened version of a diary. `seq` and `receipt` None while no server has received it."""

    record: str
    version: str
    kind: str
    schema: int
    seq: int | None
    c: str
    sig: str
    parents: Sequence[str]
    env: str | None
    receipt: Mapping[str, object] | None
    open: Part
    restricted: Part | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the keeper decided: which incidents, and the facts that go on the front. Times are ms UTC.

    `start_with`: records for 'start with these'; None for the entries so marked.
    """

    pack_id: str
    no: int
    made_at: int
    tz: str
    chosen: tuple[str, ...]
    release: str
    origin: str
    consent_at: int
    covers_from: int | None = None
    covers_to: int | None = None
    profile: str = "police"
    lang: str = "en"
    start_with: tuple[str, ...] | None = None
    intimate: bool = False


def make_capsule(versions: Sequence[DiaryVersion], wish: Wish, keys: Mapping[str, str]) -> bytes:
    """The capsule for `wish`.

    `versions`: the whole diary in feed order, those without `seq` last in the order they were made.
    `keys`: account, ecdsa_pub, log, notary. Raises BadRequest when nothing is chosen or it is too large.
    """
    opened = {row["version"]: _opened(row) for row in versions}
    told = tell_all(opened.values(), "incident")
    numbers = _entry_numbers(versions)
    chosen = [record for record in (one.record for one in told) if record in set(wish.chosen)]
    if not chosen:
        raise BadRequest("Choose at least one entry.")
    settings = _settings(tell_all(opened.values(), "settings"))
    start_no = whole_of(settings, "exhibit_start_no") or 1
    initials = text_of(settings, "initials") or "AA"
    attached = _attached(opened, chosen, wish)
    exhibits = _exhibits(versions, attached, initials, start_no)
    packed = {*chosen, *(one.record for one in attached)}
    entries = [Incident(_shown(numbers, one.record), numbers[one.record], one) for one in told]
    capsule = {
        "asked": [_asked(one, numbers[one.record]) for one in told if one.record in packed],
        "counts": _counts(entries, chosen),
        "custody": _custody(opened, attached, exhibits, wish.made_at),
        "exhibits": exhibits,
        "keys": dict(keys),
        "own_words": text_of(settings, "own_words"),
        "pack": _pack(wish, initials, start_no),
        "sheet": {name: text_of(settings, name) for name in SHEET},
        "start_with": [entry.seq_no for entry in entries if entry.record in packed and entry.seq_no and _leads(entry, wish)][:10],
        "t": TYPE,
        "versions": [_carried(row, numbers) for row in versions if row["record"] in packed],
    }
    return encode(capsule)


def _leads(entry: Incident, wish: Wish) -> bool:
    """Whether an entry is one to start with."""
    if wish.start_with is not None:
        return entry.record in wish.start_with
    return switch_of(entry.said, "start_with_this") is True


def _opened(row: DiaryVersion) -> Opened:
    """A version as the record pages read it."""
    restricted = row["restricted"]["fields"] if row["restricted"] else {}
    return Opened(row["record"], row["version"], row["kind"], row["schema"], row["open"]["fields"], restricted)


def _entry_numbers(versions: Sequence[DiaryVersion]) -> dict[str, int | None]:
    """Each incident's entry number: the rank of its earliest version in the feed; None before a receipt."""
    earliest: dict[str, int | None] = {}
    for row in versions:
        if row["kind"] == "incident" and row["record"] not in earliest:
            earliest[row["record"]] = row["seq"]
    ranked = sorted((seq, record) for record, seq in earliest.items() if seq is not None)
    return dict.fromkeys(earliest) | {record: rank for rank, (_, record) in enumerate(ranked, 1)}


def _shown(numbers: Mapping[str, int | None], record: str) -> str:
    """`7`, or `U2` for the second incident that has no number yet."""
    number = numbers[record]
    waiting = [other for other, known in numbers.items() if known is None]
    return f"U{waiting.index(record) + 1}" if number is None else str(number)


def _settings(told: Sequence[Told]) -> dict[str, object]:
    """The keeper's settings, open and restricted; empty when there are none."""
    return told[-1].newest.everything() if told else {}


def _attached(opened: Mapping[str, Opened], chosen: Sequence[str], wish: Wish) -> list[Attachment]:
    """Attachments of the chosen incidents, in the order of those incidents' first versions, then their own.

    A private sexual picture of an adult comes along only when the keeper ticked that.
    """
    incidents = {told.record: told for told in tell_all(opened.values(), "incident")}
    ranked: list[tuple[int, int, Attachment]] = []
    for place, told in enumerate(tell_all(opened.values(), "attachment")):
        attachment = Attachment(told)
        if text_of(attachment.said, "sensitivity") == INTIMATE and not wish.intimate:
            continue
        ranks = [
            rank
            for rank, record in enumerate(chosen)
            if record in attachment.incident_ids or told.record in codes_of(incidents[record].newest.fields, "attachment_ids")
        ]
        if ranks:
            ranked.append((min(ranks), place, attachment))
    return [attachment for _, _, attachment in sorted(ranked, key=lambda row: row[:2])]


def _exhibits(
    versions: Sequence[DiaryVersion], attached: Sequence[Attachment], initials: str, start_no: int
) -> list[dict[str, object]]:
    """One row an attachment, numbered from `start_no`."""
    newest = {row["record"]: row for row in versions}
    rows: list[dict[str, object]] = []
    for no, attachment in enumerate(attached, start_no):
        printed = _print(attachment, newest[attachment.record])
        decode = printed is None and text_of(attachment.said, "media_type").startswith("image/")
        rows.append(
            {
                "file": f"{initials}-{no}.{attachment.extension}",
                "hold_picture": attachment.is_held_back,
                "item": f"{initials}/{no}",
                "looked_at": whole_of(attachment.said, "looked_at"),
                "print": printed,
                "received": _received(attachment, newest[attachment.record]) if decode else None,
                "record": attachment.record,
                "sha256": text_of(attachment.said, "sha256"),
                "sha512": text_of(attachment.said, "sha512"),
                "size": whole_of(attachment.said, "size_bytes") or 0,
            }
        )
    return rows


def _print(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """The print copy: its key stands in the open part at the place its rendition has in the list."""
    found, keys = attachment.rendition("print"), row["open"]["keys"]
    if found is None or found[0] >= len(keys):
        return None
    index, rendition = found
    blob, key = keys[index]
    size = whole_of(rendition, "size_bytes") or 0
    return {
        "blob": blob,
        "height": whole_of(rendition, "height") or 0,
        "key": b64(key),
        "parts": part_count(size),
        "size": size,
        "width": whole_of(rendition, "width") or 0,
    }


def _received(attachment: Attachment, row: DiaryVersion) -> dict[str, object] | None:
    """The bytes as received, for a picture that only the pack's own sandbox can decode."""
    keys = row["restricted"]["keys"] if row["restricted"] else ()
    if not keys:
        return None
    blob, key = keys[0]
    return {"blob": blob, "key": b64(key), "parts": part_count(whole_of(attachment.said, "size_bytes") or 0)}


def _pack(wish: Wish, initials: str, start_no: int) -> dict[str, object]:
    """The pack's own facts; the folder is dated on the keeper's own calendar."""
    day = at_offset(wish.made_at, offset_at(wish.made_at, wish.tz))
    return {
        "consent_at": wish.consent_at,
        "covers_from": wish.covers_from,
        "covers_to": wish.covers_to,
        "folder": f"PACK_{initials}_{wish.no}_{day:%Y%m%d}",
        "id": wish.pack_id,
        "initials": initials,
        "lang": wish.lang,
        "made_at": wish.made_at,
        "no": wish.no,
        "origin": wish.origin,
        "profile": wish.profile,
        "release": wish.release,
        "start_no": start_no,
        "tz": wish.tz,
    }


def _counts(entries: Sequence[Incident], chosen: Sequence[str]) -> dict[str, object]:
    """How many there are and what became of them; `removed` stays 0 until taking out exists."""
    included = [entry for entry in entries if entry.record in set(chosen)]
    return {
        "added_to": sum(entry.told.has("addition") for entry in included),
        "amended": sum(entry.told.has("amendment") for entry in included),
        "included": len(included),
        "late": sum(entry.is_late for entry in included),
        "removed": 0,
        "total": len(entries),
        "withheld": len(entries) - len(included),
    }


def _asked(told: Told, number: int | None) -> dict[str, object]:
    """Which cards were opened for one entry, and when its words were fixed."""
    cards = [
        {"at": whole_of(card, "at"), "card": text_of(card, "card")} for card in objects_of(told.newest.fields, "cards_opened")
    ]
    return {"at": told.started_at, "cards": cards, "entry": number, "record": told.record}


def _custody(
    opened: Mapping[str, Opened],
    attached: Sequence[Attachment],
    exhibits: Sequence[Mapping[str, object]],
    made_at: int,
) -> list[dict[str, object]]:
    """Every handling step of the packed files, oldest first; the last one is going into this pack."""
    items = {str(row["record"]): str(row["item"]) for row in exhibits}
    lines = [
        (line, record)
        for told in tell_all(opened.values(), "custody")
        for line in objects_of(told.newest.fields, "lines")
        if (record := text_of(line, "attachment")) in items
    ]
    rows = [
        _step(items[record], whole_of(line, "at"), text_of(line, "actor"), text_of(line, "action"), text_of(line, "detail"))
        for line, record in lines
    ]
    logged = {record for _, record in lines}
    for attachment in attached:
        item = items[attachment.record]
        if attachment.record not in logged:
            added = whole_of(attachment.said, "added_at")
            rows.append(_step(item, added, "app", "received", ""))
            rows.append(_step(item, added, "app", "hashed", text_of(attachment.said, "sha256")))
        rows.append(_step(item, made_at, "keeper", "exported", ""))
    return sorted(rows, key=lambda row: whole_of(row, "at") or 0)


def _step(item: str, at: int | None, actor: str, action: str, detail: str) -> dict[str, object]:
    """One line of the custody log."""
    return {"action": action, "actor": actor, "at": at, "detail": detail, "item": item}


def _carried(row: DiaryVersion, numbers: Mapping[str, int | None]) -> dict[str, object]:
    """A version without its blob keys."""
    restricted = row["restricted"]
    return {
        "c": row["c"],
        "env": row["env"],
        "kind": row["kind"],
        "open": {"fields": dict(row["open"]["fields"]), "seed": b64(row["open"]["seed"])},
        "parents": list(row["parents"]),
        "receipt": dict(row["receipt"]) if row["receipt"] else None,
        "record": row["record"],
        "restricted": {
            "fields": dict(restricted["fields"]) if restricted else {},
            "seed": b64(restricted["seed"]) if restricted else None,
        },
        "schema": row["schema"],
        "seq": row["seq"],
        "seq_no": numbers.get(row["record"]),
        "sig": row["sig"],
        "version": row["version"],
    }
