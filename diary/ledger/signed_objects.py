"""Signed objects: fields and `sig`; what is signed is the canonical JSON without `sig`."""

from collections.abc import Mapping

from diary.crypto.signing import Notary, verify_notary
from diary.encoding import b64, canon, unb64
from diary.errors import BadRequest, BadSignature

Fields = dict[str, object]


def sign(notary: Notary, fields: Mapping[str, object]) -> Fields:
    """`fields` with the notary's signature."""
    return dict(fields) | {"sig": b64(notary.sign(canon(dict(fields))))}


def check(signed: Mapping[str, object], notary_pub: bytes, kind: str, names: frozenset[str]) -> None:
    """Return when `signed` has type `kind`, exactly `names` besides `sig`, and holds; else BadSignature."""
    if set(signed) != names | {"sig"} or signed["t"] != kind:
        raise BadSignature("That is not what it should be.")
    fields = {name: value for name, value in signed.items() if name != "sig"}
    signature = signed["sig"]
    if not isinstance(signature, str):
        raise BadSignature
    try:
        verify_notary(notary_pub, canon(fields), unb64(signature))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature from None
