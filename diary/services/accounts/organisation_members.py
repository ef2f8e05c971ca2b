"""Members of an organisation, and their second step.

Keepers have no second step: theirs is a phone that may be taken from them, and digits on it would lock them out.
"""

from typing import Final

from diary.crypto.totp import find_step
from diary.errors import SecondStep
from diary.services.instance import Instance
from diary.storage.sharing import organisations
from diary.storage.sharing.organisations import MemberRow

SECRET: Final = b"second-step"
NAME: Final = b"member-name"


async def check(instance: Instance, account: bytes, digits: str) -> None:
    """Return when the account has no second step, or these are its digits and were not used. Raises SecondStep and TryLater.

    The words were right already, so what this answers tells nothing to whoever does not know them; wrong digits are
    counted apart from wrong words.
    """
    member = await organisations.find(instance.db, account)
    if member is None:
        if await organisations.was_member(instance.db, account):
            raise SecondStep("This account has left its organisation. Ask the person who leads it.")
        return
    key = ("digits", account)
    entered = await instance.throttle.enter(key)
    secret = instance.pepper.open(SECRET, account, member.secret)
    step = find_step(secret, digits, instance.clock.now_ms(), member.step)
    if step is None or not await instance.db.writer.run(
        lambda hand: organisations.use_step(hand, account, step), of=account
    ):
        raise SecondStep
    await instance.throttle.leave(key, entered)


def name_of(instance: Instance, member: MemberRow) -> str:
    """The name keepers and colleagues see."""
    return instance.pepper.open(NAME, member.account, member.name).decode()


def told(instance: Instance, member: MemberRow) -> dict[str, object]:
    """A member as they are told of themselves."""
    return {"leads": bool(member.leads), "name": name_of(instance, member), "organisation": member.organisation_name}
