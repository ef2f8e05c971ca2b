"""The two cookies of earlier releases: read for a time after an upgrade, then expired. docs/api.md, Going over.

[Note: no cookies] A cookie is sent by the browser, whoever made it ask; so nothing that only a browser attaches by itself
signs anybody in. Sessions are tokens that the app keeps sealed and sends as `Authorization: Bearer`.
"""

from typing import Final

SESSION_COOKIE: Final = "__Host-s"
DEVICE_COOKIE: Final = "__Host-d"
_EXPIRED_ATTRIBUTES: Final = "Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict"


def read_cookies(header: str) -> dict[str, str]:
    """The two cookies out of a Cookie header; the first of a name counts, as browsers send the oldest path first."""
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name in (SESSION_COOKIE, DEVICE_COOKIE):
            cookies.setdefault(name, value)
    return cookies


def expire_cookie_headers() -> tuple[tuple[bytes, bytes], ...]:
    """Headers that have a browser throw both away. Every install gets them alike: they tell nobody from anybody."""
    return tuple(
        (b"set-cookie", f"{name}=; {_EXPIRED_ATTRIBUTES}".encode()) for name in (SESSION_COOKIE, DEVICE_COOKIE)
    )


def clear_site_data_headers() -> tuple[tuple[bytes, bytes], ...]:
    """The header that has a borrowed device's browser throw away what it kept of this host."""
    return ((b"clear-site-data", b'"cache", "cookies", "storage"'),)
