"""Receipts: the notary's "I had this commitment at this time"."""

import os
from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Notary, notary_key_id
from diary.encoding import b64
from diary.errors import BadSignature
from diary.ledger.signed_objects import Fields, check, sign

TYPE: Final = "rcpt/v1"
NUMBER_BYTES: Final = 16
_NAMES: Final = frozenset({"c", "env", "log", "n", "t", "ts"})


def make(notary: Notary, *, c: str, env: str, ts: int, n: bytes | None = None) -> Fields:
    """A receipt for commitment `c` and envelope digest `env` (both b64), received at `ts` ms.

    `n`: 16 random bytes, drawn when not given; it keeps equal commitments from having equal leaves.
    """
    number = os.urandom(NUMBER_BYTES) if n is None else n
    fields = {"c": c, "env": env, "log": notary.log, "n": b64(number), "t": TYPE, "ts": ts}
    return sign(notary, fields)


def verify(receipt: Mapping[str, object], notary_pub: bytes, *, c: str, env: str) -> int:
    """The time of a receipt by this notary for exactly this commitment and envelopes; else BadSignature."""
    check(receipt, notary_pub, TYPE, _NAMES)
    if receipt["log"] != b64(notary_key_id(notary_pub)):
        raise BadSignature("The receipt names another notary.")
    if receipt["c"] != c or receipt["env"] != env:
        raise BadSignature("The receipt is for something else.")
    ts = receipt["ts"]
    if type(ts) is not int or ts < 0:
        raise BadSignature("The receipt has no time.")
    return ts
