"""Days that something changed, and the accounts that came after a block.

The twin of static/src/record/patterns/patterns_dates.ts.

[Note: the same day] Where only the day of one side is known, what happened on it is neither before nor after: it is
counted apart. Nothing is put on the side that would look worse.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from diary.record.patterns_facts import Fact, Moment, moment_of
from diary.record.reading import objects_of, switch_of, text_of

# kind of record → field with its time, and what the day is called
_DATED: Final = (("notice", "at", "notice"), ("report", "at", "report"), ("order", "served_on", "served"))
# What a day that the keeper named is counted as, besides their own.
_OWN: Final = {"house_move": "moved", "blocked": "blocked"}
Diary = Mapping[str, Sequence[Mapping[str, Any]]]


def key_dates(facts: Sequence[Fact], diary: Diary, tz: str) -> list[dict[str, Any]]:
    """`{kind, record, day, at, words, code}` in order of day; `code` is the keeper's own kind of day, '' elsewhere."""
    found = [
        {"kind": kind, "record": record, "day": moment.day, "at": moment.at, "words": words, "code": code}
        for kind, record, value, words, code in _told_dates(diary)
        if (moment := moment_of(value, tz))
    ]
    # A block that no account record tells of, but an entry does.
    told = next((fact for fact in facts if "blocked" in fact.marks and fact.day), None)
    if told and not any(one["kind"] == "blocked" for one in found):
        found.append(
            {"kind": "blocked", "record": told.record, "day": told.day, "at": told.at, "words": "", "code": ""}
        )
    return sorted(found, key=lambda one: str(one["day"]))


def _told_dates(diary: Diary) -> Iterator[tuple[str, str, object, str, str]]:
    """Kind, record, the time as it is kept, words, and the keeper's own code, of everything that has such a day."""
    for source, field, kind in _DATED:
        yield from ((kind, one["record"], one["fields"].get(field), "", "") for one in _standing(diary, source))
    for one in _standing(diary, "account"):
        yield "blocked", one["record"], one["fields"].get("blocked_on"), "", ""
    for one in _standing(diary, "impact"):
        if text_of(one["fields"], "domain") == "home_or_moved":
            yield "moved", one["record"], one["fields"].get("started"), "", ""
    for one in _standing(diary, "background"):
        for row in objects_of(one["fields"], "key_dates"):
            code = text_of(row, "kind")
            yield (
                _OWN.get(code, "own"),
                one["record"],
                row.get("on"),
                text_of(row, "about") or text_of(row, "kind_text"),
                code,
            )


def sides(key: Mapping[str, Any], dated: Iterable[Fact]) -> dict[str, list[str]]:
    """Entries before, after, and those of which it can't be told. The key's own entry is on neither side."""
    found: dict[str, list[str]] = {"before": [], "same": [], "after": []}
    for fact in dated:
        if fact.record != key["record"]:
            found[_side(key["day"], key["at"], fact)].append(fact.record)
    return found


def _side(day: str, at: int | None, fact: Fact) -> str:
    """See [Note: the same day]."""
    if at is not None and fact.at is not None:
        return "before" if fact.at < at else "after"
    if fact.last < day:
        return "before"
    return "after" if fact.day > day else "same"


def accounts_used(facts: Sequence[Fact], diary: Diary, leads: Mapping[str, str], tz: str) -> dict[str, Any]:
    """Every account or number used, those that are new after a block, and the entries that tell of them."""
    known = {one["record"]: one["fields"] for one in _standing(diary, "account")}
    merged = {record: leads.get(record, record) for record in known}
    used: dict[str, list[str]] = {record: [] for record in dict.fromkeys(merged.values())}
    for fact in facts:
        for account in fact.accounts or ((f"@{fact.account_text.lower()}",) if fact.account_text else ()):
            used.setdefault(account, []).append(fact.record)
    first = _first_seen(facts, diary, leads, known, tz)
    blocks = [
        (merged[record], text_of(fields, "person_id"), moment)
        for record, fields in known.items()
        if (moment := moment_of(fields.get("blocked_on"), tz))
    ]
    said = _said_new(diary, known, merged)
    new = [account for account in used if said.get(account, _is_after(account, first.get(account), blocks, known))]
    told = {record for account in new for record in used[account]}
    told |= {fact.record for fact in facts if "new_account" in fact.marks}
    return {
        "accounts": [{"account": account, "ids": ids} for account, ids in used.items()],
        "new_accounts": new,
        "new_account_ids": [fact.record for fact in facts if fact.record in told],
    }


def _first_seen(
    facts: Iterable[Fact], diary: Diary, leads: Mapping[str, str], known: Mapping[str, Mapping[str, Any]], tz: str
) -> dict[str, Moment]:
    """The earliest that anything tells of each account."""
    found: dict[str, Moment] = {}

    def see(account: str, moment: Moment | None) -> None:
        there = found.get(account)
        if moment and (there is None or (moment.day, moment.at or 0) < (there.day, there.at or 0)):
            found[account] = moment

    for record, fields in known.items():
        see(leads.get(record, record), moment_of(fields.get("first_seen"), tz))
    for one in _standing(diary, "sighting"):
        account = text_of(one["fields"], "account_id")
        if account:
            see(leads.get(account, account), moment_of(one["fields"].get("at"), tz))
    for fact in facts:
        if fact.day and fact.one_day:
            for account in fact.accounts:
                see(account, Moment(fact.day, fact.at))
    return found


def _said_new(diary: Diary, known: Mapping[str, Mapping[str, Any]], merged: Mapping[str, str]) -> dict[str, bool]:
    """What the keeper said of an account themselves: it stands before any date."""
    found: dict[str, bool] = {}
    for record, fields in known.items():
        said = switch_of(fields, "new_after_block")
        if said is not None:
            found[merged[record]] = found.get(merged[record], False) or said
    for one in _standing(diary, "sighting"):
        account = text_of(one["fields"], "account_id")
        if switch_of(one["fields"], "after_block") is True and account in merged:
            found[merged[account]] = True
    return found


def _is_after(
    account: str, seen: Moment | None, blocks: Iterable[tuple[str, str, Moment]], known: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Whether it was first seen after another account of the same person was blocked; of the same day only by the clock."""
    if seen is None or account not in known:
        return False
    person = text_of(known[account], "person_id")
    for other, of, block in blocks:
        if other == account or (person and of and person != of):
            continue
        if seen.day > block.day:
            return True
        if seen.day == block.day and seen.at is not None and block.at is not None and seen.at > block.at:
            return True
    return False


def _standing(diary: Diary, kind: str) -> list[Mapping[str, Any]]:
    """The records of a kind that were not taken out."""
    return [one for one in diary.get(kind, ()) if one.get("taken_out") is None]
