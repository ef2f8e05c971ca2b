"""An advocate at a desk in a real browser, and keepers and advocates who use the reference client without a screen."""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import httpx
from click.testing import CliRunner
from playwright.sync_api import Locator, Page, expect

from diary.app import open_instance
from diary.cli.main import main
from diary.client import accounts, advocates, grant_access
from diary.client.advocates import Advocate, ClientVersion, MemberInvitation
from diary.client.grant_access import GrantTerms
from diary.client.journal import HeldVersion, Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.ledger.sharing.grants import DEFAULT_DURATION_MS, OpenedGrant
from diary.services.sharing import organisations
from tests.browser.live_server import LiveServer

T = TypeVar("T")
ADVOCATE_PASSPHRASE: Final = "an advocate's own long words"
TOTP_STEP_SECONDS: Final = 30
# Kinds that only the keeper may read.
PRIVATE_KINDS: Final = {"note", "settings", "manifest"}


def run_in_thread(action: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `action` in another thread: the browser's driver occupies this thread's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(action())).result()


def create_organisation(live_server: LiveServer, name: str) -> str:
    """Create an organisation. Return its lead's invitation."""

    async def create_instance() -> str:
        async with open_instance(live_server.settings, SystemClock(), kdf_profile=kdf.CHEAPEST_PROFILE) as instance:
            return (await organisations.create_organisation(instance, name))[1]

    return run_in_thread(create_instance)


def run_operator_command(live_server: LiveServer, *words: str) -> str:
    """Run the operator's own command. Return the last word of its output."""
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(lambda: CliRunner(env=live_server.environ).invoke(main, words)).result()
    assert result.exit_code == 0, result.output
    return result.output.split()[-1]


class ScreenlessUser:
    """A user of the reference client, with one session.

    Actions run in a thread of their own, beside the browser's event loop.
    """

    def __init__(self, live_server: LiveServer) -> None:
        """Start without a session."""
        self._served = live_server
        self.tokens: dict[str, str] = {}

    def run(self, action: Callable[[RemoteServer], Awaitable[T]]) -> T:
        """Connect to the server once and run `action`."""

        async def connect_and_run() -> T:
            base = f"https://127.0.0.1:{self._served.port}"
            async with httpx.AsyncClient(base_url=base, verify=self._served.ssl_context, timeout=120) as client:
                server = RemoteServer(client, self._served.app_url)
                server.tokens = self.tokens
                return await action(server)

        return run_in_thread(connect_and_run)


class ScreenlessAdvocate(ScreenlessUser):
    """An advocate who reads with the reference client."""

    def join(self, name: str, invite: str) -> None:
        """Make an account by invitation."""
        invited, now_ms = MemberInvitation(invite, name, os.urandom(20)), SystemClock().now_ms()
        self.advocate: Advocate = self.run(
            lambda server: advocates.join_organisation(
                server, ADVOCATE_PASSPHRASE, invited, recovery_code=bytes(16), now_ms=now_ms, profile=kdf.FLOOR_PROFILE
            )
        )

    def read_shared(self) -> list[ClientVersion]:
        """Return everything that any keeper shared."""

        async def read_clients(server: RemoteServer) -> list[ClientVersion]:
            clients, refused = await advocates.list_clients(server, self.advocate, SystemClock().now_ms())
            assert not refused
            return [seen for client in clients for seen in await advocates.fetch_versions(server, client)]

        return self.run(read_clients)

    def narratives(self) -> set[str]:
        """Return the texts of the entries, in every version."""
        return {
            str(version.opened_version.fields["narrative"])
            for version in self.read_shared()
            if version.opened_version.fields.get("narrative")
        }


class ScreenlessKeeper(ScreenlessUser):
    """A keeper who writes, gives access and ends it with the reference client."""

    journal: Journal  # set by `create_diary`, which comes first

    def create_diary(self) -> None:
        """Make an empty diary."""
        identity = self.run(lambda server: accounts.enrol(server, "correct horse battery staple", code=bytes(16)))
        self.journal = Journal(identity, SystemClock())

    def write_entry(self, text: str, *granted: OpenedGrant, **restricted: str) -> str:
        """Add one entry and send it with the keys for these grants. Return its record."""
        now_ms = SystemClock().now_ms()
        fields = {
            "narrative": text,
            "occurred_start": now_ms,
            "tz": "Europe/London",
            "utc_offset_min": 0,
            "precision": "minute",
        }
        version = self.journal.append(VersionContent("incident", fields, restricted))
        self.run(self.journal.send)
        for grant in granted:
            self.send_keys(grant, version)
        return version.opened_version.ids.record

    def send_keys(self, grant: OpenedGrant, *stored: HeldVersion) -> None:
        """Give keys of existing versions."""
        versions = [(version.push, version.opened_version.ids) for version in stored]
        self.run(lambda server: grant_access.upload_version_keys(server, self.journal.identity, grant, versions))

    def grant_access(self, nine_words: str, name: str = "Maya", **choice: Any) -> OpenedGrant:
        """Give the advocate with these nine words access to every entry, and send the summary."""
        now_ms = SystemClock().now_ms()
        settings: dict[str, Any] = {
            "scope": {"all": True},
            "not_after": now_ms + DEFAULT_DURATION_MS,
            "purpose": "Help with a report",
        } | choice
        selection = GrantTerms(**settings)

        async def give_access(server: RemoteServer) -> OpenedGrant:
            person = await grant_access.fetch_advocate(server, nine_words)
            return await grant_access.create_grant(server, self.journal.identity, person, selection, name, now_ms)

        grant = self.run(give_access)
        self.send_keys(
            grant,
            *(
                version
                for version in self.journal._versions_by_id.values()
                if version.opened_version.kind not in PRIVATE_KINDS
            ),
        )
        self.send_summary(grant)
        return grant

    def send_summary(self, grant: OpenedGrant, *dates: dict[str, object]) -> None:
        """Send the summary that the advocate's list shows."""
        now_ms = SystemClock().now_ms()
        summary = {
            "dates": list(dates),
            "entries": len(self.journal.record_ids("incident")),
            "made_at": now_ms,
            "newest_at": now_ms,
        }
        self.run(lambda server: grant_access.upload_summary(server, grant, summary))

    def read_letters(self, grant: OpenedGrant) -> list[Any]:
        """Return the letters of an advocate with access."""
        return self.run(lambda server: grant_access.fetch_letters(server, self.journal.identity, {grant.id: grant}))

    def end_access(self, grant: OpenedGrant) -> None:
        """End the access."""
        self.run(lambda server: grant_access.end_grant(server, self.journal.identity, grant.id))

    def access_log(self) -> list[dict[str, Any]]:
        """Return who looked at the diary, as the keeper reads it."""
        return list(self.run(lambda server: server.json("GET", "/v1/grants"))["looks"])


class Authenticator:
    """An authenticator app on the advocate's own phone.

    Each code is accepted once, so `next_code` waits for the next one if needed.
    """

    def __init__(self, secret_text: str) -> None:
        """Decode the secret as the screen shows it."""
        self.spelt = secret_text
        self._secret = base64.b32decode(secret_text.replace(" ", ""))
        self._last = 0

    def next_code(self) -> str:
        """Return six digits that were not used yet. Those of the next step are already accepted."""

        def current_step() -> int:
            return SystemClock().now_ms() // 1000 // TOTP_STEP_SECONDS

        step = max(current_step(), self._last + 1)
        while step > current_step() + 1:
            time.sleep(0.5)
        self._last = step
        mac = hmac.new(self._secret, struct.pack(">Q", step), hashlib.sha1).digest()
        number = struct.unpack(">I", mac[(offset := mac[19] & 15) : offset + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"


class AdvocatePage:
    """The advocate's page."""

    def __init__(self, page: Page, app_url: str) -> None:
        """Use `page`, of a browser without data, and `app_url`, of a running server."""
        self.page = page
        self.address = f"{app_url}/desk"
        self.login = ""
        self.app: Authenticator  # set up on joining

    def join(self, invite: str, name: str = "Priya K") -> str:
        """Go from an invitation to the list of clients. Return the nine words."""
        page = self.page
        page.goto(self.address)
        self.tap("I have an invitation")
        page.get_by_label("Invitation").fill(invite)
        page.get_by_label("Your name").fill(name)
        expect(page.locator(".desk-six")).to_have_text(re.compile(r"^\w+( \w+){5}$"))
        self.field("Choose a password").fill(ADVOCATE_PASSPHRASE)
        self.tap("Next")
        self.field("The same password again").fill(ADVOCATE_PASSPHRASE)
        self.tap("Next")
        self.wait_for_heading("Set up your authenticator app")
        self.app = Authenticator(page.locator(".desk-secret").inner_text())
        page.get_by_label("Six digits").fill(self.app.next_code())
        self.tap("Join")
        self.wait_for_heading("You have joined")
        self.login = page.locator(".desk-login").inner_text()
        nine_words = page.locator(".desk-nine li")
        expect(nine_words).to_have_count(9)
        return " ".join(nine_words.all_inner_texts())

    def sign_in(self) -> None:
        """Sign in with the name, the words and the next digits."""
        self.page.get_by_label("Username").fill(self.login)
        self.page.get_by_label("Your password").fill(ADVOCATE_PASSPHRASE)
        self.page.get_by_label("Six digits").fill(self.app.next_code())
        self.tap("Open")
        self.wait_for_heading("Clients")

    def confirm_with_words(self, first_button: str, confirm_button: str) -> None:
        """Confirm an action with the words: press `first_button`, then `confirm_button` in the sheet."""
        self.tap(first_button)
        sheet = self.page.get_by_role("dialog")
        sheet.get_by_label("Your password", exact=True).fill(ADVOCATE_PASSPHRASE)
        sheet.get_by_role("button", name=confirm_button).click()
        expect(sheet).to_have_count(0)

    def open_client(self, name: str = "Maya") -> None:
        """Open one client from the list."""
        self.page.locator("button.desk-client", has_text=name).click()
        self.wait_for_heading(name)

    def field(self, label: str) -> Locator:
        """Return the text control with this label."""
        return self.page.get_by_label(label)

    def tap(self, name: str | re.Pattern[str]) -> None:
        """Press a button, by its exact name or a pattern."""
        self.page.get_by_role("button", name=name, exact=isinstance(name, str)).click()

    def wait_for_text(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page shows these words."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def wait_for_heading(self, text: str) -> None:
        """Wait for the page's main heading."""
        expect(self.page.get_by_role("heading", level=1, name=text)).to_be_visible(timeout=60_000)

    def assert_absent(self, *texts: str) -> None:
        """Assert that none of these texts is anywhere in the page."""
        content = self.page.content()
        assert [text for text in texts if text in content] == []
