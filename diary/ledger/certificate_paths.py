"""Paths of certificates, from the one that signed a timestamp to a trusted root.

The library that verifies timestamps trusts every self-signed certificate that it gets, even one that came in the
response. So a path is checked here first, and the library gets the certificates of a valid path only. TypeScript twin:
static/src/crypto/certificate_paths.ts.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

# An authority's issuer often has the purpose of what it issues; without any purpose it may issue for all.
_ISSUERS_PURPOSES: Final = {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_Value = TypeVar("_Value", bound=x509.ExtensionType)
# What browsers verify, for the page judges the same paths. SHA-1 is too weak.
_SIGNATURES: Final = {
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
}
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
# Those that `openssl` takes when they are critical, without name constraints: nobody here compares names with them.
_KNOWN_EXTENSIONS: Final = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
}


def find_paths(
    leaf: x509.Certificate, enclosed: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> Iterator[list[x509.Certificate]]:
    """Yield the paths from `leaf` over enclosed certificates to a root, at most one over each certificate.

    The enclosed certificates may have two with the name of one issuer, each signed by another root.
    """
    paths, left = [[leaf]], list(enclosed)
    for path in paths:  # The loop adds longer paths to this list.
        yield from ([*path, root] for root in roots if _is_issued_by(path[-1], root))
        issuers = [certificate for certificate in left if _is_issued_by(path[-1], certificate)]
        left = [certificate for certificate in left if certificate not in issuers]
        paths += [[*path, issuer] for issuer in issuers]


def is_valid_path(path: Sequence[x509.Certificate], at: datetime) -> bool:
    """Return whether a path held at this time: the certificate for timestamps, its issuers, the trusted root.

    The errors of the libraries for malformed certificates are not caught.
    """
    *_, root = path
    return (
        is_self_issued(root)
        and _may_stamp(path[0])
        and all(_has_known_key(certificate) for certificate in path)
        and all(certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc for certificate in path)
        and all(_has_known_extensions(certificate) for certificate in path)
        and all(_may_issue(issuer, between, is_root=issuer is root) for between, issuer in enumerate(path[1:]))
        and all(_is_issued_by(certificate, issuer) for certificate, issuer in pairwise(path))
    )


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Return whether a certificate names itself as its issuer, in the same bytes."""
    return certificate.issuer.public_bytes() == certificate.subject.public_bytes()


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the issuer's name and signature are on a certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
        return certificate.signature_algorithm_oid in _SIGNATURES
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False


def _has_known_key(certificate: x509.Certificate) -> bool:
    """Return whether a key is one that browsers read too."""
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return False
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CURVES)
    is_plain = certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
    return is_plain and isinstance(key, rsa.RSAPublicKey)


def _may_issue(issuer: x509.Certificate, between: int, *, is_root: bool) -> bool:
    """Return whether a certificate may issue others. `between`: how many are between it and the signing one."""
    usage = _extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.value.key_cert_sign:
        return False
    purposes = _extension(issuer, x509.ExtendedKeyUsage)
    if purposes is not None and _ISSUERS_PURPOSES.isdisjoint(purposes.value):
        return False
    constraints = _extension(issuer, x509.BasicConstraints)
    if constraints is None:  # old roots have none
        return is_root and (issuer.version is x509.Version.v1 or usage is not None)
    length = constraints.value.path_length
    return constraints.value.ca and (length is None or between <= length)


def _may_stamp(certificate: x509.Certificate) -> bool:
    """Return whether a certificate may sign timestamps, and nothing but signatures."""
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if purposes is None or not purposes.critical or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        return False
    extension = _extension(certificate, x509.KeyUsage)
    if extension is None:
        return True
    usage = extension.value
    others = (
        usage.key_encipherment, usage.data_encipherment, usage.key_agreement, usage.key_cert_sign, usage.crl_sign
    )  # fmt: skip
    return (usage.digital_signature or usage.content_commitment) and not any(others)


def _has_known_extensions(certificate: x509.Certificate) -> bool:
    """Return whether every critical extension is known, and none constrains names."""
    return all(
        extension.oid in _KNOWN_EXTENSIONS
        or (not extension.critical and extension.oid != ExtensionOID.NAME_CONSTRAINTS)
        for extension in certificate.extensions
    )


def _extension(certificate: x509.Certificate, kind: type[_Value]) -> x509.Extension[_Value] | None:
    """Return an extension of a certificate."""
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
