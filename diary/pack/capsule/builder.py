"""Building a capsule from decrypted versions; mirrored by static/src/pack/capsule.ts.

Both are tested against tests/vectors/capsule.json. Pure: the caller has decrypted the diary, chosen the entries and
obtained the keeper's consent.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from diary import constants
from diary.encoding import b64
from diary.errors import BadRequest
from diary.pack.capsule.exhibits import DiaryVersion, OpenedPart, custody_rows, exhibit_rows
from diary.pack.capsule.reader import CAPSULE_TYPE, IDENTITY_FIELDS, IDENTITY_PROFILE, encode_capsule
from diary.pack.capsule.selection import (
    add_missing_entries,
    entry_counts,
    gap_rows,
    left_out_rows,
    reference_rows,
    select_records,
)
from diary.pack.previous_packs import (
    SUPPLEMENT_KINDS,
    ChangeEvidence,
    PreviousPack,
    changes_since,
    find_entries_with_new_files,
    list_previous_packs,
    number_files,
    requested_files,
    superseded_rows,
)
from diary.record.incident import Incident
from diary.record.reading import boolean_of, integer_of, object_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, build_histories
from diary.record.times import offset_minutes_at, to_local_datetime

__all__ = [
    "DiaryVersion",
    "OpenedPart",
    "PackOptions",
    "build_capsule",
    "erased_entries",
    "opened_versions",
    "version_times",
]

SHEET_FIELDS: Final = ("concerns", "helped_by", "name_to_use", "needs", "safe_contact")


@dataclass(frozen=True, slots=True)
class PackOptions:
    """The keeper's choices for a pack, and the facts for its front page. Times are ms UTC.

    - `start_with`: records for 'start with these'; None for the entries marked so.
    - `log`: the public log's proofs for the diary (docs/pack.md); None if the phone has not fetched them.
    - `kind`: `pack`, `portal`, `supplement` or `items`; the last two name the packs before them.
    - `items`: requested item numbers such as `JB/12`.
    - `feed`: the diary's head and its sequence number, `{"head": b64, "seq"}`; None if no server has numbered it.
    - `recipient_ref`: the recipient's own reference.
    - `review`: what the keeper reviewed.
    - `hold_words`: words kept out of servable/.
    - `asked_in`: `{"language", "wording"}` of the screens if they differ from ordinary English.
    - `absent`: entries without any readable version, `{"record","no","at","why"}`; their numbers are not reused.
    - `alone`: whether the pack is made on a computer from a sealed copy, without a server.
    - `restricted_asked`: whether the keeper asked for the restricted part of a pack that is made without one.
    - `list_left_out`: whether the restricted part lists what the keeper holds and left out; never for `items`.
    - `files_later`: whether the pack is made of words only, and its pictures and files follow in a later one.
    - `identity`: `legal_name`, `date_of_birth` (YYYY-MM-DD) and `home_address`, for this pack only. Packs for others than
      the police leave it out.
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
    identity: Mapping[str, str] | None = None
    restricted_asked: bool = False
    list_left_out: bool = False
    files_later: bool = False


def build_capsule(versions: Sequence[DiaryVersion], options: PackOptions, keys: Mapping[str, object]) -> bytes:
    """Return the encoded capsule.

    `versions`: the whole diary in feed order, those without `seq` last in order of creation. `keys`: account,
    ecdsa_pub, log, notary, and earlier; log and notary are '' if no server has the diary. Raise BadRequest if nothing
    is chosen or the capsule is too large.
    """
    record_versions = opened_versions(versions)
    missing_entries = _missing_entries(options, versions)
    missing_numbers = frozenset(int(str(row["no"])) for row in missing_entries)
    entry_numbers = _entry_numbers(versions, missing_numbers, is_local=not keys["notary"])
    entries = [
        Incident(_entry_label(entry_numbers, history.record), entry_numbers[history.record], history)
        for history in build_histories(record_versions, "incident")
    ]
    packs = list_previous_packs(record_versions, options.no)
    requested_file_ids = None if options.items is None else requested_files(options.items, packs)
    select = partial(
        select_records,
        record_versions,
        options.chosen,
        include_intimate=options.intimate,
        requested_file_ids=requested_file_ids,
    )
    selection = select(with_files=not options.files_later)
    # With the pictures and files that follow in a later pack, and with whom only they name.
    whole_selection = select() if options.files_later else selection
    later_files_count = len(whole_selection.attachments) - len(selection.attachments)
    if not selection.incidents and not (requested_file_ids and selection.attachments):
        raise BadRequest("Choose at least one entry.")
    previous_entry_ids = (
        frozenset(entry_id for pack in packs for entry_id in pack.entry_ids)
        if options.kind in SUPPLEMENT_KINDS
        else None
    )
    settings = _settings(build_histories(record_versions, "settings"))
    start_no = integer_of(settings, "exhibit_start_no") or 1
    initials = text_of(settings, "initials") or "AA"
    change_evidence = ChangeEvidence(version_times(versions), find_entries_with_new_files(record_versions, packs))
    numbered_files = number_files(selection.attachments, packs, start_no)
    exhibits = exhibit_rows(versions, numbered_files, initials)
    packed_ids = selection.record_ids
    capsule = {
        "asked": [opened_cards(history, entry_numbers[history.record]) for history in selection.incidents],
        "counts": add_missing_entries(entry_counts(entries, selection, previous_entry_ids), missing_entries),
        "custody": custody_rows(
            record_versions, [attachment for _, attachment in numbered_files], exhibits, options.made_at
        ),
        "exhibits": exhibits,
        "gaps": gap_rows(entries, selection, previous_entry_ids, missing_entries),
        **({"hold_words": list(options.hold_words)} if options.hold_words else {}),
        "keys": dict(keys),
        **(
            {
                "left_out": left_out_rows(
                    record_versions,
                    whole_selection,
                    entry_numbers,
                    _previous_ids(options, packs),
                )
            }
            if options.list_left_out and options.items is None
            else {}
        ),
        "log": _packed_log(options.log, {row["version"] for row in versions if row["record"] in packed_ids}),
        "own_words": text_of(settings, "own_words"),
        "pack": {
            **_pack_fields(options, initials, start_no),
            **_optional_pack_fields(options),
            **({"files_later": later_files_count} if later_files_count else {}),
            **(
                {}
                if previous_entry_ids is None
                else _supplement_fields(entries, packed_ids, packs, missing_entries, change_evidence)
            ),
            **_feed_fields(options, keys),
        },
        "refs": reference_rows(record_versions, selection),
        "sheet": {**{name: text_of(settings, name) for name in SHEET_FIELDS}, **_identity_fields(options)},
        "start_with": [
            entry.seq_no
            for entry in entries
            if entry.record in packed_ids and entry.seq_no and _is_to_start_with(entry, options)
        ][-constants.FIRST_ENTRIES_LIMIT :],
        "t": CAPSULE_TYPE,
        "versions": [_version_row(row, entry_numbers) for row in versions if row["record"] in packed_ids],
    }
    return encode_capsule(capsule)


def opened_versions(versions: Sequence[DiaryVersion]) -> list[RecordVersion]:
    """Convert a diary's versions to the form used by diary/record."""
    return [_opened_version(row) for row in versions]


def erased_entries(versions: Sequence[DiaryVersion]) -> tuple[Mapping[str, object], ...]:
    """Return the permanently erased entries: numbered in the diary's manifests, but without any version left."""
    present_ids = {row["record"] for row in versions}
    number_lists = (row["open"]["fields"].get("numbers") for row in versions if row["kind"] == "manifest")
    pairs = [
        pair for numbers in number_lists if isinstance(numbers, list) for pair in numbers if isinstance(pair, list)
    ]
    erased_numbers = {
        pair[0]: pair[1] for pair in pairs if len(pair) == 2 and isinstance(pair[1], int) and pair[0] not in present_ids
    }
    return tuple({"at": None, "no": no, "record": record, "why": "removed"} for record, no in erased_numbers.items())


def version_times(versions: Sequence[DiaryVersion]) -> dict[str, int]:
    """Return the time of each version by the server's clock, ms UTC.

    It is when the version was received, else when it was sealed. A pack's `made_at` is by that clock too.
    """
    times = {}
    for row in versions:
        clock, received_at = object_of(row["open"]["fields"], "_clock"), integer_of(row["receipt"] or {}, "ts")
        sealed_at = (integer_of(clock, "utc") or 0) + (integer_of(clock, "offset_ms") or 0)
        times[row["version"]] = sealed_at if received_at is None else received_at
    return times


def _previous_ids(options: PackOptions, packs: Sequence[PreviousPack]) -> frozenset[str]:
    """Return the entries and files of earlier packs, for a supplement; else none."""
    if options.kind not in SUPPLEMENT_KINDS:
        return frozenset()
    return frozenset(record for pack in packs for record in (*pack.entry_ids, *pack.numbers_by_file))


def _packed_log(log: Mapping[str, object] | None, packed_versions: set[str]) -> dict[str, object] | None:
    """Reduce the log to the proofs of packed versions, because the positions of others must not be disclosed."""
    if log is None:
        return None
    return {**log, "proofs": [row for row in objects_of(log, "proofs") if row.get("version") in packed_versions]}


def _is_to_start_with(entry: Incident, options: PackOptions) -> bool:
    """Return whether an entry belongs to 'start with these'."""
    if options.start_with is not None:
        return entry.record in options.start_with
    return boolean_of(entry.fields, "start_with_this") is True


def _opened_version(row: DiaryVersion) -> RecordVersion:
    """Convert one version to the form used by diary/record."""
    restricted = row["restricted"]["fields"] if row["restricted"] else {}
    return RecordVersion(row["record"], row["version"], row["kind"], row["schema"], row["open"]["fields"], restricted)


def _missing_entries(options: PackOptions, versions: Sequence[DiaryVersion]) -> list[Mapping[str, object]]:
    """Return the missing entries; an entry with any readable version is not missing."""
    present_ids = {row["record"] for row in versions}
    return [row for row in options.absent if row["record"] not in present_ids]


def _entry_numbers(
    versions: Sequence[DiaryVersion], missing_numbers: frozenset[int], *, is_local: bool
) -> dict[str, int | None]:
    """Return each incident's entry number: the rank of its earliest version in the feed, None before a receipt.

    `missing_numbers`: numbers of missing entries, which are skipped so that later entries keep their numbers.
    `is_local`: no server has the diary, so its local order counts. Versions are pushed in that order later, and the
    numbers stay.
    """
    first_seq: dict[str, int | None] = {}
    for row in versions:
        if row["kind"] == "incident" and row["record"] not in first_seq:
            first_seq[row["record"]] = row["seq"]
    received_order = sorted((seq, record) for record, seq in first_seq.items() if seq is not None)
    ordered_records = list(first_seq) if is_local else [record for _, record in received_order]
    free_numbers = (number for number in itertools.count(1) if number not in missing_numbers)
    return dict.fromkeys(first_seq) | dict(zip(ordered_records, free_numbers, strict=False))


def _entry_label(numbers: Mapping[str, int | None], record: str) -> str:
    """Return `7`, or `U2` for the second incident without a number."""
    number = numbers[record]
    unnumbered = [other for other, known in numbers.items() if known is None]
    return f"U{unnumbered.index(record) + 1}" if number is None else str(number)


def _settings(histories: Sequence[RecordHistory]) -> dict[str, object]:
    """Return the keeper's settings, open and restricted, or an empty dict."""
    return histories[-1].current_version.all_fields() if histories else {}


def _pack_fields(options: PackOptions, initials: str, start_no: int) -> dict[str, object]:
    """Return the fields every pack has; the date in the folder name is in the keeper's time zone."""
    day = to_local_datetime(options.made_at, offset_minutes_at(options.made_at, options.tz))
    return {
        "consent_at": options.consent_at,
        "covers_from": options.covers_from,
        "covers_to": options.covers_to,
        "folder": f"PACK_{initials}_{options.no}_{day:%Y%m%d}",
        "id": options.pack_id,
        "initials": initials,
        "lang": options.lang,
        "made_at": options.made_at,
        "no": options.no,
        "origin": options.origin,
        "profile": options.profile,
        "release": options.release,
        "start_no": start_no,
        "tz": options.tz,
    }


def _optional_pack_fields(options: PackOptions) -> dict[str, object]:
    """Return the fields that only some packs have: docs/pack.md, "Further fields"."""
    pack_fields: dict[str, object] = {}
    if options.kind != "pack":
        pack_fields["kind"] = options.kind
    if options.items is not None:
        pack_fields["items"] = list(options.items)
    if options.recipient_ref:
        pack_fields["recipient_ref"] = options.recipient_ref
    if options.review is not None:
        pack_fields["review"] = dict(options.review)
    if options.training:
        pack_fields["training"] = True
    if options.alone:
        pack_fields["alone"] = True
    if options.restricted_asked and options.profile not in constants.RESTRICTED_PART_PROFILES:
        pack_fields["restricted_asked"] = True
    if options.asked_in:
        pack_fields["asked_in"] = dict(options.asked_in)
    return pack_fields


def _identity_fields(options: PackOptions) -> dict[str, object]:
    """Return what the keeper gave of name, date of birth and address; nothing unless the pack is for the police."""
    if options.profile != IDENTITY_PROFILE:
        return {}
    return {name: value for name in IDENTITY_FIELDS if (value := text_of(options.identity or {}, name))}


def _supplement_fields(
    entries: Sequence[Incident],
    packed_ids: frozenset[str],
    packs: Sequence[PreviousPack],
    missing_entries: Sequence[Mapping[str, object]],
    change_evidence: ChangeEvidence,
) -> dict[str, object]:
    """Return the fields of a later pack about the packs before it."""
    numbered_histories = [(entry.seq_no, entry.history) for entry in entries]
    return {
        "since": changes_since(numbered_histories, packed_ids, packs, missing_entries, change_evidence),
        "supersedes": superseded_rows(packs),
    }


def _feed_fields(options: PackOptions, keys: Mapping[str, object]) -> dict[str, object]:
    """Return the diary's head if a server has numbered it."""
    return {"feed": dict(options.feed)} if options.feed is not None and keys["notary"] else {}


def opened_cards(history: RecordHistory, number: int | None) -> dict[str, object]:
    """Return the question cards that were opened for an entry, and when its words were fixed."""
    cards = [
        {"at": integer_of(card, "at"), "card": text_of(card, "card")}
        for card in objects_of(history.current_version.fields, "cards_opened")
    ]
    return {"at": history.first_recorded_at_ms, "cards": cards, "entry": number, "record": history.record}


def _version_row(row: DiaryVersion, numbers: Mapping[str, int | None]) -> dict[str, object]:
    """Return a version without its blob keys."""
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
