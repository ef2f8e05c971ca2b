"""Places in the queue for packs: whose they are, how long they last, and what becomes of a capsule that is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.adapter import Box, Keeper, Machine, box, id_text, play

UNSEEN = 10 * 60_000
DONE = 2 * 60_000
WHO = st.integers(0, 2)


@dataclass
class Place:
    """A keeper's place. `capsule`: whether one was sent, which no worker can read; `since`: when it failed or was asked for."""

    pack: str
    since: int
    capsule: bool = False


class Packs(Machine):
    """Three keepers, each with one place at most."""

    with_capsules = False

    def __init__(self, on: Box) -> None:
        """`on`: the server, which others share."""
        super().__init__(on)
        self.keepers: list[Keeper] = [on.keeper() for _ in range(3)]
        self.places: dict[int, Place] = {}
        self.earlier: list[str] = []

    @rule(who=WHO)
    def place(self, who: int) -> None:
        """A place; the one before it is given up."""
        if who in self.places:
            self.earlier.append(self.places[who].pack)
        answer = self.box.ask(self.keepers[who], "POST", "/v1/packs", {"diary": self.keepers[who].identity.diary})
        assert answer.status == 201 and answer.body["state"] == "ready", answer
        self.places[who] = Place(answer.body["pack"], self.box.now)

    @precondition(lambda self: self.places)
    @rule(who=WHO, of=WHO)
    def look(self, who: int, of: int) -> None:
        """One asks for a place, their own or another's."""
        if of not in self.places:
            return
        one = self.places[of]
        answer = self.box.ask(self.keepers[who], "GET", f"/v1/packs/{one.pack}")
        if who != of:
            assert answer.status == 404
        else:
            assert answer.body["state"] == ("failed" if one.capsule else "ready")
            one.since = one.since if one.capsule else self.box.now

    @precondition(lambda self: self.places)
    @rule(who=WHO, of=WHO)
    def give_up(self, who: int, of: int) -> None:
        """One gives a place up, their own or another's."""
        if of not in self.places:
            return
        answer = self.box.ask(self.keepers[who], "DELETE", f"/v1/packs/{self.places[of].pack}")
        assert answer.status == (204 if who == of else 404)
        if who == of:
            self.earlier.append(self.places.pop(of).pack)

    @precondition(lambda self: self.places)
    @rule(who=WHO, of=WHO)
    def fetch(self, who: int, of: int) -> None:
        """There is nothing to fetch yet, or never will be; of another's nothing is known."""
        if of not in self.places:
            return
        one = self.places[of]
        answer = self.box.ask(self.keepers[who], "GET", f"/v1/packs/{one.pack}/front")
        if who != of:
            assert answer.status == 404
        else:
            assert (answer.status, answer.code) == (409, "pack_failed" if one.capsule else "conflict")
            one.since = one.since if one.capsule else self.box.now

    @precondition(lambda self: self.places and self.with_capsules)
    @rule(who=WHO, of=WHO)
    def send_capsule(self, who: int, of: int) -> None:
        """What is no capsule fails in its worker; a second one is refused, and another's place takes none."""
        if of not in self.places:
            return
        one = self.places[of]
        where = f"/v1/packs/{one.pack}"
        answer = self.box.ask(self.keepers[who], "PUT", f"{where}/capsule", b'{"t":"not a capsule"}')
        if who != of:
            assert answer.status == 404
        elif one.capsule:
            assert (answer.status, answer.code) == (409, "conflict")
        else:
            assert answer.status == 202
            while self.box.ask(self.keepers[of], "GET", where).body["state"] == "building":
                self.box.run_on()
            one.capsule, one.since = True, self.box.now

    @rule(who=WHO, of=WHO)
    def of_anothers_diary(self, who: int, of: int) -> None:
        """A pack of another's diary is not there; one's own place stays."""
        if who != of:
            answer = self.box.ask(self.keepers[who], "POST", "/v1/packs", {"diary": self.keepers[of].identity.diary})
            assert answer.status == 404

    @rule(ms=st.sampled_from([60_000, DONE, 5 * 60_000, UNSEEN, 3 * UNSEEN]))
    def time_passes(self, ms: int) -> None:
        """A place that nobody asks for is given up."""
        self.box.pass_time(ms)
        # Somebody asks for anything: what is over is given up before that is answered.
        assert self.box.ask(self.keepers[0], "GET", f"/v1/packs/{id_text(bytes(16))}").status == 404
        for who, one in list(self.places.items()):
            if self.box.now - one.since > (DONE if one.capsule else UNSEEN):
                self.earlier.append(self.places.pop(who).pack)

    def compare(self) -> None:
        """Whoever asks, whatever for."""
        for pack in self.earlier[-2:]:
            for keeper in self.keepers:
                assert self.box.ask(keeper, "GET", f"/v1/packs/{pack}").status == 404
                assert self.box.ask(keeper, "PUT", f"/v1/packs/{pack}/capsule", b"{}").status == 404


class PacksWithCapsules(Packs):
    """The same with workers, each a process."""

    with_capsules = True


def test_places_for_packs(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Requests at random: a place is its keeper's, and lasts as long as it is asked for."""
    with box(tmp_path, **database_setting) as made:
        play(lambda: Packs(made), examples=6, steps=20)


@pytest.mark.slow
def test_places_for_packs_with_workers(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The same for longer, with capsules that go to real workers."""
    with box(tmp_path, **database_setting) as made:
        play(lambda: PacksWithCapsules(made), examples=30, steps=25)
