"""A server that was put back to an old state: whoever saw more notices, over both databases."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from diary import config
from diary.client import accounts
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer, connect
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.errors import BadSignature
from diary.storage.postgres.address import is_postgres
from tests.postgres import fetch_rows, run_in_thread
from tests.server_fixture import NOON_MS, PASSPHRASE, RECOVERY_CODE, running_server

pytestmark = pytest.mark.whole


class RestorableServer:
    """A server's database, and the copy that was made of it."""

    def __init__(self, folder: Path, setting: dict[str, str]) -> None:
        """Where its files lie and which database it uses."""
        self.folder, self.database_setting = folder, setting
        self.url = config.load_settings({"DIARY_DATA": str(folder / "data"), **setting}).database_url

    @asynccontextmanager
    async def running(self, tokens: dict[str, str]) -> AsyncIterator[RemoteServer]:
        """The server, and a device's way to it."""
        async with (
            running_server(self.folder, **self.database_setting) as server_process,
            connect(server_process.settings.app_url, httpx.ASGITransport(server_process.app)) as api_client,
        ):
            api_client.tokens = tokens
            yield api_client

    def back_up(self) -> None:
        """Copy it while nobody uses it."""
        self._copy(self.database_name, self.database_name + "_copy", self.folder / "data", self.folder / "copy")

    def restore(self) -> None:
        """Put the copy in its place."""
        if is_postgres(self.url):
            run_in_thread(fetch_rows(self._maintenance_url, f"DROP DATABASE {self.database_name}"))
        else:
            shutil.rmtree(self.folder / "data")
        self._copy(self.database_name + "_copy", self.database_name, self.folder / "copy", self.folder / "data")

    @property
    def database_name(self) -> str:
        """Of the database, where it has one."""
        return self.url.split("?")[0].rsplit("/", 1)[1]

    @property
    def _maintenance_url(self) -> str:
        """The address beside it from which databases are made."""
        return self.url.replace(f"/{self.database_name}?", "/postgres?")

    def _copy(self, old: str, new: str, source: Path, target: Path) -> None:
        """One database's or one folder's."""
        if is_postgres(self.url):
            run_in_thread(fetch_rows(self._maintenance_url, f"CREATE DATABASE {new} TEMPLATE {old}"))
        else:
            shutil.copytree(source, target)


def append_entry(journal: Journal, text: str) -> None:
    """Seal an entry."""
    journal.append(VersionContent("incident", {"narrative": text}))


async def test_a_server_from_an_old_backup_is_noticed(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The device that wrote after the backup says so at its next look, and again when the old state has grown past
    what it had seen. A device that saw nothing newer has nothing to say: only the other one can know."""
    restorable = RestorableServer(tmp_path, database_setting)
    tokens: dict[str, str] = {}
    async with restorable.running(tokens) as server:
        identity = await accounts.enrol(
            server, PASSPHRASE, code=RECOVERY_CODE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
        )
        journal, other_journal = Journal(identity, FixedClock(NOON_MS)), Journal(identity, FixedClock(NOON_MS))
        for n in range(3):
            append_entry(journal, f"Before the backup {n}")
        await journal.send(server)
        await other_journal.fetch(server)
    restorable.back_up()
    async with restorable.running(tokens) as server:
        append_entry(journal, "After the backup")
        append_entry(journal, "And another")
        await journal.send(server)
        assert journal.acknowledged_count == 5
    restorable.restore()
    async with restorable.running(tokens) as server:
        with pytest.raises(BadSignature):
            await journal.fetch(server)
        assert await other_journal.fetch(server) == 0
        for n in range(4):
            append_entry(other_journal, f"On the old state {n}")
        await other_journal.send(server)
        # Now the server's feed is longer than what the first device knows, and a different one.
        with pytest.raises(BadSignature):
            await journal.fetch(server)
            append_entry(journal, "One more")
            await journal.send(server)
