"""Receipts: the notary's statement "I had this commitment at this time"."""

import os
from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Ed25519Signer, ed25519_key_id
from diary.encoding import b64
from diary.errors import BadSignature
from diary.ledger.signed_objects import JsonObject, sign_object, verify_object

TYPE: Final = "rcpt/v1"
NUMBER_BYTES: Final = 16
_MEMBER_NAMES: Final = frozenset({"c", "env", "log", "n", "t", "ts"})


def sign_receipt(
    notary: Ed25519Signer,
    *,
    commitment: str,
    envelopes_digest: str,
    timestamp_ms: int,
    fixed_number: bytes | None = None,
) -> JsonObject:
    """Return a receipt for a commitment and a digest of envelopes (both b64), received at `timestamp_ms`.

    `n` has 16 bytes, random unless `fixed_number` is given. It makes the leaves of equal commitments differ.
    """
    number = os.urandom(NUMBER_BYTES) if fixed_number is None else fixed_number
    fields = {
        "c": commitment,
        "env": envelopes_digest,
        "log": notary.log_id,
        "n": b64(number),
        "t": TYPE,
        "ts": timestamp_ms,
    }
    return sign_object(notary, fields)


def verify_receipt(receipt: Mapping[str, object], notary_pub: bytes, *, commitment: str, envelopes_digest: str) -> int:
    """Return the time of a receipt in ms UTC.

    Raise BadSignature unless it is by this notary, for exactly this commitment and these envelopes.
    """
    verify_object(receipt, notary_pub, TYPE, _MEMBER_NAMES)
    if receipt["log"] != b64(ed25519_key_id(notary_pub)):
        raise BadSignature("The receipt names another notary.")
    if receipt["c"] != commitment or receipt["env"] != envelopes_digest:
        raise BadSignature("The receipt is for something else.")
    timestamp_ms = receipt["ts"]
    if type(timestamp_ms) is not int or timestamp_ms < 0:
        raise BadSignature("The receipt has no time.")
    return timestamp_ms
