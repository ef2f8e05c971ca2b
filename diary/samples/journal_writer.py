"""Putting a whole diary into a journal: entries with their files, notes, and what was changed later."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from itertools import cycle
from typing import Final

from PIL import Image

from diary.client.attachments import Blob, PrintCopy, make_print_copy, seal, upload
from diary.client.journal import Held, Journal, Said
from diary.client.transport import Server
from diary.clock import FixedClock
from diary.errors import BadRequest
from diary.ids import id_text, new_id
from diary.record.rules import faults_of_breaches, faults_of_shape, faults_of_time
from diary.record.times import at_offset
from diary.samples.fictional_diary import SAMPLE, Change, SampleEntry, SampleFile, Story
from diary.samples.register_records import Written, links_of_entries, resolved

# What the version says that takes the place of a purged file; as on the phone.
REMOVED: Final = "file_removed"
Step = Callable[[str, int, int], None]


@dataclass
class Waiting:
    """A sealed file that the server does not have yet."""

    blob: Blob
    sealed: Sequence[bytes] = field(repr=False)


class Writer:
    """Writes entries at the times they were written; files wait beside the journal until they are sent."""

    def __init__(self, journal: Journal, clock: FixedClock, devices: Sequence[tuple[str, int | None]] = ()) -> None:
        """`clock` is the one the journal reads. `devices`: id and clock offset in ms; each entry is written on the next one.

        `files`, set by whoever needs it: the record ids that files are to have, by name.
        """
        self._devices = cycle(devices)
        self.journal = journal
        self.waiting: list[Waiting] = []
        self._clock = clock
        self._parents: dict[str, str] = {}
        self._orders: dict[str, Mapping[str, object]] = {}
        self._custody: dict[str, list[Mapping[str, object]]] = {}
        self.files: Mapping[str, str] = {}
        if first := next(iter(devices), None):
            self.journal.on_device(*first)

    def write_settings(self, at: int, story: Story) -> None:
        """Initials, own words and the officer's sheet."""
        self._clock.ms = at
        self._seal_record(Said("settings", story.settings, story.sheet))

    def write(self, entry: SampleEntry, record: str | None = None) -> str:
        """One entry with its files and private note; gives its record id, `record` when that is given."""
        self._clock.ms = entry.at
        if device := next(self._devices, None):
            self.journal.on_device(*device)
        self.journal.move_to(str(entry.fields.get("tz") or self.journal.tz))
        first = self._seal_record(Said("incident", entry.fields, entry.restricted, record=record))
        record, version = first.opened.place.record, first.opened.place.version
        drawn = list(entry.draw())
        attached = [self._attach(file, record) for file in drawn]
        if attached:
            # The files came with the first Save: still the first version, within its ten minutes.
            self._clock.advance(60_000)
            fields = dict(entry.fields) | {"attachment_ids": attached}
            if entry.account:
                fields["narrative_media"] = attached[[file.name for file in drawn].index(entry.account)]
            again = self._seal_record(Said("incident", fields, entry.restricted, record=record, parents=(version,)))
            version = again.opened.place.version
        for file in entry.purged:
            self.purge(self._attach(file, record))
        if entry.note:
            self._seal_record(Said("note", {"of_id": record, "text": entry.note}))
        return record

    def purge(self, attachment: str) -> None:
        """A file the keeper says is a sexual picture of someone under 18: gone with every copy, a version without words left."""
        now = self._clock.now_ms()
        newest = self.journal.newest(attachment)
        blobs = {blob for blob, _ in (*newest.open_keys, *newest.restricted_keys)}
        self.waiting = [one for one in self.waiting if one.blob.blob not in blobs]
        out = {"reason": REMOVED, "taken_out": now}
        self._seal_record(Said("attachment", out, record=attachment, parents=(newest.place.version,)))
        line = {"action": "deleted", "actor": "keeper", "at": now, "attachment": attachment}
        self._custody.setdefault(at_offset(now, self.journal.offset(now)).date().isoformat(), []).append(line)

    def change(self, record: str, change: Change) -> None:
        """A later version of an entry: what it adds or amends, over what stands; a taking out says nothing else."""
        self._clock.ms = change.at
        newest = self.journal.newest(record)
        parents = (newest.place.version,)
        if change.takes_out:
            self._seal_record(Said("incident", change.fields, record=record, parents=parents))
            return
        fields = dict(newest.fields) | dict(change.fields)
        self._seal_record(Said("incident", fields, newest.restricted or {}, record=record, parents=parents))

    def write_record(self, one: Written, record: str) -> None:
        """A version of a record of any other kind, on from the one that stands."""
        self._clock.ms = one.at
        known = record in self._parents
        parents = (self._parents[record],) if known else ()
        self._seal_record(Said(one.kind, one.fields, one.restricted, record=record, parents=parents))

    def _seal_record(self, said: Said) -> Held:
        """Seal one version, refusing what a phone would refuse. Raises BadRequest."""
        refuse(said.kind, said.fields, said.restricted, self._orders)
        held = self.journal.append(said)
        record = held.opened.place.record
        self._parents[record] = held.opened.place.version
        if said.kind == "order":
            self._orders[record] = said.fields
        return held

    def write_custody(self, at: int) -> None:
        """What was done with every file so far: one record for each day."""
        self._clock.ms = at
        for day, lines in sorted(self._custody.items()):
            self._seal_record(Said("custody", {"lines": lines, "on": day}))
        self._custody.clear()

    def _attach(self, file: SampleFile, incident: str) -> str:
        """Seal a file as received and its print copy; gives the attachment's record id."""
        received = self._seal(file.content)
        printed = make_print_copy(file.content, file.kind)
        renditions, keys = [], []
        if printed:
            renditions.append(_rendition(printed))
            keys.append(self._seal(printed.content).pair)
        if file.still:
            still = PrintCopy(file.still, *Image.open(BytesIO(file.still)).size)
            renditions.append(_rendition(still) | {"purpose": "preview"})
            keys.append(self._seal(still.content).pair)
        fields = dict(file.fields) | {"incident_ids": [incident], "renditions": renditions}
        record = self.files.get(file.name) or id_text(new_id())
        self._seal_record(Said("attachment", fields, file.restricted, tuple(keys), (received.pair,), record))
        at = self._clock.now_ms()
        line = {"actor": "app", "at": at, "attachment": record}
        lines = [line | {"action": "received"}, line | {"action": "hashed", "detail": fields["sha256"]}]
        self._custody.setdefault(at_offset(at, self.journal.offset(at)).date().isoformat(), []).extend(lines)
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


def refuse(
    kind: str,
    fields: Mapping[str, object],
    restricted: Mapping[str, object],
    orders: Mapping[str, Mapping[str, object]],
) -> None:
    """What no screen could show again, an end before its start, and a breach of an order that was not served yet.

    Raises BadRequest naming the fields; never what they hold.
    """
    faults = [*faults_of_shape(kind, fields), *faults_of_shape(kind, restricted)]
    if kind == "incident":
        faults += faults_of_time(fields)
        faults += faults_of_breaches(fields, orders)
    if faults:
        named = ", ".join(f"{fault.field} ({fault.code})" for fault in faults)
        raise BadRequest(f"This cannot be kept as it is: {named}.")


def write_diary(
    writer: Writer, told: Sequence[SampleEntry], step: Step, records: Sequence[Written] = (), story: Story = SAMPLE
) -> list[str]:
    """The whole diary in the order things were written, later changes in their place; gives the entries' record ids.

    `records`: versions of other kinds, and with them the links of the entries, by the names of the story's table.
    """
    ids = {f"entry:{index}": id_text(new_id()) for index in range(len(told))}
    ids |= {key: id_text(new_id()) for key in dict.fromkeys(one.key for one in records)}
    ids |= {f"file:{name}": record for name, record in writer.files.items()}
    links = links_of_entries(story) if records else {}
    events: list[tuple[int, int, Callable[[], object]]] = []
    for index, entry in enumerate(told):
        linked = replace(entry, fields=resolved(dict(entry.fields) | links.get(index, {}), ids))
        record = ids[f"entry:{index}"]
        events.append((entry.at, index, partial(writer.write, linked, record)))
        events += [(change.at, index, partial(writer.change, record, change)) for change in entry.later]
    for place, one in enumerate(records, len(told)):
        full = replace(one, fields=resolved(one.fields, ids), restricted=resolved(one.restricted, ids))
        events.append((one.at, place, partial(writer.write_record, full, ids[one.key])))
    writer.write_settings(told[0].at - 60_000, story)
    events.sort(key=lambda event: event[:2])
    for done, (_, _, write) in enumerate(events):
        step("writing", done, len(events))
        write()
    writer.write_custody(events[-1][0] + 60_000)
    step("writing", len(events), len(events))
    return [ids[f"entry:{index}"] for index in range(len(told))]


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
