"""Incidents as a chronology needs them: the keeper's first words and the current fields."""

from dataclasses import dataclass
from typing import Final

from diary.record import times
from diary.record.patterns_facts import has_witness
from diary.record.reading import boolean_of, integer_of, text_of
from diary.record.record_history import RecordHistory, RecordView

LATE_AFTER_MS: Final = times.DAY_MS


@dataclass(frozen=True, slots=True)
class Incident(RecordView):
    """One incident with its displayed entry number: `7`, or `U2` until the server has numbered it."""

    number: str
    seq_no: int | None
    history: RecordHistory

    @property
    def narrative(self) -> str:
        """Return the narrative of the first version; corrections are printed below it with their dates."""
        return text_of(self.history.first_version.fields, "narrative")

    @property
    def occurred_time(self) -> times.ClaimedTime:
        """Return when the incident is now claimed to have happened."""
        return times.occurred_time(self.fields)

    @property
    def is_late(self) -> bool:
        """Return whether the entry was written more than a day later, from memory, or copied.

        An entry that the keeper calls contemporaneous still counts as late if the clock says so.
        """
        entry_kind, delay_since_event_ms = text_of(self.fields, "entry_kind"), self.delay_ms
        return entry_kind not in ("", "contemporaneous") or (
            delay_since_event_ms is not None and delay_since_event_ms > LATE_AFTER_MS
        )

    @property
    def delay_ms(self) -> int | None:
        """Return the ms from the end of the incident to its first recording, or None if either is unknown."""
        occurred_at, recorded_at_ms = self.occurred_time, self.history.first_recorded_at_ms
        if not occurred_at.is_known or recorded_at_ms is None:
            return None
        if occurred_at.end_ms is not None:
            # A day, or a part of a day, may not be over when the entry is written; that is no delay.
            return max(recorded_at_ms - occurred_at.end_ms, 0)
        return None if occurred_at.start_ms is None else recorded_at_ms - occurred_at.start_ms

    @property
    def claimed_count(self) -> tuple[int, bool] | None:
        """Return how many messages or calls the entry stands for, and whether that is an estimate.

        None without a count.
        """
        number = integer_of(self.fields, "count")
        if number is None or number < 0:
            return None
        return number, boolean_of(self.fields, "count_is_estimate") is True

    @property
    def has_witness(self) -> bool:
        """Return whether somebody saw the incident or was told about it."""
        return has_witness(self.fields, self.restricted_fields)
