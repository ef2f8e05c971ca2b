"""Heads: a diary's running digest. Two signed heads for one number convict the server."""

import hashlib
from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Notary
from diary.encoding import b64, canon
from diary.errors import BadSignature
from diary.ledger.signed_objects import Fields, check, sign

TYPE: Final = "head/v1"
FIRST: Final = bytes(32)
_NAMES: Final = frozenset({"diary", "head", "seq", "t", "ts"})


def next_head(head: bytes, *, seq: int, record: str, version: str, c: str, env: str) -> bytes:
    """The 32-byte head after the version that takes number `seq`; `FIRST` stands before number 1."""
    entry = {"c": c, "env": env, "record": record, "seq": seq, "version": version}
    return hashlib.sha256(b"kept/head\0" + head + canon(entry)).digest()


def make(notary: Notary, *, diary: str, seq: int, head: bytes, ts: int) -> Fields:
    """A signed head: `seq` versions so far, `head` over them, at `ts` ms."""
    return sign(notary, {"diary": diary, "head": b64(head), "seq": seq, "t": TYPE, "ts": ts})


def verify(signed: Mapping[str, object], notary_pub: bytes, *, diary: str, seq: int, head: bytes) -> None:
    """Return when `signed` is this notary's head of this diary at this number; else BadSignature."""
    check(signed, notary_pub, TYPE, _NAMES)
    if signed["diary"] != diary or signed["seq"] != seq or signed["head"] != b64(head):
        raise BadSignature("The server's account of this diary differs from this device's.")
