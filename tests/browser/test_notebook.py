"""The notebook: where leaving leads, what each passphrase opens at the lock, and what stays after clearing."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

NARRATIVE = "SENTINELACCOUNT he waited by the gate"
HALF_SENTENCE = "SENTINELHALF a sent"
NOTEBOOK_PASSPHRASE = "milk bread onions apples"
SHORT_SECRET = "274913"
# Words that must be in none of a notebook's names.
REVEALING_WORDS = re.compile(
    r"help|exit|leave|999|stalk|diary|incident|evidence|police|abuse|safe|secret|kept|panic|hidden|lock|entr(?:y|ies)",
    re.IGNORECASE,
)
PAGE_CONTENT_SCRIPT = (
    "document.documentElement.outerHTML"
    " + Array.from(document.querySelectorAll('input, textarea'), (field) => field.value).join(' ')"
)
STORED_NAMES_SCRIPT = """async () => {
  const open = indexedDB.open('app');
  await new Promise((done) => { open.onsuccess = done; });
  const tables = [...open.result.objectStoreNames];
  open.result.close();
  const manifest = await fetch(document.querySelector('link[rel=manifest]').href);
  return [document.title, location.href, ...(await caches.keys()),
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...tables, ...Object.keys(localStorage), ...Object.keys(sessionStorage), await manifest.text()];
}"""


def _assert_notebook_reveals_nothing(keeper: BrowserKeeper) -> None:
    """Assert that nothing of the diary is in the page, and that nothing on it reveals the diary."""
    keeper.wait_for_notebook()
    assert "SENTINEL" not in keeper.page.evaluate(PAGE_CONTENT_SCRIPT)
    assert not REVEALING_WORDS.search(keeper.page.inner_text("body"))
    assert (
        keeper.page.locator("[aria-label]").evaluate_all(
            "(all) => all.map((element) => element.getAttribute('aria-label'))"
        )
        == []
    )


def _heap_snapshot(keeper: BrowserKeeper) -> str:
    """Return everything in the page's memory, from a heap snapshot."""
    session = keeper.page.context.new_cdp_session(keeper.page)
    pieces: list[str] = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda event: pieces.append(event["chunk"]))
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    return "".join(pieces)


def test_leaving_mid_sentence_leaves_nothing_on_screen_or_in_history(keeper: BrowserKeeper) -> None:
    """Leaving offline mid-sentence leaves nothing in Back, reload or memory.

    After unlocking, the half sentence is there.
    """
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    keeper.open_entry(NARRATIVE)
    keeper.go_to_tab("Add")
    keeper.page.context.set_offline(True)
    keeper.page.get_by_label("What happened?", exact=True).press_sequentially(HALF_SENTENCE)
    (key_worker,) = keeper.page.workers
    keeper.leave()
    requests: list[str] = []
    keeper.page.on("request", lambda request: requests.append(request.url))
    _assert_notebook_reveals_nothing(keeper)
    for _ in range(100):
        if key_worker not in keeper.page.workers:
            break
        keeper.page.wait_for_timeout(50)
    assert key_worker not in keeper.page.workers, "the worker with the keys is still running"
    assert len(keeper.page.context.pages) == 1
    keeper.tap("New note")
    keeper.field("Note").fill("Bins on Tuesday")
    keeper.tap("Back")
    assert "SENTINEL" not in _heap_snapshot(keeper)
    assert [url for url in requests if "/v1/" in url] == []
    assert keeper.page.evaluate("performance.getEntriesByType('resource').length") == 0, (
        "the page still lists its requests"
    )
    for return_to_page in (keeper.page.reload, lambda: (keeper.page.goto("about:blank"), keeper.page.go_back())):
        return_to_page()
        keeper.wait_for_lock()
        assert "SENTINEL" not in keeper.page.evaluate(PAGE_CONTENT_SCRIPT)
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value(HALF_SENTENCE)
    keeper.wait_for_text("It does not clear the browser’s history.")
    keeper.tap_notice("I have read this")
    expect(keeper.page.get_by_text("It does not clear the browser’s history.")).to_have_count(0)
    keeper.leave()
    keeper.wait_for_text("Bins on Tuesday")
    keeper.open_lock_from_notebook()


# Two lines before the screen is redrawn: the second must not replace the first.
TYPE_TWO_LINES_SCRIPT = """(field) => {
  for (const line of ['Milk', 'Bread']) {
    field.value = line;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  }
}"""


def _use_lists(keeper: BrowserKeeper) -> None:
    """Make two lists; fill, tick, search and delete one."""
    keeper.tap("New list")
    keeper.field("Name of the list").fill("Shopping")
    keeper.field("Add to the list").evaluate(TYPE_TWO_LINES_SCRIPT)
    keeper.page.get_by_label("Milk", exact=True).check()
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Back")
    keeper.wait_for_text("1 to go")
    keeper.tap("New list")
    keeper.field("Name of the list").fill("Holiday")
    keeper.tap("Back")
    keeper.page.get_by_label("Search").fill("bread")
    expect(keeper.page.locator(".item")).to_have_count(1)
    keeper.page.locator(".item").click()
    keeper.tap("Delete")
    keeper.page.get_by_label("Search").fill("")
    expect(keeper.page.locator(".item")).to_have_text(re.compile("^Holiday"))


def test_the_notebook_works_in_both_appearances(keeper: BrowserKeeper, server: LiveServer) -> None:
    """Notes are written, found, deleted and kept over a reload.

    The notebook has its own manifest, title and words, and makes no request.
    """
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.enable_notebook(NOTEBOOK_PASSPHRASE)
    assert accessibility_faults(keeper.page) == []
    keeper.pick_chip("The notebook")
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^On the home screen"), exact=False)
    keeper.pick_chip("Lists")
    expect(keeper.page).to_have_title("Lists")
    keeper.go_to_tab("Add")
    keeper.page.reload()
    keeper.wait_for_notebook()
    expect(keeper.page).to_have_title("Lists")
    before = len(server.exchanges)
    _use_lists(keeper)
    _assert_notebook_reveals_nothing(keeper)
    assert not REVEALING_WORDS.search(json.dumps(keeper.page.evaluate(STORED_NAMES_SCRIPT)).replace("localhost", ""))
    keeper.page.reload()
    keeper.wait_for_text("Holiday")
    # A held key works like a held finger.
    keeper.page.locator("h1 button").focus()
    keeper.page.keyboard.down("Enter")
    keeper.wait_for_lock()
    keeper.page.keyboard.up("Enter")
    assert not REVEALING_WORDS.search(keeper.page.inner_text("body"))
    keeper.try_passphrase(NOTEBOOK_PASSPHRASE)
    keeper.wait_for_notebook()
    assert [exchange for exchange in server.exchanges[before:] if "/v1/" in exchange.path] == []
    assert keeper.page.context.cookies() == []
    keeper.open_lock_from_notebook()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)


def test_a_notebook_works_without_a_diary(keeper: BrowserKeeper, server: LiveServer) -> None:
    """Without a diary, the notebook shows its limits first and has the same lock.

    Wrong and right words and a reload work offline, without a request.
    """
    keeper.open_without_diary()
    before = len(server.exchanges)
    keeper.tap("Only a notebook")
    keeper.wait_for_text("A notebook is not a diary")
    keeper.wait_for_text("That deletes the notes.")
    keeper.field("Password for the notebook").fill(NOTEBOOK_PASSPHRASE)
    keeper.tap("Make it a notebook")
    keeper.wait_for_text("Tick the box if you want to go on.")
    keeper.tap("Back")
    keeper.create_notebook_only(NOTEBOOK_PASSPHRASE)
    _assert_notebook_reveals_nothing(keeper)
    keeper.tap("New note")
    keeper.field("Note").fill("Bins on Tuesday")
    keeper.tap("Back")
    keeper.wait_for_text("Bins on Tuesday")
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    for return_to_lock in (keeper.open_lock_from_notebook, keeper.page.reload):
        return_to_lock()
        keeper.wait_for_lock()
        expect(keeper.page.get_by_role("button")).to_have_text(["Show", "Open", "Add picture"])
        keeper.try_passphrase("none of these words")
        expect(keeper.error_message()).to_contain_text("That didn’t open anything. Try again.")
        keeper.try_passphrase(NOTEBOOK_PASSPHRASE)
        _assert_notebook_reveals_nothing(keeper)
        keeper.wait_for_text("Bins on Tuesday")
    assert [exchange.path for exchange in server.exchanges[before:] if "/v1/" in exchange.path] == []
    assert keeper.page.context.cookies() == []


def test_a_short_secret_opens_the_diary_until_it_is_turned_off(keeper: BrowserKeeper) -> None:
    """The short secret is off until its limits are read.

    It opens the diary, and wrong ones are delayed. Turned off, it opens nothing.
    """
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    assert keeper.page.context.cookies() == []
    keeper.open_lock_settings("A PIN for this app")
    keeper.tap("Set up a PIN")
    keeper.field("Type your password").fill(keeper.passphrase)
    keeper.field("PIN").fill(SHORT_SECRET)
    keeper.field("Type it once more").fill(SHORT_SECRET)
    keeper.tap("Turn it on")
    keeper.wait_for_text("Tick the box if you want to go on.")
    keeper.page.get_by_label("I have read this and want it all the same").check()
    keeper.tap("Turn it on")
    keeper.wait_for_text("On. This PIN opens your entries too.")
    keeper.lock()
    for n in range(3):
        keeper.try_passphrase(f"00000{n}")
        expect(keeper.error_message()).to_contain_text("Try again.")
        expect(keeper.button("Open")).to_be_enabled()
    keeper.try_passphrase(SHORT_SECRET)
    expect(keeper.error_message()).to_contain_text("Try again in a moment.")
    keeper.page.wait_for_timeout(5200)
    keeper.try_passphrase(SHORT_SECRET)
    keeper.wait_for_screen("What happened?")
    keeper.open_entry(NARRATIVE)
    _assert_new_secret_needs_passphrase(keeper)
    keeper.open_lock_settings("A PIN for this app")
    keeper.tap("Turn it off")
    keeper.lock()
    keeper.try_passphrase(SHORT_SECRET)
    expect(keeper.error_message()).to_contain_text("That didn’t open anything. Try again.")
    keeper.unlock()


def _assert_new_secret_needs_passphrase(keeper: BrowserKeeper) -> None:
    """Assert that neither the open diary nor the old secret lets anybody set another short secret."""
    keeper.open_lock_settings("A PIN for this app")
    keeper.tap("Turn it off")
    keeper.tap("Set up a PIN")
    keeper.page.get_by_label("I have read this and want it all the same").check()
    keeper.field("PIN").fill("918273")
    keeper.field("Type it once more").fill("918273")
    for words in (SHORT_SECRET, "none of these words"):
        keeper.field("Type your password").fill(words)
        keeper.field("PIN").fill("918273")
        keeper.field("Type it once more").fill("918273")
        keeper.tap("Turn it on")
        expect(keeper.error_message()).to_be_visible()
        expect(keeper.button("Turn it on")).to_be_enabled()
    keeper.field("Type your password").fill(keeper.passphrase)
    keeper.field("PIN").fill(SHORT_SECRET)
    keeper.field("Type it once more").fill(SHORT_SECRET)
    keeper.tap("Turn it on")
    keeper.wait_for_text("On. This PIN opens your entries too.")


def test_a_cleared_phone_restores_everything(new_phone: NewPhone, server: LiveServer) -> None:
    """Holding the Leave button offline clears the phone, with an unsent entry.

    Later the same words restore everything and send it.
    """
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_offline_ready()
    assert keeper.page.context.cookies() == []
    keeper.page.context.set_offline(True)
    keeper.add_entry("SENTINELSECOND and then he rang")
    keeper.go_to_tab("Add")
    keeper.type_narrative(HALF_SENTENCE)
    keeper.clear_phone()
    _assert_notebook_reveals_nothing(keeper)
    assert "SENTINEL" not in _heap_snapshot(keeper)
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value(HALF_SENTENCE)
    keeper.go_to_tab("Entries")
    expect(keeper.page.locator(".item")).to_have_count(1)
    keeper.page.context.set_offline(False)
    keeper.page.evaluate("dispatchEvent(new Event('online'))")
    keeper.wait_for_entry_count(2)
    keeper.wait_until_kept_safe("SENTINELSECOND")
    keeper.open_entry(NARRATIVE)


def test_the_page_is_covered_when_it_loses_focus(keeper: BrowserKeeper) -> None:
    """The page is covered on blur, on pagehide and when hidden, and shown again on return."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    article = keeper.page.get_by_role("article").first
    for hide_event, return_event in (("blur", "focus"), ("pagehide", "pageshow")):
        keeper.page.evaluate(f"dispatchEvent(new Event('{hide_event}'))")
        expect(article).to_be_hidden()
        keeper.page.evaluate(f"dispatchEvent(new Event('{return_event}'))")
        expect(article).to_be_visible()
    # After the last control, Tab goes to the browser's own bars:
    # the page stays visible then, but a later blur covers it.
    keeper.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'Tab'})); dispatchEvent(new Event('blur'))")
    expect(article).to_be_visible()
    keeper.page.wait_for_timeout(400)
    keeper.page.evaluate("dispatchEvent(new Event('blur'))")
    expect(article).to_be_hidden()


LEAVING_SCRIPT = """() => {
  document.querySelector('.leave').click();
  return !document.querySelector('.frame');
}"""
LEAVING_TIMES_SCRIPT = """(hold) => new Promise((done) => {
  const button = document.querySelector('.leave');
  const from = performance.now();
  let covered = null;
  const look = () => {
    if (covered === null && !document.querySelector('.frame')) covered = performance.now() - from;
    const isThere = document.querySelector('.notebook h1');
    if (isThere) requestAnimationFrame(() => setTimeout(() => done({ covered, shown: performance.now() - from })));
    else requestAnimationFrame(look);
  };
  button.click();
  look();
})"""
CLEARING_TIME_SCRIPT = """() => new Promise((done) => {
  const button = document.querySelector('.leave');
  button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  const held = performance.now() + 2000;
  const look = () => {
    const isThere = document.querySelector('.notebook h1') && !document.querySelector('.frame');
    if (isThere) requestAnimationFrame(() => setTimeout(() => done(performance.now() - held)));
    else requestAnimationFrame(look);
  };
  look();
})"""


def test_leaving_removes_the_diary_in_the_same_task_as_the_tap(keeper: BrowserKeeper) -> None:
    """Nothing is waited for before the diary is off the page, on a slowed processor; holding Leave clears it too."""
    keeper.create_registered_diary(NARRATIVE)
    for n in range(4):
        keeper.add_entry(f"He rang for the {n}th time.")
    session = keeper.page.context.new_cdp_session(keeper.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    for _ in range(3):
        keeper.go_to_tab("Add")
        keeper.page.get_by_label("What happened?", exact=True).press_sequentially("half")
        assert keeper.page.evaluate(LEAVING_SCRIPT)
        keeper.wait_for_notebook()
        keeper.open_lock_from_notebook()
        keeper.unlock()
    keeper.page.evaluate(CLEARING_TIME_SCRIPT)
