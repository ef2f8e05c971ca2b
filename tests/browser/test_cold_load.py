"""A phone that has never opened the app: Start answers while most of it is still on its way."""

import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import slow_network, throttle_cpu
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper

pytestmark = pytest.mark.first_visit

SAFETY_QUESTION = "Is this phone safe to write on?"
REQUEST_LIMIT = 40
REST_OF_THE_APP = r"^/static/app/(engine|screens)\.js$"


@pytest.fixture
def rest_arrives(server: LiveServer) -> Iterator[threading.Event]:
    """Hold back everything but the door until the event is set."""
    released = threading.Event()
    server.inject_fault("GET", REST_OF_THE_APP, held_until=released)
    yield released
    released.set()


def test_start_answers_before_the_rest_has_arrived(keeper: BrowserKeeper, rest_arrives: threading.Event) -> None:
    """Start leads to its question at once. "Yes" waits, says so, and then opens the box with the cursor in it."""
    keeper.open_without_diary()
    keeper.tap("Start")
    keeper.wait_for_screen(SAFETY_QUESTION)
    keeper.tap("Yes")
    expect(keeper.button("Opening…")).to_have_attribute("aria-busy", "true")
    rest_arrives.set()
    keeper.wait_for_screen("What happened?")
    expect(keeper.field("What happened?")).to_be_focused()
    keeper.type_narrative("He rang.")
    keeper.wait_for_sealed_draft()


def test_help_stays_when_the_rest_arrives(keeper: BrowserKeeper, rest_arrives: threading.Event) -> None:
    """Whoever opens Help while the box is on its way is not taken away from it, nor from Start by going back."""
    keeper.open_without_diary()
    keeper.tap("Start")
    keeper.tap("Yes")
    keeper.tap("Help")
    rest_arrives.set()
    keeper.wait_for_screen("Help")
    keeper.wait_until_loaded()
    keeper.wait_for_screen("Help")
    keeper.tap("Back")
    keeper.wait_for_screen(SAFETY_QUESTION)


def test_leave_works_before_the_rest_has_arrived(keeper: BrowserKeeper, rest_arrives: threading.Event) -> None:
    """Whoever leaves while the box is on its way gets the notebook, and the box does not follow."""
    keeper.open_without_diary()
    keeper.tap("Start")
    keeper.tap("Yes")
    keeper.leave()
    expect(keeper.page.locator("main")).to_have_count(0)
    assert SAFETY_QUESTION not in keeper.page.locator("#app").inner_text()
    rest_arrives.set()
    keeper.wait_for_notebook()


def test_a_phone_is_cleared_before_the_rest_has_arrived(keeper: BrowserKeeper, rest_arrives: threading.Event) -> None:
    """Holding the arrow leads to the notebook, too."""
    keeper.open_without_diary()
    keeper.tap("Start")
    keeper.wait_for_screen(SAFETY_QUESTION)
    box = keeper.button("Leave now").bounding_box()
    assert box
    keeper.page.mouse.move(box["x"] + 20, box["y"] + 20)
    keeper.page.mouse.down()
    expect(keeper.page.locator(".leave")).to_have_count(0)
    rest_arrives.set()
    keeper.wait_for_notebook()
    keeper.page.mouse.up()


def test_a_cold_load_makes_few_requests_before_start_answers(keeper: BrowserKeeper, server: LiveServer) -> None:
    """Few requests are made before Start answers. The seconds on a slow phone and network are printed, not judged."""
    slow_network(keeper.page)
    throttle_cpu(keeper.page, 4)
    requests = len(server.exchanges)
    started_at = time.monotonic()
    keeper.page.goto(keeper.app_url)
    keeper.tap("Start")
    keeper.wait_for_screen(SAFETY_QUESTION)
    count = len(server.exchanges) - requests
    print(f"Start answers after {time.monotonic() - started_at:.1f} s and {count} requests")
    assert 0 < count <= REQUEST_LIMIT
