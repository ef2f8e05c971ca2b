"""What a second device says of a diary that is still coming to it, and of files that are not on it."""

import re

from playwright.sync_api import Page, Route, expect

from diary.encoding import canonical_json, decode_frames, encode_frames, parse_canonical_json
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He rang eleven times after midnight."
FEED = re.compile(r"/changes\?")
UPLOAD_STATE = re.compile(r"/v1/diaries/[^/]+/blobs/[^/]+$")


class HeldRequests:
    """Requests of a page that a test holds back until it lets them go on."""

    def __init__(self, page: Page, address: re.Pattern[str]) -> None:
        """Hold the requests of `page` to matching addresses."""
        self._page = page
        self._held: list[Route] = []
        self._is_released = False
        page.route(address, self._handle)

    def wait(self) -> None:
        """Wait until a request is held."""
        while not self._held:
            self._page.wait_for_timeout(20)

    def let_one_go_on(self) -> None:
        """Let the first request go on, once there is one."""
        self.wait()
        self._held.pop(0).continue_()

    def release(self) -> None:
        """Let everything go on, also what comes later."""
        self._is_released = True
        while self._held:
            self._held.pop(0).continue_()

    def _handle(self, route: Route) -> None:
        if self._is_released:
            route.continue_()
        else:
            self._held.append(route)


def _cut_page(body: bytes) -> bytes:
    """Return the first two versions of a page of the feed, as a server with small pages would."""
    header, *versions = decode_frames(body)
    facts = parse_canonical_json(header)
    assert isinstance(facts, dict)
    if len(versions) <= 2:
        return body
    return encode_frames([canonical_json({**facts, "head": None, "to": facts["after"] + 2}), *versions[:2]])


def _sign_in(device: BrowserKeeper, phone: BrowserKeeper) -> None:
    device.sign_in(phone.login, phone.passphrase)
    device.go_to_tab("Entries")


def _add_picture(keeper: BrowserKeeper) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("gate.png", "image/png", make_png())])
    keeper.wait_for_file("gate.png")


def test_a_new_device_counts_what_is_coming_and_never_says_that_there_is_nothing(
    new_phone: NewPhone, server: LiveServer
) -> None:
    """Until the first sync has ended, the list says what the device waits for, with the number the server announced."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    for text in ("The second one.", "The third one."):
        phone.add_entry(text)
        phone.wait_until_kept_safe(text)
    server.inject_fault("GET", r"/changes$", change_body=_cut_page)
    other = new_phone()
    feed = HeldRequests(other.page, FEED)
    _sign_in(other, phone)
    feed.wait()
    nothing_here = other.page.get_by_text("Nothing here yet.")
    expect(nothing_here).to_have_count(0)
    other.wait_for_text("Asking the server for your entries.")
    assert accessibility_faults(other.page) == []
    other.go_to_tab("Share")
    expect(other.page.get_by_text("There is nothing to share yet.")).to_have_count(0)
    other.go_to_tab("More")
    other.tap(re.compile("^People"), exact=False)
    other.wait_for_text("Asking the server for your entries.")
    other.go_to_tab("Entries")
    feed.let_one_go_on()
    other.wait_for_text(re.compile(r"^Your entries are coming to this phone: 2 of \d items\.$"))
    expect(nothing_here).to_have_count(0)
    feed.release()
    other.wait_for_entry_count(3)
    expect(other.page.get_by_text("Your entries are coming")).to_have_count(0)


def test_a_new_device_without_a_connection_says_that_it_still_waits(new_phone: NewPhone) -> None:
    """Where the signal goes right after signing in, the list says so, after a lock too, until the entries are here."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    other = new_phone()
    other.page.route(FEED, lambda route: route.abort())
    _sign_in(other, phone)
    waiting = other.page.get_by_text("Still waiting for your entries from the server. There is no connection now.")
    expect(waiting).to_be_visible()
    expect(other.page.get_by_text("Nothing here yet.")).to_have_count(0)
    other.lock()
    other.unlock()
    other.go_to_tab("Entries")
    expect(waiting).to_be_visible()
    other.page.unroute(FEED)
    other.lock()
    other.unlock()
    other.wait_for_entry_count(1)
    expect(waiting).to_have_count(0)


def test_files_that_the_server_has_are_being_checked_and_not_on_their_way(new_phone: NewPhone) -> None:
    """A file that was kept safe long ago is being checked until it is here; without a connection it is not checked."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    _add_picture(phone)
    phone.wait_until_kept_safe(NARRATIVE)
    other = new_phone()
    states = HeldRequests(other.page, UPLOAD_STATE)
    _sign_in(other, phone)
    states.wait()
    expect(other.entry_state(NARRATIVE)).to_have_text("Your words are backed up. Checking files.")
    other.page.context.set_offline(True)
    states.release()
    expect(other.entry_state(NARRATIVE)).to_have_text("Your words are backed up. Files not checked yet.")
    other.page.context.set_offline(False)
    other.lock()
    other.unlock()
    other.wait_until_kept_safe(NARRATIVE)


def test_only_files_that_the_server_does_not_have_are_on_their_way(new_phone: NewPhone) -> None:
    """A file that the first phone has not sent is on its way on the second, and kept safe once the server has it."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    parts = HeldRequests(phone.page, re.compile(r"/blobs/[^/]+/parts/"))
    _add_picture(phone)
    parts.wait()
    other = new_phone()
    _sign_in(other, phone)
    expect(other.entry_state(NARRATIVE)).to_have_text(
        "Your words are backed up. Files from your other device are not all uploaded yet."
    )
    parts.release()
    phone.wait_until_kept_safe(NARRATIVE)
    other.lock()
    other.unlock()
    other.go_to_tab("Entries")
    expect(other.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
