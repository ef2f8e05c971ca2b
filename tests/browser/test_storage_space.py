"""Space: text fits on a full phone, whole pictures can move to the server, and files can wait until sent by hand."""

import os
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He stood at the bus stop."
# The bytes in the phone's database, over all tables.
STORED_BYTES_SCRIPT = """(async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open('app');
    asked.onsuccess = () => done(asked.result);
  });
  let sum = 0;
  for (const name of db.objectStoreNames) {
    const table = db.transaction(name).objectStore(name);
    const all = await new Promise((done) => {
      const asked = table.getAll();
      asked.onsuccess = () => done(asked.result);
    });
    for (const one of all) sum += one?.byteLength ?? 0;
  }
  db.close();
  return sum;
})()"""
# Simulates a phone with `room` bytes left: `put` uses them, `delete` frees them.
LIMIT_SPACE_SCRIPT = """(room) => {
  const { put, delete: drop } = IDBObjectStore.prototype;
  const sizes = new Map();
  const name = (store, key) => store.name + ' ' + (key?.join?.() ?? key);
  globalThis.room = room;
  IDBObjectStore.prototype.put = function (value, key) {
    const bytes = value?.byteLength ?? 0;
    const before = sizes.get(name(this, key)) ?? 0;
    if (bytes - before > globalThis.room) throw new DOMException('full', 'QuotaExceededError');
    globalThis.room -= bytes - before;
    sizes.set(name(this, key), bytes);
    return put.call(this, value, key);
  };
  IDBObjectStore.prototype.delete = function (key) {
    const held = this.name === 'b' && String(key).startsWith('p') ? 1048576 : sizes.get(name(this, key)) ?? 0;
    globalThis.room += held;
    sizes.delete(name(this, key));
    return drop.call(this, key);
  };
}"""


def _add_picture(keeper: BrowserKeeper, name: str, content: bytes) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file(name, "image/png", content)])
    keeper.wait_for_file(name)


def test_a_full_phone_saves_text_and_names_the_refused_file(keeper: BrowserKeeper) -> None:
    """A picture is refused with a message. An entry is saved all the same, and is there after unlocking."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.page.evaluate(LIMIT_SPACE_SCRIPT, 3000)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("gate.png", "image/png", make_png())])
    expect(keeper.error_message().first).to_contain_text("This phone is full")
    keeper.add_entry("Written on a full phone.")
    keeper.lock()
    keeper.unlock()
    keeper.wait_until_kept_safe("Written on a full phone.")


@pytest.mark.slow  # a big file
def test_a_film_of_200_mb_on_a_full_phone_leaves_nothing_and_takes_nothing(
    keeper: BrowserKeeper, tmp_path: Path
) -> None:
    """Sealing stops when the phone is full, and everything of the film is deleted.

    Earlier entries stay, and a later entry is saved.
    """
    keeper.create_registered_diary(NARRATIVE)
    film = tmp_path / "stairs.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom" + bytes(16))
    os.truncate(film, 200 * 1024 * 1024)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    before = keeper.page.evaluate(STORED_BYTES_SCRIPT)
    keeper.page.evaluate(LIMIT_SPACE_SCRIPT, 24_000_000)
    keeper.pick_files([film], source="Choose a file")
    expect(keeper.error_message().first).to_contain_text("This phone is full", timeout=60_000)
    expect(keeper.file_tile("stairs.mp4")).to_have_count(0)
    assert accessibility_faults(keeper.page) == []
    assert keeper.page.evaluate(STORED_BYTES_SCRIPT) < before + 100_000
    assert keeper.page.evaluate("globalThis.room") > 23_000_000
    keeper.add_entry("The stairs creaked all night.")
    keeper.lock()
    keeper.unlock()
    keeper.wait_until_kept_safe("The stairs creaked all night.")
    keeper.wait_until_kept_safe(NARRATIVE)


def test_files_wait_until_the_keeper_sends_them(keeper: BrowserKeeper, server: LiveServer) -> None:
    """With "When I say so", words are backed up at once. The file waits, with its size, until it is sent by hand."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.go_to_tab("More")
    keeper.tap("Space")
    keeper.pick_chip("When I say so")
    assert accessibility_faults(keeper.page) == []
    before = len(server.exchanges_with("/parts/", "PUT"))
    _add_picture(keeper, "gate.png", make_png())
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_contain_text(re.compile("Your words are backed up.*not uploaded yet"))
    assert len(server.exchanges_with("/parts/", "PUT")) == before
    keeper.go_to_tab("More")
    keeper.tap("Space")
    keeper.wait_for_text(re.compile(r"\d+ files? \([\d.]+ [KM]B\) (is|are) waiting to be uploaded"))
    keeper.tap("Upload them now")
    keeper.wait_for_text("All files are uploaded.")
    keeper.wait_until_kept_safe(NARRATIVE)
    assert len(server.exchanges_with("/parts/", "PUT")) > before


def test_whole_pictures_move_to_the_server_and_come_back_unchanged(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """After "Make room now", the phone stores less and shows the small copy. The whole file comes back unchanged."""
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    original = make_png(comment="whole") + b"\0" * 3_000_000
    _add_picture(keeper, "gate.png", original)
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    before = keeper.page.evaluate(STORED_BYTES_SCRIPT)
    keeper.go_to_tab("More")
    keeper.tap("Space")
    keeper.tap("Make room now")
    keeper.wait_for_text(re.compile(r"^\d files? (was|were) taken off this phone"))
    assert accessibility_faults(keeper.page) == []
    after = keeper.page.evaluate(STORED_BYTES_SCRIPT)
    assert before - after > 3_000_000
    # Offline, the small copy still shows; the whole file needs the server.
    keeper.page.context.set_offline(True)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.wait_for_file("gate.png")
    keeper.page.context.set_offline(False)
    with zipfile.ZipFile(make_and_save_pack(keeper, 1, tmp_path)) as pack:
        [received] = [pack.read(name) for name in pack.namelist() if "13_exhibits-as-received" in name]
    assert received == original


def test_a_file_the_server_does_not_give_back_stays(keeper: BrowserKeeper, server: LiveServer) -> None:
    """If the server returns a different file, nothing leaves the phone."""
    keeper.create_registered_diary(NARRATIVE)
    _add_picture(keeper, "gate.png", make_png() + b"\0" * 2_000_000)
    keeper.wait_until_kept_safe(NARRATIVE)
    before = keeper.page.evaluate(STORED_BYTES_SCRIPT)
    server.inject_fault("GET", r"/parts/", change_body=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    keeper.go_to_tab("More")
    keeper.tap("Space")
    keeper.tap("Make room now")
    keeper.wait_for_text("There is nothing to take off this phone just now.")
    assert keeper.page.evaluate(STORED_BYTES_SCRIPT) >= before
