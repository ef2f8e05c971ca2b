"""Signed-in devices: begun at sign-in, found by their token, listed and ended after the words again."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from diary.encoding import b64, parse, unb64
from diary.errors import BadRequest, NotFound, SignedOut
from diary.ids import id_text, new_id
from diary.services.instance import Instance
from diary.services.pepper import NONCE_BYTES
from diary.services.proofs import prove
from diary.storage import accounts, erasures, sessions
from diary.storage.accounts import AccountRow
from diary.storage.sessions import Signed
from diary.storage.writer import Hand

__all__ = ["Signed"]  # web knows it from here

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
LIFE_DAYS: Final = 30
DEVICE_DAYS: Final = 400
_DEVICE_NAME: Final = b"device-name"


@dataclass(frozen=True, slots=True)
class Device:
    """The device that signs in: its id, what the keeper calls it, and the cookies it came with."""

    id: bytes
    name: str
    session_token: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has just begun, for the cookies and the answer."""

    account: AccountRow
    session: bytes
    token: str
    device_token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its keeper sees it; times in ms, rounded down to the hour."""

    session: str
    device_name: str
    created_at: int
    seen_at: int
    here: bool


def begin(instance: Instance, hand: Hand, account: AccountRow, device: Device) -> Entry:
    """Start a session inside a job. The token the device came with stops working: tokens change at sign-in.

    The device token is new each time as well, so that two accounts on one phone have nothing in common.
    """
    now = instance.clock.now_ms()
    token = b64(secrets.token_bytes(32))
    session = new_id()
    if device.session_token:
        sessions.end_token(hand, _digest(device.session_token))
    sessions.add(
        hand,
        session=session,
        account=account.id,
        token_digest=_digest(token),
        device=device.id,
        device_name=instance.pepper.seal(_DEVICE_NAME, session, device.name.encode()),
        now=_hour(now),
        expires_at=now + LIFE_DAYS * DAY_MS,
    )
    device_token = instance.pepper.device_token(secrets.token_bytes(NONCE_BYTES), account.login_mac)
    return Entry(account, session, token, device_token)


async def resume(instance: Instance, token: str | None) -> Signed:
    """The session of a token. Raises SignedOut."""
    found = await sessions.find(instance.db, _digest(token)) if token else None
    if found is None or found.expires_at <= instance.clock.now_ms():
        raise SignedOut
    return found


async def note_use(instance: Instance, signed: Signed) -> None:
    """Remember, to the hour, that a session was used."""
    hour = _hour(instance.clock.now_ms())
    if hour > signed.seen_at:
        await instance.db.writer.run(lambda hand: sessions.touch(hand, signed.session, hour), of=signed.account)


async def list_sessions(instance: Instance, signed: Signed, proof: bytes) -> list[Listed]:
    """The keeper's sessions, newest first. Raises NoMatch and TryLater."""
    await prove(instance, signed.account, proof)
    rows = await sessions.list_of(instance.db, signed.account, instance.clock.now_ms())
    return [
        Listed(
            session=id_text(row.id),
            device_name=instance.pepper.open(_DEVICE_NAME, row.id, row.device_name).decode(),
            created_at=row.created_at,
            seen_at=row.seen_at,
            here=row.id == signed.session,
        )
        for row in rows
    ]


async def end(instance: Instance, signed: Signed, session: bytes, proof: bytes) -> None:
    """End one of the keeper's sessions. Raises NoMatch, TryLater and NotFound."""
    await prove(instance, signed.account, proof)
    if not await instance.db.writer.run(lambda hand: sessions.end(hand, signed.account, session)):
        raise NotFound


async def end_own(instance: Instance, signed: Signed) -> None:
    """Sign out."""
    await instance.db.writer.run(lambda hand: sessions.end(hand, signed.account, signed.session))


async def describe(instance: Instance, account: AccountRow, session: bytes) -> dict[str, object]:
    """What a device gets at sign-in and at each unlock, but for the wraps of the account key."""
    diaries = await accounts.list_diaries(instance.db, account.id)
    waiting = await erasures.list_pending(instance.db, account.id)
    return {
        "account": id_text(account.id),
        "closing_at": account.closing_at,
        "code": account.code_digest is not None,
        "diaries": [
            {
                "diary": id_text(row.id),
                "epoch": row.epoch,
                "erasures": [one.told() for one in waiting if one.diary == row.id],
                "head": parse(row.signed_head) if row.signed_head else None,
                "seq": row.seq,
                "wrap": b64(row.wrap),
            }
            for row in diaries
        ],
        "keyset": b64(account.keyset),
        "log": instance.notary.log,
        "notary": b64(instance.notary.pub),
        "now": instance.clock.now_ms(),
        "session": id_text(session),
    }


def _digest(token: str) -> bytes:
    """What a token is stored as. A token that is no token has a digest, too: it is simply not found."""
    try:
        raw = unb64(token)
    except BadRequest:
        raw = b""
    return hashlib.sha256(raw).digest()


def _hour(ms: int) -> int:
    """The hour a time lies in."""
    return ms - ms % HOUR_MS
