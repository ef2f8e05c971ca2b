"""Sign-in names: given out with a ticket, so that whether a name exists cannot be asked.

[Note: tickets] A name is generated, or wished for and given four random characters, so a wish is never
"taken". To register it the ticket is needed that only this answer carries; trying names one by one at
registration tells nothing, since without a ticket every name is refused alike.
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
    """A name that is free, and what registers it."""

    login: str
    ticket: str


async def offer(instance: Instance, preferred_name: str) -> SignInNameOffer:
    """A free name, made from `wish` where there is one."""
    while True:
        login = _generate_name(preferred_name)
        if await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login)) is None:
            return SignInNameOffer(
                login, _make_name_ticket(instance, login, instance.clock.now_ms() + NAME_TICKET_LIFETIME_MS)
            )


def check_login(login: str) -> str:
    """A sign-in name as it may be. Raises BadRequest."""
    if not _LOGIN_PATTERN.fullmatch(login):
        raise BadRequest("That is not a sign-in name.")
    return login


def check_name_ticket(instance: Instance, login: str, ticket: str) -> None:
    """Return when `ticket` was given out for this name within the hour. Raises BadRequest."""
    expires_at_ms = int.from_bytes(unb64(ticket)[:8], "big")
    is_authentic = hmac.compare_digest(_make_name_ticket(instance, login, expires_at_ms).encode(), ticket.encode())
    if not is_authentic or expires_at_ms < instance.clock.now_ms():
        raise BadRequest("This name has to be asked for again.")


def _make_name_ticket(instance: Instance, login: str, expires_at_ms: int) -> str:
    """The ticket for a name, good until `until` ms."""
    return b64(expires_at_ms.to_bytes(8, "big") + instance.pepper.name_ticket_mac(login, expires_at_ms))


def _generate_name(preferred_name: str) -> str:
    """A name from a wish, or from two words of the list; never without four random characters."""
    stem = _NON_NAME_CHARACTERS.sub("-", preferred_name.lower()).strip("-")[:MAX_WISH_LENGTH].strip("-")
    if not stem:
        stem = "-".join(secrets.choice(word_list()) for _ in range(2))
    return f"{stem}-{''.join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(4))}"
