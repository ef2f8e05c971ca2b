"""An incident as a chronology needs it: the keeper's first words, and what stands now."""

from dataclasses import dataclass
from typing import Final

from diary.record import times
from diary.record.patterns_facts import has_witness
from diary.record.reading import boolean_of, integer_of, text_of
from diary.record.record_history import RecordHistory, RecordView

LATE_AFTER_MS: Final = times.DAY_MS


@dataclass(frozen=True, slots=True)
class Incident(RecordView):
    """One incident with its entry number as shown: `7`, or `U2` while no server has numbered it."""

    number: str
    seq_no: int | None
    history: RecordHistory

    @property
    def narrative(self) -> str:
        """The words of the first version: never the corrected ones, those are printed beneath with their date."""
        return text_of(self.history.first_version.fields, "narrative")

    @property
    def occurred_time(self) -> times.ClaimedTime:
        """When it is now said to have happened."""
        return times.occurred_time(self.fields)

    @property
    def is_late(self) -> bool:
        """Whether it was written down later than a day after, or from memory, or copied.

        Who calls it soon after has said so, and stands in its row; the count is of what the clock shows as well.
        """
        entry_kind, delay_since_event_ms = text_of(self.fields, "entry_kind"), self.delay_ms
        return entry_kind not in ("", "contemporaneous") or (
            delay_since_event_ms is not None and delay_since_event_ms > LATE_AFTER_MS
        )

    @property
    def delay_ms(self) -> int | None:
        """From the end of what happened to the first sealing; None when either is unknown."""
        occurred_at, recorded_at_ms = self.occurred_time, self.history.first_recorded_at_ms
        if not occurred_at.is_known or recorded_at_ms is None:
            return None
        if occurred_at.end_ms is not None:
            # A day, or a part of one, may not be over when it is written down: that is no delay.
            return max(recorded_at_ms - occurred_at.end_ms, 0)
        return None if occurred_at.start_ms is None else recorded_at_ms - occurred_at.start_ms

    @property
    def claimed_count(self) -> tuple[int, bool] | None:
        """How many messages or calls it says it stands for, and whether that is an estimate."""
        number = integer_of(self.fields, "count")
        if number is None or number < 0:
            return None
        return number, boolean_of(self.fields, "count_is_estimate") is True

    @property
    def has_witness(self) -> bool:
        """Whether somebody saw it or was told of it."""
        return has_witness(self.fields, self.restricted_fields)
