"""A file dropped at an advocate's desk asks whose diary it is for; it enters it only with the keeper's yes, unseen."""

import base64
import re
from pathlib import Path

from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.advocate_page import AdvocatePage, run_operator_command
from tests.browser.navigators.disk_search import search_folder, words_in_content
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    choose_usual_contents,
    give_consent,
    make_and_save_pack,
    review_findings,
    save_pack,
)
from tests.browser.pictures import make_png
from tests.browser.test_pages_on_phone import pdf_text, read_documents
from tests.browser.test_sitting import count_of_pictures

ENTRY = "He was outside again."
FILE_NAME, CLIENT_NAME, SOURCE = "Sentinelfile.png", "Mayasentinel", "Sentinelphone"
SECRETS = (FILE_NAME, CLIENT_NAME, SOURCE)
UNSEEN = "Collected by PK. Not seen by the keeper."
# Drop a file, and count how often anything of any file is read until the page says otherwise.
DROP_SCRIPT = """(element, [name, content]) => {
  window.reads = 0;
  for (const method of ['arrayBuffer', 'slice', 'stream', 'text']) {
    const original = Blob.prototype[method];
    Blob.prototype[method] = function (...args) { window.reads += 1; return original.apply(this, args); };
  }
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: 'image/png' }));
  const options = { bubbles: true, cancelable: true, dataTransfer: data };
  const isOver = element.dispatchEvent(new DragEvent('dragover', options));
  return !element.dispatchEvent(new DragEvent('drop', options)) && !isOver;
}"""


def drop_file(desk: AdvocatePage, content: bytes) -> None:
    """Drop a file on the desk. The page takes it from the browser, and asks."""
    arguments = [FILE_NAME, base64.b64encode(content).decode()]
    assert desk.page.locator("body").evaluate(DROP_SCRIPT, arguments) is True


def give_access(keeper: BrowserKeeper, nine_words: str) -> None:
    """Let an advocate see every entry."""
    keeper.go_to_tab("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    keeper.tap("Let someone in")
    keeper.field("Their nine words").fill(nine_words)
    keeper.tap("Check the words")
    keeper.tap("Yes, go on")
    keeper.pick_chip("All entries, old and new")
    keeper.field("What is it for?").fill("A report")
    keeper.field("What should they call you?").fill(CLIENT_NAME)
    keeper.tap("Next")
    keeper.wait_for_screen("This is what they will see")
    keeper.tap("Next")
    keeper.field("Type your password to agree").fill(keeper.passphrase)
    keeper.tap("Let them see this")
    keeper.wait_for_screen("Priya K can now see this")
    keeper.tap("Done")


def test_a_file_dropped_at_the_desk_asks_whose_diary_it_is_for(
    new_profile: NewProfile, new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Two browsers: nothing is read before a diary is chosen, and nothing is kept before its keeper says yes."""
    profile = new_profile(**chromium.DESKTOP_OPTIONS, is_mobile=False, has_touch=False)
    desk, keeper = AdvocatePage(profile.open().pages[0], server.app_url), new_phone()
    nine_words = desk.join(run_operator_command(server, "organisation", "add", "Stalking Support North"))
    keeper.create_registered_diary(ENTRY)
    give_access(keeper, nine_words)
    make_and_save_pack(keeper, 0, tmp_path)
    desk.tap("Clients")
    desk.tap("Check for changes")
    started = len(server.exchanges)
    refuse_at_the_desk(desk, server)
    send_from_the_desk(desk)
    keep_on_own_phone(keeper)
    check_supplement(keeper, server, tmp_path)
    desk.tap("Lock")
    desk.wait_for_heading("Sign in")
    desk.assert_absent(*SECRETS)
    profile.close()
    assert search_folder(profile.folder, list(SECRETS)) == []
    assert search_folder(server.data, list(SECRETS)) == []
    sent = server.exchanges[started:]
    assert [exchange.path for exchange in sent if words_in_content(exchange.all_bytes(), list(SECRETS))] == []


def refuse_at_the_desk(desk: AdvocatePage, server: LiveServer) -> None:
    """Drop a file that is for nobody: it is neither read nor sent."""
    before = len(server.exchanges)
    drop_file(desk, make_png(51))
    desk.wait_for_heading("Whose diary is this for?")
    desk.wait_for_text("1 file. Nothing of it was read or kept yet.")
    desk.wait_for_text(re.compile("^A sexual picture of a child: stop"))
    expect(desk.page.get_by_label("Whose diary?")).to_have_value("")
    assert accessibility_faults(desk.page) == []
    desk.tap("Send it to them")
    desk.wait_for_text("Choose whose diary it is for.")
    desk.tap("Do not keep it")
    desk.wait_for_text("Nothing was read or kept.")
    assert desk.page.evaluate("window.reads") == 0
    desk.assert_absent(FILE_NAME)
    assert [sent.path for sent in server.exchanges[before:] if "/letters/" in sent.path] == []


def send_from_the_desk(desk: AdvocatePage) -> None:
    """Choose the diary, say where the file is from, and send it."""
    page = desk.page
    drop_file(desk, make_png(52))
    page.get_by_label("Whose diary?").select_option(label=CLIENT_NAME)
    page.get_by_label("Where is it from?").fill(SOURCE)
    desk.tap("Send it to them")
    desk.wait_for_text("Ask them first, and tick that they said yes.")
    assert page.evaluate("window.reads") == 0
    assert count_of_pictures_on(desk) == 0
    page.get_by_label("They said yes: this may be kept.").check()
    desk.tap("Send it to them")
    desk.wait_for_text("Sent. They will be asked whether to keep it. They do not have to look.")


def count_of_pictures_on(desk: AdvocatePage) -> int:
    """Return how many pictures the desk draws."""
    return desk.page.locator("main img, canvas, [src^='blob:']").count()


def keep_on_own_phone(keeper: BrowserKeeper) -> None:
    """Keep the file without seeing it, open it later, and put it in an entry."""
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Follow-ups")
    keeper.tap("Written down for you")
    keeper.wait_for_text("Priya K put a file here for you.")
    keeper.wait_for_text(SOURCE)
    assert count_of_pictures(keeper) == 0
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Keep it")
    keeper.wait_for_screen(FILE_NAME)
    keeper.wait_for_text(UNSEEN)
    keeper.wait_for_text("You do not have to look at it. It stays kept.")
    assert count_of_pictures(keeper) == 0
    keeper.go_to_tab("More")
    keeper.tap("Sort, put back or delete", exact=False)
    keeper.tap("Unattached files", exact=False)
    keeper.wait_for_text(UNSEEN)
    assert count_of_pictures(keeper) == 0
    keeper.page.get_by_role("button", name=re.compile(FILE_NAME)).click()
    keeper.tap("Open it")
    expect(keeper.page.locator("main img")).to_have_count(1)
    keeper.tap(re.compile("^Put it in another entry"), exact=False)
    keeper.page.get_by_role("button", name=re.compile(re.escape(ENTRY))).click()
    keeper.wait_until_kept_safe(ENTRY)


def check_supplement(keeper: BrowserKeeper, server: LiveServer, folder: Path) -> None:
    """Check that a supplement says who collected the file and where, and that the keeper opened it since."""
    choose_usual_contents(keeper)
    keeper.wait_for_text("What is new since the last pack")
    review_findings(keeper, 1)
    give_consent(keeper)
    pack = save_pack(keeper, folder, name="supplement.zip")
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    exhibits = " ".join(pdf_text(read_documents(pack)["04_exhibits.pdf"]).split())
    assert "by PK at an advocate's desk; opened by the keeper since" in exhibits.replace("\u2019", "'")
