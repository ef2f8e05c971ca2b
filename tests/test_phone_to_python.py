"""Python opens what a phone seals, with only the words. The vectors cover the other direction."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diary.crypto import file_parts, kdf, keys, public_key_sealing, slots, words
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import author_key_id, verify_author
from diary.crypto.subkeys import derive_subkey
from diary.encoding import b64, unb64
from diary.ledger import commitments, push, versions
from tests.vectors.reference import patterned_bytes

SCRIPT = Path(__file__).parent / "js" / "seal_samples.mjs"


@pytest.fixture(scope="module")
def sealed_by_phone() -> Any:
    """Return one item of each kind, sealed by the phone's engine in Node."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    result = subprocess.run([node, str(SCRIPT)], capture_output=True, check=True, timeout=120)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def account_key(sealed_by_phone: Any) -> bytes:
    """Return the account key, opened with the words."""
    body = sealed_by_phone["body"]
    root = kdf.derive_root(sealed_by_phone["words"], body["kdf"], kdf.TEST_POLICY)
    assert b64(kdf.derive_sign_in_proof(root, body["kdf"], "https://notes.example")) == body["auth"]
    header = keys.words_wrap_header(body["account"], 1, body["kdf"])
    return keys.unwrap_key(kdf.derive_words_kek(root, body["kdf"]), unb64(body["words_wrap"]), header)


@pytest.fixture(scope="module")
def diary_key(sealed_by_phone: Any, account_key: bytes) -> bytes:
    """Return the diary key, opened with the account key."""
    body = sealed_by_phone["body"]
    header = keys.diary_wrap_header(body["account"], body["diary"]["diary"], 1)
    return keys.unwrap_key(account_key, unb64(body["diary"]["wrap"]), header)


def test_the_code_opens_the_same_account(sealed_by_phone: Any, account_key: bytes) -> None:
    """Both spellings of the recovery code give its proof and wrap."""
    body, code = sealed_by_phone["body"], words.parse_code(sealed_by_phone["code"]["crockford"])
    assert words.parse_code(" ".join(sealed_by_phone["code"]["words12"])) == code
    assert b64(kdf.derive_code_proof(code, sealed_by_phone["login"])) == body["code_auth"]
    header = keys.code_wrap_header(body["account"], 1)
    assert keys.unwrap_key(kdf.derive_code_kek(code), unb64(body["code_wrap"]), header) == account_key


def test_the_keyset_holds_the_published_keys(sealed_by_phone: Any, account_key: bytes) -> None:
    """Signing and sealing keys are those in the registration, and what is sealed to them opens."""
    body = sealed_by_phone["body"]
    keyset = keys.open_keyset(account_key, unb64(body["keyset"]), body["account"])
    assert (b64(keyset.ecdsa_pub), b64(keyset.hpke_pub)) == (body["ecdsa_pub"], body["hpke_pub"])
    capture = sealed_by_phone["capture"]
    opened = public_key_sealing.open_with_private_key(
        keyset.hpke_scalar, unb64(capture["sealed"]), EnvelopeKind.CAPTURE, capture["header"]
    )
    assert opened == b"\x09"


def test_the_version_opens_and_its_signature_holds(sealed_by_phone: Any, diary_key: bytes) -> None:
    """Text, restricted text, commitment, envelopes' digest and author are correct."""
    version, body = sealed_by_phone["version"], sealed_by_phone["body"]
    place = versions.VersionIds(body["diary"]["diary"], version["record"], version["version"])
    pushed = push.decode(unb64(version["push"]), diary=place.diary, record=place.record, version=place.version)
    names = commitments.FieldNames(
        tuple(sealed_by_phone["names"]["open"]), tuple(sealed_by_phone["names"]["restricted"])
    )
    opened = versions.open_version(pushed, place, lambda _kind, _schema: names, diary_key)
    assert not opened.is_altered
    assert opened.fields == {"narrative": "میرا پیچھا \U0001f622 cafe\u0301", "occurred_start": 1}
    assert opened.restricted == {"place_detail": "by the bins"}
    assert opened.reserved_fields["_by"] == author_key_id(unb64(body["ecdsa_pub"]))
    assert pushed.envelopes_digest == version["env"]
    signed = push.version_signing_input(
        c=pushed.commitment, diary=place.diary, record=place.record, version=place.version
    )
    verify_author(unb64(body["ecdsa_pub"]), signed, unb64(pushed.signature))


def test_the_file_is_the_one_taken_in(sealed_by_phone: Any) -> None:
    """Parts open in order to the original content, with the right digests."""
    file, diary = sealed_by_phone["file"], sealed_by_phone["body"]["diary"]["diary"]
    sealed = [unb64(part) for part in file["sealed"]]
    assert sum(len(part) for part in sealed) == file["sealed_bytes"]
    assert b64(file_parts.parts_digest(hashlib.sha256(part).digest() for part in sealed)) == file["digest"]
    opened = b"".join(file_parts.open_parts(unb64(file["key"]), diary, file["blob"], sealed, file["parts"]))
    assert opened == patterned_bytes(file["size"])
    assert hashlib.sha256(opened).hexdigest() == file["sha256"]


def test_the_store_opens_with_what_the_slot_holds(sealed_by_phone: Any) -> None:
    """The words open one slot; its store key opens the store's records and gives the location of the root."""
    door = sealed_by_phone["door"]
    kdf_parameters = {"alg": "argon2id", "login": "", "origin": "local", "p": 1} | {
        name: door[name] for name in ("m", "t", "salt")
    }
    root = kdf.derive_root(sealed_by_phone["words"], kdf_parameters, kdf.TEST_POLICY)
    place, content = slots.open_slots(root, unb64(door["install"]), [unb64(slot) for slot in door["slots"]])
    assert place in (0, 1, 2)
    assert (content["role"], content["account"], content["login"]) == (
        "diary",
        sealed_by_phone["body"]["account"],
        sealed_by_phone["login"],
    )
    store_key = unb64(str(content["store_key"]))
    record = sealed_by_phone["record"]
    about, body = slots.open_record(store_key, unb64(record["id"]), unb64(record["sealed"]))
    assert (about, body) == ({"k": "x", "n": 1}, b"\x01\x02\x03")
    assert b64(derive_subkey(store_key, b"kept/root-id\0")[:16]) == sealed_by_phone["root_id"]
