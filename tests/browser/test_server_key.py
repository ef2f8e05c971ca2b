"""A server that lost its keys: the phone reports it, sends nothing, and accepts the new key by its fingerprint."""

from __future__ import annotations

import os
import re

from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer, ed25519_fingerprint
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

NARRATIVE_AFTER_LOSS = "Written after the keys were lost."


def test_an_unknown_server_key_is_accepted_when_its_fingerprint_is_typed(
    keeper: BrowserKeeper, server: LiveServer
) -> None:
    """The warning leads to instructions, and a wrong fingerprint changes nothing.

    With the right one, entries are kept safe again.
    """
    keeper.create_registered_diary()
    server.stop()
    (server.settings.data / "notary.key").write_bytes(os.urandom(32))
    server.start()
    keeper.add_entry(NARRATIVE_AFTER_LOSS)
    line = keeper.page.get_by_text(re.compile("signs with a key this phone does not know")).first
    for _ in range(30):
        keeper.page.evaluate("dispatchEvent(new Event('online'))")
        if line.is_visible():
            break
        keeper.page.wait_for_timeout(500)
    expect(line).to_be_visible()
    keeper.tap_notice("Look at what to do")
    keeper.wait_for_screen("Is everything there?")
    assert accessibility_faults(keeper.page) == []
    field = keeper.field("The six groups they told you")
    keeper.tap("Go on with this key")
    keeper.wait_for_text("Type what they told you.")
    field.fill("0000 1111 2222 3333 4444 5555")
    keeper.tap("Go on with this key")
    expect(keeper.error_message().first).to_contain_text("nothing was changed")
    assert accessibility_faults(keeper.page) == []
    field.fill(ed25519_fingerprint(Ed25519Signer(server.settings.load_or_create_notary_seed()).pub))
    keeper.tap("Go on with this key")
    keeper.go_to_tab("Entries")
    keeper.wait_until_kept_safe(NARRATIVE_AFTER_LOSS)
