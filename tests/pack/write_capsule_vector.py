"""Write tests/vectors/capsule.json: a small diary, the choice, and the capsule that both languages must make.

    python -m tests.pack.write_capsule_vector

Tests do not run this: keys and signatures are new each time, and tests compare bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from diary.encoding import b64
from diary.pack.capsule.builder import DiaryVersion, OpenedPart, PackOptions, build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.log_files import log_files
from diary.pack.proofs.proof_files import SERVABLE_KINDS
from diary.pack.proofs.record_json import encode_record
from tests.pack.fictional_diary import (
    DAY_MS,
    HOUR_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    incident_fields,
    make_print_copy,
)
from tests.pack.odd_values import add_odd_records

# The supplement is for a school, so it holds none of this.
VECTOR_IDENTITY = {"date_of_birth": "1998-02-11", "home_address": "", "legal_name": "Karin Böhm", "other": "no"}
VECTOR_PATH = Path(__file__).parents[1] / "vectors" / "capsule.json"


def vector_diary() -> FictionalDiary:
    """Return a diary that uses each rule of docs/pack.md "Made from opened versions" once."""
    diary = FictionalDiary()
    diary.add(
        "settings",
        {"exhibit_start_no": 4, "initials": "KB", "own_words": "It began in April."},
        {"needs": "Write it down."},
    )
    first = diary.add(
        "incident",
        incident_fields(START_MS, "Sie war da. 他在楼下"),
        {"place_detail": "14 Elmhurst Road"},
        at_ms=START_MS + HOUR_MS,
    )
    late = diary.add("incident", incident_fields(START_MS, "Later.", start_with_this=True), at_ms=START_MS + 3 * DAY_MS)
    diary.add("note", {"of_id": first["record"], "text": "never"}, at_ms=START_MS + 2 * HOUR_MS)
    withheld = diary.add("incident", incident_fields(START_MS, "Not chosen."), at_ms=START_MS + 4 * DAY_MS)
    diary.amend(
        first,
        {"narrative": "Sie war da. 他在楼下 Added.", "cards_opened": [{"at": START_MS, "card": "who"}]},
        at_ms=START_MS + 5 * DAY_MS,
    )
    diary.amend(late, {"narrative": "Changed.", "reason": "wrong"}, at_ms=START_MS + 6 * DAY_MS)
    raw = draw_screenshot(1, (60, 120))
    diary.attach(
        late, raw, "image/png", "On the second", print_image=make_print_copy(raw, 30), at_ms=START_MS + 7 * DAY_MS
    )
    diary.attach(
        first,
        raw,
        "image/png",
        "On the first",
        print_image=make_print_copy(raw, 30),
        at_ms=START_MS + 8 * DAY_MS,
        restricted={"shows_where_i_live": True},
    )
    diary.attach(first, b"ftypheic", "image/heic", "No print copy", at_ms=START_MS + 9 * DAY_MS)
    diary.attach(first, b"mail", "message/rfc822", "Mail", at_ms=START_MS + 9 * DAY_MS)
    diary.attach(
        first,
        b"x",
        "image/png",
        "Intimate",
        at_ms=START_MS + 9 * DAY_MS,
        extra_fields={"sensitivity": "intimate_adult"},
    )
    diary.attach(withheld, b"y", "image/png", "Of an entry not chosen", at_ms=START_MS + 9 * DAY_MS)
    for content, media_type, filename in (
        (b"PK", "application/zip", "Letter.DOCX"),
        (b"#!AMR", "audio/amr", "call.amr"),
        (b"BM", "image/bmp", "scan.bmp"),
    ):
        diary.attach(
            first,
            content,
            media_type,
            "Nobody was asked about the first two",
            at_ms=START_MS + 9 * DAY_MS,
            filename=filename,
            extra_fields={"looked_at": None},
        )
    logged = diary.attach(
        late,
        b"z",
        "application/x-unknown",
        "With a custody record",
        at_ms=START_MS + 9 * DAY_MS,
        extra_fields={"looked_at": None},
    )
    line = {
        "action": "viewed",
        "actor": "keeper",
        "at": START_MS + 10 * DAY_MS,
        "attachment": logged["record"],
        "detail": "",
    }
    diary.add("custody", {"lines": [line], "on": "2026-05-14"}, at_ms=START_MS + 10 * DAY_MS)
    diary.add(
        "incident",
        incident_fields(START_MS + 11 * DAY_MS, "No receipt yet."),
        at_ms=START_MS + 11 * DAY_MS,
        received=False,
        offset_ms=None,
    )
    film = _add_film_and_masked_picture(diary, first, raw)
    add_registers(diary, first, withheld)
    _add_earlier_packs(diary, [first, late], [logged, film])
    add_odd_records(diary, START_MS + 13 * DAY_MS)
    return diary


def _add_film_and_masked_picture(diary: FictionalDiary, entry: DiaryVersion, raw: bytes) -> DiaryVersion:
    """Add a film with its still, and a masked picture that shows the home. Return the film."""
    film = diary.attach(
        entry, b"film", "video/mp4", "A film", at_ms=START_MS + 9 * DAY_MS, extra_fields={"kind": "video"}
    )
    still = make_print_copy(raw, 30)
    rendition = {"purpose": "preview", "size_bytes": len(still), "width": 30, "height": 60, "media_type": "image/jpeg"}
    film["open"]["fields"] = {**film["open"]["fields"], "renditions": [rendition]}
    film["open"]["keys"] = [diary.seal_file(still)]
    covered = {"print_copy": "masked", "renditions": [rendition | {"purpose": "masked"}]}
    home = diary.attach(
        entry,
        b"m",
        "image/png",
        "Covered",
        at_ms=START_MS + 9 * DAY_MS,
        extra_fields=covered,
        restricted={"shows_where_i_live": True},
    )
    home["open"]["keys"] = [diary.seal_file(still)]
    return film


def _add_earlier_packs(diary: FictionalDiary, entries: list[DiaryVersion], files: list[DiaryVersion]) -> None:
    """Add an earlier pack, whose numbers stay, and a removed one, whose numbers do not."""
    items = [{"item": f"KB/{no}", "record": row["record"]} for no, row in zip((5, 4), files, strict=True)]
    ids = [row["record"] for row in entries]
    export_fields = {
        "kind": "pack",
        "made_at": START_MS + 5 * DAY_MS + HOUR_MS,
        "pack_no": 1,
        "record_ids": ids,
        "items_included": items,
    }
    diary.add(
        "export", {**export_fields, "receipt_ref": "CR/1/26", "delivered_to": "PC 1"}, at_ms=START_MS + 12 * DAY_MS
    )
    odd = diary.add(
        "export",
        {**export_fields, "pack_no": 2, "items_included": [{"item": "KB/9", "record": ids[0]}]},
        at_ms=START_MS + 12 * DAY_MS,
    )
    diary.take_out(odd, at_ms=START_MS + 12 * DAY_MS + HOUR_MS)


def add_registers(diary: FictionalDiary, entry: DiaryVersion, withheld: DiaryVersion) -> None:
    """Add the other kinds, linked to `entry`, to the unchosen `withheld`, to each other, in a circle and to nothing."""
    at_ms = START_MS + 12 * DAY_MS
    suspect = diary.add(
        "person", {"name": "Dan Kerr", "role": "suspect", "role_code": "S1"}, {"contact": "07700 900111"}, at_ms=at_ms
    )
    double = diary.add(
        "person", {"name": "D.", "role": "suspect", "role_code": "S1", "merged_into": suspect["record"]}, at_ms=at_ms
    )
    diary.amend(
        suspect, {"merged_into": double["record"], "aliases": ["Danny"], "reason": "the same"}, at_ms=at_ms + HOUR_MS
    )
    nobody = diary.add("person", {"name": "A stranger to it", "role": "witness", "role_code": "W1"}, at_ms=at_ms)
    account = diary.add(
        "account", {"handle": "@dk_99", "person_id": suspect["record"], "platform": "instagram"}, at_ms=at_ms
    )
    diary.add("sighting", {"account_id": account["record"], "after_block": "yes"}, at_ms=at_ms)
    terms = [{"no": 1, "text": "Not to contact me"}]
    order = diary.add("order", {"kind": "spo", "served_on": "2026-05-01", "terms": terms}, at_ms=at_ms)
    paper = diary.attach(
        order, b"paper", "application/pdf", "The order", at_ms=at_ms, extra_fields={"kind": "order_or_court_paper"}
    )
    diary.amend(order, {"copy_attachment_id": paper["record"]}, at_ms=at_ms + HOUR_MS)
    diary.add(
        "report", {"to": "police", "crime_ref": "=1+1", "incident_ids": [entry["record"]]}, {"notes": "n"}, at_ms=at_ms
    )
    diary.add("report", {"to": "school", "incident_ids": [withheld["record"]]}, at_ms=at_ms)
    rows = [
        {
            "direction": "in",
            "from": "@dk_99",
            "msg_no": 1,
            "sent_at": at_ms,
            "sent_local": "2026-05-16T13:00",
            "text": "hi",
        },
        {"direction": "out", "from": "me", "msg_no": 2, "text": "-stop", "to": "@dk_99", "type": "text"},
    ]
    burst = {
        "channel": "instagram",
        "complete": "complete",
        "count": 1,
        "incident_ids": [entry["record"]],
        "rows": rows,
    }
    diary.add("schedule", burst, {"own_accounts": ["07700 900222"]}, at_ms=at_ms)
    diary.add("impact", {"domain": "sleep", "before": "fine", "after": "up at 4"}, at_ms=at_ms)
    removed_notice = diary.add("notice", {"at": {"precision": "unknown"}, "exact_words": "stop"}, at_ms=at_ms)
    diary.take_out(removed_notice, at_ms=at_ms + HOUR_MS, reason="not mine to say")
    diary.add("question", {"text": "never", "of_id": entry["record"]}, at_ms=at_ms)
    extra_fields = {"actor_ids": [suspect["record"]], "alleged_breaches": [{"order_id": order["record"], "term_no": 1}]}
    diary.amend(
        entry, {**extra_fields, "witness_ids": ["AAAAAAAAAAAAAAAAAAAAAA", nobody["record"]]}, at_ms=at_ms + 2 * HOUR_MS
    )
    removed = diary.add("incident", incident_fields(START_MS, "Taken out."), at_ms=at_ms)
    diary.take_out(removed, at_ms=at_ms + DAY_MS)
    restored = diary.add("incident", incident_fields(START_MS, "Taken out and put back."), at_ms=at_ms)
    removal = diary.take_out(restored, at_ms=at_ms + DAY_MS, reason="too soon")
    words = {name: value for name, value in restored["open"]["fields"].items() if not name.startswith("_")}
    diary.add("incident", words, record=restored["record"], at_ms=at_ms + 2 * DAY_MS, parents=(removal["version"],))


def _part_json(part: OpenedPart | None) -> object:
    if part is None:
        return None
    return {
        "fields": dict(part["fields"]),
        "keys": [[blob, b64(key)] for blob, key in part["keys"]],
        "seed": b64(part["seed"]),
    }


def _version_json(row: DiaryVersion) -> dict[str, object]:
    return {**row, "open": _part_json(row["open"]), "restricted": _part_json(row["restricted"])}


def _wish_json(wish: PackOptions) -> dict[str, object]:
    return {name: getattr(wish, name) for name in PackOptions.__slots__}


def vector_log(diary: FictionalDiary) -> dict[str, object]:
    """Return two checkpoints, one stamped. Every other version is in the log. None of the proofs is valid."""
    path, digest = [b64(bytes([n]) * 32) for n in range(3)], b64(bytes(16))
    stamp = {"authority": "an-authority", "chain": "-----BEGIN…\n", "nonce": digest, "policy": "1.2.3", "tsr": digest}
    return {
        "authorities": ["an-authority", "another"],
        "checkpoints": [
            {"note": "one\n", "path": [], "size": 4, "stamps": [stamp]},
            {"note": "two\n", "path": path, "size": 90, "stamps": []},
        ],
        "proofs": [
            {"i": n, "path": path, "size": 4 if n < 4 else 90, "version": row["version"]}
            for n, row in enumerate(diary.versions)
            if n % 2
        ],
        "statements": [{"t": "notary/v1", "n": 0}],
    }


def local_capsule(versions: Sequence[DiaryVersion], wish: PackOptions, keys: Mapping[str, str]) -> bytes:
    """Return the capsule of the diary as if no server had received it."""
    rows: list[DiaryVersion] = [{**row, "seq": None, "receipt": None} for row in versions]
    return build_capsule(rows, replace(wish, log=None), {**keys, "log": "", "notary": ""})


def servable_versions(capsule: bytes) -> frozenset[str]:
    """Return the versions whose proofs are in the servable folder."""
    return frozenset(
        version.opened.version for version in read_capsule(capsule).versions if version.opened.kind in SERVABLE_KINDS
    )


def later_wishes(diary: FictionalDiary, chosen: tuple[str, ...]) -> dict[str, PackOptions]:
    """Return options for other packs.

    A supplement with every later feature, items by number, two erased entries, and one that says who the keeper is.
    """
    review = {"looked": 3, "not_looked": 1, "override_at": START_MS + 21 * DAY_MS, "words": 2}
    supplement_options = {
        "recipient_ref": "CR/1/26",
        "review": review,
        "training": True,
        "hold_words": ("Elm Road",),
        "profile": "school",
        "identity": VECTOR_IDENTITY,
        "restricted_asked": True,
        "list_left_out": True,
    }
    at_ms = START_MS + 21 * DAY_MS
    absent = (
        {"at": at_ms - DAY_MS, "no": 1, "record": chosen[0], "why": "removed"},
        {"at": None, "no": 4, "record": "A" * 22, "why": "withheld"},
        {"at": None, "no": 2, "record": chosen[1], "why": "removed"},
    )
    return {
        "words": diary.wish(chosen, at_ms, files_later=True, list_left_out=True),
        "gone": replace(diary.wish(chosen[2:], at_ms, kind="supplement", absent=absent), no=3),
        "identity": diary.wish(chosen[-1:], at_ms, identity=VECTOR_IDENTITY, list_left_out=True),
        "items": replace(diary.wish((), at_ms, kind="items", items=("KB/5", "KB/4")), no=3),
        "supplement": replace(diary.wish(chosen[1:], at_ms, kind="supplement", **supplement_options), no=3),
    }


def without_absent(versions: Sequence[DiaryVersion], wish: PackOptions) -> list[DiaryVersion]:
    """Return the versions that are still readable when entries are absent."""
    absent_records = {row["record"] for row in wish.absent}
    return [row for row in versions if row["record"] not in absent_records]


def _later_pack_json(diary: FictionalDiary, wish: PackOptions) -> dict[str, object]:
    capsule = build_capsule(without_absent(diary.versions, wish), wish, diary.public_keys)
    return {
        "capsule": capsule.decode(),
        "record": encode_record(read_capsule(capsule)).decode(),
        "wish": _wish_json(wish),
    }


def main() -> None:
    """Write the vector."""
    diary = vector_diary()
    incidents = [row for row in diary.versions if row["kind"] == "incident"]
    kept_out = next(row["record"] for row in incidents if row["open"]["fields"].get("narrative") == "Not chosen.")
    chosen = tuple(dict.fromkeys(row["record"] for row in incidents if row["record"] != kept_out))
    wish = diary.wish(chosen, START_MS + 20 * DAY_MS, covers_from=START_MS, log=vector_log(diary))
    capsule = build_capsule(diary.versions, wish, diary.public_keys)
    vector = {
        "about": "versions, wish and keys in; capsule, 12_record.json and the log's files out. docs/pack.md",
        "capsule": capsule.decode(),
        "record": encode_record(read_capsule(capsule)).decode(),
        "keys": diary.public_keys,
        "later": {
            name: _later_pack_json(diary, later_wish) for name, later_wish in later_wishes(diary, chosen).items()
        },
        "local_sha256": hashlib.sha256(local_capsule(diary.versions, wish, diary.public_keys)).hexdigest(),
        "log_files": {
            path: b64(content) for path, content in log_files(read_capsule(capsule).log, servable_versions(capsule))
        },
        "versions": [_version_json(row) for row in diary.versions],
        "wish": _wish_json(wish),
    }
    VECTOR_PATH.write_text(json.dumps(vector, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
