"""A server that lost its keys: the phone says so, sends nothing, and accepts the new key when a person has typed its
fingerprint."""

from __future__ import annotations

import os
import re

from playwright.sync_api import expect

from diary.crypto.signing import Notary, fingerprint
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served

AFTER = "Written after the keys were lost."


def test_an_unknown_server_key_is_accepted_when_its_fingerprint_is_typed(keeper: Keeper, server: Served) -> None:
    """The warning leads to instructions. A wrong fingerprint changes nothing;
    with the right one, entries are kept safe again.
    """
    keeper.begins()
    server.stop()
    (server.settings.data / "notary.key").write_bytes(os.urandom(32))
    server.start()
    keeper.adds(AFTER)
    line = keeper.page.get_by_text(re.compile("signs with a key this phone does not know")).first
    for _ in range(30):
        keeper.page.evaluate("dispatchEvent(new Event('online'))")
        if line.is_visible():
            break
        keeper.page.wait_for_timeout(500)
    expect(line).to_be_visible()
    keeper.tap("Look at what to do")
    keeper.sees_place("Is everything there?")
    assert faults(keeper.page) == []
    field = keeper.field("The six groups they told you")
    keeper.tap("Go on with this key")
    keeper.sees("Type what they told you.")
    field.fill("0000 1111 2222 3333 4444 5555")
    keeper.tap("Go on with this key")
    expect(keeper.problem().first).to_contain_text("nothing was changed")
    assert faults(keeper.page) == []
    field.fill(fingerprint(Notary(server.settings.read_notary_seed()).pub))
    keeper.tap("Go on with this key")
    keeper.goes("Entries")
    keeper.is_kept_safe(AFTER)
