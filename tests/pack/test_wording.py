"""Answers inside objects in words: codes by their labels, and free text of early apps as typed."""

from diary.pack.tables.cells import format_recording
from diary.pack.wording import format_value


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
