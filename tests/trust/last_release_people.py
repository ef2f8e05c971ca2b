"""People who used the last release: what they did on its screens, and what each of them left under way."""

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
from playwright.sync_api import Browser, Page, expect

from diary.crypto import handover
from diary.encoding import b64
from tests.browser import chromium
from tests.browser.navigators.desk import Desk
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import MAKING, agrees, goes_to_consent, saves_the_pack
from tests.browser.pictures import png, png_of, upload
from tests.browser.serving import Certificate

FIRST, GONE, SECOND = "He followed me to the tram stop.", "This one shall go.", "He rang at night."
LENT, HALF, NOTE = "Written on a borrowed phone.", "He was at the", "Bins on Tuesday"
ASKED, CALLED = "Tuesday evening at the tram stop.", "Maya"
COVER, NEW = "teapot gravel seventeen lights", "orbit velvet canyon maple drift spoon"
WAITS = 60_000


@dataclass
class People:
    """Each at a browser of their own, and what a test has to know of them."""

    browser: Browser
    app_url: str
    folder: Path
    data: Path
    ann: Keeper = None  # type: ignore[assignment] # an ordinary keeper, whose page stays open
    tablet: Keeper = None  # type: ignore[assignment] # Ann's too
    lost: Keeper = None  # type: ignore[assignment] # Ann's too; she ended its session
    lent: Keeper = None  # type: ignore[assignment] # not Ann's: she borrowed it
    cleared: Keeper = None  # type: ignore[assignment]
    notebook: Keeper = None  # type: ignore[assignment]
    rekeying: Keeper = None  # type: ignore[assignment] # half-way through a change of every key
    removing: Keeper = None  # type: ignore[assignment] # took a picture away with no signal
    desk: Desk = None  # type: ignore[assignment]
    eight_words: str = ""
    seven_words: str = ""
    pack: Path = Path()
    taken: dict[str, str] = field(default_factory=dict)  # files that a hand-over took over, with their diary

    def phone(self) -> Keeper:
        """Another phone that knows nothing."""
        context = self.browser.new_context(**chromium.PHONE, accept_downloads=True)
        context.set_default_timeout(chromium.PATIENCE)
        page = context.new_page()
        page.on("filechooser", lambda _chooser: None)
        return Keeper(page, self.app_url)

    def opens_again(self, keeper: Keeper) -> None:
        """The app once more, in a page of its own, as when a phone was put away."""
        keeper.page = keeper.page.context.new_page()
        keeper.page.on("filechooser", lambda _chooser: None)
        keeper.page.goto(self.app_url)

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        for _ in range(chromium.PATIENCE // 100):
            if holds():
                return
            self.browser.contexts[0].pages[0].wait_for_timeout(100)
        raise AssertionError("it did not come to hold")

    def rows(self, sql: str) -> list[Any]:
        """What the server's database holds."""
        with closing(sqlite3.connect(self.data / "kept.sqlite3")) as database:
            return database.execute(sql).fetchall()


def ann_writes(people: People) -> None:
    """Two entries, one with a picture; and one that is to be erased in seven days."""
    ann = people.ann = people.phone()
    ann.begins(FIRST)
    ann.is_offline_ready()
    ann.reads(FIRST)
    ann.opens_card("Photos & screenshots")
    # Of several parts: that release let a hand-over name nothing smaller.
    ann.picks_files([upload("gate.png", "image/png", png_of(3_000_000))])
    ann.has_file("gate.png")
    ann.adds(GONE)
    for text in (FIRST, GONE):
        ann.is_kept_safe(text)
    ann.reads(GONE)
    ann.tap("Take out or erase")
    ann.tap("Take it out")
    ann.sees(re.compile("This entry was taken out on"))
    ann.tap("Erase it for good")
    ann.field("Type your words to go on").fill(ann.words)
    ann.tap("Erase it in seven days")
    ann.sees(re.compile("This entry will be erased for good on"))


def ann_lets_an_advocate_in(people: People, invitation: str) -> None:
    """Who may see it all, and marks the first entry as looked through."""
    ann = people.ann
    page = people.browser.new_context(**chromium.DESK).new_page()
    page.set_default_timeout(chromium.PATIENCE)
    people.desk = Desk(page, people.app_url)
    nine = people.desk.joins(invitation)
    ann.goes("Share")
    ann.tap(re.compile("^Advocates"), exact=False)
    ann.tap("Let someone in")
    ann.field("Their nine words").fill(nine)
    ann.tap("Check the words")
    ann.sees("These words belong to Priya K")
    ann.tap("Yes, go on")
    ann.picks("All entries, old and new")
    ann.field("What is it for?").fill("A report")
    ann.field("What should they call you?").fill(CALLED)
    ann.tap("Next")
    ann.tap("Next")
    ann.field("Type your words to agree").fill(ann.words)
    ann.tap("Let them see this")
    ann.sees_place("Priya K can now see this")
    ann.tap("Done")
    people.desk.tap("Clients")
    looks_through(people.desk)


def looks_through(desk: Desk) -> None:
    """The advocate reads the first entry and says so."""
    for _ in range(20):
        desk.tap("Clients")
        if desk.page.locator("button.desk-client", has_text=CALLED).count():
            desk.opens(CALLED)
            if desk.page.locator("aside .item", has_text=FIRST).count():
                break
        else:
            desk.tap("Look for news")
        desk.page.wait_for_timeout(500)
    desk.page.locator("aside .item", has_text=FIRST).click()
    desk.tap("I looked through this")
    desk.sees(re.compile("^You looked through this on "))


def her_files_are_taken(people: People, certificate: Certificate) -> None:
    """Whoever copied the cookies of Ann's browser makes hand-overs that name her files, which in that release took them over."""
    jar = {one["name"]: one["value"] for one in people.ann.page.context.cookies()}
    headers = {
        "Host": people.app_url.partition("//")[2],
        "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
        "X-Requested-By": "app",
        "Sec-Fetch-Site": "same-origin",
    }
    rows = people.rows(
        "SELECT lower(hex(diary_id)), lower(hex(blob)), parts, size FROM blob WHERE complete AND parts > 1"
    )
    for diary, blob, parts, size in rows:
        people.taken[b64(bytes.fromhex(blob))] = b64(bytes.fromhex(diary))
        told = {
            "auth": b64(os.urandom(32)),
            "kdf": handover.new_kdf(),
            "name": b64(os.urandom(16)),
            "parts": parts,
            "size": size,
        }
        told |= {"diary": b64(bytes.fromhex(diary)), "handover": b64(bytes.fromhex(blob))}
        with httpx.Client(verify=ssl.create_default_context(cafile=str(certificate.cert)), trust_env=False) as client:
            answer = client.post(
                f"https://127.0.0.1:{people.app_url.rsplit(':')[-1]}/v1/handovers", json=told, headers=headers
            )
        assert answer.status_code in (200, 201), answer.text
    assert people.taken


def ann_shares(people: People) -> None:
    """A pack that is saved and handed over with eight words, and seven words for somebody who saw it."""
    ann = people.ann
    goes_to_consent(ann, 1)
    agrees(ann)
    people.pack = saves_the_pack(ann, people.folder, name="first.zip")
    ann.tap(re.compile("Hand it over with eight words"))
    ann.sees_place("Hand this pack over")
    ann.field("Who is it for?").fill("PC Shah")
    ann.tap("Leave it and get the words")
    expect(ann.heading("These eight words open it")).to_be_visible(timeout=MAKING)
    people.eight_words = " ".join(ann.page.locator(".eight-words li").all_inner_texts())
    ann.locks()
    ann.unlocks()
    ann.goes("Share")
    ann.tap(re.compile("Ask someone who saw it"))
    ann.field("What do they call you?").fill(CALLED)
    ann.field("What are you asking them about?").fill(ASKED)
    ann.tap("Make the words")
    ann.sees_place("These seven words")
    people.seven_words = " ".join(ann.page.locator(".eight-words li").all_inner_texts())
    ann.tap("Done")


def ann_signs_in_elsewhere(people: People) -> None:
    """On a phone that she then loses and signs out from afar, on a tablet of hers, and on a phone that is not hers."""
    ann, lost = people.ann, people.phone()
    lost.signs_in(ann.login, ann.words)
    lost.is_kept_safe(FIRST)
    lost.is_offline_ready()
    lost.page.close()
    ann.goes("More")
    ann.tap(re.compile("^Where you are signed in"))
    ann.field("Type your words to see this").fill(ann.words)
    ann.button("Show").last.click()
    ann.tap("Sign out all the others")
    ann.field("Type your words").fill(ann.words)
    ann.button("Sign out all the others").last.click()
    expect(ann.page.locator(".rows").first.get_by_role("listitem")).to_have_count(1)
    tablet, lent = people.phone(), people.phone()
    tablet.signs_in(ann.login, ann.words)
    tablet.is_kept_safe(FIRST)
    tablet.is_offline_ready()
    tablet.page.close()
    borrows(lent, ann)
    people.lost, people.tablet, people.lent = lost, tablet, lent


def borrows(lent: Keeper, owner: Keeper) -> None:
    """Signs in on a phone that is not theirs."""
    lent.opens()
    lent.has_loaded()
    lent.tap("This is not my phone")
    lent.sees_place("This is not my phone")
    lent.tap("This is a private window")
    lent.sees_place("Sign in")
    lent.field("Sign-in name").fill(owner.login)
    lent.field("Your words").fill(owner.words)
    lent.tap("Open")
    lent.sees_place("What happened?")
    lent.words, lent.login = owner.words, owner.login


def one_phone_is_cleared(people: People) -> None:
    """With no signal, with an entry that was not sent and a half one."""
    keeper = people.cleared = people.phone()
    keeper.begins(FIRST)
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.adds(SECOND)
    keeper.goes("Add")
    keeper.writes(HALF)
    keeper.draft_is_sealed()
    keeper.clears()
    keeper.page.close()


def one_is_only_a_notebook(people: People) -> None:
    """No diary, and a note."""
    keeper = people.notebook = people.phone()
    keeper.opens()
    keeper.makes_only_a_notebook(COVER)
    keeper.tap("New note")
    keeper.field("Note").fill(NOTE)
    keeper.tap("Back")
    keeper.sees(NOTE)
    keeper.is_offline_ready()
    keeper.page.close()


def one_makes_every_key_new(people: People) -> None:
    """Somebody knows the words; the connection goes before the new keys take effect."""
    keeper = people.rekeying = people.phone()
    keeper.begins(FIRST)
    keeper.adds(SECOND)
    keeper.is_kept_safe(SECOND)
    keeper.is_offline_ready()
    keeper.page.context.route("**/rotation/commit", lambda route: route.abort())
    keeper.goes("More")
    keeper.tap(re.compile("^Someone knows my words"))
    keeper.field("Your words now").fill(keeper.words)
    keeper.field("Type your words").fill(NEW)
    keeper.tap("Make everything new")
    keeper.field("Type them once more").fill(NEW)
    keeper.tap("Make everything new")
    expect(keeper.problem().first).to_be_visible()
    keeper.page.close()
    keeper.page.context.unroute_all()


def one_takes_a_picture_away(people: People) -> None:
    """A picture that must go at once, with no signal: the server is to be asked when there is one."""
    keeper = people.removing = people.phone()
    keeper.begins(FIRST)
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("wrong.png", "image/png", png(5))])
    keeper.has_file("wrong.png")
    newest = "SELECT id FROM diary ORDER BY rowid DESC LIMIT 1"
    sent = f'SELECT 1 FROM version WHERE diary_id = ({newest}) AND instr(facts, \'"blobs":["\')'
    whole = f"SELECT min(complete) FROM blob WHERE diary_id = ({newest})"
    people.until(lambda: people.rows(sent) and people.rows(whole) == [(1,)])
    keeper.is_kept_safe(FIRST)
    keeper.is_offline_ready()
    keeper.reads(FIRST)
    keeper.page.context.set_offline(True)
    keeper.tile("wrong.png").first.click()
    keeper.tap("Show the picture")
    keeper.page.get_by_role("button", name=re.compile("^It is a sexual picture of someone under 18")).click()
    keeper.field("Type your words to go on").fill(keeper.words)
    keeper.tap("Remove it now")
    keeper.sees_place("A file was removed")
    keeper.locks()


def its_page_is_closed(people: People) -> None:
    """Close the page of `one_takes_a_picture_away`, while no server is there.

    A page that closes has a signal for a moment, and would ask the server for the erasure at once.
    """
    people.removing.page.close()
    assert people.rows("SELECT count(*) FROM blob WHERE erased") == [(0,)]


def proofs_in(page: Page, words: str) -> tuple[int, int]:
    """How many records of the phone's store the words open, by the app's own cryptography; how many of them hold a proof."""
    held = page.evaluate(STORED)
    script = Path(__file__).with_name("opened_store.mjs")
    asked = json.dumps(held | {"words": words})
    done = subprocess.run(["node", script], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    opened, proofs = json.loads(done.stdout)
    return opened, proofs


# The sealed records and the door as they lie in the database, bytes in base64 (opened_store.mjs).
STORED = """async () => {
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
