"""Canonical JSON, base64url, ids and frames: the shared vectors, and arbitrary values and bytes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.encoding import MAX_INTEGER, b64, canonical_json, decode_frames, encode_frames, parse_canonical_json, unb64
from diary.errors import BadRequest, KeptError, NotCanonical
from diary.ids import id_text, new_id, parse_id
from tests.vectors import random_objects
from tests.vectors.load_vectors import case_bytes, load_vectors

VECTORS = load_vectors("encoding.json")
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,39}", fullmatch=True)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=30)


def vector_params(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    """Return vectors as parameters, by name."""
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@vector_params(VECTORS["canonical"])
def test_each_value_has_one_canonical_form(case: dict[str, Any]) -> None:
    """Ordinary JSON gets the vector's canonical spelling, which parses to the same value."""
    raw = case["canon"].encode()
    assert canonical_json(json.loads(case["from"])) == raw
    assert canonical_json(parse_canonical_json(raw)) == raw


@vector_params(VECTORS["refused"])
def test_non_canonical_json_is_refused(case: dict[str, Any]) -> None:
    """Any other spelling is refused by name, including deep nesting and huge texts."""
    with pytest.raises(KeptError) as caught:
        parse_canonical_json(case_bytes(case))
    assert caught.value.code == case["code"]


@vector_params(VECTORS["no_canonical_form"])
def test_values_outside_canonical_json_are_refused(case: dict[str, Any]) -> None:
    """A value without a canonical form is refused."""
    with pytest.raises(KeptError) as caught:
        canonical_json(json.loads(case["json"]))
    assert caught.value.code == case["code"]


@vector_params(VECTORS["accepted_by_rule"])
def test_the_limit_itself_is_accepted(case: dict[str, Any]) -> None:
    """Exactly 1 MiB is read and written."""
    raw = case_bytes(case)
    assert canonical_json(parse_canonical_json(raw)) == raw


def test_20_000_objects_hash_alike() -> None:
    """Both languages create the same 20,000 objects and the same canonical bytes."""
    rule = VECTORS["random"]
    assert random_objects.objects_digest(rule["count"]) == (rule["first"], rule["sha256"])


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    """Writing and parsing are inverse to each other."""
    assert parse_canonical_json(canonical_json(value)) == value


@given(st.binary(max_size=200) | st.text("[]{}\":,\\ 0123456789.eE+-truefalsn'", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Any bytes give a value that is written back identically, or NotCanonical."""
    try:
        value = parse_canonical_json(raw)
    except NotCanonical:
        return
    assert canonical_json(value) == raw


@pytest.mark.parametrize("value", [1.0, b"", {1}, {1: 2}, object(), float("nan"), 2**53, "\udc00", {"a": [1.5]}])
def test_foreign_values_are_refused(value: object) -> None:
    """Types outside JSON, and numbers outside its exact range, are refused."""
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_a_loop_is_refused() -> None:
    """A value that contains itself raises NotCanonical instead of a recursion error."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotCanonical):
        canonical_json(loop)


def test_an_error_never_repeats_the_text() -> None:
    """An error and its causes contain nothing of the refused text."""
    with pytest.raises(NotCanonical) as caught:
        parse_canonical_json(b'{"secret": "he was here\xff"}')
    assert "here" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_base64url_vectors_hold() -> None:
    """Each byte string has one text; every other text is refused."""
    good, bad = VECTORS["base64url"]["good"], VECTORS["base64url"]["bad"]
    for case in good:
        assert (b64(bytes.fromhex(case["hex"])), unb64(case["text"]).hex()) == (case["text"], case["hex"])
    for text in bad:
        with pytest.raises(BadRequest):
            unb64(text)


@given(st.text(max_size=24))
def test_any_text_is_base64url_or_refused(text: str) -> None:
    """Any text gives bytes that encode to the same text, or BadRequest."""
    try:
        raw = unb64(text)
    except BadRequest:
        return
    assert b64(raw) == text


def test_id_vectors_hold() -> None:
    """An id is 16 bytes, or 22 characters in one spelling."""
    for case in VECTORS["ids"]["good"]:
        assert (id_text(bytes.fromhex(case["hex"])), parse_id(case["text"]).hex()) == (case["text"], case["hex"])
    for text in VECTORS["ids"]["bad"]:
        with pytest.raises(BadRequest):
            parse_id(text)
    with pytest.raises(BadRequest):
        id_text(bytes(15))
    assert len({new_id() for _ in range(100)}) == 100


def test_frame_vectors_hold() -> None:
    """Frames decode as they were encoded; missing and extra bytes are refused."""
    for case in VECTORS["frames"]["good"]:
        parts = [unb64(part) for part in case["parts"]]
        assert encode_frames(parts) == unb64(case["bytes"])
        assert decode_frames(unb64(case["bytes"])) == parts
    for case in VECTORS["frames"]["bad"]:
        with pytest.raises(BadRequest):
            decode_frames(unb64(case["bytes"]))


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=40), max_size=64), st.integers(0, 100))
def test_truncated_frames_are_refused_or_fewer(parts: list[bytes], cut: int) -> None:
    """Truncated frames are refused, or give only the first frames of the original."""
    raw = encode_frames(parts)
    assert decode_frames(raw) == parts
    try:
        fewer = decode_frames(raw[: max(0, len(raw) - cut)])
    except BadRequest:
        return
    assert fewer == parts[: len(fewer)]
