"""The crypto in real WebKit, the engine of every iPhone, under the product's own headers."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import WebKitGTK

from tests.browser.files import served
from tests.browser.webkit import webkit_driver

pytestmark = pytest.mark.webkit

WORDS = "cage candy arch gather drum buyer"
FLOOR = {"m": 47_104, "t": 1}
CALL = """
const [name, given, done] = arguments;
const wait = async () => { while (!window.checks) await new Promise((next) => setTimeout(next, 20)); };
wait().then(() => window.checks[name](...given)).then(done, (error) => done({ error: String(error.stack || error) }));
"""


@pytest.fixture(scope="module")
def webkit() -> Iterator[WebKitGTK]:
    """WebKit on a page with the checks."""
    with served("/tests/browser/vectors/page.js") as address, webkit_driver() as driver:
        driver.get(address)
        yield driver


def call(webkit: WebKitGTK, name: str, *arguments: object) -> Any:
    """Return the result of a check of vectors/page.js."""
    return webkit.execute_async_script(CALL, name, list(arguments))


@pytest.mark.parametrize("where", ["inPage", "inWorker"])
def test_every_vector_holds(webkit: WebKitGTK, where: str) -> None:
    """Page and worker read and write the bytes of tests/vectors/."""
    answer = call(webkit, where)
    assert answer.get("failed") == {}, answer
    assert answer["checks"] >= 13


@pytest.mark.parametrize(
    ("worker", "engine"),
    [("/static/js/crypto/worker.js", "wasm"), ("/tests/browser/vectors/lockdown.js", "noble")],
)
def test_a_first_day_works(webkit: WebKitGTK, worker: str, engine: str) -> None:
    """Locking, registration, versions, files, restart and a second sign-in work with WebAssembly and without."""
    day = call(webkit, "firstDay", worker, WORDS, FLOOR)
    assert "error" not in day, day
    assert day["told"]["engine"] == engine
    assert (day["afterClose"], day["wrong"], day["refused"]) == ("locked", "no_match", "kdf_refused")
    assert (day["text"], day["altered"], day["sameBytes"]) == ("\u00fc", False, True)
    assert day["sameIdentity"]
    assert day["sameAuth"]
    assert day["sameDiary"]


def test_a_wrong_argon2_blocks_everything(webkit: WebKitGTK) -> None:
    """With Argon2 wrong by one bit, no lock is made or opened, and nobody is registered."""
    assert call(webkit, "brokenArgon2", WORDS) == ["kdf_broken"] * 5
