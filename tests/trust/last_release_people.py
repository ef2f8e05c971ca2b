"""People who used the last release: their actions on its screens, and what each left unfinished."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, expect

from diary.crypto import handover
from diary.encoding import b64
from tests.browser import chromium
from tests.browser.live_server import Certificate
from tests.browser.navigators.advocate_page import AdvocatePage
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import PACK_TIMEOUT_MS, PASSPHRASE_LABEL, save_pack
from tests.browser.pictures import make_png, make_png_of_size, picker_file

FIRST_ENTRY, ERASED_ENTRY, SECOND_ENTRY = "He followed me to the tram stop.", "This one shall go.", "He rang at night."
BORROWED_PHONE_ENTRY, HALF_WRITTEN_ENTRY, NOTEBOOK_NOTE = (
    "Written on a borrowed phone.",
    "He was at the",
    "Bins on Tuesday",
)
WITNESS_QUESTION, WITNESS_NAME = "Tuesday evening at the tram stop.", "Maya"
COVER_PASSPHRASE, NEW_PASSPHRASE = "teapot gravel seventeen lights", "orbit velvet canyon maple drift spoon"
WAIT_LIMIT_MS = 60_000
# Texts of today's screens that the shared navigators look for, and the last release's texts in their place.
LAST_RELEASE_TEXTS = {
    "Choose a password": "Choose words that open this",
    "I have a username or a backup file": "I have a sign-in name",
    "On. This password opens the notebook.": "On. These words open the notebook.",
    "Password for the notebook": "Words for the notebook",
    "Save with this password": "Save with these words",
    "The same password again": "The same words again",
    "Type it once more": "Type them once more",
    "Type your password": "Type your words",
    "Type your password once more": "Type your words once more",
    "Username": "Sign-in name",
    "Your password": "Your words",
    "Your username": "Your sign-in name",
}


class EitherReleaseKeeper(BrowserKeeper):
    """A keeper on the screens of the last release or of this one: finds what either shows."""

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Return the button with this name, or with its name in the last release."""
        found = super().button(name, exact=exact)
        earlier = _find_earlier_text(name)
        return found.or_(super().button(earlier, exact=exact)) if earlier else found

    def field(self, label: str) -> Locator:
        """Return the text control with this label, or with its label in the last release."""
        found = super().field(label)
        earlier = _find_earlier_text(label)
        return found.or_(super().field(earlier)) if earlier else found

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the page's main heading with this name, or with its name in the last release."""
        found = super().heading(name)
        earlier = _find_earlier_text(name)
        return found.or_(super().heading(earlier)) if earlier else found

    def wait_for_text(self, text: str | re.Pattern[str]) -> None:
        """Wait until the screen shows this text, or the last release's in its place."""
        found = self.page.get_by_text(text)
        earlier = _find_earlier_text(text)
        expect((found.or_(self.page.get_by_text(earlier)) if earlier else found).first).to_be_visible()


class EitherReleaseAdvocatePage(AdvocatePage):
    """The advocate's page of the last release or of this one."""

    def field(self, label: str) -> Locator:
        """Return the text control with this label, or with its label in the last release."""
        found = super().field(label)
        earlier = {**LAST_RELEASE_TEXTS, "Choose a password": "Your own words"}.get(label)
        return found.or_(super().field(earlier)) if earlier else found


def _find_earlier_text(text: str | re.Pattern[str]) -> str | None:
    """Return what the last release says in the place of `text`, or None if it says the same."""
    return LAST_RELEASE_TEXTS.get(text) if isinstance(text, str) else None


@dataclass
class People:
    """People with a browser each, and what a test needs of them."""

    browser: Browser
    app_url: str
    folder: Path
    data: Path
    ann: BrowserKeeper = field(init=False)  # an ordinary keeper, whose page stays open
    tablet: BrowserKeeper = field(init=False)  # Ann's too
    lost_phone: BrowserKeeper = field(init=False)  # Ann's too; she ended its session
    borrowed_phone: BrowserKeeper = field(init=False)  # not Ann's: she borrowed it
    cleared_phone: BrowserKeeper = field(init=False)
    notebook_phone: BrowserKeeper = field(init=False)
    rekeying_phone: BrowserKeeper = field(init=False)  # half-way through a change of every key
    removing_phone: BrowserKeeper = field(init=False)  # took a picture away with no signal
    advocate_page: AdvocatePage = field(init=False)
    eight_words: str = ""
    seven_words: str = ""
    pack: Path = Path()
    taken_over_files: dict[str, str] = field(default_factory=dict)  # files taken over by a handover, with their diary

    def new_phone(self) -> BrowserKeeper:
        """Open a new phone without data."""
        context = self.browser.new_context(**chromium.PHONE_OPTIONS, accept_downloads=True)
        context.set_default_timeout(chromium.TIMEOUT_MS)
        page = context.new_page()
        page.on("filechooser", lambda _chooser: None)
        keeper = EitherReleaseKeeper(page, self.app_url)
        keeper.copy_offer = "Keep a copy off this phone"  # as the last release's pages say it
        return keeper

    def reopen_app(self, keeper: BrowserKeeper) -> None:
        """Reopen the app in a new page, as after putting a phone away."""
        keeper.page = keeper.page.context.new_page()
        keeper.page.on("filechooser", lambda _chooser: None)
        keeper.page.goto(self.app_url)

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        for _ in range(chromium.TIMEOUT_MS // 100):
            if holds():
                return
            self.browser.contexts[0].pages[0].wait_for_timeout(100)
        raise AssertionError("it did not come to hold")

    def query(self, sql: str) -> list[Any]:
        """Return rows of the server's database."""
        with closing(sqlite3.connect(self.data / "kept.sqlite3")) as database:
            return database.execute(sql).fetchall()


def write_entries_as_ann(people: People) -> None:
    """Write two entries as Ann, one with a picture, and one with a pending erasure."""
    ann = people.ann = people.new_phone()
    ann.create_registered_diary(FIRST_ENTRY)
    ann.wait_until_offline_ready()
    ann.open_entry(FIRST_ENTRY)
    ann.open_card("Photos & screenshots")
    # Of several parts: in that release a handover could not name a smaller one.
    ann.pick_files([picker_file("gate.png", "image/png", make_png_of_size(3_000_000))])
    ann.wait_for_file("gate.png")
    ann.add_entry(ERASED_ENTRY)
    for text in (FIRST_ENTRY, ERASED_ENTRY):
        ann.wait_until_kept_safe(text)
    ann.open_entry(ERASED_ENTRY)
    ann.tap("Take out or erase")
    ann.tap("Take it out")
    ann.wait_for_text(re.compile("This entry was taken out on"))
    ann.tap("Erase it for good")
    ann.field("Type your words to go on").fill(ann.passphrase)
    ann.tap("Erase it in seven days")
    ann.wait_for_text(re.compile("This entry will be erased for good on"))


def grant_access_as_ann(people: People, invitation: str) -> None:
    """Grant an advocate access to everything as Ann. The advocate marks the first entry as reviewed."""
    ann = people.ann
    page = people.browser.new_context(**chromium.DESKTOP_OPTIONS).new_page()
    page.set_default_timeout(chromium.TIMEOUT_MS)
    people.advocate_page = EitherReleaseAdvocatePage(page, people.app_url)
    nine = people.advocate_page.join(invitation)
    ann.go_to_tab("Share")
    ann.tap(re.compile("^Advocates"), exact=False)
    ann.tap("Let someone in")
    ann.field("Their nine words").fill(nine)
    ann.tap("Check the words")
    ann.wait_for_text("These words belong to Priya K")
    ann.tap("Yes, go on")
    ann.pick_chip("All entries, old and new")
    ann.field("What is it for?").fill("A report")
    ann.field("What should they call you?").fill(WITNESS_NAME)
    ann.tap("Next")
    ann.tap("Next")
    ann.field("Type your words to agree").fill(ann.passphrase)
    ann.tap("Let them see this")
    ann.wait_for_screen("Priya K can now see this")
    ann.tap("Done")
    people.advocate_page.tap("Clients")
    review_first_entry(people.advocate_page)


def review_first_entry(desk: AdvocatePage) -> None:
    """Read the first entry as the advocate, and mark it as reviewed."""
    for _ in range(20):
        desk.tap("Clients")
        if desk.page.locator("button.desk-client", has_text=WITNESS_NAME).count():
            desk.open_client(WITNESS_NAME)
            if desk.page.locator("aside .item", has_text=FIRST_ENTRY).count():
                break
        else:
            desk.tap("Look for news")
        desk.page.wait_for_timeout(500)
    desk.page.locator("aside .item", has_text=FIRST_ENTRY).click()
    desk.tap("I looked through this")
    desk.wait_for_text(re.compile("^You looked through this on "))


def take_over_anns_files(people: People, certificate: Certificate) -> None:
    """Create handovers that name Ann's files with her copied cookies: in that release they took the files over."""
    jar = {cookie["name"]: cookie["value"] for cookie in people.ann.page.context.cookies()}
    headers = {
        "Host": people.app_url.partition("//")[2],
        "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
        "X-Requested-By": "app",
        "Sec-Fetch-Site": "same-origin",
    }
    rows = people.query(
        "SELECT lower(hex(diary_id)), lower(hex(blob)), parts, size FROM blob WHERE complete AND parts > 1"
    )
    for diary, blob, parts, size in rows:
        people.taken_over_files[b64(bytes.fromhex(blob))] = b64(bytes.fromhex(diary))
        handover_body = {
            "auth": b64(os.urandom(32)),
            "kdf": handover.new_kdf_params(),
            "name": b64(os.urandom(16)),
            "parts": parts,
            "size": size,
        }
        handover_body |= {"diary": b64(bytes.fromhex(diary)), "handover": b64(bytes.fromhex(blob))}
        with httpx.Client(verify=ssl.create_default_context(cafile=str(certificate.cert)), trust_env=False) as client:
            answer = client.post(
                f"https://127.0.0.1:{people.app_url.rsplit(':')[-1]}/v1/handovers", json=handover_body, headers=headers
            )
        assert answer.status_code in (200, 201), answer.text
    assert people.taken_over_files


def _consent_to_pack(keeper: BrowserKeeper) -> None:
    """Go through the steps that a pack had in that release: one picture, nothing found."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Make a pack( For a slow phone.*)?$")).first.click()
    keeper.tap("I know this, go on")
    keeper.tap("Next")
    keeper.wait_for_screen("What goes in")
    keeper.tap("Next")
    keeper.wait_for_text("Picture 1 of 1")
    keeper.tap("Nothing shows where I am")
    keeper.wait_for_screen("Words that may say where you are")
    keeper.tap("Next")
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    keeper.wait_for_screen("Before the pack is made")
    keeper.page.get_by_label("I have read this and want to make the pack").check()
    keeper.field(PASSPHRASE_LABEL).fill(keeper.passphrase)
    keeper.tap("Make the pack")


def share_pack_as_ann(people: People) -> None:
    """Save a pack and hand it over with eight words, and create a code of seven words for a witness."""
    ann = people.ann
    _consent_to_pack(ann)
    people.pack = save_pack(ann, people.folder, name="first.zip")
    ann.tap(re.compile("Hand it over with eight words"))
    ann.wait_for_screen("Hand this pack over")
    ann.field("Who is it for?").fill("PC Shah")
    ann.tap("Leave it and get the words")
    expect(ann.heading("These eight words open it")).to_be_visible(timeout=PACK_TIMEOUT_MS)
    people.eight_words = " ".join(ann.page.locator(".eight-words li").all_inner_texts())
    ann.lock()
    ann.unlock()
    ann.go_to_tab("Share")
    ann.tap(re.compile("Ask someone who saw it"))
    ann.field("What do they call you?").fill(WITNESS_NAME)
    ann.field("What are you asking them about?").fill(WITNESS_QUESTION)
    ann.tap("Make the words")
    ann.wait_for_screen("These seven words")
    people.seven_words = " ".join(ann.page.locator(".eight-words li").all_inner_texts())
    ann.tap("Done")


def sign_ann_in_on_other_devices(people: People) -> None:
    """Sign Ann in on a phone she loses and signs out remotely, on a tablet, and on a borrowed phone."""
    ann, lost_device = people.ann, people.new_phone()
    lost_device.sign_in(ann.login, ann.passphrase)
    lost_device.wait_until_kept_safe(FIRST_ENTRY)
    lost_device.wait_until_offline_ready()
    lost_device.page.close()
    ann.go_to_tab("More")
    ann.tap(re.compile("^Where you are signed in"))
    ann.field("Type your words to see this").fill(ann.passphrase)
    ann.button("Show").last.click()
    ann.tap("Sign out all the others")
    ann.field("Type your words").fill(ann.passphrase)
    ann.button("Sign out all the others").last.click()
    expect(ann.page.locator(".rows").first.get_by_role("listitem")).to_have_count(1)
    tablet, borrowed = people.new_phone(), people.new_phone()
    tablet.sign_in(ann.login, ann.passphrase)
    tablet.wait_until_kept_safe(FIRST_ENTRY)
    tablet.wait_until_offline_ready()
    tablet.page.close()
    sign_in_on_borrowed_phone(borrowed, ann)
    people.lost_phone, people.tablet, people.borrowed_phone = lost_device, tablet, borrowed


def sign_in_on_borrowed_phone(phone: BrowserKeeper, owner: BrowserKeeper) -> None:
    """Sign in on a phone that belongs to somebody else."""
    phone.open_without_diary()
    phone.wait_until_loaded()
    phone.tap("This is not my phone")
    phone.wait_for_screen("This is not my phone")
    phone.tap("This is a private window")
    phone.wait_for_screen("Sign in")
    phone.field("Username").fill(owner.login)
    phone.field("Your password").fill(owner.passphrase)
    phone.tap("Open")
    phone.wait_for_screen("What happened?")
    phone.passphrase, phone.login = owner.passphrase, owner.login


def clear_one_phone(people: People) -> None:
    """Clear a phone that is offline, with an unsent entry and a draft."""
    keeper = people.cleared_phone = people.new_phone()
    keeper.create_registered_diary(FIRST_ENTRY)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.add_entry(SECOND_ENTRY)
    keeper.go_to_tab("Add")
    keeper.type_narrative(HALF_WRITTEN_ENTRY)
    keeper.wait_for_sealed_draft()
    keeper.clear_phone()
    keeper.page.close()


def make_notebook_phone(people: People) -> None:
    """Create a phone without a diary, with a note."""
    keeper = people.notebook_phone = people.new_phone()
    keeper.open_without_diary()
    keeper.create_notebook_only(COVER_PASSPHRASE)
    keeper.tap("New note")
    keeper.field("Note").fill(NOTEBOOK_NOTE)
    keeper.tap("Back")
    keeper.wait_for_text(NOTEBOOK_NOTE)
    keeper.wait_until_offline_ready()
    keeper.page.close()


def start_key_change(people: People) -> None:
    """Begin to change keys because somebody knows the words; the connection fails before they take effect."""
    keeper = people.rekeying_phone = people.new_phone()
    keeper.create_registered_diary(FIRST_ENTRY)
    keeper.add_entry(SECOND_ENTRY)
    keeper.wait_until_kept_safe(SECOND_ENTRY)
    keeper.wait_until_offline_ready()
    keeper.page.context.route("**/rotation/commit", lambda route: route.abort())
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Someone knows my words"))
    keeper.field("Your words now").fill(keeper.passphrase)
    keeper.field("Type your words").fill(NEW_PASSPHRASE)
    keeper.tap("Make everything new")
    keeper.field("Type them once more").fill(NEW_PASSPHRASE)
    keeper.tap("Make everything new")
    expect(keeper.error_message().first).to_be_visible()
    keeper.page.close()
    keeper.page.context.unroute_all()


def remove_picture_offline(people: People) -> None:
    """Remove a picture at once while offline: the request to the server must follow later."""
    keeper = people.removing_phone = people.new_phone()
    keeper.create_registered_diary(FIRST_ENTRY)
    keeper.open_entry(FIRST_ENTRY)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("wrong.png", "image/png", make_png(5))])
    keeper.wait_for_file("wrong.png")
    newest = "SELECT id FROM diary ORDER BY rowid DESC LIMIT 1"
    sent_query = f'SELECT 1 FROM version WHERE diary_id = ({newest}) AND instr(facts, \'"blobs":["\')'
    complete_query = f"SELECT min(complete) FROM blob WHERE diary_id = ({newest})"
    people.wait_until(lambda: people.query(sent_query) and people.query(complete_query) == [(1,)])
    keeper.wait_until_kept_safe(FIRST_ENTRY)
    keeper.wait_until_offline_ready()
    keeper.open_entry(FIRST_ENTRY)
    keeper.page.context.set_offline(True)
    keeper.file_tile("wrong.png").first.click()
    keeper.tap("Show the picture")
    keeper.page.get_by_role("button", name=re.compile("^It is a sexual picture of someone under 18")).click()
    keeper.field("Type your words to go on").fill(keeper.passphrase)
    keeper.tap("Remove it now")
    keeper.wait_for_screen("A file was removed")
    keeper.lock()


def close_removing_page(people: People) -> None:
    """Close the page of `remove_picture_offline`, while no server runs.

    A page that closes is online for a moment, and would send the erasure at once.
    """
    people.removing_phone.page.close()
    assert people.query("SELECT count(*) FROM blob WHERE erased") == [(0,)]


def count_openable_records(page: Page, words: str) -> tuple[int, int]:
    """Count the records in the phone's store that the words open by the app's own code, and those with a proof."""
    stored = page.evaluate(READ_STORED_RECORDS)
    script = Path(__file__).with_name("opened_store.mjs")
    script_input = json.dumps(stored | {"words": words})
    result = subprocess.run(["node", script], input=script_input, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    opened, proofs = json.loads(result.stdout)
    return opened, proofs


def wait_until_no_proof_is_stored(keeper: BrowserKeeper) -> None:
    """Wait until the phone has erased its proof: it does so once the server has answered with a token."""
    keeper.wait_until(
        lambda: count_openable_records(keeper.page, keeper.passphrase)[1] == 0, "a store without a stored proof"
    )


# The sealed records and the slots as stored in the database, bytes in base64 (opened_store.mjs).
READ_STORED_RECORDS = """async () => {
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const plain = (value) => {
    if (value instanceof ArrayBuffer) return { bytes: base64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) return { bytes: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    if (Array.isArray(value)) return value.map(plain);
    if (!value || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  };
  const db = await asked(indexedDB.open('app'));
  const stores = db.transaction(['a', 'b']);
  const [keys, values, door] = await Promise.all([
    asked(stores.objectStore('a').getAllKeys()), asked(stores.objectStore('a').getAll()), asked(stores.objectStore('b').get('d')),
  ]);
  db.close();
  return { origin: location.origin, door: plain(door), rows: plain(keys.map((key, i) => [key, values[i]])) };
}"""
