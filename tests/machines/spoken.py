"""Hand-overs and witness codes, as a model: what is left for somebody without an account, and when it is over."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.machines.adapter import DAY, HOUR, SECOND, Box, Machine, Told, b64

QUOTA = 4_000
LASTS = 14 * DAY


def bytes_of(*told: object) -> bytes:
    """32 bytes that follow from what is told, for ids, names and proofs."""
    return hashlib.sha256(repr(told).encode()).digest()


@dataclass
class Left:
    """A hand-over. `tickets`: each with the time until which it is good."""

    id: str
    name: str
    auth: str
    parts: list[bytes]
    made_at: int
    have: dict[int, bytes] = field(default_factory=dict)
    complete: bool = False
    ended_at: int | None = None
    gone: bool = False
    openings: list[int] = field(default_factory=list)
    tickets: list[tuple[str, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Its sealed size."""
        return sum(map(len, self.parts))

    def is_over(self, now: int) -> bool:
        """Whether nobody gets it any more."""
        return self.ended_at is not None or now >= self.made_at + LASTS


@dataclass
class Code:
    """A witness code. `upload`: files that are on their way or came; `ticket` with the time until which it is good."""

    id: str
    name: str
    sealed: str
    made_at: int
    ticket: tuple[str, int] = ("", 0)
    upload: tuple[str, list[bytes]] | None = None
    have: dict[int, bytes] = field(default_factory=dict)
    statement: bytes | None = None
    answered_at: int | None = None
    taken_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Whether it takes nothing any more."""
        return self.answered_at is not None or now >= self.made_at + LASTS


class SpokenModel(Machine):
    """A keeper, another one, and people on the public host who were told words."""

    def __init__(self, on: Box) -> None:
        """`on`: the server, which others share."""
        super().__init__(on)
        self.keeper, self.other = on.keeper(), on.keeper()
        self.desk = on.at_public()
        self.left: list[Left] = []
        self.codes: list[Code] = []
        self.wrong: dict[str, list[int]] = {}
        # Bytes of a witness's files that no statement came with: they go with the next thing that is removed, or by the hour.
        self.given_up = self.made = 0

    # What the model says.

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """A request of the keeper's."""
        return self.box.ask(self.keeper, method, path, body, **headers)

    def room(self) -> int:
        """Bytes that are taken."""
        handed = self.given_up + sum(one.size for one in self.left if not one.gone)
        return handed + sum(sum(map(len, one.upload[1])) for one in self.codes if one.upload)

    def may_try(self, name: str) -> bool:
        """Whether ten wrong tries about this name, from this desk, are not reached."""
        self.wrong[name] = [at for at in self.wrong.get(name, []) if at > self.box.now + SECOND - HOUR]
        return len(self.wrong[name]) < 10

    def with_ticket(self, which: int) -> Code:
        """A code whose words were typed."""
        typed = [one for one in self.codes if one.ticket[0]]
        return typed[which % len(typed)]

    def refused(self, one: Code, answer: Told) -> bool:
        """Whether the ticket or the code is over; then the answer says so."""
        if self.box.now >= one.ticket[1]:
            assert (answer.status, answer.code) == (401, "no_match")
            return True
        if one.is_over(self.box.now):
            assert answer.status == 404
            return True
        return False

    # What must hold.

    def compare(self) -> None:
        """All that can be read."""
        self.room_is_the_models()
        self.lists_are_the_models()
        self.files_of_statements_are_read()

    def room_is_the_models(self) -> None:
        """Hand-overs and the files of statements take the keeper's room, for as long as they are there."""
        assert self.ask("GET", "/v1/usage").body["used_bytes"] == self.room() <= QUOTA

    def lists_are_the_models(self) -> None:
        """What the keeper is shown of both."""
        told = self.ask("GET", "/v1/handovers").body["handovers"]
        keys = ("handover", "made_at", "expires_at", "ended_at", "complete", "size", "openings")
        expected = [
            (
                one.id,
                one.made_at,
                one.made_at + LASTS,
                one.ended_at,
                one.complete and not one.gone,
                0 if one.gone else one.size,
            )
            for one in self.left
        ]
        openings = {one.id: one.openings for one in self.left}
        assert sorted(tuple(row[key] for key in keys[:-1]) for row in told) == sorted(expected)
        assert {row["handover"]: row["openings"] for row in told} == openings
        shown = self.ask("GET", f"{self.keeper.diary}/witnesses?taken=1").body["witnesses"]
        keys = ("witness", "made_at", "expires_at", "answered_at", "taken_at", "statement")
        assert {tuple(row[key] for key in keys) for row in shown} == {
            (
                one.id,
                one.made_at,
                one.made_at + LASTS,
                one.answered_at,
                one.taken_at,
                one.statement and b64(one.statement),
            )
            for one in self.codes
        }

    def files_of_statements_are_read(self) -> None:
        """By the keeper, once the statement has come: byte for byte."""
        for one in self.codes:
            if one.upload:
                answer = self.ask("GET", f"{self.keeper.diary}/blobs/{one.upload[0]}/parts/1")
                assert answer == Told(200, one.upload[1][1]) if one.statement else answer.status == 404
