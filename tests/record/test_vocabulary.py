"""The lists and schemas are complete, unique, and worded for a child."""

import json
import re
from pathlib import Path

import pytest

import diary.record
from diary.errors import BadRequest
from diary.ledger.commitments import RESERVED_NAMES as COMMITTED
from diary.pack.wording import FIELD_VOCABULARIES
from diary.record.schemas import NEWEST_SCHEMA_NUMBERS, RECORD_KINDS, RESERVED_NAMES, find_schema
from diary.record.vocabulary import CHOICE_LISTS, label, section_letters

RECORD_FOLDER = Path(diary.record.__file__).parent
OFFENCE_WORD = re.compile(r"\b(stalk|harass|offence|crime|victim|suspect|offender|perpetrator)", re.IGNORECASE)

# Behaviours that are counted by their own code alone.
BEHAVIOURS_WITHOUT_MARK = frozenset(
    """
    calls silent_calls voicemail texts chat_messages email letters_cards gifts_or_items_left
    contact_via_bank_ref_or_game_etc friend_or_follow_requests unwanted_orders_or_services
    contact_at_court_or_handover posts_about_me fake_profile_of_me impersonation doxxing
    rumours_or_false_reports intimate_image_shared deepfake_or_edited_image
    review_bombing_or_work_complaint tagging_or_group_adds theft items_moved
    account_lockout_or_password_change smart_home_control abusive_words abusive_acts
    offensive_material vexatious_complaint_or_proceedings breach_of_order bail_breach other
    not_sure_what_to_call_it not_sure prefer_not_to_say
    """.split()
)


def test_codes_are_well_formed_and_unique() -> None:
    """Codes are unique within a list, sections exist, and letters are those of the Act."""
    for choice in CHOICE_LISTS.values():
        codes = [term.code for term in choice.terms]
        assert [code for code in codes if codes.count(code) > 1] == [], f"{choice.name}: listed twice"
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", code) for code in codes)
        sections = {code for code, _ in choice.sections} or {""}
        assert all(term.section in sections and set(term.letter) <= set("abcdefg/") for term in choice.terms)


def test_a_person_has_two_answers_or_more_to_every_question() -> None:
    """What only the app writes is not offered, so it does not count."""
    for choice in CHOICE_LISTS.values():
        assert len([term for term in choice.terms if not term.by_app]) >= 2, choice.name


def test_every_behaviour_of_the_design_is_here() -> None:
    """All seven sections and the rest are there, with an option for anything else and for nothing."""
    assert len(CHOICE_LISTS["behaviours"].terms) >= 77
    for name in ("behaviours", "channels", "places", "feelings", "attribution", "responses"):
        codes = {term.code for term in CHOICE_LISTS[name].terms}
        assert {"other", "not_sure", "prefer_not_to_say"} <= codes, name


def test_every_behaviour_has_its_mark_or_needs_none() -> None:
    """Patterns and packs count marks, so a new behaviour without one would be left out silently."""
    marks = json.loads((RECORD_FOLDER / "marks.json").read_text(encoding="utf-8"))["marks"]
    marked_codes = {code for mark in marks.values() for code in mark.get("behaviours", [])}
    known_codes = {term.code for term in CHOICE_LISTS["behaviours"].terms}
    assert marked_codes <= known_codes, marked_codes - known_codes
    codes_without_mark = known_codes - marked_codes - BEHAVIOURS_WITHOUT_MARK
    assert not codes_without_mark, (
        f"add to a mark in diary/record/marks.json, or to BEHAVIOURS_WITHOUT_MARK here: {sorted(codes_without_mark)}"
    )
    assert known_codes - marked_codes >= BEHAVIOURS_WITHOUT_MARK, BEHAVIOURS_WITHOUT_MARK & marked_codes


def test_labels_name_no_offence_and_are_short() -> None:
    """Labels have at most fourteen plain words, for a young keeper too. Orders keep their legal names."""
    for choice in CHOICE_LISTS.values():
        for term in choice.terms:
            for words in (term.label, term.young, term.hint, term.young_hint):
                assert len(words.split()) <= 14, term
                assert choice.name == "orders" or not OFFENCE_WORD.search(words), term
            assert term.label and term.young != term.label, term


def test_what_a_person_is_asked_can_be_left_open() -> None:
    """Every question offers `not_sure` and `prefer_not_to_say`, and `other` unless the list is complete."""
    closed = {
        "precision",
        "parts_of_day",
        "entry_kinds",
        "shows",
        "begin_pictures",
        "outside_copies",
    }  # these have their own option
    for choice in CHOICE_LISTS.values():
        codes = {term.code for term in choice.terms}
        answers = {"not_sure", "prefer_not_to_say"} <= codes
        settings = choice.name in ("wordings", "upload_pictures", "help_channels")
        told_by_the_app = choice.name in ("schedule_directions", "schedule_read", "message_types")
        assert answers or not choice.question or settings or told_by_the_app or choice.name in closed, choice.name


def test_the_six_pictures_set_what_the_lists_know() -> None:
    """Each picture presets codes of the lists, and never free text."""
    lists = {"behaviours": "behaviours", "channel": "channels", "place_category": "places"}
    assert len(CHOICE_LISTS["begin_pictures"].terms) == 6
    for term in CHOICE_LISTS["begin_pictures"].terms:
        assert "behaviours" in term.sets and set(term.sets) <= set(lists)
        for name, value in term.sets.items():
            codes = value if isinstance(value, list) else [value]
            assert all(CHOICE_LISTS[lists[name]].find_term(str(code)) for code in codes), term


def test_lists_of_the_design_are_complete() -> None:
    """Orders, channels, effects on life and the nine points of a useful screenshot are as in record.md."""
    orders = """spo interim_spo restraining_order non_molestation occupation civil_injunction_pha_s3 undertaking dvpn dvpo dapn
        dapo police_bail_condition court_bail_condition licence_condition community_protection_notice harassment_warning_or_pin
        sexual_harm_prevention non_harassment_order_sco interdict_sco spo_ni other"""
    domains = """sleep physical_health mental_health work_or_study travel_or_routes home_or_moved security_costs social_life
        online_life_or_accounts childcare_or_children relationships money pets other"""
    shows = "whole_screen clock date sender_name number_or_handle profile url before_and_after own_messages"
    for name, expected in (("orders", orders), ("impact_domains", domains), ("shows", shows)):
        assert set(expected.split()) <= {term.code for term in CHOICE_LISTS[name].terms}, name
    assert len(CHOICE_LISTS["channels"].terms) == 38 and all(term.hint for term in CHOICE_LISTS["shows"].terms)


def test_an_unknown_code_is_shown_and_never_lost() -> None:
    """A newer phone's code is shown by an older pack builder."""
    assert label("behaviours", "new_thing") == "new thing"
    assert section_letters(["watch", "drive_past", "new_thing"]) == ("e", "g")


def test_schemas_are_sorted_disjoint_and_hold_the_reserved_names() -> None:
    """Reserved names are in the open part of every kind."""
    raw = json.loads((RECORD_FOLDER / "schemas.json").read_text(encoding="utf-8"))
    assert set(RESERVED_NAMES) == set(COMMITTED)
    for kind in RECORD_KINDS:
        names = find_schema(kind, NEWEST_SCHEMA_NUMBERS[kind])
        assert set(RESERVED_NAMES) <= set(names.open) and not set(names.open) & set(names.restricted)
        assert list(names.open) == sorted(names.open) and raw[kind]["1"]["restricted"] == sorted(names.restricted)
        assert all(re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", name) for name in (*names.open, *names.restricted))


def test_every_choice_in_print_is_a_list_and_a_field() -> None:
    """Every choice in the printed pages names a list and a field."""
    fields = {name for kind in RECORD_KINDS for name in find_schema(kind, 1).open}
    assert all(choice in CHOICE_LISTS and name in fields for name, choice in FIELD_VOCABULARIES.items())


def test_an_unknown_kind_or_number_is_refused() -> None:
    """An unknown kind or number is an error."""
    for kind, number in (("incident", 2), ("dream", 1)):
        with pytest.raises(BadRequest):
            find_schema(kind, number)


def test_every_list_is_read_whole() -> None:
    """Every member of vocabulary.json is read into its place; missing lists are empty."""
    lists = json.loads((RECORD_FOLDER / "vocabulary.json").read_text(encoding="utf-8"))
    assert list(CHOICE_LISTS) == list(lists)
    for name, row in lists.items():
        choice_list = CHOICE_LISTS[name]
        assert (choice_list.name, choice_list.question, choice_list.is_multiple, choice_list.young_question) == (
            name,
            row["question"],
            row["many"],
            row.get("young", ""),
        )
        assert choice_list.sections == tuple((section["code"], section["label"]) for section in row.get("sections", ()))
        assert [term.code for term in choice_list.terms] == [code["code"] for code in row["codes"]]
    assert any(choice_list.young_question for choice_list in CHOICE_LISTS.values()) and any(
        choice_list.young_question == "" for choice_list in CHOICE_LISTS.values()
    )
