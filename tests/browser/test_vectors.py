"""The crypto in real Chromium, under the product's own headers: page, worker and vault.

tests/js runs the same checks in Node; what differs here is the engine, the content security policy, Trusted
Types and the worker.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import Complaints
from tests.browser.files import served

pytestmark = pytest.mark.browser

WORDS = "cage candy arch gather drum buyer"
FLOOR = {"m": 47_104, "t": 1}
# A local server and a small page: what keeps it busy is the machine, not the network.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page with the checks ready."""
    with served("/tests/browser/vectors/page.js") as address:
        made = browser.new_page()
        made.set_default_timeout(PATIENCE)
        complaints = Complaints()
        complaints.listen(made)
        made.goto(address)
        made.evaluate("async () => { while (!window.checks) await new Promise((done) => setTimeout(done, 20)); }")
        yield made
        made.close()
        assert complaints.heard == []


@pytest.mark.parametrize("where", ["inPage", "inWorker"])
def test_every_vector_holds(page: Page, where: str) -> None:
    """Page and worker read and write the bytes of tests/vectors/."""
    answer = page.evaluate(f"() => window.checks.{where}()")
    assert answer["failed"] == {}
    assert answer["checks"] >= 13


def check_first_day(day: dict[str, Any]) -> None:
    """What holds whatever engine ran."""
    assert day["afterClose"] == "locked"
    assert day["role"] == "diary"
    assert day["sameIdentity"]
    assert (day["text"], day["altered"]) == ("ü", False)
    assert (day["sameBytes"], day["detached"]) == (True, 0)
    assert day["wrong"] == "no_match"
    assert day["sameAuth"]
    assert day["sameDiary"]
    assert day["refused"] == "kdf_refused"
    assert day["codeWords"] == 12


def test_first_day(page: Page) -> None:
    """Lock, registration, versions, files, restart and signing in elsewhere work through the real worker."""
    day = page.evaluate("(given) => window.checks.firstDay(...given)", ["/static/js/crypto/worker.js", WORDS, FLOOR])
    check_first_day(day)
    assert day["told"]["engine"] == "wasm"
    assert FLOOR["m"] <= day["told"]["measured"]["m"] <= 65_536


def test_first_day_without_webassembly(page: Page) -> None:
    """The same where there is no WebAssembly, at the floor's cost."""
    day = page.evaluate("(given) => window.checks.firstDay(...given)", ["/tests/browser/vectors/lockdown.js", WORDS, None])
    check_first_day(day)
    assert day["told"]["engine"] == "noble"
    assert (day["kdf"]["m"], day["kdf"]["t"]) == (FLOOR["m"], FLOOR["t"])


def test_wrong_argon2_blocks_everything(page: Page) -> None:
    """Argon2 that is wrong by one bit makes no door, opens none and registers nobody."""
    assert page.evaluate("(words) => window.checks.brokenArgon2(words)", WORDS) == ["kdf_broken"] * 5


def test_worker_that_does_not_load(page: Page) -> None:
    """A worker that is not there is said to be unavailable; nothing waits for ever."""
    assert page.evaluate("() => window.checks.noWorker()") == "unavailable"
