"""Signed-in devices: begun at sign-in, found by their token, listed and ended after the words again."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Final

from diary import constants
from diary.encoding import b64, parse, unb64
from diary.errors import BadRequest, NotFound, SealError, SessionEnded, SignedOut
from diary.ids import id_text, new_id
from diary.services.accounts import organisation_members, upload_tickets
from diary.services.accounts.pepper import NONCE_BYTES
from diary.services.accounts.sign_in_proofs import prove
from diary.services.instance import Instance
from diary.storage.accounts import access_log, account_rows, renewal_tokens, sessions
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.renewal_tokens import RenewalRow
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import organisations
from diary.storage.sync import erasures
from diary.storage.writer import Hand

__all__ = ["Signed"]  # web knows it from here

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
LIFE_DAYS: Final = constants.SESSION_DAYS
TOKEN_BYTES: Final = 32
# A phone that lay in a drawer for longer asks for the words.
RENEWAL_DAYS: Final = constants.SESSION_RENEWAL_DAYS
# A device that is not the keeper's: the tab ends it, and this where the tab could not.
BORROWED_HOURS: Final = constants.SESSION_BORROWED_HOURS
SIGNED_IN: Final = "signed_in"
ORDINARY: Final = "ordinary"
BORROWED: Final = "borrowed"
DESK: Final = "desk"
RENEWED: Final = "renewed"
SIGN_INS_AT_ONCE: Final = 200
_DEVICE_NAME: Final = b"device-name"
_CURSOR: Final = b"sign-in-cursor"


@dataclass(frozen=True, slots=True)
class Device:
    """The device that signs in: its id, what the keeper calls it, the token it came with, and an advocate's six digits.

    `kind`: ORDINARY, BORROWED, DESK, or RENEWED where the device came back by its renewal, without words. `network`: a
    stand-in for where it comes from, to count tries by; never kept.
    """

    id: bytes
    name: str
    session_token: str | None
    kind: str = ORDINARY
    digits: str = ""
    network: str = ""

    @property
    def borrowed(self) -> bool:
        """Whether it keeps nothing: its session ends soon, and its token is in the answer only."""
        return self.kind in (BORROWED, DESK)


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has just begun, for the answer."""

    account: AccountRow
    session: bytes
    token: str
    device_token: str
    borrowed: bool = False
    upload_key: str = ""
    renewal: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its keeper sees it; times in ms, rounded down to the hour."""

    session: str
    device_name: str
    created_at: int
    seen_at: int
    here: bool


def begin(instance: Instance, hand: Hand, account: AccountRow, device: Device, how: str = SIGNED_IN) -> Entry:
    """Start a session inside a job; `how` stands in the keeper's own list of what was done.

    The token the device came with stops working: tokens change at sign-in.

    The device token is new each time as well, so that two accounts on one phone have nothing in common.
    """
    now = instance.clock.now_ms()
    token = b64(secrets.token_bytes(TOKEN_BYTES))
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
        expires_at=now + (BORROWED_HOURS * HOUR_MS if device.borrowed else LIFE_DAYS * DAY_MS),
    )
    access_log.note(hand, account.id, session, how, now, device.kind)
    renewal = None if device.borrowed else _put_renewal(hand, account.id, device.id, session, now)
    device_token = instance.pepper.device_token(secrets.token_bytes(NONCE_BYTES), account.login_mac)
    return Entry(
        account, session, token, device_token, device.borrowed, upload_tickets.key_of(instance, session), renewal
    )


async def resume(instance: Instance, token: str | None) -> Signed:
    """The session of a token. Raises SignedOut, and SessionEnded where another device ended it."""
    found = await sessions.find(instance.db, _digest(token)) if token else None
    if found is None or found.expires_at <= instance.clock.now_ms():
        raise SignedOut
    if found.ended_at is not None:
        raise SessionEnded
    return found


async def hold_anew(instance: Instance, signed: Signed, row: AccountRow, device: Device) -> Entry:
    """New tokens for a session that goes on; the one it had stops working."""
    token = b64(secrets.token_bytes(TOKEN_BYTES))

    def job(hand: Hand) -> str:
        sessions.hold(hand, signed.session, _digest(token))
        return _put_renewal(hand, signed.account, device.id, signed.session, instance.clock.now_ms())

    renewal = await instance.db.writer.run(job, of=signed.account)
    known = instance.pepper.device_token(secrets.token_bytes(NONCE_BYTES), row.login_mac)
    return Entry(row, signed.session, token, known, False, upload_tickets.key_of(instance, signed.session), renewal)


async def renew(instance: Instance, renewal: str, device: Device) -> Entry:
    """The next session of a device whose last one ran out; nothing but a session comes of it.

    Raises SignedOut for a renewal that is none any more, or of another device.
    """
    found = await renewal_tokens.find(instance.db, _digest(renewal))
    row = await account_rows.find_by_id(instance.db, found.account) if found else None
    oldest = instance.clock.now_ms() - RENEWAL_DAYS * DAY_MS
    if found is None or row is None or found.device != device.id or found.made_at < oldest:
        raise SignedOut
    return await instance.db.writer.run(lambda hand: begin(instance, hand, row, replace(device, kind=RENEWED)))


def _put_renewal(hand: Hand, account: bytes, device: bytes, session: bytes, now: int) -> str:
    """A new renewal for a device, b64."""
    token = b64(secrets.token_bytes(TOKEN_BYTES))
    renewal_tokens.put(hand, _digest(token), RenewalRow(account, device, now), session)
    return token


async def note_use(instance: Instance, signed: Signed) -> None:
    """Remember, to the hour, that a session was used."""
    hour = _hour(instance.clock.now_ms())
    if hour > signed.seen_at:
        await instance.db.writer.run(
            lambda hand: sessions.touch(hand, signed.session, hour), of=signed.account, small=True
        )


async def list_sessions(instance: Instance, signed: Signed, proof: bytes) -> list[Listed]:
    """The keeper's sessions, newest first. Raises NoMatch and TryLater."""
    await prove(instance, signed, proof)
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
    """End one of the keeper's sessions; its device is told. Raises NoMatch, TryLater and NotFound."""
    await prove(instance, signed, proof)

    def job(hand: Hand) -> bool:
        now = instance.clock.now_ms()
        ended = sessions.shut(hand, signed.account, session, _hour(now))
        if ended:
            renewal_tokens.end(hand, signed.account, session)
            access_log.note(hand, signed.account, signed.session, "session_ended", now)
        return ended

    if not await instance.db.writer.run(job):
        raise NotFound


async def end_others(instance: Instance, signed: Signed, proof: bytes) -> None:
    """End every other session of the keeper's; their devices are told. Raises NoMatch and TryLater."""
    await prove(instance, signed, proof)

    def job(hand: Hand) -> None:
        now = instance.clock.now_ms()
        sessions.shut_others(hand, signed.account, signed.session, _hour(now))
        renewal_tokens.end_others(hand, signed.account, signed.session)
        access_log.note(hand, signed.account, signed.session, "others_ended", now)

    await instance.db.writer.run(job)


async def rename(instance: Instance, signed: Signed, name: str) -> None:
    """What the keeper calls this device."""
    sealed = instance.pepper.seal(_DEVICE_NAME, signed.session, name.encode())
    await instance.db.writer.run(lambda hand: sessions.rename(hand, signed.session, sealed))


async def note_act(instance: Instance, signed: Signed, what: str) -> None:
    """Write down for the keeper what was done in this session."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda hand: access_log.note(hand, signed.account, signed.session, what, now))


async def list_access(instance: Instance, signed: Signed, proof: bytes) -> list[dict[str, object]]:
    """What was done to the account, newest first. Raises NoMatch and TryLater."""
    await prove(instance, signed, proof)
    rows = await instance.db.page(lambda hand: access_log.list_of(hand, signed.account))
    return [
        {
            "at": _hour(row.at),
            "device_name": instance.pepper.open(_DEVICE_NAME, row.session, row.device_name).decode(),
            "what": row.what,
        }
        for row in rows
    ]


async def sign_ins(instance: Instance, signed: Signed, after: str | None) -> dict[str, object]:
    """Sign-ins of other sessions after a place in the list, oldest first: docs/api.md.

    `after`: the `cursor` of an earlier answer; None for the sign-in that began this session. The device keeps it, not the server:
    a copy of the session that looks changes nothing of what the keeper is shown. Raises BadRequest.
    """
    now = instance.clock.now_ms()
    place = None if after is None else _read_cursor(instance, signed.account, after)

    def job(hand: Hand) -> tuple[access_log.Place, list[access_log.SignInRow]]:
        start = place or access_log.sign_in_of(hand, signed.account, signed.session)
        return start, access_log.sign_ins(hand, signed.account, signed.session, start, now, SIGN_INS_AT_ONCE + 1)

    start, rows = await instance.db.page(job)
    told = rows[:SIGN_INS_AT_ONCE]
    end = access_log.Place(told[-1].id, max(start.at, told[-1].at)) if told else start
    return {
        "cursor": after if after is not None and end == start else _cursor(instance, signed.account, end),
        "more": len(rows) > len(told),
        "sign_ins": [
            {
                "at": row.at,
                "device_name": instance.pepper.open(_DEVICE_NAME, row.session, row.device_name).decode(),
                "kind": row.kind,
                "session": id_text(row.session),
                "signed_out": not row.is_in,
                "what": row.what,
            }
            for row in told
        ],
    }


def _cursor(instance: Instance, account: bytes, place: access_log.Place) -> str:
    """A place in the list for a device to keep. Sealed: places count the acts of every account of this server."""
    return b64(instance.pepper.seal(_CURSOR, account, place.id.to_bytes(8, "big") + place.at.to_bytes(8, "big")))


def _read_cursor(instance: Instance, account: bytes, cursor: str) -> access_log.Place:
    """What `_cursor` made for this account. Raises BadRequest."""
    try:
        raw = instance.pepper.open(_CURSOR, account, unb64(cursor))
    except (BadRequest, SealError):
        raise BadRequest("That is not a place in this list. Ask again without one.") from None
    return access_log.Place(int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big"))


async def end_own(instance: Instance, signed: Signed) -> None:
    """Sign out: the device gets no other session without the words."""

    def job(hand: Hand) -> None:
        sessions.end(hand, signed.account, signed.session)
        renewal_tokens.end(hand, signed.account, signed.session)

    await instance.db.writer.run(job)


async def describe(instance: Instance, account: AccountRow, session: bytes) -> dict[str, object]:
    """What a device gets at sign-in and at each unlock, but for the wraps of the account key."""
    diaries = await account_rows.list_diaries(instance.db, account.id)
    waiting = await erasures.list_pending(instance.db, account.id)
    member = await organisations.find(instance.db, account.id)
    return ({"member": organisation_members.told(instance, member)} if member else {}) | {
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
