"""What 12_record.json says beside its versions: counts, numbers, names and files, each of which follows from what is proved.

Nobody signs these. Whoever changes one and makes every list of digests anew is found here, as far as it can be found at all;
what the keeper said once for the whole pack (their own words, the officer's sheet) stands in no proof.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from diary.encoding import parse
from diary.errors import KeptError
from diary.pack.proofs.proof_files import RECORD_LIMIT
from diary.pack.proofs.record_json import derived
from diary.pack.verify.pack_reader import OpenedPack
from diary.record.incident import Incident
from diary.record.reading import Fields, object_of, objects_of, text_of, whole_of
from diary.record.record_history import Opened, Told, tell
from diary.record.schemas import schema

SIDECARS: Final = "data/restricted/14_sidecars/"
_NAMES: Final = frozenset(
    "asked counts custody exhibits gaps own_words pack records refs sheet start_with t versions".split()
)
_ROW: Final = frozenset("c fields kind parents receipt_at record schema seq seq_no version".split())
_FILE: Final = ("file", "record", "sha256", "sha512")


def stands_beside(record: Fields, pack: OpenedPack) -> bool:
    """Whether everything beside the versions of a read 12_record.json follows from them and from the files here."""
    versions, about = objects_of(record, "versions"), object_of(record, "pack")
    folder = text_of(about, "folder")
    told = [tell([opened(row) for row in group]) for group in _grouped(versions).values()]
    return (
        set(record) - {"hold_words"} == _NAMES
        and all(set(row) == _ROW for row in versions)
        and (pack.is_part or folder == pack.folder)
        and folder.startswith(f"PACK_{text_of(about, 'initials')}_{whole_of(about, 'no')}_")
        and _is_feed([whole_of(row, "seq") for row in versions])
        and _are_numbers(record, versions)
        and _are_counts(object_of(record, "counts"), told)
        and _are_names(record)
        and _are_files(record, pack)
    )


def follows(record: Fields) -> bool:
    """Whether what a read 12_record.json derives follows from its versions, and its counts from its entries."""
    versions = [opened(row) for row in objects_of(record, "versions")]
    facts = {
        text_of(row, "version"): (text_of(row, "c"), whole_of(row, "receipt_at"), whole_of(row, "seq_no"))
        for row in objects_of(record, "versions")
    }
    rows = objects_of(record, "records")
    called = {text_of(row, "record"): text_of(row, "ref") for row in rows}
    counts, gaps = object_of(record, "counts"), objects_of(record, "gaps")
    entries = sum(row.get("kind") == "incident" for row in rows)
    earlier = sum(gap.get("why") == "earlier" for gap in gaps)
    told = {
        # Only a supplement counts what an earlier pack holds.
        **({"earlier": earlier} if earlier or "earlier" in counts else {}),
        "included": entries,
        "removed": sum(gap.get("why") == "removed" for gap in gaps),
        "total": entries + len(gaps),
        "withheld": sum(gap.get("why") == "withheld" for gap in gaps),
    }
    return derived(versions, facts, called) == list(rows) and all(
        counts.get(name) == number for name, number in told.items()
    )


def opened(row: Fields) -> Opened:
    """A version as 12_record.json has it: both parts in one, split again by the names of its kind. Raises KeyError."""
    kind, fields = text_of(row, "kind"), object_of(row, "fields")
    number = whole_of(row, "schema") or 0
    restricted = set(schema(kind, number).restricted)
    return Opened(
        text_of(row, "record"),
        text_of(row, "version"),
        kind,
        number,
        {name: value for name, value in fields.items() if name not in restricted},
        {name: value for name, value in fields.items() if name in restricted},
    )


def _grouped(versions: Sequence[Fields]) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = {}
    for row in versions:
        found.setdefault(text_of(row, "record"), []).append(row)
    return found


def _is_feed(seqs: Sequence[int | None]) -> bool:
    """Numbers rise, none stands twice, and what has none comes last."""
    known = [seq for seq in seqs if seq is not None]
    return list(seqs) == [*known, *[None] * (len(seqs) - len(known))] and known == sorted(set(known))


def _are_numbers(record: Fields, versions: Sequence[Fields]) -> bool:
    """Entry numbers rise in the order of the feed, and with those that are not here none is missing and none stands twice."""
    entries = [row for row in versions if row.get("kind") == "incident"]
    here = {text_of(row, "record"): whole_of(row, "seq_no") for row in entries}
    each = all(here[text_of(row, "record")] == whole_of(row, "seq_no") for row in entries)
    numbers = [number for number in here.values() if number is not None]
    gone = [number for gap in objects_of(record, "gaps") if (number := whole_of(gap, "seq_no")) is not None]
    led = record.get("start_with")
    return (
        each
        and numbers == sorted(numbers)
        and sorted([*numbers, *gone]) == list(range(1, 1 + len(numbers) + len(gone)))
        and isinstance(led, list)
        and all(number in numbers for number in led)
        and [text_of(row, "record") for row in objects_of(record, "asked")] == list(here)
    )


def _are_counts(counts: Fields, told: Sequence[Told]) -> bool:
    """How many were added to, amended, and written late."""
    entries = [one for one in told if one.first.kind == "incident"]
    late = sum(Incident("", None, one).is_late for one in entries)
    held = {kind: sum(one.has(kind) for one in entries) for kind in ("addition", "amendment")}
    return (counts.get("added_to"), counts.get("amended"), counts.get("late")) == (
        held["addition"],
        held["amendment"],
        late,
    )


def _are_names(record: Fields) -> bool:
    """Each record is called what its number, its file or the list of references says."""
    items = {text_of(row, "record"): text_of(row, "item") for row in objects_of(record, "exhibits")}
    refs = {text_of(row, "record"): (text_of(row, "kind"), text_of(row, "ref")) for row in objects_of(record, "refs")}
    rows = objects_of(record, "records")
    others = {text_of(row, "record") for row in rows if row.get("kind") not in ("incident", "attachment")}
    return others == refs.keys() and all(_is_called(row, items, refs) for row in rows)


def _is_called(row: Fields, items: Mapping[str, str], refs: Mapping[str, tuple[str, str]]) -> bool:
    record, kind, name = text_of(row, "record"), text_of(row, "kind"), text_of(row, "ref")
    if kind == "incident":
        number = whole_of(row, "seq_no")
        return name.startswith("U") if number is None else name == str(number)
    return name == items.get(record, "") if kind == "attachment" else refs.get(record) == (kind, name)


def _are_files(record: Fields, pack: OpenedPack) -> bool:
    """The list of exhibits says what the sidecars say, one each, and the custody tells of each that it went in."""
    rows = objects_of(record, "exhibits")
    listed = [(text_of(row, "item"), *(row.get(name) for name in _FILE), row.get("size")) for row in rows]
    custody = objects_of(record, "custody")
    items = {str(row[0]) for row in listed}
    went = {text_of(line, "item") for line in custody if line.get("action") == "exported"}
    return (
        sorted(listed, key=str) == sorted(_sidecars(pack), key=str)
        and len(items) == len(listed)
        and items == went
        and {text_of(line, "item") for line in custody} <= items
    )


def _sidecars(pack: OpenedPack) -> Iterator[tuple[object, ...]]:
    """What each sidecar says of its file."""
    for path in pack.digests:
        if path.startswith(SIDECARS):
            try:
                value = parse(pack.read(path) or b"", limit=RECORD_LIMIT)
            except KeptError:
                continue
            if isinstance(value, dict):
                yield (text_of(value, "item"), *(value.get(name) for name in _FILE), value.get("size_bytes"))
