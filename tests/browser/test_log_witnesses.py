"""Log witnesses on the phone: how many have seen the log, and a server that stops naming one. The witness is not ours."""

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
    """Two witnesses that trust this server's notary. Only the first of them answers."""
    folder = tmp_path_factory.mktemp("witnesses")
    made = [new_witness(folder / str(i), name) for i, name in enumerate((FIRST, SECOND))]
    for one in made:
        one.trusts(Notary(SEED).log, Notary(SEED).pub)
    with made[0].serving():
        yield made[0], made[1]


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


def looks(keeper: Keeper) -> None:
    """As when signal comes back, and then the page that compares."""
    keeper.page.evaluate("dispatchEvent(new Event('online'))")
    keeper.goes("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.sees("Seen by others")


def test_the_screen_says_how_many_witnesses_saw_the_log_and_that_one_is_gone(
    new_phone: NewPhone, server: Served, witnesses: tuple[WitnessProgram, WitnessProgram]
) -> None:
    """One, by name. The operator then names another in its place: said on every screen until it is read, over a restart too."""
    keeper = new_phone()
    keeper.begins("He rang twice.")
    keeper.is_kept_safe("He rang twice.")
    said = keeper.page.get_by_text(f"1 witness has seen the list: {FIRST}.")
    for _ in range(30):
        if looked_for(keeper, said):
            break
    expect(said).to_be_visible()
    assert faults(keeper.page) == []

    server.stop()
    witnesses[0].settings().write_text(witnesses[1].settings().read_text())
    server.start()
    gone = keeper.page.get_by_text(GONE)
    for _ in range(30):
        if looked_for(keeper, gone):
            break
    expect(gone).to_contain_text(f"Gone or changed: {FIRST}.")
    expect(keeper.page.get_by_text("No witness has seen the list yet.")).to_be_visible()
    assert faults(keeper.page) == []
    keeper.page.reload()
    keeper.unlocks()
    expect(gone).to_be_visible()
    keeper.page.get_by_role("status").filter(has_text=GONE).get_by_role("button", name="I have read this").click()
    expect(gone).to_have_count(0)
    keeper.page.reload()
    keeper.unlocks()
    looks(keeper)
    expect(gone).to_have_count(0)


def looked_for(keeper: Keeper, text: Locator) -> bool:
    """Look once more, and wait a moment for what it brings."""
    keeper.page.wait_for_timeout(1000)
    looks(keeper)
    return text.is_visible()
