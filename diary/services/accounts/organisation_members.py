"""Members of an organisation, and their second factor.

Keepers have no second factor: it would be on a phone that may be taken from them, and they would be locked out.
"""

from typing import Final

from diary.crypto.totp import find_step
from diary.errors import SecondFactorFailed
from diary.services.instance import Instance
from diary.storage.sharing import organisations
from diary.storage.sharing.organisations import MemberRow

TOTP_SECRET_PURPOSE: Final = b"second-step"
MEMBER_NAME_PURPOSE: Final = b"member-name"


async def check_second_step(instance: Instance, account: bytes, totp_code: str) -> None:
    """Check the six digits of an advocate's account; do nothing for a keeper's.

    Raise SecondFactorFailed and TooManyRequests. It is called after the words were verified, so the response reveals
    nothing to somebody without them. Wrong digits are counted separately from wrong words.
    """
    member = await organisations.find_member(instance.db, account)
    if member is None:
        if await organisations.was_member(instance.db, account):
            raise SecondFactorFailed("This account has left its organisation. Ask the person who leads it.")
        return
    key = ("digits", account)
    attempt = await instance.throttle.begin_attempt(key)
    secret = instance.pepper.open(TOTP_SECRET_PURPOSE, account, member.secret)
    time_step = find_step(secret, totp_code, instance.clock.now_ms(), member.step)
    if time_step is None or not await instance.db.writer.run(
        lambda tx: organisations.use_totp_step(tx, account, time_step), account=account
    ):
        raise SecondFactorFailed
    await instance.throttle.forgive_attempt(key, attempt)


def member_name(instance: Instance, member: MemberRow) -> str:
    """Return the name that keepers and colleagues see."""
    return instance.pepper.open(MEMBER_NAME_PURPOSE, member.account, member.name).decode()


def member_payload(instance: Instance, member: MemberRow) -> dict[str, object]:
    """Return a member's own membership as JSON."""
    return {
        "leads": bool(member.leads),
        "name": member_name(instance, member),
        "organisation": member.organisation_name,
    }
