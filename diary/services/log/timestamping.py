"""Asking timestamp authorities about checkpoints. An authority that is away leaves a stamp pending, nothing else.

What goes out is the digest of a checkpoint's note: it says nothing of anybody, not even how many diaries there are.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from diary.errors import BadRequest, BadSetting, BadSignature, TooLarge, Unavailable
from diary.ledger.timestamp_authorities import ANSWER_LIMIT, Authority
from diary.services.instance import Instance
from diary.storage.log import stamps
from diary.storage.log.stamps import Due, Stamp

SHORTEST_MS: Final = 60_000
LONGEST_MS: Final = 6 * 3_600_000
# An authority whose clock is this far from ours says something about neither.
CLOCK_MS: Final = 3_600_000
ANSWER_S: Final = 20
CONNECT_S: Final = 10
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HEADERS: Final = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def read_authorities(file: Path | None) -> tuple[Authority, ...]:
    """The authorities of a settings file, docs/settings.md; none without a file. Raises BadSetting."""
    if file is None:
        return ()
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("authority", [])
        found = tuple(_authority(row, file.parent) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadRequest):
        raise BadSetting("DIARY_TIMESTAMPS names a file that cannot be used.") from None
    if not found or len({one.name for one in found}) != len(found):
        raise BadSetting("DIARY_TIMESTAMPS names a file that cannot be used.")
    return found


def _authority(row: dict[str, Any], folder: Path) -> Authority:
    """One table of the file. Raises ValueError or BadRequest."""
    from diary.ledger import timestamps  # noqa: PLC0415 - only where there is an authority

    made = Authority(
        name=str(row["name"]),
        url=str(row["url"]),
        policy=str(row["policy"]),
        chain=(folder / str(row["chain"])).read_bytes(),
    )
    if not _NAME.fullmatch(made.name) or urlsplit(made.url).scheme not in ("http", "https"):
        raise ValueError
    timestamps.certificates(made.chain)
    timestamps.check_policy(made.policy)
    return made


async def ask_all(instance: Instance) -> int:
    """Ask for every stamp that is due; how many were accepted."""
    by_name = {one.name: one for one in instance.authorities}
    accepted = 0
    for one in await stamps.due(instance.db, instance.clock.now_ms()):
        if one.authority in by_name and await _ask(instance, by_name[one.authority], one):
            accepted += 1
    return accepted


async def _ask(instance: Instance, authority: Authority, one: Due) -> bool:
    """Ask once. What does not hold, or does not come, is asked for again later."""
    now = instance.clock.now_ms()
    until = now + min(LONGEST_MS, SHORTEST_MS * 2 ** min(one.tries, 12))
    if not await instance.db.writer.run(lambda hand: stamps.claim(hand, one, until)):
        return False
    from diary.ledger import timestamps  # noqa: PLC0415 - as above

    asked = timestamps.request(one.note)
    try:
        tsr = await _post(authority.url, asked.der)
        at = timestamps.check(tsr, one.note, chain=authority.chain, policy=authority.policy, nonce=asked.nonce)
        if abs(at - now) > CLOCK_MS:
            return False
    except (BadSignature, TooLarge, Unavailable):
        return False
    stamp = Stamp(authority.name, authority.policy, asked.nonce, tsr, authority.chain)
    await instance.db.writer.run(lambda hand: stamps.settle(hand, one, stamp, at))
    return True


async def _post(url: str, query: bytes) -> bytes:
    """The answer to a query. Raises TooLarge and Unavailable; a redirect is not followed."""
    # Here, because most servers ask nobody, and this library is a tenth of what an idle one holds.
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    got = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", url, content=query, headers=_HEADERS) as answer,
        ):
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                got += piece
                if len(got) > ANSWER_LIMIT:
                    raise TooLarge
    except httpx.HTTPError:
        raise Unavailable from None
    return bytes(got)
