"""Due erasures and closed accounts, carried out under kill -9 and then verified.

Erasure cannot be undone, so both failures count: data that remains, and data that should not be gone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx

from diary import config
from diary.app import open_instance
from diary.client import accounts, attachments
from diary.client.accounts import Identity
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.encoding import decode_frames, unb64
from diary.services.instance import Instance
from diary.storage.log.audit import audit_rows
from diary.storage.writer import Transaction
from tests.faults.actors import CHEAP_KDF, PASSPHRASE
from tests.faults.device_load import AcknowledgedDiary, DeviceLoad
from tests.faults.forked_server import ForkedServer, wait_until_ended
from tests.server_fixture import read_json

DAY_MS: Final = 86_400_000
HALF_HOUR_MS: Final = 1_800_000
CLOSED_ACCOUNTS: Final = 6
ENTRIES_PER_ACCOUNT: Final = 4
# Left to pass: the server trusts a changed clock after fifty minutes of consistent readings.
UNDISTURBED_RUNS: Final = 4


@dataclass
class DueWorkResult:
    """What was due, and what the database has afterwards."""

    erasures: int = 0
    erased: int = 0
    untouched_versions: int = 0
    accounts: int = 0
    accounts_gone: int = 0
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether all of it is erased, and nothing else."""
        return self.erasures == self.erased and 0 < self.accounts == self.accounts_gone and not self.faults

    def line(self) -> str:
        """Return the result as one line for the run's output."""
        return (
            f"erasures due {self.erasures}, carried out {self.erased}, other versions untouched {self.untouched_versions};"
            f" accounts closed {self.accounts_gone} of {self.accounts}; audit: {len(self.faults)} faults"
        )


async def run_due_work_under_kills(
    serving: ForkedServer, device_load: DeviceLoad, kills: int, random_source: random.Random
) -> DueWorkResult:
    """Create accounts to close, then run the hourly work eight days later, killed `kills` times."""
    closing_accounts = [await _create_closing_account(serving) for _ in range(CLOSED_ACCOUNTS)]
    before = [await _read_feed(device_load.port, diary) for diary in device_load.diaries]
    pending = [await _pending_erasures(device_load.port, diary) for diary in device_load.diaries]
    await asyncio.to_thread(serving.kill)
    for run_number in range(kills + UNDISTURBED_RUNS):
        child = serving.fork(f"purge {8 * DAY_MS + run_number * HALF_HOUR_MS}")
        if run_number < kills:
            await asyncio.sleep(0.05 + random_source.random() * 0.02 * run_number)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        await asyncio.to_thread(wait_until_ended, child, 60)
    result = DueWorkResult(erasures=sum(map(len, pending)), accounts=len(closing_accounts))
    settings = config.load_settings(serving.environ)
    async with open_instance(
        settings, SystemClock(), kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY
    ) as instance:
        result.faults = await _audit(instance)
        result.accounts_gone = [await _is_gone(instance, account) for account in closing_accounts].count(True)
    await asyncio.to_thread(serving.start)
    for diary, versions_before, due_records in zip(device_load.diaries, before, pending, strict=True):
        versions_after = await _read_feed(device_load.port, diary)
        erased_records = {record for record, erased in versions_after if erased is None}
        result.erased += len(erased_records & due_records)
        remaining = [version for version in versions_before if version[0] not in due_records]
        if erased_records - due_records or remaining != [
            version for version in versions_after if version[0] not in due_records
        ]:
            result.faults += ("something was erased that should not be",)
        result.untouched_versions += len(remaining)
    return result


async def _create_closing_account(serving: ForkedServer) -> Identity:
    """Create an account with entries and a file, and schedule its closing."""
    async with connect(serving.environ["DIARY_APP_URL"]) as server:
        identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16), **CHEAP_KDF)
        journal = Journal(identity, SystemClock())
        for _ in range(ENTRIES_PER_ACCOUNT):
            journal.append(VersionContent("incident", {"narrative": "x" * 300}))
        await journal.send(server)
        content = os.urandom(20_000)
        blob = SealedFileReference.new(len(content))
        await attachments.upload_blob(
            server, identity.diary, blob, attachments.seal_file(identity.diary, blob, content)
        )
        await server.json("POST", "/v1/account/closing", proof=identity.proof)
    return identity


async def _is_gone(instance: Instance, identity: Identity) -> bool:
    """Check that no row and no file of an account is left."""
    account, diary = unb64(identity.account), unb64(identity.diary)
    count_queries = (
        ("SELECT count(*) FROM account WHERE id = ?", account),
        ("SELECT count(*) FROM session WHERE account_id = ?", account),
        ("SELECT count(*) FROM diary WHERE id = ?", diary),
        ("SELECT count(*) FROM version WHERE diary_id = ?", diary),
        ("SELECT count(*) FROM blob WHERE diary_id = ?", diary),
    )
    counts = await instance.db.run_read(
        lambda hand: [hand.execute(sql, (query,)).fetchone()[0] for sql, query in count_queries]
    )
    files = [
        path for path in (instance.settings.data / "blobs").rglob("*") if path.is_file() and identity.diary in str(path)
    ]
    return not any(counts) and not files


async def _audit(instance: Instance) -> tuple[str, ...]:
    """Return the findings of the audit."""

    def audit_transaction(transaction: Transaction) -> tuple[str, ...]:
        return tuple(
            f"{fault.row_label}: {fault}" for fault in audit_rows(transaction, instance.notary.pub, None, None)
        )

    return await instance.db.run_read(audit_transaction)


async def _read_feed(port: int, diary: AcknowledgedDiary) -> list[tuple[str, bytes | None]]:
    """Return record and content of every version in order; None for an erased one."""
    versions: list[tuple[str, bytes | None]] = []
    cursor = 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while True:
            headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {diary.token}"}
            answer = await client.get(f"{diary.address}/changes?after={cursor}", headers=headers)
            first, *rest = decode_frames(answer.content, frames_limit=501)
            for frame in rest:
                facts = read_json(decode_frames(frame)[0])
                versions.append((facts["record"], None if "erased_at" in facts else frame))
            page_facts = read_json(first)
            cursor = page_facts["to"]
            if cursor == page_facts["latest"]:
                return versions


async def _pending_erasures(port: int, diary: AcknowledgedDiary) -> set[str]:
    """Return the records with a pending erasure."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {diary.token}"}
        response_body = (await client.get(f"{diary.address}/erasures", headers=headers)).json()
    return {record for erasure in response_body["erasures"] for record in erasure["records"]}
