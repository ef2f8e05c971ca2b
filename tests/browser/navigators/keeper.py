"""A keeper's actions on the screens, step by step, by the names on screen."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import FilePayload, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from diary.constants import PRINT_WIDTH_PIXELS
from tests.browser.chromium import TIMEOUT_MS
from tests.browser.navigators.create_diary import CREATE_DIARY_SCRIPT

expect.set_options(timeout=TIMEOUT_MS)

Tab = Literal["Add", "Entries", "Share", "Follow-ups", "More"]
TABS: Final[tuple[Tab, ...]] = ("Add", "Entries", "Share", "Follow-ups", "More")
# Rows of More that lead to a page with further rows.
PAGES_OF_MORE: Final = (
    "Crime numbers, reports and orders",
    "More of the story",
    "Sort, put back or delete",
    "Keeping it safe",
    "Who can open it",
    "Language and how this works",
)
TimeChoice = Literal["Just now", "Earlier today", "Yesterday", "Pick a time", "Not sure"]
QUIET_SECONDS = 1.0
NOTICE_CLICK_MS = 1_000
# The second form is that of the last release, whose pages tests/trust/last_release_people.py uses.
KEPT_SAFE_PATTERN = re.compile(
    r"^(Backed up (today|\d{1,2} \w{3,4} \d{4},) \d\d:\d\d|Kept safe (\d{1,2} \w{3,4} \d{4}, )?\d\d:\d\d)$"
)
ONLY_ON_PHONE_PATTERN = re.compile(r"^Saved on this phone only$")
# A digest of everything in the phone's database. Every write seals something again and so changes it.
DATABASE_DIGEST_SCRIPT = """(async () => {
  const request = indexedDB.open('app');
  const db = await new Promise((done) => { request.onsuccess = () => done(request.result); });
  const names = [...db.objectStoreNames];
  const tables = names.length ? db.transaction(names) : null;
  const read = (name) => new Promise((done) => {
    const all = tables.objectStore(name).getAll();
    all.onsuccess = () => done(all.result);
  });
  const rows = (await Promise.all(names.map(read))).flat();
  db.close();
  const bytes = await new Blob(rows.map((row) => row?.byteLength ? row : JSON.stringify(row))).arrayBuffer();
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16)).join();
})()"""

OFFLINE_READY_SCRIPT = """(patience) => Promise.race([
  navigator.serviceWorker.ready.then(() => true),
  new Promise((done) => setTimeout(done, patience, false)),
])"""


class BrowserKeeper:
    """A person at one browser. `taps` counts a thumb's actions other than typing."""

    def __init__(self, page: Page, app_url: str) -> None:
        """Use `page`, which may not have opened anything yet."""
        self.page = page
        self.app_url = app_url
        self.taps = 0
        self.passphrase = ""
        self.login = ""
        self.copy_offer = "Set up a backup"
        self._is_at_more = False

    # Small steps

    def tap(self, name: str | re.Pattern[str], *, exact: bool = True) -> None:
        """Tap the button with this name. From More, one that is on a page below More is tapped there."""
        if self._is_at_more:
            self._is_at_more = False
            self._open_page_of_more(self.button(name, exact=exact))
        self.button(name, exact=exact).click()
        self.taps += 1

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Return the button with this name."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def field(self, label: str) -> Locator:
        """Return the text control with this label."""
        return self.page.get_by_label(label, exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the page's main heading with this name."""
        return self.page.get_by_role("heading", name=name, level=1, exact=True)

    def wait_for_text(self, text: str | re.Pattern[str]) -> None:
        """Wait until the screen shows these words."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def wait_for_screen(self, name: str | re.Pattern[str]) -> None:
        """Wait until the screen with this heading is shown."""
        expect(self.heading(name)).to_be_visible()

    def error_message(self) -> Locator:
        """Return the error summary, or an error beside a field."""
        return self.page.get_by_role("alert")

    # First run

    def open_without_diary(self) -> None:
        """Open the app's address and wait for the first screen of a phone without a diary."""
        self.page.goto(self.app_url)
        expect(self.button("Start")).to_be_visible()

    def open_locked(self) -> None:
        """Open the app's address and wait for the lock."""
        self.page.goto(self.app_url)
        self.wait_for_lock()

    def wait_for_lock(self) -> None:
        """Wait for the lock: one field, and nothing that reveals what is behind it."""
        expect(self.page.locator("[data-early]")).to_have_count(0)
        expect(self.field("Your password")).to_be_visible()
        expect(self.button("Help")).to_have_count(0)

    def wait_until_loaded(self) -> None:
        """Wait until the page has loaded everything that it loads by itself."""
        self.page.wait_for_load_state("networkidle")
        # What loads after the lock is drawn loads when the browser is idle; on a busy machine that is much later. The
        # last release has other files; there, wait only until requests end.
        self.page.evaluate(
            "Promise.all(['engine', 'screens'].map((file) => import(`/static/app/${file}.js`).catch(() => null)))"
        )
        request_times: list[float] = [time.monotonic()]
        record = lambda _request: request_times.append(time.monotonic())  # noqa: E731 - removed again below
        self.page.on("request", record)
        while time.monotonic() < request_times[-1] + QUIET_SECONDS:
            self.page.wait_for_timeout(50)
        self.page.remove_listener("request", record)

    def wait_until_offline_ready(self) -> None:
        """Wait until the page can open without a network: its worker has stored it and controls it."""
        assert self.page.evaluate(OFFLINE_READY_SCRIPT, TIMEOUT_MS), "no worker was installed"

    def confirm_phone_is_safe(self) -> None:
        """Confirm that this phone is safe to write on."""
        self.tap("Start")
        self.tap("Yes")
        self.wait_for_screen("What happened?")

    def type_narrative(self, text: str) -> None:
        """Type what happened."""
        self.field("What happened?").fill(text)

    def choose_time(self, choice: TimeChoice) -> None:
        """Choose one of the five times."""
        self.pick_chip(choice)

    def pick_chip(self, choice: str) -> None:
        """Tap one chip of several."""
        self.page.get_by_role("radio", name=choice, exact=True).check()
        self.taps += 1

    def choose_passphrase(self, words: str | None = None) -> None:
        """Type the six suggested words, or the keeper's own words twice, and save with them."""
        self.wait_for_screen("Choose a password")
        suggested_words = self.page.get_by_role("list", name="Six words you could use").get_by_role("listitem")
        expect(suggested_words).to_have_count(6)
        if words is None:
            expect(suggested_words.first).not_to_have_text("••••••")
            self.passphrase = " ".join(suggested_words.all_inner_texts())
            self.field("Type your password").fill(self.passphrase)
        else:
            self.passphrase = words
            self.field("Type your password").fill(words)
            self.tap("Save with this password")
            self.field("Type it once more").fill(words)
        self.tap("Save with this password")
        self.wait_for_screen(self.copy_offer)

    def write_first_entry(self, text: str, when: TimeChoice = "Just now") -> None:
        """Go from a phone without a diary to the first entry sealed on it."""
        self.confirm_phone_is_safe()
        self.type_narrative(text)
        self.choose_time(when)
        self.tap("Save")
        self.choose_passphrase()

    def postpone_copy(self) -> None:
        """Tap "Not now", so that the diary stays on this phone only."""
        self.tap("Not now")
        self.wait_for_screen("Saved")

    def register_copy(self) -> None:
        """Register from the offer of a copy, and postpone the recovery code."""
        self.request_copy()
        self.remember_login()

    def remember_login(self) -> None:
        """Wait for the new username, store it, and postpone the recovery code."""
        self.wait_for_screen("Your username")
        name = self.page.locator(".sheet-name")
        expect(name).not_to_be_empty()
        self.login = name.inner_text()
        self.tap("Later")

    def request_copy(self) -> None:
        """Type the words and ask for a copy off this phone."""
        self.field("Type your password").fill(self.passphrase)
        self.tap(self.copy_offer)

    def create_registered_diary(self, text: str = "He was outside again.") -> None:
        """Make a registered diary with one entry.

        It is made through the app, without the screens: a dozen taps would cost more than many tests themselves. Where
        the page gives tests no access to the app (`live_server.cheap_static_folder`), the screens are used.
        """
        self.open_without_diary()
        diary = self.page.evaluate(CREATE_DIARY_SCRIPT, text)
        if diary:
            self.passphrase, self.login = diary
        else:
            self.write_first_entry(text)
            self.register_copy()
        self.wait_until_kept_safe(text)

    def create_registered_diary_with_files(self, text: str, files: Sequence[FilePayload]) -> None:
        """Make a diary with a copy on the server, whose first entry has these files, all of it kept safe."""
        self.create_registered_diary(text)
        self.open_entry(text)
        self.open_card("Photos & screenshots")
        self.pick_files(files)
        for file in files:
            self.wait_for_file(file["name"])
        self.go_to_tab("Entries")
        self.wait_until_kept_safe(text)

    def write_down_recovery_code(self) -> tuple[str, str]:
        """Show the recovery sheet from More, confirm it, and type the code back. Return the words and the code."""
        self.go_to_tab("More")
        self.tap(re.compile("^Your recovery code"), exact=False)
        if self.field("Type your password").is_visible():
            self.field("Type your password").fill(self.passphrase)
        self.tap("Show my recovery code")
        code_letters = self.page.locator(".letters").inner_text()
        code_words = self.page.locator(".word-grid li").all_inner_texts()
        self.tap("I have written it down")
        self.field("Type the recovery code from your paper").fill(code_letters.lower().replace("-", " "))
        self.tap("Check")
        self.wait_for_text("Your recovery code is written down and checked.")
        self.tap("Done")
        return " ".join(code_words), code_letters

    # Navigation

    def go_to_tab(self, name: Tab) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=name, exact=True).click()
        self.taps += 1
        self._is_at_more = name == "More"

    def _open_page_of_more(self, button: Locator) -> None:
        """Go from More to the page below it that has this button, if More has not."""
        expect(self.heading("More").or_(button).first).to_be_visible()
        for name in PAGES_OF_MORE:
            row = self.page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}"))
            # The last release has no such pages.
            if button.count() or not row.count():
                return
            row.click()
            self.wait_for_screen(name)
            self.taps += 1
            if button.count():
                return
            self.button("Back").click()
            self.wait_for_screen("More")

    def open_notices(self) -> None:
        """Open the list of what stands above the page, if there is more than its one line."""
        if self._closed_notices().count():
            self._closed_notices().click()

    def wait_for_notice(self, text: str | re.Pattern[str], *, timeout_ms: float = TIMEOUT_MS) -> None:
        """Wait until this stands above the page. Open the list for it, if it is not the first."""
        self._show_notice(self.page.get_by_text(text), timeout_ms)

    def wait_for_notice_button(self, name: str) -> None:
        """Wait until what stands above the page has this button. A second notice may put it into a list meanwhile."""
        self._show_notice(self.button(name))

    def tap_notice(self, name: str, *, timeout_ms: float = TIMEOUT_MS) -> None:
        """Tap a button of what stands above the page. Open the list for it, if it is not on the first line."""
        deadline = time.monotonic() + timeout_ms / 1000
        while True:
            self._show_notice(self.button(name), timeout_ms)
            try:
                self.button(name).click(timeout=NOTICE_CLICK_MS)
            except PlaywrightTimeoutError as error:
                # Tapped once: a page that reloads may answer a click late, and has no such button then.
                if "performing click action" in str(error):
                    break
                # Something new closed the list meanwhile, and the button with it.
                if time.monotonic() > deadline:
                    raise
                continue
            break
        self.taps += 1

    def _show_notice(self, locator: Locator, timeout_ms: float = TIMEOUT_MS) -> None:
        deadline = time.monotonic() + timeout_ms / 1000
        # Another notice may have a list before this one comes, and a new place closes the list.
        while not locator.first.is_visible():
            if time.monotonic() > deadline:
                raise AssertionError(f"not above the page: {locator}\n{self.page.locator('body').inner_text()}")
            if self._closed_notices().count():
                with suppress(PlaywrightTimeoutError):  # it has gone meanwhile
                    self._closed_notices().click(timeout=NOTICE_CLICK_MS)
            self.page.wait_for_timeout(50)

    def _closed_notices(self) -> Locator:
        return self.page.locator(".lines").get_by_role("button", expanded=False)

    def lock(self) -> None:
        """Lock with the button at the top."""
        self.tap("Lock")
        self.wait_for_lock()

    def leave(self) -> None:
        """Use the quick exit, which leads to the notebook."""
        self.tap("Leave now")

    def wait_for_notebook(self) -> None:
        """Wait for the notebook: its own title, and nothing that reveals what is behind it."""
        expect(
            self.page.get_by_role("main").get_by_role("button", name=re.compile("^New (note|list)$"))
        ).to_be_visible()
        expect(self.button("Help")).to_have_count(0)

    def open_lock_from_notebook(self) -> None:
        """Hold the notebook's title for a second."""
        self.page.locator("h1 button").click(delay=1200)
        self.wait_for_lock()

    def clear_phone(self) -> None:
        """Hold the arrow at the top for two seconds."""
        box = self.button("Leave now").bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 20, box["y"] + 20)
        self.page.mouse.down()
        self.wait_for_notebook()
        self.page.mouse.up()

    def open_lock_settings(self, part: str | None = None) -> None:
        """Open the lock settings from More, and one of their pages."""
        self.go_to_tab("More")
        self.tap(re.compile("^Locking, notebook"), exact=False)
        self.wait_for_screen("Locking")
        if part:
            self.tap(re.compile(f"^{re.escape(part)}"), exact=False)
            self.wait_for_screen(part)

    def enable_notebook(self, words: str) -> None:
        """Turn on the notebook in front: confirm its limits and choose its own words."""
        self.open_lock_settings("A notebook in front")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Password for the notebook").fill(words)
        self.field("Type it once more").fill(words)
        self.tap("Turn it on")
        self.wait_for_text("On. This password opens the notebook.")

    def create_notebook_only(self, words: str) -> None:
        """From the first screen of a phone without a diary, confirm the limits and choose words."""
        self.tap("Only a notebook")
        self.wait_for_screen("Only a notebook")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Password for the notebook").fill(words)
        self.field("Type it once more").fill(words)
        self.tap("Make it a notebook")
        self.wait_for_notebook()

    def try_passphrase(self, words: str) -> None:
        """Type words at the lock once its button works.

        The form in the page's own HTML keeps what is typed, but its button does nothing yet.
        """
        expect(self.page.locator("[data-early]")).to_have_count(0)
        self.field("Your password").fill(words)
        self.tap("Open")

    def unlock(self) -> None:
        """Open the lock with the right words."""
        self.try_passphrase(self.passphrase)
        self.wait_for_screen("What happened?")

    def sign_in(self, login: str, words: str) -> None:
        """Sign in with the name and the words, on a phone without a diary."""
        self.open_without_diary()
        self.submit_sign_in(login, words)
        self.wait_for_screen("What happened?")
        self.login, self.passphrase = login, words

    def submit_sign_in(self, login: str, words: str) -> None:
        """Type a name and words, and press Open."""
        self.tap("I have a username or a backup file")
        self.field("Username").fill(login)
        self.field("Your password").fill(words)
        self.tap("Open")

    def submit_sign_in_with_code(self, login: str, code: str, new_words: str) -> None:
        """Type a name, the code from paper and new words, and press Open."""
        self.tap("I have a username or a backup file")
        self.tap("Use my recovery code")
        self.field("Username").fill(login)
        self.field("Your recovery code").fill(code)
        self.field("New password").fill(new_words)
        self.tap("Open")

    def unlock_if_locked(self) -> None:
        """Open the lock if it has closed because of the time."""
        if self.field("Your password").is_visible():
            self.unlock()

    def wait_for_sealed_draft(self) -> None:
        """Wait until the line under the form shows that the draft is saved on the phone."""
        self.wait_for_text("Kept while you write.")

    @contextmanager
    def wait_for_write(self) -> Iterator[None]:
        """Wait, at the end of the block, until its changes are in the phone's database."""
        before = self.page.evaluate(DATABASE_DIGEST_SCRIPT)
        yield
        self.wait_until(lambda: self.page.evaluate(DATABASE_DIGEST_SCRIPT) != before, "a change of the database")

    def wait_until(self, condition: Callable[[], bool], description: str) -> None:
        """Wait until a condition holds. Use it for what is asynchronous in the page, or forbidden there.

        Playwright's own wait for a function takes a promise as true, and the page's policy forbids one in a string.
        """
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while not condition():
            assert time.monotonic() < deadline, f"this did not come: {description}"
            self.page.wait_for_timeout(30)

    # Entries

    def add_entry(self, text: str, when: TimeChoice = "Just now") -> None:
        """Add one more entry."""
        self.go_to_tab("Add")
        self.wait_for_screen("What happened?")
        self.type_narrative(text)
        self.choose_time(when)
        self.tap("Save")
        self.wait_for_screen("Saved")

    def entry_row(self, text: str) -> Locator:
        """Return the entry's row in the list."""
        return self.page.get_by_role("listitem").filter(has_text=text)

    def entry_state(self, text: str) -> Locator:
        """Return the state line in the entry's row."""
        return self.entry_row(text).locator(".state")

    def wait_until_kept_safe(self, text: str) -> None:
        """Wait until the server holds the entry and the receipt has been checked."""
        self.go_to_tab("Entries")
        expect(self.entry_state(text)).to_have_text(KEPT_SAFE_PATTERN)

    def open_entry(self, text: str) -> None:
        """Open the entry with this text."""
        self.go_to_tab("Entries")
        self.entry_row(text).get_by_role("button").click()
        expect(self.page.get_by_role("article").get_by_text(text).first).to_be_visible()

    def wait_for_entry_count(self, count: int) -> None:
        """Wait until the list holds this many entries."""
        self.go_to_tab("Entries")
        expect(self.page.locator(".item")).to_have_count(count)

    def save_card(self) -> None:
        """Save the open card and wait until it has closed."""
        self.tap("Save this card")
        expect(self.button("Save this card")).to_have_count(0)

    # Files

    def open_card(self, title: str) -> None:
        """Open one of the optional cards."""
        card = self.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).first
        if card.get_attribute("aria-expanded") != "true":
            card.click()

    def pick_files(self, files: Sequence[FilePayload] | Sequence[Path], *, source: str = "Choose from photos") -> None:
        """Choose files in the phone's own picker, and answer the question before the first picture."""
        is_asked_first = self.button(source).get_attribute("aria-haspopup") == "dialog"
        if is_asked_first:
            self.tap(source)
        with self.page.expect_file_chooser() as chooser:
            self.tap("No, it is not" if is_asked_first else source)
        chooser.value.set_files(files)

    def file_tile(self, name: str) -> Locator:
        """Return a file's tile."""
        return self.page.get_by_role("button", name=f"Look at {name}", exact=True)

    def wait_for_print_copy(self, name: str) -> Locator:
        """Wait until the file's page shows its copy for print instead of the preview, and return the picture."""
        picture = self.page.get_by_role("img", name=f"Picture: {name}")
        width = "image => image.complete ? image.naturalWidth : 0"
        self.wait_until(lambda: picture.evaluate(width) == PRINT_WIDTH_PIXELS, f"the copy of {name} for print")
        return picture

    def wait_for_file(self, name: str) -> None:
        """Wait until the file is among the entry's files."""
        expect(self.file_tile(name).first).to_be_visible()
