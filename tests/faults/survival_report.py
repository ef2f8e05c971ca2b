"""After the faults, check that everything acknowledged is there, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from diary.encoding import b64, decode_frames, unb64
from diary.ledger import heads, push, receipts
from tests.faults.device_load import AcknowledgedDiary, DeviceLoad
from tests.server_fixture import read_json


@dataclass
class SurvivalReport:
    """What the last server has of the acknowledged data."""

    acknowledged: int = 0
    versions_found: int = 0
    versions_identical: int = 0
    parts: int = 0
    identical_parts: int = 0
    files: int = 0
    complete_files: int = 0
    erasures: int = 0
    found_erasures: int = 0
    sessions: int = 0
    working_sessions: int = 0
    checked_heads: int = 0
    # Actions of several steps by kind: acknowledged, and interrupted by a kill.
    acts: dict[str, int] = field(default_factory=dict)
    interrupted_acts: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Return whether nothing is missing."""
        return (
            0 < self.acknowledged == self.versions_found == self.versions_identical
            and 0 < self.parts == self.identical_parts
            and self.files == self.complete_files
            and self.erasures == self.found_erasures
            and self.sessions == self.working_sessions
        )

    def lines(self) -> list[str]:
        """Return the report as lines for the run's output."""
        return [
            f"acknowledged versions {self.acknowledged}, found {self.versions_found}, byte-identical {self.versions_identical}",
            f"acknowledged parts of files {self.parts}, byte-identical {self.identical_parts}",
            f"files acknowledged as complete {self.files}, complete {self.complete_files}",
            f"erasures requested or cancelled {self.erasures}, as acknowledged {self.found_erasures}",
            f"sessions {self.sessions}, valid {self.working_sessions}",
            f"diaries whose head matches their feed: {self.checked_heads}",
            *(
                f"{what}: {count} acknowledged and found, {self.interrupted_acts[what]} interrupted"
                for what, count in self.acts.items()
            ),
        ]


async def check_acknowledged_data(device_load: DeviceLoad) -> SurvivalReport:
    """Compare all acknowledged data with the server at the load's port."""
    report = SurvivalReport()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{device_load.port}", timeout=60) as client:
        client.headers["Host"] = f"localhost:{device_load.port}"
        for diary in device_load.diaries:
            client.headers["Authorization"] = f"Bearer {diary.token}"
            await _check_versions(client, diary, report)
            await _check_files(client, diary, report)
            await _check_erasures_and_sessions(client, diary, report)
    return report


async def _check_versions(client: httpx.AsyncClient, diary: AcknowledgedDiary, report: SurvivalReport) -> None:
    """Compare the feed with the pushed bodies and the receipts."""
    stored_ids: dict[str, tuple[dict[str, Any], list[bytes]]] = {}
    head, newest = heads.INITIAL_HEAD, None
    async for facts, sealed, signed in _read_feed(client, diary):
        newest = signed
        receipts.verify_receipt(
            facts["receipt"], diary.identity.notary_pub, commitment=facts["c"], envelopes_digest=facts["receipt"]["env"]
        )
        head = heads.next_head(
            head,
            seq=facts["seq"],
            commitment=facts["c"],
            envelopes_digest=facts["receipt"]["env"],
            record=facts["record"],
            version=facts["version"],
        )
        stored_ids[f"{diary.address}/records/{facts['record']}/versions/{facts['version']}"] = (facts, sealed)
    if newest is not None and unb64(newest["head"]) == head and newest["seq"] == len(stored_ids):
        report.checked_heads += 1
    for path, (body, answer) in diary.versions.items():
        report.acknowledged += 1
        if path in stored_ids:
            facts, sealed = stored_ids[path]
            meta, *frames = decode_frames(body)
            receipt = read_json(answer)
            pushed_version = push.from_frames(read_json(meta), frames)
            is_identical = (
                sealed == frames and receipt["receipt"] == facts["receipt"] and receipt["seq"] == facts["seq"]
            )
            report.versions_found += 1
            report.versions_identical += (
                is_identical
                and facts["c"] == pushed_version.commitment
                and facts["sig"] == pushed_version.signature
                and b64(unb64(pushed_version.envelopes_digest)) == pushed_version.envelopes_digest
            )


async def _read_feed(
    client: httpx.AsyncClient, diary: AcknowledgedDiary
) -> AsyncIterator[tuple[dict[str, Any], list[bytes], Any]]:
    """Return every version with its frames, and the newest signed head."""
    cursor = 0
    while True:
        answer = await client.get(f"{diary.address}/changes?after={cursor}")
        first, *rest = decode_frames(answer.content, frames_limit=501)
        page_facts = read_json(first)
        for frame in rest:
            facts, *sealed = decode_frames(frame)
            yield read_json(facts), sealed, page_facts["head"]
        cursor = page_facts["to"]
        if cursor == page_facts["latest"]:
            return


async def _check_files(client: httpx.AsyncClient, diary: AcknowledgedDiary, report: SurvivalReport) -> None:
    """Check each acknowledged part and each completed file."""
    for path, body in diary.parts.items():
        report.parts += 1
        report.identical_parts += (await client.get(path)).content == body
    for path in diary.files:
        report.files += 1
        report.complete_files += (await client.get(path)).json().get("complete") is True


async def _check_erasures_and_sessions(
    client: httpx.AsyncClient, diary: AcknowledgedDiary, report: SurvivalReport
) -> None:
    """Check pending erasures and the newest sessions."""
    pending_erasures = (await client.get(f"{diary.address}/erasures")).json()["erasures"]
    pending_ids = {one["erasure"] for one in pending_erasures}
    for erasure in diary.erasures.values():
        report.erasures += 1
        report.found_erasures += erasure in pending_ids
    for erasure in diary.withdrawn_erasures:
        report.erasures += 1
        report.found_erasures += erasure not in pending_ids
    for token in diary.sessions:
        report.sessions += 1
        answer = await client.get("/v1/session", headers={"Authorization": f"Bearer {token}"})
        report.working_sessions += answer.status_code == 200
        await asyncio.sleep(0)
