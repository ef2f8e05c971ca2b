"""Space: words fit on a full phone, whole pictures can move to the server,
and files are sent when the person says so.
"""

import os
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

FIRST = "He stood at the bus stop."
# The bytes in the phone's database, over all tables.
STORED_BYTES = """(async () => {
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
LIMIT_SPACE = """(room) => {
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


def _add_picture(keeper: Keeper, name: str, content: bytes) -> None:
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(name, "image/png", content)])
    keeper.has_file(name)


def test_a_full_phone_saves_text_and_names_the_refused_file(keeper: Keeper) -> None:
    """A picture is refused with a message; an entry is saved all the same, and is there after unlocking."""
    keeper.begins(FIRST)
    keeper.page.evaluate(LIMIT_SPACE, 3000)
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("gate.png", "image/png", png())])
    expect(keeper.problem().first).to_contain_text("This phone is full")
    keeper.adds("Written on a full phone.")
    keeper.locks()
    keeper.unlocks()
    keeper.is_kept_safe("Written on a full phone.")


@pytest.mark.slow  # a big file
def test_a_film_of_200_mb_on_a_full_phone_leaves_nothing_and_takes_nothing(keeper: Keeper, tmp_path: Path) -> None:
    """Sealing stops when the phone is full, and everything of the film is deleted;
    earlier entries stay, and a later entry is kept.
    """
    keeper.begins(FIRST)
    film = tmp_path / "stairs.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom" + bytes(16))
    os.truncate(film, 200 * 1024 * 1024)
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    before = keeper.page.evaluate(STORED_BYTES)
    keeper.page.evaluate(LIMIT_SPACE, 24_000_000)
    keeper.picks_files([film], source="Choose a file")
    expect(keeper.problem().first).to_contain_text("This phone is full", timeout=60_000)
    expect(keeper.tile("stairs.mp4")).to_have_count(0)
    assert faults(keeper.page) == []
    assert keeper.page.evaluate(STORED_BYTES) < before + 100_000
    assert keeper.page.evaluate("globalThis.room") > 23_000_000
    keeper.adds("The stairs creaked all night.")
    keeper.locks()
    keeper.unlocks()
    keeper.is_kept_safe("The stairs creaked all night.")
    keeper.is_kept_safe(FIRST)


def test_files_wait_until_the_keeper_sends_them(keeper: Keeper, server: Served) -> None:
    """With "When I say so", words are kept safe at once; the file waits, with its size, until it is sent by hand."""
    keeper.begins(FIRST)
    keeper.goes("More")
    keeper.tap("Space")
    keeper.picks("When I say so")
    assert faults(keeper.page) == []
    before = len(server.to("/parts/", "PUT"))
    _add_picture(keeper, "gate.png", png())
    keeper.goes("Entries")
    expect(keeper.state_of(FIRST)).to_contain_text(re.compile("Words kept safe.*still to send"))
    assert len(server.to("/parts/", "PUT")) == before
    keeper.goes("More")
    keeper.tap("Space")
    keeper.sees(re.compile(r"\d+ files? \([\d.]+ [KM]B\) waits? to be sent"))
    keeper.tap("Send them now")
    keeper.sees("All files have been sent.")
    keeper.is_kept_safe(FIRST)
    assert len(server.to("/parts/", "PUT")) > before


def test_whole_pictures_move_to_the_server_and_come_back_unchanged(
    new_phone: NewPhone, server: Served, tmp_path: Path
) -> None:
    """After "Make room now", the phone holds less and shows the small copy; the whole file comes back unchanged."""
    keeper = new_phone()
    keeper.begins(FIRST)
    whole = png(says="whole") + b"\0" * 3_000_000
    _add_picture(keeper, "gate.png", whole)
    keeper.goes("Entries")
    expect(keeper.state_of(FIRST)).to_have_text(KEPT)
    before = keeper.page.evaluate(STORED_BYTES)
    keeper.goes("More")
    keeper.tap("Space")
    keeper.tap("Make room now")
    keeper.sees(re.compile(r"^\d files? (was|were) taken off this phone"))
    assert faults(keeper.page) == []
    after = keeper.page.evaluate(STORED_BYTES)
    assert before - after > 3_000_000
    # Offline, the small copy still shows; the whole file needs the server.
    keeper.page.context.set_offline(True)
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    keeper.has_file("gate.png")
    keeper.page.context.set_offline(False)
    with zipfile.ZipFile(makes_a_pack(keeper, 1, tmp_path)) as pack:
        [received] = [pack.read(name) for name in pack.namelist() if "13_exhibits-as-received" in name]
    assert received == whole


def test_a_file_the_server_does_not_give_back_stays(keeper: Keeper, server: Served) -> None:
    """If the server returns a different file, nothing leaves the phone."""
    keeper.begins(FIRST)
    _add_picture(keeper, "gate.png", png() + b"\0" * 2_000_000)
    keeper.is_kept_safe(FIRST)
    before = keeper.page.evaluate(STORED_BYTES)
    server.meddle("GET", r"/parts/", change=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    keeper.goes("More")
    keeper.tap("Space")
    keeper.tap("Make room now")
    keeper.sees("There is nothing to take off this phone just now.")
    assert keeper.page.evaluate(STORED_BYTES) >= before
