"""Timestamps from a real `openssl ts` authority: what holds, and everything that must not."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from diary.clock import SystemClock
from diary.crypto.signing import Notary
from diary.errors import BadRequest, BadSignature
from diary.ledger import checkpoints, timestamps
from diary.samples.timestamp_authority import LocalAuthority, make_authority

NOTE = checkpoints.make(Notary(bytes(31) + b"\1"), 42, bytes(32))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    """One authority for the module; tests that change it make their own."""
    return make_authority(tmp_path_factory.mktemp("tsa"))


def stamp(authority: LocalAuthority, note: bytes = NOTE) -> tuple[bytes, bytes]:
    """An answer and its nonce."""
    asked = timestamps.request(note)
    return authority.answer(asked.der), asked.nonce


def refused(
    tsr: bytes, authority: LocalAuthority, nonce: bytes | None, note: bytes = NOTE, **pins: bytes | str
) -> None:
    """The answer does not hold under these pins."""
    kept = {"chain": authority.chain, "policy": authority.policy, **pins}
    with pytest.raises(BadSignature):
        timestamps.check(tsr, note, nonce=nonce, **kept)  # type: ignore[arg-type]


def test_a_good_stamp_is_accepted_by_both(authority: LocalAuthority, tmp_path: Path) -> None:
    """rfc3161-client and `openssl ts -verify` say the same of the same files."""
    tsr, nonce = stamp(authority)
    at = timestamps.check(tsr, NOTE, chain=authority.chain, policy=authority.policy, nonce=nonce)
    assert abs(at - SystemClock().now_ms()) < 10_000
    (tmp_path / "note").write_bytes(NOTE)
    (tmp_path / "tsr").write_bytes(tsr)
    (tmp_path / "root").write_bytes(authority.root)
    command = ["openssl", "ts", "-verify", "-data", "note", "-in", "tsr", "-CAfile", "root"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "note").write_bytes(NOTE.replace(b"42", b"43"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_wrong_message_nonce_and_policy_are_refused(authority: LocalAuthority) -> None:
    """Each pin by itself."""
    tsr, nonce = stamp(authority)
    refused(tsr, authority, nonce, NOTE.replace(b"42", b"43"))
    refused(tsr, authority, bytes(15) + b"\5")
    refused(tsr, authority, nonce, policy="1.2.3.4.2")


def test_a_request_asks_for_sha256_and_a_weaker_or_other_digest_is_refused(authority: LocalAuthority) -> None:
    """The library would take SHA-512 of the note as well; the pack's openssl steps and ours pin one."""
    (authority.folder / "note").write_bytes(NOTE)
    authority._openssl("ts", "-query", "-data", "note", "-sha512", "-cert", "-out", "other.tsq")
    refused(authority.answer((authority.folder / "other.tsq").read_bytes()), authority, None)


def test_another_certificate_of_the_same_root_is_refused(tmp_path: Path) -> None:
    """The leaf is pinned: a certificate swapped under the right root does not sign for this authority."""
    authority = make_authority(tmp_path)
    tsr, nonce = stamp(authority)
    before = authority.chain
    authority.renew()
    assert authority.chain != before
    swapped, other_nonce = stamp(authority)
    refused(tsr, authority, nonce)
    refused(swapped, authority, other_nonce, chain=before)
    assert timestamps.check(swapped, NOTE, chain=authority.chain, policy=authority.policy, nonce=other_nonce)
    assert timestamps.check(tsr, NOTE, chain=before, policy=authority.policy, nonce=nonce)


def test_verifiers_share_nothing(tmp_path: Path, authority: LocalAuthority) -> None:
    """After a good check with one root, another root's answer is still refused, in either order (the 1.0.6 fault)."""
    other = make_authority(tmp_path)
    for _ in range(2):
        mine, nonce = stamp(authority)
        theirs, their_nonce = stamp(other)
        timestamps.check(mine, NOTE, chain=authority.chain, policy=authority.policy, nonce=nonce)
        refused(theirs, authority, their_nonce)
        timestamps.check(theirs, NOTE, chain=other.chain, policy=other.policy, nonce=their_nonce)
        refused(mine, other, nonce)
        mixed = timestamps.certificates(authority.chain)
        assert len(mixed) == 2
        refused(mine, authority, nonce, chain=_pem(authority, "tsa.pem") + _pem(other, "ca.pem"))
        refused(mine, authority, nonce, roots=other.root)


def _pem(authority: LocalAuthority, name: str) -> bytes:
    return (authority.folder / name).read_bytes()


@pytest.mark.parametrize("days", [(-400, -30), (30, 400)])
def test_a_stamp_outside_its_certificates_time_is_refused(tmp_path: Path, days: tuple[int, int]) -> None:
    """Expired, or not valid yet, at the time the answer gives."""
    authority = make_authority(tmp_path)
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    start, end = ((now + timedelta(days=n)).strftime("%Y%m%d%H%M%SZ") for n in days)
    authority.renew((start, end))
    tsr, nonce = stamp(authority)
    refused(tsr, authority, nonce)


def test_an_answer_that_is_no_strict_der_is_refused(authority: LocalAuthority) -> None:
    """Of all ways to write a length or a number, only the shortest is taken. `tests/js/timestamps.test.mjs` says the same."""
    tsr, nonce = stamp(authority)
    assert (tsr[:2], tsr[4:9]) == (b"\x30\x82", b"\x30\x03\x02\x01\x00")
    longer = (int.from_bytes(tsr[2:4], "big") + 1).to_bytes(2, "big")
    refused(b"\x30\x83\x00" + tsr[2:], authority, nonce)
    refused(b"\x30\x82" + longer + b"\x30\x04\x02\x02\x00\x00" + tsr[9:], authority, nonce)


def test_every_changed_byte_is_refused(authority: LocalAuthority) -> None:
    """No byte of an answer can be changed to make another that holds with another meaning; cut ones are none."""
    tsr, nonce = stamp(authority)
    told = timestamps.check(tsr, NOTE, chain=authority.chain, policy=authority.policy, nonce=nonce)
    held = 0
    for at in range(0, len(tsr), 7):
        bent = tsr[:at] + bytes([tsr[at] ^ 0x40]) + tsr[at + 1 :]
        try:
            # The root that travels along is not signed by the answer and not looked at.
            assert timestamps.check(bent, NOTE, chain=authority.chain, policy=authority.policy, nonce=nonce) == told
            held += 1
        except BadSignature:
            continue
    assert held < len(tsr) // 7 // 2
    for bent in (b"", tsr[:-1], tsr[: len(tsr) // 2], b"\x30\x03\x02\x01\x02", bytes(100_000)):
        refused(bent, authority, nonce)


def test_an_answer_out_of_order_is_refused(tmp_path: Path) -> None:
    """DER asks for sorted sets: of two orders of the same certificates one is read and the other is not."""
    authority = make_authority(tmp_path, sends_root=True)
    tsr, nonce = stamp(authority)
    leaf, root = (_der(authority, name) for name in ("tsa.pem", "ca.pem"))
    first, second = sorted((leaf, root), key=tsr.index)
    assert first + second in tsr
    other = tsr.replace(first + second, second + first)
    right, wrong = (tsr, other) if first < second else (other, tsr)
    assert timestamps.check(right, NOTE, chain=authority.chain, policy=authority.policy, nonce=nonce)
    refused(wrong, authority, nonce)


def _der(authority: LocalAuthority, name: str) -> bytes:
    done = subprocess.run(
        ["openssl", "x509", "-in", name, "-outform", "DER"], cwd=authority.folder, capture_output=True, check=True
    )
    return done.stdout


def test_a_rejection_is_no_stamp(authority: LocalAuthority) -> None:
    """A digest the authority does not do: it answers, and says no."""
    (authority.folder / "note").write_bytes(NOTE)
    authority._openssl("ts", "-query", "-data", "note", "-sha1", "-cert", "-out", "weak.tsq")
    refused(authority.answer((authority.folder / "weak.tsq").read_bytes()), authority, None)


def test_pins_that_are_none_are_said() -> None:
    """A chain of one, no certificate at all, a policy in words."""
    for chain in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(BadRequest):
            timestamps.certificates(chain)
    assert hashlib.sha256(NOTE).digest() in timestamps.request(NOTE).der
