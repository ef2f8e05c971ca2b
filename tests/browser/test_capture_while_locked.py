"""Photos, a voice note and a shared screenshot are added while locked and offline, and become drafts."""

import base64
import hashlib
import re

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

# A phone's share sheet sends the browser to this address with a form, and the worker takes it.
SHARE_SCRIPT = """(files) => {
    const chosen = new DataTransfer();
    for (const [name, encoded] of files) {
        const bytes = Uint8Array.from(atob(encoded), (value) => value.charCodeAt(0));
        chosen.items.add(new File([bytes], name, { type: 'image/png' }));
    }
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: '/share', enctype: 'multipart/form-data' });
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'f', files: chosen.files });
    form.append(input);
    document.body.append(form);
    form.submit();
}"""
# Collects the bytes of a recording before they are sealed.
CAPTURE_RECORDING_SCRIPT = """() => {
    globalThis.recorded = [];
    const { prototype } = MediaRecorder;
    const { start } = prototype;
    prototype.start = function listen(...given) {
        this.addEventListener('dataavailable', ({ data }) => { if (data.size) globalThis.recorded.push(data); });
        return start.apply(this, given);
    };
}"""
RECORDING_DIGEST_SCRIPT = """async () => {
    const bytes = await new Blob(globalThis.recorded).arrayBuffer();
    const made = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(made, (value) => value.toString(16).padStart(2, '0')).join('');
}"""
# A page that asks for what was shared again and again, as one that is just being replaced may do once.
ASK_SCRIPT = """async () => {
    globalThis.received = [];
    await navigator.serviceWorker.ready;
    setInterval(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => globalThis.received.push(data);
        navigator.serviceWorker.controller.postMessage('shared', [port2]);
    }, 5);
}"""
WAIT_FOR_ANSWERS_SCRIPT = """async () => {
    const enough = globalThis.received.length + 2;
    while (globalThis.received.length < enough) await new Promise((resolve) => setTimeout(resolve, 5));
}"""
# Reloads the page once before its own scripts run, so before it has asked, as a phone does that ran out of memory.
RELOAD_ONCE_SCRIPT = """if (!sessionStorage.getItem('reloaded')) {
    sessionStorage.setItem('reloaded', 'yes');
    location.reload();
}"""
REVEALING_WORDS = re.compile(r"diary|stalk|police|evidence|999|incident|abus|safe", re.IGNORECASE)


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def assert_nothing_revealed(page: Page) -> None:
    """Assert that a locked page has no revealing word, and no Help or Leave button."""
    assert not REVEALING_WORDS.search(page.inner_text("body")), page.inner_text("body")
    expect(page.get_by_role("button", name="Help")).to_have_count(0)
    assert accessibility_faults(page) == []


def add_pictures(keeper: BrowserKeeper, photos: list[FilePayload]) -> None:
    """Add three pictures from the lock."""
    keeper.tap("Add picture")
    keeper.wait_for_screen("Add picture")
    assert_nothing_revealed(keeper.page)
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose a picture")
    chooser.value.set_files(photos)
    keeper.wait_for_text("3 added")
    assert keeper.page.get_by_role("img").count() == 0
    assert not any(str(photo["name"]) in keeper.page.content() for photo in photos)


def record_voice(keeper: BrowserKeeper) -> str:
    """Record a voice note. Return the digest of the recording."""
    keeper.page.evaluate(CAPTURE_RECORDING_SCRIPT)
    keeper.tap("Say it")
    assert_nothing_revealed(keeper.page)
    keeper.tap("Record")
    keeper.wait_for_text("Recording")
    expect(keeper.page.get_by_text("4:58 left")).to_be_visible()
    keeper.tap("Stop")
    keeper.wait_for_text("4 added")
    return str(keeper.page.evaluate(RECORDING_DIGEST_SCRIPT))


def share_files(keeper: BrowserKeeper, files: dict[str, bytes]) -> None:
    """Share files from another app, as its share sheet does; maybe none."""
    encoded_files = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    with keeper.page.expect_navigation(wait_until="commit"):
        keeper.page.evaluate(SHARE_SCRIPT, encoded_files)


def share_screenshot(keeper: BrowserKeeper, screenshot: bytes) -> None:
    """Share a screenshot from another app, and see the page that opens for it."""
    share_files(keeper, {"screenshot.png": screenshot})
    keeper.wait_for_screen("Add picture")
    assert keeper.page.url == f"{keeper.app_url}/"
    keeper.wait_for_text("1 added")
    assert_nothing_revealed(keeper.page)
    keeper.tap("Done")
    keeper.wait_for_lock()


def test_five_files_are_added_while_locked_and_offline(phone_with_microphone: BrowserKeeper) -> None:
    """Five files are added while the phone is locked and offline, and become drafts after unlocking."""
    keeper = phone_with_microphone
    keeper.open_without_diary()
    assert manifest_name(keeper) == "manifest.webmanifest", (
        "without a worker the app must not offer itself in share sheets"
    )
    keeper.create_registered_diary("He waited outside.")
    keeper.wait_until_offline_ready()
    keeper.page.reload()  # from here on the worker controls the page
    keeper.wait_for_lock()
    keeper.wait_until_loaded()
    assert manifest_name(keeper) == "manifest-share.webmanifest"
    keeper.page.context.set_offline(True)
    photos = [make_png(n) for n in (3, 4, 5)]
    add_pictures(keeper, [picker_file(f"photo-{n}.png", "image/png", raw) for n, raw in enumerate(photos)])
    voice = record_voice(keeper)
    keeper.tap("Done")
    keeper.wait_for_lock()
    screenshot = make_png(6)
    share_screenshot(keeper, screenshot)
    keeper.unlock()
    expect(keeper.page.get_by_text("added while this was locked")).to_have_count(0)
    keeper.tap("Something to look at")
    keeper.tap("Added while this was locked")
    keeper.wait_for_screen("Added while this was locked")
    keeper.wait_for_text("anyone holding this phone could have")
    expect(keeper.button("Yes, make a draft")).to_have_count(5)
    assert accessibility_faults(keeper.page) == []
    assert_pictures_covered(keeper)
    digests = keeper.page.locator("details .letters").all_text_contents()
    assert sorted(digests) == sorted([*map(sha256_hex, photos), voice, sha256_hex(screenshot)])
    for remaining in (4, 3, 2, 1, 0):
        keeper.button("Yes, make a draft").first.click()
        if keeper.page.get_by_role("dialog").is_visible():
            keeper.tap("No, it is not")
        expect(keeper.button("Yes, make a draft")).to_have_count(remaining)
    expect(keeper.button("Write about it")).to_have_count(5)
    assert accessibility_faults(keeper.page) == []
    write_entry_from_draft(keeper)


def test_a_share_says_what_came_of_it(keeper: BrowserKeeper) -> None:
    """A share without a file, or with an empty one, never ends in silence: at the start and on a locked phone."""
    keeper.open_without_diary()
    keeper.wait_until_loaded()
    keeper.page.evaluate("dispatchEvent(new Event('appinstalled'))")  # added to the home screen: the worker begins
    keeper.wait_until_offline_ready()
    share_files(keeper, {})
    keeper.wait_for_text("Nothing came. Tap Start, then choose it here.")
    assert accessibility_faults(keeper.page) == []
    share_files(keeper, {"first.png": make_png(1), "cut-off.png": b""})
    keeper.wait_for_text("1 was not added.")
    expect(keeper.page.get_by_role("alert")).to_contain_text("cut-off.png: This file is empty, so it was not added.")
    expect(keeper.page.get_by_text("1 added")).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    keeper.write_first_entry("He waited outside.")
    keeper.postpone_copy()
    keeper.open_entry("He waited outside.")
    keeper.wait_for_file("first.png")
    keeper.page.reload()
    keeper.wait_for_lock()
    share_files(keeper, {})
    keeper.wait_for_screen("Add picture")
    keeper.wait_for_text("Nothing came. Choose it here instead.")
    assert_nothing_revealed(keeper.page)
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose a picture")
    chooser.value.set_files([picker_file("again.png", "image/png", make_png(2))])
    keeper.wait_for_text("1 added")
    expect(keeper.page.get_by_text("Nothing came")).to_have_count(0)
    keeper.tap("Done")
    keeper.wait_for_lock()
    share_files(keeper, {"one.png": make_png(3), "two.png": b"", "three.png": b""})
    keeper.wait_for_text("1 added")
    keeper.wait_for_text("2 were not added.")
    keeper.wait_for_text("This file is empty, so it was not added.")
    assert "two.png" not in keeper.page.content()
    assert_nothing_revealed(keeper.page)
    keeper.tap("Done")
    keeper.unlock()
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Who can open it"), exact=False)
    keeper.tap(re.compile("^Adding while locked"), exact=False)
    keeper.tap("Do not show it")
    keeper.wait_for_text("The lock shows no “Add picture”.")
    keeper.page.reload()
    keeper.wait_for_lock()
    share_files(keeper, {"late.png": make_png(4)})
    keeper.wait_for_text("Nothing was added. Open this first, then choose it here.")
    assert_nothing_revealed(keeper.page)


def test_what_is_shared_goes_only_to_the_page_that_opens_for_it(keeper: BrowserKeeper) -> None:
    """Another page that asks at the same time gets nothing: it would take the files with it."""
    keeper.create_registered_diary("He waited outside.")
    keeper.wait_until_offline_ready()
    keeper.page.reload()
    keeper.wait_for_lock()
    other_page = keeper.page.context.new_page()
    other_page.goto(f"{keeper.app_url}/")
    other_page.evaluate(ASK_SCRIPT)
    other_page.evaluate(WAIT_FOR_ANSWERS_SCRIPT)
    share_files(keeper, {"one.png": make_png(1)})
    keeper.wait_for_text("1 added")
    other_page.evaluate(WAIT_FOR_ANSWERS_SCRIPT)
    assert other_page.evaluate("globalThis.received.flat()") == []
    other_page.close()
    keeper.page.reload()  # the other page had the diary
    keeper.wait_for_lock()
    keeper.page.add_init_script(RELOAD_ONCE_SCRIPT)
    share_files(keeper, {"two.png": make_png(2)})
    keeper.wait_for_text("1 added")
    keeper.tap("Done")
    keeper.unlock()
    keeper.tap("Something to look at")
    keeper.tap("Added while this was locked")
    expect(keeper.button("Yes, make a draft")).to_have_count(2)
    assert keeper.page.evaluate("sessionStorage.getItem('reloaded')") == "yes"


def manifest_name(keeper: BrowserKeeper) -> str:
    """Return the manifest's name that a new installation would use."""
    return str(keeper.page.evaluate("document.querySelector('link[rel=manifest]').href.split('/').pop()"))


def assert_pictures_covered(keeper: BrowserKeeper) -> None:
    """Assert that each picture is covered until its button is tapped, and can be covered again."""
    pictures = keeper.page.locator(".captured img")
    expect(pictures).to_have_count(4)
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(4)
    keeper.button("Show the picture").first.click()
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(3)
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Cover the picture")
    expect(keeper.page.locator(".captured img.blurred")).to_have_count(4)


def write_entry_from_draft(keeper: BrowserKeeper) -> None:
    """Save a draft as an entry. It is sent when online, and shows permanently how its file was added."""
    keeper.button("Write about it").first.click()
    keeper.wait_for_screen("What happened?")
    keeper.type_narrative("He was at the gate again.")
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.wait_for_text("4 drafts wait.")
    keeper.page.context.set_offline(False)
    keeper.wait_until_kept_safe("He was at the gate again.")
    keeper.open_entry("He was at the gate again.")
    keeper.wait_for_file("photo-0.png")
    keeper.file_tile("photo-0.png").first.click()
    keeper.wait_for_text("Captured while locked; anyone holding this phone could have")
