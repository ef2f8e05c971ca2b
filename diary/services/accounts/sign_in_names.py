"""Usernames: issued with a ticket, so that nobody can find out whether a name exists.

[Note: tickets for names] A name is generated, or is the preferred name with four random characters, so a preferred name
is never "taken". Registration needs the ticket issued with the name. Trying names at registration reveals nothing,
because every name without a ticket is refused in the same way.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from diary.crypto.words import word_list
from diary.encoding import b64, unb64
from diary.errors import BadRequest
from diary.services.instance import Instance
from diary.storage.accounts import account_rows

NAME_TICKET_LIFETIME_MS: Final = 3_600_000
MAX_WISH_LENGTH: Final = 35
_SUFFIX_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LOGIN_PATTERN = re.compile(r"[a-z0-9-]{6,40}")
_NON_NAME_CHARACTERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class SignInNameOffer:
    """A free name, and the ticket that registers it."""

    login: str
    ticket: str


async def offer(instance: Instance, preferred_name: str) -> SignInNameOffer:
    """Return a free name, based on `preferred_name` unless that is empty."""
    while True:
        login = _generate_name(preferred_name)
        if await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login)) is None:
            return SignInNameOffer(
                login, _make_name_ticket(instance, login, instance.clock.now_ms() + NAME_TICKET_LIFETIME_MS)
            )


def check_login(login: str) -> str:
    """Return the username. Raise BadRequest unless it is well formed."""
    if not _LOGIN_PATTERN.fullmatch(login):
        raise BadRequest("That is not a username.")
    return login


def check_name_ticket(instance: Instance, login: str, ticket: str) -> None:
    """Raise BadRequest unless `ticket` was issued for this name and has not expired."""
    expires_at_ms = int.from_bytes(unb64(ticket)[:8], "big")
    is_authentic = hmac.compare_digest(_make_name_ticket(instance, login, expires_at_ms).encode(), ticket.encode())
    if not is_authentic or expires_at_ms < instance.clock.now_ms():
        raise BadRequest("This name has to be requested again.")


def _make_name_ticket(instance: Instance, login: str, expires_at_ms: int) -> str:
    """Return the ticket for a name, valid until `expires_at_ms`."""
    return b64(expires_at_ms.to_bytes(8, "big") + instance.pepper.name_ticket_mac(login, expires_at_ms))


def _generate_name(preferred_name: str) -> str:
    """Return a name from a preferred name or from two words of the list, with four random characters."""
    stem = _NON_NAME_CHARACTERS.sub("-", preferred_name.lower()).strip("-")[:MAX_WISH_LENGTH].strip("-")
    if not stem:
        stem = "-".join(secrets.choice(word_list()) for _ in range(2))
    return f"{stem}-{''.join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(4))}"
