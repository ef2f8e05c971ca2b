"""The pack screens on a fake app: every question once, stopping, and which entries are read first."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.navigators.sharing import NONE_OF_THESE, PASSPHRASE_LABEL, READ_TILE_SCRIPT
from tests.browser.screen_steps import ENTRIES_ARRIVING, OPEN_DIARY, go_to_screen, js, look_at, press, set_form_values
from tests.browser.test_screens import PACK_STEPS, address, show
from tests.browser.test_screens_driven import OpenPage, calls_of

__all__ = ["address", "show"]


def test_a_pack_from_choice_to_zip(show: OpenPage) -> None:
    """Everything is asked once, consent cannot be skipped, and the zip can be saved and handed over."""
    page = show((*PACK_STEPS, press("Next")))
    picture = page.get_by_role("button", name=re.compile("^Picture 1 of 1"))
    picture.evaluate(READ_TILE_SCRIPT)
    expect(picture).to_contain_text("Seen")
    page.get_by_role("button", name=NONE_OF_THESE).click()
    expect(page.get_by_text("A still of a film.")).to_be_visible()
    page.keyboard.press("2")  # the same answers by keyboard
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    assert [decision for _, decision in calls_of(page, "decidePicture")] == ["fine", "hold"]
    expect(page.get_by_text("If it is the number of the person you write about, leave it in.")).to_have_count(1)
    page.get_by_role("button", name="Hide it").first.click()
    expect(page.get_by_role("button", name="Leave it in")).to_have_count(1)
    page.get_by_role("button", name="Leave it in").click()
    expect(page.get_by_role("button", name="Leave it in")).to_have_count(0)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Make the pack").click()
    assert calls_of(page, "decideWords") == [["LS1 4AB", "hold"], ["07700 900123", "fine"], ["07700900123", "fine"]]
    expect(page.get_by_text("Type your password.")).to_be_visible()
    _assert_passphrase_needed(page)
    expect(page.get_by_text("37%")).to_be_visible()
    page.get_by_role("button", name="Entries").click()
    expect(page.get_by_role("heading", name="Entries")).to_be_visible()
    page.get_by_role("button", name="Share").click()
    page.evaluate("fake.finishPack()")
    expect(page.get_by_role("heading", name="Your pack is ready")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save it to this phone").click()
    assert download.value.suggested_filename == "documents-2026-11-24.zip"
    [request] = calls_of(page, "buildPack")
    assert request["initials"] == "JB"
    assert page.evaluate("fake.asked.find(([call]) => call === 'buildPack')[1].agreed === fake.agreement")
    assert calls_of(page, "agree") == [["not my words", 1], ["my words", 1]]
    # Handing over needs the words again: the server needs a proof, and the phone stores none.
    page.get_by_role("button", name="Hand it over with eight words").click()
    page.get_by_role("button", name="Leave it and get the words").click()
    assert calls_of(page, "handOver") == []
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Type your password to go on", exact=True).fill("my words")
    sheet.get_by_role("button", name="Leave it and get the words").click()
    expect(page.get_by_text("Leaving the pack")).to_be_visible()
    assert len(calls_of(page, "handOver")) == 1


def _found_words(page: Page) -> Locator:
    """Go to the words that may say where someone is. Return the cards with a question."""
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on without looking at the rest").click()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    return page.get_by_role("main").locator("li .note")


def test_quick_answers_all_count_and_no_card_moves(show: OpenPage) -> None:
    """Nobody has to wait for an answer to be stored, and a second tap on the same place answers nothing else."""
    page = show(PACK_STEPS)
    cards = _found_words(page)
    page.evaluate(
        "() => { const { decideWords } = stage.app; "
        "globalThis.gate = new Promise((open) => { globalThis.open = open; });"
        " stage.app.decideWords = async (...given) => { await gate; return decideWords(...given); }; }"
    )
    place_on_page = "(card) => { const box = card.getBoundingClientRect(); return [box.top + scrollY, box.height]; }"
    place = cards.nth(1).evaluate(place_on_page)
    page.get_by_role("button", name="Hide it").first.dblclick()
    expect(page.get_by_role("button", name="Leave it in")).to_have_count(1)
    assert cards.nth(1).evaluate(place_on_page) == place
    page.get_by_role("button", name="Leave it in").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    page.evaluate("() => globalThis.open()")
    expect(page.get_by_role("heading", name="Before the pack is made")).to_be_visible()
    assert calls_of(page, "decideWords") == [["LS1 4AB", "hold"], ["07700 900123", "fine"], ["07700900123", "fine"]]


def test_an_answer_that_was_not_kept_is_asked_again(show: OpenPage) -> None:
    """The pack does not go on with words that the keeper believes to be hidden."""
    page = show(PACK_STEPS)
    _found_words(page)
    page.evaluate("() => { fake.fail.decideWords = {code: 'no_room', sentence: 'No.'}; }")
    page.get_by_role("button", name="Hide it").first.click()
    expect(page.get_by_role("alert")).to_contain_text("One answer was not kept. Answer it again.")
    page.evaluate("() => { fake.fail = {}; }")
    page.get_by_role("button", name="Next").click()
    dialog = page.get_by_role("dialog", name="Go on without answering?")
    expect(dialog).to_contain_text("2 are still to be answered.")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Hide it").first.click()
    page.get_by_role("button", name="Hide it").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Before the pack is made")).to_be_visible()


def test_a_letter_is_looked_at_in_another_app_before_anything_is_said(show: OpenPage) -> None:
    """Nobody can say that nothing shows before they opened it; they can always hold it back or leave it out."""
    page = show((*PACK_STEPS, press("Next"), set_form_values(look_at("letter"))))
    expect(page.get_by_text("Save a copy, open it and look at every page.")).to_be_visible()
    expect(page.get_by_text("File 1 of 1")).to_be_visible()
    expect(page.get_by_role("button", name="Nothing shows where I am")).to_have_count(0)
    expect(page.get_by_role("button", name="It shows where I live, work or study")).to_be_visible()
    expect(page.get_by_role("button", name="Cover part of it")).to_have_count(0)
    page.keyboard.press("1")
    assert calls_of(page, "decidePicture") == []
    page.get_by_role("button", name="Save a copy to open it").click()
    page.get_by_role("button", name="Nothing shows where I am").click()
    assert calls_of(page, "readReceived") == ["a9"] and calls_of(page, "decidePicture") == [["a9", "fine"]]


def test_a_picture_that_no_browser_shows_is_opened_or_stays_out(show: OpenPage) -> None:
    """A picture without a copy to look at is treated like a letter."""
    no_copy = js("stage.app.readPicture = async () => null")
    page = show((*PACK_STEPS, no_copy, press("Next")))
    page.get_by_role("button", name=re.compile("^Picture 1 of 1")).click()
    expect(page.get_by_text("This browser cannot show it.")).to_be_visible()
    expect(page.get_by_role("button", name="Nothing shows where I am")).to_have_count(0)
    page.get_by_role("button", name="Save a copy to open it").click()
    expect(page.get_by_role("button", name="Nothing shows where I am")).to_be_visible()


def test_an_email_is_read_where_it_is_asked_about(show: OpenPage) -> None:
    """The words that the pack would print stand on the screen."""
    page = show((*PACK_STEPS, press("Next"), set_form_values(look_at("mail"))))
    for words in ("Daniel <d@example.org>", "jb@example.org", "Read this", "I wait outside.", "door.jpg"):
        expect(page.get_by_text(words)).to_be_visible()
    page.get_by_role("button", name="Nothing shows where I am").click()
    assert calls_of(page, "decidePicture") == [["a9", "fine"]]


def _assert_passphrase_needed(page: Page) -> None:
    """Assert that wrong words are refused and cleared, and that nothing else has to be done again."""
    field = page.get_by_label(PASSPHRASE_LABEL)
    page.evaluate("fake.fail.agree = {code: 'words_differ', sentence: 'Those are not the words.'}")
    field.fill("not my words")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_role("alert").first).to_contain_text("Those are not the words.")
    expect(field).to_have_value("")
    assert calls_of(page, "buildPack") == []
    page.evaluate("fake.fail = {}")
    field.fill("my words")
    page.get_by_role("button", name="Make the pack").click()


def go_on_without_looking(page: Page) -> None:
    """From what goes in to the consent, with nothing looked at and nothing answered."""
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on without looking at the rest").click()
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on", exact=True).click()


def make_pack(page: Page) -> dict[str, Any]:
    """Agree, type the words and make the pack. Return the options that the screen passed on."""
    page.get_by_label(PASSPHRASE_LABEL).fill("my words")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("37%")).to_be_visible()
    [wish] = calls_of(page, "buildPack")
    return dict(wish)


def test_police_are_told_who_the_keeper_is_only_if_the_keeper_types_it(show: OpenPage) -> None:
    """The fields are blank, for the police only, in the pack that is made, and in nothing that survives a lock."""
    page = show((*PACK_STEPS, set_form_values("{step: 'officer'}")))
    expect(page.get_by_text("Police will ask. You can tell them instead.")).to_be_visible()
    for label in ("Full legal name", "Date of birth", "Home address"):
        expect(page.get_by_label(label)).to_have_value("")
    page.get_by_label("Your initials").fill("jb")
    page.get_by_label("Full legal name").fill(" Joanna Vane ")
    page.get_by_label("Date of birth").fill("1991-04-02")
    page.get_by_role("button", name="Done").click()
    go_on_without_looking(page)
    wish = make_pack(page)
    assert wish["identity"] == {"legal_name": "Joanna Vane", "date_of_birth": "1991-04-02"}
    assert "Vane" not in str(wish["sheet"]) and "Vane" not in str(calls_of(page, "keepTyped"))
    assert len(calls_of(page, "keepTyped")) > 2
    page.evaluate("fake.finishPack()")
    expect(page.get_by_role("heading", name="Your pack is ready")).to_be_visible()
    assert "Vane" not in page.evaluate("JSON.stringify(stage.job.flow)")
    page.evaluate("stage.job = undefined; stage.stand({name: 'share'})")
    page.get_by_role("button", name="Make a pack", exact=True).click()
    page.get_by_role("button", name="I know this, go on").click()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    page.evaluate("stage.set({step: 'officer'})")
    expect(page.get_by_label("Full legal name")).to_have_value("")
    page.evaluate("stage.set({profile: 'school'})")
    expect(page.get_by_label("Your initials")).to_be_visible()
    expect(page.get_by_label("Full legal name")).to_have_count(0)


def test_back_from_change_leaves_the_choice_as_the_summary_counted_it(show: OpenPage) -> None:
    """What is chosen there counts once it is confirmed, so the consent never names numbers of another choice."""
    page = show((*PACK_STEPS, press("Change")))
    page.get_by_label("I will choose", exact=True).check()
    page.get_by_label("School, college or university", exact=True).check()
    page.go_back()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    expect(page.get_by_text("Everything so far")).to_be_visible()
    expect(page.get_by_text("For: Police")).to_be_visible()
    go_on_without_looking(page)
    wish = make_pack(page)
    assert (wish["records"], wish["profile"]) == (None, "police")
    assert calls_of(page, "chooseForPack")[-1]["records"] is None


@pytest.mark.parametrize(
    ("choice", "words"), [("Some dates", "Choose a date."), ("I will choose", "Choose at least one entry.")]
)
def test_the_officers_page_waits_for_a_choice(show: OpenPage, choice: str, words: str) -> None:
    """It lists the chosen entries. Without dates there is none to list, and Share has to open all the same."""
    page = show((*PACK_STEPS, press("Change")))
    page.get_by_label(choice, exact=True).check()
    page.get_by_role("button", name=re.compile("^For the officer")).click()
    expect(page.get_by_role("heading", name="What should go in?")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text(words)
    page.get_by_role("button", name="Entries", exact=True).click()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("heading", name="What should go in?")).to_be_visible()


def test_the_consent_says_only_what_is_so_now(show: OpenPage) -> None:
    """Whoever goes back and answers everything has not gone on without looking."""
    went_on = "You chose to go on without looking at everything. The pack says so."
    page = show(PACK_STEPS)
    go_on_without_looking(page)
    expect(page.get_by_text(went_on)).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("button", name="Next").click()
    for _ in range(2):
        if page.get_by_role("button", name=re.compile("^Picture 1 of 1")).count():
            page.get_by_role("button", name=re.compile("^Picture 1 of 1")).click()
            page.get_by_role("button", name="Leave it out of packs").click()
            page.get_by_role("button", name="Next").click()
        else:
            page.get_by_role("button", name="Leave it out of packs").click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    while page.get_by_role("button", name="Leave it in").count():
        count = page.get_by_role("button", name="Leave it in").count()
        page.get_by_role("button", name="Leave it in").first.click()
        expect(page.get_by_role("button", name="Leave it in")).to_have_count(count - 1)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Before the pack is made")).to_be_visible()
    expect(page.get_by_text(went_on)).to_have_count(0)


def test_advice_about_safety_that_differs_is_shown_before_the_pack(show: OpenPage) -> None:
    """Both answers are shown with their places, and what the typed sheet adds, which opens the sheet."""
    page = show((js(DIFFERING_ADVICE), *PACK_STEPS[1:], set_form_values("{step: 'words'}")))
    note = page.locator("section").filter(has=page.get_by_role("heading", name="Two different answers about safety"))
    expect(note.get_by_role("heading", name="Is it safe for police to get in touch?")).to_be_visible()
    expect(note).to_contain_text("Mrs Osei")
    expect(note.locator("ul ul li")).to_have_text(
        [re.compile("Yes.*Written 10 Oct 2026", re.S), re.compile("No", re.S)]
    )
    # What the sheet says is compared too, as it is typed now.
    page.go_back()
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name=re.compile("^For the officer")).click()
    page.get_by_label("A safe way and time to reach you").fill("Ring me any time")
    page.get_by_label("What you need").fill("Do not ring.")
    page.get_by_role("button", name="Done").click()
    page.evaluate("stage.set({step: 'words'})")
    expect(page.get_by_role("heading", name="Is it safe to ring?")).to_be_visible()
    expect(page.get_by_text("“Do not ring”")).to_be_visible()
    note.get_by_role("button", name="Open it").last.click()
    expect(page.get_by_label("What you need")).to_have_value("Do not ring.")


def test_what_is_left_out_is_listed_only_with_the_keepers_yes(show: OpenPage) -> None:
    """The tick is off. It is not asked for a pack in parts, for items, or where there is no restricted part."""
    page = show(PACK_STEPS)
    tick = page.get_by_label("List what is left out")
    expect(tick).not_to_be_checked()
    expect(page.get_by_text("Not in this pack: 2 entries · 3 files · 1 other record")).to_be_visible()
    for state in ("{small: true}", "{kind: 'items'}", "{profile: 'school', apart: false}"):
        before = page.evaluate("({...stage.local})")
        page.evaluate(f"stage.set({state})")
        expect(tick).to_have_count(0)
        page.evaluate("before => stage.set({small: false, profile: 'police', apart: true, ...before})", before)
    tick.check()
    page.evaluate("stage.set({step: 'consent', words: 'my words', sheet: {initials: 'jb'}})")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("37%")).to_be_visible()
    [wish] = calls_of(page, "buildPack")
    assert wish["list_left_out"] is True
    assert not any("leftOut" in str(call) for call in calls_of(page, "keepTyped"))


EARLIER_PACK = js(
    "stage.app.readSettings = async () => ({fields: {initials: 'JB', own_words: 'Since May, at LS9 9ZZ.'}, "
    "restricted: {safe_contact: 'Text after 6'}}); fake.shared = [{record: 'x0', label: '1', twin: false, "
    "at: Date.now(), restricted: {}, fields: {kind: 'pack', pack_no: 1, record_ids: ['r0'], receipt_ref: 'WY/77'}}]"
)


def test_what_was_typed_for_an_earlier_pack_is_shown_and_searched_before_the_next(show: OpenPage) -> None:
    """Own words and the way to reach the keeper are on the summary. The reference goes in only with a yes."""
    page = show((OPEN_DIARY, EARLIER_PACK, go_to_screen("share"), press("Make a pack")))
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    for words in ("Since May, at LS9 9ZZ.", "Text after 6"):
        expect(page.get_by_role("main").get_by_text(words)).to_be_visible()
    tick = page.get_by_label("Print their reference from your last pack: WY/77")
    expect(tick).not_to_be_checked()
    assert page.evaluate("stage.local.reference") == ""
    tick.check()
    assert page.evaluate("stage.local.reference") == "WY/77"
    tick.uncheck()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on without looking at the rest").click()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("This looks like an address: “LS9 9ZZ”.")).to_be_visible()
    page.get_by_role("button", name="Open your own words").click()
    expect(page.get_by_label("In your own words")).to_have_value("Since May, at LS9 9ZZ.")
    page.get_by_label("In your own words").fill("Since May.")
    # Back keeps what was typed, and it is searched again.
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Since May.", exact=True)).to_be_visible()
    go_on_without_looking(page)
    assert page.evaluate("stage.local.found.words.filter(({kind}) => kind === 'own_words').length") == 0
    wish = make_pack(page)
    assert wish["own_words"] == "Since May." and "recipientRef" not in wish


def test_any_of_many_entries_can_be_read_first(show: OpenPage) -> None:
    """Up to ten entries of a long diary can be read first. The first number must be a number."""
    page = show((js("fake.open(40)"), go_to_screen("share"), press("Make a pack"), press("I know this, go on")))
    page.get_by_role("heading", name="What goes in").wait_for()
    set_form_values("{step: 'officer'}")(page)
    page.get_by_role("button", name="Entries to read first").click()
    boxes = page.locator(".ticks input")
    expect(boxes).to_have_count(40)
    for n in range(10):
        boxes.nth(39 - n).check()
    boxes.first.click()
    expect(page.get_by_text("Ten are chosen.")).to_be_visible()
    expect(boxes.first).not_to_be_checked()
    page.get_by_label("Your initials").fill("jb")
    page.get_by_label("Number of the first picture or file").fill("twenty")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Type a number from 1 to 9999.")).to_be_visible()
    page.get_by_label("Number of the first picture or file").fill("20")
    page.get_by_role("button", name="Done").click()
    go_on_without_looking(page)
    wish = make_pack(page)
    assert (len(wish["start_with"]), wish["start_no"]) == (10, 20)


DIFFERING_ADVICE = (
    "fake.open(3); const given = (place, answer) => ({subject: 'p1', place, answer, text: '', isWorry: false}); "
    "fake.advice = {sources: [given('p1/a', 'yes'), given('p2/a', 'no')], names: {p1: 'Mrs Osei'}, "
    "places: {'p1/a': {record: 'p1', at: Date.UTC(2026, 9, 10, 12)}, 'p2/a': {record: 'p2', at: null}}}"
)
SOMETHING_NEW_MESSAGE = "Something came in after you looked at what goes in."
CONSENT_FORM_STATE = (
    "{step: 'consent', how: 'some', records: ['r0'], sheet: {initials: 'jb'}, ownWords: 'Since May.', "
    "small: true, words: 'my words'}"
)


def test_a_change_during_a_pack_must_be_reviewed_first(show: OpenPage) -> None:
    """When something new arrives, choice and typed text stay but consent is withdrawn.

    The versions sent are those that were counted.
    """
    page = show((*PACK_STEPS, set_form_values(CONSENT_FORM_STATE), js("fake.groups = [['r0'], ['r1']]")))
    page.get_by_role("button", name="Make the pack").click()
    _refuse_pack_for_news(page)
    expect(page.locator(".ticks input:checked")).to_have_count(1)
    expect(page.get_by_text("What is new since the last pack")).to_have_count(0)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("definition").first).to_have_text("7")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on without looking at the rest").click()
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_label(PASSPHRASE_LABEL)).to_have_value("")
    # Of a pack in parts, the first is made; the rest is a later pack.
    page.get_by_label(PASSPHRASE_LABEL).fill("my words")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("Part 1 of 2")).to_be_visible()
    page.evaluate("fake.finishPack()")
    page.get_by_role("button", name="Make part 2 of 2").click()
    _refuse_pack_for_news(page)
    expect(page.get_by_text("What is new since the last pack")).to_be_visible()
    requests = calls_of(page, "buildPack")
    assert [wish["looked"] for wish in requests] == [["v0", "v1"]] * 3


def _refuse_pack_for_news(page: Page) -> None:
    """Refuse the pack because something arrived. The keeper is back at the choice."""
    expect(page.get_by_text("37%")).to_be_visible()
    page.evaluate(f"fake.stopPack('came_since', '{SOMETHING_NEW_MESSAGE}')")
    expect(page.get_by_role("alert")).to_contain_text(SOMETHING_NEW_MESSAGE)
    expect(page.get_by_role("heading", name="What should go in?")).to_be_visible()


def test_the_screens_say_that_entries_are_still_arriving(show: OpenPage) -> None:
    """Share and the counts of a pack show that entries are still arriving."""
    page = show((*PACK_STEPS, ENTRIES_ARRIVING))
    expect(page.get_by_text("A pack made now holds only what is here.")).to_be_visible()
    js("stage.packing = undefined; stage.stand({name: 'share'})")(page)
    expect(page.get_by_text("What you show or make now may miss some of them.")).to_be_visible()


def test_back_takes_a_consent_back_while_the_words_are_checked(show: OpenPage) -> None:
    """On an old phone that takes seconds. No pack is made then, and the screen stays where Back led."""
    hold = "stage.app.agree = () => new Promise((resolve) => { globalThis.finishCheck = resolve; })"
    consent = set_form_values("{step: 'consent', sheet: {initials: 'jb'}, words: 'my words'}")
    page = show((*PACK_STEPS, consent, js(hold)))
    page.get_by_role("button", name="Make the pack").click()
    page.get_by_role("main").get_by_role("button", name="Back", exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).not_to_have_text("Before the pack is made")
    title = heading.text_content()
    page.evaluate("finishCheck({}); null")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    assert calls_of(page, "buildPack") == []
    expect(heading).to_have_text(title or "")


def test_a_stopped_pack_can_be_begun_again(show: OpenPage) -> None:
    """After Stop, the screen shows that the pack was stopped, and offers to begin again."""
    page = show((*PACK_STEPS, set_form_values("{step: 'consent', sheet: {initials: 'jb'}, words: 'my words'}")))
    page.get_by_role("button", name="Make the pack").click()
    page.get_by_role("button", name="Stop making it").click()
    expect(page.get_by_text("Stopped. Nothing was kept of it.")).to_be_visible()
    expect(page.get_by_role("button", name="Make a pack", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("offered", "words"), [("false", "This phone makes the pack by itself"), ("true", "the people who run it")]
)
def test_a_pack_that_was_begun_for_the_server_goes_on_where_it_can(show: OpenPage, offered: str, words: str) -> None:
    """Where the server no longer makes packs, the phone makes this one, and the consent says so."""
    flow = "{way: 'server', step: 'sum', earlier: 0, how: 'all', sheet: {initials: 'jb'}}"
    saved = f"stage.app.readTyped = async () => ({flow})"
    page = show((OPEN_DIARY, js(f"fake.ways = {{server: {offered}}}"), js(saved), go_to_screen("share")))
    page.get_by_role("button", name="Go on with the pack you began").click()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    page.evaluate("stage.set({step: 'consent'})")
    expect(page.get_by_text(words)).to_be_visible()


def test_a_full_name_is_in_a_quick_report_only_when_it_is_ticked(show: OpenPage) -> None:
    """A quick report omits restricted details until they are ticked. Other names in use are in it."""
    page = show((js("fake.open(3)"), go_to_screen("quick")))
    words = page.get_by_role("region", name="The words")
    expect(words).to_contain_text("Callum; Cal; Ex-partner; Tall, red coat")
    assert "Redfern" not in words.inner_text() and "depot" not in words.inner_text()
    page.get_by_label("Their full name, and where they may be").check()
    expect(words).to_contain_text(
        "Callum: Callum Redfern, Works at the depot, Is it safe for the police to speak to them? No"
    )


READY_FOR_CONSENT = (
    *PACK_STEPS,
    set_form_values("{step: 'consent', sheet: {initials: 'jb'}, words: 'my words'}"),
)


def test_stop_in_the_first_moment_makes_no_pack(show: OpenPage) -> None:
    """The mark that a build has begun is sealed first. Stop while that takes time ends it before any work."""
    page = show(READY_FOR_CONSENT)
    page.evaluate(
        "() => { const { keepTyped } = stage.app; "
        "stage.app.keepTyped = (...given) => new Promise((resolve) => { window.sealed = resolve; })"
        ".then(() => { stage.app.keepTyped = keepTyped; return keepTyped(...given); }); }"
    )
    page.get_by_role("button", name="Make the pack").click()
    page.get_by_role("button", name="Stop making it").click()
    page.evaluate("sealed()")
    expect(page.get_by_text("Stopped. Nothing was kept of it.")).to_be_visible()
    assert calls_of(page, "buildPack") == []


def test_plain_pages_can_be_unticked_after_a_refused_try(show: OpenPage) -> None:
    """The tick stays on screen once it was used, and means nothing for an upload page."""
    page = show(READY_FOR_CONSENT)
    page.evaluate("stage.set({plain: true})")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("37%")).to_be_visible()
    page.evaluate(f"fake.stopPack('came_since', '{SOMETHING_NEW_MESSAGE}')")
    expect(page.get_by_role("alert")).to_contain_text(SOMETHING_NEW_MESSAGE)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    page.evaluate("stage.set({step: 'consent'})")
    page.get_by_label("Make plain pages this time.").uncheck()
    page.evaluate("stage.set({plain: true, kind: 'portal', words: 'my words'})")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("37%")).to_be_visible()
    assert [options.get("plain") for options in calls_of(page, "buildPack")] == [True, None]


def test_after_a_part_only_the_rest_is_kept_to_go_on_with(show: OpenPage) -> None:
    """A lock between two parts must not make the first one again under a new number."""
    page = show((*READY_FOR_CONSENT, js("stage.set({small: true}); stage.local.summary.groups = [['r0'], ['r1']]")))
    page.get_by_role("button", name="Make the pack").click()
    expect(page.get_by_text("Part 1 of 2")).to_be_visible()
    page.evaluate("fake.finishPack()")
    page.get_by_role("button", name="Make part 2 of 2").click()
    expect(page.get_by_text("Part 2 of 2")).to_be_visible()
    kept = page.evaluate("fake.asked.filter(([name]) => name === 'keepTyped').at(-1)[2]")
    assert (kept["how"], kept["records"], kept["earlier"], kept["unfinished"]) == ("some", ["r1"], 1, True)
