"""Timestamps of checkpoints by outside authorities: RFC 3161, with leaf certificate, policy and nonce pinned.

A response states that bytes existed at the authority's time, under a certificate of a third party. The stamped bytes
are a checkpoint's note, so `openssl ts -verify -data` gives the same result as this module.

[Note: pinned leaf certificate] The certificate that may sign for an authority is a setting: a chain to the right root
is refused if its leaf is another certificate. certificate_paths.py checks the chain. Each response has its own new
verifier, because shared builders have been known to share their lists.
"""

import hashlib
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from diary.constants import TIMESTAMP_CERTIFICATES_LIMIT, TIMESTAMP_CHAIN_LIMIT_BYTES
from diary.errors import BadRequest, BadSignature
from diary.ledger.certificate_paths import find_paths, is_self_issued, is_valid_path
from diary.ledger.timestamp_authorities import RESPONSE_LIMIT_BYTES

NONCE_BYTES: Final = 16
# What the libraries raise for certificates of a forger, some of it only when a member is first read.
_MALFORMED: Final = (
    VerificationError,
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]+)-----END CERTIFICATE-----")
_OTHER_BLOCK: Final = re.compile(r"-----(?:BEGIN|END) ")
_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_DIGESTS: Final = {_SHA256, *(x509.ObjectIdentifier(f"2.16.840.1.101.3.4.2.{last}") for last in (2, 3))}


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A request in DER, and the nonce that the response must repeat."""

    der: bytes
    nonce: bytes


def load_chain(chain: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM chain: leaf, intermediates, root.

    Raise BadRequest if there are fewer than two, or if the file is too long for one. The library's reader of PEM is not
    used: it takes other forms than the page's, and the two would judge a pack differently.
    """
    if len(chain) > TIMESTAMP_CHAIN_LIMIT_BYTES:
        raise BadRequest("A timestamp authority's certificates are too long to be read.")
    try:
        text = chain.decode("utf-8")
        is_mixed = _OTHER_BLOCK.search(_BLOCK.sub("\n", text)) is not None
        loaded = tuple(x509.load_der_x509_certificate(_decode_block(body)) for body in _BLOCK.findall(text))
    except _MALFORMED:
        raise BadRequest("A timestamp authority's certificates cannot be read.") from None
    if is_mixed:
        raise BadRequest("A timestamp authority's certificates stand among other blocks.")
    if len(loaded) < 2:
        raise BadRequest("A timestamp authority needs its own certificate and its root, in that order.")
    return loaded


def check_policy(policy: str) -> None:
    """Raise BadRequest unless `policy` is an OID in dotted form."""
    _parse_oid(policy)


def build_request(note: bytes) -> TimestampRequest:
    """Return a request, with a nonce, to timestamp a note.

    It names no policy: the authority uses its default, and the response must name the pinned one.
    """
    builder = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256)
    timestamp_request = builder.nonce().cert_request(cert_request=True).build()
    if timestamp_request.nonce is None:
        raise BadRequest("The request has no nonce.")
    return TimestampRequest(timestamp_request.as_bytes(), timestamp_request.nonce.to_bytes(NONCE_BYTES, "big"))


def build_digest_request(digest: bytes) -> TimestampRequest:
    """Return a request, with a nonce, to timestamp bytes of which only the SHA-256 is known."""
    # The library hashes what it stamps. The digest has a fixed length, so that it can be put in the place of another.
    placeholder = os.urandom(len(digest))
    request = build_request(placeholder)
    return TimestampRequest(request.der.replace(hashlib.sha256(placeholder).digest(), digest), request.nonce)


def verify_response(
    tsr: bytes, note: bytes, *, chain: bytes, policy: str, nonce: bytes | None, roots: bytes | None = None
) -> int:
    """Return the time of a response in ms UTC. Raise BadSignature unless it timestamps exactly `note` under these pins.

    `nonce` is None if the request is not known. `roots` (PEM) replaces the chain's own root as trust anchor. Raise
    BadRequest if `chain`, `policy` or `roots` cannot be read.
    """
    digest = hashlib.sha256(note).digest()
    return verify_digest_response(tsr, digest, chain=chain, policy=policy, nonce=nonce, roots=roots)


def verify_digest_response(
    tsr: bytes, digest: bytes, *, chain: bytes, policy: str, nonce: bytes | None, roots: bytes | None = None
) -> int:
    """Return the time of a response over a SHA-256 digest, as `verify_response` does over the bytes."""
    pinned_certificates = load_chain(chain)
    trusted_roots = list(pinned_certificates[-1:]) if roots is None else _load_roots(roots)
    if len(tsr) > RESPONSE_LIMIT_BYTES:
        raise BadSignature("That is not a timestamp.")
    try:
        response = decode_timestamp_response(tsr)
        _check_imprint(response, digest)
        # The library leaves out fractions of a second.
        stamped_at = response.tst_info.gen_time
        paths = [[*pinned_certificates[:-1], root] for root in trusted_roots]
        path = next((path for path in paths if is_valid_path(path, stamped_at)), None)
        if path is None:
            raise BadSignature("The timestamp has no valid path of certificates to a trusted root.")
        if not response.signed_data.digest_algorithms <= _DIGESTS:
            raise BadSignature("The timestamp was signed with a weaker digest.")
        VerifierBuilder(
            policy_id=_parse_oid(policy),
            tsa_certificate=path[0],
            intermediates=path[1:-1],
            roots=path[-1:],
            nonce=None if nonce is None else int.from_bytes(nonce, "big"),
        ).build().verify(response, digest)
    except _MALFORMED as error:
        raise BadSignature("The timestamp does not hold.") from error
    return int(stamped_at.timestamp() * 1000)


def check_token_digest(tsr: bytes, digest: bytes) -> None:
    """Raise BadSignature unless a response names this SHA-256. Nothing else of it is checked."""
    _check_imprint(_decode(tsr), digest)


def verify_token(tsr: bytes, digest: bytes, roots: Sequence[bytes]) -> int:
    """Return the time of a response over a SHA-256 digest, whose certificates are in the response itself, in ms UTC.

    `roots`: PEM certificates that are trusted, from outside. Raise BadSignature if the response does not hold under any
    of them, BadRequest if they cannot be read.
    """
    response = _decode(tsr)
    try:
        enclosed = [x509.load_der_x509_certificate(der) for der in sorted(response.signed_data.certificates)]
        policy = response.tst_info.policy.dotted_string
        [signer] = [certificate for certificate in enclosed if _is_signer(response, certificate)]
    except _MALFORMED as error:
        raise BadSignature("The timestamp does not hold.") from error
    if len(enclosed) > TIMESTAMP_CERTIFICATES_LIMIT:
        raise BadSignature("The timestamp has too many certificates.")
    # An authority may enclose its root, which is trusted only if it was given.
    issuers = [certificate for certificate in enclosed if certificate != signer and not is_self_issued(certificate)]
    for path in find_paths(signer, issuers, [root for pem in roots for root in _load_roots(pem)]):
        chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in path)
        try:
            return verify_digest_response(tsr, digest, chain=chain, policy=policy, nonce=None)
        except BadSignature:
            continue
    raise BadSignature("The timestamp does not hold under the root that was given.")


def _decode(tsr: bytes) -> TimeStampResponse:
    """Return a parsed response. Raise BadSignature for anything else."""
    if len(tsr) > RESPONSE_LIMIT_BYTES:
        raise BadSignature("That is not a timestamp.")
    try:
        return decode_timestamp_response(tsr)
    except _MALFORMED as error:
        raise BadSignature("That is not a timestamp.") from error


def _is_signer(response: TimeStampResponse, certificate: x509.Certificate) -> bool:
    """Return whether a response names this certificate as the one that signed it. Raise ValueError for two signers."""
    [named] = response.signed_data.signer_infos
    is_issuer = named.issuer.public_bytes() == certificate.issuer.public_bytes()
    return is_issuer and named.serial_number == certificate.serial_number


def _decode_block(body: str) -> bytes:
    """Return what a block of PEM holds. Raise ValueError unless it is base64 with its padding."""
    packed = re.sub(r"[ \t\r\n]", "", body)
    raw = b64decode(packed, validate=True)
    if b64encode(raw).decode() != packed:
        raise ValueError
    return raw


def _check_imprint(response: TimeStampResponse, digest: bytes) -> None:
    """Raise BadSignature unless the response stamps this SHA-256. Weaker digests are refused."""
    try:
        imprint = response.tst_info.message_imprint
        is_of_digest = imprint.hash_algorithm == _SHA256 and imprint.message == digest
    except _MALFORMED as error:  # a refusal has no token
        raise BadSignature("That is not a timestamp.") from error
    if not is_of_digest:
        raise BadSignature("The timestamp is for other data.")


def _load_roots(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file. Raise BadRequest if it contains none."""
    try:
        return list(x509.load_pem_x509_certificates(pem))
    except _MALFORMED:
        raise BadRequest("That file contains no root certificate.") from None


def _parse_oid(policy: str) -> x509.ObjectIdentifier:
    """Return the OID of a policy. Raise BadRequest unless `policy` is dotted numbers."""
    try:
        return x509.ObjectIdentifier(policy)
    except ValueError:
        raise BadRequest("A timestamp policy is dotted numbers, like 1.2.3.4.1.") from None
