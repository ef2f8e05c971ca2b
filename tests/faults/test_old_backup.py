"""A server restored from an old backup is detected by every device that has seen newer state, on both databases."""

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
    """Server's database with a copy of it."""

    def __init__(self, folder: Path, setting: dict[str, str]) -> None:
        """Use `folder` for the server's files, and the database of `setting`."""
        self.folder, self.database_setting = folder, setting
        self.url = config.load_settings({"DIARY_DATA": str(folder / "data"), **setting}).database_url

    @asynccontextmanager
    async def running(self, tokens: dict[str, str]) -> AsyncIterator[RemoteServer]:
        """Run the server, and yield a device's connection to it."""
        async with (
            running_server(self.folder, **self.database_setting) as server_process,
            connect(server_process.settings.app_url, httpx.ASGITransport(server_process.app)) as api_client,
        ):
            api_client.tokens = tokens
            yield api_client

    def back_up(self) -> None:
        """Copy the database while no server runs."""
        self._copy(self.database_name, self.database_name + "_copy", self.folder / "data", self.folder / "copy")

    def restore(self) -> None:
        """Restore the copy."""
        if is_postgres(self.url):
            run_in_thread(fetch_rows(self._maintenance_url, f"DROP DATABASE {self.database_name}"))
        else:
            shutil.rmtree(self.folder / "data")
        self._copy(self.database_name + "_copy", self.database_name, self.folder / "copy", self.folder / "data")

    @property
    def database_name(self) -> str:
        """Return the database's name, if it has one."""
        return self.url.split("?")[0].rsplit("/", 1)[1]

    @property
    def _maintenance_url(self) -> str:
        """Return the URL of the maintenance database, from which databases are created."""
        return self.url.replace(f"/{self.database_name}?", "/postgres?")

    def _copy(self, old: str, new: str, source: Path, target: Path) -> None:
        """Copy a database or a folder."""
        if is_postgres(self.url):
            run_in_thread(fetch_rows(self._maintenance_url, f"CREATE DATABASE {new} TEMPLATE {old}"))
        else:
            shutil.copytree(source, target)


def append_entry(journal: Journal, text: str) -> None:
    """Seal an entry."""
    journal.append(VersionContent("incident", {"narrative": text}))


async def test_a_server_from_an_old_backup_is_noticed(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """A device that wrote after the backup reports it at its next sync, also once the old state has grown past it.

    A device that saw nothing newer cannot detect it, and reports nothing.
    """
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
        # The server's feed is now longer than the first device's, and different.
        with pytest.raises(BadSignature):
            await journal.fetch(server)
            append_entry(journal, "One more")
            await journal.send(server)
