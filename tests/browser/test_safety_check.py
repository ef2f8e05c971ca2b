"""Before anything is written: seven questions whose answers are stored nowhere, and Safari's storage limit."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

SETUP_QUESTION = "Did someone else set up this phone, or do they know its PIN?"
PHOTOS_QUESTION = "Do your photos show up on another device?"
MANAGED_QUESTION = "Is it a work, school or family-managed phone?"
BILL_QUESTION = "Does someone else pay the bill?"
OTHER_QUESTIONS = (
    "Is the phone’s account somebody else’s email address?",
    "Is this somebody else’s Wi-Fi?",
    "Has anyone known things about you that they should not?",
)
STORED_VALUES_SCRIPT = """async () => {
  const open = indexedDB.open('app');
  await new Promise((done) => { open.onsuccess = done; });
  const asked = open.result.transaction('b').objectStore('b').getAllKeys();
  await new Promise((done) => { asked.onsuccess = done; });
  open.result.close();
  return {
    beside: asked.result.map(String).sort(), caches: await caches.keys(),
    stored: localStorage.length + sessionStorage.length,
    workers: (await navigator.serviceWorker.getRegistrations()).length, cookies: document.cookie,
  };
}"""


def _answer_question(keeper: BrowserKeeper, question: str, answer: str) -> None:
    keeper.page.get_by_role("group", name=question).get_by_role("radio", name=answer, exact=True).check()


@pytest.mark.first_visit
def test_the_safety_check_stores_and_sends_no_answers(keeper: BrowserKeeper, server: LiveServer) -> None:
    """The advice appears only when it is certain, with one thing to do for each "yes".

    Answers are not sent, stored or shown again.
    """
    keeper.open_without_diary()
    before = len(server.exchanges)
    keeper.tap("Start")
    keeper.tap("Not sure")
    keeper.wait_for_screen("About this phone")
    expect(keeper.page.get_by_role("group")).to_have_count(7)
    advice = keeper.page.get_by_role("status").filter(has_text="What this means")
    for question in (SETUP_QUESTION, PHOTOS_QUESTION, MANAGED_QUESTION, *OTHER_QUESTIONS):
        _answer_question(keeper, question, "No")
        expect(advice).to_contain_text("Your result appears here as you answer.")
    _answer_question(keeper, BILL_QUESTION, "Yes")
    keeper.wait_for_text("They may see on the bill which numbers you ring and text.")
    expect(keeper.page.get_by_text("They may notice if you change it.")).to_have_count(0)
    expect(advice).to_contain_text("You can write here.")
    _answer_question(keeper, PHOTOS_QUESTION, "Yes")
    keeper.wait_for_text("Do not take pictures with the phone’s own camera app.")
    keeper.wait_for_text("They may notice if you change it.")
    expect(advice).to_contain_text("Write here, but without pictures.")
    _answer_question(keeper, MANAGED_QUESTION, "Yes")
    expect(advice).to_contain_text("Use another device.")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Stop here")
    expect(keeper.button("Start")).to_be_visible()
    # The lock's slots, the draft key and the appearance: the same before and after any answer.
    stored = keeper.page.evaluate(STORED_VALUES_SCRIPT)
    assert stored == {"beside": ["d", "k", "l", "t"], "caches": [], "stored": 0, "workers": 0, "cookies": ""}
    assert [exchange.path for exchange in server.exchanges[before:] if exchange.path.startswith("/v1/")] == []
    keeper.tap("Start")
    keeper.tap("No")
    expect(keeper.page.get_by_role("radio", checked=True)).to_have_count(0)


def test_a_tab_of_safari_warns_before_the_first_save(new_phone: NewPhone) -> None:
    """The seven-day limit is shown before the first save, with the home-screen guide.

    It stays in the state until a copy is kept.
    """
    keeper = new_phone()
    keeper.page.add_init_script("Object.defineProperty(Navigator.prototype, 'standalone', { get: () => false })")
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative("He waited outside.")
    keeper.wait_for_text("Set up a backup now, then add this to your home screen.")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("How to add it to the home screen")
    keeper.wait_for_screen("On the home screen")
    keeper.pick_chip("Lists")
    expect(keeper.page).to_have_title("Lists")
    keeper.tap("Back")
    expect(keeper.field("What happened?")).to_have_value("He waited outside.")
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.choose_passphrase()
    keeper.wait_for_text("Set up a backup now, then add this to your home screen.")
    keeper.postpone_copy()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state("He waited outside.")).to_have_text(
        "Saved in this browser only. Safari may delete it if you do not open this page for 7 days."
    )
    keeper.go_to_tab("More")
    keeper.tap("Set up a backup", exact=False)
    keeper.register_copy()
    keeper.wait_until_kept_safe("He waited outside.")
