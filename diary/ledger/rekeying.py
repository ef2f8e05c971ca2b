"""Statements by an account's signing key about its replacement: docs/formats.md, section 4b.

A statement is signed by the old key. It names the new key and the limit of the old one: the diary's number and head at
that moment, the server's time, and the newest checkpoint seen. A version by the old key above that number, or received
after that time, has no valid author.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diary.crypto.signing import AuthorSigner, author_key_id, load_public_key, verify_author
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest, BadSignature
from diary.ids import parse_id
from diary.ledger.signed_objects import JsonObject

TYPE: Final = "rekey/v1"
_MEMBER_NAMES: Final = {"account", "beacon", "diary", "ecdsa_pub", "epoch", "head", "hpke_pub", "old", "seq", "t", "ts"}
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class AuthorKey:
    """A signing key of an account.

    `last_seq` and `last_ms` are the last number and time (ms UTC) for which it is valid; None for the current key.
    """

    pub: bytes
    last_seq: int | None = None
    last_ms: int | None = None


def sign_statement(author: AuthorSigner, fields: Mapping[str, object]) -> JsonObject:
    """Return a statement signed by the old key, from its fields without `old` and `t`.

    Raise BadSignature if it is malformed.
    """
    unsigned = dict(fields) | {"old": b64(author.pub), "t": TYPE}
    statement = unsigned | {"sig": b64(author.sign(canonical_json(unsigned)))}
    verify_statement(statement)
    return statement


def verify_statement(statement: Mapping[str, Any]) -> None:
    """Raise BadSignature unless this is a well-formed statement with a valid signature."""
    if set(statement) != _MEMBER_NAMES | {"sig"} or statement["t"] != TYPE:
        raise BadSignature("That is not a statement about an account's keys.")
    fields = {name: value for name, value in statement.items() if name != "sig"}
    try:
        for name in ("account", "diary"):
            parse_id(str(statement[name]))
        is_valid = len(unb64(str(statement["head"]))) == _DIGEST_BYTES and _is_valid_beacon(statement["beacon"])
        numbers = (statement["epoch"] - 2, statement["seq"], statement["ts"])
        if not is_valid or any(type(number) is not int or number < 0 for number in numbers):
            raise BadSignature("That is not a statement about an account's keys.")
        for name in ("ecdsa_pub", "hpke_pub"):
            load_public_key(unb64(str(statement[name])))
        if statement["ecdsa_pub"] == statement["old"]:
            raise BadSignature("A key cannot replace itself.")
        verify_author(unb64(str(statement["old"])), canonical_json(fields), unb64(str(statement["sig"])))
    except BadSignature:
        raise
    except (BadRequest, TypeError):
        raise BadSignature("That is not a statement about an account's keys.") from None


def verify_chain(statements: Sequence[Mapping[str, Any]], current_pub: bytes) -> tuple[AuthorKey, ...]:
    """Return the account's keys, oldest first.

    Raise BadSignature unless the statements lead to `current_pub` and no key comes back.
    """
    keys: list[AuthorKey] = []
    for previous, statement in zip((None, *statements), statements, strict=False):
        verify_statement(statement)
        is_consecutive = previous is None or (
            previous["ecdsa_pub"] == statement["old"]
            and previous["account"] == statement["account"]
            and previous["epoch"] < statement["epoch"]
            and previous["seq"] <= statement["seq"]
        )
        if not is_consecutive:
            raise BadSignature("The statements about an account's keys do not follow one another.")
        keys.append(AuthorKey(unb64(str(statement["old"])), int(statement["seq"]), int(statement["ts"])))
    if statements and statements[-1]["ecdsa_pub"] != b64(current_pub):
        raise BadSignature("The statements about an account's keys do not lead to the one in use.")
    keys.append(AuthorKey(current_pub))
    # A key that came back would have two limits.
    if len({key.pub for key in keys}) < len(keys):
        raise BadSignature("A key that was replaced cannot come back.")
    return tuple(keys)


def find_signing_key(keys: Sequence[AuthorKey], key_id: object, message: bytes, signature: bytes) -> AuthorKey:
    """Return the key that made a signature: the one with this key id, or a later one in `keys`.

    Raise BadSignature if none of them made it. Versions that a server lost are sent again with a signature by the
    current key. A key never signs for a later one.
    """
    positions = [position for position, key in enumerate(keys) if author_key_id(key.pub) == key_id]
    for key in keys[positions[0] :] if positions else ():
        try:
            verify_author(key.pub, message, signature)
        except BadSignature:
            continue
        return key
    raise BadSignature("The signature is by a key that is not this account's.")


def verify_by_any_key(keys: Sequence[AuthorKey], message: bytes, signature: bytes, seq: int | None) -> None:
    """Raise BadSignature unless one of the keys made the signature and was valid for number `seq`.

    `seq` is None for a version that has no number yet.
    """
    for key in reversed(keys):
        if key.last_seq is not None and (seq is None or seq > key.last_seq):
            continue
        try:
            return verify_author(key.pub, message, signature)
        except BadSignature:
            continue
    raise BadSignature


def _is_valid_beacon(beacon: object) -> bool:
    """Return whether a beacon is None or a checkpoint. Raise BadRequest for text that is not b64."""
    if beacon is None:
        return True
    if not isinstance(beacon, dict) or set(beacon) != {"log", "root", "size"} or type(beacon["size"]) is not int:
        return False
    return all(len(unb64(str(beacon[name]))) == _DIGEST_BYTES for name in ("log", "root"))
