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

TICKET_MS: Final = 3_600_000
WISH_CHARACTERS: Final = 35
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LOGIN = re.compile(r"[a-z0-9-]{6,40}")
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """A name that is free, and what registers it."""

    login: str
    ticket: str


async def offer(instance: Instance, wish: str) -> Offer:
    """A free name, made from `wish` where there is one."""
    while True:
        login = _made_from(wish)
        if await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login)) is None:
            return Offer(login, _ticket(instance, login, instance.clock.now_ms() + TICKET_MS))


def check_login(login: str) -> str:
    """A sign-in name as it may be. Raises BadRequest."""
    if not _LOGIN.fullmatch(login):
        raise BadRequest("That is not a sign-in name.")
    return login


def check_ticket(instance: Instance, login: str, ticket: str) -> None:
    """Return when `ticket` was given out for this name within the hour. Raises BadRequest."""
    until = int.from_bytes(unb64(ticket)[:8], "big")
    same = hmac.compare_digest(_ticket(instance, login, until).encode(), ticket.encode())
    if not same or until < instance.clock.now_ms():
        raise BadRequest("This name has to be asked for again.")


def _ticket(instance: Instance, login: str, until: int) -> str:
    """The ticket for a name, good until `until` ms."""
    return b64(until.to_bytes(8, "big") + instance.pepper.ticket_mac(login, until))


def _made_from(wish: str) -> str:
    """A name from a wish, or from two words of the list; never without four random characters."""
    stem = _OTHER.sub("-", wish.lower()).strip("-")[:WISH_CHARACTERS].strip("-")
    if not stem:
        stem = "-".join(secrets.choice(word_list()) for _ in range(2))
    return f"{stem}-{''.join(secrets.choice(_ALPHABET) for _ in range(4))}"
