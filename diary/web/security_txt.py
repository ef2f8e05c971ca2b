"""`/.well-known/security.txt` (RFC 9116): where to report a vulnerability of this server."""

import re
from datetime import UTC, datetime
from typing import Final

from diary.config import Settings

DAY_MS: Final = 86_400_000
# RFC 9116 recommends less than a year. The file is written at each request, so it is never out of date.
VALID_DAYS: Final = 90
PATH: Final = "/.well-known/security.txt"
_EMAIL_ADDRESS = re.compile(r"[^@\s:/?#]+@[^@\s:/?#]+\.[^@\s:/?#]+")
_CONTACT_URI = re.compile(r"(https://[^\s]+|mailto:[^\s@]+@[^\s]+|tel:\+?[0-9 ()-]+)")


def contact_uri(text: str) -> str:
    """Return a contact as the URI that RFC 9116 requires, or "" when the text is no address."""
    if _EMAIL_ADDRESS.fullmatch(text):
        return f"mailto:{text}"
    return text if _CONTACT_URI.fullmatch(text) else ""


def render_security_txt(settings: Settings, now_ms: int) -> bytes | None:
    """Return the file, or None when the operator gave neither address.

    The contact is `DIARY_SECURITY_CONTACT` or else `DIARY_PRIVACY_CONTACT`, which a server for people must have.
    """
    contact = contact_uri(settings.security_contact) or contact_uri(settings.privacy_contact)
    if not contact:
        return None
    first_day_after = (now_ms // DAY_MS + VALID_DAYS) * DAY_MS
    expires = datetime.fromtimestamp(first_day_after / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {settings.public_url}{PATH}",
    )
    return ("\n".join(lines) + "\n").encode()
