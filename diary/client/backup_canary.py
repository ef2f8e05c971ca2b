"""The canary: an account of the operator's own, with one known line in it, to try a restored copy with.

Its words lie beside the pepper and go into every backup, so they protect nothing; nothing of anybody is written under them.
"""

import secrets
from pathlib import Path
from typing import Any, Final

import httpx

from diary.client import accounts
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer, connect
from diary.clock import Clock
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.crypto.words import generate_code, word_list
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import BadSignature, InvalidSealedCopy, KeptError

CANARY_FILE_NAME: Final = "canary"
_CANARY_NARRATIVE: Final = "This account belongs to whoever runs this server. It is here to try backups with."


async def create_canary(
    app: Any,
    origin: str,
    invite: str | None,
    clock: Clock,
    *,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> bytes:
    """Register a canary on a running application and write its line; what its file holds."""
    words = " ".join(secrets.choice(word_list()) for _ in range(6))
    async with connect(origin, httpx.ASGITransport(app)) as server:
        identity = await accounts.enrol(
            server, words, code=generate_code(), profile=profile, policy=policy, invite=invite
        )
        journal = Journal(identity, clock)
        journal.append(VersionContent("incident", {"narrative": _CANARY_NARRATIVE}))
        await journal.send(server)
    return canonical_json({"login": identity.login, "words": words})


async def verify_canary(
    app: Any, origin: str, file_content: bytes, clock: Clock, *, policy: KdfPolicy = PRODUCTION_POLICY
) -> None:
    """Sign in as the canary and read its line: words, keys, versions, receipts and head all hold. Raises KeptError."""
    login, words = _parse_credentials(file_content)
    async with connect(origin, httpx.ASGITransport(app)) as server:
        await verify_canary_entry(server, login, words, clock, policy=policy)


async def verify_canary_entry(
    server: RemoteServer, login: str, words: str, clock: Clock, *, policy: KdfPolicy = PRODUCTION_POLICY
) -> None:
    """As `look`, on a server that is reached already."""
    identity = await accounts.sign_in(server, login, words, policy=policy)
    journal = Journal(identity, clock)
    await journal.fetch(server)
    narratives = [journal.newest_version(record).fields.get("narrative") for record in journal.record_ids("incident")]
    if narratives != [_CANARY_NARRATIVE]:
        raise BadSignature("The canary's line is not there.")


def read_canary_file(data_folder: Path) -> bytes | None:
    """The canary's file in the data folder, when there is one."""
    path = data_folder / CANARY_FILE_NAME
    return path.read_bytes() if path.is_file() else None


def _parse_credentials(file_content: bytes) -> tuple[str, str]:
    """Name and words. Raises NotACopy."""
    try:
        credentials = parse_canonical_json(file_content)
    except KeptError:
        credentials = None
    if not isinstance(credentials, dict):
        raise InvalidSealedCopy("The canary's file cannot be read.")
    return str(credentials.get("login")), str(credentials.get("words"))
