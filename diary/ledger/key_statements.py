"""What the instance key says about notary keys: which one signs from when, and what the one before is still good for.

The instance key is made once, kept away from the server, and pinned by phones when they enrol. A notary key
that is replaced is replaced by a statement, so that nobody who merely holds the server can hand out another.

`why`: `first`, `rotated` (the key before was retired in good order: its receipts hold), `lost` (nobody has it any
more: its receipts hold) or `exposed` (somebody else may have it: its receipts hold only for what lies in the log
below `last`, the last checkpoint it is known to have signed for us).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from diary.crypto.signing import Notary, notary_key_id
from diary.encoding import b64, unb64
from diary.errors import BadRequest, BadSignature
from diary.ledger.signed_objects import Fields, check, sign

TYPE: Final = "notary/v1"
Why = Literal["first", "rotated", "lost", "exposed"]
_NAMES: Final = frozenset({"from", "instance", "last", "log", "n", "prev", "pub", "t", "why"})


@dataclass(frozen=True, slots=True)
class NotaryKey:
    """One key of a chain. `below`: receipts by it hold only for leaves below this number; None for no such bound."""

    log: str
    pub: bytes
    since: int
    below: int | None


def wish(
    pub: bytes, before: Sequence[Mapping[str, object]], why: Why, ts: int, last: Mapping[str, object] | None
) -> Fields:
    """What is carried to the instance key to be signed: the notary key `pub`, after the statements `before`.

    `last`: `{"root","size"}` of the newest checkpoint of the key before. Raises BadRequest when it makes no sense.
    """
    if (why == "first") != (not before) or (why == "exposed" and last is None):
        raise BadRequest("That statement makes no sense here.")
    prev = before[-1]["log"] if before else None
    log = b64(notary_key_id(pub))
    return {
        "from": ts,
        "last": last,
        "log": log,
        "n": len(before),
        "prev": prev,
        "pub": b64(pub),
        "t": TYPE,
        "why": why,
    }


def make(instance: Notary, wished: Mapping[str, object]) -> Fields:
    """A statement: `wished`, with the instance key's name and signature."""
    statement = sign(instance, dict(wished) | {"instance": b64(instance.pub)})
    _read(statement, instance.pub)
    return statement


def chain(statements: Sequence[Mapping[str, object]], instance_pub: bytes) -> tuple[NotaryKey, ...]:
    """The notary keys, oldest first, when the statements follow one another under this instance key; else BadSignature."""
    keys: list[NotaryKey] = []
    for n, statement in enumerate(statements):
        key, bound = _read(statement, instance_pub)
        before = keys[-1] if keys else None
        if statement["n"] != n or statement["prev"] != (before.log if before else None):
            raise BadSignature("The statements about the notary's keys do not follow one another.")
        if (statement["why"] == "first") != (before is None) or key.log in {one.log for one in keys}:
            raise BadSignature("The statements about the notary's keys do not follow one another.")
        if before and statement["why"] == "exposed":
            keys[-1] = NotaryKey(before.log, before.pub, before.since, bound)
        keys.append(key)
    return tuple(keys)


def key_of(keys: Sequence[NotaryKey], log: object) -> NotaryKey:
    """The key that `log` names, else BadSignature."""
    for key in keys:
        if key.log == log:
            return key
    raise BadSignature("The signature is by a key that nobody vouches for.")


def _read(statement: Mapping[str, object], instance_pub: bytes) -> tuple[NotaryKey, int | None]:
    """The key a statement names, and its bound on the key before. Raises BadSignature."""
    check(statement, instance_pub, TYPE, _NAMES)
    bound = _size(statement["last"])
    try:
        pub = unb64(str(statement["pub"]))
    except BadRequest:
        raise BadSignature from None
    sound = (
        statement["instance"] == b64(instance_pub)
        and statement["why"] in get_args(Why)
        and statement["log"] == b64(notary_key_id(pub))
        and type(statement["from"]) is int
        and type(statement["n"]) is int
        and (statement["why"] != "exposed" or bound is not None)
    )
    if not sound:
        raise BadSignature("That is not a statement about a notary's key.")
    return NotaryKey(str(statement["log"]), pub, cast("int", statement["from"]), None), bound


def _size(last: object) -> int | None:
    """The size in `last`; None when there is none. Raises BadSignature for what is neither."""
    if last is None:
        return None
    if not isinstance(last, dict) or set(last) != {"root", "size"} or type(last["size"]) is not int or last["size"] < 0:
        raise BadSignature("That is not a statement about a notary's key.")
    return last["size"]
