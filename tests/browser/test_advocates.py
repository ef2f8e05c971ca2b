"""A keeper lets an advocate in, from nine words to the end; the advocate is the reference client, which has no screen."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from diary.app import open_instance
from diary.client import advocates
from diary.client.advocates import Advocate, Invited, Seen
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.services import organisations
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served

CLOCK = SystemClock()
WORDS = "an advocate's own long words"
BEFORE, AFTER, LATE = "He waited at the bus stop.", "He was there again on Monday.", "Written after the end."
ANSWER = "A grey coat and a red cap."
WAITS = 30_000


@dataclass
class Desk:
    """An advocate at their own computer. What it does runs beside the browser's loop."""

    server: Served
    elsewhere: ThreadPoolExecutor
    advocate: Advocate = field(init=False)
    cookies: dict[str, str] = field(default_factory=dict)

    def does(self, act: Callable[[Server], Awaitable[Any]]) -> Any:
        """One thing, over a connection of its own, in the same session."""

        async def connected() -> Any:
            where = f"https://127.0.0.1:{self.server.port}"
            async with httpx.AsyncClient(base_url=where, verify=False, timeout=60) as client:
                reached = Server(client, self.server.app_url)
                reached._cookies.update(self.cookies)
                done = await act(reached)
                self.cookies = dict(reached._cookies)
                return done

        return self.elsewhere.submit(lambda: asyncio.run(connected())).result()

    def joins(self, name: str, invite: str) -> None:
        """An account, by an invitation."""
        invited = Invited(invite, name, os.urandom(20))
        self.advocate = self.does(
            lambda reached: advocates.join(reached, WORDS, invited, code=bytes(16), now=CLOCK.now_ms(), profile=kdf.FLOOR)
        )

    def reads(self) -> list[Seen]:
        """All that any keeper gave."""

        async def act(reached: Server) -> list[Seen]:
            found, refused = await advocates.list_clients(reached, self.advocate, CLOCK.now_ms())
            assert not refused
            return [seen for client in found for seen in await advocates.read(reached, client)]

        read: list[Seen] = self.does(act)
        return read

    def narratives(self) -> set[str]:
        """What the entries say."""
        return {str(one.opened.fields["narrative"]) for one in self.reads() if one.opened.fields.get("narrative")}

    def asks(self, text: str) -> None:
        """A question about the entry that was there first."""
        about = next(one.opened.place.record for one in self.reads() if one.opened.fields.get("narrative") == BEFORE)

        async def act(reached: Server) -> str:
            (client,), _ = await advocates.list_clients(reached, self.advocate, CLOCK.now_ms())
            return await advocates.ask(reached, self.advocate, client, about, text, CLOCK.now_ms())

        self.does(act)


@pytest.fixture
def priya(server: Served) -> Iterator[Desk]:
    """The lead of a new organisation, who has joined."""
    with ThreadPoolExecutor(1) as elsewhere:

        async def found() -> str:
            async with open_instance(server.settings, CLOCK) as instance:
                return (await organisations.begin(instance, "Stalking Support North"))[1]

        desk = Desk(server, elsewhere)
        desk.joins("Priya K", elsewhere.submit(lambda: asyncio.run(found())).result())
        yield desk


def lets_in(keeper: Keeper, words: str) -> None:
    """From Share to an advocate who may see everything and ask."""
    keeper.goes("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    keeper.sees("Nobody can see your entries.")
    assert faults(keeper.page) == []
    keeper.tap("Let someone in")
    keeper.field("Their nine words").fill("xylophone " + words.split(" ", 1)[1])
    keeper.tap("Check the words")
    keeper.sees("These are not on the list of words: xylophone. Ask for the words again.")
    keeper.field("Their nine words").fill(words.upper())
    keeper.tap("Check the words")
    keeper.sees("These words belong to Priya K")
    keeper.tap("Yes, go on")
    keeper.picks("All entries, old and new")
    keeper.field("What is it for?").fill("Help with a report")
    keeper.field("What should they call you?").fill("Maya")
    keeper.tap("Next")
    keeper.sees_place("This is what they will see")
    keeper.tap(re.compile(re.escape(BEFORE)), exact=False)
    keeper.sees("Your private notes are never shown.")
    keeper.tap("Next")
    keeper.field("Type your words to agree").fill(keeper.words)
    keeper.tap("Let them see this")
    expect(keeper.heading("Priya K can now see this")).to_be_visible(timeout=WAITS)
    keeper.tap("Done")
    keeper.sees("Priya K can see this.")
    keeper.sees(re.compile("Not looked yet. If you are in danger now, ring 999."))


def test_let_in_asked_answered_and_shut_out(keeper: Keeper, server: Served, priya: Desk) -> None:
    """Old and new entries are seen, a question becomes an addition in the keeper's words, and after the end nothing opens."""
    keeper.begins(BEFORE)
    lets_in(keeper, priya.advocate.words)
    assert priya.narratives() == {BEFORE}
    keeper.adds(AFTER)
    keeper.is_kept_safe(AFTER)
    assert priya.narratives() == {BEFORE, AFTER}
    priya.asks("What did he wear?")
    keeper.locks()
    keeper.unlocks()
    keeper.sees("Priya K asked you something.")
    keeper.tap("Read it")
    keeper.tap("Look at the entry")
    keeper.sees(re.compile(r"Priya K can see this\. Last looked on \w+ \d\d:\d\d\."))
    keeper.tap("Answer")
    keeper.field("Your answer, in your own words").fill(ANSWER)
    assert faults(keeper.page) == []
    keeper.tap("Add my answer")
    keeper.sees(re.compile("You answered on"))
    expect(keeper.page.locator(".narrative")).to_have_text(f"{BEFORE}\n\n{ANSWER}")
    keeper.is_kept_safe(BEFORE)
    for _ in range(40):
        if f"{BEFORE}\n\n{ANSWER}" in priya.narratives():
            break
        keeper.page.wait_for_timeout(250)
    assert f"{BEFORE}\n\n{ANSWER}" in priya.narratives()
    keeper.goes("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    keeper.sees(re.compile("Last looked on"))
    keeper.tap("When they looked")
    keeper.sees(re.compile("read entries"))
    assert faults(keeper.page) == []
    keeper.tap("End it now")
    keeper.tap("Shut them out")
    keeper.sees(re.compile("^You ended it on"))
    assert priya.reads() == []
    keeper.adds(LATE)
    keeper.is_kept_safe(LATE)
    assert priya.reads() == []
    wire = b"".join(one.all_bytes() for one in server.exchanges)
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    for secret in (BEFORE, AFTER, LATE, ANSWER, "What did he wear?", "Help with a report", "Maya"):
        assert secret.encode() not in wire and secret.encode() not in stored, secret
