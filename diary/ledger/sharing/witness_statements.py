"""What a keeper asks somebody who saw it, and the one statement that comes back. docs/formats.md, section 8.

Neither names an account: what is asked is sealed under the code, what is answered to the keeper's own key.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.crypto.fingerprints import fingerprint, to_words
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_from, seal_to
from diary.crypto.sealing import Kind, open_envelope, seal
from diary.crypto.witness_code import Code
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import parse_id

ASKING: Final = "asking/v1"
STATEMENT: Final = "statement/v1"
SAW: Final = ("saw", "heard", "saw_me_after", "was_told", "received_it", "other")
FILES_MOST: Final = constants.WITNESS_FILES_LIMIT
_ASKED: Final = {"ecdsa_pub", "hpke_pub", "made_at", "name", "note", "t", "until"}
_SAID: Final = {"fields", "files", "made_at", "proof", "t", "witness"}
_FIELDS: Final[Mapping[str, int]] = {"contact": 300, "name": 120, "when": 300, "words": 20_000}


def asking_header(witness: str) -> dict[str, object]:
    """Header of what is asked."""
    return {"t": "asking", "witness": witness}


def statement_header(witness: str) -> dict[str, object]:
    """Header of a statement."""
    return {"t": "statement", "witness": witness}


def seal_asking(code: Code, witness: str, asked: Mapping[str, object]) -> bytes:
    """`asked`: `ecdsa_pub`, `hpke_pub` (b64), `made_at`, `until` (ms), `name` and `note` (text). Raises SealError for others."""
    told = dict(asked) | {"t": ASKING}
    if not _is_asking(told):
        raise SealError
    return seal(code.key, Kind.ASKING, asking_header(witness), pad_version(canon(told)))


def open_asking(code: Code, key_words: str, witness: str, envelope: bytes) -> Mapping[str, Any]:
    """What is asked. Raises SealError, and BadSignature when the keys are not those the words of the key name."""
    told = _parse(open_envelope(code.key, envelope, Kind.ASKING, asking_header(witness)))
    if not _is_asking(told):
        raise SealError
    named = to_words(fingerprint(unb64(told["ecdsa_pub"]), unb64(told["hpke_pub"]))).split()[: len(key_words.split())]
    if " ".join(named) != key_words:
        raise BadSignature("These are not the keys of whoever gave the words.")
    return told


def seal_statement(code: Code, hpke_pub: bytes, witness: str, said: Mapping[str, object]) -> bytes:
    """`said`: `fields`, `files` and `made_at`, sealed to the keeper with the code's proof. Raises SealError for others."""
    told = dict(said) | {"proof": b64(code.proof), "t": STATEMENT, "witness": witness}
    if not _is_statement(told):
        raise SealError
    return seal_to(hpke_pub, Kind.LETTER, statement_header(witness), pad_version(canon(told)))


def open_statement(scalar: bytes, proof: bytes, witness: str, envelope: bytes) -> tuple[Mapping[str, Any], bool]:
    """What somebody saw, and whether it was written by one who had the code. Raises SealError."""
    told = _parse(open_from(scalar, envelope, Kind.LETTER, statement_header(witness)))
    if not _is_statement(told) or told["witness"] != witness:
        raise SealError
    return told, hmac.compare_digest(told["proof"].encode(), b64(proof).encode())


def _parse(plaintext: bytes) -> dict[str, Any]:
    try:
        told = parse(unpad(plaintext))
    except KeptError:
        raise SealError from None
    if not isinstance(told, dict):
        raise SealError
    return told


def _is_asking(told: Mapping[str, Any]) -> bool:
    """Whether what is asked is whole."""
    texts = all(
        isinstance(told.get(name), str) and len(told[name]) <= most for name, most in (("name", 80), ("note", 500))
    )
    times = all(type(told.get(name)) is int and told[name] >= 0 for name in ("made_at", "until"))
    keys = all(isinstance(told.get(name), str) and len(told[name]) == 87 for name in ("ecdsa_pub", "hpke_pub"))
    return set(told) == _ASKED and told["t"] == ASKING and texts and times and keys


def _is_statement(told: Mapping[str, Any]) -> bool:
    """Whether a statement is whole."""
    if (
        set(told) != _SAID
        or told["t"] != STATEMENT
        or not isinstance(told["proof"], str)
        or not isinstance(told["fields"], dict)
    ):
        return False
    fields = told["fields"]
    if set(fields) != {*_FIELDS, "saw_how"} or fields["saw_how"] not in SAW or not fields["words"]:
        return False
    texts = all(isinstance(fields[name], str) and len(fields[name]) <= most for name, most in _FIELDS.items())
    is_timed = type(told["made_at"]) is int and told["made_at"] >= 0
    return texts and is_timed and (told["files"] is None or _are_files(told["files"]))


def _are_files(files: object) -> bool:
    """One upload that holds every file, one after another, and what each is called."""
    if not isinstance(files, dict) or set(files) != {"key", "list", "upload"} or not isinstance(files["list"], list):
        return False
    rows = files["list"]
    try:
        parse_id(str(files["upload"]))
        whole = len(unb64(str(files["key"]))) == 32
    except KeptError:
        return False
    return whole and 0 < len(rows) <= FILES_MOST and all(_is_file(one) for one in rows)


def _is_file(one: object) -> bool:
    """A file's name, size in bytes and what the browser called it."""
    if (
        not isinstance(one, dict)
        or set(one) != {"name", "size", "type"}
        or type(one["size"]) is not int
        or one["size"] < 0
    ):
        return False
    return all(isinstance(one[name], str) and len(one[name]) <= 255 for name in ("name", "type"))
