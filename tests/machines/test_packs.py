"""Queue of packs at random: owners of places, their lifetime, and malformed capsules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.server_box import Keeper, ServerBox, ServerStateMachine, id_text, run_machine, running_box

PLACE_TIMEOUT_MS = 10 * 60_000
FINISHED_KEPT_MS = 2 * 60_000
KEEPER_INDEX = st.integers(0, 2)


@dataclass
class QueuePlaceModel:
    """A keeper's place. `last_asked_at`: when it was last requested, or failed; `has_capsule`: a malformed one was sent."""

    pack: str
    last_asked_at: int
    has_capsule: bool = False


class PacksMachine(ServerStateMachine):
    """Three keepers with at most one place each."""

    with_capsules = False

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which other models share."""
        super().__init__(server_box)
        self.keepers: list[Keeper] = [server_box.new_keeper() for _ in range(3)]
        self.places: dict[int, QueuePlaceModel] = {}
        self.earlier: list[str] = []

    @rule(who=KEEPER_INDEX)
    def take_place(self, who: int) -> None:
        """Take a place; the keeper's earlier one is dropped."""
        if who in self.places:
            self.earlier.append(self.places[who].pack)
        answer = self.server_box.request(
            self.keepers[who], "POST", "/v1/packs", {"diary": self.keepers[who].identity.diary}
        )
        assert answer.status == 201 and answer.body["state"] == "ready", answer
        self.places[who] = QueuePlaceModel(answer.body["pack"], self.server_box.now_ms)

    @precondition(lambda self: self.places)
    @rule(who=KEEPER_INDEX, of=KEEPER_INDEX)
    def check_place(self, who: int, of: int) -> None:
        """Request a place, one's own or another's."""
        if of not in self.places:
            return
        place = self.places[of]
        answer = self.server_box.request(self.keepers[who], "GET", f"/v1/packs/{place.pack}")
        if who != of:
            assert answer.status == 404
        else:
            assert answer.body["state"] == ("failed" if place.has_capsule else "ready")
            place.last_asked_at = place.last_asked_at if place.has_capsule else self.server_box.now_ms

    @precondition(lambda self: self.places)
    @rule(who=KEEPER_INDEX, of=KEEPER_INDEX)
    def give_up_place(self, who: int, of: int) -> None:
        """Drop a place, one's own or another's."""
        if of not in self.places:
            return
        answer = self.server_box.request(self.keepers[who], "DELETE", f"/v1/packs/{self.places[of].pack}")
        assert answer.status == (204 if who == of else 404)
        if who == of:
            self.earlier.append(self.places.pop(of).pack)

    @precondition(lambda self: self.places)
    @rule(who=KEEPER_INDEX, of=KEEPER_INDEX)
    def fetch_front(self, who: int, of: int) -> None:
        """Fetch a result that does not exist; another's place is unknown."""
        if of not in self.places:
            return
        place = self.places[of]
        answer = self.server_box.request(self.keepers[who], "GET", f"/v1/packs/{place.pack}/front")
        if who != of:
            assert answer.status == 404
        else:
            assert (answer.status, answer.code) == (409, "pack_failed" if place.has_capsule else "conflict")
            place.last_asked_at = place.last_asked_at if place.has_capsule else self.server_box.now_ms

    @precondition(lambda self: self.places and self.with_capsules)
    @rule(who=KEEPER_INDEX, of=KEEPER_INDEX)
    def send_capsule(self, who: int, of: int) -> None:
        """Send a malformed capsule, which fails in the worker.

        A second one is refused, and so is one for another's place.
        """
        if of not in self.places:
            return
        place = self.places[of]
        where = f"/v1/packs/{place.pack}"
        answer = self.server_box.request(self.keepers[who], "PUT", f"{where}/capsule", b'{"t":"not a capsule"}')
        if who != of:
            assert answer.status == 404
        elif place.has_capsule:
            assert (answer.status, answer.code) == (409, "conflict")
        else:
            assert answer.status == 202
            while self.server_box.request(self.keepers[of], "GET", where).body["state"] == "building":
                self.server_box.let_server_run()
            place.has_capsule, place.last_asked_at = True, self.server_box.now_ms

    @rule(who=KEEPER_INDEX, of=KEEPER_INDEX)
    def request_pack_of_other_diary(self, who: int, of: int) -> None:
        """Request a pack of another's diary, which is not found. One's own place remains."""
        if who != of:
            answer = self.server_box.request(
                self.keepers[who], "POST", "/v1/packs", {"diary": self.keepers[of].identity.diary}
            )
            assert answer.status == 404

    @rule(ms=st.sampled_from([60_000, FINISHED_KEPT_MS, 5 * 60_000, PLACE_TIMEOUT_MS, 3 * PLACE_TIMEOUT_MS]))
    def time_passes(self, ms: int) -> None:
        """Let time pass: a place nobody requests is dropped."""
        self.server_box.advance_clock(ms)
        # Send any request: expired places are dropped before it is answered.
        assert self.server_box.request(self.keepers[0], "GET", f"/v1/packs/{id_text(bytes(16))}").status == 404
        for who, place_item in list(self.places.items()):
            if self.server_box.now_ms - place_item.last_asked_at > (
                FINISHED_KEPT_MS if place_item.has_capsule else PLACE_TIMEOUT_MS
            ):
                self.earlier.append(self.places.pop(who).pack)

    def compare_with_model(self) -> None:
        """Compare every keeper's view of every place with the model."""
        for pack in self.earlier[-2:]:
            for keeper in self.keepers:
                assert self.server_box.request(keeper, "GET", f"/v1/packs/{pack}").status == 404
                assert self.server_box.request(keeper, "PUT", f"/v1/packs/{pack}/capsule", b"{}").status == 404


class PacksMachineWithWorkers(PacksMachine):
    """The same with workers, each in its own process."""

    with_capsules = True


def test_queue_places_follow_the_model(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Over random requests, a place belongs to its keeper and lasts as long as it is requested."""
    with running_box(tmp_path, **database_setting) as server_box:
        run_machine(lambda: PacksMachine(server_box), examples=6, steps=20)


@pytest.mark.slow
def test_queue_places_with_workers_follow_the_model(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The same for longer, with capsules that are sent to real workers."""
    with running_box(tmp_path, **database_setting) as server_box:
        run_machine(lambda: PacksMachineWithWorkers(server_box), examples=30, steps=25)
