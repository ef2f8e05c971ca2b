"""Vectors without keys: encoding, padding, words."""

import hashlib
import json

from diary.crypto import padding, words
from diary.encoding import b64, canonical_json, encode_frames
from diary.paths import VENDOR
from tests.vectors import random_objects
from tests.vectors.reference import fixed_bytes

Cases = list[dict[str, object]]
SIZES = (0, 1, 16_383, 16_384, 16_385, 1_032_192)

NOT_CANONICAL: dict[str, bytes] = {
    "empty": b"",
    "space": b'{"a": 1}',
    "newline at the end": b'{"a":1}\n',
    "order": b'{"b":1,"a":2}',
    "key twice": b'{"a":1,"a":1}',
    "key twice, other spelling": b'{"a":1,"\\u0061":1}',
    "float": b'{"a":1.5}',
    "float that is whole": b"1.0",
    "exponent": b"1e3",
    "minus zero": b"-0",
    "leading zero": b"01",
    "plus": b"+1",
    "above 2^53-1": b"9007199254740992",
    "below -(2^53-1)": b"-9007199254740992",
    "very long number": b"1" * 60,
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "lone high surrogate": b'["\\ud800"]',
    "lone low surrogate": b'["\\udc00a"]',
    "surrogate as UTF-8": b'["\xed\xa0\x80"]',
    "broken UTF-8": b'["\xff"]',
    "overlong UTF-8": b'["\xc0\xaf"]',
    "raw control": b'["\x01"]',
    "escape that is not needed": b'["\\u0061"]',
    "escaped slash": b'["\\/"]',
    "upper-case hex": b'["\\u001F"]',
    "long form of newline": b'["\\u000a"]',
    "escaped pair": b'["\\ud83d\\ude00"]',
    "key 9": b'{"9":1}',
    "keys 9 and 10": b'{"10":1,"9":2}',
    "upper-case key": b'{"A":1}',
    "empty key": b'{"":1}',
    "key with a hyphen": b'{"a-b":1}',
    "key of 41": b'{"' + b"k" * 41 + b'":1}',
    "trailing comma": b"[1,]",
    "comment": b"[1/**/]",
    "single quotes": b"['a']",
    "two values": b"1 2",
    "cut off": b'{"a":',
    "unbalanced": b"[[]",
    "depth 17": b"[" * 17 + b"]" * 17,
    "depth 17 behind a string of brackets": b'["]]]]\\"]]",' + b"[" * 16 + b"]" * 16 + b"]",
    "literal in capitals": b"True",
    "undefined": b"undefined",
}


def invalid_text_case(raw: bytes | str, name: str, **extra: object) -> dict[str, object]:
    """Return bytes that a parser must refuse."""
    return {"name": name, "bytes": b64(raw if isinstance(raw, bytes) else raw.encode()), **extra}


def canonical_cases() -> Cases:
    """Return ordinary JSON texts, each with its canonical spelling."""
    text_by_name = {
        "space and order": '{ "b" : 1, "a" : [ true , false, null ] }',
        "empty things": '{"a":{},"b":[],"c":""}',
        "limits of numbers": "[9007199254740991,-9007199254740991,0,-1]",
        "escapes": '["\\u0000\\u0001\\u001f\\b\\t\\n\\f\\r\\"\\\\\\/"]',
        "not escaped": '["\\u007f\\u0080\\u2028\\u2029\\ufeff\\ud83d\\ude00\\u0627\\u062f"]',
        "no normalisation": '["e\\u0301","\\u00e9","\\ufb01"]',
        "code-unit order": '{"a_":1,"a":2,"a0":3,"_":4,"aa":5}',
        "__proto__ is an ordinary key and must not get lost": '{"__proto__":{"x":1},"a":2}',
        "constructor and friends": '{"constructor":1,"hasownproperty":2,"tostring":3}',
        "longest key": '{"%s":1}' % ("k" * 40),
        "depth 16": "[" * 16 + "]" * 16,
        "a scalar alone": '"x"',
    }
    return [
        {"name": name, "from": text, "canon": canonical_json(json.loads(text)).decode()}
        for name, text in text_by_name.items()
    ]


def refused_cases() -> Cases:
    """Return bytes that are not canonical JSON, by name; some by rule: prefix, repeated character, suffix."""
    code = {"code": "not_canonical"}
    ruled = [
        {"name": "very deep", "before": "", "repeat": "[", "times": 500_000, "after": ""},
        {"name": "very deep objects", "before": "", "repeat": '{"a":', "times": 100_000, "after": "1"},
        {"name": "one byte too large", "before": '"', "repeat": "a", "times": 1_048_575, "after": '"'},
        {"name": "quotes never closed", "before": "[" * 17, "repeat": '\\"', "times": 400_000, "after": ""},
    ]
    return [invalid_text_case(raw, name, **code) for name, raw in NOT_CANONICAL.items()] + [one | code for one in ruled]


def encoding_cases() -> dict[str, object]:
    """Return cases of base64url, ids and frames."""
    parts = [b"", b"a", fixed_bytes("frame", 300)]
    return {
        "base64url": {
            "good": [
                {"hex": raw.hex(), "text": b64(raw)} for raw in (b"", b"\0", b"\xff\xfe", b"\xfb\xff\xbf", bytes(16))
            ],
            "bad": ["A", "AA==", "AB", "AAB", "A+/A", "AA\n", " AA", "AA=", "ÄA", "AAAAA"],
            "code": "bad_request",
        },
        "ids": {
            "good": [
                {"hex": fixed_bytes(f"id {i}", 16).hex(), "text": b64(fixed_bytes(f"id {i}", 16))} for i in range(3)
            ],
            "bad": ["", b64(bytes(15)), b64(bytes(17)), "A" * 21 + "B", "A" * 21 + "=", "A" * 20 + "+A"],
            "code": "bad_request",
        },
        "frames": {
            "good": [
                {"parts": [], "bytes": ""},
                {"parts": [b64(part) for part in parts], "bytes": b64(encode_frames(parts))},
            ],
            "bad": [
                {"name": "length cut", "bytes": b64(b"\0\0")},
                {"name": "body cut", "bytes": b64(b"\0\0\0\x02a")},
                {"name": "left over", "bytes": b64(b"\0\0\0\x01ab")},
                {"name": "very long", "bytes": b64(b"\xff\xff\xff\xffa")},
                {"name": "65 frames", "bytes": b64(bytes(4) * 65)},
            ],
            "code": "bad_request",
        },
    }


def encoding_vectors() -> dict[str, object]:
    """Return encoding.json."""
    first, digest = random_objects.objects_digest()
    return {
        "about": "Canonical JSON, base64url, frames. `bytes` are b64; a rule is before, repeat x times, after.",
        "canonical": canonical_cases(),
        "accepted_by_rule": [{"name": "exactly 1 MiB", "before": '"', "repeat": "a", "times": 1_048_574, "after": '"'}],
        "refused": refused_cases(),
        "no_canonical_form": [
            {"name": "float", "json": "1.5", "code": "not_canonical"},
            {"name": "minus zero", "json": "-0.0", "code": "not_canonical"},
            {"name": "too large", "json": "9007199254740992", "code": "not_canonical"},
            {"name": "too small", "json": "-9007199254740992", "code": "not_canonical"},
            {"name": "key 9", "json": '{"9":1}', "code": "not_canonical"},
            {"name": "keys 9 and 10", "json": '{"9":1,"10":2}', "code": "not_canonical"},
            {"name": "upper-case key", "json": '{"aB":1}', "code": "not_canonical"},
            {"name": "lone surrogate", "json": '["a\\ud800"]', "code": "not_canonical"},
            {"name": "lone surrogate in a key", "json": '{"\\udfff":1}', "code": "not_canonical"},
            {"name": "depth 17", "json": "[" * 17 + "]" * 17, "code": "not_canonical"},
        ],
        "random": {
            "count": random_objects.COUNT,
            "seed": random_objects.SEED,
            "rule": "tests/vectors/random_objects.py; SHA-256 over canon(object) and a newline for each",
            "first": first,
            "sha256": digest,
        },
    } | encoding_cases()


def padding_vectors() -> dict[str, object]:
    """Return padding.json."""
    lengths = (2, 3, 9, 4095, 4096, 4097, 65_537, 100_000, 1_032_192, 1_032_193, 209_715_200)
    version = (*SIZES, 4095, 4096, 8191, 8192, 32_767, 65_535, 65_536)
    unpadded = (b"", b"\0", b"a", b"a\0\0", b"\x80a", b"\x81\0")
    return {
        "about": "Size classes of formats.md 3, and padding that must be refused.",
        "padme": [{"length": length, "size": padding.padme_size(length)} for length in lengths],
        "version": [{"length": length, "size": padding.padded_version_size(length)} for length in sorted(version)],
        "file": [
            {
                "size": size,
                "padded": padding.padded_file_size(size),
                "parts": -(-padding.padded_file_size(size) // 1_032_192),
            }
            for size in sorted((*SIZES, 4095, 4096, 1_032_191, 1_032_193, 209_715_200))
        ],
        "unpad": [
            {"padded": b64(raw + b"\x80" + bytes(zeros)), "plaintext": b64(raw)}
            for raw, zeros in ((b"", 0), (b"", 5), (b"a", 0), (b"a\x80", 3), (b"a\0\0", 2), (b"\x80\0", 1))
        ],
        "refused": [{"padded": b64(raw), "code": "not_opened"} for raw in unpadded],
    }


def word_vectors() -> dict[str, object]:
    """Return words.json."""
    valid_texts = [
        "cage candy arch gather drum buyer",
        "  cage\tcandy\u00a0 arch\r\ngather\u3000drum buyer\u2028",
        "Ｃａｇｅ ｃａｎｄｙ ａｒｃｈ",
        "ﬁnd the ofﬁce again",
        "Ångström cafe\u0301 größe",
        "میری ڈائری کھولو ابھی",
        "我的日记现在打开请马上快一点好",
        "\u200bzero width\ufeffmark",
        "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂",
        "123456789012",
    ]
    invalid_texts = {
        "eleven characters": "12345678901",
        "twelve with space around": "  1234567890  ",
        "many spaces": "a" + " " * 20 + "b",
        "empty": "",
        "assigned in Unicode 15 (U+1FAE8)": "cage candy arch \U0001fae8",
        "never assigned (U+0378)": "cage candy arch \u0378",
        "noncharacter (U+FFFF)": "cage candy arch \uffff",
        "lone surrogate": "cage candy arch \ud800",
    }
    suggestion = "cage candy arch gather drum buyer"
    typed_texts = [
        suggestion,
        suggestion.upper(),
        suggestion.replace(" ", ""),
        suggestion.title().replace(" ", ""),
        suggestion.replace(" ", "\u00a0"),
        " Cage  candyarch. Gather-drum, buyer. ",
        "ｃａｇｅ　ＣＡＮＤＹ arch gather drum buyer",
        # Two words that are also `canal arm` when they are written together.
        "canalarm arch gather drum buyer",
        "can alarmarchgatherdrumbuyer",
        "canalarmarchgatherdrumbuyer",
        "cage candy arch gather drum",
        f"{suggestion} cage",
        f"{suggestion}s",
        f"{suggestion} 7",
        "ca ge candy arch gather drum buyer",
        "my own words, which nobody suggested",
        "żółw na wysokiej górze czeka",
        "274913",
        "",
    ]
    return {
        "about": "Words as they go into Argon2id, and the recovery code in both spellings.",
        "list_sha256": hashlib.sha256((VENDOR / "words-en.txt").read_bytes()).hexdigest(),
        "normalise": [{"text": typed_text, "words": words.normalise(typed_text)} for typed_text in valid_texts],
        "refused": [
            {"name": name, "text": typed_text, "code": "bad_request"} for name, typed_text in invalid_texts.items()
        ],
        "listed": [{"text": typed_text, "words": words.find_listed_words(typed_text)} for typed_text in typed_texts],
    } | recovery_code_cases()


def recovery_code_cases() -> dict[str, object]:
    """Return recovery codes: both spellings, ways of typing them, and typing errors."""
    codes = [bytes(16), bytes([255]) * 16, bytes(range(16)), fixed_bytes("code", 16)]
    text, code_words = words.format_code_as_text(codes[3]), words.format_code_as_words(codes[3])
    typed = (text.lower(), text.replace("-", ""), f" {text.replace('-', ' ')} ", code_words.upper(), f"\n{code_words} ")
    return {
        "codes": [
            {
                "code": code_bytes.hex(),
                "words": words.format_code_as_words(code_bytes),
                "text": words.format_code_as_text(code_bytes),
            }
            for code_bytes in codes
        ],
        "read": [{"text": spelling, "code": codes[3].hex()} for spelling in typed]
        + [{"text": words.format_code_as_text(codes[0]).replace("0", "o"), "code": codes[0].hex()}]
        + [{"text": words.format_code_as_text(codes[2]).replace("1", "l"), "code": codes[2].hex()}],
        "unreadable": [
            {"name": name, "text": spelling, "code": "bad_request"}
            for name, spelling in {
                "empty": "",
                "one character wrong": ("0" if text[0] != "0" else "1") + text[1:],
                "one short": text[:-1],
                "one too many": text + "0",
                "two changed over": text[1] + text[0] + text[2:],
                "check character wrong": text[:-1] + ("0" if text[-1] != "0" else "1"),
                "a U": "U" + text[1:],
                "first two words changed over": " ".join(
                    [code_words.split()[1], code_words.split()[0], *code_words.split()[2:]]
                ),
                "eleven words": " ".join(code_words.split()[:11]),
                "a word of no list": " ".join([*code_words.split()[:11], "zzzz"]),
            }.items()
        ],
    }
