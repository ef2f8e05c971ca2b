"""versions.json and receipts.json: what is committed to, signed, sent and answered."""

import hashlib

from diary.crypto import keys
from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, Notary
from diary.encoding import b64, canon, frames
from diary.ledger import commitments, heads, leaves, push, receipts, versions
from diary.ledger.commitments import Names
from tests.vectors.reference import envelope, fixed

Case = dict[str, object]
NAMES = Names(
    open=("title", "narrative", "occurred", "kinds", "place", "attachments"),
    restricted=("place_detail", "device_notes"),
)
AUTHOR = Author(fixed("ecdsa scalar", 32))
NOTARY = Notary(fixed("notary seed", 32))
DIARY_KEY = fixed("diary key", 32)
DIARY, RECORD, ACCOUNT, DEVICE = (b64(fixed(name, 16)) for name in ("diary", "record", "account", "device"))
OTHER = b64(fixed("another", 16))
NARRATIVE = (
    "He stood outside work again. \u201cI know where you live.\u201d\n\n"
    "\u0648\u06c1 \u0628\u0627\u06c1\u0631 \u06a9\u06be\u0691\u0627 \u062a\u06be\u0627 \U0001f622 cafe\u0301"
)


def _draft(name: str, n: int, prev: str | None, **more: object) -> versions.Draft:
    """A draft with what the cases share."""
    place = versions.Place(DIARY, RECORD, b64(fixed(f"version {name}", 16)))
    given: dict[str, object] = {
        "open": {"title": "Outside work", "narrative": NARRATIVE, "occurred": {"k": "exact", "utc": 1_789_990_000_000}},
        "clock": {"offset_ms": -1250, "tz": "Europe/London", "utc": 1_790_000_000_000 + n},
        "line": {"device": DEVICE, "n": n, "prev": prev},
    }
    return versions.Draft(
        place=place,
        kind="incident",
        schema=1,
        account=ACCOUNT,
        device=DEVICE,
        **(given | more),  # type: ignore[arg-type]
    )


def _drafts() -> dict[str, versions.Draft]:
    """The cases, along one device's line; `prev` is filled in when they are sealed."""
    blobs = [(b64(fixed(f"blob {i}", 16)), fixed(f"blob key {i}", 32)) for i in range(3)]
    first = b64(fixed("version open only", 16))
    return {
        "open only": _draft("open only", 1, None),
        "open and restricted": _draft(
            "open and restricted",
            2,
            None,
            parents=(first,),
            restricted={"place_detail": "by the bins, flat 3", "device_notes": None},
        ),
        "restricted for its keys alone": _draft(
            "restricted for its keys alone",
            3,
            None,
            open_keys=tuple(blobs[:2]),
            restricted_keys=(blobs[2],),
            parents=(first, b64(fixed("version open and restricted", 16))),
        ),
        "nothing but reserved names": _draft(
            "nothing but reserved names", 4, None, open={}, clock={"offset_ms": None, "tz": "UTC", "utc": 0}
        ),
        "after a checkpoint": _draft(
            "after a checkpoint",
            5,
            None,
            beacon={"log": NOTARY.log, "root": b64(fixed("root", 32)), "size": 2_147_483_649},
        ),
        "long": _draft("long", 6, None, open={"narrative": "Again. " * 9_500, "kinds": ["following", "calls"]}),
    }


def _sealed(name: str, draft: versions.Draft, payloads: tuple[bytes, ...], c: bytes) -> tuple[push.Push, Case]:
    """The push of a draft with every random value given, and those values."""
    place, given = draft.place, {}
    wraps, envelopes = [], []
    for part, payload in zip(push.PARTS, payloads, strict=False):
        key, salts = fixed(f"{name} {part} key", 32), [fixed(f"{name} {part} {what}", 24) for what in ("wrap", "env")]
        wraps.append(
            envelope(DIARY_KEY, Kind.WRAP, keys.version_header(place.diary, place.version, part, 1), key, salts[0])
        )
        header = push.envelope_header(place.diary, place.record, place.version, part)
        envelopes.append(envelope(key, Kind.VERSION, header, payload, salts[1]))
        given |= {f"{part}_key": b64(key), f"{part}_wrap_salt": b64(salts[0]), f"{part}_salt": b64(salts[1])}
    message = push.signed_bytes(c=b64(c), diary=place.diary, record=place.record, version=place.version)
    blobs = dict.fromkeys(blob for blob, _ in (*draft.open_keys, *draft.restricted_keys))
    sig = b64(AUTHOR.sign(message))
    return push.Push(b64(c), sig, draft.parents, tuple(blobs), tuple(wraps), tuple(envelopes)), given


def case_of(name: str, draft: versions.Draft, names: Names = NAMES) -> tuple[Case, push.Push]:
    """One version, pinned byte for byte."""
    secrets = versions.Secrets(
        *(fixed(f"{name} {what}", 32) for what in ("open key", "open seed", "restricted key", "restricted seed"))
    )
    composed = versions.compose(draft, names, AUTHOR.key_id, secrets)
    made, given = _sealed(name, draft, composed.payloads, composed.commitment)
    body = push.encode(made)
    place = draft.place
    case: Case = {
        "name": name,
        "place": place.ids(),
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
        "given": given,
        "payloads": [unpad(payload).decode() for payload in composed.payloads] if name != "long" else None,
        "payload_bytes": [len(payload) for payload in composed.payloads],
        "digests": dict(composed.digests),
        "c": made.c,
        "signed": push.signed_bytes(c=made.c, diary=place.diary, record=place.record, version=place.version).decode(),
        "sig": made.sig,
        "meta": canon(made.meta()).decode(),
        "env": made.env,
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "body": b64(body) if name == "open and restricted" else None,
    }
    return case, made


def _altered(name: str, change: Case, *, meta: Case | None = None) -> Case:
    """A version whose payload was changed after its commitment was signed: it opens, and is altered."""
    draft = _drafts()["open only"]
    place, secrets = draft.place, versions.Secrets(*(fixed(f"altered {i}", 32) for i in range(4)))
    composed = versions.compose(draft, NAMES, AUTHOR.key_id, secrets)
    payload = {"fields": dict(draft.open), "keys": [], "seed": b64(secrets.open_seed)}
    fields = _fields(draft) | change
    payload["fields"] = {key: value for key, value in fields.items() if value is not None}
    made, _ = _sealed(f"altered {name}", draft, (pad_version(canon(payload)),), composed.commitment)
    body = frames((canon(made.meta() | (meta or {})), *made.wraps, *made.envelopes))
    return {"name": name, "place": place.ids(), "body": b64(body)}


def _fields(draft: versions.Draft) -> Case:
    """Everything in the open part of a draft."""
    return dict(draft.open) | {
        "_kind": draft.kind,
        "_schema": draft.schema,
        "_ids": draft.place.ids(),
        "_parents": list(draft.parents),
        "_line": dict(draft.line),
        "_author": {"account": draft.account, "device": draft.device},
        "_by": AUTHOR.key_id,
        "_clock": dict(draft.clock),
        **({"_beacon": dict(draft.beacon)} if draft.beacon else {}),
    }


def made_versions() -> Case:
    """versions.json."""
    cases, prev = [], None
    for name, draft in _drafts().items():
        linked = versions.Draft(
            **{f: getattr(draft, f) for f in draft.__slots__} | {"line": dict(draft.line) | {"prev": prev}}
        )
        case, made = case_of(name, linked)
        cases.append(case)
        prev = made.c
    return {
        "about": "Versions sealed with every random value given. Wraps are under `diary_key`, epoch 1.",
        "names": {"open": list(NAMES.open), "restricted": list(NAMES.restricted)},
        "reserved": list(commitments.RESERVED),
        "diary_key": b64(DIARY_KEY),
        "author": {"scalar": b64(fixed("ecdsa scalar", 32)), "pub": b64(AUTHOR.pub), "key_id": AUTHOR.key_id},
        "cases": cases,
        "altered": [
            _altered("a word changed", {"title": "Outside home"}),
            _altered("a field added", {"place": {"k": "street"}}),
            _altered("a field taken out", {"title": None}),
            _altered("a field the schema does not name", {"extra": 1}),
            _altered("another record's ids", {"_ids": {"diary": DIARY, "record": OTHER, "version": OTHER}}),
            _altered("its time changed", {"_clock": {"offset_ms": 0, "tz": "UTC", "utc": 1}}),
            _altered("another parent said outside", {}, meta={"parents": [OTHER]}),
            _altered("another commitment said outside", {}, meta={"c": b64(fixed("c", 32))}),
            _altered("a signature of nobody's", {}, meta={"sig": b64(bytes(31) + b"\1" + bytes(31) + b"\1")}),
        ],
        "refused_signatures": _bad_signatures(),
        "refused_pushes": _bad_pushes(),
    }


def _bad_signatures() -> list[Case]:
    """Author's signatures that do not hold, each over `message` under `pub`."""
    message = push.signed_bytes(c=b64(fixed("c", 32)), diary=DIARY, record=RECORD, version=OTHER)
    sig, pub = AUTHOR.sign(message), AUTHOR.pub
    swapped = push.signed_bytes(c=b64(fixed("c", 32)), diary=DIARY, record=OTHER, version=OTHER)
    cases: dict[str, tuple[bytes, bytes, bytes]] = {
        "another record": (pub, swapped, sig),
        "one bit of r": (pub, message, bytes([sig[0] ^ 1]) + sig[1:]),
        "one bit of s": (pub, message, sig[:63] + bytes([sig[63] ^ 1])),
        "another author": (Author(fixed("other author", 32)).pub, message, sig),
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


def _bad_pushes() -> list[Case]:
    """Pushes a server must refuse: changes to the meta of the first case, or to its frames or place."""
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
        "a parent twice": ({"parents": [OTHER, OTHER]}, "bad_request"),
        "seventeen parents": ({"parents": [b64(fixed(f"p{i}", 16)) for i in range(17)]}, "bad_request"),
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
        {"name": f"another {what}", "place": _drafts()["open only"].place.ids() | {what: OTHER}}
        for what in ("diary", "record", "version")
    ]
    return [*ruled, *(case | {"code": "bad_request"} for case in (*framed, *placed))]


def made_receipts() -> Case:
    """receipts.json."""
    chain, head = [], heads.FIRST
    for seq in range(1, 4):
        c, env = b64(fixed(f"c {seq}", 32)), b64(fixed(f"env {seq}", 32))
        version, ts = b64(fixed(f"v {seq}", 16)), 1_790_000_000_000 + seq
        number = fixed(f"n {seq}", 16)
        head = heads.next_head(head, seq=seq, record=RECORD, version=version, c=c, env=env)
        chain.append(
            {
                "seq": seq,
                "record": RECORD,
                "version": version,
                "c": c,
                "env": env,
                "receipt": receipts.make(NOTARY, c=c, env=env, ts=ts, n=number),
                "head": heads.make(NOTARY, diary=DIARY, seq=seq, head=head, ts=ts),
                "leaf": leaves.leaf(c=c, n=b64(number), ts=ts).hex(),
                "short_code": _short_code(seq * 40, b64(head), seq),
            }
        )
    return {
        "about": "Receipts, signed heads and leaves of three pushes; head_0 is 32 zero bytes.",
        "notary": {"seed": b64(fixed("notary seed", 32)), "pub": b64(NOTARY.pub), "log": NOTARY.log},
        "diary": DIARY,
        "chain": chain,
        "refused_receipts": _bad_receipts(chain[0]),
        "refused_heads": _bad_heads(chain[1]),
    }


def _short_code(entries: int, head: str, seq: int) -> str:
    """As the page says it, spelt out a second time: the first 30 bits, five at a time."""
    digest = hashlib.sha256(b"kept/short\0" + canon({"entries": entries, "head": head, "seq": seq})).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:30]
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[i : i + 5], 2)] for i in range(0, 30, 5))


def _bad_receipts(entry: Case) -> list[Case]:
    """Receipts that do not hold for the first push."""
    good = entry["receipt"]
    assert isinstance(good, dict)
    c, env, ts = str(entry["c"]), str(entry["env"]), 1_790_000_000_001
    liar = Notary(fixed("liar", 32))
    cases: dict[str, object] = {
        "another time": good | {"ts": 1},
        "another commitment": good | {"c": b64(fixed("x", 32))},
        "another commitment, honestly signed": receipts.make(
            NOTARY, c=b64(fixed("x", 32)), env=env, ts=ts, n=bytes(16)
        ),
        "other envelopes, honestly signed": receipts.make(NOTARY, c=c, env=b64(fixed("x", 32)), ts=ts, n=bytes(16)),
        "another notary": receipts.make(liar, c=c, env=env, ts=ts, n=bytes(16)),
        "another notary in this one's name": receipts.make(liar, c=c, env=env, ts=ts, n=bytes(16))
        | {"log": NOTARY.log},
        "signature missing": {key: value for key, value in good.items() if key != "sig"},
        "signature empty": good | {"sig": ""},
        "signature that is a number": good | {"sig": 1},
        "signature that is no base64url": good | {"sig": "=" * 86},
        "a field more": good | {"more": 1},
        "time missing": {key: value for key, value in good.items() if key != "ts"},
        "a head's type": good | {"t": "head/v1"},
        "empty": {},
    }
    return [
        {"name": name, "receipt": made, "c": c, "env": env, "code": "bad_signature"} for name, made in cases.items()
    ]


def _bad_heads(entry: Case) -> list[Case]:
    """Heads that do not hold for the second push."""
    good = entry["head"]
    assert isinstance(good, dict)
    ts = 1_790_000_000_002
    cases: dict[str, object] = {
        "another number": heads.make(NOTARY, diary=DIARY, seq=1, head=heads.FIRST, ts=ts),
        "another diary": heads.make(NOTARY, diary=OTHER, seq=2, head=fixed("h", 32), ts=ts),
        "another head": heads.make(NOTARY, diary=DIARY, seq=2, head=fixed("h", 32), ts=ts),
        "number changed": good | {"seq": 3},
        "another notary": heads.make(Notary(fixed("liar", 32)), diary=DIARY, seq=2, head=fixed("h", 32), ts=ts),
        "a receipt": receipts.make(NOTARY, c="", env="", ts=ts, n=bytes(16)),
    }
    return [{"name": name, "head": made, "of": 2, "code": "bad_signature"} for name, made in cases.items()]
