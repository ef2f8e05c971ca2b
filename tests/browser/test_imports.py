"""Saved chats and emails: imported offline, previewed and confirmed.
A second import adds nothing; wrong files do no harm.
"""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Notary
from diary.pack.verify.verifier import verify
from tests.browser import exports
from tests.browser.conftest import NewPhone
from tests.browser.navigators.importing import LONG, adds_all, chooses, counts, goes_to_imports, looks
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.pictures import upload
from tests.browser.serving import Served

FIRST = "He was outside again."
CHAT = "WhatsApp: 1 missed call and 5 messages from Sam Hill, 1 from me, 21:10 to 21:23."
DAY_TWO = "WhatsApp: 1 message from Sam Hill, 09:00."


def _make_offline_diary(keeper: Keeper) -> None:
    keeper.begins(FIRST)
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)


def _has_no_faults(keeper: Keeper, state: str) -> None:
    keeper.page.wait_for_timeout(150)
    assert (state, faults(keeper.page)) == (state, [])


def test_chats_and_an_email_offline_into_the_pack(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """Android, iOS and .eml files are imported offline and every screen is accessible.
    Counts add up, a second import adds nothing, and the pack has the rows.
    """
    keeper = new_phone()
    _make_offline_diary(keeper)
    _import_android(keeper)
    _import_again(keeper)
    _import_ios(keeper)
    _import_mail(keeper)
    keeper.entries(6)
    keeper.page.context.set_offline(False)
    keeper.locks()
    keeper.unlocks()
    for text in (CHAT, DAY_TWO):
        keeper.is_kept_safe(text)
    pack = makes_a_pack(keeper, 1, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        body = {name.split("/data/")[-1]: archive.read(name) for name in archive.namelist()}
    record = json.loads(body["restricted/12_record.json"])
    schedules = [version for version in record["versions"] if version["kind"] == "schedule"]
    rows = [row for version in schedules for row in version["fields"]["rows"]]
    assert len(schedules) == 5
    assert sum(row.get("text") == "Answer me" for row in rows) == 3
    assert {"I know where you are\n\nthe light is on", "مرحبا، أين أنت؟", "That cost € 20"} <= {
        row.get("text") for row in rows
    }
    table = list(csv.reader(io.StringIO(body["servable/05_message-schedules.csv"].decode("utf-8-sig"))))
    assert sum("Answer me" in line for line in table) == 3
    assert not any("Jo" in line for line in table)
    assert exports.MAIL.encode() in [file for name, file in body.items() if name.startswith("restricted/13_mail/")]
    assert exports.png(5) in [file for name, file in body.items() if "/13_exhibits-as-received/" in name]
    assert exports.android_zip()["buffer"] in [
        file for name, file in body.items() if "/13_exhibits-as-received/" in name
    ]
    assert verify(pack, notary=Notary(server.settings.read_notary_seed()).pub) == []


@pytest.mark.slow  # the import of chats and an email is in every `make test`
def test_a_picture_left_out_can_be_imported_later(keeper: Keeper) -> None:
    """A picture left out of the first import is offered by the second,
    lands in its entry, and is not offered a third time.
    """
    _make_offline_diary(keeper)
    goes_to_imports(keeper)
    chooses(keeper, exports.android_zip())
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.page.get_by_role("checkbox", name=re.compile("^Put 1 picture")).uncheck()
    adds_all(keeper)
    expect(keeper.page.get_by_text("was added with its message")).to_have_count(0)
    goes_to_imports(keeper)
    chooses(keeper, exports.android_zip())
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.sees("1 picture or other file in it belongs to a message that your diary has without it.")
    keeper.sees("Every message in this file is in your diary already.")
    _has_no_faults(keeper, "a picture left out")
    keeper.tap("Put it with its message")
    answer_no = keeper.button("No, it is not")
    expect(answer_no.or_(keeper.heading("Added")).first).to_be_visible()
    if answer_no.is_visible():
        answer_no.click()
    expect(keeper.heading("Added")).to_be_visible(timeout=LONG)
    keeper.sees("1 picture or other file was added with its message.")
    _has_no_faults(keeper, "brought in")
    keeper.reads(CHAT)
    keeper.has_file("IMG-20261024-WA0001.jpg")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.sees(re.compile(r"see file \d"))
    goes_to_imports(keeper)
    chooses(keeper, exports.android_zip())
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.sees("Everything in this file is already in your diary. Nothing was added.")


def _import_android(keeper: Keeper) -> None:
    goes_to_imports(keeper)
    _has_no_faults(keeper, "choose")
    chooses(keeper, exports.android_zip())
    keeper.sees("Which of these is you?")
    _has_no_faults(keeper, "ask")
    expect(keeper.page.get_by_text("How are dates written")).to_have_count(0)
    looks(keeper, re.compile(r"^Jo\b"))
    line_counts = counts(keeper)
    total = line_counts.pop("Lines in all")
    assert line_counts == {
        "Messages to you": 6,
        "Messages from you": 1,
        "Deleted messages": 1,
        "Lines from the app itself": 1,
        "Further lines of a message": 2,
        "Not understood": 2,
    }
    assert sum(line_counts.values()) == total == 13
    keeper.tap(re.compile("^Lines that were not understood"), exact=False)
    keeper.sees("A line of no known kind")
    keeper.sees("Line 1")
    keeper.tap("Choose all")
    keeper.button("See the messages").first.click()
    keeper.sees("Please stop")
    _has_no_faults(keeper, "plan")
    add_button = keeper.button("Add 2 entries")
    add_button.click()
    keeper.sees("Is it a sexual picture of someone under 18, even of you?")
    _has_no_faults(keeper, "asked first")
    keeper.tap("No, it is not")
    expect(keeper.heading("Added")).to_be_visible(timeout=LONG)
    keeper.sees("1 picture or other file was added with its message.")
    _has_no_faults(keeper, "done")
    keeper.tap("See your entries")
    keeper.entries(3)
    keeper.reads(CHAT)
    keeper.has_file("IMG-20261024-WA0001.jpg")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.sees("1 missed call and 5 messages from Sam Hill")
    keeper.sees("In the file: 13 lines, 2 not understood.")
    _has_no_faults(keeper, "schedule")


def _import_again(keeper: Keeper) -> None:
    goes_to_imports(keeper)
    chooses(keeper, exports.android_zip(name="WhatsApp Chat with Sam Hill (1).zip"))
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.sees("Everything in this file is already in your diary. Nothing was added.")
    _has_no_faults(keeper, "nothing new")
    keeper.tap("Choose another file")
    chooses(keeper, exports.android_zip(more="26/10/2026, 07:00 - Sam Hill: morning\n"))
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.sees("1 new message")
    keeper.tap("Change the answers")
    keeper.tap("Choose another file")
    keeper.entries(3)


def _import_ios(keeper: Keeper) -> None:
    goes_to_imports(keeper)
    chooses(keeper, exports.ios_zip())
    keeper.sees("How are dates written in this chat?")
    keeper.button("Look at what is in it").dispatch_event("click")
    keeper.sees("Answer the questions above first.")
    _has_no_faults(keeper, "ask twice")
    looks(keeper, "4 Mar 2026 (month first)", re.compile(r"^Jo\b"))
    line_counts = counts(keeper)
    total = line_counts.pop("Lines in all")
    assert sum(line_counts.values()) == total == 6
    adds_all(keeper)


def _import_mail(keeper: Keeper) -> None:
    goes_to_imports(keeper)
    chooses(keeper, upload("Café.eml", "message/rfc822", exports.MAIL.encode()))
    keeper.sees("Café tonight")
    keeper.tap(re.compile("^Headers"), exact=False)
    keeper.sees("from mail.example (192.0.2.1) by mx.example")
    expect(keeper.page.locator(".raw")).to_contain_text("=?UTF-8?Q?S=C3=A1m?=")
    _has_no_faults(keeper, "mail")
    looks(keeper, "It was sent to me")
    keeper.tap("Add 1 entry")
    keeper.sees_place("Added")
    keeper.reads("Email from Sám <sam@example.org>: Café tonight, 22:10.")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.sees("That cost € 20")
    keeper.tap("See the email’s headers")
    expect(keeper.page.locator(".raw")).to_contain_text("Received: from mail.example")
