"""Steps on the fake app (fake_app.ts), and the fragments that several screens are built from."""

import json
import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.navigators.translations import translated_name

Step = Callable[[Page], object]
LEAVE_TIMEOUT_SECONDS = 10
PACK_JOB_FIELDS = "here: false, part: 0, parts: [['r0'], ['r1']], flow: {}"
PACK_NUMBERS = "73807 03137 88322 66979 05876 85760"
MADE_PACK_FIELDS = f"name: 'documents-2026-11-24.zip', no: 3, numbers: '{PACK_NUMBERS}', record: 'x1', size: 6100000"


def js(code: str) -> Step:
    """Return a step that runs `code` in the page, then waits until the page has redrawn."""
    return lambda page: page.evaluate(f"(async () => {{ {code}; await new Promise((go) => setTimeout(go, 60)); }})()")


def go_to_screen(name: str, **extra: object) -> Step:
    """Return a step that goes to the screen `name`."""
    return js(f"stage.go({json.dumps({'name': name, **extra})})")


def set_form_values(values: str) -> Step:
    """Return a step that sets unsaved form values."""
    return js(f"stage.set({values})")


def look_at(kind: str) -> str:
    """Return the form values for a review of one file of a kind: `letter` or `mail`."""
    return (
        "{step: 'look', looked: 0, looks: [{attachment: 'a9', record: 'r0', name: 'From the council', "
        f"kind: '{kind}', place: false, decision: null}}]}}"
    )


def press(name: str) -> Step:
    """Return a step that presses the button with this English name, in whatever language the page is."""
    return lambda page: page.get_by_role("button", name=translated_name(page, name), exact=True).first.click()


def fill(label: str, text: str) -> Step:
    """Return a step that types into the field with this English label."""
    return lambda page: page.get_by_label(translated_name(page, label), exact=True).first.fill(text)


OPEN_DIARY = js("fake.open(24)")
NO_DIARY = js("fake.set({phase: 'fresh'})")
ENTRIES_ARRIVING = js("fake.set({account: {...fake.state.account, coming: {here: 12, total: 60, state: 'fetching'}}})")


def leave_and_read_phase(page: Page) -> str:
    """Go back, out of the app, and return the phase that the app had when its page was hidden."""
    page.evaluate("globalThis.addEventListener('pagehide', () => { document.cookie = `left=${fake.state.phase}`; })")
    page.go_back()
    page.wait_for_url("about:blank")
    # The page that was left may still be running when the next one is there.
    deadline = time.monotonic() + LEAVE_TIMEOUT_SECONDS
    while not (phases := [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "left"]):
        assert time.monotonic() < deadline, "the page was not hidden"
        page.wait_for_timeout(30)
    return phases[0]
