"""Heads: a diary's running digest. Two different signed heads for one number prove server misbehaviour."""

import hashlib
from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json
from diary.errors import BadSignature
from diary.ledger.signed_objects import JsonObject, sign_object, verify_object

TYPE: Final = "head/v1"
INITIAL_HEAD: Final = bytes(32)
_MEMBER_NAMES: Final = frozenset({"diary", "head", "seq", "t", "ts"})


def next_head(head: bytes, *, seq: int, record: str, version: str, commitment: str, envelopes_digest: str) -> bytes:
    """Return the 32-byte head after the version with number `seq`. INITIAL_HEAD is the head before number 1."""
    entry = {"c": commitment, "env": envelopes_digest, "record": record, "seq": seq, "version": version}
    return hashlib.sha256(b"kept/head\0" + head + canonical_json(entry)).digest()


def sign_head(notary: Ed25519Signer, *, diary: str, seq: int, head: bytes, timestamp_ms: int) -> JsonObject:
    """Return a signed head: `head` over the first `seq` versions, at `timestamp_ms`."""
    return sign_object(notary, {"diary": diary, "head": b64(head), "seq": seq, "t": TYPE, "ts": timestamp_ms})


def verify_head(signed: Mapping[str, object], notary_pub: bytes, *, diary: str, seq: int, head: bytes) -> None:
    """Raise BadSignature unless `signed` is this notary's head of this diary at this number."""
    verify_object(signed, notary_pub, TYPE, _MEMBER_NAMES)
    if signed["diary"] != diary or signed["seq"] != seq or signed["head"] != b64(head):
        raise BadSignature("The server's account of this diary differs from this device's.")
