"""The two cookies: a session, and a device that has signed in before. docs/api.md, Cookies."""

from typing import Final

SESSION: Final = "__Host-s"
DEVICE: Final = "__Host-d"
SESSION_SECONDS: Final = 30 * 86_400
DEVICE_SECONDS: Final = 400 * 86_400
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


def forgotten() -> tuple[tuple[bytes, bytes], ...]:
    """The header that has a borrowed device's browser throw away what it kept of this host."""
    return ((b"clear-site-data", b'"cache", "cookies", "storage"'),)


def ended() -> tuple[tuple[bytes, bytes], ...]:
    """The header that takes the session back. The device stays known: its keeper will sign in again."""
    return (_set(SESSION, "", 0),)


def _set(name: str, value: str, seconds: int) -> tuple[bytes, bytes]:
    """One Set-Cookie header."""
    return (b"set-cookie", f"{name}={value}; Max-Age={seconds}; {_ATTRIBUTES}".encode())
