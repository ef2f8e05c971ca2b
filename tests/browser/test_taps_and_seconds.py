"""What the commonest journeys take in taps and seconds, on a small phone whose processor is slowed four times.

The page counts the taps itself, also one that only puts the cursor into a field. Seconds are printed, never judged: the
time that was measured, and the time in which a person types the same at CHARACTERS_PER_SECOND. Every journey but the
first begins at the lock, so its password is typed, and sent with the keyboard's own key, which is no tap. The phone's
own list of pictures or files is not ours: one tap there comes on top, and the row says so.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.chat_exports import ANDROID_CHAT
from tests.browser.chromium import throttle_cpu
from tests.browser.conftest import NewPhone
from tests.browser.navigators.importing import IMPORT_TIMEOUT_MS
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    NONE_OF_THESE,
    PACK_TIMEOUT_MS,
    PASSPHRASE_LABEL,
    choose_usual_contents,
    give_consent,
    review_findings,
    save_pack,
    see_picture,
)
from tests.browser.pictures import make_png, picker_file
from tests.browser.test_help import BSL, assert_on_screen, emergency_link
from tests.journey_table import JOURNEY_ROW

# The lock of a person's phone takes as long as it takes.
pytestmark = pytest.mark.usual_locks

RecordProperty = Callable[[str, object], None]
NARRATIVE = "He waited outside my work again."
CHARACTERS_PER_SECOND = 5
CPU_SLOWDOWN = 4
SCREEN_PICTURES = 6
# A tap on a label also clicks its control, and Enter its button. Only the tap itself has a kind of pointer.
COUNT_TAPS_SCRIPT = """
  globalThis.countedTaps = 0;
  addEventListener('click', (event) => {
    if (event.isTrusted && event.pointerType === 'touch') globalThis.countedTaps += 1;
  }, true);
"""


class Journey:
    """One journey of a keeper, from `begin` to `end`."""

    def __init__(self, keeper: BrowserKeeper, record_property: RecordProperty) -> None:
        """Count from the next page that `keeper` opens."""
        self.keeper = keeper
        self.page = keeper.page
        self._record_property = record_property
        self._began_at = 0.0
        self._typed_characters = 0
        self._picks = 0
        self.page.add_init_script(COUNT_TAPS_SCRIPT)

    def begin(self) -> None:
        """Slow the processor, and count from here."""
        throttle_cpu(self.page, CPU_SLOWDOWN)
        self.page.evaluate("() => { globalThis.countedTaps = 0; }")
        self._began_at = time.monotonic()

    def begin_at_lock(self) -> None:
        """Lock, and count from there: the password is typed, and sent from the keyboard."""
        self.keeper.lock()
        self.begin()
        self.type(self.keeper.field("Your password"), self.keeper.passphrase)
        self.page.keyboard.press("Enter")
        self.keeper.wait_for_screen("What happened?")

    def tap(self, target: str | Locator) -> None:
        """Tap a button by its name, or any other control."""
        (self.keeper.button(target) if isinstance(target, str) else target).tap()

    def choose_time(self, name: str) -> None:
        """Tap one of the times, none of which was chosen for the keeper."""
        expect(self.page.get_by_role("radio", checked=True)).to_have_count(0)
        self.tap(self.page.get_by_role("radio", name=name, exact=True))

    def type(self, field: Locator, text: str) -> None:
        """Type into the field that has the cursor without a tap."""
        expect(field).to_be_focused()
        self.page.keyboard.type(text)
        self._typed_characters += len(text)

    def pick(self, target: str, files: list[FilePayload]) -> None:
        """Tap a button that opens the phone's own list, and take from there."""
        with self.page.expect_file_chooser() as chooser:
            self.tap(target)
        chooser.value.set_files(files)
        self._picks += 1

    def end(self, name: str, most: int, screenfuls: int = 0) -> None:
        """Record the row, and check the number of taps: at most `most`, and one for each screenful of pictures."""
        taps = self.page.evaluate("() => globalThis.countedTaps") - screenfuls
        seconds = time.monotonic() - self._began_at + self._typed_characters / CHARACTERS_PER_SECOND
        extra = f" + {screenfuls}, one a screenful of pictures" if screenfuls else ""
        extra += f" + {self._picks} in the phone's own list" if self._picks else ""
        self._record_property(JOURNEY_ROW, f"{name} | {taps} (of {most}){extra} | {seconds:.1f}")
        assert 0 < taps <= most, f"{name}: {taps} taps"


@pytest.fixture
def journey(new_phone: NewPhone, record_property: RecordProperty) -> Journey:
    """Return a journey on a phone without a diary."""
    return Journey(new_phone(), record_property)


def _make_diary(journey: Journey) -> None:
    keeper = journey.keeper
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()


def _add_pictures(keeper: BrowserKeeper, narrative: str, first: int, count: int) -> None:
    keeper.open_entry(narrative)
    keeper.open_card("Photos & screenshots")
    names = [f"{number}.png" for number in range(first, first + count)]
    keeper.pick_files([picker_file(name, "image/png", make_png(first + n)) for n, name in enumerate(names)])
    expect(keeper.page.get_by_text(f"{names[-1]}: Saved on this phone")).to_be_attached()


@pytest.mark.first_visit
def test_the_first_entry(journey: Journey) -> None:
    """From the first screen to an entry saved with a password, with the safety question, and nothing chosen before."""
    keeper, page = journey.keeper, journey.page
    keeper.open_without_diary()
    journey.begin()
    journey.tap("Start")
    keeper.wait_for_screen("Is this phone safe to write on?")
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.locator("[aria-pressed=true], [aria-checked=true], [aria-selected=true]")).to_have_count(0)
    expect(keeper.heading("Is this phone safe to write on?")).to_be_focused()  # not an answer
    journey.tap("Yes")
    journey.type(keeper.field("What happened?"), NARRATIVE)
    journey.choose_time("Just now")
    journey.tap("Save")
    words = page.get_by_role("list", name="Six words you could use").get_by_role("listitem")
    expect(words.first).not_to_have_text("••••••")
    journey.type(keeper.field("Type your password"), " ".join(words.all_inner_texts()))
    journey.tap("Save with this password")
    keeper.wait_for_screen("Set up a backup")
    journey.end("first entry, with the safety question", 6)


def test_a_later_entry(journey: Journey) -> None:
    """An opened diary has the cursor in the box."""
    _make_diary(journey)
    journey.begin_at_lock()
    journey.type(journey.keeper.field("What happened?"), "He rang eleven times.")
    journey.choose_time("Just now")
    journey.tap("Save")
    journey.keeper.wait_for_screen("Saved")
    journey.end("later entry", 3)


def test_a_screenshot_into_an_entry(journey: Journey) -> None:
    """A screenshot alone makes an entry, with the question that comes before the first picture."""
    _make_diary(journey)
    journey.begin_at_lock()
    journey.tap("Photos & screenshots")
    journey.tap("Choose from photos")
    journey.pick("No, it is not", [picker_file("threat.png", "image/png", make_png(3))])
    journey.keeper.wait_for_file("threat.png")
    journey.tap("Save")
    journey.keeper.wait_for_screen("Saved")
    journey.end("screenshot into an entry", 4)


def test_999(journey: Journey) -> None:
    """Help, and the number, which the phone's own dialler takes. Neither needs scrolling, and nothing is asked."""
    _make_diary(journey)
    journey.begin_at_lock()
    expect(journey.keeper.button("Help")).to_be_in_viewport(ratio=1)
    journey.tap("Help")
    link = emergency_link(journey.page, "tel:999")
    expect(link).to_have_accessible_name("Ring 999")
    assert_on_screen(journey.page, link)
    journey.tap(link)
    expect(journey.page.get_by_role("dialog")).to_have_count(0)
    journey.end("999", 2)


def test_999_bsl(journey: Journey) -> None:
    """The emergency service in British Sign Language is as near as the number."""
    _make_diary(journey)
    journey.page.context.route(f"{BSL}/**", lambda route: route.fulfill(body="BSL"))
    journey.begin_at_lock()
    journey.tap("Help")
    link = emergency_link(journey.page, BSL)
    expect(link).to_be_visible()
    assert_on_screen(journey.page, link)
    with journey.page.context.expect_page() as opened:
        journey.tap(link)
    journey.end("999 BSL", 2)
    assert opened.value.url == f"{BSL}/"
    opened.value.close()


def test_show_someone(journey: Journey) -> None:
    """What the other person will see is ticked on the screen before; one thing more is ticked here."""
    keeper, page = journey.keeper, journey.page
    _make_diary(journey)
    journey.begin_at_lock()
    journey.tap("Help")
    journey.tap("Show someone now")
    expect(page.get_by_role("checkbox", name=NARRATIVE)).to_be_checked()
    journey.tap(page.get_by_role("checkbox", name="Please write down"))
    expect(page.get_by_role("checkbox", name="Please write down")).to_be_checked()
    journey.tap("Show this")
    keeper.wait_for_screen("Please read")
    keeper.wait_for_text(NARRATIVE)
    journey.end("show someone", 4)


def test_a_whatsapp_export(journey: Journey) -> None:
    """A saved chat comes in whole. Whose account it is from and who the keeper is are asked, never guessed."""
    keeper, page = journey.keeper, journey.page
    _make_diary(journey)
    journey.begin_at_lock()
    journey.tap("More")
    journey.tap(page.get_by_role("button", name="Bring in a saved chat or email"))
    chat = picker_file("WhatsApp Chat with Sam Hill.txt", "text/plain", ANDROID_CHAT.encode())
    journey.pick("Choose the file", [chat])
    journey.tap(page.get_by_role("button", name="Mine"))
    keeper.wait_for_text("Which of these is you?")
    expect(page.locator("input:checked")).to_have_count(0)
    journey.tap(page.get_by_role("button", name=re.compile("^Jo")))
    keeper.wait_for_screen("What would be added")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    journey.tap("Add all 2 entries")
    expect(keeper.heading("Added")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    journey.end("WhatsApp export in", 6)
    keeper.wait_for_entry_count(3)


def _go_through_pack(journey: Journey, screenfuls: int) -> None:
    """Go from the pictures to the finished pack."""
    keeper, page = journey.keeper, journey.page
    pictures = screenfuls * SCREEN_PICTURES
    for first in range(1, pictures, SCREEN_PICTURES):
        expect(page.get_by_text(f"Pictures {first} to {first + 5} of {pictures}")).to_be_visible()
        assert all(see_picture(keeper, index) for index in range(SCREEN_PICTURES))
        journey.tap(NONE_OF_THESE)
    keeper.wait_for_screen("Words that may say where you are")
    expect(keeper.button("In 3 places")).to_be_visible()
    journey.tap("Leave it in")
    journey.tap("Next")
    journey.tap(keeper.field(PASSPHRASE_LABEL))
    journey.type(keeper.field(PASSPHRASE_LABEL), keeper.passphrase)
    page.keyboard.press("Enter")
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=PACK_TIMEOUT_MS)


def _write_entries_with_one_number(keeper: BrowserKeeper, number: str) -> None:
    """Write three entries with the same number, each in another way."""
    for text in (f"0{number} twice.", f"Again +44 {number}.", f"0{number.replace(' ', '')} and silence."):
        keeper.add_entry(text)


def test_the_usual_pack(journey: Journey, tmp_path: Path) -> None:
    """For the police, of everything new since the last pack: a screenful of pictures, one number in three entries."""
    keeper = journey.keeper
    _make_diary(journey)
    choose_usual_contents(keeper)
    review_findings(keeper, 0)
    give_consent(keeper)
    save_pack(keeper, tmp_path)
    _write_entries_with_one_number(keeper, "7700 900123")
    _add_pictures(keeper, "and silence.", 1, SCREEN_PICTURES)
    journey.begin_at_lock()
    journey.tap("Share")
    journey.tap("Make a pack")
    keeper.wait_for_screen("What goes in")
    journey.tap("Next")
    _go_through_pack(journey, 1)
    journey.end("usual pack", 6, screenfuls=1)


def test_the_first_pack(journey: Journey) -> None:
    """The first pack takes two taps more: the warning about court, and the field for the initials."""
    keeper = journey.keeper
    _make_diary(journey)
    _write_entries_with_one_number(keeper, "7700 900123")
    _add_pictures(keeper, "and silence.", 1, 2 * SCREEN_PICTURES)
    journey.begin_at_lock()
    journey.tap("Share")
    journey.tap("Make a pack")
    journey.tap("I know this, go on")
    journey.tap(keeper.field("Your initials"))
    journey.type(keeper.field("Your initials"), "jb")
    journey.tap("Next")
    _go_through_pack(journey, 2)
    journey.end("first pack", 8, screenfuls=2)
