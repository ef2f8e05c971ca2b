"""Signed objects: fields and `sig`, a signature over the canonical JSON without `sig`."""

from collections.abc import Mapping

from diary.crypto.signing import Ed25519Signer, verify_ed25519
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest, BadSignature

JsonObject = dict[str, object]


def sign_object(signer: Ed25519Signer, fields: Mapping[str, object]) -> JsonObject:
    """Return `fields` with the signer's signature as `sig`."""
    return dict(fields) | {"sig": b64(signer.sign(canonical_json(dict(fields))))}


def verify_object(
    signed: Mapping[str, object], signer_pub: bytes, expected_type: str, expected_names: frozenset[str]
) -> None:
    """Raise BadSignature unless `signed` has this type, exactly these names and `sig`, and a valid signature."""
    if set(signed) != expected_names | {"sig"} or signed["t"] != expected_type:
        raise BadSignature("That is not what it should be.")
    fields = {name: value for name, value in signed.items() if name != "sig"}
    signature = signed["sig"]
    if not isinstance(signature, str):
        raise BadSignature
    try:
        verify_ed25519(signer_pub, canonical_json(fields), unb64(signature))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature from None
