"""Files are taken in unchanged, sealed part by part, shown blurred, and never lost with the draft."""

import hashlib

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import heic, jpeg_with_place, png, png_of, upload

TEXT = "He sent pictures of my front door."


def _open_entry_with_files_card(keeper: Keeper) -> None:
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")


def test_a_three_megabyte_screenshot_reaches_another_device(new_phone: NewPhone) -> None:
    """A 3 MB screenshot is sealed and sent in parts, and has the same fingerprint on another device."""
    content = png_of(3_000_000)
    phone = new_phone()
    _open_entry_with_files_card(phone)
    phone.picks_files([upload("screen.png", "image/png", content)])
    phone.has_file("screen.png")
    phone.tile("screen.png").first.click()
    phone.sees(hashlib.sha256(content).hexdigest())
    phone.is_kept_safe(TEXT)
    desk = new_phone()
    desk.signs_in(phone.login, phone.words)
    desk.reads(TEXT)
    desk.tile("screen.png").first.click()
    desk.sees(hashlib.sha256(content).hexdigest())
    desk.tap("Show the picture")
    picture = desk.page.get_by_role("img", name="Picture: screen.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_pictures_are_blurred_until_touched(keeper: Keeper) -> None:
    """A tile's picture is blurred. A tap shows it, and another tap covers it again."""
    _open_entry_with_files_card(keeper)
    keeper.picks_files([upload("door.png", "image/png", png())])
    keeper.has_file("door.png")
    keeper.tile("door.png").first.click()
    expect(keeper.page.locator("img.blurred")).to_be_visible()
    keeper.tap("Show the picture")
    expect(keeper.page.locator("img.blurred")).to_have_count(0)
    keeper.tap("Cover the picture")
    expect(keeper.page.locator("img.blurred")).to_be_visible()


def test_heic_is_kept_without_a_preview(keeper: Keeper) -> None:
    """A picture that this browser cannot show is kept unchanged, and the screen says so."""
    content = heic()
    _open_entry_with_files_card(keeper)
    keeper.picks_files([upload("IMG_0042.HEIC", "image/heic", content)])
    keeper.has_file("IMG_0042.HEIC")
    keeper.tile("IMG_0042.HEIC").first.click()
    keeper.sees("This browser cannot show this kind of picture. It is kept just as it came.")
    keeper.sees(hashlib.sha256(content).hexdigest())
    keeper.is_kept_safe(TEXT)


def test_a_file_type_that_does_not_match_the_bytes_is_shown(keeper: Keeper) -> None:
    """A PNG that is named as a JPEG is kept unchanged, and the screen says how they differ."""
    _open_entry_with_files_card(keeper)
    keeper.picks_files([upload("photo.jpg", "image/jpeg", png())])
    keeper.has_file("photo.jpg")
    keeper.tile("photo.jpg").first.click()
    keeper.sees("The name says image/jpeg, but the contents are image/png. It is kept just as it came.")


def test_the_app_asks_about_the_copy_in_the_photos(keeper: Keeper) -> None:
    """After a picture is sealed, the app asks once about the copy in the photos, and says how to remove it."""
    _open_entry_with_files_card(keeper)
    keeper.picks_files([upload("place.jpg", "image/jpeg", jpeg_with_place())])
    keeper.sees("A copy is still in your photos")
    keeper.tap("Not safe: show me how to remove it")
    keeper.sees("Removing it is never a fault. The date is noted with the picture.")
    keeper.tap("I have removed it")
    expect(keeper.page.get_by_text("A copy is still in your photos")).to_have_count(0)
    keeper.goes("Entries")
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)


def test_a_pasted_picture_is_added(keeper: Keeper) -> None:
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
    keeper.has_file("pasted.png")


def test_a_picture_from_elsewhere_joins_the_draft(keeper: Keeper) -> None:
    """The button "Get a picture" locks at once. On return, only pictures can be added; after the words,
    the draft has both text and picture."""
    keeper.begins(TEXT)
    keeper.goes("Add")
    keeper.writes("He put a note under the wiper.")
    keeper.draft_is_sealed()
    keeper.opens_card("Photos & screenshots")
    keeper.tap("Get a picture")
    keeper.tap("Lock and get a picture")
    keeper.sees_place("Add picture")
    assert "wiper" not in keeper.page.content()
    keeper.page.reload()
    keeper.sees_place("Add picture")
    keeper.picks_files([upload("note.png", "image/png", png(5))], source="Add")
    keeper.sees("Picture 1")
    keeper.tap("Save")
    keeper.sees_lock()
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value("He put a note under the wiper.")
    keeper.opens_card("Photos & screenshots")
    keeper.has_file("note.png")


def test_a_draft_keeps_its_files_over_lock_and_reload(keeper: Keeper) -> None:
    """A file added to a draft survives lock and reload, and is saved with the entry."""
    keeper.begins(TEXT)
    keeper.goes("Add")
    keeper.writes("Another letter.")
    keeper.draft_is_sealed()
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("letter.png", "image/png", png(6))])
    keeper.has_file("letter.png")
    keeper.page.reload()
    keeper.sees_lock()
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value("Another letter.")
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    keeper.is_kept_safe("Another letter.")
    keeper.reads("Another letter.")
    keeper.has_file("letter.png")


def test_a_dropped_file_is_added(keeper: Keeper) -> None:
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
    keeper.has_file("letter.txt")
    keeper.tile("letter.txt").first.click()
    keeper.sees("Dropped in")
