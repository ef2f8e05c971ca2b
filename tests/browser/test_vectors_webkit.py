"""The crypto in real WebKit, under the product's own headers: the engine of every iPhone."""

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


def call(webkit: WebKitGTK, name: str, *given: object) -> Any:
    """What a check of vectors/page.js answers."""
    return webkit.execute_async_script(CALL, name, list(given))


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
def test_first_day(webkit: WebKitGTK, worker: str, engine: str) -> None:
    """Lock, registration, versions, files, restart and signing in elsewhere, with WebAssembly and without."""
    day = call(webkit, "firstDay", worker, WORDS, FLOOR)
    assert "error" not in day, day
    assert day["told"]["engine"] == engine
    assert (day["afterClose"], day["wrong"], day["refused"]) == ("locked", "no_match", "kdf_refused")
    assert (day["text"], day["altered"], day["sameBytes"]) == ("\u00fc", False, True)
    assert day["sameIdentity"]
    assert day["sameAuth"]
    assert day["sameDiary"]


def test_wrong_argon2_blocks_everything(webkit: WebKitGTK) -> None:
    """Argon2 that is wrong by one bit makes no door, opens none and registers nobody."""
    assert call(webkit, "brokenArgon2", WORDS) == ["kdf_broken"] * 5
