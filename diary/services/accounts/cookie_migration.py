"""Migration of devices that signed in with cookies: one exchange for tokens, within a grace period of thirty days.

[Note: cookie and proof both required] The cookies alone could come from a copy of the browser's cookie jar; the proof
alone from somebody who knows the words. Only a device with both continues its session. A session that was ended from
another device stays ended, whatever the proof, so that a phone signed out from another device does not sign in again by
itself.
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
    """Cookies of a device of an earlier release: its session token and its device token."""

    session_token: str | None
    device_token: str | None


async def start_grace_period(instance: Instance) -> int:
    """Return the end of the grace period for cookies in ms UTC. It is set at the first start after the upgrade."""
    grace_ends_at_ms = instance.clock.now_ms() + GRACE_DAYS * sessions.DAY_MS
    await instance.db.writer.run(lambda tx: cookie_grace.set_end(tx, grace_ends_at_ms))
    return await cookie_grace.find_end_ms(instance.db)


async def exchange_cookies_for_tokens(
    instance: Instance, login: str, auth_proof: bytes, legacy_cookies: LegacyCookies, device: Device
) -> tuple[dict[str, object], StartedSession]:
    """Sign in with cookies and words. Return the response, and new tokens for the cookie's session.

    A new session starts if the cookie has no active session. Raise SessionRevoked, InvalidCredentials,
    SecondFactorFailed and TooManyRequests.
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
