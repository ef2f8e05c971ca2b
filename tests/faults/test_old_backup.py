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
from diary.client.journal import Journal, Said
from diary.client.transport import Server, connect
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.errors import BadSignature
from diary.storage.postgres.address import is_postgres
from tests.keepers import CODE, NOON, WORDS, served
from tests.postgres import in_a_thread, rows_of

pytestmark = pytest.mark.whole


class Kept:
    """A server's database, and the copy that was made of it."""

    def __init__(self, folder: Path, setting: dict[str, str]) -> None:
        """Where its files lie and which database it uses."""
        self.folder, self.setting = folder, setting
        self.url = config.load({"DIARY_DATA": str(folder / "data"), **setting}).database_url

    @asynccontextmanager
    async def running(self, tokens: dict[str, str]) -> AsyncIterator[Server]:
        """The server, and a device's way to it."""
        async with (
            served(self.folder, **self.setting) as one,
            connect(one.settings.app_url, httpx.ASGITransport(one.app)) as reached,
        ):
            reached.tokens = tokens
            yield reached

    def back_up(self) -> None:
        """Copy it while nobody uses it."""
        self._copy(self.name, self.name + "_copy", self.folder / "data", self.folder / "copy")

    def restore(self) -> None:
        """Put the copy in its place."""
        if is_postgres(self.url):
            in_a_thread(rows_of(self._postgres, f"DROP DATABASE {self.name}"))
        else:
            shutil.rmtree(self.folder / "data")
        self._copy(self.name + "_copy", self.name, self.folder / "copy", self.folder / "data")

    @property
    def name(self) -> str:
        """Of the database, where it has one."""
        return self.url.split("?")[0].rsplit("/", 1)[1]

    @property
    def _postgres(self) -> str:
        """The address beside it from which databases are made."""
        return self.url.replace(f"/{self.name}?", "/postgres?")

    def _copy(self, old: str, new: str, source: Path, target: Path) -> None:
        """One database's or one folder's."""
        if is_postgres(self.url):
            in_a_thread(rows_of(self._postgres, f"CREATE DATABASE {new} TEMPLATE {old}"))
        else:
            shutil.copytree(source, target)


def say(journal: Journal, text: str) -> None:
    """Seal an entry."""
    journal.append(Said("incident", {"narrative": text}))


async def test_a_server_from_an_old_backup_is_noticed(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The device that wrote after the backup says so at its next look, and again when the old state has grown past
    what it had seen. A device that saw nothing newer has nothing to say: only the other one can know."""
    kept = Kept(tmp_path, database_setting)
    tokens: dict[str, str] = {}
    async with kept.running(tokens) as server:
        identity = await accounts.enrol(server, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS)
        journal, other = Journal(identity, FixedClock(NOON)), Journal(identity, FixedClock(NOON))
        for n in range(3):
            say(journal, f"Before the backup {n}")
        await journal.send(server)
        await other.fetch(server)
    kept.back_up()
    async with kept.running(tokens) as server:
        say(journal, "After the backup")
        say(journal, "And another")
        await journal.send(server)
        assert journal.received == 5
    kept.restore()
    async with kept.running(tokens) as server:
        with pytest.raises(BadSignature):
            await journal.fetch(server)
        assert await other.fetch(server) == 0
        for n in range(4):
            say(other, f"On the old state {n}")
        await other.send(server)
        # Now the server's feed is longer than what the first device knows, and a different one.
        with pytest.raises(BadSignature):
            await journal.fetch(server)
            say(journal, "One more")
            await journal.send(server)
