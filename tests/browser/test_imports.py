"""Saved chats and emails are imported offline after a preview. A second import adds nothing."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser import chat_exports as exports
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import (
    IMPORT_TIMEOUT_MS,
    add_all_proposed,
    choose_import_file,
    go_to_imports,
    line_counts_on_screen,
    preview_import,
)
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He was outside again."
CHAT_SUMMARY = "WhatsApp: 1 missed call and 5 messages from Sam Hill, 1 from me, 21:10 to 21:23."
SECOND_DAY_SUMMARY = "WhatsApp: 1 message from Sam Hill, 09:00."


def _make_offline_diary(keeper: BrowserKeeper) -> None:
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)


def _assert_accessible(keeper: BrowserKeeper, state: str) -> None:
    keeper.page.wait_for_timeout(150)
    assert (state, accessibility_faults(keeper.page)) == (state, [])


def test_chats_and_an_email_imported_offline_are_in_the_pack(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Android, iOS and .eml files are imported offline, and every screen is accessible.

    Counts add up, a second import adds nothing, and the pack has the rows.
    """
    keeper = new_phone()
    _make_offline_diary(keeper)
    _import_android(keeper)
    _import_again(keeper)
    _import_ios(keeper)
    _import_mail(keeper)
    keeper.wait_for_entry_count(6)
    keeper.page.context.set_offline(False)
    keeper.lock()
    keeper.unlock()
    for text in (CHAT_SUMMARY, SECOND_DAY_SUMMARY):
        keeper.wait_until_kept_safe(text)
    pack = make_and_save_pack(keeper, 1, tmp_path)
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
    assert exports.SAVED_EMAIL.encode() in [
        file for name, file in body.items() if name.startswith("restricted/13_mail/")
    ]
    assert make_png(5) in [file for name, file in body.items() if "/13_exhibits-as-received/" in name]
    assert exports.android_zip()["buffer"] in [
        file for name, file in body.items() if "/13_exhibits-as-received/" in name
    ]
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []


@pytest.mark.slow  # the import of chats and an email is in every `make test`
def test_a_picture_left_out_can_be_imported_later(keeper: BrowserKeeper) -> None:
    """A second import offers the omitted picture and adds it to its entry.

    A third import does not offer it again.
    """
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    choose_import_file(keeper, exports.android_zip())
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.page.get_by_role("checkbox", name=re.compile("^Put 1 picture")).uncheck()
    add_all_proposed(keeper)
    expect(keeper.page.get_by_text("was added with its message")).to_have_count(0)
    go_to_imports(keeper)
    choose_import_file(keeper, exports.android_zip())
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.wait_for_text("1 picture or other file in it belongs to a message that your diary has without it.")
    keeper.wait_for_text("Every message in this file is in your diary already.")
    _assert_accessible(keeper, "a picture left out")
    keeper.tap("Put it with its message")
    answer_no = keeper.button("No, it is not")
    expect(answer_no.or_(keeper.heading("Added")).first).to_be_visible()
    if answer_no.is_visible():
        answer_no.click()
    expect(keeper.heading("Added")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    keeper.wait_for_text("1 picture or other file was added with its message.")
    _assert_accessible(keeper, "brought in")
    keeper.open_entry(CHAT_SUMMARY)
    keeper.wait_for_file("IMG-20261024-WA0001.jpg")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_text(re.compile(r"see file \d"))
    go_to_imports(keeper)
    choose_import_file(keeper, exports.android_zip())
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.wait_for_text("Everything in this file is already in your diary. Nothing was added.")


def _import_android(keeper: BrowserKeeper) -> None:
    go_to_imports(keeper)
    _assert_accessible(keeper, "choose")
    choose_import_file(keeper, exports.android_zip())
    keeper.wait_for_text("Which of these is you?")
    _assert_accessible(keeper, "ask")
    expect(keeper.page.get_by_text("How are dates written")).to_have_count(0)
    preview_import(keeper, re.compile(r"^Jo\b"))
    line_counts = line_counts_on_screen(keeper)
    total = line_counts.pop("Lines in all")
    assert line_counts == {
        "Messages to you": 6,
        "Messages from you": 1,
        "Deleted messages": 1,
        "Notices from the chat app": 1,
        "Extra lines in messages": 2,
        "Not understood": 2,
    }
    assert sum(line_counts.values()) == total == 13
    keeper.tap(re.compile("^Lines that were not understood"), exact=False)
    keeper.wait_for_text("A line of no known kind")
    keeper.wait_for_text("Line 1")
    # The button says how many it adds: those that are ticked, or all where none is.
    first_entry = keeper.page.get_by_role("checkbox", name=re.compile("^Saturday 24 October"))
    first_entry.check()
    expect(keeper.button("Add 1 entry")).to_be_visible()
    first_entry.uncheck()
    expect(keeper.button("Add all 2 entries")).to_be_visible()
    keeper.tap("Choose all")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("Please stop")
    _assert_accessible(keeper, "plan")
    add_button = keeper.button("Add 2 entries")
    add_button.click()
    keeper.wait_for_text("Is it a sexual picture of someone under 18, even of you?")
    _assert_accessible(keeper, "asked first")
    keeper.tap("No, it is not")
    expect(keeper.heading("Added")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    keeper.wait_for_text("1 picture or other file was added with its message.")
    _assert_accessible(keeper, "done")
    keeper.tap("See your entries")
    keeper.wait_for_entry_count(3)
    keeper.open_entry(CHAT_SUMMARY)
    keeper.wait_for_file("IMG-20261024-WA0001.jpg")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_text("1 missed call and 5 messages from Sam Hill")
    keeper.wait_for_text("In the file: 13 lines, 2 not understood.")
    _assert_accessible(keeper, "schedule")


_CHAT_WITH_UNREAD_TIME = """\
11/10/24, 9:10 pm - Sam: first
11/10/24, 9:11 zzz - Jo: I said so
and more of it
11/10/24, 9:12 pm - Sam: last
"""


def test_a_message_whose_time_cannot_be_read_is_listed_and_joins_no_other(keeper: BrowserKeeper) -> None:
    """Its words are not given to the sender before it. A date that three languages read differently is asked about."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    go_to_imports(keeper)
    chat = picker_file("WhatsApp Chat with Sam.txt", "text/plain", _CHAT_WITH_UNREAD_TIME.encode())
    choose_import_file(keeper, chat)
    keeper.wait_for_text("One message has the date 11/10/24. Only you can know which day that was.")
    for choice in ("11 Oct 2024 (day first)", "10 Nov 2024 (month first)", "24 Oct 2011 (year first)"):
        expect(keeper.page.get_by_role("radio", name=choice)).to_be_visible()
    _assert_accessible(keeper, "three readings of a date")
    preview_import(keeper, "11 Oct 2024 (day first)", "None: my messages are not in it")
    assert sum(line_counts_on_screen(keeper).values()) == 2 * 4
    keeper.tap(re.compile("^Lines that were not understood"), exact=False)
    expect(keeper.page.get_by_role("main")).to_contain_text("Line 2")
    keeper.wait_for_text("has a time that was not understood")
    expect(keeper.page.get_by_text("Jo: I said so")).to_be_visible()
    _assert_accessible(keeper, "a line that was not understood")
    add_all_proposed(keeper)
    keeper.open_entry("WhatsApp: 2 messages")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_text("last")
    expect(keeper.page.get_by_role("main")).not_to_contain_text("I said so")


def test_one_persons_emails_are_imported_from_a_mailbox(keeper: BrowserKeeper) -> None:
    """The keeper says which address is theirs and picks a person. Nothing else of the file is kept."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("All mail.mbox", "application/mbox", exports.mailbox().encode()))
    keeper.wait_for_text("Which address is yours?")
    _assert_accessible(keeper, "whose mailbox")
    main = keeper.page.get_by_role("main")
    main.get_by_role("button", name=re.compile("jo@example.net")).click()
    keeper.wait_for_text("Whose emails do you want?")
    keeper.wait_for_text("Yours: jo@example.net")
    expect(main.get_by_role("button", name=re.compile("jo@example.net"))).to_have_count(0)
    _assert_accessible(keeper, "whose emails")
    keeper.tap("Change")
    keeper.wait_for_text("Which address is yours?")
    main.get_by_role("button", name=re.compile("jo@example.net")).click()
    preview_import(keeper, re.compile("sam@example.org"))
    keeper.wait_for_text("2 new messages")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("That cost € 20")
    expect(main).not_to_contain_text("Sale")
    _assert_accessible(keeper, "emails of one person")
    keeper.tap("Add all 2 entries")
    keeper.wait_for_screen("Added")
    keeper.wait_for_text(
        "Each email is saved by itself, just as it is in the file. Nothing else in the file was saved."
    )
    _assert_accessible(keeper, "emails added")
    keeper.tap("See your entries")
    keeper.wait_for_entry_count(3)
    keeper.open_entry("Email to sam@example.org: No more, 08:00.")
    keeper.wait_for_file("All mail, email 1.eml")
    keeper.lock()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("All mail.mbox", "application/mbox", exports.mailbox().encode()))
    keeper.wait_for_text("Which address is yours?")
    main.get_by_role("button", name=re.compile("jo@example.net")).click()
    preview_import(keeper, re.compile("sam@example.org"))
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")
    _assert_accessible(keeper, "every email known")


def test_one_persons_texts_are_imported_from_a_backup(keeper: BrowserKeeper) -> None:
    """The keeper picks a person. The picture comes with its message, and nothing else of the file is kept."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    backup = picker_file("sms-20261024.xml", "text/xml", exports.phone_backup().encode())
    choose_import_file(keeper, backup)
    keeper.wait_for_text("Whose messages do you want?")
    _assert_accessible(keeper, "whose messages")
    main = keeper.page.get_by_role("main")
    preview_import(keeper, re.compile(re.escape("Sam <b>Hill, +447700900123")))
    keeper.wait_for_text("3 new messages")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("I know where you are <b>")
    expect(main).not_to_contain_text("Sale")
    _add_entry_with_picture(keeper, "messages of one person")
    keeper.wait_for_text("1 picture or other file was added with its message.")
    _assert_accessible(keeper, "messages added")
    keeper.tap("See your entries")
    keeper.wait_for_entry_count(2)
    keeper.open_entry("Text messages: 2 messages from +447700900123, 1 from me, 13:00 to 13:03.")
    keeper.wait_for_file("4-1 door.png")
    keeper.wait_for_file("sms-20261024, from number 1.xml")
    keeper.lock()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, backup)
    preview_import(keeper, re.compile(re.escape("Sam <b>Hill, +447700900123")))
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")


def test_one_conversation_is_imported_from_a_download(keeper: BrowserKeeper) -> None:
    """The keeper says which name is theirs and picks a conversation. Nothing of the other one is kept."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    download = exports.instagram_download()
    choose_import_file(keeper, download)
    keeper.wait_for_text("Which name is yours?")
    keeper.wait_for_text("From: Mine")
    _assert_accessible(keeper, "which name is yours")
    main = keeper.page.get_by_role("main")
    main.get_by_role("button", name=re.compile("^Jo")).click()
    keeper.wait_for_text("Which conversation do you want?")
    keeper.wait_for_text("2 from them, 1 to them")
    _assert_accessible(keeper, "which conversation")
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("3 new messages")
    keeper.wait_for_text("1 message has wrong letters in the file")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("I know where you are, Zoë")
    expect(main).not_to_contain_text("Lunch")
    _add_entry_with_picture(keeper, "messages of one conversation")
    keeper.wait_for_text("Nothing else in it was saved.")
    keeper.wait_for_text("1 picture or other file was added with its message.")
    keeper.tap("See your entries")
    keeper.wait_for_entry_count(2)
    keeper.open_entry("Instagram: 2 messages from Sam <b>, 1 from me, 13:00 to 13:03.")
    keeper.wait_for_file("door.png")
    keeper.wait_for_file("sam_1234567, from number 1.json")
    keeper.lock()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, download)
    main.get_by_role("button", name=re.compile("^Jo")).click()
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")


def test_a_telegram_chat_is_imported_without_a_network(keeper: BrowserKeeper) -> None:
    """Lines of the app are counted and left out. The missed call and the picture come in with the words."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    export = exports.telegram_export()
    choose_import_file(keeper, export)
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Jo")).click()
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("3 new messages")
    keeper.wait_for_text("1 line of the app itself is left out")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("I am at your door")
    _add_entry_with_picture(keeper, "messages of a Telegram chat")
    keeper.tap("See your entries")
    keeper.open_entry("Telegram: 1 missed call and 1 message from Sam <b>, 1 from me, 13:01 to 13:03.")
    keeper.wait_for_file("door.png")
    keeper.lock()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, export)
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Jo")).click()
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")


def test_the_pages_of_a_telegram_chat_are_imported_and_run_nothing(keeper: BrowserKeeper) -> None:
    """A page is read as text. What is in it is not run, and the same pages add nothing twice."""
    dialogs: list[str] = []

    def note_and_close(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    keeper.page.on("dialog", note_and_close)
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    export = exports.telegram_pages()
    choose_import_file(keeper, export)
    main = keeper.page.get_by_role("main")
    main.get_by_role("button", name=re.compile("^Jo")).click()
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("3 new messages")
    keeper.wait_for_text("1 line of the app itself is left out")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("I am at your door")
    keeper.wait_for_text("Stop <script>alert(1)</script>")
    _add_entry_with_picture(keeper, "messages of a page of Telegram")
    keeper.tap("See your entries")
    keeper.open_entry("Telegram: 1 missed call and 1 message from Sam <b>, 1 from me, 13:01 to 13:03.")
    keeper.wait_for_file("door.png")
    keeper.wait_for_file("ChatExport_2026-10-24, from number 2.html")
    keeper.lock()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, export)
    main.get_by_role("button", name=re.compile("^Jo")).click()
    preview_import(keeper, re.compile("^Sam <b>"))
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")
    assert dialogs == []


def test_the_messages_of_an_iphone_are_imported_from_a_table(keeper: BrowserKeeper) -> None:
    """The keeper says how dates are written. A row that is on no day is named, and joins no other."""
    _make_offline_diary(keeper)
    for is_again in (False, True):
        go_to_imports(keeper)
        choose_import_file(keeper, exports.imazing_table())
        keeper.wait_for_text("How are dates written in this chat?")
        keeper.wait_for_text("Chats have no time zone. Times are read as in Europe/London.")
        _assert_accessible(keeper, "dates of a table")
        main = keeper.page.get_by_role("main")
        main.get_by_role("radio", name="3 Apr 2026 (day first)").click()
        keeper.wait_for_text("Which name is yours?")
        main.get_by_role("button", name=re.compile("^Me")).click()
        preview_import(keeper, re.compile("^Sam"))
        if is_again:
            keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")
            continue
        keeper.wait_for_text("2 new messages")
        keeper.wait_for_text("1 message or call is not listed")
        keeper.wait_for_text("1 line of the app itself is left out")
        keeper.tap("Add 1 entry")
        keeper.wait_for_screen("Added")
        keeper.tap("See your entries")
        keeper.open_entry("iMessage: 1 message from Sam, 1 from me, 21:10 to 21:11.")
        keeper.wait_for_file("Messages - Sam, from number 1.csv")
        keeper.lock()
        keeper.unlock()


def _add_entry_with_picture(keeper: BrowserKeeper, screen: str) -> None:
    """Add the only proposed entry, with the picture of one of its messages."""
    keeper.page.get_by_label(re.compile("^Put 1 picture or other file with its message too")).check()
    _assert_accessible(keeper, screen)
    keeper.tap("Add 1 entry")
    keeper.tap("No, it is not")
    keeper.wait_for_screen("Added")


def _import_again(keeper: BrowserKeeper) -> None:
    go_to_imports(keeper)
    choose_import_file(keeper, exports.android_zip(name="WhatsApp Chat with Sam Hill (1).zip"))
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.wait_for_text("Everything in this file is already in your diary. Nothing was added.")
    _assert_accessible(keeper, "nothing new")
    keeper.tap("Choose another file")
    choose_import_file(keeper, exports.android_zip(more="26/10/2026, 07:00 - Sam Hill: morning\n"))
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.wait_for_text("1 new message")
    keeper.tap("Change the answers")
    keeper.tap("Choose another file")
    keeper.wait_for_entry_count(3)


def _import_ios(keeper: BrowserKeeper) -> None:
    go_to_imports(keeper)
    choose_import_file(keeper, exports.ios_zip())
    keeper.wait_for_text("How are dates written in this chat?")
    keeper.button("Look at what is in it").dispatch_event("click")
    keeper.wait_for_text("Answer the questions above first.")
    _assert_accessible(keeper, "ask twice")
    preview_import(keeper, "4 Mar 2026 (month first)", re.compile(r"^Jo\b"))
    line_counts = line_counts_on_screen(keeper)
    total = line_counts.pop("Lines in all")
    assert sum(line_counts.values()) == total == 6
    add_all_proposed(keeper)


def _import_mail(keeper: BrowserKeeper) -> None:
    go_to_imports(keeper)
    choose_import_file(keeper, picker_file("Café.eml", "message/rfc822", exports.SAVED_EMAIL.encode()))
    keeper.wait_for_text("Café tonight")
    keeper.tap(re.compile("^Headers"), exact=False)
    keeper.wait_for_text("from mail.example (192.0.2.1) by mx.example")
    expect(keeper.page.locator(".raw")).to_contain_text("=?UTF-8?Q?S=C3=A1m?=")
    _assert_accessible(keeper, "mail")
    preview_import(keeper, "It was sent to me")
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    keeper.open_entry("Email from Sám <sam@example.org>: Café tonight, 22:10.")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_text("That cost € 20")
    keeper.tap("See the email’s headers")
    expect(keeper.page.locator(".raw")).to_contain_text("Received: from mail.example")


def test_the_calls_with_one_number_are_imported_from_a_phone_bill(keeper: BrowserKeeper) -> None:
    """The keeper confirms the columns and answers what they leave open. A second import adds nothing."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    bill = picker_file("bill.csv", "text/csv", exports.phone_bill().encode())
    main = keeper.page.get_by_role("main")
    choose_import_file(keeper, bill)
    keeper.wait_for_text("What is in each column?")
    expect(main.get_by_label("Date of the call")).to_have_value("0")
    expect(main.get_by_label("The other person’s number")).to_have_value("2")
    _assert_accessible(keeper, "the columns of a bill")
    main.get_by_label("The other person’s number").select_option("")
    keeper.wait_for_text("Choose a column for the date and one for the number.")
    expect(keeper.button("The columns are right")).to_be_disabled()
    main.get_by_label("The other person’s number").select_option("2")
    keeper.tap("The columns are right")
    keeper.wait_for_text("One line has the date 03/10/2026. Only you can know which day that was.")
    expect(main).not_to_contain_text("Whose calls do you want?")
    _assert_accessible(keeper, "the questions about a bill")
    _answer_bill(keeper)
    keeper.wait_for_text("2 new messages")
    keeper.wait_for_text("1 line is a text or use of data, not a call. It is left out.")
    keeper.wait_for_text("1 line could not be read and is left out. Its number in the file: 7")
    keeper.button("See the messages").first.click()
    keeper.wait_for_text("Kind as written: <b>=cmd</b>")
    expect(main).not_to_contain_text("900456")
    _assert_accessible(keeper, "calls of one number")
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    keeper.wait_for_text("Nothing else in it was saved.")
    keeper.tap("See your entries")
    keeper.wait_for_entry_count(2)
    keeper.open_entry("Calls: ")
    keeper.wait_for_file("bill, from line 3.csv")
    keeper.page.reload()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, bill)
    keeper.tap("The columns are right")
    _answer_bill(keeper)
    keeper.wait_for_text("There is nothing new with this person in the file. Nothing was added.")


def _answer_bill(keeper: BrowserKeeper) -> None:
    for answer in ("3 Oct 2026 (day first)", "Minutes and seconds", "Calls I made"):
        keeper.pick_chip(answer)
    preview_import(keeper, re.compile("^07700900123, "))


def test_a_number_of_a_contact_is_added_to_the_accounts(keeper: BrowserKeeper) -> None:
    """Each value is added by a tap of its own. One that the register has is said to be known."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    file = picker_file("contacts.vcf", "text/vcard", exports.contacts().encode())
    main = keeper.page.get_by_role("main")
    choose_import_file(keeper, file, account=None)
    keeper.wait_for_text("Whose contact do you want?")
    _assert_accessible(keeper, "whose contact")
    main.get_by_role("button", name=re.compile("^Sam <b>Hill")).click()
    keeper.wait_for_text("Add only what they used to contact you.")
    expect(main).not_to_contain_text("Mill Lane")
    expect(keeper.button("Add to accounts")).to_have_count(2)
    _assert_accessible(keeper, "the values of a contact")
    keeper.button("Add to accounts").first.click()
    expect(main.get_by_text("In your list already")).to_have_count(1)
    expect(keeper.button("Add to accounts")).to_have_count(1)
    keeper.lock()
    keeper.unlock()
    keeper.page.reload()
    keeper.unlock()
    go_to_imports(keeper)
    choose_import_file(keeper, file, account=None)
    main.get_by_role("button", name=re.compile("^Sam <b>Hill")).click()
    expect(main.get_by_text("In your list already")).to_have_count(1)
    expect(keeper.button("Add to accounts")).to_have_count(1)
