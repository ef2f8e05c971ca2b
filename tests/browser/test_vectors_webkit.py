"""The crypto in real WebKit, the engine of every iPhone, under the product's own headers."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import WebKitGTK

from tests.browser.static_server import serve_page
from tests.browser.webkit import run_webkit

pytestmark = pytest.mark.webkit

PASSPHRASE = "cage candy arch gather drum buyer"
MIN_ARGON2_COST = {"m": 47_104, "t": 1}
CALL_CHECK_SCRIPT = """
const [name, given, done] = arguments;
const wait = async () => { while (!window.checks) await new Promise((next) => setTimeout(next, 20)); };
wait().then(() => window.checks[name](...given)).then(done, (error) => done({ error: String(error.stack || error) }));
"""


@pytest.fixture(scope="module")
def webkit() -> Iterator[WebKitGTK]:
    """Return a WebKit on a page with the checks."""
    with serve_page("/tests/browser/vectors/page.js") as address, run_webkit() as driver:
        driver.get(address)
        yield driver


def call_check(webkit: WebKitGTK, name: str, *arguments: object) -> Any:
    """Return the result of a check of vectors/page.js."""
    return webkit.execute_async_script(CALL_CHECK_SCRIPT, name, list(arguments))


@pytest.mark.parametrize("where", ["inPage", "inWorker"])
def test_every_vector_gives_the_expected_bytes(webkit: WebKitGTK, where: str) -> None:
    """Page and worker read and write the bytes of tests/vectors/."""
    answer = call_check(webkit, where)
    assert answer.get("failed") == {}, answer
    assert answer["checks"] >= 13


@pytest.mark.parametrize(
    ("worker", "engine"),
    [("/static/js/crypto/worker.js", "wasm"), ("/tests/browser/vectors/lockdown.js", "noble")],
)
def test_a_first_day_works(webkit: WebKitGTK, worker: str, engine: str) -> None:
    """Locking, registration, versions, files, restart and a second sign-in work with WebAssembly and without."""
    result = call_check(webkit, "firstDay", worker, PASSPHRASE, MIN_ARGON2_COST)
    assert "error" not in result, result
    assert result["told"]["engine"] == engine
    assert (result["afterClose"], result["wrong"], result["refused"]) == ("locked", "no_match", "kdf_refused")
    assert (result["text"], result["altered"], result["sameBytes"]) == ("\u00fc", False, True)
    assert result["sameIdentity"]
    assert result["sameAuth"]
    assert result["sameDiary"]


def test_a_faulty_argon2_blocks_everything(webkit: WebKitGTK) -> None:
    """With Argon2 wrong by one bit, no lock is made or opened, and nobody is registered."""
    assert call_check(webkit, "brokenArgon2", PASSPHRASE) == ["kdf_broken"] * 5
