"""The screen of one file, used as a person does: described, found, covered, moved, played, and removed at once."""

import hashlib
import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.media import make_wav, record_webm
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_jpeg_with_gps, make_jpeg_with_time, make_png, picker_file

NARRATIVE = "He sent a picture of my street."


def _open_file(keeper: BrowserKeeper, name: str, content: bytes, claimed_type: str) -> None:
    """Make an entry with one file and open that file's screen."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file(name, claimed_type, content)])
    keeper.wait_for_file(name)
    keeper.file_tile(name).first.click()
    keeper.wait_for_text(hashlib.sha256(content).hexdigest())


def _assert_accessible(keeper: BrowserKeeper, state: str) -> None:
    """Assert that axe, target sizes, width and headings show no fault."""
    assert accessibility_faults(keeper.page) == [], state


def _open_row(keeper: BrowserKeeper, title: str) -> Locator:
    """Open one row of the file's screen."""
    row = keeper.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}"))
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    return row


def _answer_point(keeper: BrowserKeeper, point: str, answer: str) -> None:
    """Answer one of the nine points."""
    group = keeper.page.get_by_role("group", name=point, exact=True)
    group.get_by_role("checkbox", name=answer, exact=True).check()


def test_a_screenshot_is_described_card_by_card(new_phone: NewPhone) -> None:
    """Each card of a screenshot is saved by itself.

    The answers survive lock and reload offline, and are read on another device.
    """
    phone = new_phone()
    _open_file(phone, "chat.png", make_png(2), "image/png")
    _assert_accessible(phone, "as it came")
    phone.page.context.set_offline(True)
    _open_row(phone, "What can you see in it?")
    _answer_point(phone, "The time on the phone", "Shown")
    _answer_point(phone, "The web address", "Not shown")
    _assert_accessible(phone, "coach")
    phone.save_card()
    phone.wait_for_text("Shown: the time on the phone; not shown: the web address")
    _open_row(phone, "Account, number, web address")
    phone.field("Account or number it shows").fill("@nice.blue.coat")
    phone.save_card()
    _open_row(phone, "What it is")
    with phone.wait_for_write():
        phone.field("What is it, in one sentence?").fill("His message from 3 November")
    phone.page.reload()
    phone.wait_for_lock()
    phone.unlock()
    phone.open_entry(NARRATIVE)
    phone.file_tile("chat.png").first.click()
    _open_row(phone, "What it is")
    expect(phone.field("What is it, in one sentence?")).to_have_value("His message from 3 November")
    phone.save_card()
    phone.wait_for_screen("His message from 3 November")
    _open_row(phone, "Who took it, and on which phone")
    phone.wait_for_text("Do not wipe, reset or swap this phone if you can help it.")
    phone.field("Model").fill("Phone 9")
    _assert_accessible(phone, "phone")
    phone.save_card()
    for title in (
        "When it was sent or posted",
        "When you took it",
        "Private or upsetting?",
        "Changed before you added it?",
    ):
        _open_row(phone, title)
        _assert_accessible(phone, title)
    _open_row(phone, "Everything you saved about it")
    expect(phone.page.locator(".history > li")).to_have_count(5)
    phone.page.context.set_offline(False)
    phone.wait_until_kept_safe(NARRATIVE)
    desk = new_phone()
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry(NARRATIVE)
    desk.file_tile("chat.png").first.click()
    desk.wait_for_screen("His message from 3 November")
    desk.wait_for_text("@nice.blue.coat")
    desk.wait_for_text("Shown: the time on the phone; not shown: the web address")


def test_a_photo_without_a_time_zone_gets_the_one_the_keeper_names(keeper: BrowserKeeper) -> None:
    """The zone can be changed. An unknown zone gets a message, and the time cannot be used until it is valid."""
    _open_file(keeper, "abroad.jpg", make_jpeg_with_time("2026:08:01 20:14:05"), "image/jpeg")
    _open_row(keeper, "When you took it")
    keeper.wait_for_text(re.compile("The file says it was made .*1 August 2026.*20:14"))
    zone = keeper.field("Which time zone was the camera set to?")
    expect(zone).to_have_value("Europe/London")
    _assert_accessible(keeper, "zone")
    zone.fill("Tokio")
    zone.blur()
    keeper.wait_for_text("That is not a zone. For example: Europe/London.")
    expect(keeper.button("Use this time")).to_have_count(0)
    zone.fill("Asia/Tokyo")
    zone.blur()
    keeper.tap("Use this time")
    keeper.save_card()
    keeper.wait_for_text(re.compile("1 August 2026.*20:14"))


def test_a_photo_with_a_place_is_warned_about_and_covered(keeper: BrowserKeeper) -> None:
    """A photo with a place gets a warning with advice.

    Parts are covered by keyboard and by pointer. The file is unchanged.
    """
    content = make_jpeg_with_gps()
    _open_file(keeper, "street.jpg", content, "image/jpeg")
    keeper.wait_for_text("This file says where it was taken.")
    keeper.wait_for_text("turn location off for your phone’s camera")
    expect(keeper.page.get_by_text("Phone 9")).to_be_visible()
    keeper.page.get_by_role("button", name=re.compile("^Cover parts of it")).click()
    keeper.wait_for_screen("Cover parts of the picture")
    keeper.tap("Save the covered copy")
    expect(keeper.error_message()).to_contain_text("Draw at least one box.")
    area = keeper.page.get_by_role("group", name=re.compile("^The picture, with"))
    expect(area.locator("image")).to_be_visible()
    keeper.tap("Add a box")
    area.focus()
    for key in ("ArrowUp", "ArrowLeft", "Shift+ArrowRight", "Shift+ArrowDown"):
        keeper.page.keyboard.press(key)
    area.scroll_into_view_if_needed()
    box = area.locator("svg").bounding_box()
    assert box is not None
    keeper.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7)
    keeper.page.mouse.down()
    keeper.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9, steps=4)
    keeper.page.mouse.up()
    expect(area.locator("rect")).to_have_count(2)
    _assert_accessible(keeper, "covering")
    keeper.tap("Add a box")
    keeper.tap("Undo")
    expect(area.locator("rect")).to_have_count(2)
    keeper.page.get_by_role("checkbox", name="Where I live, work or study").check()
    keeper.field("Why, in a few words").fill("My street sign")
    keeper.tap("Save the covered copy")
    keeper.wait_for_text("Pages of a pack print the covered copy.")
    keeper.wait_for_text(hashlib.sha256(content).hexdigest())
    keeper.tap("Show the picture")
    for _ in range(50):  # wait until the copy has replaced the picture
        if _pixel_brightness(keeper, 0.75, 0.8) < 20:
            break
        keeper.page.wait_for_timeout(100)
    assert _pixel_brightness(keeper, 0.75, 0.8) < 20
    covered = keeper.page.locator(".look img").get_attribute("src")
    keeper.tap("See it without boxes")
    expect(keeper.button("See the covered copy")).to_be_visible()
    keeper.page.wait_for_function("was => document.querySelector('.look img')?.src !== was", arg=covered)
    assert _pixel_brightness(keeper, 0.75, 0.8) > 40
    keeper.tap("Check this file")
    keeper.wait_for_text("Checked: it is just as it came in.")


def _pixel_brightness(keeper: BrowserKeeper, across: float, down: float) -> int:
    """Return the brightness of the shown picture at a place, 0 to 255."""
    value: int = keeper.page.locator(".look img").evaluate(
        """async (image, [across, down]) => {
            // A picture that is being replaced cannot be decoded for a moment.
            for (let left = 50; ; left--) {
                const failed = await image.decode().then(() => null, (why) => why);
                if (!failed) break;
                if (!left) throw failed;
                await new Promise((go) => setTimeout(go, 100));
            }
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const pen = canvas.getContext('2d');
            pen.drawImage(image, 0, 0);
            const [x, y] = [Math.floor(across * image.naturalWidth), Math.floor(down * image.naturalHeight)];
            const [r, g, b] = pen.getImageData(x, y, 1, 1).data;
            return Math.max(r, g, b);
        }""",
        [across, down],
    )
    return value


def test_a_recording_shows_its_waveform_plays_and_stops_at_a_lock(keeper: BrowserKeeper) -> None:
    """A recording shows its length, waveform and words. A lock silences it at once."""
    _open_file(keeper, "voicemail.wav", make_wav(), "audio/wav")
    keeper.wait_for_text("0:02")
    keeper.tap("Open it to play")
    expect(keeper.page.get_by_role("img", name=re.compile("^Picture of the sound, 0:02"))).to_be_visible()
    _assert_accessible(keeper, "sound")
    keeper.page.evaluate(
        "() => { window.heard = document.querySelector('audio'); window.heard.loop = true; "
        "return window.heard.play(); }"
    )
    assert keeper.page.evaluate("window.heard.paused") is False
    _open_row(keeper, "What does it say?")
    keeper.field("What does it say?").fill("I know you are home.")
    keeper.save_card()
    assert keeper.page.evaluate("window.heard.paused") is False, "a redraw must not stop it"
    keeper.lock()
    assert keeper.page.evaluate("[window.heard.paused, window.heard.getAttribute('src')]") == [True, None]
    expect(keeper.page.locator("audio, video, .wave")).to_have_count(0)


def test_a_film_shows_a_still_and_plays(keeper: BrowserKeeper) -> None:
    """A film shows a covered still and its length, and plays from the sealed parts."""
    keeper.open_without_diary()
    content = record_webm(keeper.page)
    _open_file(keeper, "outside.webm", content, "video/webm")
    expect(keeper.page.locator(".look img.blurred")).to_be_visible()
    keeper.wait_for_text(re.compile(r"^0:01$"))
    keeper.tap("Open it to play")
    film = keeper.page.locator("video")
    expect(film).to_be_visible()
    film.evaluate("film => { film.muted = true; return film.play(); }")
    _assert_accessible(keeper, "film")


def test_a_file_moves_and_is_found_when_it_is_in_no_entry(keeper: BrowserKeeper) -> None:
    """A file is moved to another entry, then out of every entry. It is found in More and put back."""
    _open_file(keeper, "letter.png", make_png(4), "image/png")
    keeper.add_entry("The letter came on Monday.")
    keeper.open_entry(NARRATIVE)
    keeper.file_tile("letter.png").first.click()
    _open_row(keeper, "Put it in another entry")
    _assert_accessible(keeper, "moving")
    keeper.page.get_by_role("button", name=re.compile("The letter came on Monday")).click()
    expect(keeper.button("No. 2")).to_be_visible()
    _open_row(keeper, "Put it in another entry")
    keeper.tap("Remove it from every entry, and keep the file")
    keeper.wait_for_text("Not attached to an entry.")
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Unattached files"), exact=False)
    keeper.file_tile("letter.png").click()
    _open_row(keeper, "Put it in another entry")
    keeper.page.get_by_role("button", name=re.compile(re.escape(NARRATIVE))).click()
    keeper.open_entry(NARRATIVE)
    keeper.wait_for_file("letter.png")


@pytest.mark.slow  # test_screens.py judges this screen in every `make test`
def test_a_file_screen_works_by_keyboard_narrow_and_enlarged(new_phone: NewPhone) -> None:
    """At 320 pixels and 200 % text, nothing scrolls sideways, and everything works by keyboard alone."""
    phone = new_phone(viewport={"width": 320, "height": 640})
    _open_file(phone, "chat.png", make_png(3), "image/png")
    phone.page.evaluate("document.documentElement.style.fontSize = '200%'")
    _assert_accessible(phone, "twice the text")
    for title in ("What can you see in it?", "Who took it, and on which phone", "Private or upsetting?"):
        _tab_to(phone, title)
        phone.page.keyboard.press("Enter")
        _assert_accessible(phone, title)
        phone.page.keyboard.press("Enter")
    _tab_to(phone, "What can you see in it?")
    phone.page.keyboard.press("Enter")
    phone.page.keyboard.press("Tab")
    phone.page.keyboard.press("Space")
    _tab_to(phone, "Save this card")
    phone.page.keyboard.press("Enter")
    phone.wait_for_text("Shown: the whole screen")
    _tab_to(phone, "Cover parts of it")
    phone.page.keyboard.press("Enter")
    phone.wait_for_screen("Cover parts of the picture")
    _tab_to(phone, "Add a box")
    phone.page.keyboard.press("Enter")
    _assert_accessible(phone, "covering, twice the text")
    _tab_to(phone, "Save the covered copy")
    phone.page.keyboard.press("Enter")
    phone.wait_for_text("Pages of a pack print the covered copy.")


def _tab_to(keeper: BrowserKeeper, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    for _ in range(120):
        keeper.page.keyboard.press("Tab")
        if str(keeper.page.evaluate("document.activeElement?.textContent.trim() ?? ''")).startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def test_a_sound_that_the_browser_cannot_play_is_shown_with_its_length(keeper: BrowserKeeper) -> None:
    """A voicemail in AMR is kept as it came and shown with its length. The screen says that it cannot be played."""
    _open_file(keeper, "voicemail.amr", b"#!AMR\n" + (b"\x3c" + bytes(31)) * 150, "audio/amr")
    keeper.page.context.set_offline(True)
    main = keeper.page.get_by_role("main")
    for _ in range(2):
        expect(main.get_by_text("0:03").first).to_be_visible()
        keeper.tap("Open it to play")
        keeper.wait_for_text("This browser cannot play this. It is kept just as it came.")
        _assert_accessible(keeper, "a sound that cannot be played")
        keeper.lock()
        keeper.page.reload()
        keeper.unlock()
        keeper.open_entry(NARRATIVE)
        keeper.file_tile("voicemail.amr").first.click()


def test_a_sound_without_a_length_in_its_header_says_so(keeper: BrowserKeeper) -> None:
    """No length is estimated from the size."""
    _open_file(keeper, "voicemail.mp3", b"\xff\xf3\x44\xc4" + bytes(140), "audio/mpeg")
    keeper.wait_for_text("The file does not say")
