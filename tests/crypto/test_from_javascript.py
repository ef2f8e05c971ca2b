"""The server side opens what the phone's code creates: one account, one file, one version, one slot, one capture.

The vectors fix bytes for given salts; here the phone draws all random values itself.
"""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diary.crypto import file_parts, kdf, keys, slots, words
from diary.crypto.padding import part_count
from diary.crypto.public_key_sealing import open_with_private_key
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import public_point, verify_author
from diary.encoding import b64, unb64
from diary.ledger import push, versions
from diary.ledger.commitments import FieldNames
from tests.vectors.reference import fixed_bytes, patterned_bytes

FOLDER = Path(__file__).parent
PASSPHRASE = "cage candy arch gather drum buyer"
RECIPIENT_SCALAR, HEADER, FILE_BYTES = (
    fixed_bytes("a person", 32),
    {"at": 1, "install": b64(bytes(16)), "t": "capture"},
    1_032_193,
)
SCHEMAS = json.loads((FOLDER.parent.parent / "diary/record/schemas.json").read_text())


@pytest.fixture(scope="module")
def sealed_in_javascript() -> Any:
    """Return the output of the script."""
    script_input = json.dumps(
        {"words": PASSPHRASE, "pub": b64(public_point(RECIPIENT_SCALAR)), "header": HEADER, "size": FILE_BYTES}
    )
    command = ["node", str(FOLDER / "from_javascript.mjs"), script_input]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def open_account(script_output: Any) -> tuple[bytes, bytes, keys.Keyset]:
    """Return account key, diary key and keyset, opened with the words."""
    body = script_output["body"]
    root = kdf.derive_root(PASSPHRASE, body["kdf"], kdf.TEST_POLICY)
    wrap = unb64(body["words_wrap"])
    expect = keys.words_wrap_header(script_output["account"], 1, body["kdf"])
    account_key, _ = keys.unwrap_any_epoch(kdf.derive_words_kek(root, body["kdf"]), wrap, expect)
    diary_wrap = unb64(body["diary"]["wrap"])
    diary_key, _ = keys.unwrap_any_epoch(
        account_key, diary_wrap, keys.diary_wrap_header(script_output["account"], script_output["diary"], 1)
    )
    return account_key, diary_key, keys.open_keyset(account_key, unb64(body["keyset"]), script_output["account"])


def test_the_account_opens_with_words_and_code(sealed_in_javascript: Any) -> None:
    """Proofs, wraps, keyset and both spellings of the code agree."""
    body = sealed_in_javascript["body"]
    account_key, _, keyset = open_account(sealed_in_javascript)
    assert kdf.derive_sign_in_proof(
        kdf.derive_root(PASSPHRASE, body["kdf"], kdf.TEST_POLICY), body["kdf"], "https://notes.example"
    ) == unb64(body["auth"])
    code = words.parse_code(sealed_in_javascript["code"]["crockford"])
    assert words.parse_code(" ".join(sealed_in_javascript["code"]["words12"])) == code
    assert kdf.derive_code_proof(code, body["login"]) == unb64(body["code_auth"])
    code_wrap = unb64(body["code_wrap"])
    assert (
        keys.unwrap_any_epoch(
            kdf.derive_code_kek(code), code_wrap, keys.code_wrap_header(sealed_in_javascript["account"], 1)
        )[0]
        == account_key
    )
    assert (keyset.ecdsa_pub, keyset.hpke_pub) == (unb64(body["ecdsa_pub"]), unb64(body["hpke_pub"]))


def test_the_version_opens_and_is_signed(sealed_in_javascript: Any) -> None:
    """The server accepts the push; it opens unaltered with the diary's key; the author's signature is valid."""
    place = sealed_in_javascript["version"]["place"]
    _, diary_key, keyset = open_account(sealed_in_javascript)
    received = push.decode(unb64(sealed_in_javascript["version"]["push"]), **place)
    verify_author(
        keyset.ecdsa_pub, push.version_signing_input(c=received.commitment, **place), unb64(received.signature)
    )

    def names_of(kind: str, schema: int) -> FieldNames:
        table = SCHEMAS[kind][str(schema)]
        return FieldNames(tuple(table["open"]), tuple(table["restricted"]))

    opened = versions.open_version(received, versions.VersionIds(**place), names_of, diary_key, keyset.ecdsa_pub)
    assert not opened.is_altered
    assert opened.fields == {"text": "وہ 😢 cafe\u0301"}
    assert received.commitment == sealed_in_javascript["version"]["commitment"]
    assert received.blobs == (sealed_in_javascript["file"]["blob"],)


def test_the_file_comes_back(sealed_in_javascript: Any) -> None:
    """Parts, digests and content are correct under the key in the version."""
    _, diary_key, _ = open_account(sealed_in_javascript)
    place = versions.VersionIds(**sealed_in_javascript["version"]["place"])
    received = push.decode(unb64(sealed_in_javascript["version"]["push"]), **sealed_in_javascript["version"]["place"])
    names = FieldNames(("text",))
    opened = versions.open_version(received, place, lambda *_: names, diary_key)
    ((blob, key),) = opened.open_keys
    sealed = [unb64(part) for part in sealed_in_javascript["file"]["parts"]]
    content = b"".join(file_parts.open_parts(key, sealed_in_javascript["diary"], blob, sealed, len(sealed)))
    assert content == patterned_bytes(FILE_BYTES)
    assert len(sealed) == part_count(FILE_BYTES)
    assert hashlib.sha256(content).hexdigest() == sealed_in_javascript["file"]["sha256"]
    assert (
        b64(file_parts.parts_digest(hashlib.sha256(part).digest() for part in sealed))
        == sealed_in_javascript["file"]["digest"]
    )


def test_the_slot_and_the_store_open(sealed_in_javascript: Any) -> None:
    """The same words open the slot the phone made, and the store key in it opens the phone's records."""
    slot_parameters = sealed_in_javascript["door"]
    local_kdf = {"alg": "argon2id", "login": "", "origin": "local", "p": 1} | {
        n: slot_parameters[n] for n in ("m", "t", "salt")
    }
    root = kdf.derive_root(PASSPHRASE, local_kdf, kdf.TEST_POLICY)
    _, content = slots.open_slots(
        root, unb64(slot_parameters["install"]), [unb64(slot) for slot in slot_parameters["slots"]]
    )
    assert (content["role"], content["account"]) == ("diary", sealed_in_javascript["account"])
    store_key = unb64(str(content["store_key"]))
    about, body = slots.open_record(
        store_key, unb64(sealed_in_javascript["store"]["record"]), unb64(sealed_in_javascript["store"]["sealed"])
    )
    assert (about, body) == ({"i": 1, "k": "part"}, patterned_bytes(5000))


def test_a_capture_opens(sealed_in_javascript: Any) -> None:
    """The owner of the key opens what the phone seals to a person."""
    assert open_with_private_key(
        RECIPIENT_SCALAR, unb64(sealed_in_javascript["person"]), EnvelopeKind.CAPTURE, HEADER
    ) == patterned_bytes(20_000)
