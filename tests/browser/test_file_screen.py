"""One file looked at closely, as a person does it: said, found, covered, moved, played, and removed at once."""

import hashlib
import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.media import wav, webm
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import jpeg_with_place, png, upload

TEXT = "He sent a picture of my street."


def _opens_file(keeper: Keeper, name: str, content: bytes, claimed: str) -> None:
    """An entry with one file, and that file's screen."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(name, claimed, content)])
    keeper.has_file(name)
    keeper.tile(name).first.click()
    keeper.sees(hashlib.sha256(content).hexdigest())


def _is_clean(keeper: Keeper, state: str) -> None:
    """Nothing for axe to find, targets large enough, nothing sideways, one heading."""
    assert faults(keeper.page) == [], state


def _opens_row(keeper: Keeper, title: str) -> Locator:
    """Open one of the rows of the file's screen."""
    row = keeper.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}"))
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    return row


def _answers(keeper: Keeper, point: str, answer: str) -> None:
    """One of the nine points."""
    group = keeper.page.get_by_role("group", name=point, exact=True)
    group.get_by_role("checkbox", name=answer, exact=True).check()


def test_everything_is_said_of_a_screenshot(new_phone: NewPhone) -> None:
    """Coach, words, account, phone: saved card by card, kept over lock and reload, offline, and read on another device."""
    phone = new_phone()
    _opens_file(phone, "chat.png", png(2), "image/png")
    _is_clean(phone, "as it came")
    phone.page.context.set_offline(True)
    _opens_row(phone, "What can you see in it?")
    _answers(phone, "The time on the phone", "Shown")
    _answers(phone, "The web address", "Not shown")
    _is_clean(phone, "coach")
    phone.saves_card()
    phone.sees("Shown: the time on the phone; not shown: the web address")
    _opens_row(phone, "Account, number, web address")
    phone.field("Account or number it shows").fill("@nice.blue.coat")
    phone.saves_card()
    _opens_row(phone, "What it is")
    with phone.seals():
        phone.field("What is it, in one sentence?").fill("His message from 3 November")
    phone.page.reload()
    phone.sees_lock()
    phone.unlocks()
    phone.reads(TEXT)
    phone.tile("chat.png").first.click()
    _opens_row(phone, "What it is")
    expect(phone.field("What is it, in one sentence?")).to_have_value("His message from 3 November")
    phone.saves_card()
    phone.sees_place("His message from 3 November")
    _opens_row(phone, "Who took it, and on which phone")
    phone.sees("Do not wipe, reset or swap this phone if you can help it.")
    phone.field("Model").fill("Phone 9")
    _is_clean(phone, "phone")
    phone.saves_card()
    for title in ("When it was sent or posted", "When you took it", "Private or upsetting?", "Changed before you added it?"):
        _opens_row(phone, title)
        _is_clean(phone, title)
    _opens_row(phone, "Everything you saved about it")
    expect(phone.page.locator(".history > li")).to_have_count(5)
    phone.page.context.set_offline(False)
    phone.is_kept_safe(TEXT)
    desk = new_phone()
    desk.signs_in(phone.login, phone.words)
    desk.reads(TEXT)
    desk.tile("chat.png").first.click()
    desk.sees_place("His message from 3 November")
    desk.sees("@nice.blue.coat")
    desk.sees("Shown: the time on the phone; not shown: the web address")


def test_a_place_is_warned_of_and_covered(keeper: Keeper) -> None:
    """A photo that says where: the warning says what to do. Parts are covered by keyboard and by pointer; the file stays."""
    content = jpeg_with_place()
    _opens_file(keeper, "street.jpg", content, "image/jpeg")
    keeper.sees("This file says where it was taken.")
    keeper.sees("turn location off for your phone’s camera")
    expect(keeper.page.get_by_text("Phone 9")).to_be_visible()
    keeper.page.get_by_role("button", name=re.compile("^Cover parts of it")).click()
    keeper.sees_place("Cover parts of the picture")
    keeper.tap("Save the covered copy")
    expect(keeper.problem()).to_contain_text("Draw at least one box.")
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
    _is_clean(keeper, "covering")
    keeper.tap("Add a box")
    keeper.tap("Undo")
    expect(area.locator("rect")).to_have_count(2)
    keeper.page.get_by_role("checkbox", name="Where I live, work or study").check()
    keeper.field("Why, in a few words").fill("My street sign")
    keeper.tap("Save the covered copy")
    keeper.sees("Pages of a pack print the covered copy.")
    keeper.sees(hashlib.sha256(content).hexdigest())
    keeper.tap("Show the picture")
    for _ in range(50):  # the copy takes the place of the picture that stood there
        if _pixel(keeper, 0.75, 0.8) < 20:
            break
        keeper.page.wait_for_timeout(100)
    assert _pixel(keeper, 0.75, 0.8) < 20
    covered = keeper.page.locator(".look img").get_attribute("src")
    keeper.tap("See it without boxes")
    expect(keeper.button("See the covered copy")).to_be_visible()
    keeper.page.wait_for_function("was => document.querySelector('.look img')?.src !== was", arg=covered)
    assert _pixel(keeper, 0.75, 0.8) > 40
    keeper.tap("Check this file")
    keeper.sees("Checked: it is just as it came in.")


def _pixel(keeper: Keeper, across: float, down: float) -> int:
    """How bright the shown picture is at a place, 0 to 255."""
    value: int = keeper.page.locator(".look img").evaluate(
        """async (image, [across, down]) => {
            // A picture that is being put in another's place does not decode for a moment.
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


def test_sound_is_drawn_played_and_silent_when_locked(keeper: Keeper) -> None:
    """A recording: its length, its picture, what it says; a lock silences it at once."""
    _opens_file(keeper, "voicemail.wav", wav(), "audio/wav")
    keeper.sees("0:02")
    keeper.tap("Open it to play")
    expect(keeper.page.get_by_role("img", name=re.compile("^Picture of the sound, 0:02"))).to_be_visible()
    _is_clean(keeper, "sound")
    keeper.page.evaluate(
        "() => { window.heard = document.querySelector('audio'); window.heard.loop = true; return window.heard.play(); }"
    )
    assert keeper.page.evaluate("window.heard.paused") is False
    _opens_row(keeper, "What does it say?")
    keeper.field("What does it say?").fill("I know you are home.")
    keeper.saves_card()
    assert keeper.page.evaluate("window.heard.paused") is False, "drawing anew does not stop it"
    keeper.locks()
    assert keeper.page.evaluate("[window.heard.paused, window.heard.getAttribute('src')]") == [True, None]
    expect(keeper.page.locator("audio, video, .wave")).to_have_count(0)


def test_film_has_a_still_and_plays(keeper: Keeper) -> None:
    """A film: covered still, length, plays from the sealed parts."""
    keeper.opens()
    content = webm(keeper.page)
    _opens_file(keeper, "outside.webm", content, "video/webm")
    expect(keeper.page.locator(".look img.blurred")).to_be_visible()
    keeper.sees(re.compile(r"^0:01$"))
    keeper.tap("Open it to play")
    film = keeper.page.locator("video")
    expect(film).to_be_visible()
    film.evaluate("film => { film.muted = true; return film.play(); }")
    _is_clean(keeper, "film")


def test_a_file_moves_and_is_found_when_it_is_in_no_entry(keeper: Keeper) -> None:
    """To another entry, then out of all of them; More leads to it, and it is put back from there."""
    _opens_file(keeper, "letter.png", png(4), "image/png")
    keeper.adds("The letter came on Monday.")
    keeper.reads(TEXT)
    keeper.tile("letter.png").first.click()
    _opens_row(keeper, "Put it in another entry")
    _is_clean(keeper, "moving")
    keeper.page.get_by_role("button", name=re.compile("The letter came on Monday")).click()
    expect(keeper.button("No. 2")).to_be_visible()
    _opens_row(keeper, "Put it in another entry")
    keeper.tap("Take it out of every entry, and keep the file")
    keeper.sees("It is in no entry.")
    keeper.goes("More")
    keeper.tap(re.compile("^Files in no entry"), exact=False)
    keeper.tile("letter.png").click()
    _opens_row(keeper, "Put it in another entry")
    keeper.page.get_by_role("button", name=re.compile(re.escape(TEXT))).click()
    keeper.reads(TEXT)
    keeper.has_file("letter.png")


@pytest.mark.slow  # test_screens.py judges this screen in every `make test`
def test_by_keyboard_at_twice_the_text_and_the_narrowest_screen(new_phone: NewPhone) -> None:
    """320 pixels wide and text at 200 %: nothing goes sideways, and everything is reached and used by keys alone."""
    phone = new_phone(viewport={"width": 320, "height": 640})
    _opens_file(phone, "chat.png", png(3), "image/png")
    phone.page.evaluate("document.documentElement.style.fontSize = '200%'")
    _is_clean(phone, "twice the text")
    for title in ("What can you see in it?", "Who took it, and on which phone", "Private or upsetting?"):
        _reaches(phone, title)
        phone.page.keyboard.press("Enter")
        _is_clean(phone, title)
        phone.page.keyboard.press("Enter")
    _reaches(phone, "What can you see in it?")
    phone.page.keyboard.press("Enter")
    phone.page.keyboard.press("Tab")
    phone.page.keyboard.press("Space")
    _reaches(phone, "Save this card")
    phone.page.keyboard.press("Enter")
    phone.sees("Shown: the whole screen")
    _reaches(phone, "Cover parts of it")
    phone.page.keyboard.press("Enter")
    phone.sees_place("Cover parts of the picture")
    _reaches(phone, "Add a box")
    phone.page.keyboard.press("Enter")
    _is_clean(phone, "covering, twice the text")
    _reaches(phone, "Save the covered copy")
    phone.page.keyboard.press("Enter")
    phone.sees("Pages of a pack print the covered copy.")


def _reaches(keeper: Keeper, name: str) -> None:
    """Press Tab until the button of that name has the focus."""
    for _ in range(120):
        keeper.page.keyboard.press("Tab")
        if str(keeper.page.evaluate("document.activeElement?.textContent.trim() ?? ''")).startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")
