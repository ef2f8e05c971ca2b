"""The shapes of responses, and of objects in bodies that views do not take apart, as JSON Schema.

The server does not read this module. `.ci/api.py` writes docs/openapi.json and docs/api.md from it, and tests compare
every response with it (tests/described.py). What a view reads from a body is found in the view's own code.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary.constants import ERASURE_RECORDS_LIMIT
from diary.services.accounts.sessions import BORROWED, DESK, ORDINARY, RENEWED, SIGN_INS_AT_ONCE

Schema = Mapping[str, Any]

INTEGER_MOST: Final = 2**53 - 1
_LETTER: Final = "[A-Za-z0-9_-]"
# The last character of base64url holds bits that no byte needs; they are zero.
_AFTER_ONE: Final = f"{_LETTER}[AQgw]"
_AFTER_TWO: Final = f"{_LETTER}{{2}}[AEIMQUYcgkosw048]"


def octets(most: int | None = None, least: int = 0) -> Schema:
    """Return the schema of bytes as unpadded base64url, `least` to `most` of them."""
    if most is not None and most == least:
        whole, left = divmod(most, 3)
        end = ("", _AFTER_ONE, _AFTER_TWO)[left]
        pattern = f"^{_LETTER}{{{4 * whole}}}{end}$"
        return {
            "type": "string",
            "contentEncoding": "base64url",
            "pattern": pattern,
            "description": f"b64 of {most} bytes",
        }
    pattern = f"^({_LETTER}{{4}})*({_AFTER_ONE}|{_AFTER_TWO})?$"
    sizes = {"minLength": _characters(least), "description": "b64"}
    if most is not None:
        sizes |= {"maxLength": _characters(most), "description": f"b64 of at most {most} bytes"}
    return {"type": "string", "contentEncoding": "base64url", "pattern": pattern, **sizes}


def _characters(size: int) -> int:
    """Return the length in base64url of `size` bytes."""
    return (size * 4 + 2) // 3


def fields(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


def listed(item: Schema, most: int | None = None) -> Schema:
    """Return the schema of a list with at most `most` items."""
    return {"type": "array", "items": item} | ({} if most is None else {"maxItems": most})


def maybe(schema: Schema) -> Schema:
    """Return a schema that also allows null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*codes: str) -> Schema:
    """Return the schema of one of these codes."""
    return {"type": "string", "enum": list(codes)}


def named(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
# Single values that stand in many places, by the name the docs have for each.
_VALUES: Final[Mapping[str, Schema]] = {
    "bytes": octets(),
    "digest": octets(32, 32),
    "fingerprint": octets(12, 12),
    "id": octets(16, 16),
    "login": {"type": "string", "pattern": "^[a-z0-9-]{6,40}$", "description": "6 to 40 of a to z, 0 to 9 and -"},
    "ms": {"type": "integer", "minimum": 0, "maximum": INTEGER_MOST, "description": "ms since 1970"},
    "number": {"type": "integer", "minimum": 0, "maximum": INTEGER_MOST, "description": "a whole number from 0"},
    "point": {**octets(65, 65), "description": "b64 of a public key: 65 bytes"},
    "signature": octets(64, 64),
}
BYTES, DIGEST, FINGERPRINT, ID, LOGIN, MS, NUMBER, POINT, SIGNATURE = map(named, _VALUES)

_PACK_STATES: Final = ("building", "cancelled", "done", "failed", "queued", "ready")
_LOCK: Final[Mapping[str, Schema]] = {
    "alg": one_of("argon2id"),
    "m": {**_VALUES["number"], "description": "KiB of memory"},
    "p": {"type": "integer", "const": 1},
    "salt": ID,
    "t": {**_VALUES["number"], "description": "passes"},
}
_SESSION: Final[Mapping[str, Schema]] = {
    "account": ID,
    "closing_at": maybe(MS),
    "code": FLAG,
    "diaries": listed(named("Diary")),
    "keyset": BYTES,
    "log": DIGEST,
    "notary": BYTES,
    "now": MS,
    "session": ID,
}
_MEMBER: Final = {"member": fields({"leads": FLAG, "name": TEXT, "organisation": TEXT})}
_TOKENS: Final = {"device_token": TEXT, "renewal": TEXT, "upload_key": DIGEST}
_CHECKPOINT: Final[Mapping[str, Schema]] = {"n": NUMBER, "note": TEXT, "size": NUMBER}
_ERASURE: Final[Mapping[str, Schema]] = {
    "asked_at": MS,
    "due_at": MS,
    "erasure": ID,
    "records": listed(ID, ERASURE_RECORDS_LIMIT),
    "why": one_of("keeper", "under_18_image"),
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    **_VALUES,
    # What is sent as an object and kept or checked as a whole: `kdf`, `statement`.
    "Lock": fields({**_LOCK, "login": LOGIN, "origin": TEXT}),
    "HandoverLock": fields(_LOCK),
    "RekeyStatement": fields(
        {
            "account": ID,
            "beacon": maybe({"type": "object"}),
            "diary": ID,
            "ecdsa_pub": POINT,
            "epoch": {**_VALUES["number"], "minimum": 2},
            "head": DIGEST,
            "hpke_pub": POINT,
            "old": POINT,
            "seq": NUMBER,
            "sig": SIGNATURE,
            "t": one_of("rekey/v1"),
            "ts": MS,
        }
    ),
    # Signed by the notary: docs/formats.md 5.
    "Head": fields(
        {"diary": ID, "head": DIGEST, "seq": NUMBER, "sig": SIGNATURE, "t": one_of("head/v1"), "ts": MS},
    ),
    "Receipt": fields(
        {"c": DIGEST, "env": DIGEST, "log": DIGEST, "n": ID, "sig": SIGNATURE, "t": one_of("rcpt/v1"), "ts": MS},
    ),
    "NotaryStatement": fields(
        {
            "from": MS,
            "instance": BYTES,
            "last": maybe(fields({"root": DIGEST, "size": NUMBER})),
            "log": DIGEST,
            "n": NUMBER,
            "prev": maybe(DIGEST),
            "pub": BYTES,
            "sig": SIGNATURE,
            "t": one_of("notary/v1"),
            "why": one_of("exposed", "first", "lost", "rotated"),
        }
    ),
    "Checkpoint": fields(_CHECKPOINT),
    "Stamped": fields(
        {
            **_CHECKPOINT,
            "stamps": listed(
                fields({"authority": TEXT, "chain": TEXT, "nonce": BYTES, "policy": TEXT, "tsr": BYTES}),
            ),
        }
    ),
    "Closing": fields({"off": MS, "on": MS}),
    # Sessions.
    "Erasure": fields(_ERASURE),
    "Diary": fields(
        {
            "diary": ID,
            "epoch": NUMBER,
            "erasures": listed(named("Erasure")),
            "head": maybe(named("Head")),
            "seq": NUMBER,
            "wrap": BYTES,
        }
    ),
    "Session": fields({**_SESSION, "words_wrap": BYTES}, _MEMBER),
    "SignedIn": fields({**_SESSION, "token": DIGEST, "words_wrap": BYTES}, {**_MEMBER, **_TOKENS}),
    "Recovered": fields({**_SESSION, "code_wrap": BYTES, "token": DIGEST}, {**_MEMBER, **_TOKENS}),
    "Renewed": fields({**_SESSION, "token": DIGEST}, {**_MEMBER, **_TOKENS}),
    "ListedSession": fields(
        {"created_at": MS, "device_name": TEXT, "here": FLAG, "seen_at": MS, "session": ID},
    ),
    "Act": fields(
        {
            "at": MS,
            "device_name": TEXT,
            "what": one_of(
                *(
                    "closing_asked",
                    "code_changed",
                    "erasure_asked",
                    "keys_changed",
                    "let_in",
                    "let_out",
                    "others_ended",
                ),
                *("pack_built", "recovered", "session_ended", "signed_in", "words_changed"),
            ),
        }
    ),
    "SignIn": fields(
        {
            "at": MS,
            "device_name": TEXT,
            "kind": maybe(one_of(BORROWED, DESK, ORDINARY, RENEWED)),
            "session": ID,
            "signed_out": FLAG,
            "what": one_of("recovered", "signed_in"),
        }
    ),
    "SignIns": fields({"cursor": TEXT, "more": FLAG, "sign_ins": listed(named("SignIn"), SIGN_INS_AT_ONCE)}),
    # This server, and its log.
    "Server": fields(
        {
            "closing": maybe(named("Closing")),
            "enrolment": one_of("code", "invite", "open"),
            "instance": maybe(BYTES),
            "limits": fields(
                {
                    "file_bytes": NUMBER,
                    "handover_bytes": NUMBER,
                    "part_bytes": NUMBER,
                    "quota_bytes": NUMBER,
                    "version_bytes": NUMBER,
                }
            ),
            "log": DIGEST,
            "notary": BYTES,
            "now": MS,
            "origin": TEXT,
            "release": TEXT,
            "server_packs": FLAG,
        }
    ),
    "Log": fields(
        {
            "authorities": listed(TEXT),
            "checkpoint": maybe(named("Checkpoint")),
            "closing": maybe(named("Closing")),
            "file_bytes": NUMBER,
            "log": DIGEST,
            "now": MS,
            "stamped": maybe(named("Stamped")),
            "statements": listed(named("NotaryStatement")),
            "witnessed": maybe(named("Checkpoint")),
            "witnesses": listed(fields({"name": TEXT, "pub": BYTES})),
        }
    ),
    "Proofs": fields(
        {
            "checkpoint": named("Checkpoint"),
            "proofs": listed(fields({"i": NUMBER, "path": listed(DIGEST), "seq": NUMBER, "version": ID}), 500),
            "to": NUMBER,
        }
    ),
    # A diary.
    "Stored": fields({"head": named("Head"), "receipt": named("Receipt"), "seq": NUMBER}),
    "Upload": fields({"complete": FLAG, "have": listed(NUMBER), "parts": NUMBER}),
    "ErasureAsked": fields({**_ERASURE, "done": FLAG}),
    "Usage": fields(
        {"quota_bytes": NUMBER, "text_quota_bytes": NUMBER, "text_used_bytes": NUMBER, "used_bytes": NUMBER},
    ),
    "PackState": one_of(*_PACK_STATES),
    "Pack": fields({"done": NUMBER, "pack": ID, "state": named("PackState"), "step": TEXT, "total": NUMBER}),
    "Witness": fields(
        {
            "answered_at": maybe(MS),
            "expires_at": MS,
            "made_at": MS,
            "sealed": BYTES,
            "statement": maybe(BYTES),
            "taken_at": maybe(MS),
            "witness": ID,
        }
    ),
    "Handover": fields(
        {
            "complete": FLAG,
            "ended_at": maybe(MS),
            "expires_at": MS,
            "handover": ID,
            "made_at": MS,
            "openings": listed(MS),
            "openings_most": NUMBER,
            "size": NUMBER,
        }
    ),
    # Advocates.
    "Advocate": fields(
        {"ecdsa_pub": POINT, "fingerprint": FINGERPRINT, "hpke_pub": POINT, "name": TEXT, "organisation": TEXT},
    ),
    "Grant": fields(
        {
            "diary": ID,
            "ended_at": maybe(MS),
            "given": NUMBER,
            "grant": ID,
            "kept": BYTES,
            "looked_at": maybe(MS),
            "made_at": MS,
            "marks": NUMBER,
            "not_after": MS,
            "to": maybe(FINGERPRINT),
        }
    ),
    "Look": fields({"at": MS, "grant": ID, "what": one_of("file", "pack", "read")}),
    "Letter": fields({"envelope": BYTES, "grant": ID, "letter": ID, "made_at": MS, "taken_at": maybe(MS)}),
    "Client": fields(
        {
            "diary": ID,
            "grant": ID,
            "looked_at": maybe(MS),
            "not_after": MS,
            "sealed": BYTES,
            "summary": maybe(BYTES),
        }
    ),
    "Marks": fields({"marks": maybe(BYTES)}),
    "Colleague": fields({"here": FLAG, "leads": FLAG, "member": ID, "name": TEXT}),
    "LookInto": fields({"at": MS, "client": TEXT, "name": TEXT, "what": one_of("file", "pack", "read")}),
}
