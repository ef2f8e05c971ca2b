"""Key wraps, the keyset, signatures."""

from dataclasses import fields
from typing import Any

import pytest

from diary.crypto import keys
from diary.crypto.sealing import EnvelopeKind, seal_envelope
from diary.crypto.signing import (
    AuthorSigner,
    Ed25519Signer,
    generate_scalar,
    load_private_key,
    public_point,
    verify_author,
    verify_ed25519,
)
from diary.crypto.witness_code import WitnessCodeSecrets
from diary.encoding import unb64
from diary.errors import BadSignature, SealError
from diary.ledger.sharing.grants import GrantParty, OpenedGrant
from diary.ledger.versions import VersionSecrets
from tests.vectors.load_vectors import load_vectors
from tests.vectors.reference import fixed_bytes, reference_envelope

VECTORS = load_vectors("wraps.json")
VERSIONS = load_vectors("versions.json")
CASES = {case["name"]: case for case in VECTORS["cases"]}
SAM = GrantParty(bytes(65), bytes(65), "Sam")
# Fields that `repr` may show.
PUBLIC_FIELDS = {"name"}
OPENER, KEY = unb64(VECTORS["opener"]), unb64(VECTORS["key"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_wraps_match_the_vectors(case: dict[str, Any]) -> None:
    """Each wrap equals the vector and unwraps to its key."""
    raw = unb64(case["envelope"])
    assert reference_envelope(OPENER, EnvelopeKind.WRAP, case["header"], KEY, unb64(case["salt"])) == raw
    assert keys.unwrap_key(OPENER, raw, case["header"]) == KEY
    assert keys.unwrap_any_epoch(OPENER, raw, case["header"] | {"epoch": 99}) == (KEY, case["header"]["epoch"])


def test_headers_are_the_vectors() -> None:
    """The header functions return the vectors' headers."""
    account, diary, version = VECTORS["account"], VECTORS["diary"], VECTORS["version"]
    kdf = CASES["words"]["header"]["kdf"]
    assert keys.words_wrap_header(account, 1, kdf) == CASES["words"]["header"]
    assert keys.code_wrap_header(account, 1) == CASES["code"]["header"]
    assert keys.diary_wrap_header(account, diary, 2) == CASES["account"]["header"]
    assert keys.version_wrap_header(diary, version, "restricted", 1) == CASES["restricted"]["header"]
    assert keys.read_wrap_kdf(unb64(CASES["words"]["envelope"])) == kdf
    with pytest.raises(SealError):
        keys.read_wrap_kdf(unb64(CASES["code"]["envelope"]))


@pytest.mark.parametrize("case", VECTORS["refused"], ids=[case["name"] for case in VECTORS["refused"]])
def test_wraps_of_another_place_or_opener_do_not_open(case: dict[str, Any]) -> None:
    """A wrap of another epoch, place, opener or length is refused."""
    of = CASES.get(case.get("of", ""), case)
    with pytest.raises(SealError):
        keys.unwrap_key(
            unb64(case.get("opener", VECTORS["opener"])), unb64(of["envelope"]), case.get("header", of["header"])
        )


def test_only_keys_are_wrapped() -> None:
    """A key of 31 bytes is not wrapped, and a wrap opens again."""
    header = keys.code_wrap_header("a", 1)
    with pytest.raises(SealError):
        keys.wrap_key(OPENER, header, bytes(31))
    assert keys.unwrap_key(OPENER, keys.wrap_key(OPENER, header, KEY), header) == KEY


@pytest.mark.parametrize("epoch", [None, 0, True, "1"])
def test_an_invalid_epoch_is_refused(epoch: object) -> None:
    """An epoch in a header is used only when it is an integer from 1."""
    header = keys.code_wrap_header("a", 1) | {"epoch": epoch}
    with pytest.raises(SealError):
        keys.unwrap_any_epoch(OPENER, seal_envelope(OPENER, EnvelopeKind.WRAP, header, KEY), header)


def test_the_keyset_matches_the_vectors() -> None:
    """The keyset opens to two scalars that match their public keys."""
    case = VECTORS["keyset"]
    keyset = keys.open_keyset(OPENER, unb64(case["envelope"]), VECTORS["account"])
    assert keyset.plaintext().decode() == case["plaintext"]
    assert "scalar" not in repr(keyset)
    assert keyset.ecdsa_scalar.hex() not in repr(keyset)
    fresh = keys.Keyset.generate()
    assert keys.open_keyset(OPENER, fresh.seal(OPENER, "a", 1, 1), "a") == fresh
    with pytest.raises(SealError):
        keys.open_keyset(OPENER, unb64(case["envelope"]), VECTORS["diary"])
    with pytest.raises(SealError):
        keys.open_keyset(KEY, unb64(case["envelope"]), VECTORS["account"])


@pytest.mark.parametrize(
    "case", VECTORS["keyset"]["refused"], ids=[case["name"] for case in VECTORS["keyset"]["refused"]]
)
def test_altered_keysets_do_not_open(case: dict[str, Any]) -> None:
    """A keyset with a mismatched or invalid public key is refused."""
    with pytest.raises(SealError):
        keys.open_keyset(OPENER, unb64(case["envelope"]), VECTORS["account"])


def test_author_signatures_match_the_vectors() -> None:
    """Signatures equal the vectors in both implementations, and have 64 bytes."""
    author = AuthorSigner(unb64(VERSIONS["author"]["scalar"]))
    assert author.key_id == VERSIONS["author"]["key_id"]
    for case in VERSIONS["cases"]:
        message = case["signed"].encode()
        assert author.sign(message) == unb64(case["sig"])
        verify_author(unb64(VERSIONS["author"]["pub"]), message, unb64(case["sig"]))


REFUSED_SIGNATURES = VERSIONS["refused_signatures"]


@pytest.mark.parametrize("case", REFUSED_SIGNATURES, ids=[case["name"] for case in REFUSED_SIGNATURES])
def test_invalid_author_signatures_are_refused(case: dict[str, Any]) -> None:
    """Invalid signatures and malformed keys raise BadSignature."""
    with pytest.raises(BadSignature) as caught:
        verify_author(unb64(case["pub"]), case["message"].encode(), unb64(case["sig"]))
    assert caught.value.code == case["code"]


def test_notary_signatures_match_the_vectors() -> None:
    """The notary's signature is valid for its message and key only."""
    notary = Ed25519Signer(fixed_bytes("n", 32))
    sig = notary.sign(b"a")
    verify_ed25519(notary.pub, b"a", sig)
    for pub, message, altered in (
        (notary.pub, b"b", sig),
        (Ed25519Signer(fixed_bytes("m", 32)).pub, b"a", sig),
        (notary.pub, b"a", sig[:63]),
        (b"", b"a", sig),
        (b"\xff" * 32, b"a", sig),
    ):
        with pytest.raises(BadSignature):
            verify_ed25519(pub, message, altered)
    with pytest.raises(SealError):
        Ed25519Signer(bytes(31))


def test_new_scalars_are_valid_and_out_of_range_ones_are_refused() -> None:
    """New scalars are valid keys; zero, the group order and short ones are not."""
    assert public_point(generate_scalar()) != public_point(generate_scalar())
    order = bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    for scalar in (bytes(32), order, b"\xff" * 32, bytes(31)):
        with pytest.raises(SealError):
            load_private_key(scalar)


@pytest.mark.parametrize(
    "secret",
    [
        keys.Keyset.generate(),
        VersionSecrets.generate(),
        WitnessCodeSecrets(b"n" * 16, b"k" * 32, b"p" * 32),
        OpenedGrant({}, b"g" * 32, SAM),
    ],
)
def test_no_secret_is_shown_where_its_holder_is(secret: Any) -> None:
    """`repr` of an object with secrets, as logs, assertions and debuggers print it, shows none of them."""
    representation = repr(secret)
    hidden = [field_info.name for field_info in fields(secret) if not field_info.repr]
    assert hidden
    for field_info in fields(secret):
        value = getattr(secret, field_info.name)
        if isinstance(value, bytes) and field_info.name not in PUBLIC_FIELDS:
            assert field_info.name in hidden
            assert repr(value) not in representation and value.hex() not in representation
