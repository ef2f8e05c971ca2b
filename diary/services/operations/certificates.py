"""When the certificates of the two hosts expire, as somebody who connects to them sees it.

Nothing is verified here. Phones verify, and `doctor` does. An expired certificate must be read too, and the only use
of what is read is a date.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from diary.config import Settings
from diary.crypto.certificates import read_expiry_ms

MIN_CERTIFICATE_VALIDITY_MS: Final = 10 * 86_400_000
TIMEOUT_SECONDS: Final = 5.0


def is_certificate_short(expires_at_ms: int, now_ms: int) -> bool:
    """Return whether a certificate expires so soon that its renewal must have failed, or has expired."""
    return expires_at_ms - now_ms < MIN_CERTIFICATE_VALIDITY_MS


async def read_expiries(settings: Settings) -> Mapping[str, int | None]:
    """Return when the certificates of `app` and `public` expire, in ms UTC.

    None if the host cannot be reached from here: a firewall may keep a machine from its own public address. A host
    without TLS is left out.
    """
    urls = {"app": settings.app_url, "public": settings.public_url}
    hosts = {host: url for host, url in urls.items() if url.startswith("https:")}
    return dict(zip(hosts, await asyncio.gather(*map(_read_expiry, hosts.values())), strict=True))


async def _read_expiry(url: str) -> int | None:
    """Return when the certificate at an address expires, or None if it cannot be read."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    address = "127.0.0.1" if name == "localhost" or name.endswith(".localhost") else name
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the note says why
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection(address, parts.port or 443, ssl=context, server_hostname=name)
        try:
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            return read_expiry_ms(tls.getpeercert(binary_form=True) or b"")
        finally:
            writer.transport.abort()
    except (OSError, ValueError):  # TimeoutError and SSLError are among the first
        return None
