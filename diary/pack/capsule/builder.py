"""Making a capsule from opened versions. static/src/pack/capsule.ts does the same: tests/vectors/capsule.json.

Pure: whoever calls has opened the diary, chosen the entries and asked the keeper.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.encoding import b64
from diary.errors import BadRequest
from diary.pack.capsule.exhibits import DiaryVersion, Part, custody_rows, exhibit_rows
from diary.pack.capsule.reader import TYPE, encode
from diary.pack.capsule.selection import choose, counts, gaps, references, with_absent
from diary.pack.previous_packs import (
    SUPPLEMENTS,
    Earlier,
    Later,
    asked_for,
    earlier_packs,
    numbered,
    since,
    superseded,
    with_new_files,
)
from diary.record.incident import Incident
from diary.record.reading import objects_of, switch_of, text_of, whole_of
from diary.record.record_history import Opened, Told, tell_all
from diary.record.times import at_offset, offset_at

__all__ = ["DiaryVersion", "Part", "Wish", "erased_entries", "make_capsule", "opened_versions", "received_at"]

SHEET: Final = ("concerns", "helped_by", "name_to_use", "needs", "safe_contact")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the keeper decided: which incidents, and the facts that go on the front. Times are ms UTC.

    `start_with`: records for 'start with these'; None for the entries so marked.
    `log`: what the log shows of the diary, docs/pack.md; None where the phone was never told.
    `kind`: `pack`, `portal`, or `supplement` and `items`, which name the packs before them. `items`: `JB/12`, by a list.
    `feed`: the diary's head and the number it stands at, `{"head": b64, "seq"}`; None where no server has numbered it.
    `recipient_ref`: the recipient's own reference. `review`: what the keeper looked at. `hold_words`: kept out of servable/.
    `asked_in`: `{"language", "wording"}` of the screens where they are not English and usual.
    `absent`: entries of which nothing is left to be read, `{"record","no","at","why"}`: their numbers are nobody else's.
    `alone`: made on a computer from a sealed copy, with no server.
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
    log: Mapping[str, object] | None = None
    kind: str = "pack"
    items: tuple[str, ...] | None = None
    training: bool = False
    recipient_ref: str = ""
    review: Mapping[str, object] | None = None
    hold_words: tuple[str, ...] = ()
    feed: Mapping[str, object] | None = None
    asked_in: Mapping[str, str] | None = None
    absent: tuple[Mapping[str, object], ...] = ()
    alone: bool = False


def make_capsule(versions: Sequence[DiaryVersion], wish: Wish, keys: Mapping[str, object]) -> bytes:
    """The capsule for `wish`.

    `versions`: the whole diary in feed order, those without `seq` last in the order they were made.
    `keys`: account, ecdsa_pub, log, notary, and earlier; log and notary are '' where no server has the diary.
    Raises BadRequest when nothing is chosen or it is too large.
    """
    opened = opened_versions(versions)
    absent = _absent(wish, versions)
    gone = frozenset(int(str(row["no"])) for row in absent)
    numbers = _entry_numbers(versions, gone, is_local=not keys["notary"])
    entries = [Incident(_shown(numbers, one.record), numbers[one.record], one) for one in tell_all(opened, "incident")]
    packs = earlier_packs(opened, wish.no)
    wanted = None if wish.items is None else asked_for(wish.items, packs)
    chosen = choose(opened, wish.chosen, intimate=wish.intimate, items=wanted)
    if not chosen.incidents and not (wanted and chosen.attached):
        raise BadRequest("Choose at least one entry.")
    before = frozenset(one for pack in packs for one in pack.entries) if wish.kind in SUPPLEMENTS else None
    settings = _settings(tell_all(opened, "settings"))
    start_no = whole_of(settings, "exhibit_start_no") or 1
    initials = text_of(settings, "initials") or "AA"
    later = Later(received_at(versions), with_new_files(opened, packs))
    files = numbered(chosen.attached, packs, start_no)
    exhibits = exhibit_rows(versions, files, initials)
    packed = chosen.records
    capsule = {
        "asked": [_asked(one, numbers[one.record]) for one in chosen.incidents],
        "counts": with_absent(counts(entries, chosen, before), absent),
        "custody": custody_rows(opened, [one for _, one in files], exhibits, wish.made_at),
        "exhibits": exhibits,
        "gaps": gaps(entries, chosen, before, absent),
        **({"hold_words": list(wish.hold_words)} if wish.hold_words else {}),
        "keys": dict(keys),
        "log": _log(wish.log, {row["version"] for row in versions if row["record"] in packed}),
        "own_words": text_of(settings, "own_words"),
        "pack": {
            **_pack(wish, initials, start_no),
            **_further(wish),
            **({} if before is None else _since(entries, packed, packs, absent, later)),
            **_feed(wish, keys),
        },
        "refs": references(opened, chosen),
        "sheet": {name: text_of(settings, name) for name in SHEET},
        "start_with": [
            entry.seq_no for entry in entries if entry.record in packed and entry.seq_no and _leads(entry, wish)
        ][:10],
        "t": TYPE,
        "versions": [_carried(row, numbers) for row in versions if row["record"] in packed],
    }
    return encode(capsule)


def opened_versions(versions: Sequence[DiaryVersion]) -> list[Opened]:
    """A diary's versions as the record pages read them."""
    return [_opened(row) for row in versions]


def erased_entries(versions: Sequence[DiaryVersion]) -> tuple[Mapping[str, object], ...]:
    """The entries that the diary's own manifests number and of which no version is left: they were erased for good."""
    here = {row["record"] for row in versions}
    said = (row["open"]["fields"].get("numbers") for row in versions if row["kind"] == "manifest")
    pairs = [pair for numbers in said if isinstance(numbers, list) for pair in numbers if isinstance(pair, list)]
    gone = {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and isinstance(pair[1], int) and pair[0] not in here}
    return tuple({"at": None, "no": no, "record": record, "why": "removed"} for record, no in gone.items())


def received_at(versions: Sequence[DiaryVersion]) -> dict[str, int]:
    """When each version was received, by version; those without a receipt are not in it."""
    found = ((row["version"], whole_of(row["receipt"] or {}, "ts")) for row in versions)
    return {version: ts for version, ts in found if ts is not None}


def _log(log: Mapping[str, object] | None, packed: set[str]) -> dict[str, object] | None:
    """What the log shows of the packed versions: where others stand is nobody's business here."""
    if log is None:
        return None
    return {**log, "proofs": [row for row in objects_of(log, "proofs") if row.get("version") in packed]}


def _leads(entry: Incident, wish: Wish) -> bool:
    """Whether an entry is one to start with."""
    if wish.start_with is not None:
        return entry.record in wish.start_with
    return switch_of(entry.said, "start_with_this") is True


def _opened(row: DiaryVersion) -> Opened:
    """A version as the record pages read it."""
    restricted = row["restricted"]["fields"] if row["restricted"] else {}
    return Opened(row["record"], row["version"], row["kind"], row["schema"], row["open"]["fields"], restricted)


def _absent(wish: Wish, versions: Sequence[DiaryVersion]) -> list[Mapping[str, object]]:
    """Entries of which nothing is here: one that can be read after all is no gap."""
    here = {row["record"] for row in versions}
    return [row for row in wish.absent if row["record"] not in here]


def _entry_numbers(versions: Sequence[DiaryVersion], gone: frozenset[int], *, is_local: bool) -> dict[str, int | None]:
    """Each incident's entry number: the rank of its earliest version in the feed; None before a receipt.

    `gone`: numbers of entries of which nothing is here. What came after one keeps the number it had beside it.
    `is_local`: no server knows the diary, so that the order on the phone is the order. It is pushed in that order
    later, and the numbers stay.
    """
    earliest: dict[str, int | None] = {}
    for row in versions:
        if row["kind"] == "incident" and row["record"] not in earliest:
            earliest[row["record"]] = row["seq"]
    ranked = sorted((seq, record) for record, seq in earliest.items() if seq is not None)
    numbered = list(earliest) if is_local else [record for _, record in ranked]
    free = (number for number in itertools.count(1) if number not in gone)
    return dict.fromkeys(earliest) | dict(zip(numbered, free, strict=False))


def _shown(numbers: Mapping[str, int | None], record: str) -> str:
    """`7`, or `U2` for the second incident that has no number yet."""
    number = numbers[record]
    waiting = [other for other, known in numbers.items() if known is None]
    return f"U{waiting.index(record) + 1}" if number is None else str(number)


def _settings(told: Sequence[Told]) -> dict[str, object]:
    """The keeper's settings, open and restricted; empty when there are none."""
    return told[-1].newest.everything() if told else {}


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


def _further(wish: Wish) -> dict[str, object]:
    """What only some packs say of themselves: docs/pack.md, "Further fields"."""
    told: dict[str, object] = {}
    if wish.kind != "pack":
        told["kind"] = wish.kind
    if wish.items is not None:
        told["items"] = list(wish.items)
    if wish.recipient_ref:
        told["recipient_ref"] = wish.recipient_ref
    if wish.review is not None:
        told["review"] = dict(wish.review)
    if wish.training:
        told["training"] = True
    if wish.alone:
        told["alone"] = True
    if wish.asked_in:
        told["asked_in"] = dict(wish.asked_in)
    return told


def _since(
    entries: Sequence[Incident],
    packed: frozenset[str],
    packs: Sequence[Earlier],
    absent: Sequence[Mapping[str, object]],
    later: Later,
) -> dict[str, object]:
    """What a later pack says of those before it."""
    told = [(entry.seq_no, entry.told) for entry in entries]
    return {"since": since(told, packed, packs, absent, later), "supersedes": superseded(packs)}


def _feed(wish: Wish, keys: Mapping[str, object]) -> dict[str, object]:
    """The diary's head, where a server has numbered it."""
    return {"feed": dict(wish.feed)} if wish.feed is not None and keys["notary"] else {}


def _asked(told: Told, number: int | None) -> dict[str, object]:
    """Which cards were opened for one entry, and when its words were fixed."""
    cards = [
        {"at": whole_of(card, "at"), "card": text_of(card, "card")}
        for card in objects_of(told.newest.fields, "cards_opened")
    ]
    return {"at": told.started_at, "cards": cards, "entry": number, "record": told.record}


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
