"""What a browser runs to prepare a pack: pictures that are refused, and documents that fail."""

import json
from collections.abc import Mapping
from pathlib import Path

from diary.pack.browser.preparation import Preparation
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from tests.pack.conftest import BuiltPack
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    incident_fields,
    make_print_copy,
)

FAILING_WORDS = "naïve words that fail"


def _preparation(pack: BuiltPack, folder: Path) -> Preparation:
    folder.mkdir()
    return Preparation(pack.capsule_bytes, str(folder))


def test_only_a_plain_picture_is_placed(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A picture with anything but a picture in it is refused, and its page then says that there is none to print."""
    preparation = _preparation(small_pack, tmp_path / "work")
    item = small_pack.capsule.exhibits[0].item
    jpeg = make_print_copy(draw_screenshot(1))
    assert not preparation.add_picture(item, jpeg + b"after the end")
    assert not preparation.add_picture(item, b"")
    assert preparation.add_picture(item, memoryview(jpeg))
    documents = json.loads(preparation.write_files())["documents"]
    (volume,) = (document for document in documents if document["template"] == "exhibits")
    assert list(volume["pictures"].values()) == [item]
    (name,) = volume["pictures"]
    assert (Path(volume["folder"]) / name.replace(".jpg", ".svg")).is_file()
    assert not (Path(volume["folder"]) / name).exists()  # the page adds it, so that it is not held twice


def test_a_document_that_fails_is_prepared_without_the_words_that_fail(tmp_path: Path) -> None:
    """The search names the record whose words fail, and everything else is printed."""
    diary = FictionalDiary()
    for day, words in enumerate(("Zażółć", FAILING_WORDS, "gęślą jaźń")):
        diary.add("incident", incident_fields(START_MS + day * DAY_MS, words))
    (tmp_path / "work").mkdir()
    preparation = Preparation(build_capsule(diary.versions, diary.wish(), diary.public_keys), str(tmp_path / "work"))
    attempt = json.loads(preparation.write_files())["documents"][0]
    assert not _is_printed(attempt)
    attempt = json.loads(preparation.next_attempt(0, printed=None))
    while isinstance(attempt, dict):
        attempt = json.loads(preparation.next_attempt(0, printed=_is_printed(attempt)))
    assert attempt == "printed"
    assert json.loads(preparation.unprinted_labels()) == ["2"]
    page = (tmp_path / "work" / "01" / "page.json").read_text(encoding="utf-8")
    assert "Zażółć" in page
    assert "gęślą" in page


def _is_printed(document: Mapping[str, str]) -> bool:
    """Return whether a typesetter that fails on some words would print a document."""
    page = json.loads((Path(document["folder"]) / "page.json").read_text(encoding="utf-8"))
    return FAILING_WORDS not in json.dumps(page["rows"], ensure_ascii=False)


def test_the_words_of_an_email_are_prepared(tmp_path: Path) -> None:
    """04 prints the words of an e-mail that the phone has, and nothing of a file that is none."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "He wrote to me."))
    mail = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Now\r\n\r\nI know where you are\r\n"
    diary.attach(entry, mail, "message/rfc822", "A mail", filename="now.eml")
    capsule_bytes = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    item = read_capsule(capsule_bytes).exhibits[0].item
    (tmp_path / "work").mkdir()
    preparation = Preparation(capsule_bytes, str(tmp_path / "work"))
    assert not preparation.add_mail(item, b"no e-mail")
    assert not preparation.add_mail("JB/99", mail)
    assert preparation.add_mail(item, memoryview(mail))
    documents = json.loads(preparation.write_files())["documents"]
    (volume,) = (document for document in documents if document["template"] == "exhibits")
    assert "I know where you are" in (Path(volume["folder"]) / "page.json").read_text(encoding="utf-8")


def test_a_document_that_always_fails_is_given_up(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A document that fails without any words is no document, and the caller is told."""
    preparation = _preparation(small_pack, tmp_path / "work")
    preparation.write_files()
    assert isinstance(json.loads(preparation.next_attempt(0, printed=None)), dict)
    assert json.loads(preparation.next_attempt(0, printed=False)) is None
    assert json.loads(preparation.next_attempt(1, printed=True)) is None  # no search was begun for that one
