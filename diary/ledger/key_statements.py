"""Statements by the instance key about notary keys: which key signs from when, and how far the previous one is valid.

The instance key is created once, kept away from the server, and pinned by phones when they enrol. A notary key is
replaced only by a statement, so that control of the server is not enough to introduce another key.

`why` is `first`, `rotated` (the previous key was retired as planned: its receipts are valid), `lost` (the previous key
is lost: its receipts are valid) or `exposed` (somebody else may have it: its receipts are valid only for leaves below
`last`, the last checkpoint that it is known to have signed for this server).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from diary.crypto.signing import Ed25519Signer, ed25519_key_id
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger.signed_objects import JsonObject, sign_object, verify_object

TYPE: Final = "notary/v1"
ReplacementReason = Literal["first", "rotated", "lost", "exposed"]
_MEMBER_NAMES: Final = frozenset({"from", "instance", "last", "log", "n", "prev", "pub", "t", "why"})


@dataclass(frozen=True, slots=True)
class NotaryKey:
    """A key of a chain. Its receipts are valid only for leaves below `leaf_limit`; None means no limit."""

    log_id: str
    pub: bytes
    valid_from_ms: int
    leaf_limit: int | None


def draft_statement(
    pub: bytes,
    previous_statements: Sequence[Mapping[str, object]],
    reason: ReplacementReason,
    timestamp_ms: int,
    last_checkpoint: Mapping[str, object] | None,
) -> JsonObject:
    """Return a statement about the notary key `pub`, to be signed with the instance key.

    `last_checkpoint` is `{"root","size"}` of the previous key's newest checkpoint. Raise BadRequest if `reason` does
    not fit the previous statements or the checkpoint.
    """
    if (reason == "first") != (not previous_statements) or (reason == "exposed" and last_checkpoint is None):
        raise BadRequest("That statement makes no sense here.")
    previous_log_id = previous_statements[-1]["log"] if previous_statements else None
    log_id = b64(ed25519_key_id(pub))
    return {
        "from": timestamp_ms,
        "last": last_checkpoint,
        "log": log_id,
        "n": len(previous_statements),
        "prev": previous_log_id,
        "pub": b64(pub),
        "t": TYPE,
        "why": reason,
    }


def sign_statement(instance_signer: Ed25519Signer, draft: Mapping[str, object]) -> JsonObject:
    """Return `draft` with the instance key's public key and signature. Raise BadSignature if it is malformed."""
    statement = sign_object(instance_signer, dict(draft) | {"instance": b64(instance_signer.pub)})
    _parse_statement(statement, instance_signer.pub)
    return statement


def verify_chain(statements: Sequence[Mapping[str, object]], instance_pub: bytes) -> tuple[NotaryKey, ...]:
    """Return the notary keys, oldest first.

    Raise BadSignature unless the statements form a chain under this instance key.
    """
    keys: list[NotaryKey] = []
    for index, statement in enumerate(statements):
        key, leaf_limit = _parse_statement(statement, instance_pub)
        previous = keys[-1] if keys else None
        if statement["n"] != index or statement["prev"] != (previous.log_id if previous else None):
            raise BadSignature("The statements about the notary's keys do not follow one another.")
        if (statement["why"] == "first") != (previous is None) or key.log_id in {known.log_id for known in keys}:
            raise BadSignature("The statements about the notary's keys do not follow one another.")
        if previous and statement["why"] == "exposed":
            keys[-1] = NotaryKey(previous.log_id, previous.pub, previous.valid_from_ms, leaf_limit)
        keys.append(key)
    return tuple(keys)


def find_key(keys: Sequence[NotaryKey], log_id: object) -> NotaryKey:
    """Return the key with this log id. Raise BadSignature if there is none."""
    for key in keys:
        if key.log_id == log_id:
            return key
    raise BadSignature("The signature is by an unknown key.")


def _parse_statement(statement: Mapping[str, object], instance_pub: bytes) -> tuple[NotaryKey, int | None]:
    """Return the key in a statement, and its limit for the previous key. Raise BadSignature if it is not valid."""
    verify_object(statement, instance_pub, TYPE, _MEMBER_NAMES)
    leaf_limit = _checkpoint_size(statement["last"])
    try:
        pub = unb64(str(statement["pub"]))
    except BadRequest:
        raise BadSignature from None
    is_valid = (
        statement["instance"] == b64(instance_pub)
        and statement["why"] in get_args(ReplacementReason)
        and statement["log"] == b64(ed25519_key_id(pub))
        and type(statement["from"]) is int
        and type(statement["n"]) is int
        and (statement["why"] != "exposed" or leaf_limit is not None)
    )
    if not is_valid:
        raise BadSignature("That is not a statement about a notary's key.")
    return NotaryKey(str(statement["log"]), pub, cast("int", statement["from"]), None), leaf_limit


def _checkpoint_size(checkpoint: object) -> int | None:
    """Return the size of the last checkpoint, or None before the first one. Raise BadSignature."""
    if checkpoint is None:
        return None
    if (
        not isinstance(checkpoint, dict)
        or set(checkpoint) != {"root", "size"}
        or type(checkpoint["size"]) is not int
        or checkpoint["size"] < 0
    ):
        raise BadSignature("That is not a statement about a notary's key.")
    return checkpoint["size"]
