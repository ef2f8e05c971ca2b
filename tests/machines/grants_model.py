"""Model of grants: which advocates can read what, and until when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.machines.server_box import DAY_MS, AdvocateDevice, ServerAnswer, ServerBox, ServerStateMachine, b64, id_text

MINUTE_MS = 60_000


@dataclass
class GrantModel:
    """Grant as it was acknowledged. `granted_versions`: those it has keys for."""

    id: str
    advocate_index: int
    not_after: int
    made_at: int
    body: dict[str, Any]
    granted_versions: list[str] = field(default_factory=list)
    ended_at: int | None = None
    summary: bytes | None = None
    viewed_at: int | None = None
    marks: bytes | None = None
    marks_count: int = 0


@dataclass
class GrantedVersionModel:
    """Version of the keeper's. `frames`: its content in the feed."""

    id: str
    record: str
    files: tuple[str, ...]
    frames: tuple[bytes, ...]
    erased: bool = False


@dataclass
class LetterModel:
    """Letter to the keeper."""

    id: str
    grant: str
    made_at: int
    envelope: bytes
    taken_at: int | None = None


class GrantsModel(ServerStateMachine):
    """A keeper, an organisation of three, and another keeper who tries the same requests."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which other models share."""
        super().__init__(server_box)
        self.keeper, self.other_keeper = server_box.new_keeper(), server_box.new_keeper()
        self.desks: list[AdvocateDevice] = server_box.new_organisation(("Leigh", "Priya", "Sam"))
        self.departed_advocates: set[int] = set()
        self.grants: list[GrantModel] = []
        self.versions: list[GrantedVersionModel] = []
        self.letters: list[LetterModel] = []
        self.views: list[tuple[int, str, str]] = []
        self.ids_made = 0
        # Sessions last thirty days, and an advocate's next sign-in would need a second factor.
        self.time_budget_ms = 27 * DAY_MS

    # State of the model.

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> ServerAnswer:
        """Send a request as the keeper."""
        return self.server_box.request(self.keeper, method, path, body, **headers)

    def new_id(self, kind: str) -> str:
        """Return a new id."""
        self.ids_made += 1
        return id_text(hashlib.sha256(f"{kind} {self.ids_made} {self.keeper.identity.diary}".encode()).digest()[:16])

    def grant_path(self, grant: GrantModel) -> str:
        """Return the path of a grant for the keeper."""
        return f"{self.keeper.diary}/grants/{grant.id}"

    def is_active(self, grant: GrantModel) -> bool:
        """Check whether the grant still gives the advocate access."""
        return grant.ended_at is None and grant.not_after > self.server_box.now_ms

    def fingerprint(self, desk: int) -> str:
        """Return the fingerprint of an advocate's keys."""
        return b64(self.desks[desk].advocate.fingerprint)

    def record_view(self, grant: GrantModel, what: str) -> None:
        """Record a view. Equal views within a minute are recorded once."""
        minute = self.server_box.now_ms - self.server_box.now_ms % MINUTE_MS
        grant.viewed_at = minute
        if (minute, grant.id, what) not in self.views:
            self.views.append((minute, grant.id, what))

    def end_grant(self, grant: GrantModel, at: int) -> None:
        """End a grant and delete its keys."""
        grant.ended_at, grant.granted_versions, grant.summary = at, [], None

    def unerased_versions(self, ids: list[str]) -> list[GrantedVersionModel]:
        """Return those of the versions that are not erased, in the feed's order."""
        return [version for version in self.versions if version.id in ids and not version.erased]

    def request_as_advocate(self, desk: int, method: str, path: str, body: Any = None) -> ServerAnswer | None:
        """Send a request as an advocate. Return None, after checking, for one who has left."""
        answer = self.server_box.request(self.desks[desk], method, path, body)
        if desk in self.departed_advocates:
            assert (answer.status, answer.code) == (401, "signed_out")
            return None
        return answer

    # Invariants.

    def compare_with_model(self) -> None:
        """Compare everything readable with the model."""
        self.check_keepers_list()
        self.check_advocates_lists()
        self.check_letters()

    def check_keepers_list(self) -> None:
        """Check that the keeper's list has every grant with its number of versions and every view."""
        response_body = self.request("GET", "/v1/grants").body
        keys = ("grant", "not_after", "made_at", "ended_at", "given", "looked_at", "marks", "to", "kept")
        assert {tuple(row[key] for key in keys) for row in response_body["grants"]} == {
            (
                *(
                    one.id,
                    one.not_after,
                    one.made_at,
                    one.ended_at,
                    len(one.granted_versions),
                    one.viewed_at,
                    one.marks_count,
                ),
                *(
                    None if one.advocate_index in self.departed_advocates else self.fingerprint(one.advocate_index),
                    one.body["kept"],
                ),
            )
            for one in self.grants
        }
        assert [(one["at"], one["grant"], one["what"]) for one in response_body["looks"]] == self.views[::-1]

    def check_advocates_lists(self) -> None:
        """Check that each advocate's list has their valid grants."""
        for at in range(len(self.desks)):
            answer = self.request_as_advocate(at, "GET", "/v1/clients")
            if answer is not None:
                keys = ("grant", "not_after", "sealed", "summary", "looked_at")
                assert {tuple(row[key] for key in keys) for row in answer.body["clients"]} == {
                    (
                        grant.id,
                        grant.not_after,
                        grant.body["sealed"],
                        grant.summary and b64(grant.summary),
                        grant.viewed_at,
                    )
                    for grant in self.grants
                    if grant.advocate_index == at and self.is_active(grant)
                }

    def check_letters(self) -> None:
        """Check that pending letters are listed, and with `taken` the accepted ones."""
        for query, expected_letters in (
            ("", [one for one in self.letters if one.taken_at is None]),
            ("?taken=1", self.letters),
        ):
            rows = self.request("GET", f"{self.keeper.diary}/letters{query}").body["letters"]
            assert [
                (one["letter"], one["grant"], one["made_at"], one["taken_at"], one["envelope"]) for one in rows
            ] == [(one.id, one.grant, one.made_at, one.taken_at, b64(one.envelope)) for one in expected_letters]
