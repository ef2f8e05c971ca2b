"""Sessions of signed-in devices: start, look-up by token, renewal, listing and end."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Final

from diary import constants
from diary.encoding import b64, parse_canonical_json, unb64
from diary.errors import BadRequest, NotFound, NotSignedIn, SealError, SessionRevoked
from diary.ids import id_text, new_id
from diary.services.accounts import organisation_members, upload_tickets
from diary.services.accounts.pepper import NONCE_BYTES
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.instance import Instance
from diary.storage.accounts import access_log, account_rows, renewal_tokens, sessions
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.renewal_tokens import RenewalRow
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import organisations
from diary.storage.sync import erasures
from diary.storage.writer import Transaction

__all__ = ["AuthenticatedSession"]  # imported by web

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
SESSION_LIFETIME_DAYS: Final = constants.SESSION_DAYS
TOKEN_BYTES: Final = 32
# After a longer time without use a phone needs the words again.
RENEWAL_LIFETIME_DAYS: Final = constants.SESSION_RENEWAL_DAYS
# Limit for a device that is not the keeper's, if the tab could not end the session itself.
BORROWED_SESSION_HOURS: Final = constants.SESSION_BORROWED_HOURS
EVENT_SIGNED_IN: Final = "signed_in"
KIND_ORDINARY: Final = "ordinary"
KIND_BORROWED: Final = "borrowed"
KIND_DESK: Final = "desk"
KIND_RENEWED: Final = "renewed"
SIGN_INS_PAGE_LIMIT: Final = 200
_DEVICE_NAME_PURPOSE: Final = b"device-name"
_CURSOR_PURPOSE: Final = b"sign-in-cursor"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that signs in: id, the keeper's name for it, its present session token, and an advocate's six digits.

    `kind` is ordinary, borrowed, desk, or renewed (without words, by a renewal token). `network_key` is a pseudonym of
    its network address for counting attempts, and is never stored.
    """

    id: bytes
    name: str
    session_token: str | None
    kind: str = KIND_ORDINARY
    totp_code: str = ""
    network_key: str = ""

    @property
    def is_borrowed(self) -> bool:
        """Return whether the device stores nothing: its session is short and its token is only in the response."""
        return self.kind in (KIND_BORROWED, KIND_DESK)


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session that has just started, with its tokens."""

    account: AccountRow
    session_id: bytes
    token: str
    device_token: str
    is_borrowed: bool = False
    upload_key: str = ""
    renewal_token: str | None = None


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session in its keeper's list. Times are in ms UTC, rounded down to the hour."""

    session_id: str
    device_name: str
    created_at: int
    seen_at: int
    is_current: bool


def create_session(
    instance: Instance, tx: Transaction, account: AccountRow, device: Device, event: str = EVENT_SIGNED_IN
) -> StartedSession:
    """Start a session within a transaction. `event` is its name in the keeper's access log.

    The device's previous session token stops working. The device token is new each time too, so that two accounts on
    one phone have nothing in common.
    """
    now = instance.clock.now_ms()
    token = b64(secrets.token_bytes(TOKEN_BYTES))
    session_id = new_id()
    if device.session_token:
        sessions.end_by_token(tx, _token_digest(device.session_token))
    sessions.add_session(
        tx,
        session=session_id,
        account=account.id,
        token_digest=_token_digest(token),
        device=device.id,
        device_name=instance.pepper.seal(_DEVICE_NAME_PURPOSE, session_id, device.name.encode()),
        now=_round_down_to_hour(now),
        expires_at=now + (BORROWED_SESSION_HOURS * HOUR_MS if device.is_borrowed else SESSION_LIFETIME_DAYS * DAY_MS),
    )
    access_log.record_access(tx, account.id, session_id, event, now, device.kind)
    renewal_token = None if device.is_borrowed else _store_renewal_token(tx, account.id, device.id, session_id, now)
    device_token = instance.pepper.device_token(secrets.token_bytes(NONCE_BYTES), account.login_mac)
    return StartedSession(
        account,
        session_id,
        token,
        device_token,
        device.is_borrowed,
        upload_tickets.derive_upload_key(instance, session_id),
        renewal_token,
    )


async def find_active_session(instance: Instance, token: str | None) -> AuthenticatedSession:
    """Return the session of a token. Raise NotSignedIn, and SessionRevoked if another device ended it."""
    found = await sessions.find_session(instance.db, _token_digest(token)) if token else None
    if found is None or found.expires_at <= instance.clock.now_ms():
        raise NotSignedIn
    if found.ended_at is not None:
        raise SessionRevoked
    return found


async def reissue_tokens(
    instance: Instance, session: AuthenticatedSession, row: AccountRow, device: Device
) -> StartedSession:
    """Replace the tokens of a session that continues."""
    token = b64(secrets.token_bytes(TOKEN_BYTES))

    def write(tx: Transaction) -> str:
        sessions.replace_token(tx, session.session, _token_digest(token))
        return _store_renewal_token(tx, session.account, device.id, session.session, instance.clock.now_ms())

    renewal_token = await instance.db.writer.run(write, account=session.account)
    device_token = instance.pepper.device_token(secrets.token_bytes(NONCE_BYTES), row.login_mac)
    return StartedSession(
        row,
        session.session,
        token,
        device_token,
        False,
        upload_tickets.derive_upload_key(instance, session.session),
        renewal_token,
    )


async def renew_session(instance: Instance, renewal_token: str, device: Device) -> StartedSession:
    """Start the next session of a device whose session has expired.

    Raise NotSignedIn if the renewal token is unknown, expired, or of another device.
    """
    renewal_row = await renewal_tokens.find_token(instance.db, _token_digest(renewal_token))
    row = await account_rows.find_by_id(instance.db, renewal_row.account) if renewal_row else None
    oldest_accepted_ms = instance.clock.now_ms() - RENEWAL_LIFETIME_DAYS * DAY_MS
    if (
        renewal_row is None
        or row is None
        or renewal_row.device != device.id
        or renewal_row.made_at < oldest_accepted_ms
    ):
        raise NotSignedIn
    return await instance.db.writer.run(
        lambda tx: create_session(instance, tx, row, replace(device, kind=KIND_RENEWED))
    )


def _store_renewal_token(tx: Transaction, account_id: bytes, device_id: bytes, session_id: bytes, now: int) -> str:
    """Store and return a new renewal token (b64) for a device."""
    token = b64(secrets.token_bytes(TOKEN_BYTES))
    renewal_tokens.replace_for_device(tx, _token_digest(token), RenewalRow(account_id, device_id, now), session_id)
    return token


async def record_use(instance: Instance, session: AuthenticatedSession) -> None:
    """Store the time of the session's last use, rounded down to the hour."""
    used_at = _round_down_to_hour(instance.clock.now_ms())
    if used_at > session.seen_at:
        await instance.db.writer.run(
            lambda tx: sessions.touch_session(tx, session.session, used_at), account=session.account, is_short=True
        )


async def list_sessions(instance: Instance, session: AuthenticatedSession, proof: bytes) -> list[SessionSummary]:
    """Return the keeper's sessions, newest first. Raise InvalidCredentials and NotSignedIn."""
    await verify_proof(instance, session, proof)
    rows = await sessions.list_active(instance.db, session.account, instance.clock.now_ms())
    return [
        SessionSummary(
            session_id=id_text(row.id),
            device_name=instance.pepper.open(_DEVICE_NAME_PURPOSE, row.id, row.device_name).decode(),
            created_at=row.created_at,
            seen_at=row.seen_at,
            is_current=row.id == session.session,
        )
        for row in rows
    ]


async def end_session(instance: Instance, session: AuthenticatedSession, session_id: bytes, proof: bytes) -> None:
    """Revoke one of the keeper's sessions. Raise InvalidCredentials, NotSignedIn and NotFound."""
    await verify_proof(instance, session, proof)

    def write(tx: Transaction) -> bool:
        now = instance.clock.now_ms()
        has_ended = sessions.revoke_session(tx, session.account, session_id, _round_down_to_hour(now))
        if has_ended:
            renewal_tokens.delete_for_session(tx, session.account, session_id)
            access_log.record_access(tx, session.account, session.session, "session_ended", now)
        return has_ended

    if not await instance.db.writer.run(write):
        raise NotFound


async def end_other_sessions(instance: Instance, session: AuthenticatedSession, proof: bytes) -> None:
    """Revoke every other session of the keeper. Raise InvalidCredentials and NotSignedIn."""
    await verify_proof(instance, session, proof)

    def write(tx: Transaction) -> None:
        now = instance.clock.now_ms()
        sessions.revoke_others(tx, session.account, session.session, _round_down_to_hour(now))
        renewal_tokens.delete_others(tx, session.account, session.session)
        access_log.record_access(tx, session.account, session.session, "others_ended", now)

    await instance.db.writer.run(write)


async def rename_device(instance: Instance, session: AuthenticatedSession, name: str) -> None:
    """Store the keeper's name for this device."""
    sealed = instance.pepper.seal(_DEVICE_NAME_PURPOSE, session.session, name.encode())
    await instance.db.writer.run(lambda tx: sessions.rename_session(tx, session.session, sealed))


async def record_access(instance: Instance, session: AuthenticatedSession, event: str) -> None:
    """Add an event in this session to the keeper's access log."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: access_log.record_access(tx, session.account, session.session, event, now))


async def list_access_log(instance: Instance, session: AuthenticatedSession, proof: bytes) -> list[dict[str, object]]:
    """Return the account's access log, newest first. Raise InvalidCredentials and NotSignedIn."""
    await verify_proof(instance, session, proof)
    rows = await instance.db.run_read(lambda tx: access_log.list_entries(tx, session.account))
    return [
        {
            "at": _round_down_to_hour(row.at),
            "device_name": instance.pepper.open(_DEVICE_NAME_PURPOSE, row.session, row.device_name).decode(),
            "what": row.what,
        }
        for row in rows
    ]


async def list_sign_ins(instance: Instance, session: AuthenticatedSession, cursor: str | None) -> dict[str, object]:
    """Return a page of the sign-ins of other sessions, oldest first: docs/api.md. Raise BadRequest.

    `cursor` is from an earlier response; None starts at the sign-in of this session. The device stores it, not the
    server, so that requests by a copied session do not change what the keeper is shown.
    """
    now = instance.clock.now_ms()
    after_place = None if cursor is None else _decode_cursor(instance, session.account, cursor)

    def read(tx: Transaction) -> tuple[access_log.SignInPosition, list[access_log.SignInRow]]:
        start = after_place or access_log.find_sign_in_position(tx, session.account, session.session)
        return start, access_log.list_sign_ins(
            tx, session.account, session.session, start, now, SIGN_INS_PAGE_LIMIT + 1
        )

    first_place, rows = await instance.db.run_read(read)
    page_rows = rows[:SIGN_INS_PAGE_LIMIT]
    last_place = (
        access_log.SignInPosition(page_rows[-1].id, max(first_place.at, page_rows[-1].at)) if page_rows else first_place
    )
    return {
        "cursor": cursor
        if cursor is not None and last_place == first_place
        else _encode_cursor(instance, session.account, last_place),
        "more": len(rows) > len(page_rows),
        "sign_ins": [
            {
                "at": row.at,
                "device_name": instance.pepper.open(_DEVICE_NAME_PURPOSE, row.session, row.device_name).decode(),
                "kind": row.kind,
                "session": id_text(row.session),
                "signed_out": not row.is_signed_in,
                "what": row.what,
            }
            for row in page_rows
        ],
    }


def _encode_cursor(instance: Instance, account: bytes, position: access_log.SignInPosition) -> str:
    """Return a sealed cursor. It is sealed because positions count the events of every account on the server."""
    return b64(
        instance.pepper.seal(_CURSOR_PURPOSE, account, position.id.to_bytes(8, "big") + position.at.to_bytes(8, "big"))
    )


def _decode_cursor(instance: Instance, account: bytes, cursor: str) -> access_log.SignInPosition:
    """Return the position in a cursor. Raise BadRequest unless it was made for this account."""
    try:
        raw = instance.pepper.open(_CURSOR_PURPOSE, account, unb64(cursor))
    except (BadRequest, SealError):
        raise BadRequest("That is not a cursor of this list. Send the request again without one.") from None
    return access_log.SignInPosition(int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big"))


async def sign_out(instance: Instance, session: AuthenticatedSession) -> None:
    """End the session. The device needs the words for another one."""

    def write(tx: Transaction) -> None:
        sessions.end_session(tx, session.account, session.session)
        renewal_tokens.delete_for_session(tx, session.account, session.session)

    await instance.db.writer.run(write)


async def session_payload(instance: Instance, account: AccountRow, session_id: bytes) -> dict[str, object]:
    """Return the response at sign-in and at each unlock, without the wraps of the account key."""
    diaries = await account_rows.list_diaries(instance.db, account.id)
    pending_erasures = await erasures.list_pending(instance.db, account.id)
    member = await organisations.find_member(instance.db, account.id)
    return ({"member": organisation_members.member_payload(instance, member)} if member else {}) | {
        "account": id_text(account.id),
        "closing_at": account.closing_at,
        "code": account.code_digest is not None,
        "diaries": [
            {
                "diary": id_text(row.id),
                "epoch": row.epoch,
                "erasures": [erasure.to_json() for erasure in pending_erasures if erasure.diary == row.id],
                "head": parse_canonical_json(row.signed_head) if row.signed_head else None,
                "seq": row.seq,
                "wrap": b64(row.wrap),
            }
            for row in diaries
        ],
        "keyset": b64(account.keyset),
        "log": instance.notary.log_id,
        "notary": b64(instance.notary.pub),
        "now": instance.clock.now_ms(),
        "session": id_text(session_id),
    }


def _token_digest(token: str) -> bytes:
    """Return the digest under which a token is stored. Text that is not a token has one too, and is not found."""
    try:
        raw = unb64(token)
    except BadRequest:
        raw = b""
    return hashlib.sha256(raw).digest()


def _round_down_to_hour(time_ms: int) -> int:
    return time_ms - time_ms % HOUR_MS
