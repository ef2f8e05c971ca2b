"""The shapes of responses, and of objects in bodies that views do not take apart, as JSON Schema.

The server does not read this module. `.ci/api.py` writes docs/openapi.json and docs/api.md from it, and tests compare
every response with it (tests/openapi_check.py). What a view reads from a body is found in the view's own code.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary.constants import ERASURE_RECORDS_LIMIT
from diary.services.accounts.sessions import KIND_BORROWED, KIND_DESK, KIND_ORDINARY, KIND_RENEWED, SIGN_INS_PAGE_LIMIT

Schema = Mapping[str, Any]

MAX_INTEGER: Final = 2**53 - 1
_BASE64URL_CHARACTER: Final = "[A-Za-z0-9_-]"
# The last character of base64url can have bits that no byte uses; they are zero.
_TAIL_OF_ONE_BYTE: Final = f"{_BASE64URL_CHARACTER}[AQgw]"
_TAIL_OF_TWO_BYTES: Final = f"{_BASE64URL_CHARACTER}{{2}}[AEIMQUYcgkosw048]"


def bytes_schema(max_bytes: int | None = None, min_bytes: int = 0) -> Schema:
    """Return the schema of `min_bytes` to `max_bytes` bytes as unpadded base64url."""
    if max_bytes is not None and max_bytes == min_bytes:
        groups, rest = divmod(max_bytes, 3)
        tail = ("", _TAIL_OF_ONE_BYTE, _TAIL_OF_TWO_BYTES)[rest]
        pattern = f"^{_BASE64URL_CHARACTER}{{{4 * groups}}}{tail}$"
        return {
            "type": "string",
            "contentEncoding": "base64url",
            "pattern": pattern,
            "description": f"b64 of {max_bytes} bytes",
        }
    pattern = f"^({_BASE64URL_CHARACTER}{{4}})*({_TAIL_OF_ONE_BYTE}|{_TAIL_OF_TWO_BYTES})?$"
    sizes = {"minLength": _base64url_length(min_bytes), "description": "b64"}
    if max_bytes is not None:
        sizes |= {"maxLength": _base64url_length(max_bytes), "description": f"b64 of at most {max_bytes} bytes"}
    return {"type": "string", "contentEncoding": "base64url", "pattern": pattern, **sizes}


def _base64url_length(size: int) -> int:
    """Return the length in base64url of `size` bytes."""
    return (size * 4 + 2) // 3


def object_schema(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


def list_schema(item: Schema, max_items: int | None = None) -> Schema:
    """Return the schema of a list with at most `max_items` items."""
    return {"type": "array", "items": item} | ({} if max_items is None else {"maxItems": max_items})


def nullable_schema(schema: Schema) -> Schema:
    """Return a schema that also allows null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def enum_schema(*codes: str) -> Schema:
    """Return the schema of one of these codes."""
    return {"type": "string", "enum": list(codes)}


def schema_reference(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


TEXT_SCHEMA: Final[Schema] = {"type": "string"}
BOOLEAN_SCHEMA: Final[Schema] = {"type": "boolean"}
# Values that occur in many places, by their name in the docs.
_SHARED_SCHEMAS: Final[Mapping[str, Schema]] = {
    "bytes": bytes_schema(),
    "digest": bytes_schema(32, 32),
    "fingerprint": bytes_schema(12, 12),
    "id": bytes_schema(16, 16),
    "login": {"type": "string", "pattern": "^[a-z0-9-]{6,40}$", "description": "6 to 40 of a to z, 0 to 9 and -"},
    "ms": {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER, "description": "ms since 1970"},
    "number": {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER, "description": "a whole number from 0"},
    "point": {**bytes_schema(65, 65), "description": "b64 of a public key: 65 bytes"},
    "signature": bytes_schema(64, 64),
}
(
    BYTES_SCHEMA,
    DIGEST_SCHEMA,
    FINGERPRINT_SCHEMA,
    ID_SCHEMA,
    LOGIN_SCHEMA,
    TIME_MS_SCHEMA,
    NUMBER_SCHEMA,
    PUBLIC_KEY_SCHEMA,
    SIGNATURE_SCHEMA,
) = map(schema_reference, _SHARED_SCHEMAS)

_PACK_STATES: Final = ("building", "cancelled", "done", "failed", "queued", "ready")
_LOCK_FIELDS: Final[Mapping[str, Schema]] = {
    "alg": enum_schema("argon2id"),
    "m": {**_SHARED_SCHEMAS["number"], "description": "KiB of memory"},
    "p": {"type": "integer", "const": 1},
    "salt": ID_SCHEMA,
    "t": {**_SHARED_SCHEMAS["number"], "description": "passes"},
}
_SESSION_FIELDS: Final[Mapping[str, Schema]] = {
    "account": ID_SCHEMA,
    "closing_at": nullable_schema(TIME_MS_SCHEMA),
    "code": BOOLEAN_SCHEMA,
    "diaries": list_schema(schema_reference("Diary")),
    "keyset": BYTES_SCHEMA,
    "log": DIGEST_SCHEMA,
    "notary": BYTES_SCHEMA,
    "now": TIME_MS_SCHEMA,
    "session": ID_SCHEMA,
}
_MEMBER_FIELD: Final = {
    "member": object_schema({"leads": BOOLEAN_SCHEMA, "name": TEXT_SCHEMA, "organisation": TEXT_SCHEMA})
}
_TOKEN_FIELDS: Final = {"device_token": TEXT_SCHEMA, "renewal": TEXT_SCHEMA, "upload_key": DIGEST_SCHEMA}
_CHECKPOINT_FIELDS: Final[Mapping[str, Schema]] = {"n": NUMBER_SCHEMA, "note": TEXT_SCHEMA, "size": NUMBER_SCHEMA}
_ERASURE_FIELDS: Final[Mapping[str, Schema]] = {
    "asked_at": TIME_MS_SCHEMA,
    "due_at": TIME_MS_SCHEMA,
    "erasure": ID_SCHEMA,
    "records": list_schema(ID_SCHEMA, ERASURE_RECORDS_LIMIT),
    "why": enum_schema("keeper", "under_18_image"),
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    **_SHARED_SCHEMAS,
    # Objects that are stored or checked as a whole: `kdf`, `statement`.
    "Lock": object_schema({**_LOCK_FIELDS, "login": LOGIN_SCHEMA, "origin": TEXT_SCHEMA}),
    "HandoverLock": object_schema(_LOCK_FIELDS),
    "RekeyStatement": object_schema(
        {
            "account": ID_SCHEMA,
            "beacon": nullable_schema({"type": "object"}),
            "diary": ID_SCHEMA,
            "ecdsa_pub": PUBLIC_KEY_SCHEMA,
            "epoch": {**_SHARED_SCHEMAS["number"], "minimum": 2},
            "head": DIGEST_SCHEMA,
            "hpke_pub": PUBLIC_KEY_SCHEMA,
            "old": PUBLIC_KEY_SCHEMA,
            "seq": NUMBER_SCHEMA,
            "sig": SIGNATURE_SCHEMA,
            "t": enum_schema("rekey/v1"),
            "ts": TIME_MS_SCHEMA,
        }
    ),
    # Signed by the notary: docs/formats.md, section 5.
    "Head": object_schema(
        {
            "diary": ID_SCHEMA,
            "head": DIGEST_SCHEMA,
            "seq": NUMBER_SCHEMA,
            "sig": SIGNATURE_SCHEMA,
            "t": enum_schema("head/v1"),
            "ts": TIME_MS_SCHEMA,
        },
    ),
    "Receipt": object_schema(
        {
            "c": DIGEST_SCHEMA,
            "env": DIGEST_SCHEMA,
            "log": DIGEST_SCHEMA,
            "n": ID_SCHEMA,
            "sig": SIGNATURE_SCHEMA,
            "t": enum_schema("rcpt/v1"),
            "ts": TIME_MS_SCHEMA,
        },
    ),
    "NotaryStatement": object_schema(
        {
            "from": TIME_MS_SCHEMA,
            "instance": BYTES_SCHEMA,
            "last": nullable_schema(object_schema({"root": DIGEST_SCHEMA, "size": NUMBER_SCHEMA})),
            "log": DIGEST_SCHEMA,
            "n": NUMBER_SCHEMA,
            "prev": nullable_schema(DIGEST_SCHEMA),
            "pub": BYTES_SCHEMA,
            "sig": SIGNATURE_SCHEMA,
            "t": enum_schema("notary/v1"),
            "why": enum_schema("exposed", "first", "lost", "rotated"),
        }
    ),
    "Checkpoint": object_schema(_CHECKPOINT_FIELDS),
    "Stamped": object_schema(
        {
            **_CHECKPOINT_FIELDS,
            "stamps": list_schema(schema_reference("Stamp")),
        }
    ),
    "Stamp": object_schema(
        {
            "authority": TEXT_SCHEMA,
            "chain": TEXT_SCHEMA,
            "nonce": BYTES_SCHEMA,
            "policy": TEXT_SCHEMA,
            "tsr": BYTES_SCHEMA,
        }
    ),
    "Closing": object_schema({"off": TIME_MS_SCHEMA, "on": TIME_MS_SCHEMA}),
    # Sessions.
    "Erasure": object_schema(_ERASURE_FIELDS),
    "Diary": object_schema(
        {
            "diary": ID_SCHEMA,
            "epoch": NUMBER_SCHEMA,
            "erasures": list_schema(schema_reference("Erasure")),
            "head": nullable_schema(schema_reference("Head")),
            "seq": NUMBER_SCHEMA,
            "wrap": BYTES_SCHEMA,
        }
    ),
    "Session": object_schema({**_SESSION_FIELDS, "words_wrap": BYTES_SCHEMA}, _MEMBER_FIELD),
    "SignedIn": object_schema(
        {**_SESSION_FIELDS, "token": DIGEST_SCHEMA, "words_wrap": BYTES_SCHEMA}, {**_MEMBER_FIELD, **_TOKEN_FIELDS}
    ),
    "Recovered": object_schema(
        {**_SESSION_FIELDS, "code_wrap": BYTES_SCHEMA, "token": DIGEST_SCHEMA}, {**_MEMBER_FIELD, **_TOKEN_FIELDS}
    ),
    "Renewed": object_schema({**_SESSION_FIELDS, "token": DIGEST_SCHEMA}, {**_MEMBER_FIELD, **_TOKEN_FIELDS}),
    "ListedSession": object_schema(
        {
            "created_at": TIME_MS_SCHEMA,
            "device_name": TEXT_SCHEMA,
            "here": BOOLEAN_SCHEMA,
            "seen_at": TIME_MS_SCHEMA,
            "session": ID_SCHEMA,
        },
    ),
    "Act": object_schema(
        {
            "at": TIME_MS_SCHEMA,
            "device_name": TEXT_SCHEMA,
            "what": enum_schema(
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
    "SignIn": object_schema(
        {
            "at": TIME_MS_SCHEMA,
            "device_name": TEXT_SCHEMA,
            "kind": nullable_schema(enum_schema(KIND_BORROWED, KIND_DESK, KIND_ORDINARY, KIND_RENEWED)),
            "session": ID_SCHEMA,
            "signed_out": BOOLEAN_SCHEMA,
            "what": enum_schema("recovered", "signed_in"),
        }
    ),
    "SignIns": object_schema(
        {
            "cursor": TEXT_SCHEMA,
            "more": BOOLEAN_SCHEMA,
            "sign_ins": list_schema(schema_reference("SignIn"), SIGN_INS_PAGE_LIMIT),
        }
    ),
    # This server, and its log.
    "Server": object_schema(
        {
            "closing": nullable_schema(schema_reference("Closing")),
            "enrolment": enum_schema("code", "invite", "open"),
            "instance": nullable_schema(BYTES_SCHEMA),
            "limits": object_schema(
                {
                    "file_bytes": NUMBER_SCHEMA,
                    "handover_bytes": NUMBER_SCHEMA,
                    "part_bytes": NUMBER_SCHEMA,
                    "quota_bytes": NUMBER_SCHEMA,
                    "version_bytes": NUMBER_SCHEMA,
                }
            ),
            "log": DIGEST_SCHEMA,
            "notary": BYTES_SCHEMA,
            "now": TIME_MS_SCHEMA,
            "origin": TEXT_SCHEMA,
            "release": TEXT_SCHEMA,
            "server_packs": BOOLEAN_SCHEMA,
        }
    ),
    "Log": object_schema(
        {
            "authorities": list_schema(TEXT_SCHEMA),
            "checkpoint": nullable_schema(schema_reference("Checkpoint")),
            "closing": nullable_schema(schema_reference("Closing")),
            "file_bytes": NUMBER_SCHEMA,
            "log": DIGEST_SCHEMA,
            "now": TIME_MS_SCHEMA,
            "stamped": nullable_schema(schema_reference("Stamped")),
            "statements": list_schema(schema_reference("NotaryStatement")),
            "witnessed": nullable_schema(schema_reference("Checkpoint")),
            "witnesses": list_schema(object_schema({"name": TEXT_SCHEMA, "pub": BYTES_SCHEMA})),
        }
    ),
    "Proofs": object_schema(
        {
            "checkpoint": schema_reference("Checkpoint"),
            "proofs": list_schema(
                object_schema(
                    {"i": NUMBER_SCHEMA, "path": list_schema(DIGEST_SCHEMA), "seq": NUMBER_SCHEMA, "version": ID_SCHEMA}
                ),
                500,
            ),
            "to": NUMBER_SCHEMA,
        }
    ),
    # A diary.
    "Stored": object_schema(
        {"head": schema_reference("Head"), "receipt": schema_reference("Receipt"), "seq": NUMBER_SCHEMA}
    ),
    "Upload": object_schema({"complete": BOOLEAN_SCHEMA, "have": list_schema(NUMBER_SCHEMA), "parts": NUMBER_SCHEMA}),
    "ErasureAsked": object_schema({**_ERASURE_FIELDS, "done": BOOLEAN_SCHEMA}),
    "Usage": object_schema(
        {
            "quota_bytes": NUMBER_SCHEMA,
            "text_quota_bytes": NUMBER_SCHEMA,
            "text_used_bytes": NUMBER_SCHEMA,
            "used_bytes": NUMBER_SCHEMA,
        },
    ),
    "PackState": enum_schema(*_PACK_STATES),
    "Pack": object_schema(
        {
            "done": NUMBER_SCHEMA,
            "pack": ID_SCHEMA,
            "state": schema_reference("PackState"),
            "step": TEXT_SCHEMA,
            "total": NUMBER_SCHEMA,
            "unprinted": list_schema(TEXT_SCHEMA),
        }
    ),
    "Witness": object_schema(
        {
            "answered_at": nullable_schema(TIME_MS_SCHEMA),
            "expires_at": TIME_MS_SCHEMA,
            "made_at": TIME_MS_SCHEMA,
            "sealed": BYTES_SCHEMA,
            "statement": nullable_schema(BYTES_SCHEMA),
            "taken_at": nullable_schema(TIME_MS_SCHEMA),
            "witness": ID_SCHEMA,
        }
    ),
    "Handover": object_schema(
        {
            "complete": BOOLEAN_SCHEMA,
            "ended_at": nullable_schema(TIME_MS_SCHEMA),
            "expires_at": TIME_MS_SCHEMA,
            "handover": ID_SCHEMA,
            "made_at": TIME_MS_SCHEMA,
            "openings": list_schema(TIME_MS_SCHEMA),
            "openings_most": NUMBER_SCHEMA,
            "size": NUMBER_SCHEMA,
        }
    ),
    # Advocates.
    "Advocate": object_schema(
        {
            "ecdsa_pub": PUBLIC_KEY_SCHEMA,
            "fingerprint": FINGERPRINT_SCHEMA,
            "hpke_pub": PUBLIC_KEY_SCHEMA,
            "name": TEXT_SCHEMA,
            "organisation": TEXT_SCHEMA,
        },
    ),
    "Grant": object_schema(
        {
            "diary": ID_SCHEMA,
            "ended_at": nullable_schema(TIME_MS_SCHEMA),
            "given": NUMBER_SCHEMA,
            "grant": ID_SCHEMA,
            "kept": BYTES_SCHEMA,
            "looked_at": nullable_schema(TIME_MS_SCHEMA),
            "made_at": TIME_MS_SCHEMA,
            "marks": NUMBER_SCHEMA,
            "not_after": TIME_MS_SCHEMA,
            "to": nullable_schema(FINGERPRINT_SCHEMA),
        }
    ),
    "Look": object_schema({"at": TIME_MS_SCHEMA, "grant": ID_SCHEMA, "what": enum_schema("file", "pack", "read")}),
    "Letter": object_schema(
        {
            "envelope": BYTES_SCHEMA,
            "grant": ID_SCHEMA,
            "letter": ID_SCHEMA,
            "made_at": TIME_MS_SCHEMA,
            "taken_at": nullable_schema(TIME_MS_SCHEMA),
        }
    ),
    "Client": object_schema(
        {
            "diary": ID_SCHEMA,
            "grant": ID_SCHEMA,
            "looked_at": nullable_schema(TIME_MS_SCHEMA),
            "not_after": TIME_MS_SCHEMA,
            "sealed": BYTES_SCHEMA,
            "summary": nullable_schema(BYTES_SCHEMA),
        }
    ),
    "Marks": object_schema({"marks": nullable_schema(BYTES_SCHEMA)}),
    "Colleague": object_schema(
        {"here": BOOLEAN_SCHEMA, "leads": BOOLEAN_SCHEMA, "member": ID_SCHEMA, "name": TEXT_SCHEMA}
    ),
    "LookInto": object_schema(
        {"at": TIME_MS_SCHEMA, "client": TEXT_SCHEMA, "name": TEXT_SCHEMA, "what": enum_schema("file", "pack", "read")}
    ),
}
