"""Acts of several steps that change who can read what: a pack handed over, an advocate let in, new keys, an account closed.

Each actor works with the reference client until its server dies under it, and remembers what was acknowledged. With the next
server it first looks what became of the act that was cut off: it was done or it was not, and nothing in between. What is
neither is a line in `wrong`.
"""

from __future__ import annotations

import random
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from diary.client import accounts, advocates, grant_access, handovers, rotate_keys
from diary.client.accounts import Identity
from diary.client.advocates import Advocate
from diary.client.grant_access import Choice
from diary.client.handovers import Left
from diary.client.journal import Journal, Said
from diary.client.transport import Server, connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.errors import KeptError, NoMatch, TryLater, Unavailable
from diary.ledger import push
from diary.ledger.push import ForGrant, Push
from diary.ledger.sharing.grants import USUAL_MS, Granted, Person
from diary.ledger.versions import Place

WORDS: Final = "correct horse battery staple"
CHEAP: Final = {"profile": kdf.CHEAPEST, "policy": kdf.TESTS}
# Enough to be changed under a kill, few enough to be opened again in each of two hundred lives.
FEW: Final = 10
OPENINGS: Final = 5


@dataclass
class Actor(ABC):
    """Somebody with an account of their own, and what was acknowledged to them."""

    origin: str
    identity: Identity
    tokens: dict[str, str]
    chance: random.Random
    done: int = 0
    cut: int = 0
    wrong: list[str] = field(default_factory=list)
    name = ""

    async def live(self, many: int = 1 << 30) -> None:
        """Look, then act until the server is gone, or `many` times."""
        acting = False
        async with connect(self.origin) as server:
            server.tokens = self.tokens
            try:
                await self.look(server)
                for _ in range(many):
                    acting = True
                    await self.act(server)
                    acting = False
                    self.done += 1
            except (Unavailable, TryLater):
                # Gone, or away for a moment, or it asks to wait: the next life begins with a look.
                self.cut += acting
            except KeptError as error:
                self.wrong.append(f"{self.name}: {type(error).__name__} {error.sentence}")

    def expect(self, holds: bool, what: str) -> None:
        """Note what is not as it was acknowledged."""
        if not holds:
            self.wrong.append(f"{self.name}: {what}")

    @abstractmethod
    async def look(self, server: Server) -> None:
        """What is there must be what was acknowledged, or that and the act that was cut off."""

    @abstractmethod
    async def act(self, server: Server) -> None:
        """One act."""


@dataclass
class NewKeys(Actor):
    """Every key made anew, again and again. Of the words before and the words after exactly one pair opens, and all of it."""

    words: str = WORDS
    coming: str = ""
    held: int = 0
    name = "new keys"

    async def look(self, server: Server) -> None:
        """One of the two opens the account, and with it every entry."""
        server.tokens.clear()
        opened = {}
        for words in filter(None, (self.words, self.coming)):
            try:
                opened[words] = await accounts.sign_in(server, self.identity.login, words, policy=kdf.TESTS)
            except NoMatch:
                continue
        self.expect(len(opened) == 1, f"{len(opened)} pairs of words open it")
        for words, identity in opened.items():
            self.words, self.identity, self.coming = words, identity, ""
        journal = Journal(self.identity, SystemClock())
        await journal.fetch(server)
        self.expect(self.held <= journal.received <= self.held + 1, f"{journal.received} entries of {self.held}")
        self.held = journal.received

    async def act(self, server: Server) -> None:
        """An entry while there are few; new words and keys; a look with them."""
        if self.held < FEW:
            journal = Journal(self.identity, SystemClock())
            await journal.fetch(server)
            journal.append(Said("incident", {"narrative": "x" * self.chance.randrange(900)}))
            await journal.send(server)
            self.held += 1
        self.coming = f"{WORDS} {self.chance.randrange(1 << 40)}"
        await rotate_keys.rotate(server, self.identity, self.coming, **CHEAP)  # type: ignore[arg-type]
        self.words, self.coming = self.coming, ""
        await self.look(server)


@dataclass
class Closing(Actor):
    """An account that is to be closed, and is kept after all."""

    may_be: frozenset[bool] = frozenset({False})
    name = "closing"

    async def look(self, server: Server) -> None:
        """It is to be closed, or it is not, as was acknowledged."""
        is_so = (await server.json("GET", "/v1/session"))["closing_at"] is not None
        self.expect(is_so in self.may_be, f"to be closed: {is_so}")
        self.may_be = frozenset({is_so})

    async def act(self, server: Server) -> None:
        """The other of the two."""
        wanted = not all(self.may_be)
        self.may_be = frozenset({True, False})
        await server.json(
            "POST" if wanted else "DELETE", "/v1/account/closing", proof=self.identity.proof if wanted else None
        )
        self.may_be = frozenset({wanted})


@dataclass
class Pack:
    """A pack that was left: its words and bytes, and how often it was opened, at least and at most."""

    left: Left
    content: bytes
    opened: int = 0
    tried: int = 0


@dataclass
class Handing(Actor):
    """Packs left, fetched with their words, and ended."""

    packs: dict[str, Pack] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    ending: str = ""
    name = "hand-overs"

    async def look(self, server: Server) -> None:
        """What was left is whole with its openings counted; what was ended is over; nothing half left stays."""
        told: Any = await server.json("GET", "/v1/handovers")
        there = {one["handover"]: one for one in told["handovers"]}
        if self.ending and there[self.ending]["ended_at"] is not None:
            self._over(self.ending)
        self.ending = ""
        for handover, pack in self.packs.items():
            one = there.get(handover)
            if one is None or not one["complete"] or one["ended_at"] is not None:
                self.expect(False, f"{handover} is not there as it was left")
            else:
                opened = len(one["openings"])
                self.expect(pack.opened <= opened <= pack.tried, f"{opened} openings of {pack.opened} to {pack.tried}")
                pack.opened = pack.tried = opened
        for handover in self.ended:
            self.expect(there.get(handover, {"ended_at": 0})["ended_at"] is not None, f"{handover} is open again")
        for handover in there.keys() - self.packs.keys() - self.ended:
            if there[handover]["ended_at"] is None:
                await server.json("DELETE", f"/v1/handovers/{handover}", proof=self.identity.proof)
            self.ended.add(handover)

    def _over(self, handover: str) -> None:
        """It has ended."""
        self.packs.pop(handover)
        self.ended.add(handover)

    async def act(self, server: Server) -> None:
        """Leave one; or fetch one, or end one, of those that are there."""
        one = self.chance.choice(list(self.packs.values())) if self.packs else None
        if one is None or (len(self.packs) < FEW and self.chance.random() < 0.5):
            await self._leave(server)
        elif self.chance.random() < 0.6 and one.tried < OPENINGS:
            await self.fetch(one)
        else:
            self.ending = one.left.handover
            await server.json("DELETE", f"/v1/handovers/{self.ending}", proof=self.identity.proof)
            self._over(self.ending)
            self.ending = ""

    async def _leave(self, server: Server) -> None:
        """A new one."""
        content = self.chance.randbytes(self.chance.randrange(1, 60_000))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "PACK_JB_1_20261124.zip"
            file.write_bytes(content)
            now = SystemClock().now_ms()
            left = await handovers.leave(server, self.identity, file, now=now, **CHEAP)  # type: ignore[arg-type]
        self.packs[left.handover] = Pack(left, content)

    async def fetch(self, pack: Pack) -> None:
        """Open one with its words and compare it, as whoever has them would."""
        pack.tried += 1
        with tempfile.TemporaryDirectory() as folder:
            async with connect(self.origin.replace("//", "//public.")) as public:
                got = await handovers.collect(public, pack.left.words, Path(folder), kdf.TESTS)
            self.expect(got.read_bytes() == pack.content, "another pack came than was left")
        pack.opened += 1


@dataclass
class Door:
    """A grant, and the versions it has keys for: surely, and perhaps."""

    granted: Granted
    surely: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)


@dataclass
class Granting(Actor):
    """An advocate let in, given keys with an entry and afterwards, and shut out."""

    advocate: Advocate | None = None
    their_tokens: dict[str, str] = field(default_factory=dict)
    person: Person | None = None
    written: list[tuple[Push, Place]] = field(default_factory=list)
    doors: dict[str, Door] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)
    shutting: str = ""
    name = "grants"

    async def look(self, server: Server) -> None:
        """Open doors are open to what was given, shut ones to nothing; one that nobody was told of is shut again."""
        told: Any = await server.json("GET", "/v1/grants")
        there = {one["grant"]: one for one in told["grants"]}
        if self.shutting and there[self.shutting]["ended_at"] is not None:
            self._shut(self.shutting)
        self.shutting = ""
        for grant, door in self.doors.items():
            if grant not in there or there[grant]["ended_at"] is not None:
                self.expect(False, f"{grant} is not open as it was made")
                continue
            given = set(
                (await server.json("GET", f"/v1/diaries/{self.identity.diary}/grants/{grant}/wraps"))["versions"]
            )
            self.expect(
                door.surely <= given <= door.surely | door.perhaps, f"{len(given)} versions are open to {grant}"
            )
            door.surely, door.perhaps = given, set()
        for grant in self.shut:
            self.expect(there[grant]["ended_at"] is not None and there[grant]["given"] == 0, f"{grant} is open again")
        for grant in there.keys() - self.doors.keys() - self.shut:
            await grant_access.shut_out(server, self.identity, grant)
            self.shut.add(grant)

    def _shut(self, grant: str) -> None:
        """It is over."""
        self.doors.pop(grant)
        self.shut.add(grant)

    async def act(self, server: Server) -> None:
        """Let in; or write an entry with keys for every open door; or give what was there; or shut a door."""
        what = self.chance.random()
        if not self.doors or (len(self.doors) < 3 and what < 0.3):
            assert self.person is not None
            choice = Choice({"all": True}, SystemClock().now_ms() + USUAL_MS, "Help with a report")
            made = await grant_access.let_in(server, self.identity, self.person, choice, "Maya", SystemClock().now_ms())
            self.doors[made.id] = Door(made)
        elif len(self.written) < FEW and what < 0.6:
            await self._write(server)
        elif self.written and what < 0.85:
            door = self.chance.choice(list(self.doors.values()))
            door.perhaps |= {place.version for _, place in self.written}
            await grant_access.give(server, self.identity, door.granted, self.written)
            door.surely |= door.perhaps
        else:
            self.shutting = self.chance.choice(list(self.doors))
            await grant_access.shut_out(server, self.identity, self.shutting)
            self._shut(self.shutting)
            self.shutting = ""

    async def _write(self, server: Server) -> None:
        """An entry that goes up with its keys for each door."""
        journal = Journal(self.identity, SystemClock())
        held = journal.append(Said("incident", {"narrative": "x" * self.chance.randrange(900)}))
        place = held.opened.place
        keys = [grant_access.keys_for(door.granted, self.identity, held.push, place) for door in self.doors.values()]
        for door in self.doors.values():
            door.perhaps.add(place.version)
        await server.put(
            f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}", _with(held.push, keys)
        )
        self.written.append((held.push, place))
        for door in self.doors.values():
            door.surely.add(place.version)

    async def read_as_advocate(self) -> int:
        """What the advocate opens must be what was given through each door; how many versions that was."""
        assert self.advocate is not None
        async with connect(self.origin) as server:
            server.tokens = self.their_tokens
            clients, refused = await advocates.list_clients(server, self.advocate, SystemClock().now_ms())
            self.expect(
                refused == 0 and {one.granted.id for one in clients} == set(self.doors), "other doors stand open"
            )
            seen = 0
            for client in clients:
                read = {one.opened.place.version for one in await advocates.read(server, client)}
                self.expect(read == self.doors[client.granted.id].surely, "the advocate opens something else")
                seen += len(read)
        return seen


def _with(pushed: Push, keys: Iterable[ForGrant]) -> bytes:
    """A push that carries keys for grants."""
    return push.encode(replace(pushed, grants=tuple(keys)))
