"""Files: taken in as they came, sealed part by part, shown blurred, never lost with the draft."""

import hashlib

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import heic, jpeg_with_place, png, png_of, upload

TEXT = "He sent pictures of my front door."


def _with_entry(keeper: Keeper) -> None:
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")


def test_a_screenshot_of_three_megabytes(new_phone: NewPhone) -> None:
    """A 3 MB screenshot is sealed, sent in parts, and comes out on another device with the same fingerprint."""
    content = png_of(3_000_000)
    phone = new_phone()
    _with_entry(phone)
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
    """A tile's picture is blurred; only a touch shows it, and a touch covers it again."""
    _with_entry(keeper)
    keeper.picks_files([upload("door.png", "image/png", png())])
    keeper.has_file("door.png")
    keeper.tile("door.png").first.click()
    expect(keeper.page.locator("img.blurred")).to_be_visible()
    keeper.tap("Show the picture")
    expect(keeper.page.locator("img.blurred")).to_have_count(0)
    keeper.tap("Cover the picture")
    expect(keeper.page.locator("img.blurred")).to_be_visible()


def test_heic_is_kept_without_a_preview(keeper: Keeper) -> None:
    """What this browser cannot show is said to be kept just as it came."""
    content = heic()
    _with_entry(keeper)
    keeper.picks_files([upload("IMG_0042.HEIC", "image/heic", content)])
    keeper.has_file("IMG_0042.HEIC")
    keeper.tile("IMG_0042.HEIC").first.click()
    keeper.sees("This browser cannot show this kind of picture. It is kept just as it came.")
    keeper.sees(hashlib.sha256(content).hexdigest())
    keeper.is_kept_safe(TEXT)


def test_a_name_that_does_not_match_the_bytes_is_said(keeper: Keeper) -> None:
    """A PNG that calls itself a JPEG: kept as it came, and the difference is on the screen."""
    _with_entry(keeper)
    keeper.picks_files([upload("photo.jpg", "image/jpeg", png())])
    keeper.has_file("photo.jpg")
    keeper.tile("photo.jpg").first.click()
    keeper.sees("The name says image/jpeg, but the contents are image/png. It is kept just as it came.")


def test_the_copy_left_in_the_photos(keeper: Keeper) -> None:
    """After a picture is sealed the keeper is asked once about the copy outside, and how to remove it."""
    _with_entry(keeper)
    keeper.picks_files([upload("place.jpg", "image/jpeg", jpeg_with_place())])
    keeper.sees("A copy is still in your photos")
    keeper.tap("Not safe: show me how to remove it")
    keeper.sees("Removing it is never a fault. The date is noted with the picture.")
    keeper.tap("I have removed it")
    expect(keeper.page.get_by_text("A copy is still in your photos")).to_have_count(0)
    keeper.goes("Entries")
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)


def test_pasted_pictures_come_in(keeper: Keeper) -> None:
    """A picture pasted on the page is taken from the event itself."""
    _with_entry(keeper)
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


def test_get_a_picture(keeper: Keeper) -> None:
    """Locks at once; coming back shows only a page to add pictures; after the words both are together."""
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
    keeper.picks_files([upload("note.png", "image/png", png(5))], how="Add")
    keeper.sees("Picture 1")
    keeper.tap("Save")
    keeper.sees_lock()
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value("He put a note under the wiper.")
    keeper.opens_card("Photos & screenshots")
    keeper.has_file("note.png")


def test_a_draft_keeps_its_files_over_lock_and_reload(keeper: Keeper) -> None:
    """A file added to a draft is there after lock and reload, and goes with the entry."""
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


def test_dropped_files_come_in(keeper: Keeper) -> None:
    """A file dropped on the card is taken in, after the one question."""
    _with_entry(keeper)
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
