"""Packs that are stopped while the phone makes them: what was chosen is kept, and the pack goes on."""

import re
from pathlib import Path

from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import give_consent, go_to_consent, review_findings, save_pack
from tests.browser.test_pages_on_phone import keeper_with_a_picture, read_documents

SCREEN_WAKE_RECORDER = """
  window.screenLocks = 0;
  Object.defineProperty(navigator, 'wakeLock', { value: {
    request: async () => {
      window.screenLocks += 1;
      return { release: async () => { window.screenLocks -= 1; } };
    },
  } });
"""


def test_a_pack_goes_on_after_a_stop_a_lock_and_a_reload(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Each ends the layout at once, and what was chosen is kept; the screen stays on while a pack is made.

    After a lock or a reload plain pages are offered. The pack has the number that the first try would have had.
    """
    keeper = keeper_with_a_picture(new_phone)
    keeper.page.context.add_init_script(SCREEN_WAKE_RECORDER)
    keeper.page.evaluate(SCREEN_WAKE_RECORDER)
    go_to_consent(keeper, 1)
    assert not keeper.page.get_by_text("The last try did not finish").is_visible()
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Fetching|^Making the pages"))).to_be_visible()
    _wait_for_screen_locks(keeper, 1)
    keeper.tap("Stop making it")
    keeper.wait_for_text("Stopped. Nothing was kept of it.")
    _wait_for_screen_locks(keeper, 0)
    _go_on_to_consent(keeper, "Go on with the pack you began")
    assert not keeper.page.get_by_text("The last try did not finish").is_visible()
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Making the pages"))).to_be_visible()
    keeper.lock()
    keeper.unlock()
    _wait_for_screen_locks(keeper, 0)
    _go_on_to_consent(keeper, "Go on with the pack that did not finish")
    keeper.wait_for_text("The last try did not finish")
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Making the pages"))).to_be_visible()
    keeper.page.reload()
    keeper.unlock()
    _go_on_to_consent(keeper, "Go on with the pack that did not finish")
    keeper.page.get_by_label("Make plain pages this time.").check()
    give_consent(keeper)
    pack = save_pack(keeper, tmp_path)
    keeper.wait_for_text("The pages are plain, as you chose.")
    expect(keeper.page.get_by_text("Pack 1", exact=False).first).to_be_visible()
    assert read_documents(pack).keys() == {"01_chronology.html"}
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    _wait_for_screen_locks(keeper, 0)
    keeper.go_to_tab("Share")
    keeper.tap("Make another")
    keeper.wait_for_screen("Share")
    assert not keeper.page.get_by_role("button", name=re.compile("^Go on with the pack")).is_visible()


def _wait_for_screen_locks(keeper: BrowserKeeper, count: int) -> None:
    """Wait until the page holds this number of locks that keep the screen on."""
    keeper.wait_until(lambda: keeper.page.evaluate("window.screenLocks") == count, f"{count} screen locks")


def _go_on_to_consent(keeper: BrowserKeeper, row: str) -> None:
    """Go on with a pack from its row on Share, as far as the consent. What was typed is still there."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile(f"^{row}")).click()
    keeper.wait_for_screen("What goes in")
    keeper.tap("Change")
    keeper.page.get_by_role("button", name=re.compile("^For the officer")).click()
    expect(keeper.field("Your initials")).to_have_value("jb")
    expect(keeper.field("Name to use")).to_have_value("Jo")
    keeper.tap("Done")
    keeper.wait_for_screen("What goes in")
    review_findings(keeper, 0)
    keeper.wait_for_screen("Before the pack is made")
