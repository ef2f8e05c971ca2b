"""A diary and its files: versions, parts, room, erasures. A model says what can be read back, by whom, and what is gone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.adapter import (
    DAY,
    HOUR,
    Box,
    Machine,
    Told,
    b64,
    box,
    feed_of,
    id_text,
    lengths,
    part_of,
    play,
    whole_digest,
)

QUOTA = 3_000
NAMES = st.integers(0, 4)
RIGHT = st.sampled_from([True, True, True, False])
ABANDONED = 30 * DAY


@dataclass
class File:
    """A file as announced. `parts`: the sealed parts that came; `size`: the room it takes; `touched`: when it last changed."""

    parts: int
    size: int
    touched: int
    have: dict[int, bytes] = field(default_factory=dict)
    complete: bool = False
    erased: bool = False


@dataclass
class Version:
    """A version that was acknowledged. `room`: what is free again when it is erased; `frames`: what the feed gives of it."""

    record: str
    path: str
    body: bytes
    files: tuple[str, ...]
    room: int
    frames: tuple[bytes, ...] = ()
    erased_at: int | None = None


@dataclass
class Erasure:
    """One that waits."""

    id: str
    records: frozenset[str]
    due_at: int


class Diary(Machine):
    """One keeper who writes, attaches and erases; somebody with an account of their own who asks for the same things."""

    def __init__(self, on: Box) -> None:
        """`on`: the server, which other diaries of earlier runs share."""
        super().__init__(on)
        self.keeper, self.other = on.keeper(), on.keeper()
        self.files: dict[str, File] = {}
        self.versions: list[Version] = []
        self.waiting: list[Erasure] = []
        self.ids = [id_text(hashlib.sha256(b"%d" % number).digest()[:16]) for number in range(5)]
        self.text = 0
        self.send_whole(0, 2, 1, False)
        self.write(9, {0})

    # What the model says.

    def blob(self, name: int) -> str:
        """The address of a file."""
        return f"{self.keeper.diary}/blobs/{self.ids[name]}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """A request of the keeper's, whose session goes on: it signs in again before it runs out."""
        return self.box.ask(self.keeper, method, path, body, **headers)

    def file_room(self) -> int:
        """Bytes that files take."""
        return sum(one.size for one in self.files.values() if not one.erased)

    def living(self, record: str) -> list[Version]:
        """The versions of a record that are not erased."""
        return [one for one in self.versions if one.record == record and one.erased_at is None]

    def carry_out(self, records: frozenset[str], at: int) -> None:
        """Erase records and the files that no other version names."""
        gone = [one for record in records for one in self.living(record)]
        for one in gone:
            one.erased_at, one.frames = at, ()
            self.text -= one.room
        named = {name for one in gone for name in one.files}
        for name in named - {name for one in self.versions if one.erased_at is None for name in one.files}:
            self.files.setdefault(name, File(0, 0, 0)).erased = True

    # What the keeper does with files.

    @rule(name=NAMES, parts=st.integers(1, 3), size=st.sampled_from([0, 1, 400, 900, 1_500, QUOTA, QUOTA + 1, 4 << 20]))
    def declare(self, name: int, parts: int, size: int) -> None:
        """Announce a file, or announce it anew with other numbers."""
        answer = self.ask("PUT", self.blob(name), {"parts": parts, "size": size})
        known = self.files.get(self.ids[name])
        if size > parts << 20:
            assert (answer.status, answer.code) == (413, "too_large")
        elif size < parts:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif known and known.erased:
            assert (answer.status, answer.code) == (410, "erased")
        elif known and (known.parts, known.size) == (parts, size):
            assert answer == Told(200, self.state(known))
        elif known and known.complete:
            assert (answer.status, answer.code) == (409, "conflict")
        elif self.file_room() + size - (known.size if known else 0) > QUOTA:
            assert (answer.status, answer.code) == (413, "over_quota")
        else:
            made = File(parts, size, self.box.now)
            if known and known.parts == parts and sum(map(len, known.have.values())) <= size:
                made.have = known.have
            self.files[self.ids[name]] = made
            assert answer == Told(200, self.state(made))

    def state(self, file: File) -> dict[str, Any]:
        """What the server says of a file."""
        return {"complete": file.complete, "have": sorted(file.have), "parts": file.parts}

    @rule(name=NAMES, i=st.integers(0, 2), inside=st.integers(0, 3), right=RIGHT)
    def put_part(self, name: int, i: int, inside: int, right: bool) -> None:
        """Send a part: the one that belongs there, another one, or one that belongs to another place."""
        known = self.files.get(self.ids[name])
        parts = known.parts if known else 1
        raw = part_of(
            self.keeper, self.ids[name if right else (name + 1) % 5], i, parts, bytes([inside]) * (100 + 200 * inside)
        )
        answer = self.ask("PUT", f"{self.blob(name)}/parts/{i}", raw)
        if known is None:
            assert answer.status == 404
        elif known.erased:
            assert answer.status == 410
        elif i >= known.parts:
            assert answer.status == 404
        elif not right:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif known.have.get(i) == raw:
            assert answer.status == 204
        elif known.complete:
            assert (answer.status, answer.code) == (409, "differs")
        elif sum(len(one) for at, one in known.have.items() if at != i) + len(raw) > known.size:
            assert (answer.status, answer.code) == (413, "too_large")
        else:
            assert answer.status == 204
            known.have[i], known.touched = raw, self.box.now

    @rule(name=NAMES, right=RIGHT)
    def complete(self, name: int, right: bool) -> None:
        """Declare a file whole, with its digest or another."""
        known = self.files.get(self.ids[name])
        parts = [known.have[i] for i in sorted(known.have)] if known else []
        digest = whole_digest(parts) if right else b64(bytes(32))
        answer = self.ask("POST", f"{self.blob(name)}/complete", {"digest": digest})
        if known is None:
            assert answer.status == 404
        elif known.erased:
            assert answer.status == 410
        elif missing := [i for i in range(known.parts) if i not in known.have]:
            assert (answer.status, answer.code, answer.body["missing"]) == (409, "incomplete", missing)
        elif right and sum(map(len, parts)) == known.size:
            assert answer.status == 204
            known.complete = True
        else:
            assert (answer.status, answer.code) == (409, "digest")
            if not known.complete:
                known.have = {}

    @rule(name=NAMES, parts=st.integers(1, 2), inside=st.integers(0, 3), mixed_up=st.booleans())
    def send_whole(self, name: int, parts: int, inside: int, mixed_up: bool) -> None:
        """A file that is announced, sent and completed in one go, when there is room and its id is free.

        `mixed_up`: with a wrong digest first, which drops its parts.
        """
        if self.ids[name] in self.files:
            return
        sealed = [
            part_of(self.keeper, self.ids[name], i, parts, bytes([inside]) * (100 + 200 * inside)) for i in range(parts)
        ]
        size = sum(map(len, sealed))
        if self.file_room() + size > QUOTA:
            return
        assert self.ask("PUT", self.blob(name), {"parts": parts, "size": size}).status == 200
        made = self.files[self.ids[name]] = File(parts, size, self.box.now)
        for right in (False, True) if mixed_up else (True,):
            for i, raw in enumerate(sealed):
                assert self.ask("PUT", f"{self.blob(name)}/parts/{i}", raw).status == 204
                made.have[i], made.touched = raw, self.box.now
            self.complete(name, right)
            self.files_are_the_models()
        assert made.complete

    # What the keeper writes and erases.

    @rule(record=st.integers(0, 3), names=st.sets(NAMES, max_size=2))
    def write(self, record: int, names: set[int]) -> None:
        """A new record, or a further version of one, with files named in it whether or not they are there."""
        files = tuple(self.ids[name] for name in sorted(names))
        known = sorted({one.record for one in self.versions})
        of = known[record] if record < len(known) else None
        parents = tuple(one.path.split("/")[7] for one in self.living(of)[-1:]) if of else ()
        keys = [[blob, bytes(32)] for blob in files]
        path, body = self.keeper.seal("Again.", open_keys=keys, record=of, parents=parents)
        answer = self.ask("PUT", path, body)
        assert answer.status == 201 and answer.body["seq"] == len(self.versions) + 1, answer
        # Its place stays when it is erased, and keeps the room of its first frame.
        made = Version(path.split("/")[5], path, body, files, len(body) - 4 - int.from_bytes(body[:4], "big"))
        self.versions.append(made)
        self.text += len(body)
        made.frames = self.feed()[-1][1]

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9))
    def push_again(self, which: int) -> None:
        """The same bytes once more, erased or not: the receipt of the first time, and nothing more is stored."""
        one = self.versions[which % len(self.versions)]
        answer = self.ask("PUT", one.path, one.body)
        assert (answer.status, answer.body["seq"]) == (200, self.versions.index(one) + 1)

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9), also=st.integers(0, 9), right=RIGHT)
    def erase(self, which: int, also: int, right: bool) -> None:
        """Ask for one or two records to be erased in seven days."""
        records = frozenset(self.versions[one % len(self.versions)].record for one in (which, also))
        proof = self.keeper.proof if right else b64(bytes(32))
        body = {"records": sorted(records), "why": "keeper"}
        answer = self.ask("POST", f"{self.keeper.diary}/erasures", body, x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif not all(map(self.living, records)):
            assert answer.status == 404
        else:
            same = next((one for one in self.waiting if one.records == records), None)
            made = same or Erasure(answer.body["erasure"], records, self.box.now + 7 * DAY)
            assert answer.status == 201 and not answer.body["done"]
            assert (answer.body["erasure"], answer.body["due_at"]) == (made.id, made.due_at)
            self.waiting += [] if same else [made]

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 9))
    def erase_now(self, which: int) -> None:
        """A picture of somebody under 18 goes at once; a record without a file does not."""
        record = self.versions[which % len(self.versions)].record
        body = {"records": [record], "why": "under_18_image"}
        answer = self.ask("POST", f"{self.keeper.diary}/erasures", body, x_proof=self.keeper.proof)
        if not any(one.files for one in self.living(record)):
            assert answer.status == 400, answer
        else:
            assert (answer.status, answer.body["done"]) == (201, True)
            self.carry_out(frozenset([record]), self.box.now)

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        """An erasure is taken back, once."""
        one = self.waiting.pop(which % len(self.waiting))
        for status in (204, 404):
            assert self.ask("DELETE", f"{self.keeper.diary}/erasures/{one.id}").status == status

    @rule(ms=st.sampled_from([HOUR, DAY, 6 * DAY, 7 * DAY, 29 * DAY]))
    def time_passes(self, ms: int) -> None:
        """And the server does its hourly work; the keeper is signed in again after a while."""
        self.box.pass_time(ms)
        at = self.box.hourly()
        for one in (self.keeper, self.other):
            self.box.sign_in_again(one)
        for due in [one for one in self.waiting if one.due_at <= at]:
            self.waiting.remove(due)
            self.carry_out(due.records, at)
        for name, file in self.files.items():
            named = any(name in version.files and version.erased_at is None for version in self.versions)
            if not file.complete and not file.erased and not named and file.touched < at - ABANDONED:
                file.erased = True

    # What must hold.

    def compare(self) -> None:
        """All that can be read."""
        self.room_is_the_models()
        self.files_are_the_models()
        self.the_feed_is_the_models()
        self.what_waits_is_the_models()

    def feed(self) -> list[tuple[dict[str, Any], tuple[bytes, ...]]]:
        """The feed from the beginning."""
        return feed_of(self.ask("GET", f"{self.keeper.diary}/changes"))

    def room_is_the_models(self) -> None:
        """Files take what was announced, words what was sent, and what was erased takes nothing."""
        told = self.ask("GET", "/v1/usage").body
        assert told["used_bytes"] == self.file_room() <= told["quota_bytes"] == QUOTA
        assert told["text_used_bytes"] == self.text

    def files_are_the_models(self) -> None:
        """Each file's state, and each part's bytes, or why there is none."""
        for number, name in enumerate(self.ids):
            known = self.files.get(name)
            answer = self.ask("GET", self.blob(number))
            if known is None:
                assert answer.status == 404
            elif known.erased:
                assert (answer.status, answer.code) == (410, "erased")
                assert self.ask("GET", f"{self.blob(number)}/parts/0").status == 410
            else:
                assert answer == Told(200, self.state(known))
                for i in range(known.parts):
                    part = self.ask("GET", f"{self.blob(number)}/parts/{i}")
                    assert (part.status, part.body) == (200, known.have[i]) if i in known.have else part.status == 404

    def the_feed_is_the_models(self) -> None:
        """Every version in its place, byte for byte; an erased one as a stone with its time and none of its words."""
        found = self.feed()
        assert [one["seq"] for one, _ in found] == list(range(1, len(self.versions) + 1))
        for (facts, sealed), one in zip(found, self.versions, strict=True):
            assert (facts["record"], facts["version"]) == (one.record, one.path.split("/")[7])
            assert facts.get("erased_at") == one.erased_at
            assert sealed == one.frames
            assert one.erased_at is not None or facts["blobs"] == list(one.files)

    def what_waits_is_the_models(self) -> None:
        """The list of erasures."""
        told = self.ask("GET", f"{self.keeper.diary}/erasures").body["erasures"]
        assert {(one["erasure"], frozenset(one["records"]), one["due_at"]) for one in told} == {
            (one.id, one.records, one.due_at) for one in self.waiting
        }

    @rule(name=NAMES)
    def somebody_else_finds_nothing(self, name: int) -> None:
        """With an account of their own and their own words proved: 404 for all of it, and nothing changes."""
        proof = self.other.proof
        for method, path, body in (
            ("GET", f"{self.keeper.diary}/changes", None),
            ("GET", f"{self.keeper.diary}/erasures", None),
            ("GET", self.blob(name), None),
            ("GET", f"{self.blob(name)}/parts/0", None),
            ("PUT", self.blob(name), {"parts": 1, "size": 5}),
            ("PUT", f"{self.blob(name)}/parts/0", part_of(self.keeper, self.ids[name], 0, 1, b"theirs")),
            ("POST", f"{self.blob(name)}/complete", {"digest": b64(bytes(32))}),
            ("POST", f"{self.keeper.diary}/erasures", {"records": [self.ids[0]], "why": "keeper"}),
            *(
                ("POST", f"{self.keeper.diary}/erasures", {"records": [one.record], "why": "keeper"})
                for one in self.versions[:1]
            ),
            *(("DELETE", f"{self.keeper.diary}/erasures/{one.id}", None) for one in self.waiting[:1]),
            *(("PUT", one.path, one.body) for one in self.versions[:1]),
        ):
            answer = self.box.ask(self.other, method, path, body, x_proof=proof)
            # A version is looked at before it is known whose diary it is for: its signature is not theirs.
            assert answer.status == 404 or (answer.code == "bad_signature" and "/records/" in path), (
                method,
                path,
                answer,
            )


@lengths(short=(10, 25), long=(100, 40))
def test_a_diary_and_its_files(tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int) -> None:
    """Requests at random: what was acknowledged is read back byte for byte, and what was erased is gone."""
    with box(tmp_path, DIARY_QUOTA_BYTES=str(QUOTA), **database_setting) as made:
        play(lambda: Diary(made), examples=examples, steps=steps)
