"""The fictional diary is what the demo promises: 25 incidents, 30 realistic files, six scripts, nobody real."""

import json
import re
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image

from diary.client import sample
from diary.client.sample import SampleFile, entries
from diary.crypto.words import normalise, word_list
from diary.record import times
from diary.record.schemas import schema
from diary.record.vocabulary import LISTS

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def files() -> list[SampleFile]:
    """Every file of the diary, drawn once."""
    return [file for entry in entries() for file in entry.draw()]


def test_there_are_25_incidents_and_30_files(files: list[SampleFile]) -> None:
    """The numbers of the demo."""
    assert len(entries()) == 25
    assert len(files) == 30
    assert len({file.name for file in files}) == 30


def test_every_field_and_code_is_the_records_own(files: list[SampleFile]) -> None:
    """Nothing is sealed that the schemas and vocabularies do not name."""
    incident, attachment = schema("incident", 1), schema("attachment", 1)
    for entry in entries():
        assert set(entry.fields) <= set(incident.open)
        assert set(entry.restricted) <= set(incident.restricted)
        lists = (("behaviours", "behaviours"), ("channel", "channels"), ("place_category", "places"))
        for name, choice in (*lists, ("feelings_then", "feelings"), ("feared_violence", "fear")):
            value = entry.fields.get(name) or []
            for code in [value] if isinstance(value, str) else value:
                assert LISTS[choice].find(code), (name, code)
        for change in entry.later:
            assert set(change.fields) <= set(incident.open)
            assert change.at > entry.at + 600_000
    for file in files:
        assert set(file.fields) <= set(attachment.open)
        assert set(file.restricted) <= set(attachment.restricted)


def test_each_incident_is_written_after_it_happened() -> None:
    """Nobody writes of tomorrow, and the diary is in the order it was written."""
    told = entries()
    assert [entry.at for entry in told] == sorted(entry.at for entry in told)
    for entry in told:
        start = times.occurred(entry.fields).start
        assert start is None or start < entry.at


def test_six_scripts_and_emoji_are_in_it() -> None:
    """Urdu, Punjabi, Bengali, Hindi, Polish, Chinese and emoji stand in narratives."""
    text = " ".join(str(entry.fields["narrative"]) for entry in entries())
    blocks = ("\u0600-\u06ff", "\u0a00-\u0a7f", "\u0980-\u09ff", "\u0900-\u097f", "ąćęłńóśźż", "\u4e00-\u9fff")
    for script in (f"[{block}]" for block in blocks):
        assert re.search(script, text), script
    assert "😡" in text


def test_the_second_half_past_one_is_the_second(files: list[SampleFile]) -> None:
    """The night the clocks went back is told in UTC, an hour after the first half past one."""
    (night,) = [entry for entry in entries() if entry.fields["occurred_local"] == "2026-10-25T01:30"]
    when = times.occurred(night.fields)
    assert when.offset_min == 0
    assert times.iso(when.start) == "2026-10-25T01:30:00Z"


def test_screenshots_are_a_phones(files: list[SampleFile]) -> None:
    """Twenty-one PNG screenshots of 1170 × 2532."""
    shots = [file for file in files if file.kind == "image/png"]
    assert len(shots) >= 20
    for file in shots:
        with Image.open(BytesIO(file.content)) as picture:
            assert picture.size == (1170, 2532)


def test_photos_hold_what_phones_put_in_them(files: list[SampleFile]) -> None:
    """JPEGs with place and orientation, one HEIC, one e-mail, one picture whose name lies about its type."""
    kinds = [file.kind for file in files]
    assert kinds.count("image/heic") == 1
    assert kinds.count("message/rfc822") == 1
    turned, placed = set(), 0
    for file in files:
        if file.kind == "image/jpeg":
            with Image.open(BytesIO(file.content)) as picture:
                exif = picture.getexif()
                turned.add(exif[0x0112])
                placed += bool(exif.get_ifd(0x8825))
                assert file.restricted["gps_present"] == bool(exif.get_ifd(0x8825))
    assert turned == {1, 6, 8}
    assert placed >= 5
    (liar,) = [file for file in files if file.fields["flags"] == ["type_mismatch"]]
    assert liar.name.endswith(".PNG")
    assert liar.kind == "image/jpeg"
    (heic,) = [file for file in files if file.kind == "image/heic"]
    assert pillow_heif.open_heif(heic.content).size == (1512, 2016)


def test_the_same_entry_gives_the_same_bytes(files: list[SampleFile]) -> None:
    """Drawing is deterministic, so that two demos can be compared."""
    again = [file for entry in entries()[:4] for file in entry.draw()]
    assert [file.content for file in again] == [file.content for file in files[: len(again)]]


def test_nobody_in_it_is_real() -> None:
    """Telephone numbers are those kept for drama, hosts those kept for examples."""
    text = json.dumps([[dict(e.fields), dict(e.restricted), [dict(f) for f in e.files]] for e in entries()])
    text += json.dumps(dict(sample.SHEET))
    numbers = re.findall(r"(?:\+44 ?|0)7[\d ]{8,11}\d", text)
    assert len(numbers) > 5
    assert all(re.fullmatch(r"(?:\+44 |0)7700 900\d{3}", number) for number in numbers)
    hosts = re.findall(r"(?:https?://|[\w.]+\w@)([a-z.]+[a-z])", text)
    assert len(hosts) > 3
    assert all(re.search(r"(?:^|\.)example(?:$|\.)", host) for host in hosts)


def test_the_words_are_from_the_list() -> None:
    """The fictional diary's words could have been suggested."""
    assert set(sample.WORDS.split()) <= set(word_list())
    assert normalise(sample.WORDS) == sample.WORDS
