"""Canary: an account of the operator's, with one known line in it, that verifies a restored backup.

Its words are stored beside the pepper and are in every backup, so they protect nothing. No diary is written under them.
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
# Never change it: a drill compares it with what the canary wrote into its diary.
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
    """Register a canary on a running application, write its line, and return the content of its file."""
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
    """Sign in as the canary and read its line. Raise KeptError if that fails.

    This checks words, keys, versions, receipts and head.
    """
    login, words = _parse_credentials(file_content)
    async with connect(origin, httpx.ASGITransport(app)) as server:
        await verify_canary_entry(server, login, words, clock, policy=policy)


async def verify_canary_entry(
    server: RemoteServer, login: str, words: str, clock: Clock, *, policy: KdfPolicy = PRODUCTION_POLICY
) -> None:
    """Verify the canary as `verify_canary` does, on a server that is already connected."""
    identity = await accounts.sign_in(server, login, words, policy=policy)
    journal = Journal(identity, clock)
    await journal.fetch(server)
    narratives = [journal.newest_version(record).fields.get("narrative") for record in journal.record_ids("incident")]
    if narratives != [_CANARY_NARRATIVE]:
        raise BadSignature("The canary's line is missing.")


def read_canary_file(data_folder: Path) -> bytes | None:
    """Return the content of the canary's file in the data folder, or None."""
    path = data_folder / CANARY_FILE_NAME
    return path.read_bytes() if path.is_file() else None


def read_canary_login(data_folder: Path) -> str | None:
    """Return the canary's username, or None if there is no canary or its file cannot be read."""
    try:
        content = read_canary_file(data_folder)
        return _parse_credentials(content)[0] if content else None
    except (OSError, InvalidSealedCopy):
        return None


def _parse_credentials(file_content: bytes) -> tuple[str, str]:
    """Return the name and words. Raise InvalidSealedCopy if the file is not a JSON object."""
    try:
        credentials = parse_canonical_json(file_content)
    except KeptError:
        credentials = None
    if not isinstance(credentials, dict):
        raise InvalidSealedCopy("The canary's file cannot be read.")
    return str(credentials.get("login")), str(credentials.get("words"))
