"""Vectors with keys: envelopes of both suites, parts, wraps, the device's store."""

import hashlib

from diary.crypto import file_parts, keys, slots
from diary.crypto.padding import pad_to, pad_version
from diary.crypto.sealing import SUITE_PERSON, Kind, prefix
from diary.crypto.signing import point_of
from diary.encoding import b64, canon
from tests.vectors.plain import SIZES
from tests.vectors.reference import box, envelope, envelope_to, fixed, patterned

Case = dict[str, object]
HEADER: dict[str, object] = {
    "diary": b64(fixed("diary", 16)),
    "part": "open",
    "record": b64(fixed("record", 16)),
    "t": "version",
    "version": b64(fixed("version", 16)),
}
OTHER = b64(fixed("another", 16))
REFUSED = {"code": "not_opened"}


def told(raw: bytes) -> Case:
    """Bytes as b64 where they are short, else as length and SHA-256 (hex)."""
    digest: Case = {"length": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return digest if len(raw) > 1024 else digest | {"bytes": b64(raw)}


def plaintext_of(length: int) -> Case:
    """A plaintext by its rule: byte i is (7i + 3) mod 256."""
    return {"length": length, "rule": "(7i+3)&255"}


def _edges(start: int, end: int) -> list[int]:
    """Lengths just before, at and after the edge of each chunk of an envelope whose body starts at `start`."""
    edges = range(start + 56, end, 16_400)
    return sorted({edge + step for edge in edges for step in (-1, 0, 1, 16) if edge + step < end})


def _refusals(start: int, end: int, flip_from: str) -> list[Case]:
    """What must not open, as operations on the case `three chunks`, whose body runs from `start` to `end`."""
    first, size = start + 56, 16_400
    three = {"of": "three chunks"} | REFUSED
    cut = [three | {"name": f"cut to {n}", "ops": [["truncate", n]]} for n in (0, 1, 5, 6, start, *_edges(start, end))]
    swaps: list[Case] = [
        three | {"name": "chunks 0 and 1 swapped", "ops": [["swap", first, first + size, size]]},
        three | {"name": "chunk 1 twice", "ops": [["copy", first + size, first, size]]},
        three | {"name": "first chunk gone", "ops": [["remove", first, size]]},
        three | {"name": "middle chunk gone", "ops": [["remove", first + size, size]]},
        three | {"name": "one byte more", "ops": [["append", b64(b"\0")]]},
        three | {"name": "sixteen bytes more", "ops": [["append", b64(bytes(16))]]},
        three | {"name": "a whole chunk more", "ops": [["append_part", first, size]]},
        three | {"name": "salt of another", "ops": [["set", start, b64(fixed("other salt", 24))]]},
        three | {"name": "commitment of another", "ops": [["set", start + 24, b64(fixed("other salt", 32))]]},
    ]
    asked: list[Case] = [
        three | {"name": "another version asked for", "header": HEADER | {"version": OTHER}},
        three | {"name": "another record asked for", "header": HEADER | {"record": OTHER}},
        three | {"name": "another diary asked for", "header": HEADER | {"diary": OTHER}},
        three | {"name": "the other part asked for", "header": HEADER | {"part": "restricted"}},
        three | {"name": "a field more asked for", "header": HEADER | {"more": 1}},
        three | {"name": "another kind asked for", "kind": 4},
        three | {"name": "kind changed and asked for", "kind": 4, "ops": [["set", 2, b64(b"\x04")]]},
        three | {"name": "suite changed", "ops": [["set", 1, b64(b"\x02")]]},
        three | {"name": "format changed", "ops": [["set", 0, b64(b"\xe2")]]},
        three | {"name": "reserved byte set", "ops": [["set", 3, b64(b"\x01")]]},
        three | {"name": "header length too long", "ops": [["set", 4, b64(b"\xff\xff")]]},
        three | {"name": "header length zero", "ops": [["set", 4, b64(b"\0\0")]]},
        three | {"name": "wrong key", "key": b64(fixed("wrong key", 32))},
    ]
    moved = prefix(Kind.VERSION, HEADER | {"record": OTHER})
    grafted = three | {
        "name": "header of another record put in front, and asked for",
        "header": HEADER | {"record": OTHER},
        "ops": [["set", 0, b64(moved)]],
    }
    return [{"name": "every bit", "of": flip_from, "ops": [["every_bit"]]} | REFUSED, *cut, *swaps, *asked, grafted]


def envelopes() -> Case:
    """envelopes.json."""
    key = fixed("envelope key", 32)
    cases: list[Case] = []
    for length in (*SIZES, 40_000):
        name = "three chunks" if length == 40_000 else f"{length} bytes"
        salt = fixed(f"envelope {length}", 24)
        sealed = envelope(key, Kind.VERSION, HEADER, patterned(length), salt)
        cases.append({"name": name, "salt": b64(salt), "plaintext": plaintext_of(length), "envelope": told(sealed)})
    for kind, header in _kinds().items():
        salt = fixed(f"kind {kind}", 24)
        sealed = envelope(key, kind, header, patterned(100), salt)
        case: Case = {"name": f"kind {kind.value}", "kind": kind.value, "header": header, "salt": b64(salt)}
        cases.append(case | {"plaintext": plaintext_of(100), "envelope": told(sealed)})
    start = len(prefix(Kind.VERSION, HEADER))
    end = start + 56 + 40_000 + 3 * 16
    return {
        "about": "Envelope E1. A case has `kind` 1, the shared key and header unless it gives its own. Operations: "
        "set at bytes, truncate length, swap a b length, copy to from length, remove at length, append bytes, "
        "append_part at length, every_bit (each bit of the envelope flipped in turn).",
        "key": b64(key),
        "kind": Kind.VERSION.value,
        "header": HEADER,
        "cases": cases,
        "refused": _refusals(start, end, "1 bytes"),
        "longest_header": {"length": 4096, "accepted": True, "one_more": "not_canonical"},
        "to_a_person": _to_a_person(),
    }


def _kinds() -> dict[Kind, Case]:
    """A header for each kind of envelope that is not a version."""
    account, diary, blob = (b64(fixed(name, 16)) for name in ("account", "diary", "blob"))
    return {
        Kind.PART: file_parts.part_header(diary, blob, 0, 1),
        Kind.WRAP: keys.diary_header(account, diary, 1),
        Kind.KEYSET: keys.keyset_header(account, 1, 1),
    }


def _to_a_person() -> Case:
    """Suite 2: what the holder of a scalar can open."""
    scalar, wrong = fixed("recipient", 32), fixed("someone else", 32)
    header: Case = {"at": 1_790_000_000_000, "install": b64(fixed("install", 16)), "t": "capture"}
    cases: list[Case] = []
    for length in (0, 1, 16_384, 40_000):
        given = {name: fixed(f"{name} {length}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))}
        sealed = envelope_to(point_of(scalar), Kind.CAPTURE, header, patterned(length), **given)
        whole = told(sealed) | {"bytes": b64(sealed)} if length < 20_000 else told(sealed)
        cases.append(
            {"name": f"to a person, {length} bytes", "plaintext": plaintext_of(length), "envelope": whole}
            | {name: b64(value) for name, value in given.items()}
        )
    start = len(prefix(Kind.CAPTURE, header, SUITE_PERSON))
    one: Case = {"of": "to a person, 1 bytes"} | REFUSED
    return {
        "about": "info = kept/seal, zero byte, prefix. JavaScript opens these; only the reference can seal them alike.",
        "kind": Kind.CAPTURE.value,
        "scalar": b64(scalar),
        "pub": b64(point_of(scalar)),
        "header": header,
        "cases": cases,
        "refused": [
            one | {"name": "every bit", "ops": [["every_bit"]]},
            one | {"name": "someone else's key", "scalar": b64(wrong), "pub": b64(point_of(wrong))},
            one | {"name": "another time asked for", "header": header | {"at": 1_790_000_000_001}},
            one | {"name": "kind changed and asked for", "kind": 1, "ops": [["set", 2, b64(b"\x01")]]},
            one | {"name": "suite 1 said", "ops": [["set", 1, b64(b"\x01")]]},
            one | {"name": "cut in enc", "ops": [["truncate", start + 64]]},
            one | {"name": "cut after enc", "ops": [["truncate", start + 65]]},
            one | {"name": "cut after the key", "ops": [["truncate", start + 113]]},
            one | {"name": "point off the curve", "ops": [["set", start, b64(b"\x04" + bytes(64))]]},
        ],
    }


def blob_parts() -> Case:
    """parts.json."""
    key, diary, blob = fixed("blob key", 32), b64(fixed("diary", 16)), b64(fixed("blob", 16))
    files = []
    for size in (0, 1, 4095, 4096, 16_383, 16_384, 16_385, 1_032_191, 1_032_192, 1_032_193, 2_500_000):
        n, content = file_parts.part_count(size), patterned(size)
        sealed = []
        for i, plaintext in enumerate(file_parts.padded_parts([content], size)):
            salt = fixed(f"part {size} {i}", 24)
            raw = envelope(key, Kind.PART, file_parts.part_header(diary, blob, i, n), plaintext, salt)
            sealed.append({"salt": b64(salt), "length": len(raw), "sha256": hashlib.sha256(raw).hexdigest()})
        whole = file_parts.parts_digest(bytes.fromhex(str(part["sha256"])) for part in sealed)
        files.append(
            {"size": size, "rule": "(7i+3)&255", "sha256": hashlib.sha256(content).hexdigest(), "parts": sealed}
            | {"sha512": hashlib.sha512(content).hexdigest(), "digest": b64(whole)}
        )
    header = file_parts.part_header(diary, blob, 0, 2)
    return {
        "about": "Files sealed part by part. `digest` is what `complete` is told.",
        "key": b64(key),
        "diary": diary,
        "blob": blob,
        "files": files,
        "refused_headers": [
            {"name": name, "size": 1_032_193, "part": 0, "header": header | change} | REFUSED
            for name, change in (
                ("the other part", {"i": 1}),
                ("another number of parts", {"n": 3}),
                ("another file", {"blob": OTHER}),
                ("another diary", {"diary": OTHER}),
            )
        ],
        "refused_orders": [
            {"name": name, "size": 2_500_000, "order": order} | REFUSED
            for name, order in (
                ("last missing", [0, 1]),
                ("first missing", [1, 2]),
                ("swapped", [1, 0, 2]),
                ("none", []),
            )
        ],
    }


def wraps() -> Case:
    """wraps.json."""
    account, diary, version = (b64(fixed(name, 16)) for name in ("account", "diary", "version"))
    opener, inner = fixed("opener", 32), fixed("inner", 32)
    kdf = {"alg": "argon2id", "login": "calm-river-7f3k", "m": 65_536, "origin": "https://notes.example", "p": 1}
    kdf |= {"salt": b64(fixed("kdf salt", 16)), "t": 3}
    headers = {
        "words": keys.words_header(account, 1, kdf),
        "code": keys.code_header(account, 1),
        "account": keys.diary_header(account, diary, 2),
        "open": keys.version_header(diary, version, "open", 1),
        "restricted": keys.version_header(diary, version, "restricted", 1),
    }
    cases: list[Case] = []
    for name, header in headers.items():
        salt = fixed(f"wrap {name}", 24)
        sealed = envelope(opener, Kind.WRAP, header, inner, salt)
        cases.append({"name": name, "header": header, "salt": b64(salt), "envelope": b64(sealed)})
    short = envelope(opener, Kind.WRAP, headers["code"], inner[:31], fixed("short", 24))
    expected: list[Case] = [
        {"name": "epoch before", "of": "account", "header": headers["account"] | {"epoch": 1}},
        {"name": "another diary", "of": "account", "header": headers["account"] | {"in": OTHER}},
        {"name": "another account", "of": "account", "header": headers["account"] | {"by_id": OTHER}},
        {"name": "restricted for open", "of": "restricted", "header": headers["open"]},
        {"name": "another version", "of": "open", "header": headers["open"] | {"wraps": f"open:{OTHER}"}},
        {"name": "code for words", "of": "code", "header": headers["words"]},
        {"name": "weaker kdf in the header", "of": "words", "header": headers["words"] | {"kdf": kdf | {"t": 1}}},
        {"name": "wrong opener", "of": "code", "opener": b64(fixed("wrong", 32))},
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
        "refused": [case | REFUSED for case in expected],
        "keyset": _keyset(opener, account),
    }


def _keyset(opener: bytes, account: str) -> Case:
    """The keyset, and one whose public key is not its own."""
    keyset = keys.Keyset(fixed("ecdsa scalar", 32), fixed("hpke scalar", 32))
    header = keys.keyset_header(account, 1, 3)
    plaintext = keyset.plaintext()
    swapped = plaintext.replace(b64(keyset.hpke_pub).encode(), b64(point_of(fixed("evil", 32))).encode())
    salt = fixed("keyset", 24)
    return {
        "header": header,
        "plaintext": plaintext.decode(),
        "salt": b64(salt),
        "envelope": b64(envelope(opener, Kind.KEYSET, header, plaintext, salt)),
        "refused": [
            {
                "name": "a public key that is not its own",
                "envelope": b64(envelope(opener, Kind.KEYSET, header, swapped, salt)),
            }
            | REFUSED,
            {"name": "not an object", "envelope": b64(envelope(opener, Kind.KEYSET, header, b"[]", salt))} | REFUSED,
            {"name": "empty", "envelope": b64(envelope(opener, Kind.KEYSET, header, b"{}", salt))} | REFUSED,
        ],
    }


def store() -> Case:
    """store.json."""
    store_key, record = fixed("store key", 32), fixed("store record", 16)
    records: list[Case] = []
    for length in (0, 1, 4000, 16_384, 1_033_325):
        about: Case = {"k": "part", "n": length}
        text = canon(about)
        plaintext = pad_version(len(text).to_bytes(2, "big") + text + patterned(length))
        salt = fixed(f"store {length}", 24)
        sealed = box(store_key, b"kept/store\0" + record, plaintext, salt)
        records.append({"about": about, "body": plaintext_of(length), "salt": b64(salt), "sealed": told(sealed)})
    install, root = fixed("install", 16), fixed("root", 32)
    content: Case = {
        "account": b64(fixed("account", 16)),
        "login": "calm-river-7f3k",
        "pins": {"kdf_high": 196_608, "log": b64(fixed("log", 32)), "notary": b64(fixed("notary", 32))},
        "role": "diary",
        "store_key": b64(store_key),
    }
    made: list[Case] = []
    for place in range(slots.SLOTS):
        salt = fixed(f"slot {place}", 24)
        plaintext = pad_to(canon(content), slots.SLOT_PLAINTEXT_BYTES)
        context, key = slots.slot_context(install, place), slots.slot_key(root, place)
        made.append({"place": place, "salt": b64(salt), "slot": b64(box(key, context, plaintext, salt))})
    return {
        "about": "Records under the store key (context kept/store, zero byte, id) and slots (4a). `root` is ROOT_L; "
        "`notebook_key` is the notebook's store key.",
        "store_key": b64(store_key),
        "record": b64(record),
        "records": records,
        "refused": [
            {"name": "another id", "of": 1, "record": b64(fixed("x", 16))} | REFUSED,
            {"name": "another key", "of": 1, "store_key": b64(fixed("y", 32))} | REFUSED,
            {"name": "cut", "of": 1, "ops": [["truncate", 100]]} | REFUSED,
            {"name": "one bit", "of": 1, "ops": [["flip", 800]]} | REFUSED,
        ],
        "install": b64(install),
        "notebook_key": b64(slots.notebook_key(install)),
        "root": b64(root),
        "content": content,
        "slots": made,
        "slot_refused": [
            {"name": "another root", "root": b64(fixed("other root", 32)), "code": "no_match"},
            {"name": "another install", "install": b64(fixed("other install", 16)), "code": "no_match"},
            {"name": "slots in other places", "order": [1, 2, 3, 0], "code": "no_match"},
            {"name": "all random", "order": [], "code": "no_match"},
        ],
    }
