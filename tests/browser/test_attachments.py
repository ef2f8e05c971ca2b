"""Files are taken in unchanged, sealed part by part, shown blurred, and never lost with the draft."""

import hashlib
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_heic, make_jpeg_with_gps, make_png, make_png_of_size, picker_file

NARRATIVE = "He sent pictures of my front door."


def _open_entry_with_files_card(keeper: BrowserKeeper) -> None:
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")


def test_a_three_megabyte_screenshot_reaches_another_device(new_phone: NewPhone) -> None:
    """A 3 MB screenshot is sealed and sent in parts, and has the same fingerprint on another device."""
    content = make_png_of_size(3_000_000)
    phone = new_phone()
    _open_entry_with_files_card(phone)
    phone.pick_files([picker_file("screen.png", "image/png", content)])
    phone.wait_for_file("screen.png")
    phone.file_tile("screen.png").first.click()
    phone.wait_for_text(hashlib.sha256(content).hexdigest())
    phone.wait_until_kept_safe(NARRATIVE)
    desk = new_phone()
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry(NARRATIVE)
    desk.file_tile("screen.png").first.click()
    desk.wait_for_text(hashlib.sha256(content).hexdigest())
    desk.tap("Show the picture")
    desk.wait_for_print_copy("screen.png")


def test_every_file_of_a_large_batch_is_seen_or_named(keeper: BrowserKeeper) -> None:
    """Files past the 24th are shown when they are added, later counted, and each empty one is refused by its name."""
    _open_entry_with_files_card(keeper)
    files = [picker_file(f"{number}.png", "image/png", make_png(number)) for number in range(26)]
    empty = [picker_file(name, "image/png", b"") for name in ("nothing.png", "none <b>.png")]
    keeper.pick_files([*files[:3], empty[0], *files[3:], empty[1]])
    expect(keeper.page.locator(".card-body .tile")).to_have_count(26)
    expect(keeper.button("Show more files")).to_have_count(0)
    refused = keeper.error_message().locator("p")
    expect(refused).to_have_text(
        [re.compile(r"^nothing\.png: This file is empty"), re.compile(r"^none <b>\.png: This file is empty")]
    )
    keeper.go_to_tab("Add")
    keeper.open_entry(NARRATIVE)
    keeper.wait_for_text("24 of 26 files shown")
    keeper.tap("Show more files")
    expect(keeper.page.locator(".tile")).to_have_count(26)


def test_pictures_are_blurred_until_touched(keeper: BrowserKeeper) -> None:
    """A tile's picture is blurred. A tap shows it, and another tap covers it again."""
    _open_entry_with_files_card(keeper)
    keeper.pick_files([picker_file("door.png", "image/png", make_png())])
    keeper.wait_for_file("door.png")
    keeper.file_tile("door.png").first.click()
    expect(keeper.page.locator("img.blurred")).to_be_visible()
    keeper.tap("Show the picture")
    expect(keeper.page.locator("img.blurred")).to_have_count(0)
    keeper.tap("Cover the picture")
    expect(keeper.page.locator("img.blurred")).to_be_visible()


def test_heic_is_kept_without_a_preview(keeper: BrowserKeeper) -> None:
    """A picture that this browser cannot show is kept unchanged, and the screen explains the missing preview."""
    content = make_heic()
    _open_entry_with_files_card(keeper)
    keeper.pick_files([picker_file("IMG_0042.HEIC", "image/heic", content)])
    keeper.wait_for_file("IMG_0042.HEIC")
    keeper.file_tile("IMG_0042.HEIC").first.click()
    keeper.wait_for_text("This browser cannot show this kind of picture. It is kept just as it came.")
    keeper.wait_for_text(hashlib.sha256(content).hexdigest())
    keeper.wait_until_kept_safe(NARRATIVE)


def test_a_file_type_that_does_not_match_the_bytes_is_shown(keeper: BrowserKeeper) -> None:
    """A PNG that is named as a JPEG is kept unchanged, and the screen shows the difference."""
    _open_entry_with_files_card(keeper)
    keeper.pick_files([picker_file("photo.jpg", "image/jpeg", make_png())])
    keeper.wait_for_file("photo.jpg")
    keeper.file_tile("photo.jpg").first.click()
    keeper.wait_for_text("The name says image/jpeg, but the contents are image/png. It is kept just as it came.")


def test_the_app_asks_about_the_copy_in_the_photos(keeper: BrowserKeeper) -> None:
    """After a picture is sealed, a question about the copy in the photos appears once, with how to remove it."""
    _open_entry_with_files_card(keeper)
    keeper.pick_files([picker_file("place.jpg", "image/jpeg", make_jpeg_with_gps())])
    keeper.wait_for_text("A copy is still in your photos")
    keeper.tap("Not safe: show me how to remove it")
    keeper.wait_for_text("Removing it is never a fault. The date is noted with the picture.")
    keeper.tap("I have removed it")
    expect(keeper.page.get_by_text("A copy is still in your photos")).to_have_count(0)
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)


def test_a_pasted_picture_is_added(keeper: BrowserKeeper) -> None:
    """A picture pasted on the page is added."""
    _open_entry_with_files_card(keeper)
    keeper.page.get_by_text("You can also paste a picture on this page.").evaluate(
        """(element) => {
            const canvas = new OffscreenCanvas(40, 40);
            canvas.getContext('2d').fillRect(0, 0, 40, 40);
            return canvas.convertToBlob().then((blob) => {
                const carried = new DataTransfer();
                carried.items.add(new File([blob], 'pasted.png', { type: 'image/png' }));
                element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true }));
            });
        }"""
    )
    keeper.tap("No, it is not")
    keeper.wait_for_file("pasted.png")


def test_a_picture_from_elsewhere_joins_the_draft(keeper: BrowserKeeper) -> None:
    """The button "Go and get a picture (locks this)" locks at once. On return, only pictures can be added.

    After the words, the draft has both text and picture.
    """
    keeper.create_registered_diary(NARRATIVE)
    keeper.go_to_tab("Add")
    keeper.type_narrative("He put a note under the wiper.")
    keeper.wait_for_sealed_draft()
    keeper.open_card("Photos & screenshots")
    keeper.tap("Go and get a picture (locks this)")
    keeper.tap("Lock and get a picture")
    keeper.wait_for_screen("Add picture")
    assert "wiper" not in keeper.page.content()
    keeper.page.reload()
    keeper.wait_for_screen("Add picture")
    keeper.pick_files([picker_file("note.png", "image/png", make_png(5))], source="Add")
    keeper.wait_for_text("Picture 1")
    keeper.tap("Save")
    keeper.wait_for_lock()
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value("He put a note under the wiper.")
    keeper.open_card("Photos & screenshots")
    keeper.wait_for_file("note.png")


def test_a_draft_keeps_its_files_over_lock_and_reload(keeper: BrowserKeeper) -> None:
    """A file added to a draft survives lock and reload, and is saved with the entry."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.go_to_tab("Add")
    keeper.type_narrative("Another letter.")
    keeper.wait_for_sealed_draft()
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("letter.png", "image/png", make_png(6))])
    keeper.wait_for_file("letter.png")
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value("Another letter.")
    keeper.open_card("Photos & screenshots")
    keeper.wait_for_file("letter.png")
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.wait_until_kept_safe("Another letter.")
    keeper.open_entry("Another letter.")
    keeper.wait_for_file("letter.png")


def test_a_dropped_file_is_added(keeper: BrowserKeeper) -> None:
    """A file dropped on the card is added, after the one question."""
    _open_entry_with_files_card(keeper)
    keeper.page.get_by_text("You can also paste a picture on this page.").evaluate(
        """(element) => {
            const carried = new DataTransfer();
            carried.items.add(new File(['Dear you'], 'letter.txt', { type: 'text/plain' }));
            element.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
        }"""
    )
    keeper.tap("No, it is not")
    keeper.wait_for_file("letter.txt")
    keeper.file_tile("letter.txt").first.click()
    keeper.wait_for_text("Dropped in")
