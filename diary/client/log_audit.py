"""Audit of a server's log over its public pages only: every leaf, checkpoint and timestamp.

Keys are those the caller pins, otherwise those the server publishes, which prove nothing about who runs it.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary.encoding import parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError, Unavailable
from diary.ledger import audit, checkpoints, cosignatures
from diary.ledger.audit import AuditFinding, VerifiedCheckpoint
from diary.ledger.cosignatures import Cosignature, LogWitness

_MAX_ATTEMPTS: Final = 5
_HTTP_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_PAGE_LIMIT_BYTES: Final = 8 << 20


class PublicHostClient:
    """Client for a server's public host."""

    def __init__(self, client: httpx.Client, origin: str) -> None:
        """Use `client`, which connects to the server at the public address `origin`."""
        self._client = client
        self._host_header = {"Host": urlsplit(origin).netloc}

    def get(self, path: str) -> bytes | None:
        """Return a page, or None for a 404. Raise Unavailable."""
        for _ in range(_MAX_ATTEMPTS):
            try:
                response = self._client.get(path, headers=self._host_header)
            except httpx.HTTPError as error:
                raise Unavailable("The server cannot be reached.") from error
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(min(60, int(response.headers.get("retry-after", "1"))))
                continue
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            if not response.is_success or len(response.content) > _PAGE_LIMIT_BYTES:
                break
            return response.content
        raise Unavailable("The server's answer makes no sense.")

    def checkpoint_notes(self) -> Iterator[bytes]:
        """Yield every checkpoint note, oldest first."""
        n = 0
        while note := self.get(f"/log/checkpoints/{n}"):
            yield note
            n += 1

    def leaves(self) -> Iterator[bytes]:
        """Yield every leaf under the newest checkpoint."""
        page = 0
        while text := self.get(f"/log/leaves/{page}"):
            yield from (bytes.fromhex(line) for line in text.decode("ascii").split())
            page += 1


@contextmanager
def connect_public_host(origin: str) -> Iterator[PublicHostClient]:
    """Connect to the public pages of a server. Names under localhost resolve to this computer."""
    url = urlsplit(origin)
    is_local = (url.hostname or "").endswith("localhost")
    base_url = f"{url.scheme}://127.0.0.1:{url.port or 80}" if is_local else origin
    with httpx.Client(base_url=base_url, timeout=_HTTP_TIMEOUT, trust_env=False) as client:
        yield PublicHostClient(client, origin)


def audit_public_log(
    public_host: PublicHostClient, pinned_notary: bytes | None, pinned_instance: bytes | None, tsa_roots: bytes | None
) -> Iterator[AuditFinding]:
    """Yield every fault found in the log. Raise Unavailable when a page cannot be fetched."""
    statements = [_parse_object(line) for line in (public_host.get("/log/statements") or b"").splitlines()]
    notary_key = pinned_notary or unb64((public_host.get("/notary.txt") or b"").decode("ascii").strip())
    keys, faults = audit.trusted_keys(statements, notary_key, pinned_instance)
    yield from faults
    newest_note = public_host.get("/log/checkpoint")
    notes: list[VerifiedCheckpoint] = []
    last_note = b""
    for n, note in enumerate(public_host.checkpoint_notes()):
        last_note = note
        result = audit.verify_checkpoint(n, note, keys, notes[-1] if notes else None)
        if isinstance(result, AuditFinding):
            yield result
        else:
            notes.append(result)
        yield from _stamp_faults(public_host, n, note, tsa_roots)
    if (
        newest_note is not None
        and not _is_same_checkpoint(newest_note, last_note)
        and not any(_is_same_checkpoint(newest_note, note_of_log) for note_of_log in public_host.checkpoint_notes())
    ):
        yield AuditFinding("log_checkpoint (newest)", "The newest checkpoint is not among the checkpoints.")
    try:
        yield from audit.verify_roots(public_host.leaves(), notes, lambda _: iter(()))
    except ValueError:
        yield AuditFinding("log_leaf", "A page of leaves cannot be read.")


@dataclass(frozen=True, slots=True)
class WitnessReport:
    """Witnesses' cosignatures of a log, and the faults found.

    `cosigned_size`: leaves under the newest checkpoint that any of `witnesses` cosigned, 0 for none;
    `valid_cosignatures`: their cosignatures of it.
    """

    witnesses: tuple[LogWitness, ...]
    cosigned_size: int = 0
    valid_cosignatures: tuple[Cosignature, ...] = ()
    faults: tuple[AuditFinding, ...] = ()


def check_witnesses(public_host: PublicHostClient, witnesses: Sequence[LogWitness]) -> WitnessReport:
    """Return how far these witnesses have cosigned the log, and the faults.

    It is a fault if they did not cosign before a change of the notary's key. A cosigned note that is not one of the
    log's checkpoints shows that the server has two logs. Raise Unavailable.
    """
    asked_witnesses = tuple(witnesses)
    notes = list(public_host.checkpoint_notes())
    faults = list(_unwitnessed_key_changes(public_host, notes, asked_witnesses))
    cosigned_note = public_host.get("/log/checkpoint-witnessed")
    if cosigned_note is None or not asked_witnesses:
        return WitnessReport(asked_witnesses, faults=tuple(faults))
    location = "log_checkpoint (witnessed)"
    try:
        valid_cosignatures, cosigned_size = (
            cosignatures.verified_cosignatures(cosigned_note, asked_witnesses),
            checkpoints.parse_checkpoint(cosigned_note).size,
        )
    except BadSignature:
        return WitnessReport(
            asked_witnesses, faults=(*faults, AuditFinding(location, "A witness's signature does not hold."))
        )
    if not any(_is_same_checkpoint(cosigned_note, note) for note in notes):
        faults.append(
            AuditFinding(location, "A witness saw a checkpoint that is not among the log's: the server shows two logs.")
        )
        return WitnessReport(asked_witnesses, faults=tuple(faults))
    return WitnessReport(asked_witnesses, cosigned_size if valid_cosignatures else 0, valid_cosignatures, tuple(faults))


def _unwitnessed_key_changes(
    public_host: PublicHostClient, notes: Sequence[bytes], witnesses: Sequence[LogWitness]
) -> Iterator[AuditFinding]:
    """Yield a finding for each last checkpoint of a replaced notary key that no witness cosigned.

    To a witness the next key is a new log: without this cosignature nobody outside can tell that one continues the
    other.
    """
    for n, (note, next_note) in enumerate(pairwise(notes)):
        if not witnesses or _log_origin(note) == _log_origin(next_note):
            continue
        try:
            cosigned_note = public_host.get(f"/log/checkpoints-witnessed/{n}") or b""
            is_witnessed = _is_same_checkpoint(cosigned_note, note) and cosignatures.verified_cosignatures(
                cosigned_note, witnesses
            )
        except BadSignature:
            is_witnessed = ()
        if not is_witnessed:
            yield AuditFinding(
                f"log_checkpoint {n}", "The notary's key was replaced after it, and no witness had seen it."
            )


def _log_origin(note: bytes) -> bytes:
    """Return the first line of a note, which names the log and so the key."""
    return note.split(b"\n", 1)[0]


def _is_same_checkpoint(first: bytes, second: bytes) -> bool:
    """Return whether two notes are the same checkpoint of the notary. Other signatures are ignored."""
    try:
        return checkpoints.strip_cosignatures(first) == checkpoints.strip_cosignatures(second)
    except KeptError:
        return False


def _stamp_faults(
    public_host: PublicHostClient, checkpoint_number: int, note: bytes, tsa_roots: bytes | None
) -> Iterator[AuditFinding]:
    """Yield the faults in the timestamps of one checkpoint."""
    page = _parse_object(public_host.get(f"/log/stamps/{checkpoint_number}") or b"{}")
    for stamp in page.get("stamps", []):
        location = f"log_stamp of checkpoint {checkpoint_number} ({stamp.get('authority')})"
        try:
            stamp_fields = {name: unb64(str(stamp[name])) for name in ("nonce", "tsr")}
            stamp_fields |= {"chain": str(stamp["chain"]).encode(), "policy": stamp["policy"]}
        except (KeptError, KeyError):
            yield AuditFinding(location, "The timestamp cannot be read.")
            continue
        result = audit.verify_checkpoint_timestamp(location, note, stamp_fields, tsa_roots)
        if isinstance(result, AuditFinding):
            yield result


def _parse_object(raw: bytes) -> dict[str, Any]:
    """Parse canonical JSON that must be an object. Return {} for anything else; it then fails verification."""
    try:
        value = parse_canonical_json(raw)
    except KeptError:
        return {}
    return value if isinstance(value, dict) else {}
