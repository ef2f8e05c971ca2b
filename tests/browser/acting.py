"""Steps on the fake app (fake_app.ts), and the fragments that several screens are built from."""

import json
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.navigators.tongue import name_on

Act = Callable[[Page], object]
JOB = "here: false, part: 0, parts: [['r0'], ['r1']], flow: {}"
MADE = "name: 'documents-2026-11-24.zip', no: 3, record: 'x1', size: 6100000"


def js(code: str) -> Act:
    """Return a step that runs `code` in the page, then waits until the page has redrawn."""
    return lambda page: page.evaluate(f"(async () => {{ {code}; await new Promise((go) => setTimeout(go, 60)); }})()")


def go(name: str, **place: object) -> Act:
    """Return a step that goes to the screen `name`."""
    return js(f"stage.go({json.dumps({'name': name, **place})})")


def local(values: str) -> Act:
    """Return a step that sets unsaved form values."""
    return js(f"stage.set({values})")


def press(name: str) -> Act:
    """Return a step that presses the button with this English name, in whatever language the page is."""
    return lambda page: page.get_by_role("button", name=name_on(page, name), exact=True).first.click()


def fill(label: str, text: str) -> Act:
    """Return a step that types into the field with this English label."""
    return lambda page: page.get_by_label(name_on(page, label), exact=True).first.fill(text)


OPEN = js("fake.open(24)")
FRESH = js("fake.set({phase: 'fresh'})")
COMING = js("fake.set({account: {...fake.state.account, coming: true}})")
