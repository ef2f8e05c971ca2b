"""The crypto in real Chromium, under the product's own headers: page, worker and vault.

tests/js runs the same checks in Node. The engine, the content security policy, Trusted Types and the worker are
different here.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import PageErrors
from tests.browser.static_server import serve_page

pytestmark = pytest.mark.browser

PASSPHRASE = "cage candy arch gather drum buyer"
MIN_ARGON2_COST = {"m": 47_104, "t": 1}
# Server and page are local and small, so only a busy machine takes long.
TIMEOUT_MS = 120_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return a page with the checks loaded."""
    with serve_page("/tests/browser/vectors/page.js") as address:
        tab = browser.new_page()
        tab.set_default_timeout(TIMEOUT_MS)
        page_errors = PageErrors()
        page_errors.listen(tab)
        tab.goto(address)
        tab.evaluate("async () => { while (!window.checks) await new Promise((done) => setTimeout(done, 20)); }")
        yield tab
        tab.close()
        assert page_errors.messages == []


@pytest.mark.parametrize("where", ["inPage", "inWorker"])
def test_every_vector_gives_the_expected_bytes(page: Page, where: str) -> None:
    """Page and worker read and write the bytes of tests/vectors/."""
    answer = page.evaluate(f"() => window.checks.{where}()")
    assert answer["failed"] == {}
    assert answer["checks"] >= 13


def assert_first_day(result: dict[str, Any]) -> None:
    """Check what every engine must return."""
    assert result["afterClose"] == "locked"
    assert result["role"] == "diary"
    assert result["sameIdentity"]
    assert (result["text"], result["altered"]) == ("ü", False)
    assert (result["sameBytes"], result["detached"]) == (True, 0)
    assert result["wrong"] == "no_match"
    assert result["sameAuth"]
    assert result["sameDiary"]
    assert result["refused"] == "kdf_refused"
    assert result["codeWords"] == 12


def test_a_first_day_works_with_the_real_worker(page: Page) -> None:
    """Locking, registration, versions, files, restart and a second sign-in work with the real worker."""
    result = page.evaluate(
        "(given) => window.checks.firstDay(...given)", ["/static/js/crypto/worker.js", PASSPHRASE, MIN_ARGON2_COST]
    )
    assert_first_day(result)
    assert result["told"]["engine"] == "wasm"
    assert MIN_ARGON2_COST["m"] <= result["told"]["measured"]["m"] <= 65_536


def test_a_first_day_works_without_webassembly(page: Page) -> None:
    """The same works without WebAssembly, at the minimum cost."""
    result = page.evaluate(
        "(given) => window.checks.firstDay(...given)", ["/tests/browser/vectors/lockdown.js", PASSPHRASE, None]
    )
    assert_first_day(result)
    assert result["told"]["engine"] == "noble"
    assert (result["kdf"]["m"], result["kdf"]["t"]) == (MIN_ARGON2_COST["m"], MIN_ARGON2_COST["t"])


def test_a_faulty_argon2_blocks_everything(page: Page) -> None:
    """With Argon2 wrong by one bit, no lock is made or opened, and nobody is registered."""
    assert page.evaluate("(words) => window.checks.brokenArgon2(words)", PASSPHRASE) == ["kdf_broken"] * 5


def test_a_missing_worker_is_reported(page: Page) -> None:
    """A missing worker is reported as unavailable, and nothing waits for ever."""
    assert page.evaluate("() => window.checks.noWorker()") == "unavailable"
