"""Check that a request for the interface was made by a script of this host's own page.

[Note: requests by fetch only] The address bar, a link, a form, a frame, an image and a script of another site can all
make a browser request an address under `/v1/`. None of them needs to, so each gets the response of an address that does
not exist, before any route or session is checked: typing an address into a phone reveals nothing that a diary's owner
would see. Browsers describe the source of a request in `Sec-Fetch-*`, which no page can set. A client without these
headers is not a browser, or is one from before 2023. It is checked by `Origin` if it sends one, and by its credential.
"""

from collections.abc import Iterable
from typing import Final

_ALLOWED_VALUES: Final = {
    b"sec-fetch-site": frozenset((b"same-origin",)),
    b"sec-fetch-mode": frozenset((b"cors", b"same-origin")),
    b"sec-fetch-dest": frozenset((b"empty",)),
}


def is_fetched_by(origin: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request's headers fit a `fetch` by a page of `origin` (scheme, host and port)."""
    for name, value in headers:
        if name == b"origin" and value != origin:
            return False
        allowed = _ALLOWED_VALUES.get(name)
        if allowed is not None and value not in allowed:
            return False
    return True
