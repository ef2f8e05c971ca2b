"""What the phone's own code makes opens here: one account, one file, one version, one slot, one capture.

The vectors pin bytes under given salts; this is the other direction, with everything drawn by the phone.
"""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diary.crypto import file_parts, kdf, keys, slots, words
from diary.crypto.public_key_sealing import open_from
from diary.crypto.sealing import Kind
from diary.crypto.signing import point_of, verify_author
from diary.encoding import b64, unb64
from diary.ledger import push, versions
from diary.ledger.commitments import Names
from tests.vectors.reference import fixed, patterned

HERE = Path(__file__).parent
WORDS = "cage candy arch gather drum buyer"
SCALAR, HEADER, SIZE = fixed("a person", 32), {"at": 1, "install": b64(bytes(16)), "t": "capture"}, 1_032_193
SCHEMAS = json.loads((HERE.parent.parent / "diary/record/schemas.json").read_text())


@pytest.fixture(scope="module")
def made() -> Any:
    """What the script prints."""
    asked = json.dumps({"words": WORDS, "pub": b64(point_of(SCALAR)), "header": HEADER, "size": SIZE})
    command = ["node", str(HERE / "from_javascript.mjs"), asked]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def opened_account(made: Any) -> tuple[bytes, bytes, keys.Keyset]:
    """Account key, diary key and keyset, by the words."""
    body = made["body"]
    root = kdf.root(WORDS, body["kdf"], kdf.TESTS)
    wrap = unb64(body["words_wrap"])
    expect = keys.words_header(made["account"], 1, body["kdf"])
    account_key, _ = keys.unwrap_any_epoch(kdf.kek_words(root, body["kdf"]), wrap, expect)
    diary_wrap = unb64(body["diary"]["wrap"])
    diary_key, _ = keys.unwrap_any_epoch(account_key, diary_wrap, keys.diary_header(made["account"], made["diary"], 1))
    return account_key, diary_key, keys.open_keyset(account_key, unb64(body["keyset"]), made["account"])


def test_the_account_opens_with_words_and_code(made: Any) -> None:
    """Proofs, wraps, keyset and both spellings of the code agree."""
    body = made["body"]
    account_key, _, keyset = opened_account(made)
    assert kdf.auth(kdf.root(WORDS, body["kdf"], kdf.TESTS), body["kdf"], "https://notes.example") == unb64(
        body["auth"]
    )
    code = words.read_code(made["code"]["crockford"])
    assert words.read_code(" ".join(made["code"]["words12"])) == code
    assert kdf.code_auth(code, body["login"]) == unb64(body["code_auth"])
    code_wrap = unb64(body["code_wrap"])
    assert keys.unwrap_any_epoch(kdf.kek_code(code), code_wrap, keys.code_header(made["account"], 1))[0] == account_key
    assert (keyset.ecdsa_pub, keyset.hpke_pub) == (unb64(body["ecdsa_pub"]), unb64(body["hpke_pub"]))


def test_the_version_opens_and_is_signed(made: Any) -> None:
    """The server would take the push; the diary's key opens it unaltered; the author's signature holds."""
    place = made["version"]["place"]
    _, diary_key, keyset = opened_account(made)
    received = push.decode(unb64(made["version"]["push"]), **place)
    verify_author(keyset.ecdsa_pub, push.signed_bytes(c=received.c, **place), unb64(received.sig))

    def names_of(kind: str, schema: int) -> Names:
        table = SCHEMAS[kind][str(schema)]
        return Names(tuple(table["open"]), tuple(table["restricted"]))

    opened = versions.open_version(received, versions.Place(**place), names_of, diary_key, keyset.ecdsa_pub)
    assert not opened.altered
    assert opened.fields == {"text": "وہ 😢 cafe\u0301"}
    assert received.c == made["version"]["commitment"]
    assert received.blobs == (made["file"]["blob"],)


def test_the_file_comes_back(made: Any) -> None:
    """Parts, digests and content, under the key the version carries."""
    _, diary_key, _ = opened_account(made)
    place = versions.Place(**made["version"]["place"])
    received = push.decode(unb64(made["version"]["push"]), **made["version"]["place"])
    names = Names(("text",))
    opened = versions.open_version(received, place, lambda *_: names, diary_key)
    ((blob, key),) = opened.open_keys
    sealed = [unb64(part) for part in made["file"]["parts"]]
    content = b"".join(file_parts.open_parts(key, made["diary"], blob, sealed, len(sealed)))
    assert content == patterned(SIZE)
    assert len(sealed) == file_parts.part_count(SIZE)
    assert hashlib.sha256(content).hexdigest() == made["file"]["sha256"]
    assert b64(file_parts.parts_digest(hashlib.sha256(part).digest() for part in sealed)) == made["file"]["digest"]


def test_the_slot_and_the_store_open(made: Any) -> None:
    """The same words open the door the phone made, and the store key in it opens its records."""
    door = made["door"]
    local = {"alg": "argon2id", "login": "", "origin": "local", "p": 1} | {n: door[n] for n in ("m", "t", "salt")}
    root = kdf.root(WORDS, local, kdf.TESTS)
    _, content = slots.open_slots(root, unb64(door["install"]), [unb64(slot) for slot in door["slots"]])
    assert (content["role"], content["account"]) == ("diary", made["account"])
    store_key = unb64(str(content["store_key"]))
    about, body = slots.open_record(store_key, unb64(made["store"]["record"]), unb64(made["store"]["sealed"]))
    assert (about, body) == ({"i": 1, "k": "part"}, patterned(5000))


def test_a_capture_opens(made: Any) -> None:
    """What the phone seals to a person, the holder of the key opens."""
    assert open_from(SCALAR, unb64(made["person"]), Kind.CAPTURE, HEADER) == patterned(20_000)
