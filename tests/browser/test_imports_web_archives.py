"""A web archive is imported offline: one of its pages is chosen, and what the file says of it is shown and kept."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import choose_import_file, go_to_imports, preview_import
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import picker_file
from tests.fuzzing.seeds import CORPUS

ADDRESS = "https://posts.example/sam/42"
WACZ_TYPE = "application/wacz+zip"


def test_a_page_of_a_web_archive_is_imported_offline(keeper: BrowserKeeper) -> None:
    """A page is chosen from the list; its address, time and words stand on the page of the file, after a lock too."""
    keeper.create_registered_diary("He was outside again.")
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    requests: list[str] = []
    keeper.page.on("request", lambda request: requests.append(request.url))
    archive = (CORPUS / "archive" / "wacz").read_bytes()
    main = keeper.page.get_by_role("main")
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("Sam.wacz", WACZ_TYPE, archive), account=None)
    keeper.wait_for_text("Which page do you want?")
    expect(main).to_contain_text("Its parts are as its own list says. Anyone can make such a list.")
    assert accessibility_faults(keeper.page) == []
    keeper.page.get_by_role("button", name=re.compile("Never kept")).click()
    keeper.wait_for_text("The list names this page, but the page itself is not in the file.")
    keeper.tap("Choose another page")
    keeper.page.get_by_role("button", name=re.compile("Sam and others")).click()
    keeper.wait_for_text(re.compile("Anyone can edit a saved page"))
    expect(main).to_contain_text(ADDRESS)
    expect(main).to_contain_text("2026-11-24 21:10:00 UTC")
    expect(main).to_contain_text("I know where you live")
    assert accessibility_faults(keeper.page) == []
    preview_import(keeper)
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    expect(main).to_contain_text("The file has other pages too.")
    keeper.page.reload()
    keeper.unlock()
    keeper.open_entry("Saved web page: Sam and others.")
    keeper.wait_for_file("Sam.wacz")
    keeper.lock()
    keeper.unlock()
    keeper.open_entry("Saved web page: Sam and others.")
    keeper.file_tile("Sam.wacz").first.click()
    expect(main).to_contain_text("I know where you live")
    expect(main).to_contain_text(ADDRESS)
    assert not [url for url in requests if "posts.example" in url]
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("again.zip", "application/zip", archive), account=None)
    keeper.page.get_by_role("button", name=re.compile("Sam and others")).click()
    keeper.wait_for_text(re.compile("Anyone can edit a saved page"))
    preview_import(keeper)
    keeper.wait_for_text("Everything in this file is already in your diary. Nothing was added.")


def test_a_changed_or_cut_off_web_archive_is_named_or_refused(keeper: BrowserKeeper) -> None:
    """A part that its own list does not fit is named before anything is added; half a file adds nothing."""
    keeper.create_registered_diary("He was outside again.")
    archive = (CORPUS / "archive" / "stored_warc").read_bytes()
    main = keeper.page.get_by_role("main")
    go_to_imports(keeper)
    # This one has a record file that its list does not name, and lacks the one that it names.
    choose_import_file(keeper, picker_file("Sam.wacz", WACZ_TYPE, archive), account=None)
    keeper.wait_for_text(re.compile("1 part that its own list names is missing.*archive/data.warc.gz"))
    expect(main).to_contain_text(re.compile("1 part is in no list of the file.*archive/data.warc"))
    keeper.page.get_by_role("button", name=re.compile("Sam and others")).click()
    keeper.wait_for_text("Parts of the file are not as its own list says. It may have been changed or damaged.")
    preview_import(keeper)
    words = keeper.page.get_by_label("Words of this entry")
    expect(words).to_have_value(re.compile("The digests in the file do not match what is in it"))
    keeper.tap("Change the answers")
    keeper.tap("Choose another file")
    choose_import_file(keeper, picker_file("Sam.wacz", WACZ_TYPE, archive[:-40]), account=None)
    keeper.wait_for_text(re.compile("Part of this web archive is missing, so nothing was added."))
