"""The whole job without a browser: a real server, a fictional diary, a pack."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.client import accounts, packs
from diary.client.accounts import Identity
from diary.client.journal import Journal
from diary.client.log_client import wait_for
from diary.client.transport import Server, connect
from diary.clock import Clock, FixedClock
from diary.crypto.words import code_text, code_words, new_code, read_code
from diary.encoding import b64
from diary.errors import BadRequest, KeptError, Unavailable
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import Wish
from diary.samples import fictional_diary, register_records
from diary.samples.fictional_diary import Story
from diary.samples.journal_writer import Writer, write_diary
from diary.samples.timestamp_authority import make_authority

Step = Callable[[str, int, int], None]
START_SECONDS: Final = 30
LOG_SECONDS: Final = 60
NOT_STARTED: Final = "The server did not start; with --keep its log is server/server.log in that folder."


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to open the fictional diary."""

    login: str
    words: str
    code: bytes

    def lines(self) -> list[str]:
        """For a screen or a file."""
        return [
            f"Sign-in name:  {self.login}",
            f"Words:         {self.words}",
            f"Recovery code: {code_text(self.code)}",
            f"  or in words: {code_words(self.code)}",
        ]


@dataclass(frozen=True, slots=True)
class Made:
    """What a demo leaves: the pack, the notary's public key beside it, how to sign in, and the folder if kept.

    `root`: the local timestamp authority's root, when there was one.
    """

    pack: Path
    notary: Path
    sign_in: SignIn
    folder: Path | None
    seconds: float
    root: Path | None = None


async def write_sample(server: Server, step: Step, story: Story = fictional_diary.SAMPLE) -> tuple[SignIn, Writer]:
    """Register an account, write a fictional diary as if day by day, and send it."""
    code = new_code()
    identity = await accounts.enrol(server, story.words, code=code)
    clock = FixedClock(0)
    writer = Writer(Journal(identity, clock, fictional_diary.TZ), clock)
    write_diary(writer, fictional_diary.entries(story), step, register_records.versions(story), story)
    await writer.send(server, step)
    return SignIn(identity.login, story.words, code), writer


async def run_demo(out: Path, keep: Path | None, clock: Clock, step: Step, *, stamp: bool = False) -> Made:
    """Start a server on a free port, do the whole job against it, write the pack to `out`.

    `keep`: a folder for the server's own files, the files as received and the sign-in, kept afterwards.
    `stamp`: a local timestamp authority stamps the log, which shows how it is done and nothing else.
    """
    started = time.monotonic()
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(keep))
        settings = {"DIARY_CHECKPOINT_SECONDS": "1"}
        authority = make_authority(folder / "authority") if stamp else None
        if authority:
            settings["DIARY_TIMESTAMPS"] = str(authority.settings(stack.enter_context(authority.serving())))
        origin = stack.enter_context(running_server(folder / "server", settings))
        async with connect(origin) as server:
            sign_in, _ = await write_sample(server, step)
            # A second device, with nothing but the name and the words, makes the pack.
            identity = await accounts.sign_in(server, sign_in.login, sign_in.words)
            journal = Journal(identity, clock, fictional_diary.TZ)
            await journal.fetch(server)
            work = folder / "work"
            work.mkdir(parents=True, exist_ok=True)
            await wait_for(server, journal, LOG_SECONDS, stamped=stamp)
            told = await server.json("GET", "/v1/server")
            wish = make_wish(journal, clock, origin, str(told["release"]))
            await packs.build_pack(server, journal, wish, out, work, step)
        if keep:
            keep_files(folder, sign_in)
        notary = out.with_suffix(".notary.txt")
        notary.write_text(b64(identity.notary_pub) + "\n", encoding="ascii")
        root = out.with_suffix(".tsa-root.pem") if authority else None
        if authority and root:
            root.write_bytes(authority.root)
    return Made(out, notary, sign_in, keep.absolute() if keep else None, time.monotonic() - started, root)


def make_wish(journal: Journal, clock: Clock, origin: str, release: str) -> Wish:
    """Everything in the diary, for the police, now."""
    now = clock.now_ms()
    return Wish(
        pack_id=id_text(new_id()),
        no=1,
        made_at=now,
        tz=fictional_diary.TZ,
        chosen=tuple(journal.records("incident")),
        release=release,
        origin=origin,
        consent_at=now,
    )


def keep_files(folder: Path, sign_in: SignIn) -> None:
    """Leave the files as received and the sign-in beside the server's own files."""
    received = folder / "files-as-received"
    received.mkdir(exist_ok=True)
    for entry in fictional_diary.entries():
        for file in entry.draw():
            (received / file.name).write_bytes(file.content)
    (folder / "sign-in.txt").write_text("\n".join(sign_in.lines()) + "\n", encoding="utf-8")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder to keep, or one that goes."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="kept-demo-") as name:
        yield Path(name)


@contextmanager
def running_server(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A server of this code in a process of its own, on a free port, with its files in `data`; gives its origin."""
    data.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://localhost:{port}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("DIARY_")}
    env |= {"DIARY_APP_URL": origin, "DIARY_DATA": str(data), "DIARY_PUBLIC_URL": f"http://public.localhost:{port}"}
    env |= settings or {}
    # -P: import no module from the current folder, which may be full of downloads.
    command = [sys.executable, "-P", "-m", "diary"]
    with (data / "server.log").open("wb") as log:
        migrated = subprocess.run([*command, "migrate"], env=env, stdout=log, stderr=log, check=False)  # noqa: S603
        if migrated.returncode:
            raise Unavailable(NOT_STARTED)
        process = subprocess.Popen([*command, "serve"], env=env, stdout=log, stderr=log)  # noqa: S603
        try:
            _wait_for(port, process)
            yield origin
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return when the port answers. Raises Unavailable when the server ended or is too slow."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable(NOT_STARTED)


async def sample_on(origin: str, note: Path, step: Step) -> SignIn:
    """The fictional diary on a running server: the one that `note` speaks of when it still opens, else a new one."""
    async with connect(origin) as server:
        known = _remembered(note)
        if known and await _still_opens(server, known):
            return known
        sign_in, _ = await write_sample(server, step)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("\n".join([sign_in.login, sign_in.words, code_text(sign_in.code)]) + "\n", encoding="ascii")
    return sign_in


def _remembered(note: Path) -> SignIn | None:
    """What an earlier run wrote down."""
    if not note.is_file():
        return None
    lines = note.read_text(encoding="ascii").splitlines()
    try:
        return SignIn(lines[0], lines[1], read_code(lines[2]))
    except (IndexError, BadRequest):
        return None


async def _still_opens(server: Server, known: SignIn) -> bool:
    """Whether this server has that diary."""
    try:
        identity: Identity = await accounts.sign_in(server, known.login, known.words)
    except KeptError:
        return False
    return identity.login == known.login
