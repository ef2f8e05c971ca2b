"""Members of an organisation, and their second step.

Keepers have no second step: theirs is a phone that may be taken from them, and digits on it would lock them out.
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
    """Return when the account has no second step, or these are its digits and were not used. Raises SecondStep and TryLater.

    The words were right already, so what this answers tells nothing to whoever does not know them; wrong digits are
    counted apart from wrong words.
    """
    member = await organisations.find(instance.db, account)
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
    """The name keepers and colleagues see."""
    return instance.pepper.open(MEMBER_NAME_PURPOSE, member.account, member.name).decode()


def member_payload(instance: Instance, member: MemberRow) -> dict[str, object]:
    """A member as they are told of themselves."""
    return {
        "leads": bool(member.leads),
        "name": member_name(instance, member),
        "organisation": member.organisation_name,
    }
