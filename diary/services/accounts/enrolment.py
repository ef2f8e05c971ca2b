"""Enrolment: anybody, holders of the code of the day, or holders of an invitation may register.

[Note: invitations] An invitation opens one account and is deleted with its use: nothing links an account to the person
who gave out the invitation. The code of the day is not stored; it is derived from the pepper and the date. Yesterday's
code is valid too, so that a leaflet handed out just before midnight works.
"""

import re
import secrets
from datetime import UTC, datetime
from typing import Final

from diary.errors import BadSetting, InvalidInvitation, NotFound
from diary.services.accounts.pepper import Pepper
from diary.services.accounts.sign_in_names import check_login
from diary.services.instance import Instance
from diary.storage.accounts import daily_quota, invitations
from diary.storage.accounts.daily_quota import DailyLimit
from diary.storage.writer import Transaction

DAY_MS: Final = 86_400_000
INVITATION_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_INVITATION_LENGTH: Final = 12
_DAILY_CODE_LENGTH: Final = 8
_NON_CODE_CHARACTERS: Final = re.compile(r"[^a-z0-9]+")


async def create_invitation(instance: Instance, valid_days: int) -> str:
    """Return a new invitation for one account, valid for `valid_days` days, or the code of the day.

    Raise BadSetting if anybody may register.
    """
    mode = instance.settings.enrolment
    if mode == "open":
        raise BadSetting("Anyone may register on this server: DIARY_ENROLMENT is open.")
    now = instance.clock.now_ms()
    if mode == "code":
        return format_code(_daily_code(instance.pepper, now))
    code = "".join(secrets.choice(INVITATION_ALPHABET) for _ in range(_INVITATION_LENGTH))
    mac = instance.pepper.invitation_mac(code)
    await instance.db.writer.run(lambda tx: invitations.add_invitation(tx, mac, now, now + valid_days * DAY_MS))
    return format_code(code)


def check_may_register(instance: Instance, tx: Transaction, invitation_code: str | None) -> bool:
    """Use up an invitation. Return whether the account is an open one. Raise InvalidInvitation if it is not valid.

    An open account is one registered on a public server where anybody may register. Raise Unavailable if the disk is
    nearly full.
    """
    settings, now = instance.settings, instance.clock.now_ms()
    instance.disk_space.check_room_for_account()
    if settings.enrolment == "open":
        return not settings.is_local
    code = _NON_CODE_CHARACTERS.sub("", (invitation_code or "").lower())
    if settings.enrolment == "code":
        if not any(
            secrets.compare_digest(code, _daily_code(instance.pepper, day_ms)) for day_ms in (now, now - DAY_MS)
        ):
            raise InvalidInvitation
    elif not invitations.use_invitation(tx, instance.pepper.invitation_mac(code), now):
        raise InvalidInvitation
    return False


async def set_quota(instance: Instance, login: str, quota_bytes: int | None) -> None:
    """Set the file quota of the account with this username; None restores the server's default.

    Raise NotFound and BadRequest.
    """
    mac = instance.pepper.login_mac(check_login(login))
    if not await instance.db.writer.run(lambda tx: invitations.set_quota(tx, mac, quota_bytes)):
        raise NotFound("There is no account with that username.")


async def find_daily_limit(instance: Instance, account: bytes) -> DailyLimit | None:
    """Return the daily limit shared by all open accounts; None for an account without one."""
    settings = instance.settings
    if settings.enrolment != "open" or settings.is_local:
        return None
    if not await daily_quota.is_limited(instance.db, account):
        return None
    day = instance.clock.now_ms() // DAY_MS
    return DailyLimit(day, settings.open_day_bytes, settings.open_day_text_bytes)


def _daily_code(pepper: Pepper, time_ms: int) -> str:
    """Return the code of the day (UTC) of `time_ms`."""
    digest = pepper.invitation_mac("day " + datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d"))
    return "".join(INVITATION_ALPHABET[byte % len(INVITATION_ALPHABET)] for byte in digest[:_DAILY_CODE_LENGTH])


def format_code(code: str) -> str:
    """Return a code for people, in groups of four."""
    return "-".join(code[offset : offset + 4] for offset in range(0, len(code), 4))
