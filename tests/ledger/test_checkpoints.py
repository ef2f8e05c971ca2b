"""Checkpoints as signed notes, and the statements that name their keys."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints, key_statements, tombstones, tree
from diary.ledger.cosignatures import LogWitness, parse_vkey, verified_cosignatures
from diary.ledger.key_statements import ReplacementReason, find_key, verify_chain
from diary.ledger.signed_objects import JsonObject
from tests.vectors.load_vectors import load_vectors

NOTARY_KEY, OTHER_KEY, INSTANCE_KEY = (
    Ed25519Signer(bytes(31) + b"\1"),
    Ed25519Signer(bytes(31) + b"\2"),
    Ed25519Signer(bytes(31) + b"\3"),
)
ROOT_HASH = bytes(range(32))


def test_a_note_is_a_c2sp_signed_note() -> None:
    """A note has three lines, an empty one, and a signature line with the origin's name; it parses again."""
    note = checkpoints.sign_checkpoint(NOTARY_KEY, 42, ROOT_HASH)
    lines = note.decode().split("\n")
    assert lines[:4] == [NOTARY_KEY.log_id, "42", base64.b64encode(ROOT_HASH).decode(), ""]
    assert lines[4].startswith(f"\u2014 {NOTARY_KEY.log_id} ") and lines[5] == "" and len(lines) == 6
    assert checkpoints.verify_note(note, NOTARY_KEY.pub) == checkpoints.Checkpoint(NOTARY_KEY.log_id, 42, ROOT_HASH)


def test_every_changed_byte_of_a_note_is_refused() -> None:
    """A note with a flipped, missing or extra byte, or by another notary, is refused."""
    note = checkpoints.sign_checkpoint(NOTARY_KEY, 42, ROOT_HASH)
    for at in range(len(note)):
        for bit in (1, 32):
            with pytest.raises(BadSignature):
                checkpoints.verify_note(note[:at] + bytes([note[at] ^ bit]) + note[at + 1 :], NOTARY_KEY.pub)
    for altered_note in (note[:-1], note + b"\n", note + note, b"", b"x" * 5000, note.replace(b"42", b"042")):
        with pytest.raises(BadSignature):
            checkpoints.verify_note(altered_note, NOTARY_KEY.pub)
    with pytest.raises(BadSignature):
        checkpoints.verify_note(note, OTHER_KEY.pub)


def statement_chain(*steps: tuple[Ed25519Signer, ReplacementReason]) -> list[JsonObject]:
    """Return a chain of statements with one rotation per step."""
    statements: list[JsonObject] = []
    for key, reason in steps:
        last = {"root": b64(ROOT_HASH), "size": 7} if reason != "first" else None
        statements.append(
            key_statements.sign_statement(
                INSTANCE_KEY, key_statements.draft_statement(key.pub, statements, reason, 1_000 + len(statements), last)
            )
        )
    return statements


def test_a_chain_names_its_keys_and_how_far_an_exposed_one_holds() -> None:
    """A regular rotation sets no bound; an exposed key is valid below its last checkpoint only."""
    keys = verify_chain(statement_chain((NOTARY_KEY, "first"), (OTHER_KEY, "rotated")), INSTANCE_KEY.pub)
    assert [(key.log_id, key.leaf_limit) for key in keys] == [(NOTARY_KEY.log_id, None), (OTHER_KEY.log_id, None)]
    keys = verify_chain(statement_chain((NOTARY_KEY, "first"), (OTHER_KEY, "exposed")), INSTANCE_KEY.pub)
    assert [(key.log_id, key.leaf_limit) for key in keys] == [(NOTARY_KEY.log_id, 7), (OTHER_KEY.log_id, None)]
    assert find_key(keys, OTHER_KEY.log_id).pub == OTHER_KEY.pub
    with pytest.raises(BadSignature):
        find_key(keys, INSTANCE_KEY.log_id)


def test_an_altered_chain_is_refused() -> None:
    """Another instance, a missing, repeated or reordered statement, a changed field and a repeated key are refused."""
    valid_chain = statement_chain(
        (NOTARY_KEY, "first"), (OTHER_KEY, "rotated"), (Ed25519Signer(bytes(31) + b"\4"), "lost")
    )
    assert len(verify_chain(valid_chain, INSTANCE_KEY.pub)) == 3
    with pytest.raises(BadSignature):
        verify_chain(valid_chain, OTHER_KEY.pub)
    cases: list[list[JsonObject]] = [
        valid_chain[1:],
        valid_chain[:1] + valid_chain[2:],
        [valid_chain[0], *valid_chain],
        [valid_chain[1], valid_chain[0], valid_chain[2]],
    ]
    cases += [[valid_chain[0] | {"from": 5}, *valid_chain[1:]], [{**valid_chain[0], "more": 1}], [{"t": "notary/v1"}]]
    first_statement = statement_chain((NOTARY_KEY, "first"))
    cases.append(
        [
            *first_statement,
            key_statements.sign_statement(
                INSTANCE_KEY, key_statements.draft_statement(NOTARY_KEY.pub, first_statement, "rotated", 5, None)
            ),
        ]
    )
    for case in cases:
        with pytest.raises(BadSignature):
            verify_chain(case, INSTANCE_KEY.pub)


def test_contradictory_key_requests_are_refused() -> None:
    """A first statement after others, a rotation before any, and an exposed key without a checkpoint are refused."""
    first_chain = statement_chain((NOTARY_KEY, "first"))
    requests: list[tuple[list[JsonObject], key_statements.ReplacementReason]] = [
        (first_chain, "first"),
        ([], "rotated"),
        (first_chain, "exposed"),
    ]
    for before, reason in requests:
        with pytest.raises(BadRequest):
            key_statements.draft_statement(OTHER_KEY.pub, before, reason, 1, None)


def test_a_witness_s_key_is_read_as_it_publishes_it_and_not_otherwise() -> None:
    """A witness's key is read as published: name, key hash and key with type byte. Anything else is refused."""
    witness = LogWitness("witness.example/w1", OTHER_KEY.pub)
    assert parse_vkey(witness.vkey + "\n") == witness
    name, key, encoded = witness.vkey.split("+", 2)
    key_without_type = base64.b64encode(b"\1" + OTHER_KEY.pub).decode()
    for altered_key in (
        "",
        name,
        f"{name}+{key}",
        f"{name}+00000000+{encoded}",
        f"{name}+{key}+{key_without_type}",
        f"a b+{key}+{encoded}",
    ):
        with pytest.raises(BadRequest):
            parse_vkey(altered_key)


VECTORS = load_vectors("log.json")


def test_the_vectors_hold_and_altered_ones_do_not() -> None:
    """The vectors of log.json, shared with the phone's code, are valid; altered proofs, notes and chains are not."""
    for case in VECTORS["inclusion"]:
        tree.verify_inclusion(unb64(case["leaf"]), case["i"], case["size"], path_steps(case), unb64(case["root"]))
    for case in VECTORS["consistency"]:
        tree.verify_consistency(case["older"], case["newer"], root_hashes(case), path_steps(case))
    for case in VECTORS["refused_inclusion"]:
        with pytest.raises(BadSignature):
            tree.verify_inclusion(unb64(case["leaf"]), case["i"], case["size"], path_steps(case), unb64(case["root"]))
    for case in VECTORS["refused_consistency"]:
        with pytest.raises(BadSignature):
            tree.verify_consistency(case["older"], case["newer"], root_hashes(case), path_steps(case))
    keys = {name: unb64(pub) for name, pub in VECTORS["keys"].items()}
    for case in VECTORS["notes"]:
        assert checkpoints.verify_note(case["note"].encode(), keys["notary"]).size == case["size"]
    for case in VECTORS["refused_notes"]:
        with pytest.raises(BadSignature):
            checkpoints.verify_note(case["note"].encode(), keys["notary"])
    witnesses = [LogWitness(witness["name"], unb64(witness["pub"])) for witness in VECTORS["witnesses"]]
    for case in VECTORS["joined_notes"]:
        note = case["note"].encode()
        assert checkpoints.verify_note(note, keys["notary"]).size == case["size"], case["name"]
        assert checkpoints.strip_cosignatures(note) == case["one"].encode(), case["name"]
        assert [
            [witness.witness_name, witness.at_seconds] for witness in verified_cosignatures(note, witnesses)
        ] == case["seen"], case["name"]
    for case in VECTORS["refused_cosignatures"]:
        assert checkpoints.verify_note(case["note"].encode(), keys["notary"]), case["name"]
        with pytest.raises(BadSignature):
            verified_cosignatures(case["note"].encode(), witnesses)
    for case in VECTORS["refused_chains"]:
        with pytest.raises(BadSignature):
            verify_chain(case["statements"], keys["instance"])


def path_steps(case: dict[str, Any]) -> list[bytes]:
    return [unb64(step) for step in case["path"]]


def root_hashes(case: dict[str, Any]) -> tuple[bytes, bytes]:
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
    """The limit counts bytes, as in the lines that have the name."""
    assert checkpoints.is_valid_key_name(name) is may


def test_an_erased_version_keeps_only_its_names() -> None:
    """An erased version has exactly these six members in both implementations."""
    facts = {"c": "c", "receipt": {"env": "e"}, "record": "r", "seq": 7, "version": "v", "sig": "s", "parents": []}
    tombstone = tombstones.make_tombstone(facts, 5)
    assert tombstone == {"c": "c", "env": "e", "erased_at": 5, "record": "r", "seq": 7, "version": "v"}
    assert set(tombstone) == tombstones.TOMBSTONE_NAMES
