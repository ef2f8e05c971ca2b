"""Requests to timestamp authorities. If an authority is unavailable, the timestamp stays pending.

A request contains only a digest: of a checkpoint's note, or of a pack's list of files when a keeper asks for it. It
reveals nothing about people, not even the number of diaries.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from diary.errors import BadRequest, BadSetting, BadSignature, TooLarge, Unavailable
from diary.ledger.timestamp_authorities import RESPONSE_LIMIT_BYTES, TimestampAuthority
from diary.services.instance import Instance
from diary.storage.log import stamps
from diary.storage.log.stamps import AcceptedStamp, DueStamp

MIN_RETRY_MS: Final = 60_000
MAX_RETRY_MS: Final = 6 * 3_600_000
# With a larger difference between the clocks, one is wrong and the timestamp proves nothing.
MAX_CLOCK_SKEW_MS: Final = 3_600_000
RESPONSE_TIMEOUT_SECONDS: Final = 20
CONNECT_TIMEOUT_SECONDS: Final = 10
_NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HEADERS: Final = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def read_authorities(file: Path | None) -> tuple[TimestampAuthority, ...]:
    """Return the authorities of a settings file (docs/settings.md), none without a file.

    Raise BadSetting if the file cannot be read or is not valid.
    """
    if file is None:
        return ()
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("authority", [])
        authorities = tuple(_parse_authority(row, file.parent) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadRequest):
        raise BadSetting("DIARY_TIMESTAMPS names a file that cannot be used.") from None
    if not authorities or len({authority.name for authority in authorities}) != len(authorities):
        raise BadSetting("DIARY_TIMESTAMPS names a file that cannot be used.")
    return authorities


def _parse_authority(row: dict[str, Any], folder: Path) -> TimestampAuthority:
    """Parse one table of the file. Raise OSError, ValueError or BadRequest."""
    from diary.ledger import timestamps  # noqa: PLC0415 - most servers have no authority

    authority = TimestampAuthority(
        name=str(row["name"]),
        url=str(row["url"]),
        policy=str(row["policy"]),
        chain=(folder / str(row["chain"])).read_bytes(),
    )
    if not _NAME_PATTERN.fullmatch(authority.name) or urlsplit(authority.url).scheme not in ("http", "https"):
        raise ValueError
    timestamps.load_chain(authority.chain)
    timestamps.check_policy(authority.policy)
    return authority


async def request_due_timestamps(instance: Instance) -> int:
    """Request every timestamp that is due. Return the number accepted."""
    authority_by_name = {authority.name: authority for authority in instance.timestamp_authorities}
    accepted = 0
    for due in await stamps.list_due(instance.db, instance.clock.now_ms()):
        if due.authority in authority_by_name and await _request_timestamp(
            instance, authority_by_name[due.authority], due
        ):
            accepted += 1
    return accepted


async def _request_timestamp(instance: Instance, authority: TimestampAuthority, due: DueStamp) -> bool:
    """Request one timestamp, and return whether it was accepted. A failed request is repeated later."""
    now = instance.clock.now_ms()
    retry_at_ms = now + min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** min(due.tries, 12))
    if not await instance.db.writer.run(lambda tx: stamps.claim(tx, due, retry_at_ms)):
        return False
    from diary.ledger import timestamps  # noqa: PLC0415 - as above

    request = timestamps.build_request(due.note)
    try:
        tsr = await _post(authority.url, request.der)
        stamped_at_ms = timestamps.verify_response(
            tsr, due.note, chain=authority.chain, policy=authority.policy, nonce=request.nonce
        )
        if abs(stamped_at_ms - now) > MAX_CLOCK_SKEW_MS:
            return False
    except (BadSignature, TooLarge, Unavailable):
        return False
    stamp = AcceptedStamp(authority.name, authority.policy, request.nonce, tsr, authority.chain)
    await instance.db.writer.run(lambda tx: stamps.store_stamp(tx, due, stamp, stamped_at_ms))
    return True


async def stamp_digest(instance: Instance, digest: bytes) -> AcceptedStamp:
    """Return a timestamp over a SHA-256 digest, by the first authority that answers. Nothing is stored.

    Raise Unavailable if no authority is set or none gives a valid timestamp.
    """
    from diary.ledger import timestamps  # noqa: PLC0415 - as above

    for authority in instance.timestamp_authorities:
        request = timestamps.build_digest_request(digest)
        try:
            tsr = await _post(authority.url, request.der)
            stamped_at_ms = timestamps.verify_digest_response(
                tsr, digest, chain=authority.chain, policy=authority.policy, nonce=request.nonce
            )
        except (BadSignature, TooLarge, Unavailable):
            continue
        if abs(stamped_at_ms - instance.clock.now_ms()) <= MAX_CLOCK_SKEW_MS:
            return AcceptedStamp(authority.name, authority.policy, request.nonce, tsr, authority.chain)
    raise Unavailable


async def _post(url: str, query: bytes) -> bytes:
    """Return the body of a response. Redirects are not followed. Raise TooLarge and Unavailable."""
    # Imported here because most servers have no authority, and this library is a tenth of an idle server's memory.
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(RESPONSE_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
    received = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", url, content=query, headers=_HEADERS) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > RESPONSE_LIMIT_BYTES:
                    raise TooLarge
    except httpx.HTTPError:
        raise Unavailable from None
    return bytes(received)
