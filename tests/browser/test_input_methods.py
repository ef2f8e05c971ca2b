"""Recording without writing, and writing too much: picture buttons, recordings, long text, several entries at once."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators import cards
from tests.browser.navigators.accessibility import accessibility_faults, overflow_faults
from tests.browser.navigators.keeper import BrowserKeeper

NARRATIVE = "He was at the gate."
LOG_TRACKS_SCRIPT = """() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await real(constraints);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
}"""


def test_six_pictures_begin_an_entry_without_reading(keeper: BrowserKeeper) -> None:
    """A picture button sets kind and channel, adds no text, can be undone, and is enough for an entry."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    assert accessibility_faults(keeper.page) == []
    for name in ("A call", "A message", "Followed", "Came to my home", "Posted", "Damaged"):
        expect(keeper.button(name)).to_be_visible()
    keeper.tap("A call")
    expect(keeper.button("A call")).to_have_attribute("aria-pressed", "true")
    expect(keeper.field("What happened?")).to_have_value("")
    keeper.tap("Came to my home")
    expect(keeper.button("A call")).to_have_attribute("aria-pressed", "false")
    keeper.wait_for_text("Is this happening now?")
    keeper.tap("Open Help")
    keeper.wait_for_screen("Help")
    keeper.tap("Back")
    expect(keeper.button("Came to my home")).to_have_attribute("aria-pressed", "true")
    keeper.tap("Came to my home")
    expect(keeper.button("Came to my home")).to_have_attribute("aria-pressed", "false")
    expect(keeper.page.get_by_text("Is this happening now?")).to_have_count(0)
    keeper.tap("Followed")
    keeper.tap("Save")
    keeper.choose_passphrase()
    keeper.postpone_copy()
    keeper.tap("See this entry")
    expect(cards.fact_value(keeper, "What kind").first).to_have_text("Followed me on foot")
    expect(cards.fact_value(keeper, "How they did it").first).to_have_text("In person")
    keeper.wait_for_text("No words yet.")


def test_very_long_text_is_never_cut(keeper: BrowserKeeper) -> None:
    """A megabyte of pasted text stays in the box and gets a message at once.

    It survives a lock, and becomes a file with one tap.
    """
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    long = "He said it again. \u202eодин\u202c \u0007 👀 " * 30_000
    keeper.go_to_tab("Add")
    keeper.field("What happened?").fill(long)
    keeper.wait_for_text(re.compile("That is too long for one entry"))
    expect(keeper.field("What happened?")).to_have_value(long)
    keeper.choose_time("Just now")
    expect(keeper.button("Save")).to_have_attribute("aria-disabled", "true")
    keeper.lock()
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value(long)
    keeper.tap("Add it as a file instead")
    keeper.wait_for_file(f"long-text-{keeper.page.evaluate('new Date().toISOString().slice(0, 10)')}.txt")
    expect(keeper.field("What happened?")).to_have_value("")
    keeper.type_narrative("It is all in the file.")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.open_entry("It is all in the file.")
    body = cards.open_card(keeper, "What you did")
    cards.type_into(body, "Is there a reason you have to be in touch?", long[:200_000])
    keeper.tap("Save this card")
    expect(body.get_by_text(re.compile("That is too long for one entry"))).to_be_visible()
    expect(keeper.button("Save this card")).to_be_visible()


def test_a_half_typed_card_survives_a_lock_and_a_crash(keeper: BrowserKeeper) -> None:
    """Control characters and direction marks are kept as typed, in the card and after saving."""
    words = "left\u202eright \u200f\u0001 \t end"
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    body = cards.open_card(keeper, "Who")
    with keeper.wait_for_write():
        cards.type_into(body, "Who did it?", words)
    keeper.page.reload()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    expect(keeper.page.get_by_text("Not saved yet")).to_be_visible()
    body = cards.open_card(keeper, "Who")
    expect(body.get_by_label("Who did it?")).to_have_value(words)
    keeper.lock()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    body = cards.open_card(keeper, "Who")
    expect(body.get_by_label("Who did it?")).to_have_value(words)
    cards.save_card(keeper)
    assert cards.fact_value(keeper, "Who did it?").first.text_content() == words
    expect(keeper.page.get_by_text("Not saved yet")).to_have_count(0)


def test_several_entries_get_their_person_in_one_step(keeper: BrowserKeeper) -> None:
    """A person is named for several entries, with the reason; each entry gets its own dated change."""
    keeper.open_without_diary()
    keeper.write_first_entry("The first.")
    keeper.postpone_copy()
    keeper.add_entry("The second.")
    keeper.add_entry("The third.")
    keeper.go_to_tab("More")
    keeper.tap("Say who did several entries")
    keeper.tap("Save on each")
    keeper.wait_for_text("Choose at least one entry.")
    for text in ("The first.", "The second."):
        keeper.page.get_by_label(re.compile(re.escape(text))).check()
    keeper.wait_for_text("2 entries chosen")
    keeper.tap("Add a person")
    keeper.field("Their name, or what you call them").fill("Callum")
    keeper.tap("Add to the list")
    expect(keeper.page.get_by_label("Callum")).to_be_checked()
    keeper.page.get_by_label("A guess").check()
    keeper.field("Why are you changing this?").fill("The voice was his.")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Save on each")
    for text, count in (("The first.", 1), ("The second.", 1), ("The third.", 0)):
        keeper.open_entry(text)
        expect(cards.fact_value(keeper, "People you have listed")).to_have_count(count)
        if count:
            keeper.tap("Everything you saved, with dates")
            expect(keeper.page.locator(".history")).to_contain_text("Reason: The voice was his.")


def test_inexact_times_are_shown_as_entered(keeper: BrowserKeeper) -> None:
    """A month, a season or a span of hours is shown exactly as precisely as it was entered."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    examples = (
        ("In a month", "Some time in a month", {"Any day in it": "2026-06-15"}, "Some time in June 2026"),
        ("In a season", "Some time in a season", {"Any day in it": "2026-06-15"}, "Summer 2026"),
        (
            "Over an evening",
            "Two days or times",
            {"From": "2026-11-16", "Time": "21:10", "To": "2026-11-16", "Time (to)": "23:55"},
            "Monday, 16 November 2026, 21:10 to 23:55",
        ),
    )
    for text, choice, fields, expected in examples:
        keeper.go_to_tab("Add")
        keeper.type_narrative(text)
        keeper.choose_time("Pick a time")
        keeper.pick_chip("Between or unsure")
        keeper.pick_chip(choice)
        for label, value in fields.items():
            keeper.field(label).fill(value)
        keeper.tap("Save")
        keeper.wait_for_screen("Saved")
        keeper.tap("See this entry")
        keeper.wait_for_screen(expected)


def test_an_account_can_be_recorded_instead_of_written(phone_with_microphone: BrowserKeeper) -> None:
    """A recording is sealed as a file and named as the account. Leaving the screen or locking stops the microphone."""
    keeper = phone_with_microphone
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.go_to_tab("Add")
    keeper.tap("Record your voice, or sign on video")
    keeper.tap("Record your voice")
    keeper.wait_for_text("Recording")
    assert accessibility_faults(keeper.page) == []
    assert overflow_faults(keeper.page) == []
    keeper.page.wait_for_timeout(1500)
    keeper.tap("Stop")
    keeper.wait_for_text(re.compile("^Recorded: voice-.*webm"))
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.tap("See this entry")
    expect(cards.fact_value(keeper, "What you said or signed").first).to_have_text("Recorded account")
    expect(keeper.page.locator(".tile")).to_have_count(1)
    keeper.page.evaluate(LOG_TRACKS_SCRIPT)
    cards.open_card(keeper, "Record your voice, or sign on video")
    keeper.tap("Record yourself signing")
    keeper.wait_for_text("Recording")
    keeper.page.wait_for_timeout(1500)
    keeper.lock()
    keeper.page.wait_for_function(
        "window.tracks.length === 2 && window.tracks.every((track) => track.readyState === 'ended')"
    )
    # A recording stopped by the lock is sealed like everything added while locked, and a question about it follows.
    keeper.unlock()
    keeper.tap("Something to look at")
    keeper.tap("Added while this was locked")
    keeper.wait_for_text(re.compile(r"^signed-.*\.(webm|mp4)$"))
    # A recording stopped by another screen is in its draft.
    keeper.go_to_tab("Add")
    keeper.tap("Record your voice, or sign on video")
    keeper.tap("Record your voice")
    keeper.wait_for_text("Recording")
    keeper.page.wait_for_timeout(1500)
    keeper.go_to_tab("Entries")
    keeper.tap("Carry on writing")
    keeper.tap(re.compile("^Record your voice, or sign on video Recorded account$"))
    keeper.wait_for_text(re.compile("^Recorded: voice-.*webm"))


def test_a_refused_microphone_loses_nothing(new_phone: NewPhone) -> None:
    """When the microphone is refused, the screen shows what to do, and nothing is lost."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.go_to_tab("Add")
    keeper.type_narrative("Half a sentence")
    keeper.tap("Record your voice, or sign on video")
    keeper.tap("Record your voice")
    expect(keeper.error_message().first).to_contain_text("may not use the microphone or camera")
    expect(keeper.field("What happened?")).to_have_value("Half a sentence")
    assert accessibility_faults(keeper.page) == []
