"""kinds.json: one version of each kind of record with every field of its schema filled, byte for byte in both languages."""

from dataclasses import replace

from diary.encoding import b64
from diary.ledger import versions
from diary.ledger.commitments import Names
from diary.record.rules import KINDS, OBJECTS
from diary.record.schemas import KINDS as SCHEMA_KINDS
from diary.record.schemas import NEWEST, schema
from diary.record.vocabulary import LISTS
from tests.vectors import kept
from tests.vectors.reference import fixed

Case = dict[str, object]
MOMENT = 1_790_000_000_000
# Text of several scripts, a lone combining mark, direction marks and a formula: kept exactly as typed.
WORDS = "=1+1 \u0648\u06c1 \u202e cafe\u0301 \U0001f622\n"


def value_of(rule: str, name: str) -> object:
    """A value a field of this rule may hold; the same each time."""
    shape, _, of = rule.partition(" ")
    if shape in ("code", "codes"):
        terms = LISTS[of].terms
        # The first: a list that grows at its end changes no vector.
        code = terms[0].code
        return [code, "of_a_newer_app"] if shape == "codes" else code
    if shape in ("object", "objects", "block"):
        value = {member: value_of(inner, member) for member, inner in OBJECTS[of or "block"].items()}
        return [value, {}] if shape == "objects" else value
    plain: dict[str, object] = {
        "any": {"any": [1, None, {"deeper": "x"}]},
        "count": len(name),
        "day": "2026-11-03",
        "flag": len(name) % 2 == 0,
        "id": b64(fixed(name, 16)),
        "ids": [b64(fixed(f"{name} {i}", 16)) for i in range(2)],
        "line": f"{name} {WORDS}".strip(),
        "list": [0, -1, (1 << 53) - 1, "", None],
        "ms": MOMENT + len(name),
        "offset": -210,
        "pence": 0,
        "text": WORDS * 3,
        "texts": ["", WORDS],
        "zone": "Europe/London",
    }
    return plain[shape]


def _draft(kind: str, n: int) -> versions.Draft:
    """A version of a kind with every field."""
    found, rules = schema(kind, NEWEST[kind]), KINDS[kind]
    return versions.Draft(
        place=versions.Place(kept.DIARY, b64(fixed(f"record {kind}", 16)), b64(fixed(f"version {kind}", 16))),
        kind=kind,
        schema=NEWEST[kind],
        account=kept.ACCOUNT,
        device=kept.DEVICE,
        line={"device": kept.DEVICE, "n": n, "prev": None},
        clock={"offset_ms": -1250, "tz": "Europe/London", "utc": MOMENT + n},
        open={name: value_of(rules[name], name) for name in found.open if not name.startswith("_")},
        restricted={name: value_of(rules[name], name) for name in found.restricted},
        parents=(b64(fixed(f"parent {kind}", 16)),),
    )


def made_kinds() -> Case:
    """kinds.json."""
    cases, prev = [], None
    for n, kind in enumerate(SCHEMA_KINDS, 1):
        found = schema(kind, NEWEST[kind])
        draft = _draft(kind, n)
        linked = replace(draft, line=dict(draft.line) | {"prev": prev})
        case, made = kept.case_of(kind, linked, Names(found.open, found.restricted))
        cases.append(case | {"payloads": None})
        prev = made.c
    return {
        "about": "One version of each kind of record, every field of its schema filled, sealed as in versions.json.",
        "diary_key": b64(kept.DIARY_KEY),
        "author": {"pub": b64(kept.AUTHOR.pub), "key_id": kept.AUTHOR.key_id},
        "cases": cases,
    }
