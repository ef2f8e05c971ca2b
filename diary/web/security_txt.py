"""`/.well-known/security.txt` (RFC 9116): where to report a vulnerability of this server."""

from datetime import UTC, datetime
from typing import Final

from diary.config import Settings, contact_uri

DAY_MS: Final = 86_400_000
# RFC 9116 recommends less than a year. The file is written at each request, so it is never out of date.
VALID_DAYS: Final = 90
PATH: Final = "/.well-known/security.txt"


def render_security_txt(settings: Settings, now_ms: int) -> bytes | None:
    """Return the file, or None when the operator gave neither address.

    The contact is `DIARY_SECURITY_CONTACT` or else `DIARY_PRIVACY_CONTACT`, which a server for people must have.
    """
    contact = contact_uri(settings.security_contact) or contact_uri(settings.privacy_contact)
    if not contact:
        return None
    expires_at_ms = (now_ms // DAY_MS + VALID_DAYS) * DAY_MS
    expires = datetime.fromtimestamp(expires_at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {settings.public_url}{PATH}",
    )
    return ("\n".join(lines) + "\n").encode()
