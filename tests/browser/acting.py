"""Steps on the pretended app (fake_app.js), and what several screens are drawn from."""

import json
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.navigators.tongue import said

Act = Callable[[Page], object]
JOB = "here: false, part: 0, parts: [['r0'], ['r1']], flow: {}"
MADE = "name: 'documents-2026-11-24.zip', no: 3, record: 'x1', size: 6100000"


def js(code: str) -> Act:
    """A step that runs `code` in the page and lets it draw."""
    return lambda page: page.evaluate(f"(async () => {{ {code}; await new Promise((go) => setTimeout(go, 60)); }})()")


def go(name: str, **place: object) -> Act:
    """A step to a place."""
    return js(f"stage.go({json.dumps({'name': name, **place})})")


def local(values: str) -> Act:
    """A step that half-types something."""
    return js(f"stage.set({values})")


def press(name: str) -> Act:
    """A step that presses the button of that name, in whatever language the page is."""
    return lambda page: page.get_by_role("button", name=said(page, name), exact=True).first.click()


def fill(label: str, text: str) -> Act:
    """A step that types."""
    return lambda page: page.get_by_label(said(page, label), exact=True).first.fill(text)


OPEN = js("fake.open(24)")
FRESH = js("fake.set({phase: 'fresh'})")
COMING = js("fake.set({account: {...fake.state.account, coming: true}})")
