"""Asking log witnesses to cosign checkpoints (C2SP tlog-witness). One that is away or refuses leaves the log as it is.

What goes out is public: a note, and hashes that show that the log only grew. A witness answers for itself that it never saw
another history under this notary key, so it is asked about each checkpoint once, and never about an older one again. After a
change of the notary's key the last checkpoint under the key before is asked about too: it is where the next key takes over.
"""

import base64
import re
import tomllib
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from diary.errors import BadRequest, BadSetting, BadSignature, TooLarge, Unavailable
from diary.ledger import checkpoints, cosignatures
from diary.ledger.cosignatures import AskedWitness
from diary.services.instance import Instance
from diary.storage.log import cosignatures as rows
from diary.storage.log import public_log

SHORTEST_MS: Final = 60_000
LONGEST_MS: Final = 6 * 3_600_000
ANSWER_S: Final = 20
CONNECT_S: Final = 10
ANSWER_LIMIT: Final = 64 << 10
ROUNDS: Final = 3
_SIZE: Final = "text/x.tlog.size"


def read_witnesses(file: Path | None) -> tuple[AskedWitness, ...]:
    """The witnesses of a settings file, docs/settings.md; none without a file. Raises BadSetting."""
    if file is None:
        return ()
    wrong = BadSetting("DIARY_WITNESSES names a file that cannot be used.")
    try:
        found = tuple(_witness(row) for row in tomllib.loads(file.read_text(encoding="utf-8")).get("witness", []))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadRequest):
        raise wrong from None
    names = {one.witness.name for one in found} | {one.witness.pub.hex() for one in found}
    if not 0 < len(found) <= rows.LINES_AT_MOST or len(names) != 2 * len(found):
        raise wrong
    return found


def _witness(row: dict[str, Any]) -> AskedWitness:
    """One table of the file. Raises ValueError or BadRequest."""
    made = AskedWitness(cosignatures.read_vkey(str(row["key"])), str(row["url"]).rstrip("/"))
    if urlsplit(made.url).scheme not in ("http", "https") or made.witness.name != row["name"]:
        raise ValueError
    return made


async def ask_all(instance: Instance) -> int:
    """Ask for every cosignature that is due; how many were accepted."""
    by_key = {one.witness.pub: one for one in instance.witnesses}
    if not by_key:
        return 0
    wanted = await _wanted(instance)
    for n in wanted:
        for key in by_key:
            if not await rows.is_queued(instance.db, n, key):
                now = instance.clock.now_ms()
                await instance.db.writer.run(lambda hand, n=n, key=key, now=now: rows.queue(hand, n, key, now))  # type: ignore[misc]
    accepted = 0
    for one in await rows.due(instance.db, wanted, instance.clock.now_ms()):
        if one.witness in by_key and await _ask(instance, by_key[one.witness], one):
            accepted += 1
    return accepted


async def _wanted(instance: Instance) -> list[int]:
    """The newest checkpoint, and the last one under each notary key of before."""
    newest = await public_log.newest_checkpoint(instance.db)
    if newest is None:
        return []
    logs = [str(one["log"]) for one in instance.statements]
    found = [await rows.last_of(instance.db, one) for one in logs if one != instance.notary.log]
    return sorted({newest.n, *(n for n in found if n is not None)})


async def _ask(instance: Instance, asked: AskedWitness, one: rows.Due) -> bool:
    """Ask one witness about one checkpoint. What does not hold, or does not come, is asked for again later."""
    until = instance.clock.now_ms() + min(LONGEST_MS, SHORTEST_MS * 2 ** min(one.tries, 12))
    if not await instance.db.writer.run(lambda hand: rows.claim(hand, one, until)):
        return False
    try:
        line = await _cosigned(instance, asked, one)
    except (BadSignature, TooLarge, Unavailable):
        return False
    if line is None:
        return False
    await instance.db.writer.run(lambda hand: rows.settle(hand, one, line))
    return True


async def _cosigned(instance: Instance, asked: AskedWitness, one: rows.Due) -> bytes | None:
    """The witness's line, None when it gives none. Raises BadSignature, TooLarge and Unavailable."""
    old = await rows.last_size(instance.db, one.witness, checkpoints.read(one.note).origin)
    for _ in range(ROUNDS):
        path = await public_log.consistency(instance.db, old, one.size) if 0 < old < one.size else []
        status, kind, body = await _post(f"{asked.url}/add-checkpoint", _body(old, path, one.note))
        if status == HTTPStatus.OK:
            return _line(asked, one.note, body)
        # It knows another size than we thought; of one larger than ours there is nothing we could show it.
        said = body.removesuffix(b"\n")
        if status != HTTPStatus.CONFLICT or kind != _SIZE or not re.fullmatch(rb"0|[1-9][0-9]{0,15}", said):
            return None
        if int(said) == old or int(said) > one.size:
            return None
        old = int(said)
    return None


def _body(old: int, path: list[bytes], note: bytes) -> bytes:
    """An add-checkpoint request."""
    steps = "".join(f"{base64.b64encode(step).decode()}\n" for step in path)
    return f"old {old}\n{steps}\n".encode() + note


def _line(asked: AskedWitness, note: bytes, answer: bytes) -> bytes:
    """The witness's own line of an answer, which holds for this note; other lines in it are left. Raises BadSignature."""
    try:
        lines = checkpoints.read_lines(answer.decode())
    except UnicodeDecodeError:
        raise BadSignature("A witness's answer makes no sense.") from None
    own = [line for line in lines if cosignatures.is_by(line, asked.witness)][:1]
    if not own or not cosignatures.seen_by(cosignatures.join(note, own), [asked.witness]):
        raise BadSignature("A witness's answer makes no sense.")
    return checkpoints.line_text(own[0]).encode()


async def _post(url: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of an answer. Raises TooLarge and Unavailable; a redirect is not followed."""
    # Here, because most servers ask nobody: see timestamping.py.
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    got = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", url, content=body) as answer,
        ):
            async for piece in answer.aiter_bytes():
                got += piece
                if len(got) > ANSWER_LIMIT:
                    raise TooLarge
            kind = answer.headers.get("content-type", "").split(";")[0].strip()
            return answer.status_code, kind, bytes(got)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Unavailable from None
