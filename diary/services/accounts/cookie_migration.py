"""Devices of releases that signed in with cookies: one exchange for tokens, and thirty days to take the new release.

[Note: both] The cookies alone are what somebody with a copy of the browser's jar has; the proof alone is what somebody with
the words has. Whoever sends both goes on in the session they had. A session that was ended on purpose stays ended, whatever
proof comes with it, so that a phone that was signed out from another does not come back by itself.
"""

from dataclasses import dataclass, replace
from typing import Final

from diary.errors import SessionEnded, SignedOut
from diary.services.accounts import authentication, organisation_members, sessions
from diary.services.accounts.sessions import Device, Entry
from diary.services.accounts.sign_in_proofs import account_by_words
from diary.services.instance import Instance
from diary.storage.accounts import cookie_grace

GRACE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Earlier:
    """The cookies of a device of an earlier release: its session, and that it has signed in before."""

    session: str | None
    device: str | None


async def begin(instance: Instance) -> int:
    """Until when, in ms, cookies are taken; set at the first start after the upgrade."""
    until = instance.clock.now_ms() + GRACE_DAYS * sessions.DAY_MS
    await instance.db.writer.run(lambda hand: cookie_grace.begin(hand, until))
    return await cookie_grace.until(instance.db)


async def exchange(
    instance: Instance, login: str, auth: bytes, earlier: Earlier, device: Device
) -> tuple[dict[str, object], Entry]:
    """The answer of a sign-in, and tokens: of the session the cookie is for, or of a new one where that is over.

    Raises SessionEnded, and what `accounts.sign_in` does.
    """
    try:
        signed = await sessions.resume(instance, earlier.session)
    except SessionEnded:
        raise
    except SignedOut:
        signed = None
    row = await account_by_words(instance, login, auth, earlier.device, device.network)
    if signed is None or signed.account != row.id:
        await organisation_members.check(instance, row.id, device.digits)
        return await authentication.enter(instance, row, replace(device, session_token=None))
    entry = await sessions.hold_anew(instance, signed, row, device)
    return await authentication.with_words(instance, entry), entry
