"""Write tests/vectors/capsule.json: a small diary, what was chosen, and the capsule both languages must make.

    python -m tests.pack.write_capsule_vector

Not part of a run: keys and signatures are fresh each time, and nothing but the bytes is compared.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from diary.encoding import b64
from diary.pack.capsule.builder import DiaryVersion, Part, Wish, make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.log_files import log_files
from diary.pack.proofs.proof_files import SERVABLE_KINDS
from diary.pack.proofs.record_json import record_file
from tests.pack.fiction import DAY, HOUR, START, FictionalDiary, incident_fields, picture, print_copy
from tests.pack.odd import add_odd

OUT = Path(__file__).parents[1] / "vectors" / "capsule.json"


def vector_diary() -> FictionalDiary:
    """Every rule of docs/pack.md "Made from opened versions" is used once."""
    diary = FictionalDiary()
    diary.add(
        "settings",
        {"exhibit_start_no": 4, "initials": "KB", "own_words": "It began in April."},
        {"needs": "Write it down."},
    )
    first = diary.add(
        "incident",
        incident_fields(START, "Sie war da. 他在楼下"),
        {"place_detail": "14 Elmhurst Road"},
        at=START + HOUR,
    )
    late = diary.add("incident", incident_fields(START, "Later.", start_with_this=True), at=START + 3 * DAY)
    diary.add("note", {"of_id": first["record"], "text": "never"}, at=START + 2 * HOUR)
    withheld = diary.add("incident", incident_fields(START, "Not chosen."), at=START + 4 * DAY)
    diary.amend(
        first,
        {"narrative": "Sie war da. 他在楼下 Added.", "cards_opened": [{"at": START, "card": "who"}]},
        at=START + 5 * DAY,
    )
    diary.amend(late, {"narrative": "Changed.", "reason": "wrong"}, at=START + 6 * DAY)
    raw = picture(1, (60, 120))
    diary.attach(late, raw, "image/png", "On the second", printed=print_copy(raw, 30), at=START + 7 * DAY)
    diary.attach(
        first,
        raw,
        "image/png",
        "On the first",
        printed=print_copy(raw, 30),
        at=START + 8 * DAY,
        restricted={"shows_where_i_live": True},
    )
    diary.attach(first, b"ftypheic", "image/heic", "No print copy", at=START + 9 * DAY)
    diary.attach(first, b"mail", "message/rfc822", "Mail", at=START + 9 * DAY)
    diary.attach(first, b"x", "image/png", "Intimate", at=START + 9 * DAY, extra={"sensitivity": "intimate_adult"})
    diary.attach(withheld, b"y", "image/png", "Of an entry not chosen", at=START + 9 * DAY)
    logged = diary.attach(
        late, b"z", "application/x-unknown", "With a custody record", at=START + 9 * DAY, extra={"looked_at": None}
    )
    line = {"action": "viewed", "actor": "keeper", "at": START + 10 * DAY, "attachment": logged["record"], "detail": ""}
    diary.add("custody", {"lines": [line], "on": "2026-05-14"}, at=START + 10 * DAY)
    diary.add(
        "incident",
        incident_fields(START + 11 * DAY, "No receipt yet."),
        at=START + 11 * DAY,
        received=False,
        offset_ms=None,
    )
    film = _film_and_covered(diary, first, raw)
    add_registers(diary, first, withheld)
    _given_out(diary, [first, late], [logged, film])
    add_odd(diary, START + 13 * DAY)
    return diary


def _film_and_covered(diary: FictionalDiary, entry: DiaryVersion, raw: bytes) -> DiaryVersion:
    """A film with its still, and a picture that shows the home, covered; the film."""
    film = diary.attach(entry, b"film", "video/mp4", "A film", at=START + 9 * DAY, extra={"kind": "video"})
    still = print_copy(raw, 30)
    rendition = {"purpose": "preview", "size_bytes": len(still), "width": 30, "height": 60, "media_type": "image/jpeg"}
    film["open"]["fields"] = {**film["open"]["fields"], "renditions": [rendition]}
    film["open"]["keys"] = [diary.seal(still)]
    covered = {"print_copy": "masked", "renditions": [rendition | {"purpose": "masked"}]}
    home = diary.attach(
        entry, b"m", "image/png", "Covered", at=START + 9 * DAY, extra=covered, restricted={"shows_where_i_live": True}
    )
    home["open"]["keys"] = [diary.seal(still)]
    return film


def _given_out(diary: FictionalDiary, entries: list[DiaryVersion], files: list[DiaryVersion]) -> None:
    """A pack that went out before: its numbers hold. And a taken out one, whose numbers do not."""
    items = [{"item": f"KB/{no}", "record": row["record"]} for no, row in zip((5, 4), files, strict=True)]
    ids = [row["record"] for row in entries]
    sent = {"kind": "pack", "made_at": START + 5 * DAY + HOUR, "pack_no": 1, "record_ids": ids, "items_included": items}
    diary.add("export", {**sent, "receipt_ref": "CR/1/26", "delivered_to": "PC 1"}, at=START + 12 * DAY)
    odd = diary.add(
        "export", {**sent, "pack_no": 2, "items_included": [{"item": "KB/9", "record": ids[0]}]}, at=START + 12 * DAY
    )
    diary.take_out(odd, at=START + 12 * DAY + HOUR)


def add_registers(diary: FictionalDiary, entry: DiaryVersion, withheld: DiaryVersion) -> None:
    """Records of the other kinds: linked to `entry`, to the `withheld` one, to each other, in a circle, and to nothing."""
    at = START + 12 * DAY
    him = diary.add(
        "person", {"name": "Dan Kerr", "role": "suspect", "role_code": "S1"}, {"contact": "07700 900111"}, at=at
    )
    double = diary.add(
        "person", {"name": "D.", "role": "suspect", "role_code": "S1", "merged_into": him["record"]}, at=at
    )
    diary.amend(him, {"merged_into": double["record"], "aliases": ["Danny"], "reason": "the same"}, at=at + HOUR)
    nobody = diary.add("person", {"name": "A stranger to it", "role": "witness", "role_code": "W1"}, at=at)
    account = diary.add("account", {"handle": "@dk_99", "person_id": him["record"], "platform": "instagram"}, at=at)
    diary.add("sighting", {"account_id": account["record"], "after_block": "yes"}, at=at)
    terms = [{"no": 1, "text": "Not to contact me"}]
    order = diary.add("order", {"kind": "spo", "served_on": "2026-05-01", "terms": terms}, at=at)
    paper = diary.attach(order, b"paper", "application/pdf", "The order", at=at, extra={"kind": "order_or_court_paper"})
    diary.amend(order, {"copy_attachment_id": paper["record"]}, at=at + HOUR)
    diary.add("report", {"to": "police", "crime_ref": "=1+1", "incident_ids": [entry["record"]]}, {"notes": "n"}, at=at)
    diary.add("report", {"to": "school", "incident_ids": [withheld["record"]]}, at=at)
    rows = [
        {
            "direction": "in",
            "from": "@dk_99",
            "msg_no": 1,
            "sent_at": at,
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
    diary.add("schedule", burst, {"own_accounts": ["07700 900222"]}, at=at)
    diary.add("impact", {"domain": "sleep", "before": "fine", "after": "up at 4"}, at=at)
    gone = diary.add("notice", {"at": {"precision": "unknown"}, "exact_words": "stop"}, at=at)
    diary.take_out(gone, at=at + HOUR, reason="not mine to say")
    diary.add("question", {"text": "never", "of_id": entry["record"]}, at=at)
    more = {"actor_ids": [him["record"]], "alleged_breaches": [{"order_id": order["record"], "term_no": 1}]}
    diary.amend(entry, {**more, "witness_ids": ["AAAAAAAAAAAAAAAAAAAAAA", nobody["record"]]}, at=at + 2 * HOUR)
    removed = diary.add("incident", incident_fields(START, "Taken out."), at=at)
    diary.take_out(removed, at=at + DAY)
    back = diary.add("incident", incident_fields(START, "Taken out and put back."), at=at)
    out = diary.take_out(back, at=at + DAY, reason="too soon")
    words = {name: value for name, value in back["open"]["fields"].items() if not name.startswith("_")}
    diary.add("incident", words, record=back["record"], at=at + 2 * DAY, parents=(out["version"],))


def _part(part: Part | None) -> object:
    if part is None:
        return None
    return {
        "fields": dict(part["fields"]),
        "keys": [[blob, b64(key)] for blob, key in part["keys"]],
        "seed": b64(part["seed"]),
    }


def _version(row: DiaryVersion) -> dict[str, object]:
    return {**row, "open": _part(row["open"]), "restricted": _part(row["restricted"])}


def _wish(wish: Wish) -> dict[str, object]:
    return {name: getattr(wish, name) for name in Wish.__slots__}


def vector_log(diary: FictionalDiary) -> dict[str, object]:
    """Two checkpoints, one stamped; every other version stands in the log, and one is not packed. Nothing of it is true."""
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


def local_capsule(versions: Sequence[DiaryVersion], wish: Wish, keys: Mapping[str, str]) -> bytes:
    """The capsule of the same diary, had no server ever received it."""
    rows: list[DiaryVersion] = [{**row, "seq": None, "receipt": None} for row in versions]
    return make_capsule(rows, replace(wish, log=None), {**keys, "log": "", "notary": ""})


def served(capsule: bytes) -> frozenset[str]:
    """The versions whose proofs are in the servable folder."""
    return frozenset(one.opened.version for one in read_capsule(capsule).versions if one.opened.kind in SERVABLE_KINDS)


def later_wishes(diary: FictionalDiary, chosen: tuple[str, ...]) -> dict[str, Wish]:
    """A supplement of some entries with everything a later pack can say, three items by number, and two entries erased since."""
    review = {"looked": 3, "not_looked": 1, "override_at": START + 21 * DAY, "words": 2}
    said = {
        "recipient_ref": "CR/1/26",
        "review": review,
        "training": True,
        "hold_words": ("Elm Road",),
        "profile": "school",
    }
    at = START + 21 * DAY
    absent = (
        {"at": at - DAY, "no": 1, "record": chosen[0], "why": "removed"},
        {"at": None, "no": 4, "record": "A" * 22, "why": "withheld"},
        {"at": None, "no": 2, "record": chosen[1], "why": "removed"},
    )
    return {
        "gone": replace(diary.wish(chosen[2:], at, kind="supplement", absent=absent), no=3),
        "items": replace(diary.wish((), at, kind="items", items=("KB/5", "KB/4")), no=3),
        "supplement": replace(diary.wish(chosen[1:], at, kind="supplement", **said), no=3),
    }


def left_of(versions: Sequence[DiaryVersion], wish: Wish) -> list[DiaryVersion]:
    """What can still be read where entries are absent."""
    gone = {row["record"] for row in wish.absent}
    return [row for row in versions if row["record"] not in gone]


def _later(diary: FictionalDiary, wish: Wish) -> dict[str, object]:
    capsule = make_capsule(left_of(diary.versions, wish), wish, diary.keys)
    return {"capsule": capsule.decode(), "record": record_file(read_capsule(capsule)).decode(), "wish": _wish(wish)}


def main() -> None:
    """Write the vector."""
    diary = vector_diary()
    incidents = [row for row in diary.versions if row["kind"] == "incident"]
    kept_out = next(row["record"] for row in incidents if row["open"]["fields"].get("narrative") == "Not chosen.")
    chosen = tuple(dict.fromkeys(row["record"] for row in incidents if row["record"] != kept_out))
    wish = diary.wish(chosen, START + 20 * DAY, covers_from=START, log=vector_log(diary))
    capsule = make_capsule(diary.versions, wish, diary.keys)
    whole = {
        "about": "versions, wish and keys in; capsule, 12_record.json and the log's files out. docs/pack.md",
        "capsule": capsule.decode(),
        "record": record_file(read_capsule(capsule)).decode(),
        "keys": diary.keys,
        "later": {name: _later(diary, one) for name, one in later_wishes(diary, chosen).items()},
        "local_sha256": hashlib.sha256(local_capsule(diary.versions, wish, diary.keys)).hexdigest(),
        "log_files": {path: b64(content) for path, content in log_files(read_capsule(capsule).log, served(capsule))},
        "versions": [_version(row) for row in diary.versions],
        "wish": _wish(wish),
    }
    OUT.write_text(json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
