"""Write tests/vectors/capsule.json: a small diary, what was chosen, and the capsule both languages must make.

    python -m tests.pack.write_capsule_vector

Not part of a run: keys and signatures are fresh each time, and nothing but the bytes is compared.
"""

import json
from pathlib import Path

from diary.encoding import b64
from diary.pack.gather import DiaryVersion, Part, Wish, make_capsule
from tests.pack.fiction import DAY, HOUR, START, FictionalDiary, incident_fields, picture, print_copy

OUT = Path(__file__).parents[1] / "vectors" / "capsule.json"


def vector_diary() -> FictionalDiary:
    """Every rule of docs/pack.md "Made from opened versions" is used once."""
    diary = FictionalDiary()
    diary.add(
        "settings", {"exhibit_start_no": 4, "initials": "KB", "own_words": "It began in April."}, {"needs": "Write it down."}
    )
    first = diary.add(
        "incident", incident_fields(START, "Sie war da. 他在楼下"), {"place_detail": "14 Elmhurst Road"}, at=START + HOUR
    )
    late = diary.add("incident", incident_fields(START, "Later.", start_with_this=True), at=START + 3 * DAY)
    diary.add("note", {"of_id": first["record"], "text": "never"}, at=START + 2 * HOUR)
    withheld = diary.add("incident", incident_fields(START, "Not chosen."), at=START + 4 * DAY)
    diary.amend(
        first, {"narrative": "Sie war da. 他在楼下 Added.", "cards_opened": [{"at": START, "card": "who"}]}, at=START + 5 * DAY
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
        "incident", incident_fields(START + 11 * DAY, "No receipt yet."), at=START + 11 * DAY, received=False, offset_ms=None
    )
    return diary


def _part(part: Part | None) -> object:
    if part is None:
        return None
    return {"fields": dict(part["fields"]), "keys": [[blob, b64(key)] for blob, key in part["keys"]], "seed": b64(part["seed"])}


def _version(row: DiaryVersion) -> dict[str, object]:
    return {**row, "open": _part(row["open"]), "restricted": _part(row["restricted"])}


def _wish(wish: Wish) -> dict[str, object]:
    return {name: getattr(wish, name) for name in Wish.__slots__}


def main() -> None:
    """Write the vector."""
    diary = vector_diary()
    incidents = [row for row in diary.versions if row["kind"] == "incident"]
    kept_out = next(row["record"] for row in incidents if row["open"]["fields"]["narrative"] == "Not chosen.")
    chosen = tuple(dict.fromkeys(row["record"] for row in incidents if row["record"] != kept_out))
    wish = diary.wish(chosen, START + 20 * DAY, covers_from=START)
    whole = {
        "about": "versions (feed order), wish and keys in; capsule (text of canonical JSON) out. docs/pack.md.",
        "capsule": make_capsule(diary.versions, wish, diary.keys).decode(),
        "keys": diary.keys,
        "versions": [_version(row) for row in diary.versions],
        "wish": _wish(wish),
    }
    OUT.write_text(json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
