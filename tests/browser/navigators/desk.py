"""An advocate at a desk in a real browser; and keepers and advocates without a screen, who use the reference client."""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import struct
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import httpx
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from diary.app import open_instance
from diary.cli.main import main
from diary.client import accounts, advocates, grant_access
from diary.client.advocates import Advocate, Invited, Seen
from diary.client.grant_access import Choice
from diary.client.journal import Held, Journal, Said
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.ledger.sharing.grants import USUAL_MS, Granted
from diary.services.sharing import organisations
from tests.browser.serving import Served

T = TypeVar("T")
WORDS: Final = "an advocate's own long words"
STEP_S: Final = 30
# Kinds that only the keeper may read.
PRIVATE: Final = {"note", "settings", "manifest"}


def run_in_thread(act: Callable[[], Awaitable[T]]) -> T:
    """Run `act` in another thread: the browser's driver holds the event loop of this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(act())).result()  # type: ignore[arg-type]


def found_organisation(served: Served, name: str) -> str:
    """Found an organisation; return the invitation of its lead."""

    async def begin() -> str:
        async with open_instance(served.settings, SystemClock(), kdf_profile=kdf.CHEAPEST) as instance:
            return (await organisations.begin(instance, name))[1]

    return run_in_thread(begin)


def run_operator_command(served: Served, *words: str) -> str:
    """Run the operator's own command; return the last word of what it prints."""
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(lambda: CliRunner(env=served.environ).invoke(main, words)).result()
    assert result.exit_code == 0, result.output
    return result.output.split()[-1]


class Far:
    """A person without a screen, who uses the server in one session.
    Their actions run beside the browser's event loop.
    """

    def __init__(self, served: Served) -> None:
        """Start without a session."""
        self._served = served
        self.tokens: dict[str, str] = {}

    def does(self, act: Callable[[Server], Awaitable[T]]) -> T:
        """Connect to the server once and run `act`."""

        async def visit() -> T:
            base = f"https://127.0.0.1:{self._served.port}"
            async with httpx.AsyncClient(base_url=base, verify=self._served.trusting, timeout=120) as client:
                server = Server(client, self._served.app_url)
                server.tokens = self.tokens
                return await act(server)

        return run_in_thread(visit)


class FarAdvocate(Far):
    """An advocate without a screen, who reads."""

    def joins(self, name: str, invite: str) -> None:
        """Make an account, by invitation."""
        invited, now = Invited(invite, name, os.urandom(20)), SystemClock().now_ms()
        self.advocate: Advocate = self.does(
            lambda server: advocates.join(server, WORDS, invited, code=bytes(16), now=now, profile=kdf.FLOOR)
        )

    def reads(self) -> list[Seen]:
        """Return everything that any keeper shared."""

        async def act(server: Server) -> list[Seen]:
            clients, refused = await advocates.list_clients(server, self.advocate, SystemClock().now_ms())
            assert not refused
            return [seen for client in clients for seen in await advocates.read(server, client)]

        return self.does(act)

    def narratives(self) -> set[str]:
        """Return the texts of the entries, in every version."""
        return {
            str(version.opened.fields["narrative"])
            for version in self.reads()
            if version.opened.fields.get("narrative")
        }


class FarKeeper(Far):
    """A keeper without a screen, who writes, gives access and ends it."""

    journal: Journal  # `begins` first

    def begins(self) -> None:
        """Make an empty diary."""
        identity = self.does(lambda server: accounts.enrol(server, "correct horse battery staple", code=bytes(16)))
        self.journal = Journal(identity, SystemClock())

    def writes(self, text: str, *granted: Granted, **restricted: str) -> str:
        """Add one entry and send it with the keys for these grants; return its record."""
        now = SystemClock().now_ms()
        fields = {
            "narrative": text,
            "occurred_start": now,
            "tz": "Europe/London",
            "utc_offset_min": 0,
            "precision": "minute",
        }
        version = self.journal.append(Said("incident", fields, restricted))
        self.does(self.journal.send)
        for grant in granted:
            self.gives(grant, version)
        return version.opened.place.record

    def gives(self, granted: Granted, *stored: Held) -> None:
        """Give keys of existing versions."""
        versions = [(version.push, version.opened.place) for version in stored]
        self.does(lambda server: grant_access.give(server, self.journal.identity, granted, versions))

    def lets_in(self, words: str, name: str = "Maya", **choice: Any) -> Granted:
        """Give the advocate whom the nine words name access to every entry, and say how much there is."""
        now = SystemClock().now_ms()
        settings = {"scope": {"all": True}, "not_after": now + USUAL_MS, "purpose": "Help with a report"} | choice
        selection = Choice(**settings)

        async def give_access(server: Server) -> Granted:
            person = await grant_access.meet(server, words)
            return await grant_access.let_in(server, self.journal.identity, person, selection, name, now)

        granted = self.does(give_access)
        self.gives(granted, *(version for version in self.journal._held.values() if version.opened.kind not in PRIVATE))
        self.says_how_much(granted)
        return granted

    def says_how_much(self, granted: Granted, *dates: dict[str, object]) -> None:
        """Send the summary that the advocate's list shows."""
        now = SystemClock().now_ms()
        summary = {
            "dates": list(dates),
            "entries": len(self.journal.records("incident")),
            "made_at": now,
            "newest_at": now,
        }
        self.does(lambda server: grant_access.summarise(server, granted, summary))

    def reads_letters(self, granted: Granted) -> list[Any]:
        """Return the letters of an advocate with access."""
        return self.does(lambda server: grant_access.read_letters(server, self.journal.identity, {granted.id: granted}))

    def ends(self, granted: Granted) -> None:
        """End the access."""
        self.does(lambda server: grant_access.shut_out(server, self.journal.identity, granted.id))

    def looks(self) -> list[dict[str, Any]]:
        """Return who looked, as the keeper reads it."""
        return list(self.does(lambda server: server.json("GET", "/v1/grants"))["looks"])


class App:
    """An authenticator app on the advocate's own phone.
    Each code is accepted once, so it waits for the next when needed.
    """

    def __init__(self, spelt: str) -> None:
        """`spelt`: the secret as the screen shows it."""
        self.spelt = spelt
        self._secret = base64.b32decode(spelt.replace(" ", ""))
        self._last = 0

    def digits(self) -> str:
        """Return six digits that were not used yet. Those of the next step are already accepted."""

        def now() -> int:
            return SystemClock().now_ms() // 1000 // STEP_S

        step = max(now(), self._last + 1)
        while step > now() + 1:
            time.sleep(0.5)
        self._last = step
        mac = hmac.new(self._secret, struct.pack(">Q", step), hashlib.sha1).digest()
        number = struct.unpack(">I", mac[(at := mac[19] & 15) : at + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"


class Desk:
    """The advocate's page."""

    def __init__(self, page: Page, app_url: str) -> None:
        """`page`: of a browser without data; `app_url`: of a running server."""
        self.page = page
        self.address = f"{app_url}/desk"
        self.login = ""
        self.app: App = None  # type: ignore[assignment] # set up on joining

    def joins(self, invite: str, name: str = "Priya K") -> str:
        """Go from an invitation to the list of clients; return the nine words."""
        page = self.page
        page.goto(self.address)
        self.tap("I have an invitation")
        page.get_by_label("Invitation").fill(invite)
        page.get_by_label("Your name").fill(name)
        expect(page.locator(".desk-six")).to_have_text(re.compile(r"^\w+( \w+){5}$"))
        page.get_by_label("Your own words").fill(WORDS)
        self.tap("Next")
        page.get_by_label("The same words again").fill(WORDS)
        self.tap("Next")
        self.sees_heading("Set up your authenticator app")
        self.app = App(page.locator(".desk-secret").inner_text())
        page.get_by_label("Six digits").fill(self.app.digits())
        self.tap("Join")
        self.sees_heading("You have joined")
        self.login = page.locator(".desk-login").inner_text()
        nine = page.locator(".desk-nine li")
        expect(nine).to_have_count(9)
        return " ".join(nine.all_inner_texts())

    def signs_in(self) -> None:
        """Sign in with the name, the words and the next digits."""
        self.page.get_by_label("Sign-in name").fill(self.login)
        self.page.get_by_label("Your words").fill(WORDS)
        self.page.get_by_label("Six digits").fill(self.app.digits())
        self.tap("Open")
        self.sees_heading("Clients")

    def agrees(self, asks: str, does: str) -> None:
        """Confirm an action with the words: press the button `asks`, then the button `does` in the sheet."""
        self.tap(asks)
        sheet = self.page.get_by_role("dialog")
        sheet.get_by_label("Your words", exact=True).fill(WORDS)
        sheet.get_by_role("button", name=does).click()
        expect(sheet).to_have_count(0)

    def opens(self, name: str = "Maya") -> None:
        """Open one client from the list."""
        self.page.locator("button.desk-client", has_text=name).click()
        self.sees_heading(name)

    def tap(self, name: str | re.Pattern[str]) -> None:
        """Press a button, by its exact name or a pattern."""
        self.page.get_by_role("button", name=name, exact=isinstance(name, str)).click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page shows these words."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_heading(self, text: str) -> None:
        """Wait for the page's main heading."""
        expect(self.page.get_by_role("heading", level=1, name=text)).to_be_visible(timeout=60_000)

    def has_nothing_of(self, *texts: str) -> None:
        """Assert that none of these texts is anywhere in the page."""
        content = self.page.content()
        assert [text for text in texts if text in content] == []
