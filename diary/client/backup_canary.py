"""The canary: an account of the operator's own, with one known line in it, to try a restored copy with.

Its words lie beside the pepper and go into every backup, so they protect nothing; nothing of anybody is written under them.
"""

import secrets
from pathlib import Path
from typing import Any, Final

import httpx

from diary.client import accounts
from diary.client.journal import Journal, Said
from diary.client.transport import Server, connect
from diary.clock import Clock
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile
from diary.crypto.words import new_code, word_list
from diary.encoding import canon, parse
from diary.errors import BadSignature, KeptError, NotACopy

FILE: Final = "canary"
_LINE: Final = "This account belongs to whoever runs this server. It is here to try backups with."


async def settle(
    app: Any,
    origin: str,
    invite: str | None,
    clock: Clock,
    *,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
) -> bytes:
    """Register a canary on a running application and write its line; what its file holds."""
    words = " ".join(secrets.choice(word_list()) for _ in range(6))
    async with connect(origin, httpx.ASGITransport(app)) as server:
        identity = await accounts.enrol(server, words, code=new_code(), profile=profile, policy=policy, invite=invite)
        journal = Journal(identity, clock)
        journal.append(Said("incident", {"narrative": _LINE}))
        await journal.send(server)
    return canon({"login": identity.login, "words": words})


async def look(app: Any, origin: str, file: bytes, clock: Clock, *, policy: KdfPolicy = PRODUCT) -> None:
    """Sign in as the canary and read its line: words, keys, versions, receipts and head all hold. Raises KeptError."""
    login, words = _sign_in(file)
    async with connect(origin, httpx.ASGITransport(app)) as server:
        await read_line(server, login, words, clock, policy=policy)


async def read_line(server: Server, login: str, words: str, clock: Clock, *, policy: KdfPolicy = PRODUCT) -> None:
    """As `look`, on a server that is reached already."""
    identity = await accounts.sign_in(server, login, words, policy=policy)
    journal = Journal(identity, clock)
    await journal.fetch(server)
    told = [journal.newest(record).fields.get("narrative") for record in journal.records("incident")]
    if told != [_LINE]:
        raise BadSignature("The canary's line is not there.")


def find(data: Path) -> bytes | None:
    """The canary's file in the data folder, when there is one."""
    place = data / FILE
    return place.read_bytes() if place.is_file() else None


def _sign_in(file: bytes) -> tuple[str, str]:
    """Name and words. Raises NotACopy."""
    try:
        told = parse(file)
    except KeptError:
        told = None
    if not isinstance(told, dict):
        raise NotACopy("The canary's file cannot be read.")
    return str(told.get("login")), str(told.get("words"))
