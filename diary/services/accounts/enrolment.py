"""Who may register: anyone, whoever has the code of the day, or whoever was given an invitation.

[Note: invitations] An invitation opens one account and is forgotten with it: nothing links an account to who gave it
out. The code of the day is stored nowhere; it follows from the pepper and the date, and yesterday's still counts, so
that a leaflet handed out at ten to midnight works.
"""

import re
import secrets
from datetime import UTC, datetime
from typing import Final

from diary.errors import BadSetting, NotFound, NotInvited
from diary.services.accounts.pepper import Pepper
from diary.services.accounts.sign_in_names import check_login
from diary.services.instance import Instance
from diary.storage.accounts import invitations
from diary.storage.accounts.daily_quota import DayLimit
from diary.storage.writer import Hand

DAY_MS: Final = 86_400_000
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH: Final = 12
_DAY_LENGTH: Final = 8
_OTHER: Final = re.compile(r"[^a-z0-9]+")


async def invite(instance: Instance, days: int) -> str:
    """A fresh invitation, good for one account and `days` days; or the code of the day. Raises BadSetting in `open`."""
    mode = instance.settings.enrolment
    if mode == "open":
        raise BadSetting("Anyone may register on this server: DIARY_ENROLMENT is open.")
    now = instance.clock.now_ms()
    if mode == "code":
        return grouped(_day_code(instance.pepper, now))
    code = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    mac = instance.pepper.invite_mac(code)
    await instance.db.writer.run(lambda hand: invitations.add(hand, mac, now, now + days * DAY_MS))
    return grouped(code)


def admit(instance: Instance, hand: Hand, given: str | None) -> bool:
    """Let someone in, using up their invitation; whether it was where anyone may. Raises Unavailable (no room) and NotInvited."""
    settings, now = instance.settings, instance.clock.now_ms()
    instance.disk.admit_account()
    if settings.enrolment == "open":
        return not settings.is_here
    code = _OTHER.sub("", (given or "").lower())
    if settings.enrolment == "code":
        if not any(secrets.compare_digest(code, _day_code(instance.pepper, at)) for at in (now, now - DAY_MS)):
            raise NotInvited
    elif not invitations.use_up(hand, instance.pepper.invite_mac(code), now):
        raise NotInvited
    return False


async def set_quota(instance: Instance, login: str, quota: int | None) -> None:
    """Give the account of a sign-in name its own room for files, or everyone's again with None. Raises NotFound."""
    mac = instance.pepper.login_mac(check_login(login))
    if not await instance.db.writer.run(lambda hand: invitations.set_quota(hand, mac, quota)):
        raise NotFound("There is no account with that sign-in name.")


async def day_limit(instance: Instance, account: bytes) -> DayLimit | None:
    """What all accounts like this one may send today; None for one that somebody let in."""
    settings = instance.settings
    if settings.enrolment != "open" or settings.is_here:
        return None
    row = await instance.db.look("SELECT is_open FROM account WHERE id = ?", (account,))
    if row is None or not row[0]:
        return None
    day = instance.clock.now_ms() // DAY_MS
    return DayLimit(day, settings.open_day_bytes, settings.open_day_text_bytes)


def _day_code(pepper: Pepper, ms: int) -> str:
    """The code of a day, UTC."""
    raw = pepper.invite_mac("day " + datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d"))
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in raw[:_DAY_LENGTH])


def grouped(code: str) -> str:
    """A code as it is read out: four at a time."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
