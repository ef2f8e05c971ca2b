"""Copies of pictures are made in a worker of their own; where it does not start or breaks off, on the page."""

import pytest
from playwright.sync_api import Locator, Worker, expect

from diary.web.headers import COPIES_WORKER_POLICY, PAGES_WORKER_POLICY
from diary.web.precache import COPIES_WORKER_PATH, PAGES_WORKER_PATH
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png_of_size, picker_file

# Each makes this worker fail as some browsers would; the other workers are not touched.
NO_WORKER_SCRIPT = """(() => {
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
        constructor(address, ...options) {
            if (String(address).includes('copies_worker')) throw new TypeError('no worker of this kind');
            super(address, ...options);
        }
    };
})()"""
BROKEN_WORKER_SCRIPT = """(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function fail(message, ...given) {
        if (message.name !== 'makeCopies') return postMessage.call(this, message, ...given);
        this.dispatchEvent(new ErrorEvent('error', { cancelable: true }));
    };
})()"""
POLICY_SCRIPT = "async (path) => (await fetch(path)).headers.get('content-security-policy')"
IS_DECODED_SCRIPT = "(image) => image.complete && image.naturalWidth > 0"


def copies_workers(keeper: BrowserKeeper) -> list[Worker]:
    return [worker for worker in keeper.page.workers if "copies_worker.js" in worker.url]


def add_picture(keeper: BrowserKeeper) -> Locator:
    """Add a picture to a new entry. Return the image on its tile."""
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("shot.png", "image/png", make_png_of_size(300_000))])
    keeper.wait_for_file("shot.png")
    return keeper.file_tile("shot.png").locator("img")


def assert_picture_shown(keeper: BrowserKeeper, picture: Locator) -> None:
    expect(picture).to_be_visible()
    picture.evaluate("(image) => image.decode()")
    assert picture.evaluate(IS_DECODED_SCRIPT)
    assert keeper.page.locator(".error-summary").count() == 0


def test_a_worker_copies_pictures_without_a_network(keeper: BrowserKeeper) -> None:
    """The worker starts offline, from the files that the phone keeps, and its policy holds there too."""
    keeper.create_registered_diary("He waited outside.")
    keeper.wait_until_offline_ready()
    keeper.page.reload()
    keeper.unlock()
    keeper.page.context.set_offline(True)
    keeper.go_to_tab("Add")
    assert_picture_shown(keeper, add_picture(keeper))
    assert len(copies_workers(keeper)) == 1
    for path, policy in ((COPIES_WORKER_PATH, COPIES_WORKER_POLICY), (PAGES_WORKER_PATH, PAGES_WORKER_POLICY)):
        assert keeper.page.evaluate(POLICY_SCRIPT, path) == policy


@pytest.mark.parametrize("script", [NO_WORKER_SCRIPT, BROKEN_WORKER_SCRIPT], ids=["not-started", "broken"])
def test_without_the_worker_the_page_copies_pictures(keeper: BrowserKeeper, script: str) -> None:
    """A browser without such workers, or one that ends it, still keeps a preview of the picture."""
    keeper.page.add_init_script(script)
    keeper.open_without_diary()
    keeper.write_first_entry("He waited outside.")
    keeper.postpone_copy()
    keeper.go_to_tab("Add")
    assert_picture_shown(keeper, add_picture(keeper))
    assert copies_workers(keeper) == []
