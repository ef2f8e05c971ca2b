"""Documents in which some words could not be typeset: which records those are, and a layout without their words.

No text is known that stops a document (diary/pack/printable_text.py), but a text may be too large for the limits of the
process, and the typesetter is not ours. A document that fails is therefore typeset again without the words of some of
its records, until those that fail are found. Their words are replaced by a notice that names the record, everything else
is printed, and 02 and 12 hold all of the words: they are written without the typesetter.

[Note: limits] One document is typeset at a time, in a process that has its own limits. At most `RETRIES_LIMIT` are tried
in a pack and none after `RETRIES_SECONDS`, so that the pack is made within the limits of its job. Whatever was not tried
by then is taken as unprintable. That depends on the clock, so a pack of such a size may be laid out otherwise a second
time; below it, the same pack gives the same bytes.
"""

import re
import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from diary.pack.capsule.reader import Capsule
from diary.pack.contents import PackContents, build_contents
from diary.record.reading import RecordFields
from diary.record.record_history import RecordVersion

RETRIES_LIMIT: Final = 60
RETRIES_SECONDS: Final = 70
# Words of the pack that are in no record.
OWN_WORDS: Final = "own words"
SHEET: Final = "officer's sheet"
# Codes, dates, digests and short plain words stay: counts and links depend on them, and nothing in them can fail.
_PLAIN_TEXT: Final = re.compile(r"[\x20-\x7e]{0,200}")

PrintsWithout = Callable[[Collection[str]], bool]
UnprintableSearch = Generator[Collection[str], bool, frozenset[str] | None]


def records_with_words(capsule: Capsule) -> tuple[str, ...]:
    """Return what may have to be left out, the longest text first: records by id, `OWN_WORDS` and `SHEET`."""
    lengths: dict[str, int] = {}
    for version in capsule.versions:
        opened = version.opened
        length = _words_length(_own_fields(opened.fields)) + _words_length(opened.restricted)
        if length:
            lengths[opened.record] = lengths.get(opened.record, 0) + length
    for name, words in ((OWN_WORDS, capsule.own_words), (SHEET, _sheet_words(capsule))):
        if _words_length(words):
            lengths[name] = _words_length(words)
    return tuple(sorted(lengths, key=lambda name: -lengths[name]))


def contents_without(contents: PackContents, records: Collection[str]) -> PackContents:
    """Return the contents with a notice in the place of the words of these records.

    The original capsule decides what is held back, so words that were held back still are.
    """
    if not records:
        return contents
    labels, capsule = contents.labels, contents.capsule

    def without_words(version: RecordVersion) -> RecordVersion:
        if version.record not in records:
            return version
        notice = unprintable_notice(labels.get(version.record, "a record"))
        kept = {name: value for name, value in version.fields.items() if name.startswith("_")}
        fields = {**_replace_words(_own_fields(version.fields), notice), **kept}
        return replace(version, fields=fields, restricted=_replace_words(version.restricted, notice))

    shown = build_contents(capsule, without_words)
    if OWN_WORDS in records:
        capsule = replace(capsule, own_words=unprintable_notice(OWN_WORDS))
    if SHEET in records:
        notice = unprintable_notice(SHEET)
        capsule = replace(
            capsule,
            sheet=_replace_words(capsule.sheet, notice),
            custody=tuple(_replace_words(line, notice) for line in capsule.custody),
            withheld_words=tuple(str(_replace_value(words, notice)) for words in capsule.withheld_words),
            metadata=replace(
                capsule.metadata, recipient_ref=str(_replace_value(capsule.metadata.recipient_ref, notice))
            ),
        )
    return replace(shown, capsule=capsule)


def unprinted_labels(contents: PackContents, records: Collection[str]) -> tuple[str, ...]:
    """Return the labels (`7`, `JB/3`) of records whose words are left out, in the order of the pack."""
    known = [label for record, label in contents.labels.items() if record in records]
    return (*known, *sorted(set(records) - contents.labels.keys()))


def unprintable_notice(label: str) -> str:
    """Return the notice printed instead of words. `label`: such as `7`, `JB/3` or `S1`."""
    return f"[words of {label} could not be printed here: they are in 02_chronology.csv and 12_record.json]"


class RetryLimit:
    """What is left of the retries of a pack."""

    def __init__(self) -> None:
        """Start to count."""
        self._count = 0
        self._deadline = time.monotonic() + RETRIES_SECONDS

    def count_retry(self) -> None:
        """Count one document that is typeset again."""
        self._count += 1

    @property
    def is_reached(self) -> bool:
        """Return whether no more may be tried."""
        return self._count >= RETRIES_LIMIT or time.monotonic() > self._deadline


def find_unprintable(records: Sequence[str], prints_without: PrintsWithout, limit: RetryLimit) -> frozenset[str] | None:
    """Return the records whose words have to be left out; the last document typeset is then the one without them.

    `records`: the longest first. `prints_without`: typesets the document without the words of some records, and returns
    whether that succeeded. Return None if it fails without the words of any.
    """
    search = search_unprintable(records, limit)
    try:
        attempt = next(search)
        while True:
            attempt = search.send(prints_without(attempt))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def search_unprintable(records: Sequence[str], limit: RetryLimit) -> UnprintableSearch:
    """Yield the records without whose words the document is to be typeset, and expect whether that succeeded.

    Parameters and result are those of `find_unprintable`; a browser typesets elsewhere and cannot be called back.
    """
    if not (yield records):
        return None
    left_out = set((yield from _find_failing(records, records, limit)))
    # Texts that fail only together, as when they are too large: the longest are left out as well.
    rest = (record for record in records if record not in left_out)
    while not limit.is_reached:
        limit.count_retry()
        if (yield left_out):
            return frozenset(left_out)
        left_out.add(next(rest, records[0]))
    return frozenset(records) if (yield records) else None


def _find_failing(
    group: Sequence[str], records: Sequence[str], limit: RetryLimit
) -> Generator[Collection[str], bool, list[str]]:
    """Return the records of a group that fails which fail by themselves, or were not tried. `records`: all of them."""
    if len(group) == 1:
        return [group[0]]
    middle = len(group) // 2
    failing: list[str] = []
    for half in (group[:middle], group[middle:]):
        if limit.is_reached:
            failing += half
            continue
        limit.count_retry()
        if not (yield [record for record in records if record not in half]):
            failing += yield from _find_failing(half, records, limit)
    return failing


def _own_fields(fields: RecordFields) -> dict[str, object]:
    """Return the fields that people fill in."""
    return {name: value for name, value in fields.items() if not name.startswith("_")}


def _sheet_words(capsule: Capsule) -> object:
    """Return the words of the pack that only the restricted part prints, and the recipient's reference."""
    return [capsule.sheet, *capsule.custody, *capsule.withheld_words, capsule.metadata.recipient_ref]


def _words_length(value: object) -> int:
    """Return the number of characters in the texts that would be replaced."""
    if isinstance(value, str):
        return 0 if _PLAIN_TEXT.fullmatch(value) else len(value)
    if isinstance(value, Mapping):
        return sum(map(_words_length, value.values()))
    return sum(map(_words_length, value)) if isinstance(value, list | tuple) else 0


def _replace_words(fields: RecordFields, notice: str) -> dict[str, object]:
    """Return fields with the notice in the place of each text that may fail."""
    return {name: _replace_value(value, notice) for name, value in fields.items()}


def _replace_value(value: object, notice: str) -> object:
    """Return a value with its texts replaced, at any depth."""
    if isinstance(value, str):
        return value if _PLAIN_TEXT.fullmatch(value) else notice
    if isinstance(value, Mapping):
        return _replace_words(value, notice)
    return [_replace_value(member, notice) for member in value] if isinstance(value, list | tuple) else value
