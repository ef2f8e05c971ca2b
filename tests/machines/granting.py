"""What a keeper lets advocates see, as a model: who can read what, and until when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.machines.adapter import DAY, Box, Desk, Machine, Told, b64, id_text

MINUTE = 60_000


@dataclass
class Grant:
    """A grant as it was acknowledged. `given`: the versions it has keys for."""

    id: str
    desk: int
    not_after: int
    made_at: int
    body: dict[str, Any]
    given: list[str] = field(default_factory=list)
    ended_at: int | None = None
    summary: bytes | None = None
    looked_at: int | None = None
    marks: bytes | None = None
    marked: int = 0


@dataclass
class Version:
    """A version of the keeper's; `frames`: what the feed gives of it."""

    id: str
    record: str
    files: tuple[str, ...]
    frames: tuple[bytes, ...]
    erased: bool = False


@dataclass
class Letter:
    """A letter to the keeper."""

    id: str
    grant: str
    made_at: int
    envelope: bytes
    taken_at: int | None = None


class GrantsModel(Machine):
    """A keeper, an organisation of three, and another keeper who asks for the same things."""

    def __init__(self, on: Box) -> None:
        """`on`: the server, which others share."""
        super().__init__(on)
        self.keeper, self.other = on.keeper(), on.keeper()
        self.desks: list[Desk] = on.organisation(("Leigh", "Priya", "Sam"))
        self.gone: set[int] = set()
        self.grants: list[Grant] = []
        self.versions: list[Version] = []
        self.letters: list[Letter] = []
        self.looks: list[tuple[int, str, str]] = []
        self.made = 0
        # Sessions last thirty days, and an advocate's next sign-in would need a second step.
        self.time_left = 27 * DAY

    # What the model says.

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """A request of the keeper's."""
        return self.box.ask(self.keeper, method, path, body, **headers)

    def new_id(self, kind: str) -> str:
        """An id that nothing has."""
        self.made += 1
        return id_text(hashlib.sha256(f"{kind} {self.made} {self.keeper.identity.diary}".encode()).digest()[:16])

    def address(self, grant: Grant) -> str:
        """Where the keeper finds a grant."""
        return f"{self.keeper.diary}/grants/{grant.id}"

    def stands(self, grant: Grant) -> bool:
        """Whether the advocate still sees something by it."""
        return grant.ended_at is None and grant.not_after > self.box.now

    def fingerprint(self, desk: int) -> str:
        """An advocate's keys in short."""
        return b64(self.desks[desk].advocate.fingerprint)

    def look(self, grant: Grant, what: str) -> None:
        """A look is written down, the same within a minute once."""
        minute = self.box.now - self.box.now % MINUTE
        grant.looked_at = minute
        if (minute, grant.id, what) not in self.looks:
            self.looks.append((minute, grant.id, what))

    def end(self, grant: Grant, at: int) -> None:
        """A grant is over, and its keys are gone."""
        grant.ended_at, grant.given, grant.summary = at, [], None

    def alive(self, ids: list[str]) -> list[Version]:
        """Those of some versions that are not erased, in the order of the feed."""
        return [one for one in self.versions if one.id in ids and not one.erased]

    def as_advocate(self, desk: int, method: str, path: str, body: Any = None) -> Told | None:
        """A request of an advocate's; None from one who has left, which is checked here."""
        answer = self.box.ask(self.desks[desk], method, path, body)
        if desk in self.gone:
            assert (answer.status, answer.code) == (401, "signed_out")
            return None
        return answer

    # What must hold.

    def compare(self) -> None:
        """All that can be read."""
        self.the_keepers_list_is_the_models()
        self.advocates_lists_are_the_models()
        self.letters_are_the_models()

    def the_keepers_list_is_the_models(self) -> None:
        """Every grant, how many versions it gives, and every look."""
        told = self.ask("GET", "/v1/grants").body
        keys = ("grant", "not_after", "made_at", "ended_at", "given", "looked_at", "marks", "to", "kept")
        assert {tuple(row[key] for key in keys) for row in told["grants"]} == {
            (
                *(one.id, one.not_after, one.made_at, one.ended_at, len(one.given), one.looked_at, one.marked),
                *(None if one.desk in self.gone else self.fingerprint(one.desk), one.body["kept"]),
            )
            for one in self.grants
        }
        assert [(one["at"], one["grant"], one["what"]) for one in told["looks"]] == self.looks[::-1]

    def advocates_lists_are_the_models(self) -> None:
        """Each advocate is shown the grants of theirs that stand."""
        for at in range(len(self.desks)):
            answer = self.as_advocate(at, "GET", "/v1/clients")
            if answer is not None:
                keys = ("grant", "not_after", "sealed", "summary", "looked_at")
                assert {tuple(row[key] for key in keys) for row in answer.body["clients"]} == {
                    (one.id, one.not_after, one.body["sealed"], one.summary and b64(one.summary), one.looked_at)
                    for one in self.grants
                    if one.desk == at and self.stands(one)
                }

    def letters_are_the_models(self) -> None:
        """Those that wait, and with `taken` those that were taken in."""
        for query, shown in (("", [one for one in self.letters if one.taken_at is None]), ("?taken=1", self.letters)):
            told = self.ask("GET", f"{self.keeper.diary}/letters{query}").body["letters"]
            assert [
                (one["letter"], one["grant"], one["made_at"], one["taken_at"], one["envelope"]) for one in told
            ] == [(one.id, one.grant, one.made_at, one.taken_at, b64(one.envelope)) for one in shown]
