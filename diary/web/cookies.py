"""The two cookies: a session, and a device that has signed in before. docs/api.md, Cookies.

Every install has both. Where there is no session they are chaff: else the browser's jar would tell a diary with a copy off the
phone from one without, and from a notebook with no diary at all.
"""

import secrets
from collections.abc import Container
from typing import Final

from diary.encoding import b64

SESSION: Final = "__Host-s"
DEVICE: Final = "__Host-d"
SESSION_SECONDS: Final = 30 * 86_400
DEVICE_SECONDS: Final = 400 * 86_400
TOKEN_BYTES: Final = 32
_ATTRIBUTES: Final = "Path=/; HttpOnly; Secure; SameSite=Strict"


def read(header: str) -> dict[str, str]:
    """Our cookies out of a Cookie header; the first of a name counts, as browsers send the oldest path first."""
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name in (SESSION, DEVICE):
            found.setdefault(name, value)
    return found


def given(session: str, device: str) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that set both."""
    return (
        _set(SESSION, session, SESSION_SECONDS),
        _set(DEVICE, device, DEVICE_SECONDS),
    )


def chaff(held: Container[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that set whichever is not `held`, to what stands for nothing."""
    kinds = ((SESSION, SESSION_SECONDS), (DEVICE, DEVICE_SECONDS))
    return tuple(_set(name, _nothing(), seconds) for name, seconds in kinds if name not in held)


def forgotten() -> tuple[tuple[bytes, bytes], ...]:
    """The header that has a borrowed device's browser throw away what it kept of this host."""
    return ((b"clear-site-data", b'"cache", "cookies", "storage"'),)


def ended() -> tuple[tuple[bytes, bytes], ...]:
    """The header that takes the session back, and leaves chaff. The device stays known: its keeper will sign in again."""
    return (_set(SESSION, _nothing(), SESSION_SECONDS),)


def _nothing() -> str:
    """As long as a token, and known to nobody."""
    return b64(secrets.token_bytes(TOKEN_BYTES))


def _set(name: str, value: str, seconds: int) -> tuple[bytes, bytes]:
    """One Set-Cookie header."""
    return (b"set-cookie", f"{name}={value}; Max-Age={seconds}; {_ATTRIBUTES}".encode())
