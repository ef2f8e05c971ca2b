"""Canonical JSON, base64url, ids, frames, padding, words: any bytes and any text."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import handover, padding, words
from diary.encoding import INTEGER_LIMIT, b64, canon, frames, parse, read_frames, unb64
from diary.ids import parse_id
from tests.both.asking import Node, agree, drawn

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True) | st.sampled_from(["constructor", "__proto__", "a" * 40])
SCALARS = st.none() | st.booleans() | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
# What JSON can say and has no canonical form, or is not spelt so.
ODD = st.sampled_from(
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
CUTS = st.tuples(
    st.integers(0, 60),
    st.sampled_from([b"", b"\xff", b'"', b"[", b"{", b"0", b",", b" ", b"\\", b"\xed\xa0\x80", b"\xc0\x80"]),
)


def mangled(raw: bytes, cut: tuple[int, bytes]) -> bytes:
    """The bytes with something put in the place of one."""
    at, inside = cut
    return raw[:at] + inside + raw[at + 1 :]


def test_canonical_json(page: Node, examples: int) -> None:
    """Bytes that are canonical, nearly, or not at all: the same are taken, and written again the same."""

    @drawn(examples)
    @given(
        VALUES.map(canon)
        | ODD.map(str.encode)
        | st.tuples(VALUES.map(canon), CUTS).map(lambda told: mangled(*told))
        | st.binary(max_size=20)
    )
    def one(raw: bytes) -> None:
        agree(page, "again", raw.hex(), lambda: canon(parse(raw)).hex())

    one()


def test_json_as_anybody_writes_it(page: Node, examples: int) -> None:
    """The usual spellings of other writers."""

    @drawn(examples)
    @given(
        VALUES,
        st.sampled_from([{}, {"indent": 1}, {"sort_keys": True}, {"separators": (",", ":")}, {"ensure_ascii": False}]),
    )
    def one(value: Any, how: dict[str, Any]) -> None:
        raw = json.dumps(value, **how).encode()
        agree(page, "again", raw.hex(), lambda: canon(parse(raw)).hex())

    one()


def test_base64url_and_ids(page: Node, examples: int) -> None:
    """Bytes to text, and any text to bytes or a refusal."""
    typed = (
        st.text(st.sampled_from("AQgwBZaz09-_+/= \n\x00é\u212a"), max_size=24)
        | st.text(max_size=8)
        | st.binary(max_size=17).map(b64)
    )

    @drawn(examples)
    @given(st.binary(max_size=40), typed)
    def one(raw: bytes, text: str) -> None:
        agree(page, "b64", raw.hex(), lambda: b64(raw))
        agree(page, "unb64", text, lambda: unb64(text).hex())
        agree(page, "id", text, lambda: parse_id(text).hex())

    one()


def test_frames(page: Node, examples: int) -> None:
    """Whole, cut short, with a length that lies."""
    whole = st.lists(st.binary(max_size=6), max_size=6).map(frames)
    bent = st.tuples(whole, CUTS).map(lambda told: mangled(*told))

    @drawn(examples)
    @given(
        st.lists(st.binary(max_size=6), max_size=5), whole | bent | st.binary(max_size=12) | st.just(frames([b""] * 65))
    )
    def one(parts: list[bytes], raw: bytes) -> None:
        agree(page, "frames", [part.hex() for part in parts], lambda: frames(parts).hex())
        agree(page, "read_frames", raw.hex(), lambda: [part.hex() for part in read_frames(raw)])

    one()


def test_padding(page: Node, examples: int) -> None:
    """Padded, and unpadded whatever it is."""

    @drawn(examples)
    @given(
        st.binary(max_size=300),
        st.binary(max_size=20).map(lambda raw: raw + b"\x80" + bytes(3)) | st.binary(max_size=20),
    )
    def one(plain: bytes, padded: bytes) -> None:
        agree(page, "pad", plain.hex(), lambda: padding.pad_version(plain).hex())
        agree(page, "unpad", padded.hex(), lambda: padding.unpad(padded).hex())

    one()


def test_words_as_they_are_typed(page: Node, examples: int) -> None:
    """Words of any script, with any spaces; the eight words and the code of the sheet, right and wrong."""
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
    eight = st.binary(min_size=11, max_size=11).map(handover.words_of)
    spoken = st.tuples(eight, spaces, st.sampled_from([str, str.upper, str.title])).map(
        lambda told: told[2](told[0].replace(" ", told[1]))
    )
    some = st.tuples(st.lists(listed | st.text(max_size=3), min_size=6, max_size=12), spaces).map(
        lambda told: told[1].join(told[0])
    )
    sheet = st.binary(min_size=16, max_size=16).flatmap(
        lambda code: st.tuples(
            st.sampled_from([words.code_words(code), words.code_text(code), words.code_text(code).lower()]), spaces
        )
    )
    codes = sheet.map(lambda told: told[0].replace(" ", told[1]).replace("-", told[1]))
    long = st.tuples(codes, st.sampled_from([300, 400])).map(lambda told: told[0] + " " * told[1])
    any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=20)

    @drawn(examples)
    @given(spoken | some | codes | long | any_text | st.tuples(any_text, spaces, any_text).map("".join))
    def one(text: str) -> None:
        agree(page, "normalise", text, lambda: words.normalise(text))
        agree(page, "handover_words", text, lambda: handover.read_words(text))
        agree(page, "code", text, lambda: words.read_code(text).hex())

    one()
