"""Every field that a screen asks for is printed on a page, not only in 12_record.json.

An officer reads 01 and 06. A name, a reference or a reason that stands only in the JSON file would be lost on them
unnoticed. So each text field of each kind gets a unique word, and every word must be found on a page.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.exhibits import exhibits_data
from diary.pack.documents.impact import impact_data
from diary.pack.documents.officer import officer_data
from diary.pack.tables.csv_tables import chronology_csv
from diary.paths import PACKAGE_FOLDER
from tests.pack.fictional_diary import START_MS, FictionalDiary, fictional_diary, incident_fields

RECORD_PACKAGE: Final = PACKAGE_FOLDER / "record"
FIELD_RULES: Final[Mapping[str, Mapping[str, str]]] = json.loads((RECORD_PACKAGE / "rules.json").read_text("utf-8"))[
    "kinds"
]
REGISTER_KINDS: Final = (
    "account",
    "background",
    "impact",
    "notice",
    "order",
    "person",
    "report",
    "sighting",
    "statement",
    "vehicle",
)
# Notes are long, restricted and the keeper's own. The rest is administrative, or printed in another way.
FIELDS_NOT_PRINTED: Final[Mapping[str, frozenset[str]]] = {
    "account": frozenset({"notes"}),
    "background": frozenset({"notes"}),
    "impact": frozenset({"notes"}),
    "incident": frozenset({"content_warning_text", "occurred_local"}),
    "notice": frozenset({"notes"}),
    "order": frozenset({"notes"}),
    "person": frozenset({"initials", "notes", "role_code", "role_text"}),
    "report": frozenset({"notes"}),
    "sighting": frozenset(),
    "statement": frozenset(),
    "vehicle": frozenset({"notes"}),
}


def distinct_words(kind: str) -> tuple[dict[str, str], dict[str, object], dict[str, object]]:
    """Return a unique word for each text field of a kind, then the open and restricted fields with those words."""
    words: dict[str, str] = {}
    fields: dict[str, object] = {}
    for index, (name, rule) in enumerate(sorted(FIELD_RULES[kind].items())):
        if name in ("reason", "role_code", "taken_out", "merged_into"):
            continue
        if rule in ("text", "line", "texts"):
            # Letters only, because a digit would be withheld as part of a number.
            words[name] = f"Zq{chr(97 + index // 26)}{chr(97 + index % 26)}x{kind}"
            fields[name] = [words[name]] if rule == "texts" else words[name]
        elif rule.startswith(("code ", "codes ")) and f"{name}_text" in FIELD_RULES[kind]:
            fields[name] = ["other"] if rule.startswith("codes ") else "other"
    schemas = json.loads((RECORD_PACKAGE / "schemas.json").read_text("utf-8"))
    restricted_names = set(schemas[kind]["1"]["restricted"])
    return (
        words,
        {index: v for index, v in fields.items() if index not in restricted_names},
        {index: v for index, v in fields.items() if index in restricted_names},
    )


def laid_out_pages(diary: FictionalDiary) -> tuple[PackContents, str]:
    """Return everything that 01, 06 and 08 print, as text."""
    contents = build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    laid = [chronology_data(contents), officer_data(contents), impact_data(contents)]
    return contents, json.dumps(laid, ensure_ascii=False)


@pytest.mark.parametrize("kind", REGISTER_KINDS)
def test_every_word_of_a_register_is_on_a_page(kind: str) -> None:
    """Every typed field of each register kind is printed, except those that a list exempts with a reason."""
    words, fields, restricted = distinct_words(kind)
    diary = FictionalDiary()
    if kind == "person":
        fields |= {"role": "suspect", "role_code": "S1"}
    row = diary.add(kind, fields, restricted)
    links: Mapping[str, list[str]] = {
        "account": {"account_ids": [row["record"]]}, "person": {"actor_ids": [row["record"]]},
        "vehicle": {"vehicle_ids": [row["record"]]},
    }.get(kind, {})  # fmt: skip
    diary.add("incident", incident_fields(START_MS, "He stood there.", **links))
    if kind == "sighting":
        diary.amend(row, {"incident_ids": [diary.versions[-1]["record"]]}, at_ms=START_MS)
    _, printed = laid_out_pages(diary)
    assert {name for name, word in words.items() if word not in printed} == FIELDS_NOT_PRINTED[kind] - {"role_code"}


def test_every_word_of_an_entry_is_on_a_page() -> None:
    """The same holds for entries, with objects, lists, people by code, and the date of a translation."""
    words, fields, restricted = distinct_words("incident")
    diary = FictionalDiary()
    relative = diary.add("person", {"name": "Mum", "relationship": "family", "role": "other", "role_code": "P2"})
    child = diary.add("person", {"age_band": "under_13", "name": "Ana", "role": "child", "role_code": "C1"})
    case = diary.add("case", {"title": "The side door"})
    burst = diary.add("schedule", {"channel": "sms", "rows": [], "tz": "Europe/London"})
    notice = diary.add("notice", {"exact_words": "Stop"})
    extra_fields: dict[str, object] = {
        "case_ids": [case["record"]], "children_ages": "five", "children_present": True, "notice_ids": [notice["record"]],
        "platform_report": {"at": "2026-05-05", "outcome": "Taken down", "ref": "R-88"}, "present_ids": [child["record"]],
        "property_value_pence": 123456, "schedule_id": burst["record"], "targeted_person_ids": [relative["record"]],
        "translation": {"at": "2026-05-06", "by": "Hira", "relation": "my aunt", "text": "He waited."},
    }  # fmt: skip
    base = incident_fields(START_MS, "")
    fields = base | fields | extra_fields | {"occurred_local": "", "tz": "Europe/London"}
    diary.add("incident", fields, restricted)
    contents, printed = laid_out_pages(diary)
    assert {
        name for name, word in words.items() if word not in printed and name != "children_ages"
    } == FIELDS_NOT_PRINTED["incident"]
    table = chronology_csv(contents).decode()
    apart_from_it = FIELDS_NOT_PRINTED["incident"] | set(restricted) | {"children_ages"}
    assert {name for name, word in words.items() if word not in table} <= apart_from_it
    assert all(word in table for word in ("He waited.", "Hira", "The side door", "NC1", "five"))
    data: Any = chronology_data(contents)
    row = data["rows"][0]
    facts = dict([*row["what"], *row["effect"]])
    assert (facts["Aimed at"], facts["Were there"]) == (f"P2, {words['targeted_text']}", "C1")
    assert (facts["Part of"], facts["Every message"], facts["Told to stop"]) == ("The side door", "MS1", "NC1")
    assert facts["Children present"] == "yes, aged five" and facts["Property"].endswith("£1,234.56")
    assert facts["Reported to the app or site"] == "reference R-88, 5 May 2026, Taken down"
    assert row["translation"]["by"].endswith("Translation by Hira, my aunt, 6 May 2026:")
    other_records = chronology_data(contents)["others"]
    assert other_records == [["P2", "Family", "1"], ["C1", "A child; Under 13", "1"]]
    assert "Ana" not in json.dumps(chronology_data(contents))


def test_every_word_of_a_file_is_on_its_page() -> None:
    """Who took it, who would produce it, and both references are printed."""
    diary = fictional_diary(count=2, exhibits=1)
    file = next(row for row in diary.versions if row["kind"] == "attachment")
    witness = diary.add("person", {"name": "Wanda", "role": "witness", "role_code": "W1"})
    extra_fields = {
        "captured_by_id": witness["record"],
        "officer_exhibit_ref": "TP/9",
        "producer_id": witness["record"],
        "reason": "told",
    }
    diary.amend(file, extra_fields | {"suggested_exhibit_ref": "XY/7"}, at_ms=START_MS)
    contents, _ = laid_out_pages(diary)
    data: Any = exhibits_data(contents, contents.exhibits, {}, "")
    facts = dict(data["exhibits"][0]["facts"])
    assert (facts["Produced by"], facts["Taken by"]) == ("W1", "W1")
    assert (facts["Reference the police gave it"], facts["Reference the keeper would like"]) == ("TP/9", "XY/7")


def test_a_file_names_the_order_or_report_it_belongs_to() -> None:
    """A file linked only from orders or reports names them. A file that is also in entries names the entries."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "He rang."))
    unlinked = diary.attach(entry, b"order", "application/pdf", "order", extra_fields={"incident_ids": []})
    linked_twice = diary.attach(entry, b"letter", "application/pdf", "letter", extra_fields={})
    diary.add("order", {"copy_attachment_id": unlinked["record"], "kind": "spo"})
    diary.add("notice", {"attachment_ids": [unlinked["record"], linked_twice["record"]], "exact_words": "Stop"})
    contents, _ = laid_out_pages(diary)
    links_by_name = {
        exhibit.attachment.description: contents.linked_codes_text(exhibit) for exhibit in contents.exhibits
    }
    assert links_by_name == {"letter": "1", "order": "NC1, O1"}
    data: Any = chronology_data(contents)
    assert {row[1]: row[3] for row in data["exhibits"]} == links_by_name


def test_page_one_of_06_identifies_the_suspect() -> None:
    """Page one has name, aliases, age, looks and car. A warning not to approach comes first."""
    diary = FictionalDiary()
    suspect = diary.add(
        "person",
        {
            "aliases": ["Cal"], "description": "Tall.", "dob_or_age": "about 29", "name": "C.", "relationship": "ex_partner",
            "role": "suspect", "role_code": "S1",
        },
        {"real_name": "Callum Redfern", "safe_to_approach": "no"},
    )  # fmt: skip
    car = {
        "colour": "silver",
        "make": "Vauxhall",
        "person_ids": [suspect["record"]],
        "reg": "ends OVN",
        "reg_certainty": "part_of_it",
    }
    diary.add("vehicle", car)
    diary.add("incident", incident_fields(START_MS, "He stood there.", actor_ids=[suspect["record"]]))
    contents, _ = laid_out_pages(diary)
    assert officer_data(contents)["descriptions"] == [
        [
            "S1 Callum Redfern (“C.”). The keeper says it is NOT safe for police to speak to this person. Ex-partner. "
            "Also called “Cal”. Age or date of birth: about 29. Tall.",
            "",
        ],
        ["V1 silver Vauxhall, plate ends OVN (I saw part of it), linked with S1", ""],
    ]
    assert "Redfern" not in json.dumps(chronology_data(contents))
