"""Vectors with keys: envelopes of both suites, parts, wraps, the device's store."""

import hashlib

from diary.crypto import file_parts, keys, slots
from diary.crypto.padding import pad_to, pad_version, part_count
from diary.crypto.sealing import SUITE_PUBLIC_KEY, EnvelopeKind, envelope_prefix
from diary.crypto.signing import public_point
from diary.encoding import b64, canonical_json
from tests.vectors.encoding_vectors import SIZES
from tests.vectors.reference import (
    fixed_bytes,
    patterned_bytes,
    reference_box,
    reference_envelope,
    seal_envelope_to_person,
)

Case = dict[str, object]
HEADER: dict[str, object] = {
    "diary": b64(fixed_bytes("diary", 16)),
    "part": "open",
    "record": b64(fixed_bytes("record", 16)),
    "t": "version",
    "version": b64(fixed_bytes("version", 16)),
}
OTHER_ID = b64(fixed_bytes("another", 16))
NOT_OPENED = {"code": "not_opened"}


def describe_bytes(raw: bytes) -> Case:
    """Return short bytes as b64, longer ones as length and SHA-256 (hex)."""
    digest: Case = {"length": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return digest if len(raw) > 1024 else digest | {"bytes": b64(raw)}


def plaintext_rule(length: int) -> Case:
    """Return a plaintext by its rule: byte i is (7i + 3) mod 256."""
    return {"length": length, "rule": "(7i+3)&255"}


def lengths_at_chunk_edges(start: int, end: int) -> list[int]:
    """Return lengths just before, at and after each chunk boundary of an envelope whose body starts at `start`."""
    edges = range(start + 56, end, 16_400)
    return sorted({edge + step for edge in edges for step in (-1, 0, 1, 16) if edge + step < end})


def refused_cases(start: int, end: int, flip_from: str) -> list[Case]:
    """Return operations on the case `three chunks`, with its body from `start` to `end`, after which it must not open."""
    first, size = start + 56, 16_400
    three: Case = {"of": "three chunks", **NOT_OPENED}
    cut = [
        three | {"name": f"cut to {n}", "ops": [["truncate", n]]}
        for n in (0, 1, 5, 6, start, *lengths_at_chunk_edges(start, end))
    ]
    swaps: list[Case] = [
        three | {"name": "chunks 0 and 1 swapped", "ops": [["swap", first, first + size, size]]},
        three | {"name": "chunk 1 twice", "ops": [["copy", first + size, first, size]]},
        three | {"name": "first chunk gone", "ops": [["remove", first, size]]},
        three | {"name": "middle chunk gone", "ops": [["remove", first + size, size]]},
        three | {"name": "one byte more", "ops": [["append", b64(b"\0")]]},
        three | {"name": "sixteen bytes more", "ops": [["append", b64(bytes(16))]]},
        three | {"name": "a whole chunk more", "ops": [["append_part", first, size]]},
        three | {"name": "salt of another", "ops": [["set", start, b64(fixed_bytes("other salt", 24))]]},
        three | {"name": "commitment of another", "ops": [["set", start + 24, b64(fixed_bytes("other salt", 32))]]},
    ]
    wrong_header_cases: list[Case] = [
        three | {"name": "another version asked for", "header": HEADER | {"version": OTHER_ID}},
        three | {"name": "another record asked for", "header": HEADER | {"record": OTHER_ID}},
        three | {"name": "another diary asked for", "header": HEADER | {"diary": OTHER_ID}},
        three | {"name": "the other part asked for", "header": HEADER | {"part": "restricted"}},
        three | {"name": "a field more asked for", "header": HEADER | {"more": 1}},
        three | {"name": "another kind asked for", "kind": 4},
        three | {"name": "kind changed and asked for", "kind": 4, "ops": [["set", 2, b64(b"\x04")]]},
        three | {"name": "suite changed", "ops": [["set", 1, b64(b"\x02")]]},
        three | {"name": "format changed", "ops": [["set", 0, b64(b"\xe2")]]},
        three | {"name": "reserved byte set", "ops": [["set", 3, b64(b"\x01")]]},
        three | {"name": "header length too long", "ops": [["set", 4, b64(b"\xff\xff")]]},
        three | {"name": "header length zero", "ops": [["set", 4, b64(b"\0\0")]]},
        three | {"name": "wrong key", "key": b64(fixed_bytes("wrong key", 32))},
    ]
    other_prefix = envelope_prefix(EnvelopeKind.VERSION, HEADER | {"record": OTHER_ID})
    grafted = three | {
        "name": "header of another record put in front, and asked for",
        "header": HEADER | {"record": OTHER_ID},
        "ops": [["set", 0, b64(other_prefix)]],
    }
    return [
        {"name": "every bit", "of": flip_from, "ops": [["every_bit"]], **NOT_OPENED},
        *cut,
        *swaps,
        *wrong_header_cases,
        grafted,
    ]


def envelope_vectors() -> Case:
    """Return envelopes.json."""
    key = fixed_bytes("envelope key", 32)
    cases: list[Case] = []
    for length in (*SIZES, 40_000):
        name = "three chunks" if length == 40_000 else f"{length} bytes"
        salt = fixed_bytes(f"envelope {length}", 24)
        sealed = reference_envelope(key, EnvelopeKind.VERSION, HEADER, patterned_bytes(length), salt)
        cases.append(
            {"name": name, "salt": b64(salt), "plaintext": plaintext_rule(length), "envelope": describe_bytes(sealed)}
        )
    for kind, header in headers_by_kind().items():
        salt = fixed_bytes(f"kind {kind}", 24)
        sealed = reference_envelope(key, kind, header, patterned_bytes(100), salt)
        case: Case = {"name": f"kind {kind.value}", "kind": kind.value, "header": header, "salt": b64(salt)}
        cases.append(case | {"plaintext": plaintext_rule(100), "envelope": describe_bytes(sealed)})
    start = len(envelope_prefix(EnvelopeKind.VERSION, HEADER))
    end = start + 56 + 40_000 + 3 * 16
    return {
        "about": "Envelope E1. A case has `kind` 1, the shared key and header unless it gives its own. Operations: "
        "set at bytes, truncate length, swap a b length, copy to from length, remove at length, append bytes, "
        "append_part at length, every_bit (each bit of the envelope flipped in turn).",
        "key": b64(key),
        "kind": EnvelopeKind.VERSION.value,
        "header": HEADER,
        "cases": cases,
        "refused": refused_cases(start, end, "1 bytes"),
        "longest_header": {"length": 4096, "accepted": True, "one_more": "not_canonical"},
        "to_a_person": person_envelope_cases(),
    }


def headers_by_kind() -> dict[EnvelopeKind, Case]:
    """Return a header for each kind of envelope that is not a version."""
    account, diary, blob = (b64(fixed_bytes(name, 16)) for name in ("account", "diary", "blob"))
    return {
        EnvelopeKind.FILE_PART: file_parts.part_header(diary, blob, 0, 1),
        EnvelopeKind.WRAP: keys.diary_wrap_header(account, diary, 1),
        EnvelopeKind.KEYSET: keys.keyset_header(account, 1, 1),
    }


def person_envelope_cases() -> Case:
    """Return suite 2 cases, which open with a private key."""
    scalar, wrong_scalar = fixed_bytes("recipient", 32), fixed_bytes("someone else", 32)
    header: Case = {"at": 1_790_000_000_000, "install": b64(fixed_bytes("install", 16)), "t": "capture"}
    cases: list[Case] = []
    for length in (0, 1, 16_384, 40_000):
        random_values = {
            name: fixed_bytes(f"{name} {length}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
        }
        sealed = seal_envelope_to_person(
            public_point(scalar), EnvelopeKind.CAPTURE, header, patterned_bytes(length), **random_values
        )
        envelope_description = (
            describe_bytes(sealed) | {"bytes": b64(sealed)} if length < 20_000 else describe_bytes(sealed)
        )
        cases.append(
            {
                "name": f"to a person, {length} bytes",
                "plaintext": plaintext_rule(length),
                "envelope": envelope_description,
                **{name: b64(value) for name, value in random_values.items()},
            }
        )
    start = len(envelope_prefix(EnvelopeKind.CAPTURE, header, SUITE_PUBLIC_KEY))
    refused_base: Case = {"of": "to a person, 1 bytes", **NOT_OPENED}
    return {
        "about": "info = kept/seal, zero byte, prefix. JavaScript opens these; only the reference can seal them alike.",
        "kind": EnvelopeKind.CAPTURE.value,
        "scalar": b64(scalar),
        "pub": b64(public_point(scalar)),
        "header": header,
        "cases": cases,
        "refused": [
            refused_base | {"name": "every bit", "ops": [["every_bit"]]},
            refused_base
            | {"name": "someone else's key", "scalar": b64(wrong_scalar), "pub": b64(public_point(wrong_scalar))},
            refused_base | {"name": "another time asked for", "header": header | {"at": 1_790_000_000_001}},
            refused_base | {"name": "kind changed and asked for", "kind": 1, "ops": [["set", 2, b64(b"\x01")]]},
            refused_base | {"name": "suite 1 said", "ops": [["set", 1, b64(b"\x01")]]},
            refused_base | {"name": "cut in enc", "ops": [["truncate", start + 64]]},
            refused_base | {"name": "cut after enc", "ops": [["truncate", start + 65]]},
            refused_base | {"name": "cut after the key", "ops": [["truncate", start + 113]]},
            refused_base | {"name": "point off the curve", "ops": [["set", start, b64(b"\x04" + bytes(64))]]},
        ],
    }


def part_vectors() -> Case:
    """Return parts.json."""
    key, diary, blob = fixed_bytes("blob key", 32), b64(fixed_bytes("diary", 16)), b64(fixed_bytes("blob", 16))
    files = []
    for size in (0, 1, 4095, 4096, 16_383, 16_384, 16_385, 1_032_191, 1_032_192, 1_032_193, 2_500_000):
        n, content = part_count(size), patterned_bytes(size)
        sealed = []
        for i, plaintext in enumerate(file_parts.padded_parts([content], size)):
            salt = fixed_bytes(f"part {size} {i}", 24)
            raw = reference_envelope(
                key, EnvelopeKind.FILE_PART, file_parts.part_header(diary, blob, i, n), plaintext, salt
            )
            sealed.append({"salt": b64(salt), "length": len(raw), "sha256": hashlib.sha256(raw).hexdigest()})
        file_digest = file_parts.parts_digest(bytes.fromhex(str(part["sha256"])) for part in sealed)
        files.append(
            {"size": size, "rule": "(7i+3)&255", "sha256": hashlib.sha256(content).hexdigest(), "parts": sealed}
            | {"sha512": hashlib.sha512(content).hexdigest(), "digest": b64(file_digest)}
        )
    header = file_parts.part_header(diary, blob, 0, 2)
    return {
        "about": "Files sealed part by part. `digest` is what `complete` is told.",
        "key": b64(key),
        "diary": diary,
        "blob": blob,
        "files": files,
        "refused_headers": [
            {"name": name, "size": 1_032_193, "part": 0, "header": header | change} | NOT_OPENED
            for name, change in (
                ("the other part", {"i": 1}),
                ("another number of parts", {"n": 3}),
                ("another file", {"blob": OTHER_ID}),
                ("another diary", {"diary": OTHER_ID}),
            )
        ],
        "refused_orders": [
            {"name": name, "size": 2_500_000, "order": order} | NOT_OPENED
            for name, order in (
                ("last missing", [0, 1]),
                ("first missing", [1, 2]),
                ("swapped", [1, 0, 2]),
                ("none", []),
            )
        ],
    }


def wrap_vectors() -> Case:
    """Return wraps.json."""
    account, diary, version = (b64(fixed_bytes(name, 16)) for name in ("account", "diary", "version"))
    opener, inner = fixed_bytes("opener", 32), fixed_bytes("inner", 32)
    kdf = {"alg": "argon2id", "login": "calm-river-7f3k", "m": 65_536, "origin": "https://notes.example", "p": 1}
    kdf |= {"salt": b64(fixed_bytes("kdf salt", 16)), "t": 3}
    headers = {
        "words": keys.words_wrap_header(account, 1, kdf),
        "code": keys.code_wrap_header(account, 1),
        "account": keys.diary_wrap_header(account, diary, 2),
        "open": keys.version_wrap_header(diary, version, "open", 1),
        "restricted": keys.version_wrap_header(diary, version, "restricted", 1),
    }
    cases: list[Case] = []
    for name, header in headers.items():
        salt = fixed_bytes(f"wrap {name}", 24)
        sealed = reference_envelope(opener, EnvelopeKind.WRAP, header, inner, salt)
        cases.append({"name": name, "header": header, "salt": b64(salt), "envelope": b64(sealed)})
    short = reference_envelope(opener, EnvelopeKind.WRAP, headers["code"], inner[:31], fixed_bytes("short", 24))
    expected: list[Case] = [
        {"name": "epoch before", "of": "account", "header": headers["account"] | {"epoch": 1}},
        {"name": "another diary", "of": "account", "header": headers["account"] | {"in": OTHER_ID}},
        {"name": "another account", "of": "account", "header": headers["account"] | {"by_id": OTHER_ID}},
        {"name": "restricted for open", "of": "restricted", "header": headers["open"]},
        {"name": "another version", "of": "open", "header": headers["open"] | {"wraps": f"open:{OTHER_ID}"}},
        {"name": "code for words", "of": "code", "header": headers["words"]},
        {"name": "weaker kdf in the header", "of": "words", "header": headers["words"] | {"kdf": kdf | {"t": 1}}},
        {"name": "wrong opener", "of": "code", "opener": b64(fixed_bytes("wrong", 32))},
        {"name": "a key of 31 bytes inside", "header": headers["code"], "envelope": b64(short)},
    ]
    return {
        "about": "Wraps (kind 3) under `opener`, each holding `key`; the keyset (kind 4) under the same opener.",
        "opener": b64(opener),
        "key": b64(inner),
        "account": account,
        "diary": diary,
        "version": version,
        "cases": cases,
        "refused": [case | NOT_OPENED for case in expected],
        "keyset": keyset_cases(opener, account),
    }


def keyset_cases(opener: bytes, account: str) -> Case:
    """Return the keyset, and one with a mismatched public key."""
    keyset = keys.Keyset(fixed_bytes("ecdsa scalar", 32), fixed_bytes("hpke scalar", 32))
    header = keys.keyset_header(account, 1, 3)
    plaintext = keyset.plaintext()
    altered_plaintext = plaintext.replace(
        b64(keyset.hpke_pub).encode(), b64(public_point(fixed_bytes("evil", 32))).encode()
    )
    salt = fixed_bytes("keyset", 24)
    return {
        "header": header,
        "plaintext": plaintext.decode(),
        "salt": b64(salt),
        "envelope": b64(reference_envelope(opener, EnvelopeKind.KEYSET, header, plaintext, salt)),
        "refused": [
            {
                "name": "a public key that is not its own",
                "envelope": b64(reference_envelope(opener, EnvelopeKind.KEYSET, header, altered_plaintext, salt)),
            }
            | NOT_OPENED,
            {
                "name": "not an object",
                "envelope": b64(reference_envelope(opener, EnvelopeKind.KEYSET, header, b"[]", salt)),
            }
            | NOT_OPENED,
            {"name": "empty", "envelope": b64(reference_envelope(opener, EnvelopeKind.KEYSET, header, b"{}", salt))}
            | NOT_OPENED,
        ],
    }


def store_vectors() -> Case:
    """Return store.json."""
    store_key, record = fixed_bytes("store key", 32), fixed_bytes("store record", 16)
    records: list[Case] = []
    for length in (0, 1, 4000, 16_384, 1_033_325):
        about: Case = {"k": "part", "n": length}
        text = canonical_json(about)
        plaintext = pad_version(len(text).to_bytes(2, "big") + text + patterned_bytes(length))
        salt = fixed_bytes(f"store {length}", 24)
        sealed = reference_box(store_key, b"kept/store\0" + record, plaintext, salt)
        records.append(
            {"about": about, "body": plaintext_rule(length), "salt": b64(salt), "sealed": describe_bytes(sealed)}
        )
    install, root = fixed_bytes("install", 16), fixed_bytes("root", 32)
    content: Case = {
        "account": b64(fixed_bytes("account", 16)),
        "login": "calm-river-7f3k",
        "pins": {"kdf_high": 196_608, "log": b64(fixed_bytes("log", 32)), "notary": b64(fixed_bytes("notary", 32))},
        "role": "diary",
        "store_key": b64(store_key),
    }
    slot_cases: list[Case] = []
    for place in range(slots.SLOT_COUNT):
        salt = fixed_bytes(f"slot {place}", 24)
        plaintext = pad_to(canonical_json(content), slots.SLOT_PLAINTEXT_BYTES)
        context, key = slots.slot_context(install, place), slots.slot_key(root, place)
        slot_cases.append(
            {"place": place, "salt": b64(salt), "slot": b64(reference_box(key, context, plaintext, salt))}
        )
    return {
        "about": "Records under the store key (context kept/store, zero byte, id) and slots (4a). `root` is ROOT_L; "
        "`notebook_key` is the notebook's store key.",
        "store_key": b64(store_key),
        "record": b64(record),
        "records": records,
        "refused": [
            {"name": "another id", "of": 1, "record": b64(fixed_bytes("x", 16))} | NOT_OPENED,
            {"name": "another key", "of": 1, "store_key": b64(fixed_bytes("y", 32))} | NOT_OPENED,
            {"name": "cut", "of": 1, "ops": [["truncate", 100]]} | NOT_OPENED,
            {"name": "one bit", "of": 1, "ops": [["flip", 800]]} | NOT_OPENED,
        ],
        "install": b64(install),
        "notebook_key": b64(slots.notebook_key(install)),
        "root": b64(root),
        "content": content,
        "slots": slot_cases,
        "slot_refused": [
            {"name": "another root", "root": b64(fixed_bytes("other root", 32)), "code": "no_match"},
            {"name": "another install", "install": b64(fixed_bytes("other install", 16)), "code": "no_match"},
            {"name": "slots in other places", "order": [1, 2, 3, 0], "code": "no_match"},
            {"name": "all random", "order": [], "code": "no_match"},
        ],
    }
