"""Canonical JSON, base64url, ids, frames, padding, words: any bytes and any text give the same result."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import handover, padding, words
from diary.encoding import MAX_INTEGER, b64, canonical_json, decode_frames, encode_frames, parse_canonical_json, unb64
from diary.ids import parse_id
from tests.both.node_process import NodeProcess, assert_same_answer, hypothesis_settings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True) | st.sampled_from(["constructor", "__proto__", "a" * 40])
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
# JSON without a canonical form, or not in its canonical spelling.
ODD_JSON_TEXTS = st.sampled_from(
    [
        "1.0",
        "1e3",
        "-0",
        "9007199254740992",
        "-9007199254740992",
        '"\\u0041"',
        '"\\ud800"',
        '{"B":1}',
        '{"b":1,"a":2}',
        "[1, 2]",
        '{"a":1,"a":1}',
        "NaN",
        "01",
        '"\\/"',
        "\ufeff1",
        '{"":1}',
        '["\x7f"]',
        '"\u2028"',
        "1 ",
        "[" * 17 + "]" * 17,
        "[" * 16 + "]" * 16,
    ]
)
BYTE_CHANGES = st.tuples(
    st.integers(0, 60),
    st.sampled_from([b"", b"\xff", b'"', b"[", b"{", b"0", b",", b" ", b"\\", b"\xed\xa0\x80", b"\xc0\x80"]),
)


def with_byte_replaced(raw: bytes, change: tuple[int, bytes]) -> bytes:
    """Return the bytes with one byte replaced."""
    index, replacement = change
    return raw[:index] + replacement + raw[index + 1 :]


def test_canonical_json_agrees(browser_code: NodeProcess, example_count: int) -> None:
    """Canonical, almost canonical and other bytes: both accept the same, and write it back identically."""

    @hypothesis_settings(example_count)
    @given(
        VALUES.map(canonical_json)
        | ODD_JSON_TEXTS.map(str.encode)
        | st.tuples(VALUES.map(canonical_json), BYTE_CHANGES).map(lambda told: with_byte_replaced(*told))
        | st.binary(max_size=20)
    )
    def compare(raw: bytes) -> None:
        assert_same_answer(browser_code, "again", raw.hex(), lambda: canonical_json(parse_canonical_json(raw)).hex())

    compare()


def test_ordinary_json_is_read_alike(browser_code: NodeProcess, example_count: int) -> None:
    """JSON in the usual spellings of other writers is read the same."""

    @hypothesis_settings(example_count)
    @given(
        VALUES,
        st.sampled_from([{}, {"indent": 1}, {"sort_keys": True}, {"separators": (",", ":")}, {"ensure_ascii": False}]),
    )
    def compare(value: Any, how: dict[str, Any]) -> None:
        raw = json.dumps(value, **how).encode()
        assert_same_answer(browser_code, "again", raw.hex(), lambda: canonical_json(parse_canonical_json(raw)).hex())

    compare()


def test_base64url_and_ids_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Bytes encode to the same text, and any text decodes to the same bytes or is refused by both."""
    typed = (
        st.text(st.sampled_from("AQgwBZaz09-_+/= \n\x00é\u212a"), max_size=24)
        | st.text(max_size=8)
        | st.binary(max_size=17).map(b64)
    )

    @hypothesis_settings(example_count)
    @given(st.binary(max_size=40), typed)
    def compare(raw: bytes, text: str) -> None:
        assert_same_answer(browser_code, "b64", raw.hex(), lambda: b64(raw))
        assert_same_answer(browser_code, "unb64", text, lambda: unb64(text).hex())
        assert_same_answer(browser_code, "id", text, lambda: parse_id(text).hex())

    compare()


def test_frames_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Complete frames, truncated ones, and frames with a wrong length are read the same."""
    valid_frames = st.lists(st.binary(max_size=6), max_size=6).map(encode_frames)
    changed_frames = st.tuples(valid_frames, BYTE_CHANGES).map(lambda told: with_byte_replaced(*told))

    @hypothesis_settings(example_count)
    @given(
        st.lists(st.binary(max_size=6), max_size=5),
        valid_frames | changed_frames | st.binary(max_size=12) | st.just(encode_frames([b""] * 65)),
    )
    def compare(parts: list[bytes], raw: bytes) -> None:
        assert_same_answer(browser_code, "frames", [part.hex() for part in parts], lambda: encode_frames(parts).hex())
        assert_same_answer(browser_code, "read_frames", raw.hex(), lambda: [part.hex() for part in decode_frames(raw)])

    compare()


def test_padding_agrees(browser_code: NodeProcess, example_count: int) -> None:
    """Padding gives the same bytes, and unpadding any bytes the same result."""

    @hypothesis_settings(example_count)
    @given(
        st.binary(max_size=300),
        st.binary(max_size=20).map(lambda raw: raw + b"\x80" + bytes(3)) | st.binary(max_size=20),
    )
    def compare(plain: bytes, padded: bytes) -> None:
        assert_same_answer(browser_code, "pad", plain.hex(), lambda: padding.pad_version(plain).hex())
        assert_same_answer(browser_code, "unpad", padded.hex(), lambda: padding.unpad(padded).hex())

    compare()


def test_typed_words_are_normalised_alike(browser_code: NodeProcess, example_count: int) -> None:
    """Words in any script and with any spaces, handover words and recovery codes are read or refused the same."""
    spaces = st.sampled_from(
        [
            " ",
            "  ",
            "\t",
            "\n",
            "\u00a0",
            "\u2003",
            "\u3000",
            "\u200b",
            "\ufeff",
            "\x1c",
            "\x85",
            ",",
            ", ",
            "\u2028",
            "\u180e",
        ]
    )
    listed = st.sampled_from(words.word_list())
    eight = st.binary(min_size=11, max_size=11).map(handover.encode_words)
    cases: list[Callable[[str], str]] = [str, str.upper, str.title]
    spoken = st.tuples(eight, spaces, st.sampled_from(cases)).map(lambda told: told[2](told[0].replace(" ", told[1])))
    six = st.tuples(
        st.lists(st.tuples(listed, spaces | st.just("")).map("".join), min_size=6, max_size=6).map("".join),
        st.sampled_from(cases),
    ).map(lambda told: told[1](told[0]))
    some = st.tuples(st.lists(listed | st.text(max_size=3), min_size=6, max_size=12), spaces).map(
        lambda told: told[1].join(told[0])
    )
    sheet = st.binary(min_size=16, max_size=16).flatmap(
        lambda code: st.tuples(
            st.sampled_from(
                [
                    words.format_code_as_words(code),
                    words.format_code_as_text(code),
                    words.format_code_as_text(code).lower(),
                ]
            ),
            spaces,
        )
    )
    codes = sheet.map(lambda told: told[0].replace(" ", told[1]).replace("-", told[1]))
    long = st.tuples(codes, st.sampled_from([300, 400])).map(lambda told: told[0] + " " * told[1])
    any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=20)

    @hypothesis_settings(example_count)
    @given(spoken | six | some | codes | long | any_text | st.tuples(any_text, spaces, any_text).map("".join))
    def compare(text: str) -> None:
        assert_same_answer(browser_code, "normalise", text, lambda: words.normalise(text))
        assert_same_answer(browser_code, "listed", text, lambda: words.find_listed_words(text))
        assert_same_answer(browser_code, "handover_words", text, lambda: handover.parse_words(text))
        assert_same_answer(browser_code, "code", text, lambda: words.parse_code(text).hex())

    compare()
