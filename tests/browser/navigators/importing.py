"""Import a saved chat or email, through the screens."""

import re

from playwright.sync_api import FilePayload, expect

from tests.browser.navigators.keeper import BrowserKeeper

IMPORT_TIMEOUT_MS = 120_000


def go_to_imports(keeper: BrowserKeeper) -> None:
    """Go from anywhere to the screen where a file is chosen."""
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Bring in a saved chat or email"), exact=False)
    keeper.wait_for_screen("Bring in a saved chat or email")


def choose_import_file(keeper: BrowserKeeper, file: FilePayload, *, account: str | None = "Mine") -> None:
    """Choose one file, and answer whose account or phone it is from. `account` is None where that is not asked."""
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose the file")
    chooser.value.set_files([file])
    if account:
        answer_account(keeper, account)


def answer_account(keeper: BrowserKeeper, account: str) -> None:
    """Say whose account or phone the file is from, once it is read."""
    question = keeper.page.get_by_role("heading", name="Whose account or phone is this from?")
    expect(question).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    keeper.tap(account)


def preview_import(keeper: BrowserKeeper, *picks: str | re.Pattern[str]) -> None:
    """Give these answers and open the preview of the file. An answer to the only question of a chat opens it itself."""
    main = keeper.page.get_by_role("main")
    for pick in picks:
        main.get_by_role("radio", name=pick).or_(main.get_by_role("button", name=pick)).click()
        keeper.taps += 1
    if keeper.button("Look at what is in it").count():
        keeper.tap("Look at what is in it")
    expect(keeper.heading("What would be added")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)


def line_counts_on_screen(keeper: BrowserKeeper) -> dict[str, int]:
    """Return the table of line counts on the screen."""
    rows = keeper.page.locator(".sums-table tr").all()
    return {row.locator("th").inner_text(): int(row.locator("td").inner_text()) for row in rows}


def add_all_proposed(keeper: BrowserKeeper, timeout_ms: int = IMPORT_TIMEOUT_MS) -> None:
    """Add everything that the preview proposes."""
    if keeper.button("Choose all").count():
        keeper.tap("Choose all")
    else:
        keeper.page.get_by_role("checkbox").first.check()
    keeper.tap(re.compile(r"^Add \d+ entr"), exact=False)
    # The question comes once while the diary is open, and only if the saved chat includes files.
    answer_no = keeper.button("No, it is not")
    expect(answer_no.or_(keeper.heading("Added")).first).to_be_visible(timeout=timeout_ms)
    if answer_no.is_visible():
        answer_no.click()
    expect(keeper.heading("Added")).to_be_visible(timeout=timeout_ms)
