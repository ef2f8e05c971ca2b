"""A saved web page is imported offline: what the file says is shown, and kept with the file."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import choose_import_file, go_to_imports, preview_import
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import picker_file
from tests.fuzzing.seeds import CORPUS

ADDRESS = "https://posts.example/sam/42"


def test_a_saved_page_is_imported_offline_with_its_words(keeper: BrowserKeeper) -> None:
    """An MHTML file becomes an entry; its address and words stand on the page of the file, after a lock too."""
    keeper.create_registered_diary("He was outside again.")
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    requests: list[str] = []
    keeper.page.on("request", lambda request: requests.append(request.url))
    go_to_imports(keeper)
    page = (CORPUS / "page" / "chrome").read_bytes()
    choose_import_file(keeper, picker_file("Sam.mhtml", "multipart/related", page), account=None)
    keeper.wait_for_text(re.compile("Anyone can edit a saved page"))
    main = keeper.page.get_by_role("main")
    expect(main).to_contain_text(ADDRESS)
    expect(main).to_contain_text("Tue, 24 Nov 2026 21:10:00 -0000")
    expect(main).to_contain_text("I know where you live!")
    assert accessibility_faults(keeper.page) == []
    preview_import(keeper)
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    keeper.page.reload()
    keeper.unlock()
    keeper.open_entry("Saved web page: Sam & others.")
    keeper.wait_for_file("Sam.mhtml")
    keeper.lock()
    keeper.unlock()
    keeper.open_entry("Saved web page: Sam & others.")
    keeper.file_tile("Sam.mhtml").first.click()
    expect(main).to_contain_text(re.compile("I know where you live!"))
    expect(main).to_contain_text(ADDRESS)
    assert not [url for url in requests if "posts.example" in url]
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("again.html", "text/html", page), account=None)
    keeper.wait_for_text(re.compile("Anyone can edit a saved page"))
    preview_import(keeper)
    keeper.wait_for_text("Everything in this file is already in your diary. Nothing was added.")
