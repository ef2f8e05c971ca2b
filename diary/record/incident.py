"""An incident as a chronology needs it: the keeper's first words, and what stands now."""

from dataclasses import dataclass
from typing import Final

from diary.record import times
from diary.record.patterns_facts import has_witness
from diary.record.reading import switch_of, text_of, whole_of
from diary.record.record_history import OfRecord, Told

LATE_MS: Final = times.DAY_MS


@dataclass(frozen=True, slots=True)
class Incident(OfRecord):
    """One incident with its entry number as shown: `7`, or `U2` while no server has numbered it."""

    number: str
    seq_no: int | None
    told: Told

    @property
    def narrative(self) -> str:
        """The words of the first version: never the corrected ones, those are printed beneath with their date."""
        return text_of(self.told.first.fields, "narrative")

    @property
    def when(self) -> times.When:
        """When it is now said to have happened."""
        return times.occurred(self.said)

    @property
    def is_late(self) -> bool:
        """Whether it was written down later than a day after, or from memory, or copied.

        Who calls it soon after has said so, and stands in its row; the count is of what the clock shows as well.
        """
        kind, delay = text_of(self.said, "entry_kind"), self.delay_ms
        return kind not in ("", "contemporaneous") or (delay is not None and delay > LATE_MS)

    @property
    def delay_ms(self) -> int | None:
        """From the end of what happened to the first sealing; None when either is unknown."""
        when, written = self.when, self.told.started_at
        if not when.is_known or written is None:
            return None
        if when.end is not None:
            # A day, or a part of one, may not be over when it is written down: that is no delay.
            return max(written - when.end, 0)
        return None if when.start is None else written - when.start

    @property
    def count(self) -> tuple[int, bool] | None:
        """How many messages or calls it says it stands for, and whether that is an estimate."""
        number = whole_of(self.said, "count")
        if number is None or number < 0:
            return None
        return number, switch_of(self.said, "count_is_estimate") is True

    @property
    def has_witness(self) -> bool:
        """Whether somebody saw it or was told of it."""
        return has_witness(self.said, self.kept_apart)
