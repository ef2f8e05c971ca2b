"""What a keeper does on the screens, step by step, by the names the screens give things."""

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
# A digest of everything in the phone's database. Every write seals something anew, so it changes with each.
STORED = """(async () => {
  const asked = indexedDB.open('app');
  const db = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
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
    """A person at one browser. `taps` counts what a thumb would have done besides typing."""

    def __init__(self, page: Page, app_url: str) -> None:
        """At `page`, which need not have opened anything yet."""
        self.page = page
        self.app_url = app_url
        self.taps = 0
        self.words = ""
        self.login = ""
        self.copy_offer = "Keep a copy off this phone"  # a device that is not theirs is no phone

    # Small steps

    def tap(self, name: str | re.Pattern[str], *, exact: bool = True) -> None:
        """Tap the button of that name."""
        self.button(name, exact=exact).click()
        self.taps += 1

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """The button of that name."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def field(self, label: str) -> Locator:
        """The text control with that label."""
        return self.page.get_by_label(label, exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """The page's heading of that name."""
        return self.page.get_by_role("heading", name=name, level=1, exact=True)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the words stand somewhere on the screen."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_place(self, name: str | re.Pattern[str]) -> None:
        """Wait until the place of that heading is shown."""
        expect(self.heading(name)).to_be_visible()

    def problem(self) -> Locator:
        """The error summary, or an error beside a field."""
        return self.page.get_by_role("alert")

    # First run

    def opens(self) -> None:
        """Open the app's address and wait for the first screen of a phone that holds nothing."""
        self.page.goto(self.app_url)
        expect(self.button("Start")).to_be_visible()

    def opens_locked(self) -> None:
        """Open the app's address and wait for the lock."""
        self.page.goto(self.app_url)
        self.sees_lock()

    def sees_lock(self) -> None:
        """Wait for the lock: one field and nothing that says what is behind it."""
        expect(self.page.locator("[data-early]")).to_have_count(0)
        expect(self.field("Your words")).to_be_visible()
        expect(self.button("Help")).to_have_count(0)

    def has_loaded(self) -> None:
        """Wait until the page has fetched what it fetches by itself."""
        self.page.wait_for_load_state("networkidle")
        # What comes once the door is drawn comes when the browser has nothing better to do, on a busy machine much later.
        # The last release has other files; there only the quiet is waited for.
        self.page.evaluate("Promise.all(['engine', 'screens'].map((file) => import(`/static/app/${file}.js`).catch(() => null)))")
        asked: list[float] = [time.monotonic()]
        note = lambda _request: asked.append(time.monotonic())  # noqa: E731 - taken off again
        self.page.on("request", note)
        while time.monotonic() < asked[-1] + QUIET_S:
            self.page.wait_for_timeout(50)
        self.page.remove_listener("request", note)

    def is_offline_ready(self) -> None:
        """Wait until the page can be opened without a network: the worker has it and controls it."""
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
        """Type the six suggested words, or one's own twice, and save with them."""
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
        """From a phone that holds nothing to the first entry sealed on it."""
        self.starts()
        self.writes(text)
        self.chooses(when)
        self.tap("Save")
        self.chooses_words()

    def puts_off_the_copy(self) -> None:
        """Not now: the diary stays on this phone only."""
        self.tap("Not now")
        self.sees_place("Saved")

    def keeps_a_copy(self) -> None:
        """Register, from the offer of it, and put the code off."""
        self.asks_for_a_copy()
        self.has_a_name()

    def has_a_name(self) -> None:
        """A sign-in name was made: it is noted, and the code put off."""
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
        """A registered diary with one entry.

        The app makes it as its screens would, without the screens: a dozen touches cost more than what many journeys are about.
        Where the page does not give the app to journeys (`serving.static_for_journeys`) the screens are used.
        """
        self.opens()
        made = self.page.evaluate(BEGINS, text)
        if made:
            self.words, self.login = made
        else:
            self.first_entry(text)
            self.keeps_a_copy()
        self.is_kept_safe(text)

    def writes_down_the_code(self) -> tuple[str, str]:
        """The recovery sheet, from More: shown, written down, asked back. Returns words and letters."""
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

    # Around

    def goes(self, name: Literal["Entries", "Add", "Share", "More"]) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=name, exact=True).click()
        self.taps += 1

    def locks(self) -> None:
        """Lock from the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name="Lock", exact=True).click()
        self.sees_lock()

    def leaves(self) -> None:
        """Quick exit: the notebook stands there next."""
        self.tap("Leave now")

    def sees_notebook(self) -> None:
        """Wait for the notebook: its own title, and nothing that says what is behind it."""
        expect(self.page.get_by_role("main").get_by_role("button", name=re.compile("^New (note|list)$"))).to_be_visible()
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
        """The settings about locking, from More; and one of their pages."""
        self.goes("More")
        self.tap(re.compile("^Locking, notebook"), exact=False)
        self.sees_place("Locking")
        if part:
            self.tap(re.compile(f"^{re.escape(part)}"), exact=False)
            self.sees_place(part)

    def puts_a_notebook_in_front(self, words: str) -> None:
        """Read what it does not do, and give it words of its own."""
        self.opens_locking("A notebook in front")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Words for the notebook").fill(words)
        self.field("Type them once more").fill(words)
        self.tap("Turn it on")
        self.sees("On. These words open the notebook.")

    def makes_only_a_notebook(self, words: str) -> None:
        """From the first screen of a phone that holds nothing: read what it does not do, choose words."""
        self.tap("Only a notebook")
        self.sees_place("Only a notebook")
        self.page.get_by_label("I have read this", exact=True).check()
        self.field("Words for the notebook").fill(words)
        self.field("Type them once more").fill(words)
        self.tap("Make it a notebook")
        self.sees_notebook()

    def tries_words(self, words: str) -> None:
        """Type words at the lock, once its button answers: the form in the page's own HTML keeps words, but is deaf."""
        expect(self.page.locator("[data-early]")).to_have_count(0)
        self.field("Your words").fill(words)
        self.tap("Open")

    def unlocks(self) -> None:
        """Open the lock with the right words."""
        self.tries_words(self.words)
        self.sees_place("What happened?")

    def signs_in(self, login: str, words: str) -> None:
        """On a phone that holds nothing: sign in with the name and the words."""
        self.opens()
        self.asks_to_sign_in(login, words)
        self.sees_place("What happened?")
        self.login, self.words = login, words

    def asks_to_sign_in(self, login: str, words: str) -> None:
        """Type a name and words and press Open."""
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
        """Open the lock where time that passed has closed it."""
        if self.field("Your words").is_visible():
            self.unlocks()

    def draft_is_sealed(self) -> None:
        """Wait until what is typed has been written to the phone: the line under the form says so."""
        self.sees("Kept while you write.")

    @contextmanager
    def seals(self) -> Iterator[None]:
        """Wait, at the end, until what was done inside the block has been written to the phone's database."""
        before = self.page.evaluate(STORED)
        yield
        self.page.wait_for_function(f"(before) => {STORED}.then((now) => now !== before)", arg=before, timeout=PATIENCE)

    # Entries

    def adds(self, text: str, when: When = "Just now") -> None:
        """One more entry."""
        self.goes("Add")
        self.sees_place("What happened?")
        self.writes(text)
        self.chooses(when)
        self.tap("Save")
        self.sees_place("Saved")

    def row(self, text: str) -> Locator:
        """The entry's row in the list."""
        return self.page.get_by_role("listitem").filter(has_text=text)

    def state_of(self, text: str) -> Locator:
        """The state line in the entry's row."""
        return self.row(text).locator(".state")

    def is_kept_safe(self, text: str) -> None:
        """Wait until the server holds the entry and the receipt has been checked."""
        self.goes("Entries")
        expect(self.state_of(text)).to_have_text(KEPT)

    def reads(self, text: str) -> None:
        """Open the entry that says this."""
        self.goes("Entries")
        self.row(text).get_by_role("button").click()
        expect(self.page.get_by_role("article").get_by_text(text).first).to_be_visible()

    def entries(self, count: int) -> None:
        """Wait until the list holds that many."""
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

    def picks_files(self, files: Sequence[Path | dict[str, object]], *, how: str = "Choose from photos") -> None:
        """Choose files in the phone's own picker, past the one question that is asked before the first picture."""
        is_asked_first = self.button(how).get_attribute("aria-haspopup") == "dialog"
        if is_asked_first:
            self.tap(how)
        with self.page.expect_file_chooser() as chooser:
            self.tap("No, it is not" if is_asked_first else how)
        chooser.value.set_files(list(files))  # type: ignore[arg-type]

    def tile(self, name: str) -> Locator:
        """A file's tile."""
        return self.page.get_by_role("button", name=f"Look at {name}", exact=True)

    def has_file(self, name: str) -> None:
        """Wait until the file stands among the entry's files."""
        expect(self.tile(name).first).to_be_visible()
