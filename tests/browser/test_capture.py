"""Adding while locked and offline: photos, a voice note, a shared screenshot.
After unlocking, the app asks about each and makes five drafts with the same digests.
"""

import base64
import hashlib
import re

from playwright.sync_api import Page, expect

from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload

# A phone's share sheet sends the browser to this address with a form, and the worker takes it.
SHARE = """(encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (value) => value.charCodeAt(0));
    const chosen = new DataTransfer();
    chosen.items.add(new File([bytes], 'screenshot.png', { type: 'image/png' }));
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: '/share', enctype: 'multipart/form-data' });
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'f', files: chosen.files });
    form.append(input);
    document.body.append(form);
    form.submit();
}"""
# Collects the bytes of a recording before they are sealed.
RECORD_BYTES = """() => {
    globalThis.recorded = [];
    const { prototype } = MediaRecorder;
    const { start } = prototype;
    prototype.start = function listen(...given) {
        this.addEventListener('dataavailable', ({ data }) => { if (data.size) globalThis.recorded.push(data); });
        return start.apply(this, given);
    };
}"""
DIGEST = """async () => {
    const bytes = await new Blob(globalThis.recorded).arrayBuffer();
    const made = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(made, (value) => value.toString(16).padStart(2, '0')).join('');
}"""
REVEALING_WORDS = re.compile(r"diary|stalk|police|evidence|999|incident|abus|safe", re.IGNORECASE)


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def reveals_nothing(page: Page) -> None:
    """A locked phone's page has no word that reveals the diary, and no Help or Leave button."""
    assert not REVEALING_WORDS.search(page.inner_text("body")), page.inner_text("body")
    expect(page.get_by_role("button", name="Help")).to_have_count(0)
    assert faults(page) == []


def add_pictures(keeper: Keeper, photos: list[dict[str, object]]) -> None:
    """Add three pictures from the lock."""
    keeper.tap("Add picture")
    keeper.sees_place("Add picture")
    reveals_nothing(keeper.page)
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose a picture")
    chooser.value.set_files(photos)  # type: ignore[arg-type]
    keeper.sees("3 added")
    assert keeper.page.get_by_role("img").count() == 0
    assert not any(str(photo["name"]) in keeper.page.content() for photo in photos)


def record_voice(keeper: Keeper) -> str:
    """Record a voice note; return the digest of the recording."""
    keeper.page.evaluate(RECORD_BYTES)
    keeper.tap("Say it")
    reveals_nothing(keeper.page)
    keeper.tap("Record")
    keeper.sees("Recording")
    expect(keeper.page.get_by_text("4:58 left")).to_be_visible()
    keeper.tap("Stop")
    keeper.sees("4 added")
    return str(keeper.page.evaluate(DIGEST))


def share_screenshot(keeper: Keeper, shot: bytes) -> None:
    """Share a screenshot from another app, and see the page that opens for it."""
    encoded = base64.b64encode(shot).decode()
    with keeper.page.expect_navigation():
        keeper.page.evaluate(SHARE, encoded)
    keeper.sees_place("Add picture")
    assert keeper.page.url == f"{keeper.app_url}/"
    keeper.sees("1 added")
    reveals_nothing(keeper.page)
    keeper.tap("Done")
    keeper.sees_lock()


def test_five_files_are_added_while_locked_and_offline(with_voice: Keeper) -> None:
    """Five files are added while the phone is locked and offline, and become drafts after unlocking."""
    keeper = with_voice
    keeper.opens()
    assert manifest_name(keeper) == "manifest.webmanifest", (
        "without a worker the app must not offer itself in share sheets"
    )
    keeper.begins("He waited outside.")
    keeper.is_offline_ready()
    keeper.page.reload()  # from here on the worker controls the page
    keeper.sees_lock()
    keeper.has_loaded()
    assert manifest_name(keeper) == "manifest-share.webmanifest"
    keeper.page.context.set_offline(True)
    photos = [png(n) for n in (3, 4, 5)]
    add_pictures(keeper, [upload(f"photo-{n}.png", "image/png", raw) for n, raw in enumerate(photos)])
    voice = record_voice(keeper)
    keeper.tap("Done")
    keeper.sees_lock()
    shot = png(6)
    share_screenshot(keeper, shot)
    keeper.unlocks()
    keeper.sees("5 things were added while this was locked.")
    keeper.tap("Look")
    keeper.sees_place("Added while this was locked")
    keeper.sees("anyone holding this phone could have")
    expect(keeper.button("Yes, make a draft")).to_have_count(5)
    assert faults(keeper.page) == []
    uncover_one(keeper)
    digests = keeper.page.locator("details .letters").all_text_contents()
    assert sorted(digests) == sorted([*map(digest, photos), voice, digest(shot)])
    for remaining in (4, 3, 2, 1, 0):
        keeper.button("Yes, make a draft").first.click()
        if keeper.page.get_by_role("dialog").is_visible():
            keeper.tap("No, it is not")
        expect(keeper.button("Yes, make a draft")).to_have_count(remaining)
    expect(keeper.button("Write about it")).to_have_count(5)
    assert faults(keeper.page) == []
    write_about_it(keeper)


def manifest_name(keeper: Keeper) -> str:
    """Return the manifest that a new installation would use."""
    return str(keeper.page.evaluate("document.querySelector('link[rel=manifest]').href.split('/').pop()"))


def uncover_one(keeper: Keeper) -> None:
    """Every picture is covered until its own button is tapped, and can be covered again."""
    pictures = keeper.page.locator(".captured img")
    expect(pictures).to_have_count(4)
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(4)
    keeper.button("Show the picture").first.click()
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(3)
    assert faults(keeper.page) == []
    keeper.tap("Cover the picture")
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(4)


def write_about_it(keeper: Keeper) -> None:
    """A draft becomes an entry, is sent when there is a signal, and says permanently how its file was added."""
    keeper.button("Write about it").first.click()
    keeper.sees_place("What happened?")
    keeper.writes("He was at the gate again.")
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    keeper.sees("4 drafts wait.")
    keeper.page.context.set_offline(False)
    keeper.is_kept_safe("He was at the gate again.")
    keeper.reads("He was at the gate again.")
    keeper.has_file("photo-0.png")
    keeper.tile("photo-0.png").first.click()
    keeper.sees("Captured while locked; anyone holding this phone could have")
