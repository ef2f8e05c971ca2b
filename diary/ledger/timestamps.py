"""Timestamps of checkpoints by outside authorities: RFC 3161, with leaf certificate, policy and nonce pinned.

A response states that bytes existed at the authority's time, under a certificate of a third party. The stamped bytes
are a checkpoint's note, so `openssl ts -verify -data` gives the same result as this module.

[Note: pinned leaf certificate] The certificate that may sign for an authority is a setting: a chain to the right root
is refused if its leaf is another certificate. Each response has its own new verifier, because shared builders have been
known to share their lists.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from diary.errors import BadRequest, BadSignature
from diary.ledger.timestamp_authorities import RESPONSE_LIMIT_BYTES

NONCE_BYTES: Final = 16
_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A request in DER, and the nonce that the response must repeat."""

    der: bytes
    nonce: bytes


def load_chain(chain: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM chain: leaf, intermediates, root.

    Raise BadRequest if there are fewer than two.
    """
    try:
        loaded = tuple(x509.load_pem_x509_certificates(chain))
    except ValueError:
        raise BadRequest("A timestamp authority's certificates cannot be read.") from None
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


def verify_response(
    tsr: bytes, note: bytes, *, chain: bytes, policy: str, nonce: bytes | None, roots: bytes | None = None
) -> int:
    """Return the time of a response in ms UTC. Raise BadSignature unless it timestamps exactly `note` under these pins.

    `nonce` is None if the request is not known. `roots` (PEM) replaces the chain's own root as trust anchor. Raise
    BadRequest if `chain`, `policy` or `roots` cannot be read.
    """
    pinned_certificates = load_chain(chain)
    trusted_roots = list(pinned_certificates[-1:]) if roots is None else _load_roots(roots)
    if len(tsr) > RESPONSE_LIMIT_BYTES:
        raise BadSignature("That is not a timestamp.")
    try:
        response = decode_timestamp_response(tsr)
        _check_imprint(response, note)
        VerifierBuilder(
            policy_id=_parse_oid(policy),
            tsa_certificate=pinned_certificates[0],
            intermediates=list(pinned_certificates[1:-1]),
            roots=trusted_roots,
            nonce=None if nonce is None else int.from_bytes(nonce, "big"),
        ).build().verify_message(response, note)
        stamped_at = response.tst_info.gen_time
    except (VerificationError, ValueError, TypeError) as error:
        raise BadSignature("The timestamp does not hold.") from error
    for certificate in pinned_certificates:
        if not certificate.not_valid_before_utc <= stamped_at <= certificate.not_valid_after_utc:
            raise BadSignature("The timestamp was made when its certificate was not valid.")
    return int(stamped_at.timestamp() * 1000)


def _check_imprint(response: TimeStampResponse, note: bytes) -> None:
    """Raise BadSignature unless the response stamps the note's SHA-256. Weaker digests are refused."""
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(note).digest():
        raise BadSignature("The timestamp is for other data.")


def _load_roots(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file. Raise BadRequest if it contains none."""
    try:
        return list(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise BadRequest("That file contains no root certificate.") from None


def _parse_oid(policy: str) -> x509.ObjectIdentifier:
    """Return the OID of a policy. Raise BadRequest unless `policy` is dotted numbers."""
    try:
        return x509.ObjectIdentifier(policy)
    except ValueError:
        raise BadRequest("A timestamp policy is dotted numbers, like 1.2.3.4.1.") from None
