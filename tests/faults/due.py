"""What is due after seven days, erasures and closed accounts, carried out under kill -9 and then judged.

Erasing is the one thing that cannot be mended, so both ways of being wrong count: something of it is left, or more is gone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from diary import config
from diary.app import open_instance
from diary.client import accounts, attachments
from diary.client.accounts import Identity
from diary.client.attachments import Blob
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.encoding import parse, read_frames, unb64
from diary.services.instance import Instance
from diary.storage.log.audit import audit_rows
from diary.storage.writer import Hand
from tests.faults.grave import CHEAP, WORDS
from tests.faults.load import Diary, Load
from tests.faults.serving import Serving, wait_until_gone

DAY_MS: Final = 86_400_000
HALF_HOUR_MS: Final = 1_800_000
CLOSED: Final = 6
ENTRIES: Final = 4
# Left to end: a clock is believed after fifty minutes of even looks.
WHOLE: Final = 4


@dataclass
class Carried:
    """What was due, and what the database says afterwards."""

    erasures: int = 0
    erased: int = 0
    kept: int = 0
    accounts: int = 0
    closed: int = 0
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all of it went, and nothing else."""
        return self.erasures == self.erased and 0 < self.accounts == self.closed and not self.faults

    def line(self) -> str:
        """As the run prints it."""
        return (
            f"erasures due {self.erasures}, carried out {self.erased}, versions beside them untouched {self.kept};"
            f" accounts closed {self.closed} of {self.accounts}; audit: {len(self.faults)} faults"
        )


async def carry_out_run(serving: Serving, load: Load, kills: int, chance: random.Random) -> Carried:
    """With the server running: accounts to be closed; then the hourly round, killed so often, eight days on."""
    doomed = [await _doom(serving) for _ in range(CLOSED)]
    before = [await _feed(load.port, diary) for diary in load.diaries]
    pending = [await _pending(load.port, diary) for diary in load.diaries]
    await asyncio.to_thread(serving.kill)
    for n in range(kills + WHOLE):
        child = serving.fork(f"purge {8 * DAY_MS + n * HALF_HOUR_MS}")
        if n < kills:
            await asyncio.sleep(0.05 + chance.random() * 0.02 * n)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        await asyncio.to_thread(wait_until_gone, child, 60)
    found = Carried(erasures=sum(map(len, pending)), accounts=len(doomed))
    settings = config.load(serving.environ)
    async with open_instance(settings, SystemClock(), kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS) as instance:
        found.faults = await _audit(instance)
        found.closed = [await _is_gone(instance, one) for one in doomed].count(True)
    await asyncio.to_thread(serving.start)
    for diary, was, due in zip(load.diaries, before, pending, strict=True):
        now = await _feed(load.port, diary)
        gone = {record for record, erased in now if erased is None}
        found.erased += len(gone & due)
        left = [one for one in was if one[0] not in due]
        if gone - due or left != [one for one in now if one[0] not in due]:
            found.faults += ("something is gone that was not to be erased",)
        found.kept += len(left)
    return found


async def _doom(serving: Serving) -> Identity:
    """An account with entries and a file, to be closed."""
    async with connect(serving.environ["DIARY_APP_URL"]) as server:
        identity = await accounts.enrol(server, WORDS, code=bytes(16), **CHEAP)  # type: ignore[arg-type]
        journal = Journal(identity, SystemClock())
        for _ in range(ENTRIES):
            journal.append(Said("incident", {"narrative": "x" * 300}))
        await journal.send(server)
        content = os.urandom(20_000)
        blob = Blob.new(len(content))
        await attachments.upload(server, identity.diary, blob, attachments.seal(identity.diary, blob, content))
        await server.json("POST", "/v1/account/closing", proof=identity.proof)
    return identity


async def _is_gone(instance: Instance, identity: Identity) -> bool:
    """Whether no row and no file of an account is left."""
    account, diary = unb64(identity.account), unb64(identity.diary)
    asked = (
        ("SELECT count(*) FROM account WHERE id = ?", account),
        ("SELECT count(*) FROM session WHERE account_id = ?", account),
        ("SELECT count(*) FROM diary WHERE id = ?", diary),
        ("SELECT count(*) FROM version WHERE diary_id = ?", diary),
        ("SELECT count(*) FROM blob WHERE diary_id = ?", diary),
    )
    counts = await instance.db.page(lambda hand: [hand.execute(sql, (one,)).fetchone()[0] for sql, one in asked])
    files = [
        path for path in (instance.settings.data / "blobs").rglob("*") if path.is_file() and identity.diary in str(path)
    ]
    return not any(counts) and not files


async def _audit(instance: Instance) -> tuple[str, ...]:
    """What the audit finds."""

    def read(hand: Hand) -> tuple[str, ...]:
        return tuple(f"{fault.row}: {fault}" for fault in audit_rows(hand, instance.notary.pub, None, None))

    return await instance.db.page(read)


async def _feed(port: int, diary: Diary) -> list[tuple[str, bytes | None]]:
    """Record and bytes of every version in order; None for one that was erased."""
    found: list[tuple[str, bytes | None]] = []
    after = 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while True:
            headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {diary.token}"}
            answer = await client.get(f"{diary.address}/changes?after={after}", headers=headers)
            first, *rest = read_frames(answer.content, at_most=501)
            for frame in rest:
                facts: Any = parse(read_frames(frame)[0])
                found.append((facts["record"], None if "erased_at" in facts else frame))
            told: Any = parse(first)
            after = told["to"]
            if after == told["latest"]:
                return found


async def _pending(port: int, diary: Diary) -> set[str]:
    """The records that wait to be erased."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {diary.token}"}
        told = (await client.get(f"{diary.address}/erasures", headers=headers)).json()
    return {record for one in told["erasures"] for record in one["records"]}
