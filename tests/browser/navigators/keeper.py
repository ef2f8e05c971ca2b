"""A keeper's actions on the screens, step by step, by the names on screen."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PATIENCE
from tests.browser.navigators.beginning import BEGINS

expect.set_options(timeout=PATIENCE)

When = Literal["Just now", "Earlier today", "Yesterday", "Pick a time", "Not sure"]
QUIET_S = 1.0
KEPT = re.compile(r"^Kept safe (\d{1,2} \w{3,4} \d{4}, )?\d\d:\d\d$")
SEALED_HERE = re.compile(r"^Sealed, only on this phone$")
# A digest of everything in the phone's database. Every write seals something again, so the digest changes with each.
STORED = """(async () => {
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
WAITING = re.compile(r"^(Sealed on this phone|Not sent yet|Sending|Words kept safe)")


class Keeper:
    """A person at one browser. `taps` counts what a thumb would do besides typing."""

    def __init__(self, page: Page, app_url: str) -> None:
        """Use `page`, which need not have opened anything yet."""
        self.page = page
        self.app_url = app_url
        self.taps = 0
        self.words = ""
        self.login = ""
        self.copy_offer = "Keep a copy off this phone"  # on a borrowed device the button says "device"

    # Small steps

    def tap(self, name: str | re.Pattern[str], *, exact: bool = True) -> None:
        """Tap the button with this name."""
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

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the screen shows these words."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_place(self, name: str | re.Pattern[str]) -> None:
        """Wait until the screen with this heading is shown."""
        expect(self.heading(name)).to_be_visible()

    def problem(self) -> Locator:
        """Return the error summary, or an error beside a field."""
        return self.page.get_by_role("alert")

    # First run

    def opens(self) -> None:
        """Open the app's address and wait for the first screen of a phone without a diary."""
        self.page.goto(self.app_url)
        expect(self.button("Start")).to_be_visible()

    def opens_locked(self) -> None:
        """Open the app's address and wait for the lock."""
        self.page.goto(self.app_url)
        self.sees_lock()

    def sees_lock(self) -> None:
        """Wait for the lock: one field, and nothing that shows what is behind it."""
        expect(self.page.locator("[data-early]")).to_have_count(0)
        expect(self.field("Your words")).to_be_visible()
        expect(self.button("Help")).to_have_count(0)

    def has_loaded(self) -> None:
        """Wait until the page has loaded everything that it loads without being asked."""
        self.page.wait_for_load_state("networkidle")
        # What loads after the lock is drawn loads when the browser is idle; on a busy machine that is much later.
        # The last release has other files; there, wait only until no request comes.
        self.page.evaluate(
            "Promise.all(['engine', 'screens'].map((file) => import(`/static/app/${file}.js`).catch(() => null)))"
        )
        request_times: list[float] = [time.monotonic()]
        record = lambda _request: request_times.append(time.monotonic())  # noqa: E731 - removed again below
        self.page.on("request", record)
        while time.monotonic() < request_times[-1] + QUIET_S:
            self.page.wait_for_timeout(50)
        self.page.remove_listener("request", record)

    def is_offline_ready(self) -> None:
        """Wait until the page can open without a network: the worker has stored it and controls it."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def starts(self) -> None:
        """Say that this phone is safe to write on."""
        self.tap("Start")
        self.tap("Yes")
        self.sees_place("What happened?")

    def writes(self, text: str) -> None:
        """Type what happened."""
        self.field("What happened?").fill(text)

    def chooses(self, when: When) -> None:
        """Choose one of the five times."""
        self.picks(when)

    def picks(self, choice: str) -> None:
        """Tap one chip of several."""
        self.page.get_by_role("radio", name=choice, exact=True).check()
        self.taps += 1

    def chooses_words(self, words: str | None = None) -> None:
        """Type the six suggested words, or one's own words twice, and save with them."""
        self.sees_place("Choose words that open this")
        offered = self.page.get_by_role("list", name="Six words you could use").get_by_role("listitem")
        expect(offered).to_have_count(6)
        if words is None:
            expect(offered.first).not_to_have_text("••••••")
            self.words = " ".join(offered.all_inner_texts())
            self.field("Type your words").fill(self.words)
        else:
            self.words = words
            self.field("Type your words").fill(words)
            self.tap("Save with these words")
            self.field("Type them once more").fill(words)
        self.tap("Save with these words")
        self.sees_place(self.copy_offer)

    def first_entry(self, text: str, when: When = "Just now") -> None:
        """Go from a phone without a diary to the first entry sealed on it."""
        self.starts()
        self.writes(text)
        self.chooses(when)
        self.tap("Save")
        self.chooses_words()

    def puts_off_the_copy(self) -> None:
        """Tap "Not now": the diary stays on this phone only."""
        self.tap("Not now")
        self.sees_place("Saved")

    def keeps_a_copy(self) -> None:
        """Register, from the offer of a copy, and put off the code."""
        self.asks_for_a_copy()
        self.has_a_name()

    def has_a_name(self) -> None:
        """Wait for the new sign-in name, remember it, and put off the code."""
        self.sees_place("Your sign-in name")
        name = self.page.locator(".sheet-name")
        expect(name).not_to_be_empty()
        self.login = name.inner_text()
        self.tap("Later")

    def asks_for_a_copy(self) -> None:
        """Type the words and ask for a copy off this phone."""
        self.field("Type your words").fill(self.words)
        self.tap(self.copy_offer)

    def begins(self, text: str = "He was outside again.") -> None:
        """Make a registered diary with one entry.

        The app makes it as its screens would, without the screens: a dozen taps cost more than what many tests are
        about. Where the page does not give tests access to the app (`serving.static_for_journeys`) the screens are
        used.
        """
        self.opens()
        diary = self.page.evaluate(BEGINS, text)
        if diary:
            self.words, self.login = diary
        else:
            self.first_entry(text)
            self.keeps_a_copy()
        self.is_kept_safe(text)

    def writes_down_the_code(self) -> tuple[str, str]:
        """Show the recovery sheet from More, confirm it, and type the code back. Return the words and the letters."""
        self.goes("More")
        self.tap(re.compile("^Your code, for paper"), exact=False)
        if self.field("Type your words").is_visible():
            self.field("Type your words").fill(self.words)
        self.tap("Show my code")
        letters = self.page.locator(".letters").inner_text()
        twelve = self.page.locator(".word-grid li").all_inner_texts()
        self.tap("I have written it down")
        self.field("Type the code from your paper").fill(letters.lower().replace("-", " "))
        self.tap("Check")
        self.sees("Your code is written down and checked.")
        self.tap("Done")
        return " ".join(twelve), letters

    # Navigation

    def goes(self, name: Literal["Entries", "Add", "Share", "More"]) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=name, exact=True).click()
        self.taps += 1

    def locks(self) -> None:
        """Lock from the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name="Lock", exact=True).click()
        self.sees_lock()

    def leaves(self) -> None:
        """Use the quick exit, which leads to the notebook."""
        self.tap("Leave now")

    def sees_notebook(self) -> None:
        """Wait for the notebook: its own title, and nothing that shows what is behind it."""
        expect(
            self.page.get_by_role("main").get_by_role("button", name=re.compile("^New (note|list)$"))
        ).to_be_visible()
        expect(self.button("Help")).to_have_count(0)

    def asks_for_the_lock(self) -> None:
        """Hold the notebook's title for a second."""
        self.page.locator("h1 button").click(delay=1200)
        self.sees_lock()

    def clears(self) -> None:
        """Hold the arrow at the top for two seconds."""
        box = self.button("Leave now").bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 20, box["y"] + 20)
        self.page.mouse.down()
        self.sees_notebook()
        self.page.mouse.up()

    def opens_locking(self, part: str | None = None) -> None:
        """Open the settings about locking, from More; and one of their pages."""
        self.goes("More")
        self.tap(re.compile("^Locking, notebook"), exact=False)
        self.sees_place("Locking")
        if part:
            self.tap(re.compile(f"^{re.escape(part)}"), exact=False)
            self.sees_place(part)

    def puts_a_notebook_in_front(self, words: str) -> None:
        """Turn on the notebook in front: confirm its limits and give it its own words."""
        self.opens_locking("A notebook in front")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Words for the notebook").fill(words)
        self.field("Type them once more").fill(words)
        self.tap("Turn it on")
        self.sees("On. These words open the notebook.")

    def makes_only_a_notebook(self, words: str) -> None:
        """From the first screen of a phone without a diary: confirm the limits and choose words."""
        self.tap("Only a notebook")
        self.sees_place("Only a notebook")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Words for the notebook").fill(words)
        self.field("Type them once more").fill(words)
        self.tap("Make it a notebook")
        self.sees_notebook()

    def tries_words(self, words: str) -> None:
        """Type words at the lock once its button works.
        The form in the page's own HTML keeps words, but its button does nothing.
        """
        expect(self.page.locator("[data-early]")).to_have_count(0)
        self.field("Your words").fill(words)
        self.tap("Open")

    def unlocks(self) -> None:
        """Open the lock with the right words."""
        self.tries_words(self.words)
        self.sees_place("What happened?")

    def signs_in(self, login: str, words: str) -> None:
        """Sign in with the name and the words, on a phone without a diary."""
        self.opens()
        self.asks_to_sign_in(login, words)
        self.sees_place("What happened?")
        self.login, self.words = login, words

    def asks_to_sign_in(self, login: str, words: str) -> None:
        """Type a name and words, and press Open."""
        self.tap("I have a sign-in name")
        self.field("Sign-in name").fill(login)
        self.field("Your words").fill(words)
        self.tap("Open")

    def asks_to_sign_in_with_code(self, login: str, code: str, new_words: str) -> None:
        """Type a name, the code from paper and new words, and press Open."""
        self.tap("I have a sign-in name")
        self.tap("Use my code instead")
        self.field("Sign-in name").fill(login)
        self.field("Your code").fill(code)
        self.field("New words").fill(new_words)
        self.tap("Open")

    def unlocks_if_locked(self) -> None:
        """Open the lock if the passing of time has closed it."""
        if self.field("Your words").is_visible():
            self.unlocks()

    def draft_is_sealed(self) -> None:
        """Wait until the draft is saved on the phone: the line under the form says so."""
        self.sees("Kept while you write.")

    @contextmanager
    def seals(self) -> Iterator[None]:
        """At the end of the block, wait until its changes are written to the phone's database."""
        before = self.page.evaluate(STORED)
        yield
        self.page.wait_for_function(f"(before) => {STORED}.then((now) => now !== before)", arg=before, timeout=PATIENCE)

    # Entries

    def adds(self, text: str, when: When = "Just now") -> None:
        """Add one more entry."""
        self.goes("Add")
        self.sees_place("What happened?")
        self.writes(text)
        self.chooses(when)
        self.tap("Save")
        self.sees_place("Saved")

    def row(self, text: str) -> Locator:
        """Return the entry's row in the list."""
        return self.page.get_by_role("listitem").filter(has_text=text)

    def state_of(self, text: str) -> Locator:
        """Return the state line in the entry's row."""
        return self.row(text).locator(".state")

    def is_kept_safe(self, text: str) -> None:
        """Wait until the server holds the entry and the receipt has been checked."""
        self.goes("Entries")
        expect(self.state_of(text)).to_have_text(KEPT)

    def reads(self, text: str) -> None:
        """Open the entry with this text."""
        self.goes("Entries")
        self.row(text).get_by_role("button").click()
        expect(self.page.get_by_role("article").get_by_text(text).first).to_be_visible()

    def entries(self, count: int) -> None:
        """Wait until the list holds this many entries."""
        self.goes("Entries")
        expect(self.page.locator(".item")).to_have_count(count)

    def saves_card(self) -> None:
        """Save the open card and wait until it has closed."""
        self.tap("Save this card")
        expect(self.button("Save this card")).to_have_count(0)

    # Files

    def opens_card(self, title: str) -> None:
        """Open one of the optional cards."""
        card = self.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).first
        if card.get_attribute("aria-expanded") != "true":
            card.click()

    def picks_files(self, files: Sequence[Path | dict[str, object]], *, source: str = "Choose from photos") -> None:
        """Choose files in the phone's own picker, answering the question that comes before the first picture."""
        is_asked_first = self.button(source).get_attribute("aria-haspopup") == "dialog"
        if is_asked_first:
            self.tap(source)
        with self.page.expect_file_chooser() as chooser:
            self.tap("No, it is not" if is_asked_first else source)
        chooser.value.set_files(list(files))  # type: ignore[arg-type]

    def tile(self, name: str) -> Locator:
        """Return a file's tile."""
        return self.page.get_by_role("button", name=f"Look at {name}", exact=True)

    def has_file(self, name: str) -> None:
        """Wait until the file is among the entry's files."""
        expect(self.tile(name).first).to_be_visible()
