"""Timeline of document 01: one lane a kind of behaviour, one mark an entry, as positions for the template.

Counts and days only. All positions and sizes are whole hundredths of a millimetre: every machine that computes them gets
the same ones. The entries behind each lane stand in a table further back in the document (`timeline_rows`).

[Note: where a mark stands] An entry whose clock time is known stands at that time, one of which only the day is known
somewhere within the day, and one of a longer time in the middle of it, with a line from its beginning to its end. An
entry without a time stands apart from the axis. Marks that would cover each other are stacked. No entry is left out:
where a stack is too tall, its marks overlap, and the number beside the lane still counts them.

[Note: flags off the axis] The axis is that of the entries and of days near them. An account that was first seen on any
other day, or beside entries without a date only, would stand outside the picture. It has no flag and is not counted
beside the lane. Page one and the table of accounts have it.

The Patterns screen draws the same lanes and marks, in a frame of its own size: static/src/record/patterns/timeline.ts.
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from diary.constants import (
    TIMELINE_DAILY_TICKS_DAYS,
    TIMELINE_MONTHLY_TICKS_DAYS,
    TIMELINE_QUARTERLY_TICKS_DAYS,
    TIMELINE_WEEKLY_TICKS_DAYS,
    TIMELINE_YEARS_LIMIT,
)
from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.documents.patterns import (
    AccountAfterBlock,
    count_patterns,
    key_date_label,
    key_date_letter,
    lettered_key_dates,
    new_accounts,
)
from diary.pack.printable_text import escape_unprintable
from diary.pack.wording import format_count, format_entry_numbers
from diary.record import chronology as order
from diary.record import times
from diary.record.patterns_facts import IncidentFact

# From the left: labels, the axis, entries without a date, and the number of entries. Hundredths of a millimetre.
WIDTH: Final = 17_000
_LABELS_WIDTH: Final = 5_600
_AXIS_LEFT: Final = 5_700
_COUNTS_LEFT: Final = 16_300
_UNDATED_WIDTH: Final = 1_000
_PANEL_HEIGHT: Final = 20_000
_KEY_LINE_HEIGHT: Final = 400
_LABEL_LINE_HEIGHT: Final = 290
# A line holds this many halves of letters: 1 for a narrow one, 3 for a wide one, 2 for any other, each at most 0.8 mm.
_LABEL_LINE_HALVES: Final = 69
_NARROW_LETTERS: Final = frozenset("fijlrt.,:'’()/ ")
_LANE_PADDING: Final = 90
# Each lane gets up to this much more where there is room, half of it on a page that is not half full.
_LANE_GROWTH_LIMIT: Final = 260
_STACK_HEIGHT_LIMIT: Final = 2_600
# Diameters of marks, the largest first: the largest that needs the fewest pages is used.
_MARK_SIZES: Final = (200, 160, 120, 90)
_MARK_GAP: Final = 20
_FLAG_SIZE: Final = 260
_LETTER_WIDTH: Final = 330
_TWO_LETTERS_WIDTH: Final = 440
# More key dates than these are explained in the table of key dates only.
_KEY_ROWS_LIMIT: Final = 16
_TICK_DISTANCE: Final = 900
_DAY_MINUTES: Final = 1_440
_TITLE_CHARACTERS: Final = 46


@dataclass(frozen=True, slots=True)
class _Spot:
    """The time of one mark in local minutes since year 1, both None without a time, and whether it is drawn filled."""

    start: int | None
    end: int | None
    is_sure: bool

    @property
    def is_long(self) -> bool:
        """Return whether the time is longer than a day."""
        return self.start is not None and self.end is not None and self.end - self.start > _DAY_MINUTES


@dataclass(frozen=True, slots=True)
class _Lane:
    """One lane: its label, its entries, its marks, and the shape of these: `entry`, `keeper` or `flag`."""

    label: str
    entry_numbers: tuple[str, ...]
    spots: tuple[_Spot, ...]
    shape: str


@dataclass(frozen=True, slots=True)
class _PlacedLane:
    """A lane with the places of its marks: x, and y from the lane's top. `spans`: lines of long times."""

    lane: _Lane
    height: int
    marks: tuple[tuple[int, int, bool], ...]
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """The horizontal scale: first and last day as ordinals, and where it ends. None of it without a dated entry."""

    first_day: int
    last_day: int
    right: int
    is_empty: bool
    has_undated: bool

    @property
    def undated_left(self) -> int:
        """Return where entries without a date begin."""
        return _AXIS_LEFT if self.is_empty else self.right + 150

    def has_day(self, ordinal: int) -> bool:
        """Return whether a day is on the scale."""
        return not self.is_empty and self.first_day <= ordinal <= self.last_day

    def x_of(self, minute: int) -> int:
        """Return the place of a local minute."""
        start = self.first_day * _DAY_MINUTES
        length = (self.last_day + 1) * _DAY_MINUTES - start
        return _AXIS_LEFT + (minute - start) * (self.right - _AXIS_LEFT) // length


def timeline_data(contents: PackContents) -> TemplateData | None:
    """Return the timeline as data of the template, or None for a pack without entries."""
    if not contents.entries:
        return None
    facts = order.extract_facts(contents.entries)
    lanes = _lanes(contents, facts)
    key_dates = lettered_key_dates(count_patterns(contents))
    axis = _make_axis(facts, lanes, key_dates)
    lanes = _without_far_flags(lanes, axis)
    key = _key_rows(contents, key_dates, axis)
    key_lines = -(-len(key) // 2) if len(key) <= _KEY_ROWS_LIMIT else 1
    size = _mark_size(lanes, axis, key_lines)
    panels = _split(lanes, axis, size, key_lines)
    lines = _placed_lines(key_dates, axis, contents.capsule.metadata.tz)
    return {
        "panels": [_panel_data(panel, _alt_text(facts, panel, key)) for panel in panels],
        "size": size,
        "width": WIDTH,
        "labels_width": _LABELS_WIDTH,
        "axis_left": _AXIS_LEFT,
        "axis_right": axis.right,
        "counts_left": _COUNTS_LEFT,
        "undated_left": axis.undated_left if axis.has_undated else None,
        "ticks": [list(tick) for tick in _placed_ticks(axis)],
        "lines": [list(line) for line in lines],
        "has_letters": any(letter for _, _, letter, _ in lines),
        "key": [list(row) for row in key] if len(key) <= _KEY_ROWS_LIMIT else [],
        "has_key_in_table": len(key) > _KEY_ROWS_LIMIT,
        "has_unsure": any(not spot.is_sure for lane in lanes for spot in lane.spots if lane.shape != "flag"),
        "has_unsure_flag": any(not spot.is_sure for lane in lanes for spot in lane.spots if lane.shape == "flag"),
        "has_long": any(spot.is_long for lane in lanes for spot in lane.spots),
        "shapes": list(dict.fromkeys(lane.shape for lane in lanes)),
    }


def timeline_rows(contents: PackContents) -> list[list[str]]:
    """Return the lanes as a table: label, entries, first and last day, how many are unsure, and the entry numbers."""
    facts = {fact.record: fact for fact in order.extract_facts(contents.entries)}
    rows = []
    for lane in _entry_lanes(contents, facts):
        days = [facts[number].day for number in lane.entry_numbers if facts[number].day]
        unsure_count = sum(not spot.is_sure for spot in lane.spots)
        rows.append(
            [
                lane.label,
                str(len(lane.entry_numbers)),
                times.format_iso_date(min(days)) if days else "not dated",
                times.format_iso_date(max(days)) if days else "",
                str(unsure_count) if unsure_count else "",
                format_entry_numbers(lane.entry_numbers),
            ]
        )
    return rows


def _lanes(contents: PackContents, facts: Sequence[IncidentFact]) -> list[_Lane]:
    """Return all lanes from the top: new accounts, behaviours by number of entries, the keeper's own contact."""
    accounts = new_accounts(contents)
    flags = tuple(_account_spot(account) for account in accounts)
    flag_lane = [_Lane("New accounts and numbers after a block", (), flags, "flag")] if flags else []
    return [*flag_lane, *_entry_lanes(contents, {fact.record: fact for fact in facts})]


def _account_spot(account: AccountAfterBlock) -> _Spot:
    day = date.fromisoformat(account.day).toordinal() * _DAY_MINUTES if account.day else None
    return _Spot(day, None if day is None else day + _DAY_MINUTES, account.certainty == "sure")


def _without_far_flags(lanes: Sequence[_Lane], axis: _Axis) -> list[_Lane]:
    """Return the lanes with the flags that are drawn: [Note: flags off the axis]."""

    def is_drawn(spot: _Spot) -> bool:
        return spot.start is None or axis.has_day(spot.start // _DAY_MINUTES)

    kept = [
        replace(lane, spots=tuple(filter(is_drawn, lane.spots))) if lane.shape == "flag" else lane for lane in lanes
    ]
    return [lane for lane in kept if lane.spots]


def _entry_lanes(contents: PackContents, facts: Mapping[str, IncidentFact]) -> Iterator[_Lane]:
    """Yield the lanes of entries. `facts`: by entry number."""
    entries = contents.entries
    unsure_numbers = {number for number, fact in facts.items() if "person_not_sure" in fact.marks}

    def make_lane(label: str, numbers: tuple[str, ...], shape: str) -> _Lane:
        spots = tuple(_entry_spot(facts[number], number not in unsure_numbers) for number in numbers)
        return _Lane(escape_unprintable(label), numbers, spots, shape)

    for tally in order.tally_by_code(entries, "behaviours", "behaviours"):
        yield make_lane(tally.label + (f" ({tally.letter})" if tally.letter else ""), tally.entry_numbers, "entry")
    keeper = contents.capsule.metadata.keeper_name
    keeper = keeper[0].upper() + keeper[1:]
    for label, shape, predicate in (
        ("Kind of behaviour not recorded", "entry", lambda entry: not entry.codes("behaviours")),
        (f"{keeper} replied or made contact", "keeper", lambda entry: "own_contact" in facts[entry.number].marks),
        (
            f"{keeper} had a reason to be in touch, such as children",
            "keeper",
            lambda entry: bool(entry.text("lawful_contact_context")),
        ),
    ):
        tally = order.tally_where(entries, label, predicate)
        if tally.count:
            yield make_lane(label, tally.entry_numbers, shape)


def _entry_spot(fact: IncidentFact, is_person_sure: bool) -> _Spot:
    """Return the mark of an entry: filled if its day is known and the keeper does not say that the person is unsure."""
    if not fact.day:
        return _Spot(None, None, is_sure=False)
    day = date.fromisoformat(fact.day).toordinal() * _DAY_MINUTES
    if fact.minute_of_day is not None:
        return _Spot(day + fact.minute_of_day, day + fact.minute_of_day, is_person_sure)
    end = (date.fromisoformat(fact.last_day).toordinal() + 1) * _DAY_MINUTES
    return _Spot(day, end, is_person_sure and fact.is_single_day)


def _make_axis(facts: Sequence[IncidentFact], lanes: Sequence[_Lane], key_dates: Iterable[Mapping[str, Any]]) -> _Axis:
    """Return the scale from the first day of an entry to the last, and to key dates and flags that are near these."""
    facts = order.dated_facts(facts)
    has_undated = any(spot.start is None for lane in lanes for spot in lane.spots)
    right = _COUNTS_LEFT - 100 - (_UNDATED_WIDTH + 150 if has_undated else 0)
    if not facts:
        return _Axis(1, 1, right, is_empty=True, has_undated=has_undated)
    first = min(date.fromisoformat(fact.day).toordinal() for fact in facts)
    last = max(date.fromisoformat(fact.last_day).toordinal() for fact in facts)
    margin = max(1, (last - first) // 8) if last > first else 0
    others = [date.fromisoformat(key_date["day"]).toordinal() for key_date in key_dates]
    others += [spot.start // _DAY_MINUTES for lane in lanes for spot in lane.spots if spot.start is not None]
    near = [day for day in others if first - margin <= day <= last + margin]
    first, last = min([first, *near]), max([last, *near])
    if last - first + 1 > TIMELINE_WEEKLY_TICKS_DAYS:
        # Whole months, so that the first tick stands at the beginning.
        first, last = _month_start(first), _month_end(last)
    return _Axis(first, last, right, is_empty=False, has_undated=has_undated)


def _month_start(ordinal: int) -> int:
    return date.fromordinal(ordinal).replace(day=1).toordinal()


def _month_end(ordinal: int) -> int:
    day = date.fromordinal(ordinal)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1]).toordinal()


def _placed_ticks(axis: _Axis) -> Iterator[tuple[int, str, str]]:
    """Yield the place and the two lines of each label below the axis, none nearer than fits its words."""
    previous_x = previous_year = None
    for minute, words, year in () if axis.is_empty else _ticks(axis.first_day, axis.last_day):
        x = axis.x_of(minute)
        if previous_x is None or x - previous_x >= _TICK_DISTANCE:
            yield x, words, "" if year == previous_year else year
            previous_x, previous_year = x, year


def _ticks(first_day: int, last_day: int) -> Iterator[tuple[int, str, str]]:
    """Yield local minute, words, and year ('' if the words have it)."""
    days = last_day - first_day + 1
    if days == 1:
        year = times.format_iso_date(date.fromordinal(first_day).isoformat())
        yield from ((first_day * _DAY_MINUTES + hour * 60, f"{hour:02d}:00", year) for hour in range(0, 24, 3))
    elif days <= TIMELINE_WEEKLY_TICKS_DAYS:
        # Ordinal 1 was a Monday.
        step, first_tick = (1, first_day) if days <= TIMELINE_DAILY_TICKS_DAYS else (7, first_day + (1 - first_day) % 7)
        for ordinal in range(first_tick, last_day + 1, step):
            day = date.fromordinal(ordinal)
            yield ordinal * _DAY_MINUTES, f"{day.day} {times.short_month_name(day.month)}", str(day.year)
    else:
        yield from _month_ticks(date.fromordinal(first_day), date.fromordinal(last_day), days)


def _month_ticks(first: date, last: date, days: int) -> Iterator[tuple[int, str, str]]:
    """Yield the beginnings of months, quarters or years."""
    if days <= TIMELINE_QUARTERLY_TICKS_DAYS:
        step = 1 if days <= TIMELINE_MONTHLY_TICKS_DAYS else 3
        months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        for month in (month for month in months if month % step == 0):
            day = date(month // 12, month % 12 + 1, 1)
            yield day.toordinal() * _DAY_MINUTES, times.short_month_name(day.month), str(day.year)
        return
    step = -(-(last.year - first.year + 1) // TIMELINE_YEARS_LIMIT)
    for year in range(first.year + (first.month > 1), last.year + 1, step):
        yield date(year, 1, 1).toordinal() * _DAY_MINUTES, str(year), ""


def _placed_lines(key_dates: Sequence[Mapping[str, Any]], axis: _Axis, tz: str) -> list[tuple[int, int, str, str]]:
    """Return place, place of the letter, letter and kind of each key date on the axis.

    Letters stand side by side above their lines. Where there is no room for all of them, none is drawn.
    """
    rows = sorted(
        (axis.x_of(date.fromisoformat(row["day"]).toordinal() * _DAY_MINUTES + _minute_of_day(row, tz)), index)
        for index, row in enumerate(key_dates)
        if _is_on_axis(row, axis)
    )
    width = _LETTER_WIDTH if len(key_date_letter(len(key_dates) - 1)) == 1 else _TWO_LETTERS_WIDTH
    letter_places = _spread([x for x, _ in rows], width, _AXIS_LEFT - width, axis.right + width)
    has_letters = len(rows) * width <= axis.right - _AXIS_LEFT + 2 * width
    return [
        (x, letter_x, key_date_letter(index) if has_letters else "", key_dates[index]["kind"])
        for (x, index), letter_x in zip(rows, letter_places, strict=True)
    ]


def _spread(places: Sequence[int], distance: int, left: int, right: int) -> list[int]:
    """Return places at least `distance` apart, each group of near ones around the middle of what it stands for.

    `places`: in order.
    """
    groups: list[list[int]] = []
    starts: list[int] = []
    for place in places:
        groups.append([place])
        starts.append(place)
        while len(groups) > 1 and starts[-2] + len(groups[-2]) * distance > starts[-1]:
            last = groups.pop()
            starts.pop()
            groups[-1] += last
            starts[-1] = sum(groups[-1]) // len(groups[-1]) - (len(groups[-1]) - 1) * distance // 2
        starts[-1] = max(left, min(starts[-1], right - (len(groups[-1]) - 1) * distance))
    return [
        start + index * distance for group, start in zip(groups, starts, strict=True) for index in range(len(group))
    ]


def _minute_of_day(key_date: Mapping[str, Any], tz: str) -> int:
    """Return the local minute of a key date whose instant is known, else 0."""
    if key_date["at"] is None:
        return 0
    local = times.to_local_datetime(key_date["at"], times.offset_minutes_at(key_date["at"], tz))
    return local.hour * 60 + local.minute


def _is_on_axis(key_date: Mapping[str, Any], axis: _Axis) -> bool:
    return axis.has_day(date.fromisoformat(key_date["day"]).toordinal())


def _key_rows(
    contents: PackContents, key_dates: Sequence[Mapping[str, Any]], axis: _Axis
) -> list[tuple[str, str, str, str]]:
    """Return letter, day, words and, where a key date is not on the axis, on which side of it."""
    rows = []
    for index, key_date in enumerate(key_dates):
        words = key_date_label(contents, key_date)
        if len(words) > _TITLE_CHARACTERS:
            words = words[: _TITLE_CHARACTERS - 2].rsplit(" ", 1)[0] + " …"
        side = ""
        if not _is_on_axis(key_date, axis):
            is_before = not axis.is_empty and date.fromisoformat(key_date["day"]).toordinal() < axis.first_day
            side = "" if axis.is_empty else "before the picture begins" if is_before else "after the picture ends"
        rows.append((key_date_letter(index), times.format_iso_date(key_date["day"]), escape_unprintable(words), side))
    return rows


def _mark_size(lanes: Sequence[_Lane], axis: _Axis, key_lines: int) -> int:
    """Return the largest size of marks with which the lanes need the fewest pages."""
    return min(_MARK_SIZES, key=lambda size: (len(_split(lanes, axis, size, key_lines)), -size))


def _split(lanes: Sequence[_Lane], axis: _Axis, size: int, key_lines: int) -> list[list[_PlacedLane]]:
    """Return the lanes by page."""
    panels: list[list[_PlacedLane]] = [[]]
    left = limit = _PANEL_HEIGHT - key_lines * _KEY_LINE_HEIGHT
    for lane in lanes:
        placed = _place_lane(lane, axis, _FLAG_SIZE if lane.shape == "flag" else size)
        if placed.height > left and panels[-1]:
            panels.append([])
            left = limit
        panels[-1].append(placed)
        left -= placed.height
    return [_fill_page(panel, limit) for panel in panels]


def _fill_page(panel: Sequence[_PlacedLane], limit: int) -> list[_PlacedLane]:
    """Return the lanes of a page, taller where there is room, with their marks in the middle as before."""
    total = sum(placed.height for placed in panel)
    growth_limit = _LANE_GROWTH_LIMIT if 2 * total > limit else _LANE_GROWTH_LIMIT // 2
    growth = min(growth_limit, (limit - total) // max(1, len(panel))) // 2 * 2
    return [
        _PlacedLane(
            placed.lane,
            placed.height + growth,
            tuple((x, y + growth // 2, is_sure) for x, y, is_sure in placed.marks),
            tuple((start, end, y + growth // 2) for start, end, y in placed.spans),
        )
        for placed in panel
    ]


def _place_lane(lane: _Lane, axis: _Axis, size: int) -> _PlacedLane:
    """Return the lane with a place for each mark: [Note: where a mark stands]."""
    pitch = size + _MARK_GAP
    points: list[tuple[int, _Spot]] = []
    same_day_counts: dict[tuple[int, int], int] = {}
    undated: list[_Spot] = []
    for spot in lane.spots:
        if spot.start is None or spot.end is None:
            undated.append(spot)
            continue
        start, end = axis.x_of(spot.start), axis.x_of(spot.end)
        # An odd number of places around the middle of the day.
        places = max(1, (max(0, end - start - size) // pitch) // 2 * 2 + 1) if spot.start != spot.end else 1
        rank = same_day_counts.get((spot.start, spot.end), 0)
        same_day_counts[spot.start, spot.end] = rank + 1
        step = 0 if spot.is_long else rank % places
        middle = (start + end) // 2 + (step + 1) // 2 * pitch * (1 if step % 2 else -1)
        points.append((middle, spot))
    points.sort(key=lambda point: point[0])
    levels: list[int] = []
    leveled: list[tuple[int, int, _Spot]] = []
    for x, spot in points:
        level = next((level for level, end in enumerate(levels) if end + pitch <= x), len(levels))
        levels[level : level + 1] = [x]
        leveled.append((x, level, spot))
    width = _COUNTS_LEFT - 100 - axis.undated_left
    columns = max(1, (width - 100) // pitch)
    leveled += [
        (axis.undated_left + 50 + size // 2 + index % columns * pitch, index // columns, spot)
        for index, spot in enumerate(undated)
    ]
    top_level = max((level for _, level, _ in leveled), default=0)
    stack_height = min(top_level * pitch, _STACK_HEIGHT_LIMIT)
    height = max(_label_lines(lane.label) * _LABEL_LINE_HEIGHT, stack_height + size) + _LANE_PADDING
    # Align the lowest marks of a lane with the last line of its label.
    bottom = height - (_LANE_PADDING + max(_LABEL_LINE_HEIGHT, size)) // 2 if top_level else height // 2
    bottom = max(bottom, stack_height + (size + _LANE_PADDING) // 2)
    y_by_level = [bottom - level * stack_height // max(1, top_level) for level in range(top_level + 1)]
    return _PlacedLane(
        lane,
        height,
        tuple((x, y_by_level[level], spot.is_sure) for x, level, spot in leveled),
        tuple(
            (axis.x_of(spot.start), axis.x_of(spot.end), y_by_level[level])
            for _, level, spot in leveled
            if spot.is_long and spot.start is not None and spot.end is not None
        ),
    )


def _label_lines(label: str) -> int:
    """Estimate the lines of a label, rather too many than too few."""
    halves = sum(1 if letter in _NARROW_LETTERS else 3 if letter in "mwMW" else 2 for letter in label)
    return 1 if halves <= _LABEL_LINE_HALVES else 2


def _panel_data(panel: Sequence[_PlacedLane], alt: str) -> TemplateData:
    """Return the lanes of a page with all marks, from the top of the first lane."""
    lanes, marks, spans, top = [], [], [], 0
    for placed in panel:
        lane = placed.lane
        count = len(lane.spots)
        lowest = max(y for _, y, _ in placed.marks)
        lines = _label_lines(lane.label)
        # Align the last line of a label with the lowest marks of its lane.
        label_top = min(lowest, placed.height // 2) if lines > 1 else lowest
        lanes.append([top, placed.height, lane.label, str(count), label_top, lowest])
        marks += [[x, top + y, is_sure, lane.shape] for x, y, is_sure in placed.marks]
        spans += [[start, end, top + y] for start, end, y in placed.spans]
        top += placed.height
    return {"lanes": lanes, "marks": marks, "spans": spans, "height": top, "alt": alt}


def _alt_text(
    facts: Sequence[IncidentFact], panel: Sequence[_PlacedLane], key: Iterable[tuple[str, str, str, str]]
) -> str:
    """Return what the picture shows in words: how many marks each lane has, and the key dates."""
    dated = order.dated_facts(facts)
    span = (
        f" from {times.format_iso_date(dated[0].day)} to {times.format_iso_date(max(fact.last_day for fact in dated))}"
        if dated
        else ""
    )
    counts = "; ".join(f"{placed.lane.label}: {len(placed.lane.spots)}" for placed in panel)
    dates = "; ".join(f"{letter}, {day}, {words}" for letter, day, words, _ in key)
    return (
        f"Timeline of {format_count(len(facts), 'entry', 'entries')}{span}. Each lane is a kind of behaviour, "
        f"each mark in it an entry: {counts}." + (f" Key dates: {dates}." if dates else "")
    )
