"""Diary and files at random: versions, parts, quota, erasures.

The model has what can be read, by whom, and what is gone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.server_box import (
    DAY_MS,
    HOUR_MS,
    ServerAnswer,
    ServerBox,
    ServerStateMachine,
    b64,
    diary_file_part,
    feed_versions,
    file_digest,
    id_text,
    parametrize_lengths,
    run_machine,
    running_box,
)

QUOTA_BYTES = 3_000
NAMES = st.integers(0, 4)
MOSTLY_TRUE = st.sampled_from([True, True, True, False])
ABANDONED_AFTER_MS = 30 * DAY_MS


@dataclass
class FileModel:
    """Announced file. `parts`: sealed parts received; `size`: quota it uses; `touched_at`: last change."""

    parts: int
    size: int
    touched_at: int
    received_parts: dict[int, bytes] = field(default_factory=dict)
    complete: bool = False
    erased: bool = False


@dataclass
class DiaryVersionModel:
    """Acknowledged version. `stored_bytes`: quota that erasing it frees; `frames`: its content in the feed."""

    record: str
    path: str
    body: bytes
    files: tuple[str, ...]
    stored_bytes: int
    frames: tuple[bytes, ...] = ()
    erased_at: int | None = None


@dataclass
class ErasureModel:
    """Pending erasure."""

    id: str
    records: frozenset[str]
    due_at: int


class DiaryMachine(ServerStateMachine):
    """A keeper who writes, attaches and erases, and another account that tries the same requests."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which diaries of earlier runs share."""
        super().__init__(server_box)
        self.keeper, self.other_keeper = server_box.new_keeper(), server_box.new_keeper()
        self.files: dict[str, FileModel] = {}
        self.versions: list[DiaryVersionModel] = []
        self.pending_erasures: list[ErasureModel] = []
        self.ids = [id_text(hashlib.sha256(b"%d" % number).digest()[:16]) for number in range(5)]
        self.text_bytes = 0
        self.send_whole(0, 2, 1, False)
        self.write(9, {0})

    # State of the model.

    def blob_path(self, name: int) -> str:
        """Return the path of a file."""
        return f"{self.keeper.diary}/blobs/{self.ids[name]}"

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> ServerAnswer:
        """Send a request as the keeper, who signs in again before the session expires."""
        return self.server_box.request(self.keeper, method, path, body, **headers)

    def file_bytes(self) -> int:
        """Return how many bytes files use."""
        return sum(file.size for file in self.files.values() if not file.erased)

    def unerased_versions(self, record: str) -> list[DiaryVersionModel]:
        """Return the versions of a record that are not erased."""
        return [version for version in self.versions if version.record == record and version.erased_at is None]

    def erase_records(self, records: frozenset[str], at: int) -> None:
        """Erase records, and the files that no other version names."""
        erased_versions = [version for record in records for version in self.unerased_versions(record)]
        for version in erased_versions:
            version.erased_at, version.frames = at, ()
            self.text_bytes -= version.stored_bytes
        file_names = {name for version in erased_versions for name in version.files}
        for name in file_names - {
            name for version in self.versions if version.erased_at is None for name in version.files
        }:
            self.files.setdefault(name, FileModel(0, 0, 0)).erased = True

    # The keeper's actions on files.

    @rule(
        name=NAMES,
        parts=st.integers(1, 3),
        size=st.sampled_from([0, 1, 400, 900, 1_500, QUOTA_BYTES, QUOTA_BYTES + 1, 4 << 20]),
    )
    def declare(self, name: int, parts: int, size: int) -> None:
        """Announce a file, or announce it again with other numbers."""
        answer = self.request("PUT", self.blob_path(name), {"parts": parts, "size": size})
        known_file = self.files.get(self.ids[name])
        if size > parts << 20:
            assert (answer.status, answer.code) == (413, "too_large")
        elif size < parts:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif known_file and known_file.erased:
            assert (answer.status, answer.code) == (410, "erased")
        elif known_file and (known_file.parts, known_file.size) == (parts, size):
            assert answer == ServerAnswer(200, self.expected_file_state(known_file))
        elif known_file and known_file.complete:
            assert (answer.status, answer.code) == (409, "conflict")
        elif self.file_bytes() + size - (known_file.size if known_file else 0) > QUOTA_BYTES:
            assert (answer.status, answer.code) == (413, "over_quota")
        else:
            file = FileModel(parts, size, self.server_box.now_ms)
            if known_file and known_file.parts == parts and sum(map(len, known_file.received_parts.values())) <= size:
                file.received_parts = known_file.received_parts
            self.files[self.ids[name]] = file
            assert answer == ServerAnswer(200, self.expected_file_state(file))

    def expected_file_state(self, file: FileModel) -> dict[str, Any]:
        """Return the state of a file that the server should report."""
        return {"complete": file.complete, "have": sorted(file.received_parts), "parts": file.parts}

    @rule(name=NAMES, i=st.integers(0, 2), inside=st.integers(0, 3), right=MOSTLY_TRUE)
    def put_part(self, name: int, i: int, inside: int, right: bool) -> None:
        """Send a part: the right one, another one, or one of another place."""
        known_file = self.files.get(self.ids[name])
        parts = known_file.parts if known_file else 1
        raw = diary_file_part(
            self.keeper, self.ids[name if right else (name + 1) % 5], i, parts, bytes([inside]) * (100 + 200 * inside)
        )
        answer = self.request("PUT", f"{self.blob_path(name)}/parts/{i}", raw)
        if known_file is None:
            assert answer.status == 404
        elif known_file.erased:
            assert answer.status == 410
        elif i >= known_file.parts:
            assert answer.status == 404
        elif not right:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif known_file.received_parts.get(i) == raw:
            assert answer.status == 204
        elif known_file.complete:
            assert (answer.status, answer.code) == (409, "differs")
        elif (
            sum(len(part_item) for at, part_item in known_file.received_parts.items() if at != i) + len(raw)
            > known_file.size
        ):
            assert (answer.status, answer.code) == (413, "too_large")
        else:
            assert answer.status == 204
            known_file.received_parts[i], known_file.touched_at = raw, self.server_box.now_ms

    @rule(name=NAMES, right=MOSTLY_TRUE)
    def complete(self, name: int, right: bool) -> None:
        """Complete a file, with its digest or another."""
        known_file = self.files.get(self.ids[name])
        parts = [known_file.received_parts[i] for i in sorted(known_file.received_parts)] if known_file else []
        digest = file_digest(parts) if right else b64(bytes(32))
        answer = self.request("POST", f"{self.blob_path(name)}/complete", {"digest": digest})
        if known_file is None:
            assert answer.status == 404
        elif known_file.erased:
            assert answer.status == 410
        elif missing := [i for i in range(known_file.parts) if i not in known_file.received_parts]:
            assert (answer.status, answer.code, answer.body["missing"]) == (409, "incomplete", missing)
        elif right and sum(map(len, parts)) == known_file.size:
            assert answer.status == 204
            known_file.complete = True
        else:
            assert (answer.status, answer.code) == (409, "digest")
            if not known_file.complete:
                known_file.received_parts = {}

    @rule(name=NAMES, parts=st.integers(1, 2), inside=st.integers(0, 3), mixed_up=st.booleans())
    def send_whole(self, name: int, parts: int, inside: int, mixed_up: bool) -> None:
        """Announce, send and complete a file, if there is room and the id is free.

        `mixed_up`: with a wrong digest first, which drops the parts.
        """
        if self.ids[name] in self.files:
            return
        sealed = [
            diary_file_part(self.keeper, self.ids[name], i, parts, bytes([inside]) * (100 + 200 * inside))
            for i in range(parts)
        ]
        size = sum(map(len, sealed))
        if self.file_bytes() + size > QUOTA_BYTES:
            return
        assert self.request("PUT", self.blob_path(name), {"parts": parts, "size": size}).status == 200
        file = self.files[self.ids[name]] = FileModel(parts, size, self.server_box.now_ms)
        for right in (False, True) if mixed_up else (True,):
            for i, raw in enumerate(sealed):
                assert self.request("PUT", f"{self.blob_path(name)}/parts/{i}", raw).status == 204
                file.received_parts[i], file.touched_at = raw, self.server_box.now_ms
            self.complete(name, right)
            self.check_files()
        assert file.complete

    # Writing and erasing.

    @rule(record=st.integers(0, 3), names=st.sets(NAMES, max_size=2))
    def write(self, record: int, names: set[int]) -> None:
        """Write a new record or another version, naming files that may or may not exist."""
        files = tuple(self.ids[name] for name in sorted(names))
        known_records = sorted({version.record for version in self.versions})
        of = known_records[record] if record < len(known_records) else None
        parents = tuple(version.path.split("/")[7] for version in self.unerased_versions(of)[-1:]) if of else ()
        keys = [[blob, bytes(32)] for blob in files]
        path, body = self.keeper.seal("Again.", open_keys=keys, record=of, parents=parents)
        answer = self.request("PUT", path, body)
        assert answer.status == 201 and answer.body["seq"] == len(self.versions) + 1, answer
        # An erased version keeps its number, and the quota of its first frame.
        new_version = DiaryVersionModel(
            path.split("/")[5], path, body, files, len(body) - 4 - int.from_bytes(body[:4], "big")
        )
        self.versions.append(new_version)
        self.text_bytes += len(body)
        new_version.frames = self.feed()[-1][1]

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9))
    def push_again(self, which: int) -> None:
        """Push the same bytes again, erased or not: the first receipt is returned, and nothing is stored."""
        version = self.versions[which % len(self.versions)]
        answer = self.request("PUT", version.path, version.body)
        assert (answer.status, answer.body["seq"]) == (200, self.versions.index(version) + 1)

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9), also=st.integers(0, 9), right=MOSTLY_TRUE)
    def erase(self, which: int, also: int, right: bool) -> None:
        """Schedule the erasure of one or two records in seven days."""
        records = frozenset(self.versions[index % len(self.versions)].record for index in (which, also))
        proof = self.keeper.proof if right else b64(bytes(32))
        body = {"records": sorted(records), "why": "keeper"}
        answer = self.request("POST", f"{self.keeper.diary}/erasures", body, x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif not all(map(self.unerased_versions, records)):
            assert answer.status == 404
        else:
            same = next((index for index in self.pending_erasures if index.records == records), None)
            erasure_made = same or ErasureModel(answer.body["erasure"], records, self.server_box.now_ms + 7 * DAY_MS)
            assert answer.status == 201 and not answer.body["done"]
            assert (answer.body["erasure"], answer.body["due_at"]) == (erasure_made.id, erasure_made.due_at)
            self.pending_erasures += [] if same else [erasure_made]

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9))
    def erase_now(self, which: int) -> None:
        """Purge a picture of somebody under 18 at once. A record without a file is refused."""
        record = self.versions[which % len(self.versions)].record
        body = {"records": [record], "why": "under_18_image"}
        answer = self.request("POST", f"{self.keeper.diary}/erasures", body, x_proof=self.keeper.proof)
        if not any(one.files for one in self.unerased_versions(record)):
            assert answer.status == 400, answer
        else:
            assert (answer.status, answer.body["done"]) == (201, True)
            self.erase_records(frozenset([record]), self.server_box.now_ms)

    @precondition(lambda self: self.pending_erasures)
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        """Cancel an erasure, once."""
        erasure = self.pending_erasures.pop(which % len(self.pending_erasures))
        for status in (204, 404):
            assert self.request("DELETE", f"{self.keeper.diary}/erasures/{erasure.id}").status == status

    @rule(ms=st.sampled_from([HOUR_MS, DAY_MS, 6 * DAY_MS, 7 * DAY_MS, 29 * DAY_MS]))
    def time_passes(self, ms: int) -> None:
        """Let time pass with the hourly work; the keeper signs in again afterwards."""
        self.server_box.advance_clock(ms)
        at = self.server_box.run_hourly_work()
        for each_keeper in (self.keeper, self.other_keeper):
            self.server_box.sign_in_again(each_keeper)
        for due in [each_keeper for each_keeper in self.pending_erasures if each_keeper.due_at <= at]:
            self.pending_erasures.remove(due)
            self.erase_records(due.records, at)
        for name, file in self.files.items():
            is_named = any(name in version.files and version.erased_at is None for version in self.versions)
            if not file.complete and not file.erased and not is_named and file.touched_at < at - ABANDONED_AFTER_MS:
                file.erased = True

    # Invariants.

    def compare_with_model(self) -> None:
        """Compare everything readable with the model."""
        self.check_used_room()
        self.check_files()
        self.check_feed()
        self.check_pending_erasures()

    def feed(self) -> list[tuple[dict[str, Any], tuple[bytes, ...]]]:
        """Return the feed from the beginning."""
        return feed_versions(self.request("GET", f"{self.keeper.diary}/changes"))

    def check_used_room(self) -> None:
        """Check the quota: files use the announced bytes, text the sent bytes, and erased content none."""
        usage = self.request("GET", "/v1/usage").body
        assert usage["used_bytes"] == self.file_bytes() <= usage["quota_bytes"] == QUOTA_BYTES
        assert usage["text_used_bytes"] == self.text_bytes

    def check_files(self) -> None:
        """Check that each file has the right state, and each part its content or the right error."""
        for number, name in enumerate(self.ids):
            known_file = self.files.get(name)
            answer = self.request("GET", self.blob_path(number))
            if known_file is None:
                assert answer.status == 404
            elif known_file.erased:
                assert (answer.status, answer.code) == (410, "erased")
                assert self.request("GET", f"{self.blob_path(number)}/parts/0").status == 410
            else:
                assert answer == ServerAnswer(200, self.expected_file_state(known_file))
                for i in range(known_file.parts):
                    part = self.request("GET", f"{self.blob_path(number)}/parts/{i}")
                    assert (
                        (part.status, part.body) == (200, known_file.received_parts[i])
                        if i in known_file.received_parts
                        else part.status == 404
                    )

    def check_feed(self) -> None:
        """Check that every version is in its place, byte for byte, and erased ones are tombstones without content."""
        feed_rows = self.feed()
        assert [facts["seq"] for facts, _ in feed_rows] == list(range(1, len(self.versions) + 1))
        for (facts, sealed), version_model in zip(feed_rows, self.versions, strict=True):
            assert (facts["record"], facts["version"]) == (version_model.record, version_model.path.split("/")[7])
            assert facts.get("erased_at") == version_model.erased_at
            assert sealed == version_model.frames
            assert version_model.erased_at is not None or facts["blobs"] == list(version_model.files)

    def check_pending_erasures(self) -> None:
        """Check that the list of erasures matches the model."""
        rows = self.request("GET", f"{self.keeper.diary}/erasures").body["erasures"]
        assert {(row["erasure"], frozenset(row["records"]), row["due_at"]) for row in rows} == {
            (row.id, row.records, row.due_at) for row in self.pending_erasures
        }

    @rule(name=NAMES)
    def check_other_keeper_sees_nothing(self, name: int) -> None:
        """Check that another account with its own valid proof gets 404 for everything, and changes nothing."""
        proof = self.other_keeper.proof
        for method, path, body in (
            ("GET", f"{self.keeper.diary}/changes", None),
            ("GET", f"{self.keeper.diary}/erasures", None),
            ("GET", self.blob_path(name), None),
            ("GET", f"{self.blob_path(name)}/parts/0", None),
            ("PUT", self.blob_path(name), {"parts": 1, "size": 5}),
            ("PUT", f"{self.blob_path(name)}/parts/0", diary_file_part(self.keeper, self.ids[name], 0, 1, b"theirs")),
            ("POST", f"{self.blob_path(name)}/complete", {"digest": b64(bytes(32))}),
            ("POST", f"{self.keeper.diary}/erasures", {"records": [self.ids[0]], "why": "keeper"}),
            *(
                ("POST", f"{self.keeper.diary}/erasures", {"records": [version.record], "why": "keeper"})
                for version in self.versions[:1]
            ),
            *(("DELETE", f"{self.keeper.diary}/erasures/{version.id}", None) for version in self.pending_erasures[:1]),
            *(("PUT", version.path, version.body) for version in self.versions[:1]),
        ):
            answer = self.server_box.request(self.other_keeper, method, path, body, x_proof=proof)
            # A version is parsed before its diary is checked: its signature is not the other keeper's.
            assert answer.status == 404 or (answer.code == "bad_signature" and "/records/" in path), (
                method,
                path,
                answer,
            )


@parametrize_lengths(short=(10, 25), long=(100, 40))
def test_a_diary_and_its_files_follow_the_model(
    tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int
) -> None:
    """Over random requests, everything acknowledged reads back byte for byte, and everything erased is gone."""
    with running_box(tmp_path, DIARY_QUOTA_BYTES=str(QUOTA_BYTES), **database_setting) as server_box:
        run_machine(lambda: DiaryMachine(server_box), examples=examples, steps=steps)
