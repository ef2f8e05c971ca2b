"""Putting a whole diary into a journal: entries with their files, notes, and what was changed later."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from diary.client.attachments import Blob, PrintCopy, make_print_copy, seal, upload
from diary.client.journal import Journal, Said
from diary.client.sample import SETTINGS, SHEET, Change, SampleEntry, SampleFile
from diary.client.transport import Server
from diary.clock import FixedClock
from diary.ids import id_text, new_id

Step = Callable[[str, int, int], None]


@dataclass
class Waiting:
    """A sealed file that the server does not have yet."""

    blob: Blob
    sealed: Sequence[bytes] = field(repr=False)


class Writer:
    """Writes entries at the times they were written; files wait beside the journal until they are sent."""

    def __init__(self, journal: Journal, clock: FixedClock) -> None:
        """`clock` is the one the journal reads."""
        self.journal = journal
        self.waiting: list[Waiting] = []
        self._clock = clock

    def write_settings(self, at: int) -> None:
        """Initials, own words and the officer's sheet."""
        self._clock.ms = at
        self.journal.append(Said("settings", SETTINGS, SHEET))

    def write(self, entry: SampleEntry) -> str:
        """One entry with its files and private note; gives its record id."""
        self._clock.ms = entry.at
        first = self.journal.append(Said("incident", entry.fields, entry.restricted))
        record, version = first.opened.place.record, first.opened.place.version
        attached = [self._attach(file, record) for file in entry.draw()]
        if attached:
            # The files came with the first Save: still the first version, within its ten minutes.
            self._clock.advance(60_000)
            fields = dict(entry.fields) | {"attachment_ids": attached}
            again = self.journal.append(Said("incident", fields, entry.restricted, record=record, parents=(version,)))
            version = again.opened.place.version
        if entry.note:
            self.journal.append(Said("note", {"of_id": record, "text": entry.note}))
        return record

    def change(self, record: str, change: Change) -> None:
        """A later version of an entry: what it adds or amends, over what stands."""
        self._clock.ms = change.at
        newest = self.journal.newest(record)
        fields = dict(newest.fields) | dict(change.fields)
        self.journal.append(
            Said("incident", fields, newest.restricted or {}, record=record, parents=(newest.place.version,))
        )

    def _attach(self, file: SampleFile, incident: str) -> str:
        """Seal a file as received and its print copy; gives the attachment's record id."""
        received = self._seal(file.content)
        printed = make_print_copy(file.content, file.kind)
        renditions, keys = [], []
        if printed:
            renditions.append(_rendition(printed))
            keys.append(self._seal(printed.content).pair)
        fields = dict(file.fields) | {"incident_ids": [incident], "renditions": renditions}
        record = id_text(new_id())
        self.journal.append(Said("attachment", fields, file.restricted, tuple(keys), (received.pair,), record))
        return record

    def _seal(self, content: bytes) -> Blob:
        """Seal a file's bytes; they wait for the server."""
        blob = Blob.new(len(content))
        self.waiting.append(Waiting(blob, seal(self.journal.identity.diary, blob, content)))
        return blob

    async def send(self, server: Server, step: Step) -> None:
        """Versions first, then files; a version's receipt does not wait for its pictures."""
        total = self.journal.waiting + len(self.waiting)
        step("sending", 0, total)
        await self.journal.send(server)
        while self.waiting:
            step("sending", total - len(self.waiting), total)
            file = self.waiting[0]
            await upload(server, self.journal.identity.diary, file.blob, file.sealed)
            self.waiting.pop(0)
        step("sending", total, total)


def write_diary(writer: Writer, told: Sequence[SampleEntry], step: Step) -> list[str]:
    """The whole diary in the order things were written, later changes in their place; gives the record ids."""
    events: list[tuple[int, int, Change | None]] = [(entry.at, index, None) for index, entry in enumerate(told)]
    events += [(change.at, index, change) for index, entry in enumerate(told) for change in entry.later]
    records: dict[int, str] = {}
    writer.write_settings(told[0].at - 60_000)
    for done, (_, index, change) in enumerate(sorted(events, key=lambda event: event[:2])):
        step("writing", done, len(events))
        if change:
            writer.change(records[index], change)
        else:
            records[index] = writer.write(told[index])
    step("writing", len(events), len(events))
    return [records[index] for index in range(len(told))]


def _rendition(printed: PrintCopy) -> dict[str, object]:
    """The print copy's row among an attachment's renditions."""
    return {
        "height": printed.height,
        "media_type": "image/jpeg",
        "purpose": "print",
        "sha256": hashlib.sha256(printed.content).hexdigest(),
        "size_bytes": len(printed.content),
        "width": printed.width,
    }
