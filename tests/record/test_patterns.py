"""Pattern figures: computed by hand here, and the same in both languages."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diary.record import patterns
from diary.record.patterns_facts import days_between, next_day
from tests.vectors import pattern_vectors as diaries

PROJECT_ROOT = Path(__file__).resolve().parents[2]
RANDOM_DIARY_COUNT = 300


def pattern_of_case(name: str) -> dict[str, Any]:
    """Return the figures of a case."""
    return patterns.count_patterns(diaries.cases()[name], diaries.LONDON)


def test_no_entry_and_one_entry_are_counted_like_any_number() -> None:
    """An empty diary has no days since, a single entry no gap."""
    nothing, single_entry = pattern_of_case("nothing"), pattern_of_case("one")
    assert (nothing["all"], nothing["since"], nothing["days"], nothing["months"], nothing["gaps"]["longest"]) == (
        [],
        "",
        0,
        [],
        None,
    )
    assert (single_entry["all"], single_entry["since"], single_entry["until"], single_entry["days"]) == (
        ["a"],
        "2026-05-04",
        "2026-05-04",
        1,
    )
    assert single_entry["gaps"] == {"longest": None, "median": None, "long": []}
    assert single_entry["messages"] == {"count": 3, "about": False, "ids": ["a"]}
    assert single_entry["targets"] == [{"code": "", "ids": ["a"]}]


def test_what_was_taken_out_is_counted_nowhere_else() -> None:
    """Withdrawn entries appear only in their own count."""
    pattern = pattern_of_case("all taken out")
    assert (pattern["taken_out"], pattern["all"], pattern["since"], pattern["neither"]) == (1, [], "", [])


def test_an_entry_without_a_time_is_counted_and_stands_in_no_order() -> None:
    """An undated entry counts in the total, but in no day, month, hour or side of a date."""
    pattern = pattern_of_case("one without a time")
    assert (pattern["all"], pattern["undated"], pattern["days"], pattern["months"], pattern["no_hour"]) == (
        ["a"],
        ["a"],
        0,
        [],
        ["a"],
    )
    dates = pattern_of_case("key dates")
    assert all("unsure" not in key[side] for key in dates["key_dates"] for side in ("before", "same", "after"))


def test_the_night_the_clocks_go_back() -> None:
    """Both 1 o'clock hours are hour 1, ordered by instant; a skipped hour is read by its instant."""
    pattern = pattern_of_case("clocks")
    hours = {(one["weekday"], one["hour"]): one["ids"] for one in pattern["hours"]}
    assert hours[6, 1] == ["first", "second"]
    assert hours[6, 23] == ["about"] and pattern["about"] == ["about"]
    assert hours[6, 2] == ["spring"]  # 01:30 did not exist that night
    assert hours[0, 0] == ["away"]  # half past midnight on Monday there, Sunday evening in London
    assert hours[5, 23] == ["no offset"] and hours[5, 22] == ["no zone"]
    assert pattern["undated"] == ["broken clock"]
    assert "evening" in pattern["weekdays"][6] and "evening" in pattern["no_hour"]


def test_ranges_have_no_day_of_their_own_and_gaps_begin_where_they_end() -> None:
    """From 10 January to 1 February are 22 days; a range that ends at midnight after the change ends on the 25th."""
    pattern = pattern_of_case("ranges")
    assert (pattern["days"], pattern["no_day"]) == (3, ["month", "season", "range", "backwards"])
    assert pattern["over_months"] == ["season", "range"]
    gaps = {
        tuple(gap["ids"]): (gap["days"], gap["from"]) for gap in [pattern["gaps"]["longest"], *pattern["gaps"]["long"]]
    }
    assert gaps["month", "season"] == (93, "2026-02-28")
    assert pattern["gaps"]["longest"]["days"] == 93
    assert pattern["gaps"]["median"] == 18  # of 5, 22, 93, 20, 16 and 14: between 16 and 20
    assert pattern["until"] == "2026-11-24"


def test_entries_of_one_day_have_no_gap_and_a_night_of_the_clocks_is_one_day() -> None:
    """A day with four entries counts once; 25 to 26 October is one day although it had 25 hours."""
    gaps = pattern_of_case("gaps")["gaps"]
    assert (gaps["longest"]["days"], gaps["longest"]["ids"]) == (210, ["same day", "earlier that night"])
    assert gaps["median"] == 1 and len(gaps["long"]) == 1  # of 1, 210, 1 and 2


def test_six_new_accounts_after_a_block() -> None:
    """Merged accounts count once; those of the same day are not new; the keeper's own answer overrides dates."""
    pattern = pattern_of_case("after a block")
    assert pattern["new_accounts"] == ["n0", "n1", "n2", "n3", "n4", "n5"]
    assert pattern["new_account_ids"] == ["e0", "e1", "e2", "e3", "e4", "e5", "told", "twin"]
    accounts = {one["account"]: one["ids"] for one in pattern["accounts"]}
    assert accounts["n0"] == ["e0", "twin"] and accounts["@@him"] == ["told"] and accounts["nobody"] == ["gone"]
    assert "out" not in accounts and "ring1" in accounts and "ring2" in accounts
    assert [(one["kind"], one["record"]) for one in pattern["key_dates"]] == [("blocked", "old")]
    assert (pattern["key_dates"][0]["before"], pattern["key_dates"][0]["same"]) == (["before"], ["same day"])


def test_links_survive_merging_missing_records_and_nonsense() -> None:
    """Merged people count as one; a deleted person still counts; an unnamed term counts as 0."""
    pattern = pattern_of_case("links")
    assert pattern["actors"] == [{"code": "p1", "ids": ["a", "b"]}, {"code": "gone", "ids": ["c"]}]
    assert pattern["breaches"] == [{"order": "o", "term": 0, "ids": ["a"]}, {"order": "o", "term": 2, "ids": ["a"]}]
    assert pattern["orders"] == [{"code": "o", "ids": ["c"]}]
    assert (pattern["witness"], pattern["files"], pattern["neither"]) == (["b", "c"], ["b"], ["a", "d"])
    assert {one["code"]: one["ids"] for one in pattern["targets"]} == {"": ["b", "c", "d"], "child": ["a"]}


def test_a_breach_counts_only_while_the_order_was_in_force() -> None:
    """The days of service and of the end count whole. Without dates nothing is left out."""
    assert pattern_of_case("breaches")["breaches"] == [
        {"order": "gone", "term": 1, "ids": ["deleted"]},
        {"order": "n", "term": 1, "ids": ["no dates"]},
        {"order": "o", "term": 1, "ids": ["served", "last day"]},
    ]


def test_an_account_named_in_words_is_the_account_of_that_number_or_handle() -> None:
    """Spellings of one number are one. A handle of another platform, or one of two accounts, is not merged."""
    accounts = {row["account"]: row["ids"] for row in pattern_of_case("accounts in words")["accounts"]}
    assert accounts == {
        "n": ["number", "local"],
        "h": ["handle"],
        "u": ["address"],
        "b1": [],
        "b2": [],
        "@@quiet.walks": ["elsewhere"],
        "@07700 900999": ["unknown", "unknown too"],
        "@@both": ["ambiguous"],
    }


def test_messages_come_from_the_entry_or_else_from_its_schedules() -> None:
    """About 43, none, two received of three rows, nine, and 200 and 100 of two parts; a negative count is none.

    The entry names the first part alone, and both parts name the entry. Each schedule is counted once.
    """
    assert pattern_of_case("messages")["messages"] == {
        "count": 354,
        "about": True,
        "ids": ["counted", "none", "rows", "own", "named", "shared"],
    }


def test_before_and_after_a_day_never_guess() -> None:
    """Times decide where both sides have one; an entry on or across that day is on neither side."""
    pattern = pattern_of_case("key dates")
    keys = {(one["kind"], one["record"]): one for one in pattern["key_dates"]}
    assert [one["kind"] for one in pattern["key_dates"]] == ["own", "moved", "notice", "report", "served", "moved"]
    assert [(one["words"], one["code"]) for one in pattern["key_dates"][:2]] == [
        ("Divorce", "split_up"),
        ("", "house_move"),
    ]
    notice = keys["notice", "n"]
    assert (notice["before"], notice["after"]) == (["before", "hour before"], ["hour after", "after"])
    assert notice["same"] == ["over it", "day"]
    firsts = {one["mark"]: one for one in pattern["firsts"]}
    assert (firsts["threat"]["first"], firsts["threat"]["ids"]) == ("before", ["before", "unsure"])
    assert [firsts[mark]["first"] for mark in ("in_person", "damage", "third_party", "at_home")] == [
        "hour before",
        "day",
        "hour after",
        "after",
    ]


def test_both_languages_count_the_same() -> None:
    """Both languages agree on every vector, and on random diaries."""
    random_diaries = [diaries.random_diary(seed) for seed in range(RANDOM_DIARY_COUNT)]
    all_diaries = [*diaries.cases().values(), *random_diaries]
    lines = "".join(json.dumps({"diary": diary, "tz": diaries.LONDON}) + "\n" for diary in all_diaries)
    script = PROJECT_ROOT / "tests" / "js" / "count_patterns.mjs"
    result = subprocess.run(["node", str(script)], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(all_diaries)
    assert (
        sum(bool(diary["new_accounts"]) for diary in answers) > RANDOM_DIARY_COUNT // 10
    )  # the random cases do cover what is compared
    for diary, answer in zip(all_diaries, answers, strict=True):
        assert answer == json.loads(json.dumps(patterns.count_patterns(diary, diaries.LONDON))), diary


@pytest.mark.parametrize(
    "case",
    json.loads((PROJECT_ROOT / "tests/vectors/patterns.json").read_text())["cases"],
    ids=lambda case: case["name"],
)
def test_vectors_hold(case: dict[str, Any]) -> None:
    """The committed file has the figures of this code."""
    assert json.loads(json.dumps(patterns.count_patterns(case["diary"], diaries.LONDON))) == case["expect"]


def test_days_are_those_of_a_calendar() -> None:
    """Text that is not a date has no next day and no distance."""
    assert [next_day(day) for day in ("2026-12-31", "2028-02-28", "2026-02-30", "", "20261231")] == [
        "2027-01-01",
        "2028-02-29",
        "",
        "",
        "",
    ]
    assert days_between("2026-02-28", "2026-03-01") == 1
    assert days_between("2026-03-01", "2026-02-28") == -1
    assert (days_between("", "2026-03-01"), days_between("2026-03-01", "2026-02-30")) == (0, 0)


@pytest.mark.parametrize(
    ("seen_ms", "blocked_ms", "is_new"), [(2_000, 1_000, True), (1_000, 2_000, False), (1_000, 1_000, False)]
)
def test_on_the_day_of_a_block_the_clock_decides_what_is_new(seen_ms: int, blocked_ms: int, is_new: bool) -> None:
    """An account first seen later on that day is new; without a clock time it is not counted as new."""
    noon_ms = 1_793_620_800_000

    def new_accounts(seen: object, blocked: object) -> list[str]:
        diary = {
            "account": [
                {"record": "old", "fields": {"blocked_on": blocked}},
                {"record": "other", "fields": {"first_seen": seen}},
            ]
        }
        accounts: list[str] = patterns.count_patterns(diary, "Europe/London")["new_accounts"]
        return accounts

    assert new_accounts(noon_ms + seen_ms, noon_ms + blocked_ms) == (["other"] if is_new else [])
    assert new_accounts("2026-11-02", noon_ms) == new_accounts(noon_ms, "2026-11-02") == []
