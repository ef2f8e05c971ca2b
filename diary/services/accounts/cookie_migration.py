"""Devices of releases that signed in with cookies: one exchange for tokens, and thirty days to take the new release.

[Note: both] The cookies alone are what somebody with a copy of the browser's jar has; the proof alone is what somebody with
the words has. Whoever sends both goes on in the session they had. A session that was ended on purpose stays ended, whatever
proof comes with it, so that a phone that was signed out from another does not come back by itself.
"""

from dataclasses import dataclass, replace
from typing import Final

from diary.errors import NotSignedIn, SessionRevoked
from diary.services.accounts import authentication, organisation_members, sessions
from diary.services.accounts.sessions import Device, StartedSession
from diary.services.accounts.sign_in_proofs import authenticate_with_words
from diary.services.instance import Instance
from diary.storage.accounts import cookie_grace

GRACE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class LegacyCookies:
    """The cookies of a device of an earlier release: its session, and that it has signed in before."""

    session_token: str | None
    device_token: str | None


async def start_grace_period(instance: Instance) -> int:
    """Until when, in ms, cookies are taken; set at the first start after the upgrade."""
    grace_ends_at_ms = instance.clock.now_ms() + GRACE_DAYS * sessions.DAY_MS
    await instance.db.writer.run(lambda tx: cookie_grace.set_end(tx, grace_ends_at_ms))
    return await cookie_grace.find_end_ms(instance.db)


async def exchange_cookies_for_tokens(
    instance: Instance, login: str, auth_proof: bytes, legacy_cookies: LegacyCookies, device: Device
) -> tuple[dict[str, object], StartedSession]:
    """The answer of a sign-in, and tokens: of the session the cookie is for, or of a new one where that is over.

    Raises SessionEnded, and what `accounts.sign_in` does.
    """
    try:
        session = await sessions.find_active_session(instance, legacy_cookies.session_token)
    except SessionRevoked:
        raise
    except NotSignedIn:
        session = None
    row = await authenticate_with_words(instance, login, auth_proof, legacy_cookies.device_token, device.network_key)
    if session is None or session.account != row.id:
        await organisation_members.check_second_step(instance, row.id, device.totp_code)
        return await authentication.start_session(instance, row, replace(device, session_token=None))
    started = await sessions.reissue_tokens(instance, session, row, device)
    return await authentication.sign_in_payload(instance, started), started
