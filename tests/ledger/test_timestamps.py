"""Timestamps from a real `openssl ts` authority: valid ones, and every refusal."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from diary.clock import SystemClock
from diary.crypto.signing import Ed25519Signer
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints, timestamps
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority

SIGNED_NOTE = checkpoints.sign_checkpoint(Ed25519Signer(bytes(31) + b"\1"), 42, bytes(32))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalTimestampAuthority:
    """Create one authority for the module; tests that change it create their own."""
    return make_authority(tmp_path_factory.mktemp("tsa"))


def request_stamp(authority: LocalTimestampAuthority, note: bytes = SIGNED_NOTE) -> tuple[bytes, bytes]:
    """Return a reply and its nonce."""
    timestamp_request = timestamps.build_request(note)
    return authority.answer_query(timestamp_request.der), timestamp_request.nonce


def assert_refused(
    tsr: bytes, authority: LocalTimestampAuthority, nonce: bytes | None, note: bytes = SIGNED_NOTE, **pins: bytes | str
) -> None:
    """Assert that the reply is refused under these pins."""
    check_arguments: dict[str, Any] = {"chain": authority.chain_pem, "policy": authority.policy, **pins}
    with pytest.raises(BadSignature):
        timestamps.verify_response(tsr, note, nonce=nonce, **check_arguments)


def test_a_good_stamp_is_accepted_by_both(authority: LocalTimestampAuthority, tmp_path: Path) -> None:
    """rfc3161-client and `openssl ts -verify` accept the same files."""
    tsr, nonce = request_stamp(authority)
    at = timestamps.verify_response(tsr, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=nonce)
    assert abs(at - SystemClock().now_ms()) < 10_000
    (tmp_path / "note").write_bytes(SIGNED_NOTE)
    (tmp_path / "tsr").write_bytes(tsr)
    (tmp_path / "root").write_bytes(authority.root_pem)
    command = ["openssl", "ts", "-verify", "-data", "note", "-in", "tsr", "-CAfile", "root"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "note").write_bytes(SIGNED_NOTE.replace(b"42", b"43"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_wrong_message_nonce_and_policy_are_refused(authority: LocalTimestampAuthority) -> None:
    """A wrong message, nonce or policy is refused on its own."""
    tsr, nonce = request_stamp(authority)
    assert_refused(tsr, authority, nonce, SIGNED_NOTE.replace(b"42", b"43"))
    assert_refused(tsr, authority, bytes(15) + b"\5")
    assert_refused(tsr, authority, nonce, policy="1.2.3.4.2")


def test_a_request_asks_for_sha256_and_a_weaker_or_other_digest_is_refused(authority: LocalTimestampAuthority) -> None:
    """Only SHA-256 is accepted: the library alone would accept SHA-512, but the openssl steps in packs use SHA-256."""
    (authority.folder / "note").write_bytes(SIGNED_NOTE)
    authority._openssl("ts", "-query", "-data", "note", "-sha512", "-cert", "-out", "other.tsq")
    assert_refused(authority.answer_query((authority.folder / "other.tsq").read_bytes()), authority, None)


def test_another_certificate_of_the_same_root_is_refused(tmp_path: Path) -> None:
    """The signing certificate is pinned: another certificate under the right root is refused."""
    authority = make_authority(tmp_path)
    tsr, nonce = request_stamp(authority)
    before = authority.chain_pem
    authority.renew_certificate()
    assert authority.chain_pem != before
    swapped, other_nonce = request_stamp(authority)
    assert_refused(tsr, authority, nonce)
    assert_refused(swapped, authority, other_nonce, chain=before)
    assert timestamps.verify_response(
        swapped, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=other_nonce
    )
    assert timestamps.verify_response(tsr, SIGNED_NOTE, chain=before, policy=authority.policy, nonce=nonce)


def test_verifiers_share_nothing(tmp_path: Path, authority: LocalTimestampAuthority) -> None:
    """After a valid check with one root, another root's reply is still refused, in either order (the 1.0.6 fault)."""
    other_authority = make_authority(tmp_path)
    for _ in range(2):
        stamp_bytes, nonce = request_stamp(authority)
        other_stamp, their_nonce = request_stamp(other_authority)
        timestamps.verify_response(
            stamp_bytes, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=nonce
        )
        assert_refused(other_stamp, authority, their_nonce)
        timestamps.verify_response(
            other_stamp, SIGNED_NOTE, chain=other_authority.chain_pem, policy=other_authority.policy, nonce=their_nonce
        )
        assert_refused(stamp_bytes, other_authority, nonce)
        mixed = timestamps.load_chain(authority.chain_pem)
        assert len(mixed) == 2
        assert_refused(
            stamp_bytes, authority, nonce, chain=_pem(authority, "tsa.pem") + _pem(other_authority, "ca.pem")
        )
        assert_refused(stamp_bytes, authority, nonce, roots=other_authority.root_pem)


def _pem(authority: LocalTimestampAuthority, name: str) -> bytes:
    return (authority.folder / name).read_bytes()


@pytest.mark.parametrize("days", [(-400, -30), (30, 400)])
def test_a_stamp_outside_its_certificates_time_is_refused(tmp_path: Path, days: tuple[int, int]) -> None:
    """A reply at a time when its certificate was expired or not yet valid is refused."""
    authority = make_authority(tmp_path)
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    start, end = ((now + timedelta(days=n)).strftime("%Y%m%d%H%M%SZ") for n in days)
    authority.renew_certificate((start, end))
    tsr, nonce = request_stamp(authority)
    assert_refused(tsr, authority, nonce)


def test_an_answer_that_is_no_strict_der_is_refused(authority: LocalTimestampAuthority) -> None:
    """Only the shortest form of lengths and numbers is accepted. `tests/js/timestamps.test.mjs` requires the same."""
    tsr, nonce = request_stamp(authority)
    assert (tsr[:2], tsr[4:9]) == (b"\x30\x82", b"\x30\x03\x02\x01\x00")
    longer = (int.from_bytes(tsr[2:4], "big") + 1).to_bytes(2, "big")
    assert_refused(b"\x30\x83\x00" + tsr[2:], authority, nonce)
    assert_refused(b"\x30\x82" + longer + b"\x30\x04\x02\x02\x00\x00" + tsr[9:], authority, nonce)


def test_every_changed_byte_is_refused(authority: LocalTimestampAuthority) -> None:
    """No changed byte gives another valid reply with another meaning; truncated replies are refused."""
    tsr, nonce = request_stamp(authority)
    stamp_time = timestamps.verify_response(
        tsr, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=nonce
    )
    accepted_changes = 0
    for at in range(0, len(tsr), 7):
        altered_tsr = tsr[:at] + bytes([tsr[at] ^ 0x40]) + tsr[at + 1 :]
        try:
            # The included root is not signed by the reply and not used.
            assert (
                timestamps.verify_response(
                    altered_tsr, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=nonce
                )
                == stamp_time
            )
            accepted_changes += 1
        except BadSignature:
            continue
    assert accepted_changes < len(tsr) // 7 // 2
    for altered_tsr in (b"", tsr[:-1], tsr[: len(tsr) // 2], b"\x30\x03\x02\x01\x02", bytes(100_000)):
        assert_refused(altered_tsr, authority, nonce)


def test_a_response_with_reordered_certificates_is_refused(tmp_path: Path) -> None:
    """DER requires sorted sets: of two orders of the same certificates only one is accepted."""
    authority = make_authority(tmp_path, sends_root=True)
    tsr, nonce = request_stamp(authority)
    leaf, root = (_der(authority, name) for name in ("tsa.pem", "ca.pem"))
    first, second = sorted((leaf, root), key=tsr.index)
    assert first + second in tsr
    reordered = tsr.replace(first + second, second + first)
    ordered_tsr, unordered_tsr = (tsr, reordered) if first < second else (reordered, tsr)
    assert timestamps.verify_response(
        ordered_tsr, SIGNED_NOTE, chain=authority.chain_pem, policy=authority.policy, nonce=nonce
    )
    assert_refused(unordered_tsr, authority, nonce)


def _der(authority: LocalTimestampAuthority, name: str) -> bytes:
    result = subprocess.run(
        ["openssl", "x509", "-in", name, "-outform", "DER"], cwd=authority.folder, capture_output=True, check=True
    )
    return result.stdout


def test_a_rejected_request_is_no_stamp(authority: LocalTimestampAuthority) -> None:
    """A request with an unsupported digest gets a rejection, which is not a timestamp."""
    (authority.folder / "note").write_bytes(SIGNED_NOTE)
    authority._openssl("ts", "-query", "-data", "note", "-sha1", "-cert", "-out", "weak.tsq")
    assert_refused(authority.answer_query((authority.folder / "weak.tsq").read_bytes()), authority, None)


def test_invalid_pins_are_reported() -> None:
    """A chain of one, no certificate and a policy that is not an OID are reported."""
    block = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
    for chain in (b"", block % b"AAAA", block % b"AA=", block % b"AAB=", b"\xff", b"-----BEGIN CERTIFICATE-----"):
        with pytest.raises(BadRequest):
            timestamps.load_chain(chain)
    assert hashlib.sha256(SIGNED_NOTE).digest() in timestamps.build_request(SIGNED_NOTE).der


def test_a_certificate_that_no_library_reads_is_refused(authority: LocalTimestampAuthority) -> None:
    """Libraries raise errors of their own for some certificates of a forger, and some only when a member is read."""
    tsr, nonce = request_stamp(authority)
    digest = hashlib.sha256(SIGNED_NOTE).digest()
    version = b"\xa0\x03\x02\x01\x02"
    assert version in tsr
    for number in (9, 1, 0xFF):
        forged = tsr.replace(version, version[:-1] + bytes([number]))
        assert_refused(forged, authority, nonce)
        with pytest.raises(BadSignature):
            timestamps.verify_token(forged, digest, [authority.root_pem])
