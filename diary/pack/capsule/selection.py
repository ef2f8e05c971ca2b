"""Which records go into a pack with the chosen entries; the twin of static/src/pack/selection.ts.

A person, an account, a vehicle or a message schedule comes along only when something in the pack names it. What is
about the whole (an order, a report, a notice to stop) comes along unless every entry it names stays behind. What was
taken out stays out, and a private note is not looked at here at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.exhibit_numbers import REGISTERS
from diary.record.evidence import Attachment
from diary.record.incident import Incident
from diary.record.reading import codes_of, switch_of, text_of
from diary.record.record_history import Opened, Told, tell_all
from diary.record.referenced_ids import named_by, reached
from diary.record.roles import Claim, role_codes

INTIMATE: Final = "intimate_adult"
# Only with something that names them: who a stranger to the pack's entries is, is nobody's business.
_NAMED_ONLY: Final = frozenset({"account", "case", "person", "schedule", "vehicle"})
# An account of a person, and what was seen of an account, belong with them.
_BELONGS: Final = {"account": ("person_id",), "sighting": ("account_id", "person_id"), "vehicle": ("person_ids",)}
_SHORT: Final = {
    "account": "A", "background": "BG", "case": "CA", "consent": "CS", "export": "EX", "impact": "IM", "notice": "NC",
    "order": "O", "report": "R", "schedule": "MS", "sighting": "SG", "statement": "ST", "vehicle": "V",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes in: incidents and files as told, and the records of every other kind."""

    incidents: tuple[Told, ...]
    attached: tuple[Attachment, ...]
    registers: tuple[Told, ...]

    @property
    def records(self) -> frozenset[str]:
        """The ids of all of it."""
        ids = (one.record for one in (*self.incidents, *self.registers))
        return frozenset((*ids, *(one.record for one in self.attached)))


def choose(
    opened: Sequence[Opened], wanted: Iterable[str], *, intimate: bool, items: frozenset[str] | None = None
) -> Chosen:
    """Everything that goes into a pack of the `wanted` incidents. `intimate`: private pictures of adults come along.

    `items`: the files somebody asked for by number. Then these alone come, and of other records only what they name.
    """
    wished = set(wanted)
    incidents = tell_all(opened, "incident")
    chosen = tuple(one for one in incidents if one.record in wished and one.taken_out is None)
    files = [one for one in tell_all(opened, "attachment") if may_go(one, intimate=intimate)]
    attached = (
        _attached(files, chosen) if items is None else tuple(Attachment(one) for one in files if one.record in items)
    )
    others = [one for kind in REGISTERS for one in tell_all(opened, kind) if one.taken_out is None]
    come = _along(others, {one.record for one in incidents}, chosen, attached, alone=items is not None)
    named = {one for told in come for one in named_by(told)}
    already = {one.record for one in attached}
    more = (
        []
        if items is not None
        else [Attachment(one) for one in files if one.record in named and one.record not in already]
    )
    return Chosen(chosen, (*attached, *more), come)


def may_go(file: Told, *, intimate: bool) -> bool:
    """Whether a file may go into a pack at all: a private sexual picture of an adult only when the keeper ticked that."""
    kept_out = switch_of(file.newest.fields, "include_in_pack") is False
    private = text_of(file.newest.fields, "sensitivity") == INTIMATE and not intimate
    return file.taken_out is None and not kept_out and not private


def _attached(files: Sequence[Told], chosen: Sequence[Told]) -> tuple[Attachment, ...]:
    """Files of the chosen incidents, in the order of those incidents' first versions, then their own."""
    ranked: list[tuple[int, int, Attachment]] = []
    for place, told in enumerate(files):
        belongs = codes_of(told.newest.fields, "incident_ids")
        ranks = [
            rank
            for rank, incident in enumerate(chosen)
            if incident.record in belongs
            or told.record in codes_of(incident.newest.fields, "attachment_ids")
            or told.record in codes_of(incident.newest.fields, "narrative_media")
        ]
        if ranks:
            ranked.append((min(ranks), place, Attachment(told)))
    return tuple(attachment for _, _, attachment in sorted(ranked, key=lambda row: row[:2]))


def _along(
    others: Sequence[Told], entries: set[str], chosen: Sequence[Told], attached: Sequence[Attachment], *, alone: bool
) -> tuple[Told, ...]:
    """The records of other kinds that come along, kind by kind, each kind in feed order. `alone`: only what is named."""
    names = {one.record: named_by(one) for one in others}
    inside = {one.record for one in chosen}
    start = {one for told in (*chosen, *(file.told for file in attached)) for one in named_by(told) if one in names}
    for one in others:
        about = names[one.record] & entries
        if about & inside or (not about and not alone and one.newest.kind not in _NAMED_ONLY):
            start.add(one.record)
    found = reached(start, names)
    while more := {one.record for one in others if one.record not in found and _belongs(one, found)}:
        found = reached(found | more, names)
    return tuple(one for one in others if one.record in found)


def _belongs(told: Told, found: set[str]) -> bool:
    """Whether it is an account, a sighting or a vehicle of somebody who comes along."""
    owners = (one for name in _BELONGS.get(told.newest.kind, ()) for one in codes_of(told.newest.fields, name))
    return any(owner in found for owner in owners)


def references(opened: Sequence[Opened], chosen: Chosen) -> list[dict[str, object]]:
    """What each record that is no entry and no file is called: rank within its kind over the whole diary, and `S1`, `O2`."""
    people = role_codes(
        Claim(one.record, text_of(one.fields, "role"), text_of(one.fields, "role_code"))
        for one in opened
        if one.kind == "person" and not one.takes_out
    )
    ranks: dict[str, int] = {}
    for kind in REGISTERS:
        for rank, record in enumerate(dict.fromkeys(one.record for one in opened if one.kind == kind), 1):
            ranks[record] = rank
    return [
        {
            "kind": told.newest.kind,
            "no": ranks[told.record],
            "record": told.record,
            "ref": people.get(told.record) or f"{_SHORT.get(told.newest.kind, 'P')}{ranks[told.record]}",
        }
        for told in chosen.registers
    ]


def counts(entries: Sequence[Incident], chosen: Chosen, before: frozenset[str] | None = None) -> dict[str, object]:
    """How many entries there are and what became of them: included, withheld, removed and earlier add up to the total.

    `before`: of a supplement, the entries of earlier packs; what is in one of those was not withheld.
    """
    ids = {one.record for one in chosen.incidents}
    included = [entry for entry in entries if entry.record in ids]
    removed = sum(entry.told.taken_out is not None for entry in entries)
    earlier = sum(_is_earlier(entry, ids, before) for entry in entries)
    return {
        **({} if before is None else {"earlier": earlier}),
        "added_to": sum(entry.told.has("addition") for entry in included),
        "amended": sum(entry.told.has("amendment") for entry in included),
        "included": len(included),
        "late": sum(entry.is_late for entry in included),
        "removed": removed,
        "total": len(entries),
        "withheld": len(entries) - len(included) - removed - earlier,
    }


def _is_earlier(entry: Incident, included: set[str], before: frozenset[str] | None) -> bool:
    """Whether an entry stands, is not here, and was in an earlier pack."""
    return entry.told.taken_out is None and entry.record not in included and entry.record in (before or ())


def with_absent(counted: Mapping[str, object], absent: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The counts with the entries of which nothing is here: erased for good, or not to be opened."""
    more = {why: sum(row["why"] == why for row in absent) for why in ("removed", "withheld")}
    return {
        name: int(str(number)) + more.get(name, len(absent) if name == "total" else 0)
        for name, number in counted.items()
    }


def gaps(
    entries: Sequence[Incident],
    chosen: Chosen,
    before: frozenset[str] | None = None,
    absent: Sequence[Mapping[str, object]] = (),
) -> list[dict[str, object]]:
    """Every entry that is not in the pack, by number, with why; never a word of it. `before` as for `counts`."""
    ids = {one.record for one in chosen.incidents}
    rows: list[dict[str, object]] = [
        {
            "at": entry.told.taken_out,
            "seq_no": entry.seq_no,
            "why": _why(entry, ids, before),
        }
        for entry in entries
        if entry.record not in ids
    ]
    rows += [{"at": row["at"], "seq_no": row["no"], "why": row["why"]} for row in absent]
    return sorted(rows, key=_by_number)


def _why(entry: Incident, included: set[str], before: frozenset[str] | None) -> str:
    """Why an entry is not in the pack."""
    if entry.told.taken_out is not None:
        return "removed"
    return "earlier" if _is_earlier(entry, included, before) else "withheld"


def _by_number(row: Mapping[str, object]) -> tuple[bool, int]:
    """Numbers in order, entries without one last."""
    number = row["seq_no"]
    return (False, number) if isinstance(number, int) else (True, 0)
