"""Answers inside objects in words: codes by their labels, and free text of early apps as typed."""

from diary.pack.tables.cells import format_recording
from diary.pack.wording import format_count, format_value, format_vehicle


def test_a_possible_recording_is_described_in_words() -> None:
    """The words give holder, deadline, outcome and the holder's reply."""
    recording: dict[str, object] = {
        "kind": "cctv",
        "holder": "the shop",
        "overwrite_due": "12 May",
        "outcome": "promised",
    }
    assert format_recording(recording) == "CCTV, held by the shop, likely to be wiped 12 May, They will keep it"
    assert format_recording(recording | {"outcome_text": "until Friday"}).endswith("They will keep it, until Friday")
    assert format_recording({"kind": "cctv", "outcome": "They_will look"}) == "CCTV, They_will look"
    assert format_recording({"outcome": 5}) == ""


def test_a_vehicle_is_described_in_words() -> None:
    """The certainty of a number plate is given by its label, never as a bare code."""
    vehicle = {"make": "Ford", "reg": "AB12 CDE", "reg_certainty": "part_of_it", "reg_certainty_text": "the end"}
    words = "make: Ford, number plate: AB12 CDE, sure of the plate: I saw part of it, of the plate: the end"
    assert format_value("vehicle", vehicle, {}) == words
    assert format_value("vehicle", {"reg_certainty": "of_a_newer_app"}, {}) == "sure of the plate: of_a_newer_app"


def test_a_vehicle_on_a_page_reads_as_a_person_would_say_it() -> None:
    """Look first, then the plate, with how sure the keeper is; an unknown answer is kept."""
    for vehicle, words in (
        ({"colour": "silver", "model": "hatchback", "reg_certainty": "other", "reg_certainty_text": "not seen"},
         "Silver hatchback; plate not seen"),
        ({"make": "Ford", "reg": "ends OVN", "reg_certainty": "part_of_it"}, "Ford; plate ends OVN (I saw part of it)"),
        ({"reg": "AB12 CDE"}, "plate AB12 CDE"),
        ({"colour": "red", "reg_certainty": "guess"}, "Red; plate not written down (it is a guess)"),
        ({"colour": "red", "stickers": "two"}, "Red; stickers: two"),
        ({}, ""),
    ):  # fmt: skip
        assert format_vehicle(vehicle) == words


def test_one_of_a_unit_is_singular() -> None:
    """`1 day`, never `1 days`."""
    assert [format_count(count, "day") for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert format_count(2, "entry", "entries") == "2 entries"
