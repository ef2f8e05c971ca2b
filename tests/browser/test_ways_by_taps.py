"""Every place of the app is reached from its first screen by taps, on the fake app."""

import json
import re
from functools import cache

import pytest
from playwright.sync_api import Page, expect

from diary.paths import STATIC
from tests.browser.advocate_screens import ACCESS_GIVEN, QUESTION_WAITING
from tests.browser.screen_steps import MADE_PACK_FIELDS, NO_DIARY, OPEN_DIARY, PACK_JOB_FIELDS, Step, fill, js
from tests.browser.test_screens import CONFLICTING_VERSIONS, RECORDS_LISTED, UNREGISTERED_ACCOUNT, address, show
from tests.browser.test_screens_driven import OpenPage
from tests.test_screen_states import listed_places

__all__ = ["address", "show"]
# At the lock, where test_capture_while_locked.py taps the way to it.
NOT_IN_THE_APP = {"capturing"}
# On a computer: test_desktop.py.
NOT_ON_A_PHONE = {"shortcuts"}
ENTRY = "He messaged from a new account"
PERSON = "Callum"
FILE = "Look at "
THINGS_WAITING = js("fake.open(24, {waiting: {captured: 2, later: 1, written: 1, answers: 1}})")
SIGNED_OUT = js(
    "fake.open(5, {account: {login: 'x', registered: true, recovery: 'done', "
    "trouble: {code: 'signed_out', act: null, sentence: 'This device was signed out.'}}})"
)
ONE_PERSON_TWICE = js(
    "fake.open(24); fake.set({entries: fake.state.entries.map((entry) => "
    "({...entry, f: {...entry.f, actors: ['p0']}}))})"
)
PACK_READY = js(
    f"fake.open(3); stage.job = {{at: {{}}, done: {{file: new Blob(['a']), {MADE_PACK_FIELDS}}}, {PACK_JOB_FIELDS}}}"
)
# What is tapped on the way to each place: keys of words.json, or names from the fixtures.
TAPS: dict[str, tuple[str, ...]] = {
    "add": (),
    "entries": ("nav.entries",),
    "share": ("nav.share",),
    "chase": ("nav.chase",),
    "more": ("nav.more",),
    "help": ("bar.help",),
    "notebook": ("bar.leave",),
    # Entries
    "entry": ("nav.entries", ENTRY),
    "file": ("nav.entries", ENTRY, FILE),
    "schedule": ("nav.entries", ENTRY, "sched.open"),
    "picture_list": ("nav.entries", ENTRY, FILE, "reader.list"),
    "two": ("nav.entries", ENTRY, "two.look"),
    "patterns": ("nav.entries", "pat.row"),
    "four": ("nav.entries", "part.line"),
    # Share and Help
    "quick": ("nav.share", "share.quick"),
    "print": ("nav.share", "share.print"),
    "shared": ("nav.share", "share.log"),
    "witness": ("nav.share", "wit.row"),
    "handover": ("nav.share", "hand.way"),
    "handovers": ("nav.share", "hand.list"),
    "advocates": ("nav.share", "adv.title"),
    "letin": ("nav.share", "adv.title", "adv.new"),
    "looks": ("nav.share", "adv.title", "adv.look"),
    "show": ("bar.help", "help.show"),
    "showing": ("bar.help", "help.show", "show.do"),
    "before": ("bar.help", "help.before"),
    # Follow-ups
    "asked": ("nav.chase", "chase.asked_you"),
    "captured": ("nav.chase", "chase.captured"),
    "assisted": ("nav.chase", "chase.written"),
    # More
    "form": ("nav.more", "more.police"),
    "people": ("nav.more", "more.people"),
    "kept": ("nav.more", "more.people", PERSON),
    "import": ("nav.more", "more.import"),
    "someone": ("nav.more", "more.someone"),
    "more_reports": ("nav.more", "more.g_reports"),
    "reports": ("nav.more", "more.g_reports", "more.reports"),
    "orders": ("nav.more", "more.g_reports", "more.orders"),
    "notices": ("nav.more", "more.g_reports", "more.notices"),
    "cases": ("nav.more", "more.g_reports", "more.cases"),
    "more_story": ("nav.more", "more.g_story"),
    "impacts": ("nav.more", "more.g_story", "more.impacts"),
    "statements": ("nav.more", "more.g_story", "more.statements"),
    "background": ("nav.more", "more.g_story", "more.background"),
    "more_sort": ("nav.more", "more.g_sort"),
    "loose": ("nav.more", "more.g_sort", "loose.title"),
    "sitting": ("nav.more", "more.g_sort", "more.sitting"),
    "attribute": ("nav.more", "more.g_sort", "sel.row"),
    "removed": ("nav.more", "more.g_sort", "away.list"),
    "hold": ("nav.more", "more.g_sort", "hold.title"),
    "more_kept": ("nav.more", "more.g_kept"),
    "copy": ("nav.more", "more.g_kept", "more.copy"),
    "name": ("nav.more", "more.g_kept", "more.copy_done"),
    "code": ("nav.more", "more.g_kept", "more.code"),
    "makecopy": ("nav.more", "more.g_kept", "more.kept"),
    "server": ("nav.more", "more.g_kept", "more.compare"),
    "space": ("nav.more", "more.g_kept", "more.space"),
    "more_open": ("nav.more", "more.g_open"),
    "changewords": ("nav.more", "more.g_open", "more.changewords"),
    "devices": ("nav.more", "more.g_open", "more.devices"),
    "check": ("nav.more", "more.g_open", "more.check"),
    "capset": ("nav.more", "more.g_open", "more.capture"),
    "highrisk": ("nav.more", "more.g_open", "more.highrisk"),
    "signout": ("nav.more", "more.g_open", "more.signout"),
    "locks": ("nav.more", "more.g_open", "more.locks"),
    "cover": ("nav.more", "more.g_open", "more.locks", "locks.cover"),
    "short": ("nav.more", "more.g_open", "more.locks", "locks.short"),
    "clear": ("nav.more", "more.g_open", "more.locks", "locks.clear"),
    "more_how": ("nav.more", "more.g_how"),
    "languages": ("nav.more", "more.g_how", "more.language"),
    "wording": ("nav.more", "more.g_how", "more.wording"),
    "homescreen": ("nav.more", "more.g_how", "more.homescreen"),
    "about": ("nav.more", "more.g_how", "more.about"),
    # From a warning
    "newwords": ("frame.notices_all.other", "frame.words_needed"),
    # A phone without a diary
    "safety": ("door.start",),
    "words": ("door.start", "safety.yes", "add.save"),
    "borrowed": ("door.borrowed",),
    "only": ("door.only",),
    "takecopy": ("door.signin", "door.copy"),
}
BEGINNINGS: dict[str, Step] = {
    "two": js(f"fake.open(24); fake.over = {{ends: {CONFLICTING_VERSIONS}}}"),
    "picture_list": js("fake.open(24); fake.words = {state: 'read', lines: ['Where are you?']}"),
    "four": ONE_PERSON_TWICE,
    "handover": PACK_READY,
    "looks": ACCESS_GIVEN,
    "asked": QUESTION_WAITING,
    "captured": THINGS_WAITING,
    "assisted": THINGS_WAITING,
    "kept": RECORDS_LISTED,
    "copy": js(f"fake.open(1, {UNREGISTERED_ACCOUNT})"),
    "newwords": SIGNED_OUT,
    **dict.fromkeys(("safety", "words", "borrowed", "only", "takecopy"), NO_DIARY),
}
# No places of the stage: what the app is asked to do instead.
CALLS = {"notebook": "quickExit", "showing": "showNow"}


@cache
def texts_of_screens() -> dict[str, str]:
    """Return every text of the screens in English, by key."""
    tables = (json.loads(path.read_text("utf-8")) for path in (STATIC / "src").rglob("words.json"))
    return {key: text for table in tables for key, text in table.items()}


def tap(page: Page, name: str) -> None:
    """Tap the first button whose name begins with the text of this key, up to its first slot, or has this name."""
    text = texts_of_screens().get(name)
    pattern = re.escape(name) if text is None else f"^{re.escape(text.split('{')[0])}"
    page.get_by_role("button", name=re.compile(pattern)).first.click(timeout=5_000)


def test_every_place_has_a_way() -> None:
    """The table has every place of the app, and no other."""
    places = listed_places((STATIC / "src" / "app" / "places.ts").read_text("utf-8"))
    assert places - NOT_IN_THE_APP - NOT_ON_A_PHONE == TAPS.keys()


def test_every_place_is_reached_by_taps(show: OpenPage) -> None:
    """From the first screen after the lock, or of a phone without a diary, taps alone lead to each place."""
    page = show()
    for place, names in TAPS.items():
        js("fake.reset()")(page)
        BEGINNINGS.get(place, OPEN_DIARY)(page)
        for name in names:
            if name == "add.save":
                fill("What happened?", "He rang.")(page)
            tap(page, name)
        if place in CALLS:
            page.wait_for_function("call => fake.asked.some(([name]) => name === call)", arg=CALLS[place])
        else:
            page.wait_for_function("place => stage.place.name === place", arg=place)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_what_belongs_to_a_person_an_order_or_a_report_is_reached_from_there(show: OpenPage) -> None:
    """Each has rows to what belongs with it, and the card about telling someone leads to the list of reports."""
    page = show((RECORDS_LISTED,))
    for kind, rows in {
        "people": ("notices", "orders", "background"),
        "orders": ("notices", "reports"),
        "reports": ("orders", "notices", "cases"),
    }.items():
        for row in rows:
            js(f"stage.go({{name: '{kind}'}})")(page)
            section = page.get_by_role("main").locator("section", has=page.get_by_role("heading", name="See also"))
            section.get_by_role("button", name=texts_of_screens()[f"more.{row}"], exact=True).click()
            page.wait_for_function("place => stage.place.name === place", arg=row)
    js("fake.reset()")(page)
    OPEN_DIARY(page)
    js("stage.go({name: 'add', record: 'r0'}); stage.set({card: 'reported'})")(page)
    tap(page, "card.list_reports")
    page.wait_for_function("place => stage.place.name === place", arg="reports")


@pytest.mark.parametrize("place", ["help", "chase", "entries", "share", "more", "add"])
def test_the_main_places_are_one_tap_from_everywhere(show: OpenPage, place: str) -> None:
    """Help and the five places of the bar are one tap away at a place deep down; so is the lock."""
    page = show((OPEN_DIARY,))
    for name in TAPS["clear"]:
        tap(page, name)
    tap(page, "bar.help" if place == "help" else f"nav.{place}")
    page.wait_for_function("place => stage.place.name === place", arg=place)
    page.get_by_role("banner").get_by_role("button", name="Lock", exact=True).click()
    page.wait_for_function("() => fake.state.phase === 'locked'")


def test_more_has_ten_rows_in_three_groups(show: OpenPage) -> None:
    """Ten rows at most, whatever the account; none of them is a word of the law or of the program."""
    for opening in (OPEN_DIARY, BEGINNINGS["copy"]):
        page = show((opening,))
        tap(page, "nav.more")
        expect(page.get_by_role("heading", name="More", level=1)).to_be_visible()
        names = page.get_by_role("main").get_by_role("button").all_inner_texts()
        assert 1 < len(names) <= 10
        assert page.get_by_role("heading", level=2).count() == 3
        for key in ("more.background", "more.cases", "hold.title", "more.compare", "more.notices"):
            assert texts_of_screens()[key] not in {name.split("\n")[0] for name in names}
