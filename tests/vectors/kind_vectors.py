"""kinds.json: one version of each kind of record with every field filled, byte for byte in both languages."""

from dataclasses import replace

from diary.encoding import b64
from diary.ledger import versions
from diary.ledger.commitments import FieldNames
from diary.record.rules import FIELD_RULES, OBJECT_RULES
from diary.record.schemas import NEWEST_SCHEMA_NUMBERS, find_schema
from diary.record.schemas import RECORD_KINDS as SCHEMA_KINDS
from diary.record.vocabulary import CHOICE_LISTS
from tests.vectors import version_vectors as kept
from tests.vectors.reference import fixed_bytes

Case = dict[str, object]
NOW_MS = 1_790_000_000_000
# Text in several scripts, with a lone combining mark, direction marks and a formula: kept exactly as typed.
HOSTILE_TEXT = "=1+1 \u0648\u06c1 \u202e cafe\u0301 \U0001f622\n"


def sample_value(rule: str, name: str) -> object:
    """Return a fixed value that a field of this rule may have."""
    shape, _, of = rule.partition(" ")
    if shape in ("code", "codes"):
        terms = CHOICE_LISTS[of].terms
        # The first code: appending to a list changes no vector.
        code = terms[0].code
        return [code, "of_a_newer_app"] if shape == "codes" else code
    if shape in ("object", "objects", "block"):
        value = {member: sample_value(inner, member) for member, inner in OBJECT_RULES[of or "block"].items()}
        return [value, {}] if shape == "objects" else value
    values_by_shape: dict[str, object] = {
        "any": {"any": [1, None, {"deeper": "x"}]},
        "count": len(name),
        "day": "2026-11-03",
        "flag": len(name) % 2 == 0,
        "id": b64(fixed_bytes(name, 16)),
        "ids": [b64(fixed_bytes(f"{name} {i}", 16)) for i in range(2)],
        "line": f"{name} {HOSTILE_TEXT}".strip(),
        "list": [0, -1, (1 << 53) - 1, "", None],
        "ms": NOW_MS + len(name),
        "offset": -210,
        "pence": 0,
        "text": HOSTILE_TEXT * 3,
        "texts": ["", HOSTILE_TEXT],
        "zone": "Europe/London",
    }
    return values_by_shape[shape]


def make_draft(kind: str, n: int) -> versions.VersionDraft:
    """Return a draft of a kind with every field."""
    kind_schema, rules = find_schema(kind, NEWEST_SCHEMA_NUMBERS[kind]), FIELD_RULES[kind]
    return versions.VersionDraft(
        ids=versions.VersionIds(
            kept.DIARY_ID, b64(fixed_bytes(f"record {kind}", 16)), b64(fixed_bytes(f"version {kind}", 16))
        ),
        kind=kind,
        schema=NEWEST_SCHEMA_NUMBERS[kind],
        account=kept.ACCOUNT_ID,
        device=kept.DEVICE_ID,
        line={"device": kept.DEVICE_ID, "n": n, "prev": None},
        clock={"offset_ms": -1250, "tz": "Europe/London", "utc": NOW_MS + n},
        open={name: sample_value(rules[name], name) for name in kind_schema.open if not name.startswith("_")},
        restricted={name: sample_value(rules[name], name) for name in kind_schema.restricted},
        parents=(b64(fixed_bytes(f"parent {kind}", 16)),),
    )


def kind_vectors() -> Case:
    """Return kinds.json."""
    cases, prev = [], None
    for n, kind in enumerate(SCHEMA_KINDS, 1):
        kind_schema = find_schema(kind, NEWEST_SCHEMA_NUMBERS[kind])
        draft = make_draft(kind, n)
        linked = replace(draft, line=dict(draft.line) | {"prev": prev})
        case, sealed_push = kept.version_case(kind, linked, FieldNames(kind_schema.open, kind_schema.restricted))
        cases.append(case | {"payloads": None})
        prev = sealed_push.commitment
    return {
        "about": "One version of each kind of record, every field of its schema filled, sealed as in versions.json.",
        "diary_key": b64(kept.DIARY_KEY),
        "author": {"pub": b64(kept.AUTHOR_KEY.pub), "key_id": kept.AUTHOR_KEY.key_id},
        "cases": cases,
    }
