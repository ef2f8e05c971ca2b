"""versions.json and receipts.json: commitments, signatures, pushes and answers."""

import hashlib
from typing import Any

from diary.crypto import keys
from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner, Ed25519Signer
from diary.encoding import b64, canonical_json, encode_frames
from diary.ledger import commitments, heads, leaves, push, receipts, versions
from diary.ledger.commitments import FieldNames
from tests.vectors.reference import fixed_bytes, reference_envelope

Case = dict[str, object]
NAMES = FieldNames(
    open=("title", "narrative", "occurred", "kinds", "place", "attachments"),
    restricted=("place_detail", "device_notes"),
)
AUTHOR_KEY = AuthorSigner(fixed_bytes("ecdsa scalar", 32))
NOTARY_KEY = Ed25519Signer(fixed_bytes("notary seed", 32))
DIARY_KEY = fixed_bytes("diary key", 32)
DIARY_ID, RECORD_ID, ACCOUNT_ID, DEVICE_ID = (
    b64(fixed_bytes(name, 16)) for name in ("diary", "record", "account", "device")
)
OTHER_ID = b64(fixed_bytes("another", 16))
NARRATIVE = (
    "He stood outside work again. \u201cI know where you live.\u201d\n\n"
    "\u0648\u06c1 \u0628\u0627\u06c1\u0631 \u06a9\u06be\u0691\u0627 \u062a\u06be\u0627 \U0001f622 cafe\u0301"
)


def make_draft(name: str, n: int, prev: str | None, **extra: Any) -> versions.VersionDraft:
    """Return a draft with the fields that cases share."""
    place = versions.VersionIds(DIARY_ID, RECORD_ID, b64(fixed_bytes(f"version {name}", 16)))
    fields: dict[str, Any] = {
        "open": {"title": "Outside work", "narrative": NARRATIVE, "occurred": {"k": "exact", "utc": 1_789_990_000_000}},
        "clock": {"offset_ms": -1250, "tz": "Europe/London", "utc": 1_790_000_000_000 + n},
        "line": {"device": DEVICE_ID, "n": n, "prev": prev},
    }
    return versions.VersionDraft(
        ids=place,
        kind="incident",
        schema=1,
        account=ACCOUNT_ID,
        device=DEVICE_ID,
        **(fields | extra),
    )


def draft_cases() -> dict[str, versions.VersionDraft]:
    """Return the cases along one device's line. `prev` is filled in when they are sealed."""
    blobs = [(b64(fixed_bytes(f"blob {i}", 16)), fixed_bytes(f"blob key {i}", 32)) for i in range(3)]
    first = b64(fixed_bytes("version open only", 16))
    return {
        "open only": make_draft("open only", 1, None),
        "open and restricted": make_draft(
            "open and restricted",
            2,
            None,
            parents=(first,),
            restricted={"place_detail": "by the bins, flat 3", "device_notes": None},
        ),
        "restricted for its keys alone": make_draft(
            "restricted for its keys alone",
            3,
            None,
            open_keys=tuple(blobs[:2]),
            restricted_keys=(blobs[2],),
            parents=(first, b64(fixed_bytes("version open and restricted", 16))),
        ),
        "nothing but reserved names": make_draft(
            "nothing but reserved names", 4, None, open={}, clock={"offset_ms": None, "tz": "UTC", "utc": 0}
        ),
        "after a checkpoint": make_draft(
            "after a checkpoint",
            5,
            None,
            beacon={"log": NOTARY_KEY.log_id, "root": b64(fixed_bytes("root", 32)), "size": 2_147_483_649},
        ),
        "long": make_draft("long", 6, None, open={"narrative": "Again. " * 9_500, "kinds": ["following", "calls"]}),
    }


def seal_draft(
    name: str, draft: versions.VersionDraft, payloads: tuple[bytes, ...], c: bytes
) -> tuple[push.VersionPush, Case]:
    """Return the push of a draft with given random values, and those values."""
    place, random_values = draft.ids, Case()
    wraps, envelopes = [], []
    for part, payload in zip(push.PARTS, payloads, strict=False):
        key, salts = (
            fixed_bytes(f"{name} {part} key", 32),
            [fixed_bytes(f"{name} {part} {what}", 24) for what in ("wrap", "env")],
        )
        wraps.append(
            reference_envelope(
                DIARY_KEY,
                EnvelopeKind.WRAP,
                keys.version_wrap_header(place.diary, place.version, part, 1),
                key,
                salts[0],
            )
        )
        header = push.envelope_header(place.diary, place.record, place.version, part)
        envelopes.append(reference_envelope(key, EnvelopeKind.VERSION, header, payload, salts[1]))
        random_values |= {f"{part}_key": b64(key), f"{part}_wrap_salt": b64(salts[0]), f"{part}_salt": b64(salts[1])}
    message = push.version_signing_input(c=b64(c), diary=place.diary, record=place.record, version=place.version)
    blobs = dict.fromkeys(blob for blob, _ in (*draft.open_keys, *draft.restricted_keys))
    sig = b64(AUTHOR_KEY.sign(message))
    return push.VersionPush(b64(c), sig, draft.parents, tuple(blobs), tuple(wraps), tuple(envelopes)), random_values


def version_case(name: str, draft: versions.VersionDraft, names: FieldNames = NAMES) -> tuple[Case, push.VersionPush]:
    """Return one version, byte for byte."""
    secrets = versions.VersionSecrets(
        *(fixed_bytes(f"{name} {what}", 32) for what in ("open key", "open seed", "restricted key", "restricted seed"))
    )
    composed = versions.compose(draft, names, AUTHOR_KEY.key_id, secrets)
    sealed_push, random_values = seal_draft(name, draft, composed.payloads, composed.commitment)
    body = push.encode(sealed_push)
    place = draft.ids
    case: Case = {
        "name": name,
        "place": place.ids_member(),
        "draft": {
            "kind": draft.kind,
            "schema": draft.schema,
            "account": draft.account,
            "device": draft.device,
            "line": dict(draft.line),
            "clock": dict(draft.clock),
            "beacon": dict(draft.beacon) if draft.beacon else None,
            "parents": list(draft.parents),
            "open": dict(draft.open) if name != "long" else {"rule": "narrative is 'Again. ' 9500 times"},
            "restricted": dict(draft.restricted),
            "open_keys": [[blob, b64(key)] for blob, key in draft.open_keys],
            "restricted_keys": [[blob, b64(key)] for blob, key in draft.restricted_keys],
        },
        "seeds": {"open": b64(secrets.open_seed), "restricted": b64(secrets.restricted_seed)},
        "given": random_values,
        "payloads": [unpad(payload).decode() for payload in composed.payloads] if name != "long" else None,
        "payload_bytes": [len(payload) for payload in composed.payloads],
        "digests": dict(composed.digests),
        "c": sealed_push.commitment,
        "signed": push.version_signing_input(
            c=sealed_push.commitment, diary=place.diary, record=place.record, version=place.version
        ).decode(),
        "sig": sealed_push.signature,
        "meta": canonical_json(sealed_push.meta()).decode(),
        "env": sealed_push.envelopes_digest,
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "body": b64(body) if name == "open and restricted" else None,
    }
    return case, sealed_push


def altered_version_case(name: str, change: Case, *, meta: Case | None = None) -> Case:
    """Return a version whose payload was changed after its commitment was signed: it opens, and is altered."""
    draft = draft_cases()["open only"]
    place, secrets = draft.ids, versions.VersionSecrets(*(fixed_bytes(f"altered {i}", 32) for i in range(4)))
    composed = versions.compose(draft, NAMES, AUTHOR_KEY.key_id, secrets)
    payload = {"fields": dict(draft.open), "keys": [], "seed": b64(secrets.open_seed)}
    fields = open_fields(draft) | change
    payload["fields"] = {key: value for key, value in fields.items() if value is not None}
    sealed_push, _ = seal_draft(f"altered {name}", draft, (pad_version(canonical_json(payload)),), composed.commitment)
    body = encode_frames(
        (canonical_json(sealed_push.meta() | (meta or {})), *sealed_push.wraps, *sealed_push.envelopes)
    )
    return {"name": name, "place": place.ids_member(), "body": b64(body)}


def open_fields(draft: versions.VersionDraft) -> Case:
    """Return every field in the open part of a draft."""
    return dict(draft.open) | {
        "_kind": draft.kind,
        "_schema": draft.schema,
        "_ids": draft.ids.ids_member(),
        "_parents": list(draft.parents),
        "_line": dict(draft.line),
        "_author": {"account": draft.account, "device": draft.device},
        "_by": AUTHOR_KEY.key_id,
        "_clock": dict(draft.clock),
        **({"_beacon": dict(draft.beacon)} if draft.beacon else {}),
    }


def version_vectors() -> Case:
    """Return versions.json."""
    cases, prev = [], None
    for name, draft in draft_cases().items():
        linked = versions.VersionDraft(
            **{f: getattr(draft, f) for f in draft.__slots__} | {"line": dict(draft.line) | {"prev": prev}}
        )
        case, sealed_push = version_case(name, linked)
        cases.append(case)
        prev = sealed_push.commitment
    return {
        "about": "Versions sealed with every random value given. Wraps are under `diary_key`, epoch 1.",
        "names": {"open": list(NAMES.open), "restricted": list(NAMES.restricted)},
        "reserved": list(commitments.RESERVED_NAMES),
        "diary_key": b64(DIARY_KEY),
        "author": {
            "scalar": b64(fixed_bytes("ecdsa scalar", 32)),
            "pub": b64(AUTHOR_KEY.pub),
            "key_id": AUTHOR_KEY.key_id,
        },
        "cases": cases,
        "altered": [
            altered_version_case("a word changed", {"title": "Outside home"}),
            altered_version_case("a field added", {"place": {"k": "street"}}),
            altered_version_case("a field taken out", {"title": None}),
            altered_version_case("a field the schema does not name", {"extra": 1}),
            altered_version_case(
                "another record's ids", {"_ids": {"diary": DIARY_ID, "record": OTHER_ID, "version": OTHER_ID}}
            ),
            altered_version_case("its time changed", {"_clock": {"offset_ms": 0, "tz": "UTC", "utc": 1}}),
            altered_version_case("another parent said outside", {}, meta={"parents": [OTHER_ID]}),
            altered_version_case("another commitment said outside", {}, meta={"c": b64(fixed_bytes("c", 32))}),
            altered_version_case(
                "a signature of nobody's", {}, meta={"sig": b64(bytes(31) + b"\1" + bytes(31) + b"\1")}
            ),
        ],
        "refused_signatures": invalid_signature_cases(),
        "refused_pushes": invalid_push_cases(),
    }


def invalid_signature_cases() -> list[Case]:
    """Return invalid author's signatures, each of `message` under `pub`."""
    message = push.version_signing_input(
        c=b64(fixed_bytes("c", 32)), diary=DIARY_ID, record=RECORD_ID, version=OTHER_ID
    )
    sig, pub = AUTHOR_KEY.sign(message), AUTHOR_KEY.pub
    swapped = push.version_signing_input(c=b64(fixed_bytes("c", 32)), diary=DIARY_ID, record=OTHER_ID, version=OTHER_ID)
    cases: dict[str, tuple[bytes, bytes, bytes]] = {
        "another record": (pub, swapped, sig),
        "one bit of r": (pub, message, bytes([sig[0] ^ 1]) + sig[1:]),
        "one bit of s": (pub, message, sig[:63] + bytes([sig[63] ^ 1])),
        "another author": (AuthorSigner(fixed_bytes("other author", 32)).pub, message, sig),
        "zeros": (pub, message, bytes(64)),
        "all ones": (pub, message, b"\xff" * 64),
        "short": (pub, message, sig[:63]),
        "long": (pub, message, sig + b"\0"),
        "empty": (pub, message, b""),
        "a public key off the curve": (b"\x04" + bytes(64), message, sig),
        "a compressed public key": (b"\x02" + pub[1:33], message, sig),
    }
    return [
        {"name": name, "pub": b64(key), "message": text.decode(), "sig": b64(made), "code": "bad_signature"}
        for name, (key, text, made) in cases.items()
    ]


def invalid_push_cases() -> list[Case]:
    """Return pushes a server must refuse: changes to the first case's metadata, frames or place."""
    meta: dict[str, tuple[Case, str]] = {
        "a grant": ({"grants": [{}]}, "bad_request"),
        "a field more": ({"more": 1}, "bad_request"),
        "parts that do not add up": ({"parts": ["open", "restricted"]}, "bad_request"),
        "no parts": ({"parts": []}, "bad_request"),
        "unknown part": ({"parts": ["secret"]}, "bad_request"),
        "short commitment": ({"c": b64(bytes(31))}, "bad_request"),
        "commitment that is a number": ({"c": 1}, "bad_request"),
        "short signature": ({"sig": b64(bytes(63))}, "bad_request"),
        "a parent that is no id": ({"parents": ["x"]}, "bad_request"),
        "a parent twice": ({"parents": [OTHER_ID, OTHER_ID]}, "bad_request"),
        "seventeen parents": ({"parents": [b64(fixed_bytes(f"p{i}", 16)) for i in range(17)]}, "bad_request"),
        "a blob that is a list": ({"blobs": [[]]}, "bad_request"),
        "blobs that are an object": ({"blobs": {}}, "bad_request"),
    }
    ruled: list[Case] = [{"name": name, "meta": change, "code": code} for name, (change, code) in meta.items()]
    framed: list[Case] = [
        {"name": "empty", "frames": []},
        {"name": "meta alone", "frames": ["meta"]},
        {"name": "no envelope", "frames": ["meta", "wrap"]},
        {"name": "one frame more", "frames": ["meta", "wrap", "envelope", "wrap"]},
        {"name": "envelope and wrap changed over", "frames": ["meta", "envelope", "wrap"]},
        {"name": "two envelopes", "frames": ["meta", "envelope", "envelope"]},
    ]
    placed: list[Case] = [
        {"name": f"another {what}", "place": draft_cases()["open only"].ids.ids_member() | {what: OTHER_ID}}
        for what in ("diary", "record", "version")
    ]
    return [*ruled, *(case | {"code": "bad_request"} for case in (*framed, *placed))]


def receipt_vectors() -> Case:
    """Return receipts.json."""
    chain, head = [], heads.INITIAL_HEAD
    for seq in range(1, 4):
        c, env = b64(fixed_bytes(f"c {seq}", 32)), b64(fixed_bytes(f"env {seq}", 32))
        version, ts = b64(fixed_bytes(f"v {seq}", 16)), 1_790_000_000_000 + seq
        number = fixed_bytes(f"n {seq}", 16)
        head = heads.next_head(head, seq=seq, record=RECORD_ID, version=version, commitment=c, envelopes_digest=env)
        chain.append(
            {
                "seq": seq,
                "record": RECORD_ID,
                "version": version,
                "c": c,
                "env": env,
                "receipt": receipts.sign_receipt(
                    NOTARY_KEY, commitment=c, envelopes_digest=env, timestamp_ms=ts, fixed_number=number
                ),
                "head": heads.sign_head(NOTARY_KEY, diary=DIARY_ID, seq=seq, head=head, timestamp_ms=ts),
                "leaf": leaves.receipt_leaf(commitment=c, number=b64(number), timestamp_ms=ts).hex(),
                "short_code": short_code(seq * 40, b64(head), seq),
            }
        )
    return {
        "about": "Receipts, signed heads and leaves of three pushes; head_0 is 32 zero bytes.",
        "notary": {"seed": b64(fixed_bytes("notary seed", 32)), "pub": b64(NOTARY_KEY.pub), "log": NOTARY_KEY.log_id},
        "diary": DIARY_ID,
        "chain": chain,
        "refused_receipts": invalid_receipt_cases(chain[0]),
        "refused_heads": invalid_head_cases(chain[1]),
    }


def short_code(entries: int, head: str, seq: int) -> str:
    """Compute the short code as the page does, independently: the first 30 bits, five at a time."""
    digest = hashlib.sha256(b"kept/short\0" + canonical_json({"entries": entries, "head": head, "seq": seq})).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:30]
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[i : i + 5], 2)] for i in range(0, 30, 5))


def invalid_receipt_cases(entry: Case) -> list[Case]:
    """Return receipts that are invalid for the first push."""
    valid_receipt = entry["receipt"]
    assert isinstance(valid_receipt, dict)
    c, env, ts = str(entry["c"]), str(entry["env"]), 1_790_000_000_001
    other_notary = Ed25519Signer(fixed_bytes("liar", 32))
    cases: dict[str, object] = {
        "another time": valid_receipt | {"ts": 1},
        "another commitment": valid_receipt | {"c": b64(fixed_bytes("x", 32))},
        "another commitment, honestly signed": receipts.sign_receipt(
            NOTARY_KEY,
            commitment=b64(fixed_bytes("x", 32)),
            envelopes_digest=env,
            timestamp_ms=ts,
            fixed_number=bytes(16),
        ),
        "other envelopes, honestly signed": receipts.sign_receipt(
            NOTARY_KEY,
            commitment=c,
            envelopes_digest=b64(fixed_bytes("x", 32)),
            timestamp_ms=ts,
            fixed_number=bytes(16),
        ),
        "another notary": receipts.sign_receipt(
            other_notary, commitment=c, envelopes_digest=env, timestamp_ms=ts, fixed_number=bytes(16)
        ),
        "another notary in this one's name": receipts.sign_receipt(
            other_notary, commitment=c, envelopes_digest=env, timestamp_ms=ts, fixed_number=bytes(16)
        )
        | {"log": NOTARY_KEY.log_id},
        "signature missing": {key: value for key, value in valid_receipt.items() if key != "sig"},
        "signature empty": valid_receipt | {"sig": ""},
        "signature that is a number": valid_receipt | {"sig": 1},
        "signature that is no base64url": valid_receipt | {"sig": "=" * 86},
        "a field more": valid_receipt | {"more": 1},
        "time missing": {key: value for key, value in valid_receipt.items() if key != "ts"},
        "a head's type": valid_receipt | {"t": "head/v1"},
        "empty": {},
    }
    return [
        {"name": name, "receipt": made, "c": c, "env": env, "code": "bad_signature"} for name, made in cases.items()
    ]


def invalid_head_cases(entry: Case) -> list[Case]:
    """Return heads that are invalid for the second push."""
    valid_head = entry["head"]
    assert isinstance(valid_head, dict)
    ts = 1_790_000_000_002
    cases: dict[str, object] = {
        "another number": heads.sign_head(NOTARY_KEY, diary=DIARY_ID, seq=1, head=heads.INITIAL_HEAD, timestamp_ms=ts),
        "another diary": heads.sign_head(NOTARY_KEY, diary=OTHER_ID, seq=2, head=fixed_bytes("h", 32), timestamp_ms=ts),
        "another head": heads.sign_head(NOTARY_KEY, diary=DIARY_ID, seq=2, head=fixed_bytes("h", 32), timestamp_ms=ts),
        "number changed": valid_head | {"seq": 3},
        "another notary": heads.sign_head(
            Ed25519Signer(fixed_bytes("liar", 32)), diary=DIARY_ID, seq=2, head=fixed_bytes("h", 32), timestamp_ms=ts
        ),
        "a receipt": receipts.sign_receipt(
            NOTARY_KEY, commitment="", envelopes_digest="", timestamp_ms=ts, fixed_number=bytes(16)
        ),
    }
    return [{"name": name, "head": made, "of": 2, "code": "bad_signature"} for name, made in cases.items()]
