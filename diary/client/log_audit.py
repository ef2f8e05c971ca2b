"""Auditing a server's log over its public pages, with nothing but what anyone may read.

Every leaf, every checkpoint there ever was, every timestamp. Keys: what the caller pins, else what the server says
of itself, and then the caller is told so.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary.encoding import parse, unb64
from diary.errors import BadSignature, KeptError, Unavailable
from diary.ledger import audit, checkpoints, cosignatures
from diary.ledger.audit import Fault, SignedNote
from diary.ledger.cosignatures import Cosignature, LogWitness

_TRIES: Final = 5
_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_LIMIT: Final = 8 << 20


class PublicPages:
    """A server's public host."""

    def __init__(self, client: httpx.Client, origin: str) -> None:
        """`client` reaches the server; `origin` is its public address."""
        self._client = client
        self._host = {"Host": urlsplit(origin).netloc}

    def get(self, path: str) -> bytes | None:
        """A page; None when there is none. Raises Unavailable."""
        for _ in range(_TRIES):
            try:
                answer = self._client.get(path, headers=self._host)
            except httpx.HTTPError as error:
                raise Unavailable("The server cannot be reached.") from error
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(min(60, int(answer.headers.get("retry-after", "1"))))
                continue
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            if not answer.is_success or len(answer.content) > _LIMIT:
                break
            return answer.content
        raise Unavailable("The server's answer makes no sense.")

    def notes(self) -> Iterator[bytes]:
        """Every checkpoint, from the first."""
        n = 0
        while note := self.get(f"/log/checkpoints/{n}"):
            yield note
            n += 1

    def leaves(self) -> Iterator[bytes]:
        """Every leaf under the newest checkpoint."""
        page = 0
        while text := self.get(f"/log/leaves/{page}"):
            yield from (bytes.fromhex(line) for line in text.decode("ascii").split())
            page += 1


@contextmanager
def public_pages(origin: str) -> Iterator[PublicPages]:
    """The public pages of a server; names under localhost are this computer."""
    where = urlsplit(origin)
    here = (where.hostname or "").endswith("localhost")
    base = f"{where.scheme}://127.0.0.1:{where.port or 80}" if here else origin
    with httpx.Client(base_url=base, timeout=_TIMEOUT, trust_env=False) as client:
        yield PublicPages(client, origin)


def audit_pages(
    pages: PublicPages, notary: bytes | None, instance: bytes | None, roots: bytes | None
) -> Iterator[Fault]:
    """Everything that does not hold. Raises Unavailable when a page cannot be had."""
    told = [_object(line) for line in (pages.get("/log/statements") or b"").splitlines()]
    own = notary or unb64((pages.get("/notary.txt") or b"").decode("ascii").strip())
    keys, faults = audit.keys_of(told, own, instance)
    yield from faults
    newest = pages.get("/log/checkpoint")
    notes: list[SignedNote] = []
    last = b""
    for n, note in enumerate(pages.notes()):
        last = note
        found = audit.read_note(n, note, keys, notes[-1] if notes else None)
        if isinstance(found, Fault):
            yield found
        else:
            notes.append(found)
        yield from _stamps(pages, n, note, roots)
    if newest is not None and not _is_same(newest, last) and not any(_is_same(newest, one) for one in pages.notes()):
        yield Fault("log_checkpoint (newest)", "The newest checkpoint is not among the checkpoints.")
    try:
        yield from audit.rebuild(pages.leaves(), notes, lambda _: iter(()))
    except ValueError:
        yield Fault("log_leaf", "A page of leaves cannot be read.")


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What witnesses say of a log. `size`: leaves under the newest checkpoint that any of `asked` cosigned, 0 for none;
    `seen`: their cosignatures of it; `faults`: what does not hold."""

    asked: tuple[LogWitness, ...]
    size: int = 0
    seen: tuple[Cosignature, ...] = ()
    faults: tuple[Fault, ...] = ()


def count_witnesses(pages: PublicPages, witnesses: Sequence[LogWitness]) -> Witnessed:
    """How far these witnesses have seen the log that is served, and whether they saw each key before hand over to the next.

    A cosigned note that is not one of the log's checkpoints proves that the server shows two logs. Raises
    Unavailable.
    """
    asked = tuple(witnesses)
    notes = list(pages.notes())
    faults = list(_unseen_ends(pages, notes, asked))
    joined = pages.get("/log/checkpoint-witnessed")
    if joined is None or not asked:
        return Witnessed(asked, faults=tuple(faults))
    row = "log_checkpoint (witnessed)"
    try:
        seen, size = cosignatures.seen_by(joined, asked), checkpoints.read(joined).size
    except BadSignature:
        return Witnessed(asked, faults=(*faults, Fault(row, "A witness's signature does not hold.")))
    if not any(_is_same(joined, one) for one in notes):
        faults.append(Fault(row, "A witness saw a checkpoint that is not among the log's: the server shows two logs."))
        return Witnessed(asked, faults=tuple(faults))
    return Witnessed(asked, size if seen else 0, seen, tuple(faults))


def _unseen_ends(pages: PublicPages, notes: Sequence[bytes], witnesses: Sequence[LogWitness]) -> Iterator[Fault]:
    """The last checkpoint of each notary key that was replaced, where no witness cosigned it.

    To a witness the next key is a new log: without this line nobody outside saw that the one goes on where the other ended.
    """
    for n, (note, after) in enumerate(pairwise(notes)):
        if not witnesses or _origin(note) == _origin(after):
            continue
        try:
            joined = pages.get(f"/log/checkpoints-witnessed/{n}") or b""
            seen = _is_same(joined, note) and cosignatures.seen_by(joined, witnesses)
        except BadSignature:
            seen = ()
        if not seen:
            yield Fault(f"log_checkpoint {n}", "The notary's key was replaced after it, and no witness had seen it.")


def _origin(note: bytes) -> bytes:
    """Which key's log a note is of: its first line."""
    return note.split(b"\n", 1)[0]


def _is_same(one: bytes, other: bytes) -> bool:
    """Whether two notes hold the same checkpoint of the notary. Other signatures are ignored."""
    try:
        return checkpoints.one_line(one) == checkpoints.one_line(other)
    except KeptError:
        return False


def _stamps(pages: PublicPages, n: int, note: bytes, roots: bytes | None) -> Iterator[Fault]:
    """The stamps of one checkpoint."""
    told = _object(pages.get(f"/log/stamps/{n}") or b"{}")
    for stamp in told.get("stamps", []):
        row = f"log_stamp of checkpoint {n} ({stamp.get('authority')})"
        try:
            kept = {name: unb64(str(stamp[name])) for name in ("nonce", "tsr")}
            kept |= {"chain": str(stamp["chain"]).encode(), "policy": stamp["policy"]}
        except (KeptError, KeyError):
            yield Fault(row, "The timestamp cannot be read.")
            continue
        found = audit.check_stamp(row, note, kept, roots)
        if isinstance(found, Fault):
            yield found


def _object(raw: bytes) -> dict[str, Any]:
    """Canonical JSON that is an object; {} for anything else, which then holds for nothing."""
    try:
        value = parse(raw)
    except KeptError:
        return {}
    return value if isinstance(value, dict) else {}
