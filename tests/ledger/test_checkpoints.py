"""Checkpoints as signed notes, and the statements that say whose key signed them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from diary.crypto.signing import Notary
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints, erased, key_statements, tree
from diary.ledger.cosignatures import LogWitness, read_vkey, seen_by
from diary.ledger.key_statements import Why, chain, key_of
from diary.ledger.signed_objects import Fields
from tests.vectors.reading import load

NOTARY, OTHER, INSTANCE = Notary(bytes(31) + b"\1"), Notary(bytes(31) + b"\2"), Notary(bytes(31) + b"\3")
ROOT = bytes(range(32))


def test_a_note_is_a_c2sp_signed_note() -> None:
    """Three lines, an empty one, and a signature line under the origin's name; it reads back."""
    note = checkpoints.make(NOTARY, 42, ROOT)
    lines = note.decode().split("\n")
    assert lines[:4] == [NOTARY.log, "42", base64.b64encode(ROOT).decode(), ""]
    assert lines[4].startswith(f"\u2014 {NOTARY.log} ") and lines[5] == "" and len(lines) == 6
    assert checkpoints.verify(note, NOTARY.pub) == checkpoints.Checkpoint(NOTARY.log, 42, ROOT)


def test_every_changed_byte_of_a_note_is_refused() -> None:
    """Flipped, cut, lengthened, or by another notary."""
    note = checkpoints.make(NOTARY, 42, ROOT)
    for at in range(len(note)):
        for bit in (1, 32):
            with pytest.raises(BadSignature):
                checkpoints.verify(note[:at] + bytes([note[at] ^ bit]) + note[at + 1 :], NOTARY.pub)
    for bent in (note[:-1], note + b"\n", note + note, b"", b"x" * 5000, note.replace(b"42", b"042")):
        with pytest.raises(BadSignature):
            checkpoints.verify(bent, NOTARY.pub)
    with pytest.raises(BadSignature):
        checkpoints.verify(note, OTHER.pub)


def said(*steps: tuple[Notary, Why]) -> list[Fields]:
    """A chain of statements, one a step."""
    made: list[Fields] = []
    for key, why in steps:
        last = {"root": b64(ROOT), "size": 7} if why != "first" else None
        made.append(key_statements.make(INSTANCE, key_statements.wish(key.pub, made, why, 1_000 + len(made), last)))
    return made


def test_a_chain_names_its_keys_and_how_far_an_exposed_one_holds() -> None:
    """Rotated in good order there is no bound; exposed, the old key holds below the last checkpoint only."""
    keys = chain(said((NOTARY, "first"), (OTHER, "rotated")), INSTANCE.pub)
    assert [(key.log, key.below) for key in keys] == [(NOTARY.log, None), (OTHER.log, None)]
    keys = chain(said((NOTARY, "first"), (OTHER, "exposed")), INSTANCE.pub)
    assert [(key.log, key.below) for key in keys] == [(NOTARY.log, 7), (OTHER.log, None)]
    assert key_of(keys, OTHER.log).pub == OTHER.pub
    with pytest.raises(BadSignature):
        key_of(keys, INSTANCE.log)


def test_a_chain_that_was_bent_is_refused() -> None:
    """Another instance, a missing, repeated or reordered statement, a changed field, a key twice."""
    good = said((NOTARY, "first"), (OTHER, "rotated"), (Notary(bytes(31) + b"\4"), "lost"))
    assert len(chain(good, INSTANCE.pub)) == 3
    with pytest.raises(BadSignature):
        chain(good, OTHER.pub)
    cases: list[list[Fields]] = [good[1:], good[:1] + good[2:], [good[0], *good], [good[1], good[0], good[2]]]
    cases += [[good[0] | {"from": 5}, *good[1:]], [{**good[0], "more": 1}], [{"t": "notary/v1"}]]
    twice = said((NOTARY, "first"))
    cases.append([*twice, key_statements.make(INSTANCE, key_statements.wish(NOTARY.pub, twice, "rotated", 5, None))])
    for case in cases:
        with pytest.raises(BadSignature):
            chain(case, INSTANCE.pub)


def test_what_makes_no_sense_is_not_wished_for() -> None:
    """A first statement after others, a rotation before any, an exposed key without a last checkpoint."""
    one = said((NOTARY, "first"))
    for before, why in ((one, "first"), ([], "rotated"), (one, "exposed")):
        with pytest.raises(BadRequest):
            key_statements.wish(OTHER.pub, before, why, 1, None)  # type: ignore[arg-type]


def test_a_witness_s_key_is_read_as_it_publishes_it_and_not_otherwise() -> None:
    """Name, key hash and key with its type byte; another hash, kind or length is a mistake in the setting."""
    witness = LogWitness("witness.example/w1", OTHER.pub)
    assert read_vkey(witness.vkey + "\n") == witness
    name, key, encoded = witness.vkey.split("+", 2)
    plain = base64.b64encode(b"\1" + OTHER.pub).decode()
    for bent in (
        "",
        name,
        f"{name}+{key}",
        f"{name}+00000000+{encoded}",
        f"{name}+{key}+{plain}",
        f"a b+{key}+{encoded}",
    ):
        with pytest.raises(BadRequest):
            read_vkey(bent)


VECTORS = load("log.json")


def test_the_vectors_hold_and_nothing_bent_does() -> None:
    """log.json, which the phone's code reads as well: proofs, notes and chains."""
    for case in VECTORS["inclusion"]:
        tree.verify_inclusion(unb64(case["leaf"]), case["i"], case["size"], steps(case), unb64(case["root"]))
    for case in VECTORS["consistency"]:
        tree.verify_consistency(case["older"], case["newer"], roots(case), steps(case))
    for case in VECTORS["refused_inclusion"]:
        with pytest.raises(BadSignature):
            tree.verify_inclusion(unb64(case["leaf"]), case["i"], case["size"], steps(case), unb64(case["root"]))
    for case in VECTORS["refused_consistency"]:
        with pytest.raises(BadSignature):
            tree.verify_consistency(case["older"], case["newer"], roots(case), steps(case))
    keys = {name: unb64(pub) for name, pub in VECTORS["keys"].items()}
    for case in VECTORS["notes"]:
        assert checkpoints.verify(case["note"].encode(), keys["notary"]).size == case["size"]
    for case in VECTORS["refused_notes"]:
        with pytest.raises(BadSignature):
            checkpoints.verify(case["note"].encode(), keys["notary"])
    witnesses = [LogWitness(one["name"], unb64(one["pub"])) for one in VECTORS["witnesses"]]
    for case in VECTORS["joined_notes"]:
        note = case["note"].encode()
        assert checkpoints.verify(note, keys["notary"]).size == case["size"], case["name"]
        assert checkpoints.one_line(note) == case["one"].encode(), case["name"]
        assert [[one.witness, one.at] for one in seen_by(note, witnesses)] == case["seen"], case["name"]
    for case in VECTORS["refused_cosignatures"]:
        assert checkpoints.verify(case["note"].encode(), keys["notary"]), case["name"]
        with pytest.raises(BadSignature):
            seen_by(case["note"].encode(), witnesses)
    for case in VECTORS["refused_chains"]:
        with pytest.raises(BadSignature):
            chain(case["statements"], keys["instance"])


def steps(case: dict[str, Any]) -> list[bytes]:
    return [unb64(step) for step in case["path"]]


def roots(case: dict[str, Any]) -> tuple[bytes, bytes]:
    first, second = case["roots"]
    return unb64(first), unb64(second)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("n" * 255, True),
        ("n" * 256, False),
        ("é" * 127 + "n", True),
        ("é" * 128, False),
        ("", False),
        ("a b", False),
        ("a+b", False),
    ],
)
def test_a_name_of_a_key_has_at_most_255_bytes(name: str, may: bool) -> None:
    """Counted as bytes, as the lines that bear it are."""
    assert checkpoints.is_name(name) is may


def test_what_is_left_of_an_erased_version_is_what_its_names_say() -> None:
    """Both sides read these six members and no others."""
    facts = {"c": "c", "receipt": {"env": "e"}, "record": "r", "seq": 7, "version": "v", "sig": "s", "parents": []}
    told = erased.tombstone(facts, 5)
    assert told == {"c": "c", "env": "e", "erased_at": 5, "record": "r", "seq": 7, "version": "v"}
    assert set(told) == erased.NAMES
