"""After the faults: is everything that was acknowledged there, byte for byte?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from diary.encoding import b64, parse, read_frames, unb64
from diary.ledger import heads, push, receipts
from tests.faults.load import Diary, Load


@dataclass
class Found:
    """What the last server has of what was acknowledged."""

    acknowledged: int = 0
    found: int = 0
    identical: int = 0
    parts: int = 0
    parts_identical: int = 0
    files: int = 0
    files_whole: int = 0
    erasures: int = 0
    erasures_found: int = 0
    sessions: int = 0
    sessions_work: int = 0
    heads: int = 0
    # Acts of several steps, by what they were: acknowledged, and cut off by a kill.
    acts: dict[str, int] = field(default_factory=dict)
    cut_acts: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return (
            0 < self.acknowledged == self.found == self.identical
            and 0 < self.parts == self.parts_identical
            and self.files == self.files_whole
            and self.erasures == self.erasures_found
            and self.sessions == self.sessions_work
        )

    def lines(self) -> list[str]:
        """As the run prints it."""
        return [
            f"acknowledged versions {self.acknowledged}, found {self.found}, byte-identical {self.identical}",
            f"acknowledged parts of files {self.parts}, byte-identical {self.parts_identical}",
            f"files acknowledged as whole {self.files}, whole {self.files_whole}",
            f"erasures asked for or taken back {self.erasures}, as acknowledged {self.erasures_found}",
            f"sessions {self.sessions}, good {self.sessions_work}",
            f"diaries whose head agrees with their feed: {self.heads}",
            *(
                f"{what}: {done} acknowledged and found, {self.cut_acts[what]} cut off"
                for what, done in self.acts.items()
            ),
        ]


async def look(load: Load) -> Found:
    """Compare everything with the server at the load's port."""
    found = Found()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{load.port}", timeout=60) as client:
        client.headers["Host"] = f"localhost:{load.port}"
        for diary in load.diaries:
            client.headers["Authorization"] = f"Bearer {diary.token}"
            await _versions(client, diary, found)
            await _files(client, diary, found)
            await _rest(client, diary, found)
    return found


async def _versions(client: httpx.AsyncClient, diary: Diary, found: Found) -> None:
    """The feed against the bodies that were pushed and the receipts that were given."""
    there: dict[str, tuple[dict[str, Any], list[bytes]]] = {}
    head, newest = heads.FIRST, None
    async for facts, sealed, signed in _feed(client, diary):
        newest = signed
        receipts.verify(facts["receipt"], diary.identity.notary_pub, c=facts["c"], env=facts["receipt"]["env"])
        head = heads.next_head(
            head,
            seq=facts["seq"],
            c=facts["c"],
            env=facts["receipt"]["env"],
            record=facts["record"],
            version=facts["version"],
        )
        there[f"{diary.address}/records/{facts['record']}/versions/{facts['version']}"] = (facts, sealed)
    if newest is not None and unb64(newest["head"]) == head and newest["seq"] == len(there):
        found.heads += 1
    for path, (body, answer) in diary.versions.items():
        found.acknowledged += 1
        if path in there:
            facts, sealed = there[path]
            meta, *frames = read_frames(body)
            told: Any = parse(answer)
            sent = push.from_frames(parse(meta), frames)
            same = sealed == frames and told["receipt"] == facts["receipt"] and told["seq"] == facts["seq"]
            found.found += 1
            found.identical += (
                same and facts["c"] == sent.c and facts["sig"] == sent.sig and b64(unb64(sent.env)) == sent.env
            )


async def _feed(client: httpx.AsyncClient, diary: Diary) -> AsyncIterator[tuple[dict[str, Any], list[bytes], Any]]:
    """Every version with its frames and the newest signed head."""
    after = 0
    while True:
        answer = await client.get(f"{diary.address}/changes?after={after}")
        first, *rest = read_frames(answer.content, at_most=501)
        told: Any = parse(first)
        for frame in rest:
            facts, *sealed = read_frames(frame)
            yield parse(facts), sealed, told["head"]  # type: ignore[misc]
        after = told["to"]
        if after == told["latest"]:
            return


async def _files(client: httpx.AsyncClient, diary: Diary, found: Found) -> None:
    """Each acknowledged part, and each file that was acknowledged as whole."""
    for path, body in diary.parts.items():
        found.parts += 1
        found.parts_identical += (await client.get(path)).content == body
    for path in diary.files:
        found.files += 1
        found.files_whole += (await client.get(path)).json().get("complete") is True


async def _rest(client: httpx.AsyncClient, diary: Diary, found: Found) -> None:
    """Erasures that wait, and the newest sessions."""
    waiting = (await client.get(f"{diary.address}/erasures")).json()["erasures"]
    there = {one["erasure"] for one in waiting}
    for erasure in diary.erasures.values():
        found.erasures += 1
        found.erasures_found += erasure in there
    for erasure in diary.taken_back:
        found.erasures += 1
        found.erasures_found += erasure not in there
    for token in diary.sessions:
        found.sessions += 1
        answer = await client.get("/v1/session", headers={"Authorization": f"Bearer {token}"})
        found.sessions_work += answer.status_code == 200
        await asyncio.sleep(0)
