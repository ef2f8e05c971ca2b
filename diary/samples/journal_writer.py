"""Write a whole diary to a journal: entries with their files, notes, and later changes."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from itertools import cycle
from typing import Final

from PIL import Image

from diary.client.attachments import PrintRendition, SealedFileReference, make_print_rendition, seal_file, upload_blob
from diary.client.journal import HeldVersion, Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import FixedClock
from diary.errors import BadRequest
from diary.ids import id_text, new_id
from diary.progress import ProgressCallback
from diary.record.referenced_ids import ids_in
from diary.record.rules import find_breach_issues, find_shape_issues, find_time_issues
from diary.record.times import to_local_datetime
from diary.samples.fictional_diary import SAMPLE_SCRIPT, DiaryScript, SampleChange, SampleEntry, SampleFile
from diary.samples.register_records import SampleRecordVersion, load_entry_links, resolve_ids

# Reason in the version that replaces a purged file, as on the phone.
FILE_REMOVED_REASON: Final = "file_removed"


@dataclass
class PendingUpload:
    """Sealed file that the server does not have yet."""

    blob: SealedFileReference
    sealed_parts: Sequence[bytes] = field(repr=False)


class JournalWriter:
    """Writer of entries at their own times. Files wait in `pending_uploads` until they are sent."""

    def __init__(self, journal: Journal, clock: FixedClock, devices: Sequence[tuple[str, int | None]] = ()) -> None:
        """Write to `journal`, whose clock is `clock`.

        `devices`: id and clock offset in ms; entries are written on them in turn. `file_record_ids` has the record ids of
        files that other records refer to, by name.
        """
        self._devices = cycle(devices)
        self.journal = journal
        self.pending_uploads: list[PendingUpload] = []
        self._clock = clock
        self._newest_versions: dict[str, str] = {}
        self._orders_by_record: dict[str, Mapping[str, object]] = {}
        self._custody_lines_by_day: dict[str, list[Mapping[str, object]]] = {}
        self.file_record_ids: Mapping[str, str] = {}
        if first := next(iter(devices), None):
            self.journal.switch_device(*first)

    def write_settings(self, at_ms: int, script: DiaryScript) -> None:
        """Write initials, own words and the officer's sheet."""
        self._clock.ms = at_ms
        self._append_version(VersionContent("settings", script.settings, script.officer_sheet))

    def write_entry(self, entry: SampleEntry, record: str | None = None) -> str:
        """Write one entry with its files and private note, and return its record id. `record`: the id to use."""
        self._clock.ms = entry.written_at_ms
        if device := next(self._devices, None):
            self.journal.switch_device(*device)
        self.journal.switch_time_zone(str(entry.fields.get("tz") or self.journal.tz))
        first_version = self._append_version(VersionContent("incident", entry.fields, entry.restricted, record=record))
        record, newest_version = first_version.opened_version.ids.record, first_version.opened_version.ids.version
        files = list(entry.draw_files())
        attachment_ids = [self._attach_file(file, record) for file in files]
        if attachment_ids:
            # The files came with the first Save: still the first version, within its ten minutes.
            self._clock.advance(60_000)
            fields = dict(entry.fields) | {"attachment_ids": attachment_ids}
            if entry.account_file:
                fields["narrative_media"] = attachment_ids[[file.name for file in files].index(entry.account_file)]
            second_version = self._append_version(
                VersionContent("incident", fields, entry.restricted, record=record, parents=(newest_version,))
            )
            newest_version = second_version.opened_version.ids.version
        for file in entry.purged_files:
            self.purge_attachment(self._attach_file(file, record))
        if entry.private_note:
            self._append_version(VersionContent("note", {"of_id": record, "text": entry.private_note}))
        return record

    def purge_attachment(self, attachment_id: str) -> None:
        """Purge a file that the keeper reports as a sexual picture of someone under 18.

        Every copy is dropped; a version without words remains.
        """
        now_ms = self._clock.now_ms()
        newest_version = self.journal.newest_version(attachment_id)
        blob_ids = {blob for blob, _ in (*newest_version.open_keys, *newest_version.restricted_keys)}
        self.pending_uploads = [upload for upload in self.pending_uploads if upload.blob.blob_id not in blob_ids]
        removal_fields = {"reason": FILE_REMOVED_REASON, "taken_out": now_ms}
        self._append_version(
            VersionContent("attachment", removal_fields, record=attachment_id, parents=(newest_version.ids.version,))
        )
        custody_line = {"action": "deleted", "actor": "keeper", "at": now_ms, "attachment": attachment_id}
        self._custody_lines_by_day.setdefault(
            to_local_datetime(now_ms, self.journal.utc_offset_minutes(now_ms)).date().isoformat(), []
        ).append(custody_line)

    def write_change(self, record: str, change: SampleChange) -> None:
        """Write a later version of an entry: the changed fields over the current ones.

        A withdrawal has no other fields.
        """
        self._clock.ms = change.changed_at_ms
        newest_version = self.journal.newest_version(record)
        parents = (newest_version.ids.version,)
        if change.is_removal:
            self._append_version(VersionContent("incident", change.fields, record=record, parents=parents))
            return
        fields = dict(newest_version.fields) | dict(change.fields)
        self._append_version(
            VersionContent("incident", fields, newest_version.restricted or {}, record=record, parents=parents)
        )

    def write_record(self, record_version: SampleRecordVersion, record: str) -> None:
        """Write a version of a record of any other kind, on top of the current one. A file's keeps its other fields."""
        self._clock.ms = record_version.written_at_ms
        if record_version.file:
            self._attach_file(record_version.file, None)
            return
        newest = self.journal.newest_version(record) if record in self._newest_versions else None
        parents = (newest.ids.version,) if newest else ()
        content = VersionContent(
            record_version.kind, record_version.fields, record_version.restricted, record=record, parents=parents
        )
        if newest and record_version.kind == "attachment":
            content = replace(
                content,
                fields={**newest.fields, **record_version.fields},
                restricted=newest.restricted or {},
                open_keys=tuple(newest.open_keys),
                restricted_keys=tuple(newest.restricted_keys),
            )
        self._append_version(content)

    def _append_version(self, content: VersionContent) -> HeldVersion:
        """Seal one version. Raise BadRequest if the phone would not accept its fields."""
        require_valid_record(content.kind, content.fields, content.restricted, self._orders_by_record)
        held_version = self.journal.append(content)
        record = held_version.opened_version.ids.record
        self._newest_versions[record] = held_version.opened_version.ids.version
        if content.kind == "order":
            self._orders_by_record[record] = content.fields
        return held_version

    def write_custody(self, at_ms: int) -> None:
        """Write the custody lines of every file so far, one record for each day."""
        self._clock.ms = at_ms
        for day, lines in sorted(self._custody_lines_by_day.items()):
            self._append_version(VersionContent("custody", {"lines": lines, "on": day}))
        self._custody_lines_by_day.clear()

    def _attach_file(self, file: SampleFile, incident_id: str | None) -> str:
        """Seal a file as received and its print rendition, and return the attachment's record id."""
        received_blob = self._seal_blob(file.content)
        print_rendition = make_print_rendition(file.content, file.media_type)
        renditions, keys = [], []
        if print_rendition:
            renditions.append(_rendition_fields(print_rendition))
            keys.append(self._seal_blob(print_rendition.content).id_and_key)
        if file.still_frame:
            still_rendition = PrintRendition(file.still_frame, *Image.open(BytesIO(file.still_frame)).size)
            renditions.append(_rendition_fields(still_rendition) | {"purpose": "preview"})
            keys.append(self._seal_blob(still_rendition.content).id_and_key)
        incident_ids = [] if incident_id is None else [incident_id]
        fields = dict(file.fields) | {"incident_ids": incident_ids, "renditions": renditions}
        record = self.file_record_ids.get(file.name) or id_text(new_id())
        self._append_version(
            VersionContent("attachment", fields, file.restricted, tuple(keys), (received_blob.id_and_key,), record)
        )
        at_ms = self._clock.now_ms()
        custody_line = {"actor": "app", "at": at_ms, "attachment": record}
        custody_lines = [
            custody_line | {"action": "received"},
            custody_line | {"action": "hashed", "detail": fields["sha256"]},
        ]
        self._custody_lines_by_day.setdefault(
            to_local_datetime(at_ms, self.journal.utc_offset_minutes(at_ms)).date().isoformat(), []
        ).extend(custody_lines)
        return record

    def _seal_blob(self, content: bytes) -> SealedFileReference:
        """Seal a file's bytes and queue them for upload."""
        blob = SealedFileReference.new(len(content))
        self.pending_uploads.append(PendingUpload(blob, seal_file(self.journal.identity.diary, blob, content)))
        return blob

    async def send(self, server: RemoteServer, report_progress: ProgressCallback) -> None:
        """Send versions first, then files: a version's receipt does not wait for its pictures."""
        total = self.journal.unsent_count + len(self.pending_uploads)
        report_progress("sending", 0, total)
        await self.journal.send(server)
        while self.pending_uploads:
            report_progress("sending", total - len(self.pending_uploads), total)
            pending = self.pending_uploads[0]
            await upload_blob(server, self.journal.identity.diary, pending.blob, pending.sealed_parts)
            self.pending_uploads.pop(0)
        report_progress("sending", total, total)


def require_valid_record(
    kind: str,
    fields: Mapping[str, object],
    restricted: Mapping[str, object],
    orders: Mapping[str, Mapping[str, object]],
) -> None:
    """Refuse what no screen could show again, an end before its start, and a breach before its order was served.

    Raise BadRequest with the names of the fields, never their content.
    """
    faults = [*find_shape_issues(kind, fields), *find_shape_issues(kind, restricted)]
    if kind == "incident":
        faults += find_time_issues(fields)
        faults += find_breach_issues(fields, orders)
    if faults:
        field_list = ", ".join(f"{fault.field} ({fault.code})" for fault in faults)
        raise BadRequest(f"This record is not valid: {field_list}.")


def write_diary(
    writer: JournalWriter,
    entries: Sequence[SampleEntry],
    report_progress: ProgressCallback,
    records: Sequence[SampleRecordVersion] = (),
    script: DiaryScript = SAMPLE_SCRIPT,
) -> list[str]:
    """Write the whole diary in chronological order, and return the entries' record ids.

    `records`: versions of other kinds. With them entries get their links, by the keys in the script's table.
    """
    ids_by_key = {f"entry:{index}": id_text(new_id()) for index in range(len(entries))}
    ids_by_key |= {key: id_text(new_id()) for key in dict.fromkeys(record_version.key for record_version in records)}
    writer.file_record_ids = {name: id_text(new_id()) for name in _files_referred_to(records)}
    ids_by_key |= {f"file:{name}": record for name, record in writer.file_record_ids.items()}
    links = load_entry_links(script) if records else {}
    events: list[tuple[int, int, Callable[[], object]]] = []
    for index, entry in enumerate(entries):
        linked_entry = replace(entry, fields=resolve_ids(dict(entry.fields) | links.get(index, {}), ids_by_key))
        record = ids_by_key[f"entry:{index}"]
        events.append((entry.written_at_ms, index, partial(writer.write_entry, linked_entry, record)))
        events += [
            (change.changed_at_ms, index, partial(writer.write_change, record, change))
            for change in entry.later_changes
        ]
    for position, record_version in enumerate(records, len(entries)):
        resolved_version = replace(
            record_version,
            fields=resolve_ids(record_version.fields, ids_by_key),
            restricted=resolve_ids(record_version.restricted, ids_by_key),
            file=record_version.file
            and replace(record_version.file, fields=resolve_ids(record_version.file.fields, ids_by_key)),
        )
        events.append(
            (
                record_version.written_at_ms,
                position,
                partial(writer.write_record, resolved_version, ids_by_key[record_version.key]),
            )
        )
    writer.write_settings(entries[0].written_at_ms - 60_000, script)
    events.sort(key=lambda event: event[:2])
    for done_count, (_, _, write_event) in enumerate(events):
        report_progress("writing", done_count, len(events))
        write_event()
    writer.write_custody(events[-1][0] + 60_000)
    report_progress("writing", len(events), len(events))
    return [ids_by_key[f"entry:{index}"] for index in range(len(entries))]


def _files_referred_to(records: Sequence[SampleRecordVersion]) -> set[str]:
    """Return the names of the files that these records refer to, as `@file:name`."""
    ids = (found for version in records for found in ids_in({**version.fields, **version.restricted}))
    return {found.removeprefix("@file:") for found in ids if found.startswith("@file:")}


def _rendition_fields(print_rendition: PrintRendition) -> dict[str, object]:
    """Return the print rendition's fields."""
    return {
        "height": print_rendition.height,
        "media_type": "image/jpeg",
        "purpose": "print",
        "sha256": hashlib.sha256(print_rendition.content).hexdigest(),
        "size_bytes": len(print_rendition.content),
        "width": print_rendition.width,
    }
