"""Whether a path of certificates lets its first one sign timestamps. `tests/js/timestamps.test.mjs` has the same cases.

`openssl ts` signs with no certificate of the wrong uses, so these are judged without a timestamp.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from diary.ledger.certificate_paths import find_paths, is_valid_path
from tests.pack.issued_certificates import (
    FOR_ISSUERS,
    FOR_TIMESTAMPS,
    VALID_FROM,
    VALID_UNTIL,
    Extensions,
    constraints,
    issue,
    key_usage,
    purpose,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
STAMPS = (purpose(ExtendedKeyUsageOID.TIME_STAMPING), True)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def is_valid(
    *, leaf: Extensions = FOR_TIMESTAMPS, issuer: Extensions = FOR_ISSUERS, root: Extensions = FOR_ISSUERS
) -> bool:
    """Return whether a path of three with these extensions is valid."""
    top = issue("root", extensions=root)
    middle = issue("middle", top, issuer)
    return is_valid_path([issue("leaf", middle, leaf).certificate, middle.certificate, top.certificate], AT)


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (FOR_TIMESTAMPS, True),
        ([STAMPS], True),
        ([STAMPS, (key_usage("content_commitment"), True)], True),
        ([STAMPS, (key_usage("key_encipherment"), True)], False),
        ([STAMPS, (key_usage("digital_signature", "key_encipherment"), True)], False),
        ([STAMPS, (key_usage(), True)], False),
        ([STAMPS, (UNKNOWN, False)], True),
        ([STAMPS, (UNKNOWN, True)], False),
        ([(STAMPS[0], False)], False),
        ([(purpose(ExtendedKeyUsageOID.CODE_SIGNING), True)], False),
        ([(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]), True)], False),
        ([], False),
    ],
)
def test_a_signing_certificate_is_for_timestamps_alone(leaf: Extensions, expected: bool) -> None:
    """Its purpose is critical and the only one, and its key is for signatures."""
    assert is_valid(leaf=leaf) is expected


def test_an_issuer_is_an_authority() -> None:
    """Only a root may leave out that it is one."""
    signs = (key_usage("key_cert_sign"), True)
    assert is_valid(issuer=[(constraints(path_length=0), True)], root=[(constraints(path_length=1), True)])
    assert is_valid(root=[signs])
    for extensions in (
        [],
        [(constraints(is_authority=False), True), signs],
        [(constraints(), True), (key_usage(), True)],
    ):
        assert not is_valid(root=extensions)
        assert not is_valid(issuer=extensions)
    assert not is_valid(issuer=[signs])
    other = (purpose(ExtendedKeyUsageOID.SERVER_AUTH), False)
    for use in (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE):
        assert is_valid(issuer=[*FOR_ISSUERS, (purpose(use), False)], root=[*FOR_ISSUERS, (purpose(use), False)])
    assert not is_valid(issuer=[*FOR_ISSUERS, other])
    assert not is_valid(root=[*FOR_ISSUERS, other])
    assert not is_valid(root=[(constraints(path_length=0), True)])


def test_a_path_ends_at_a_root_of_its_own_and_holds_for_its_time() -> None:
    """A root names itself as its issuer. The first and the last second count."""
    root = issue("root")
    middle = issue("middle", root)
    leaf = issue("leaf", middle, FOR_TIMESTAMPS)
    path = [leaf.certificate, middle.certificate, root.certificate]
    assert not is_valid_path(path[:2], AT)
    assert not is_valid_path([path[0], path[2]], AT)
    assert not is_valid_path(path[:1], AT)
    second = timedelta(seconds=1)
    times = (VALID_FROM - second, VALID_FROM, VALID_UNTIL, VALID_UNTIL + second)
    assert [is_valid_path(path, at) for at in times] == [False, True, True, False]


def test_a_key_that_no_browser_reads_is_refused() -> None:
    """A key of an unknown kind is one, and so is one that the library knows."""
    root = issue("root")
    leaf = issue("leaf", root, FOR_TIMESTAMPS, key=rsa.generate_private_key(65537, 2048))
    other = issue("leaf", root, FOR_TIMESTAMPS, key=ed25519.Ed25519PrivateKey.generate())
    kind = bytes.fromhex("06092a864886f70d0101")
    encoded = leaf.certificate.public_bytes(Encoding.DER)
    unknown = x509.load_der_x509_certificate(encoded.replace(kind + b"\x01", kind + b"\x7f"))
    assert unknown != leaf.certificate
    found = [is_valid_path([one, root.certificate], AT) for one in (leaf.certificate, other.certificate, unknown)]
    assert found == [True, False, False]


def test_paths_are_found_over_every_issuer_of_that_name() -> None:
    """Two certificates of one issuer, by two roots, give two paths. A stranger with that name gives none."""
    root, other = issue("root"), issue("other root")
    middle = issue("middle", root)
    crossed = issue("middle", other, key=middle.key)
    leaf = issue("leaf", middle, FOR_TIMESTAMPS).certificate
    enclosed = [issue("middle", root).certificate, middle.certificate, crossed.certificate]
    roots = [root.certificate, other.certificate]
    assert list(find_paths(leaf, enclosed, roots)) == [
        [leaf, middle.certificate, root.certificate],
        [leaf, crossed.certificate, other.certificate],
    ]
    assert list(find_paths(leaf, [], roots)) == []
