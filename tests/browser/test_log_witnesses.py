"""Log witnesses on the phone: how many cosigned the log, and a server that no longer names one.

The witness program is a third party's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.trust.witness_program import WitnessProgram, new_witness

NOTARY_SEED = bytes(31) + b"\x2d"
FIRST_WITNESS, SECOND_WITNESS = "witness.example/w1", "witness.example/w2"
WITNESS_GONE_WARNING = "The server does not name the same witnesses as before."


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WitnessProgram, WitnessProgram]]:
    """Return two witnesses that trust this server's notary. Only the first one runs."""
    folder = tmp_path_factory.mktemp("witnesses")
    started = [new_witness(folder / str(i), name) for i, name in enumerate((FIRST_WITNESS, SECOND_WITNESS))]
    for witness in started:
        witness.add_log(Ed25519Signer(NOTARY_SEED).log_id, Ed25519Signer(NOTARY_SEED).pub)
    with started[0].running_witness():
        yield started[0], started[1]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate, witnesses: tuple[WitnessProgram, WitnessProgram]
) -> Iterator[LiveServer]:
    """Run a server that signs its log every second and uses the first witness."""
    settings = {"DIARY_CHECKPOINT_SECONDS": "1", "DIARY_NOTARY_KEY": b64(NOTARY_SEED)}
    settings["DIARY_WITNESSES"] = str(witnesses[0].write_settings_file())
    live_server = LiveServer(tmp_path_factory.mktemp("server"), certificate, cheap_crypto=True, settings=settings)
    live_server.start()
    yield live_server
    live_server.stop()


def open_comparison(keeper: BrowserKeeper) -> None:
    """Make the phone check for news, then open the page that compares."""
    keeper.page.evaluate("dispatchEvent(new Event('online'))")
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.wait_for_text("Seen by others")


def test_the_screen_names_log_witnesses_and_one_that_is_gone(
    new_phone: NewPhone, server: LiveServer, witnesses: tuple[WitnessProgram, WitnessProgram]
) -> None:
    """The screen names the one witness.

    When the operator replaces it, every screen reports that until it is read, also after a restart.
    """
    keeper = new_phone()
    keeper.create_registered_diary("He rang twice.")
    keeper.wait_until_kept_safe("He rang twice.")
    seen_by = keeper.page.get_by_text(f"1 witness has seen the list: {FIRST_WITNESS}.")
    for _ in range(30):
        if check_and_is_shown(keeper, seen_by):
            break
    expect(seen_by).to_be_visible()
    assert accessibility_faults(keeper.page) == []

    server.stop()
    witnesses[0].write_settings_file().write_text(witnesses[1].write_settings_file().read_text())
    server.start()
    warning = keeper.page.get_by_text(WITNESS_GONE_WARNING)
    for _ in range(30):
        if check_and_is_shown(keeper, warning):
            break
    expect(warning).to_contain_text(f"Gone or changed: {FIRST_WITNESS}.")
    expect(keeper.page.get_by_text("No witness has seen the list yet.")).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    keeper.page.reload()
    keeper.unlock()
    expect(warning).to_be_visible()
    keeper.open_notices()
    keeper.page.get_by_role("status").filter(has_text=WITNESS_GONE_WARNING).get_by_role(
        "button", name="I have read this"
    ).click()
    expect(warning).to_have_count(0)
    keeper.page.reload()
    keeper.unlock()
    open_comparison(keeper)
    expect(warning).to_have_count(0)


def check_and_is_shown(keeper: BrowserKeeper, text: Locator) -> bool:
    """Compare once more. Return whether the text is shown."""
    keeper.page.wait_for_timeout(1000)
    open_comparison(keeper)
    return text.is_visible()
