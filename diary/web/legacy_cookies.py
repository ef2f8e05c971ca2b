"""The two cookies of earlier releases: accepted for a time after an upgrade, then expired. docs/api.md, Going over.

[Note: no cookies] A browser sends a cookie whoever caused the request, so nothing that a browser attaches by itself
signs anybody in. Sessions are tokens that the app keeps sealed and sends as `Authorization: Bearer`.
"""

from typing import Final

SESSION_COOKIE: Final = "__Host-s"
DEVICE_COOKIE: Final = "__Host-d"
_EXPIRED_ATTRIBUTES: Final = "Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict"


def read_cookies(header: str) -> dict[str, str]:
    """Return the two cookies of a Cookie header.

    The first of a name counts: browsers send the most specific path first.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name in (SESSION_COOKIE, DEVICE_COOKIE):
            cookies.setdefault(name, value)
    return cookies


def expire_cookie_headers() -> tuple[tuple[bytes, bytes], ...]:
    """Return headers that expire both cookies. They are the same for every install, so they identify nobody."""
    return tuple(
        (b"set-cookie", f"{name}=; {_EXPIRED_ATTRIBUTES}".encode()) for name in (SESSION_COOKIE, DEVICE_COOKIE)
    )


def clear_site_data_headers() -> tuple[tuple[bytes, bytes], ...]:
    """Return the header that makes a borrowed device's browser delete what it stored for this host."""
    return ((b"clear-site-data", b'"cache", "cookies", "storage"'),)
