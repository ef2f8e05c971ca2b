"""Key dates, and the accounts first used after a block.

Mirrored by static/src/record/patterns/patterns_dates.ts.

[Note: entries on the same day] If only the day of either side is known, an entry on that day is neither before nor
after; it is counted separately. No entry is moved to the side that would look worse.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from diary.record.patterns_facts import IncidentFact, Moment, parse_moment
from diary.record.reading import boolean_of, objects_of, text_of

# record kind, field with its time, kind of key date
_DATE_FIELDS: Final = (("notice", "at", "notice"), ("report", "at", "report"), ("order", "served_on", "served"))
# Key dates named by the keeper that count as one of the other kinds.
_KEY_DATE_KINDS: Final = {"house_move": "moved", "blocked": "blocked"}
_NUMBER_MARKS: Final = re.compile(r"[ ()./-]")
_NUMBER: Final = re.compile(r"\+?[0-9]{7,20}")
_UK_PREFIX: Final = re.compile(r"^(?:\+44|0044|44(?=[0-9]{10}$))0?")
_ADDRESS_START: Final = re.compile(r"^(?:https?://)?(?:www\.)?@?")
DiaryRecords = Mapping[str, Sequence[Mapping[str, Any]]]


def find_key_dates(facts: Sequence[IncidentFact], diary: DiaryRecords, tz: str) -> list[dict[str, Any]]:
    """Return `{kind, record, day, at, words, code}` in order of day.

    `code` is the keeper's own kind of date, '' for others.
    """
    dates = [
        {"kind": kind, "record": record, "day": moment.day, "at": moment.instant_ms, "words": words, "code": code}
        for kind, record, value, words, code in _recorded_dates(diary)
        if (moment := parse_moment(value, tz))
    ]
    # Use the first entry marked as blocked if no account has a date of blocking.
    blocked_fact = next((fact for fact in facts if "blocked" in fact.marks and fact.day), None)
    if blocked_fact and not any(key_date["kind"] == "blocked" for key_date in dates):
        dates.append(
            {
                "kind": "blocked",
                "record": blocked_fact.record,
                "day": blocked_fact.day,
                "at": blocked_fact.instant_ms,
                "words": "",
                "code": "",
            }
        )
    return sorted(dates, key=lambda key_date: str(key_date["day"]))


def _recorded_dates(diary: DiaryRecords) -> Iterator[tuple[str, str, object, str, str]]:
    """Yield kind, record, stored time, words and the keeper's own code for every record with a key date."""
    for record_kind, field, kind in _DATE_FIELDS:
        yield from (
            (kind, record["record"], record["fields"].get(field), "", "")
            for record in _active_records(diary, record_kind)
        )
    for record in _active_records(diary, "account"):
        yield "blocked", record["record"], record["fields"].get("blocked_on"), "", ""
    for record in _active_records(diary, "impact"):
        if text_of(record["fields"], "domain") == "home_or_moved":
            yield "moved", record["record"], record["fields"].get("started"), "", ""
    for record in _active_records(diary, "background"):
        for row in objects_of(record["fields"], "key_dates"):
            code = text_of(row, "kind")
            yield (
                _KEY_DATE_KINDS.get(code, "own"),
                record["record"],
                row.get("on"),
                text_of(row, "about") or text_of(row, "kind_text"),
                code,
            )


def split_by_key_date(key_date: Mapping[str, Any], dated: Iterable[IncidentFact]) -> dict[str, list[str]]:
    """Split entries into before, after, and undecided; the key date's own entry is left out."""
    records_by_side: dict[str, list[str]] = {"before": [], "same": [], "after": []}
    for fact in dated:
        if fact.record != key_date["record"]:
            records_by_side[_side_of(key_date["day"], key_date["at"], fact)].append(fact.record)
    return records_by_side


def _side_of(day: str, instant_ms: int | None, fact: IncidentFact) -> str:
    """Return `before`, `same` or `after`; see [Note: entries on the same day]."""
    if instant_ms is not None and fact.instant_ms is not None:
        return "before" if fact.instant_ms < instant_ms else "after"
    if fact.last_day < day:
        return "before"
    return "after" if fact.day > day else "same"


def count_accounts(
    facts: Sequence[IncidentFact], diary: DiaryRecords, merge_targets: Mapping[str, str], tz: str
) -> dict[str, Any]:
    """Return every account used, the accounts new after a block, and the entries that mention those."""
    account_fields = {row["record"]: row["fields"] for row in _active_records(diary, "account")}
    merged = {record: merge_targets.get(record, record) for record in account_fields}
    records_by_account: dict[str, list[str]] = {record: [] for record in dict.fromkeys(merged.values())}
    facts = _find_named_accounts(facts, account_fields, merged)
    labels_by_key: dict[str, str] = {}
    for fact in facts:
        text = f"@{fact.account_text.lower()}" if fact.account_text else ""
        accounts = fact.accounts or ((labels_by_key.setdefault(account_key(text[1:]), text),) if text else ())
        for account in accounts:
            records_by_account.setdefault(account, []).append(fact.record)
    first_seen = _first_seen_moments(facts, diary, merge_targets, account_fields, tz)
    blocks = [
        (merged[record], text_of(fields, "person_id"), moment)
        for record, fields in account_fields.items()
        if (moment := parse_moment(fields.get("blocked_on"), tz))
    ]
    declared_new = _declared_new_accounts(diary, account_fields, merged)
    new_accounts = [
        account
        for account in records_by_account
        if declared_new.get(
            account, _is_first_seen_after_block(account, first_seen.get(account), blocks, account_fields)
        )
    ]
    new_account_records = {record for account in new_accounts for record in records_by_account[account]}
    new_account_records |= {fact.record for fact in facts if "new_account" in fact.marks}
    return {
        "accounts": [{"account": account, "ids": ids} for account, ids in records_by_account.items()],
        "new_accounts": new_accounts,
        "new_account_ids": [fact.record for fact in facts if fact.record in new_account_records],
    }


def find_first_seen_days(
    facts: Sequence[IncidentFact], diary: DiaryRecords, merge_targets: Mapping[str, str], tz: str
) -> dict[str, str]:
    """Return the local day on which each account was first seen, by account after merges."""
    account_fields = {row["record"]: row["fields"] for row in _active_records(diary, "account")}
    merged = {record: merge_targets.get(record, record) for record in account_fields}
    named_facts = _find_named_accounts(facts, account_fields, merged)
    moments = _first_seen_moments(named_facts, diary, merge_targets, account_fields, tz)
    return {account: moment.day for account, moment in moments.items()}


def account_key(text: str) -> str:
    """Return a number, handle or address as it is compared: numbers as dialled in the UK, others without `@` and www."""
    lower_text = text.strip(" \t\r\n").lower()
    digits = _NUMBER_MARKS.sub("", lower_text)
    if not _NUMBER.fullmatch(digits):
        return _ADDRESS_START.sub("", lower_text).rstrip("/")
    return _UK_PREFIX.sub("0", digits)


def _find_named_accounts(
    facts: Iterable[IncidentFact], account_fields: Mapping[str, Mapping[str, Any]], merged: Mapping[str, str]
) -> list[IncidentFact]:
    """Return the facts, each that names an account in words only with the account of that number, handle or address.

    A handle also needs the entry's platform, if both are known. Words that fit several accounts are left as they are.
    """
    accounts_by_key: dict[str, list[tuple[str, str]]] = {}
    for record, fields in account_fields.items():
        for key in dict.fromkeys(account_key(text_of(fields, name)) for name in ("number", "handle", "url")):
            if key:
                accounts_by_key.setdefault(key, []).append((merged[record], text_of(fields, "platform")))

    def named_accounts(fact: IncidentFact) -> tuple[str, ...]:
        key = account_key(fact.account_text)
        named = {
            account
            for account, platform in accounts_by_key.get(key, ())
            if _NUMBER.fullmatch(key) or not platform or not fact.channel or platform == fact.channel
        }
        return tuple(named) if len(named) == 1 else ()

    return [
        replace(fact, accounts=named_accounts(fact)) if fact.account_text and not fact.accounts else fact
        for fact in facts
    ]


def _first_seen_moments(
    facts: Iterable[IncidentFact],
    diary: DiaryRecords,
    merge_targets: Mapping[str, str],
    account_fields: Mapping[str, Mapping[str, Any]],
    tz: str,
) -> dict[str, Moment]:
    """Return the earliest moment at which each account is mentioned."""
    earliest_moments: dict[str, Moment] = {}

    def keep_earliest(account: str, moment: Moment | None) -> None:
        earliest = earliest_moments.get(account)
        if moment and (
            earliest is None or (moment.day, moment.instant_ms or 0) < (earliest.day, earliest.instant_ms or 0)
        ):
            earliest_moments[account] = moment

    for record, fields in account_fields.items():
        keep_earliest(merge_targets.get(record, record), parse_moment(fields.get("first_seen"), tz))
    for sighting in _active_records(diary, "sighting"):
        account = text_of(sighting["fields"], "account_id")
        if account:
            keep_earliest(merge_targets.get(account, account), parse_moment(sighting["fields"].get("at"), tz))
    for fact in facts:
        if fact.day and fact.is_single_day:
            for account in fact.accounts:
                keep_earliest(account, Moment(fact.day, fact.instant_ms))
    return earliest_moments


def _declared_new_accounts(
    diary: DiaryRecords, account_fields: Mapping[str, Mapping[str, Any]], merged: Mapping[str, str]
) -> dict[str, bool]:
    """Return, by account, whether the keeper stated that it is new. A statement takes precedence over dates."""
    is_new_by_account: dict[str, bool] = {}
    for record, fields in account_fields.items():
        is_new = boolean_of(fields, "new_after_block")
        if is_new is not None:
            is_new_by_account[merged[record]] = is_new_by_account.get(merged[record], False) or is_new
    for sighting in _active_records(diary, "sighting"):
        account = text_of(sighting["fields"], "account_id")
        if boolean_of(sighting["fields"], "after_block") is True and account in merged:
            is_new_by_account[merged[account]] = True
    return is_new_by_account


def _is_first_seen_after_block(
    account: str,
    first_seen: Moment | None,
    blocks: Iterable[tuple[str, str, Moment]],
    account_fields: Mapping[str, Mapping[str, Any]],
) -> bool:
    """Return whether an account was first seen after another account of the same person was blocked.

    On the day of the block, the clock times decide; without them the result is False.
    """
    if first_seen is None or account not in account_fields:
        return False
    person = text_of(account_fields[account], "person_id")
    for blocked_account, blocked_person, block in blocks:
        if blocked_account == account or (person and blocked_person and person != blocked_person):
            continue
        if first_seen.day > block.day:
            return True
        if (
            first_seen.day == block.day
            and first_seen.instant_ms is not None
            and block.instant_ms is not None
            and first_seen.instant_ms > block.instant_ms
        ):
            return True
    return False


def _active_records(diary: DiaryRecords, kind: str) -> list[Mapping[str, Any]]:
    """Return the records of a kind that are not withdrawn."""
    return [record for record in diary.get(kind, ()) if record.get("taken_out") is None]
