"""Log witnesses on the phone: how many have seen the log, and a server that no longer names one.
The witness program is a third party's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from diary.crypto.signing import Notary
from diary.encoding import b64
from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Certificate, Served
from tests.trust.witness_program import WitnessProgram, new_witness

SEED = bytes(31) + b"\x2d"
FIRST, SECOND = "witness.example/w1", "witness.example/w2"
GONE = "The server does not name the same witnesses as before."


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WitnessProgram, WitnessProgram]]:
    """Two witnesses that trust this server's notary. Only the first one runs."""
    folder = tmp_path_factory.mktemp("witnesses")
    started = [new_witness(folder / str(i), name) for i, name in enumerate((FIRST, SECOND))]
    for witness in started:
        witness.trusts(Notary(SEED).log, Notary(SEED).pub)
    with started[0].serving():
        yield started[0], started[1]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate, witnesses: tuple[WitnessProgram, WitnessProgram]
) -> Iterator[Served]:
    """A server that signs its log every second and asks the first witness."""
    settings = {"DIARY_CHECKPOINT_SECONDS": "1", "DIARY_NOTARY_KEY": b64(SEED)}
    settings["DIARY_WITNESSES"] = str(witnesses[0].settings())
    served = Served(tmp_path_factory.mktemp("server"), certificate, for_journeys=True, **settings)
    served.start()
    yield served
    served.stop()


def open_comparison(keeper: Keeper) -> None:
    """Make the phone check for news, then open the page that compares."""
    keeper.page.evaluate("dispatchEvent(new Event('online'))")
    keeper.goes("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.sees("Seen by others")


def test_the_screen_names_log_witnesses_and_one_that_is_gone(
    new_phone: NewPhone, server: Served, witnesses: tuple[WitnessProgram, WitnessProgram]
) -> None:
    """The screen names the one witness.
    When the operator replaces it, every screen says so until it is read, also after a restart.
    """
    keeper = new_phone()
    keeper.begins("He rang twice.")
    keeper.is_kept_safe("He rang twice.")
    seen_by = keeper.page.get_by_text(f"1 witness has seen the list: {FIRST}.")
    for _ in range(30):
        if shows_after_looking(keeper, seen_by):
            break
    expect(seen_by).to_be_visible()
    assert faults(keeper.page) == []

    server.stop()
    witnesses[0].settings().write_text(witnesses[1].settings().read_text())
    server.start()
    warning = keeper.page.get_by_text(GONE)
    for _ in range(30):
        if shows_after_looking(keeper, warning):
            break
    expect(warning).to_contain_text(f"Gone or changed: {FIRST}.")
    expect(keeper.page.get_by_text("No witness has seen the list yet.")).to_be_visible()
    assert faults(keeper.page) == []
    keeper.page.reload()
    keeper.unlocks()
    expect(warning).to_be_visible()
    keeper.page.get_by_role("status").filter(has_text=GONE).get_by_role("button", name="I have read this").click()
    expect(warning).to_have_count(0)
    keeper.page.reload()
    keeper.unlocks()
    open_comparison(keeper)
    expect(warning).to_have_count(0)


def shows_after_looking(keeper: Keeper, text: Locator) -> bool:
    """Look once more, and return whether the text is shown."""
    keeper.page.wait_for_timeout(1000)
    open_comparison(keeper)
    return text.is_visible()
