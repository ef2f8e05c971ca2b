"""Data stored on a device: slots and records."""

import hashlib
import os
from collections import Counter
from typing import Any

import pytest

from diary.crypto import slots
from diary.crypto.padding import pad_to, pad_version
from diary.encoding import canonical_json, unb64
from diary.errors import InvalidCredentials, SealError
from tests.vectors.load_vectors import apply_operations, case_plaintext, load_vectors
from tests.vectors.reference import fixed_bytes, reference_box

VECTORS = load_vectors("store.json")
STORE_KEY, RECORD = unb64(VECTORS["store_key"]), unb64(VECTORS["record"])
INSTALL_ID, ROOT_KEY = unb64(VECTORS["install"]), unb64(VECTORS["root"])
SLOTS = [unb64(case["slot"]) for case in VECTORS["slots"]]


def sealed_record(case: dict[str, Any]) -> bytes:
    """Return the record, sealed by the reference implementation."""
    text = canonical_json(case["about"])
    plaintext = pad_version(len(text).to_bytes(2, "big") + text + case_plaintext(case["body"]))
    return reference_box(STORE_KEY, b"kept/store\0" + RECORD, plaintext, unb64(case["salt"]))


def test_the_notebook_key_matches_the_vectors() -> None:
    """The notebook's store key is derived from the install's id alone, and matches the vector."""
    assert slots.notebook_key(INSTALL_ID) == unb64(VECTORS["notebook_key"])


@pytest.mark.parametrize("case", VECTORS["records"], ids=[case["body"]["length"] for case in VECTORS["records"]])
def test_sealed_records_match_the_vectors(case: dict[str, Any]) -> None:
    """Each record equals the vector and opens to its description and content."""
    raw = sealed_record(case)
    assert (len(raw), hashlib.sha256(raw).hexdigest()) == (case["sealed"]["length"], case["sealed"]["sha256"])
    assert slots.open_record(STORE_KEY, RECORD, raw) == (case["about"], case_plaintext(case["body"]))
    again = slots.seal_record(STORE_KEY, RECORD, case["about"], case_plaintext(case["body"]))
    assert len(again) == len(raw)
    assert slots.open_record(STORE_KEY, RECORD, again) == (case["about"], case_plaintext(case["body"]))


def test_altered_records_do_not_open() -> None:
    """A record under another id or key, or an altered one, does not open."""
    for case in VECTORS["refused"]:
        raw = sealed_record(VECTORS["records"][case["of"]])
        key, record = unb64(case.get("store_key", VECTORS["store_key"])), unb64(case.get("record", VECTORS["record"]))
        for touched in apply_operations(raw, case.get("ops", [])):
            with pytest.raises(SealError):
                slots.open_record(key, record, touched)


@pytest.mark.parametrize("plaintext", [b"", b"\0\x02{}", b"\0\x09{}", b"\0\x02[]", b"\xff\xff"])
def test_records_with_malformed_plaintext_are_refused(plaintext: bytes) -> None:
    """Only a description that is an object is accepted."""
    raw = reference_box(STORE_KEY, b"kept/store\0" + RECORD, pad_version(plaintext), bytes(24))
    if plaintext == b"\0\x02{}":
        assert slots.open_record(STORE_KEY, RECORD, raw) == ({}, b"")
        return
    with pytest.raises(SealError):
        slots.open_record(STORE_KEY, RECORD, raw)


def test_slots_match_the_vectors() -> None:
    """Every slot equals the vector and opens to its content."""
    for case in VECTORS["slots"]:
        place = case["place"]
        plaintext = pad_to(canonical_json(VECTORS["content"]), slots.SLOT_PLAINTEXT_BYTES)
        key, context = slots.slot_key(ROOT_KEY, place), slots.slot_context(INSTALL_ID, place)
        assert reference_box(key, context, plaintext, unb64(case["salt"])) == unb64(case["slot"])
        ring = list(slots.generate_slots())
        ring[place] = unb64(case["slot"])
        assert slots.open_slots(ROOT_KEY, INSTALL_ID, ring) == (place, VECTORS["content"])


@pytest.mark.parametrize("case", VECTORS["slot_refused"], ids=[case["name"] for case in VECTORS["slot_refused"]])
def test_altered_slots_do_not_open(case: dict[str, Any]) -> None:
    """Other words, another install and another place raise InvalidCredentials."""
    ring = (
        [SLOTS[i] for i in case["order"]]
        if case.get("order")
        else SLOTS
        if "order" not in case
        else slots.generate_slots()
    )
    with pytest.raises(InvalidCredentials) as caught:
        slots.open_slots(unb64(case.get("root", VECTORS["root"])), unb64(case.get("install", VECTORS["install"])), ring)
    assert caught.value.code == case["code"]


def test_used_and_unused_slots_look_alike() -> None:
    """Used and unused slots have the same length and equally uniform bytes (chi-square over 256 values)."""
    used_slots = b"".join(slots.seal_slot(os.urandom(32), INSTALL_ID, 0, VECTORS["content"]) for _ in range(200))
    unused = b"".join(slots.generate_slots()[0] for _ in range(200))
    assert len(used_slots) == len(unused) == 200 * slots.SLOT_BYTES == 200 * 1144
    for raw in (used_slots, unused):
        expected = len(raw) / 256
        chi = sum((Counter(raw)[value] - expected) ** 2 / expected for value in range(256))
        # With 255 degrees of freedom, random bytes fall outside this range once in ten million runs.
        assert 145 < chi < 390


def test_the_first_three_slots_are_shuffled_and_the_fourth_stays_last() -> None:
    """The first three slots are in any order, the fourth is always the last."""
    orders = {slots.generate_slot_order() for _ in range(200)}
    assert len(orders) == 6
    assert {order[3] for order in orders} == {3}
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 2, 3)}


def test_a_slot_refuses_too_much_content() -> None:
    """Content that does not fit is refused, for example with a long name."""
    with pytest.raises(SealError):
        slots.seal_slot(ROOT_KEY, INSTALL_ID, 0, {"login": "x" * 1100})
    assert len(slots.seal_slot(fixed_bytes("r", 32), INSTALL_ID, 0, {})) == slots.SLOT_BYTES
