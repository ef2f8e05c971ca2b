"""A keeper's request to somebody who saw an incident, and that person's one statement. docs/formats.md, section 8.

Neither names an account. The request is sealed under the code, the statement to the keeper's public key.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.crypto.fingerprints import fingerprint, to_words
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_with_private_key, seal_to_public_key
from diary.crypto.sealing import EnvelopeKind, open_envelope, seal_envelope
from diary.crypto.witness_code import WitnessCodeSecrets
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import parse_id

REQUEST_TYPE: Final = "asking/v1"
STATEMENT_TYPE: Final = "statement/v1"
KNOWLEDGE_SOURCES: Final = ("saw", "heard", "saw_me_after", "was_told", "received_it", "other")
FILES_LIMIT: Final = constants.WITNESS_FILES_LIMIT
_REQUEST_NAMES: Final = {"ecdsa_pub", "hpke_pub", "made_at", "name", "note", "t", "until"}
_STATEMENT_NAMES: Final = {"fields", "files", "made_at", "proof", "t", "witness"}
_FIELD_MAX_CHARACTERS: Final[Mapping[str, int]] = {"contact": 300, "name": 120, "when": 300, "words": 20_000}


def request_header(witness_id: str) -> dict[str, object]:
    """Return the header of a request's envelope."""
    return {"t": "asking", "witness": witness_id}


def statement_header(witness_id: str) -> dict[str, object]:
    """Return the header of a statement's envelope."""
    return {"t": "statement", "witness": witness_id}


def seal_request(code_secrets: WitnessCodeSecrets, witness_id: str, fields: Mapping[str, object]) -> bytes:
    """Seal a request. Raise SealError if its fields are not valid.

    `fields` has `ecdsa_pub` and `hpke_pub` (b64), `made_at` and `until` (ms UTC), `name` and `note` (text).
    """
    request = dict(fields) | {"t": REQUEST_TYPE}
    if not _is_request(request):
        raise SealError
    return seal_envelope(
        code_secrets.key, EnvelopeKind.WITNESS_REQUEST, request_header(witness_id), pad_version(canonical_json(request))
    )


def open_request(
    code_secrets: WitnessCodeSecrets, fingerprint_words: str, witness_id: str, envelope: bytes
) -> Mapping[str, Any]:
    """Return a request. Raise SealError if it cannot be opened, and BadSignature unless its keys match the words.

    `fingerprint_words`: the first words of the keeper's fingerprint. Only as many are compared, and at least one.
    """
    request = _parse(
        open_envelope(code_secrets.key, envelope, EnvelopeKind.WITNESS_REQUEST, request_header(witness_id))
    )
    if not _is_request(request):
        raise SealError
    # An empty text counts as one word, so it does not match.
    count = len(fingerprint_words.split(" "))
    expected_words = to_words(fingerprint(unb64(request["ecdsa_pub"]), unb64(request["hpke_pub"]))).split()[:count]
    if " ".join(expected_words) != fingerprint_words:
        raise BadSignature("These keys do not belong to the person who gave the words.")
    return request


def seal_statement(
    code_secrets: WitnessCodeSecrets, hpke_pub: bytes, witness_id: str, content: Mapping[str, object]
) -> bytes:
    """Seal a statement to the keeper, with the code's proof. Raise SealError if the content is not valid.

    `content` has `fields`, `files` and `made_at` (ms UTC).
    """
    statement = dict(content) | {"proof": b64(code_secrets.proof), "t": STATEMENT_TYPE, "witness": witness_id}
    if not _is_statement(statement):
        raise SealError
    return seal_to_public_key(
        hpke_pub, EnvelopeKind.LETTER, statement_header(witness_id), pad_version(canonical_json(statement))
    )


def open_statement(
    private_key: bytes, proof: bytes, witness_id: str, envelope: bytes
) -> tuple[Mapping[str, Any], bool]:
    """Return a statement, and whether its writer had the code.

    Raise SealError if it cannot be opened or is not valid.
    """
    statement = _parse(open_with_private_key(private_key, envelope, EnvelopeKind.LETTER, statement_header(witness_id)))
    if not _is_statement(statement) or statement["witness"] != witness_id:
        raise SealError
    return statement, hmac.compare_digest(statement["proof"].encode(), b64(proof).encode())


def _parse(plaintext: bytes) -> dict[str, Any]:
    """Return the JSON object in padded bytes. Raise SealError if they contain anything else."""
    try:
        document = parse_canonical_json(unpad(plaintext))
    except KeptError:
        raise SealError from None
    if not isinstance(document, dict):
        raise SealError
    return document


def _is_request(request: Mapping[str, Any]) -> bool:
    """Return whether a request is complete and valid."""
    has_valid_texts = all(
        isinstance(request.get(name), str) and len(request[name]) <= limit
        for name, limit in (("name", 80), ("note", 500))
    )
    has_valid_times = all(type(request.get(name)) is int and request[name] >= 0 for name in ("made_at", "until"))
    has_valid_keys = all(
        isinstance(request.get(name), str) and len(request[name]) == 87 for name in ("ecdsa_pub", "hpke_pub")
    )
    return (
        set(request) == _REQUEST_NAMES
        and request["t"] == REQUEST_TYPE
        and has_valid_texts
        and has_valid_times
        and has_valid_keys
    )


def _is_statement(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is complete and valid."""
    if (
        set(statement) != _STATEMENT_NAMES
        or statement["t"] != STATEMENT_TYPE
        or not isinstance(statement["proof"], str)
        or not isinstance(statement["fields"], dict)
    ):
        return False
    fields = statement["fields"]
    if (
        set(fields) != {*_FIELD_MAX_CHARACTERS, "saw_how"}
        or fields["saw_how"] not in KNOWLEDGE_SOURCES
        or not fields["words"]
    ):
        return False
    has_valid_texts = all(
        isinstance(fields[name], str) and len(fields[name]) <= limit for name, limit in _FIELD_MAX_CHARACTERS.items()
    )
    has_valid_time = type(statement["made_at"]) is int and statement["made_at"] >= 0
    return has_valid_texts and has_valid_time and (statement["files"] is None or _are_files(statement["files"]))


def _are_files(files: object) -> bool:
    """Return whether the files of a statement are valid: one upload with all files in sequence, and their list."""
    if not isinstance(files, dict) or set(files) != {"key", "list", "upload"} or not isinstance(files["list"], list):
        return False
    listed_files = files["list"]
    try:
        parse_id(str(files["upload"]))
        has_valid_key = len(unb64(str(files["key"]))) == 32
    except KeptError:
        return False
    return has_valid_key and 0 < len(listed_files) <= FILES_LIMIT and all(_is_file(file) for file in listed_files)


def _is_file(file: object) -> bool:
    """Return whether an entry has a file's name, its size in bytes and its type according to the browser."""
    if (
        not isinstance(file, dict)
        or set(file) != {"name", "size", "type"}
        or type(file["size"]) is not int
        or file["size"] < 0
    ):
        return False
    return all(isinstance(file[name], str) and len(file[name]) <= 255 for name in ("name", "type"))
