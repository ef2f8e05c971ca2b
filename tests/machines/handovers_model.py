"""Model of handovers and witness codes: what people without an account can fetch or leave, and until when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.machines.server_box import DAY_MS, HOUR_MS, SECOND_MS, ServerAnswer, ServerBox, ServerStateMachine, b64

QUOTA_BYTES = 4_000
HANDOVER_LIFE_MS = 14 * DAY_MS


def derived_bytes(*labels: object) -> bytes:
    """Return 32 bytes derived from the arguments, for ids, names and proofs."""
    return hashlib.sha256(repr(labels).encode()).digest()


@dataclass
class HandoverModel:
    """Handover. `tickets`: each with its expiry."""

    id: str
    name: str
    auth: str
    parts: list[bytes]
    made_at: int
    received_parts: dict[int, bytes] = field(default_factory=dict)
    complete: bool = False
    ended_at: int | None = None
    is_removed: bool = False
    openings: list[int] = field(default_factory=list)
    tickets: list[tuple[str, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return the sealed size."""
        return sum(map(len, self.parts))

    def is_over(self, now: int) -> bool:
        """Check whether the handover can no longer be fetched."""
        return self.ended_at is not None or now >= self.made_at + HANDOVER_LIFE_MS


@dataclass
class WitnessCodeModel:
    """Witness code. `upload`: files in progress or complete; `ticket`: with its expiry."""

    id: str
    name: str
    sealed: str
    made_at: int
    ticket: tuple[str, int] = ("", 0)
    upload: tuple[str, list[bytes]] | None = None
    received_parts: dict[int, bytes] = field(default_factory=dict)
    statement: bytes | None = None
    answered_at: int | None = None
    taken_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Check whether the code accepts nothing any more."""
        return self.answered_at is not None or now >= self.made_at + HANDOVER_LIFE_MS


class WordsModel(ServerStateMachine):
    """A keeper, another one, and people on the public host who have the words."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which other models share."""
        super().__init__(server_box)
        self.keeper, self.other_keeper = server_box.new_keeper(), server_box.new_keeper()
        self.desk = server_box.new_public_phone()
        self.handovers: list[HandoverModel] = []
        self.codes: list[WitnessCodeModel] = []
        self.wrong_tries: dict[str, list[int]] = {}
        # Bytes of a witness's files without a statement: deleted with the next removal, or by the hourly work.
        self.abandoned_count = self.ids_made = 0

    # State of the model.

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> ServerAnswer:
        """Send a request as the keeper."""
        return self.server_box.request(self.keeper, method, path, body, **headers)

    def used_bytes(self) -> int:
        """Return how many bytes are used."""
        handover_bytes = self.abandoned_count + sum(code.size for code in self.handovers if not code.is_removed)
        return handover_bytes + sum(sum(map(len, code.upload[1])) for code in self.codes if code.upload)

    def is_try_allowed(self, name: str) -> bool:
        """Check whether another try is allowed: fewer than ten wrong ones for this name from this address."""
        self.wrong_tries[name] = [
            at for at in self.wrong_tries.get(name, []) if at > self.server_box.now_ms + SECOND_MS - HOUR_MS
        ]
        return len(self.wrong_tries[name]) < 10

    def code_with_ticket(self, which: int) -> WitnessCodeModel:
        """Return a code whose words were entered."""
        typed = [code for code in self.codes if code.ticket[0]]
        return typed[which % len(typed)]

    def is_refused(self, code: WitnessCodeModel, answer: ServerAnswer) -> bool:
        """Check that the answer is a refusal when the ticket or the code is over."""
        if self.server_box.now_ms >= code.ticket[1]:
            assert (answer.status, answer.code) == (401, "no_match")
            return True
        if code.is_over(self.server_box.now_ms):
            assert answer.status == 404
            return True
        return False

    # Invariants.

    def compare_with_model(self) -> None:
        """Compare everything readable with the model."""
        self.check_used_room()
        self.check_lists()
        self.check_statement_files()

    def check_used_room(self) -> None:
        """Check that handovers and the files of statements use the keeper's quota while they exist."""
        assert self.request("GET", "/v1/usage").body["used_bytes"] == self.used_bytes() <= QUOTA_BYTES

    def check_lists(self) -> None:
        """Check that the keeper's lists of both match the model."""
        handover_rows = self.request("GET", "/v1/handovers").body["handovers"]
        handover_keys = ("handover", "made_at", "expires_at", "ended_at", "complete", "size", "openings")
        expected = [
            (
                one.id,
                one.made_at,
                one.made_at + HANDOVER_LIFE_MS,
                one.ended_at,
                one.complete and not one.is_removed,
                0 if one.is_removed else one.size,
            )
            for one in self.handovers
        ]
        openings = {one.id: one.openings for one in self.handovers}
        assert sorted(tuple(row[key] for key in handover_keys[:-1]) for row in handover_rows) == sorted(expected)
        assert {row["handover"]: row["openings"] for row in handover_rows} == openings
        witness_rows = self.request("GET", f"{self.keeper.diary}/witnesses?taken=1").body["witnesses"]
        keys = ("witness", "made_at", "expires_at", "answered_at", "taken_at", "statement")
        assert {tuple(row[key] for key in keys) for row in witness_rows} == {
            (
                one.id,
                one.made_at,
                one.made_at + HANDOVER_LIFE_MS,
                one.answered_at,
                one.taken_at,
                one.statement and b64(one.statement),
            )
            for one in self.codes
        }

    def check_statement_files(self) -> None:
        """Check that the keeper reads the files of a statement byte for byte, once it has arrived."""
        for code in self.codes:
            if code.upload:
                answer = self.request("GET", f"{self.keeper.diary}/blobs/{code.upload[0]}/parts/1")
                assert answer == ServerAnswer(200, code.upload[1][1]) if code.statement else answer.status == 404
