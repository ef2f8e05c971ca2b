"""Demo without a browser: a real server, a fictional diary, a pack."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from diary.client import accounts, packs
from diary.client.accounts import Identity
from diary.client.journal import Journal
from diary.client.log_client import wait_until_logged
from diary.client.transport import RemoteServer, connect
from diary.clock import Clock, FixedClock
from diary.crypto.words import format_code_as_text, format_code_as_words, generate_code, parse_code
from diary.encoding import b64
from diary.errors import BadRequest, KeptError, Unavailable
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import PackOptions
from diary.progress import ProgressCallback
from diary.samples import fictional_diary, register_records
from diary.samples.fictional_diary import DiaryScript, SampleEntry
from diary.samples.journal_writer import JournalWriter, write_diary
from diary.samples.register_records import SampleRecordVersion
from diary.samples.timestamp_authority import make_authority

# A slow computer takes minutes for the first start. A server that cannot start exits, and is not waited for.
START_LIMIT_SECONDS: Final = 600
STOP_LIMIT_SECONDS: Final = 30
LOG_TIMEOUT_SECONDS: Final = 60
NOT_STARTED_MESSAGE: Final = "The server did not start."


@dataclass(frozen=True, slots=True)
class SampleCredentials:
    """Credentials of the fictional diary."""

    login: str
    words: str
    recovery_code: bytes

    def text_lines(self) -> list[str]:
        """Return the credentials as lines for a screen or a file."""
        return [
            f"Username:      {self.login}",
            f"Password:      {self.words}",
            f"Recovery code: {format_code_as_text(self.recovery_code)}",
            f"  or in words: {format_code_as_words(self.recovery_code)}",
        ]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Result of a demo: the pack, the notary's public key, the credentials, and the folder if kept.

    `tsa_root_path`: root certificate of the local timestamp authority, if one was used.
    """

    pack_path: Path
    notary_key_path: Path
    credentials: SampleCredentials
    kept_folder: Path | None
    elapsed_seconds: float
    tsa_root_path: Path | None = None


async def write_sample_diary(
    server: RemoteServer,
    report_progress: ProgressCallback,
    script: DiaryScript = fictional_diary.SAMPLE_SCRIPT,
    imports: tuple[Sequence[SampleEntry], Sequence[SampleRecordVersion]] = ((), ()),
) -> tuple[SampleCredentials, JournalWriter]:
    """Register an account, write a fictional diary as if day by day, and send it.

    `imports`: further entries and their message schedules.
    """
    recovery_code = generate_code()
    identity = await accounts.enrol(server, script.words, code=recovery_code)
    clock = FixedClock(0)
    writer = JournalWriter(Journal(identity, clock, fictional_diary.TZ), clock)
    entries, schedules = imports
    write_diary(
        writer,
        [*fictional_diary.load_entries(script), *entries],
        report_progress,
        [*register_records.load_versions(script), *schedules],
        script,
    )
    await writer.send(server, report_progress)
    return SampleCredentials(identity.login, script.words, recovery_code), writer


async def run_demo(
    pack_path: Path,
    keep_folder: Path | None,
    clock: Clock,
    report_progress: ProgressCallback,
    *,
    with_timestamps: bool = False,
) -> DemoResult:
    """Start a server on a free port, write the diary, and build the pack at `pack_path`.

    `keep_folder`: a folder to keep the server's files, the files as received and the credentials in. `with_timestamps`:
    let a local timestamp authority stamp the log. It shows the procedure but proves nothing.
    """
    started_at_seconds = time.monotonic()
    pack_path = pack_path.absolute()
    pack_path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = stack.enter_context(_working_folder(keep_folder))
        settings = {"DIARY_CHECKPOINT_SECONDS": "1"}
        authority = make_authority(folder / "authority") if with_timestamps else None
        if authority:
            settings["DIARY_TIMESTAMPS"] = str(authority.write_settings(stack.enter_context(authority.serve())))
        origin = stack.enter_context(running_server(folder / "server", settings))
        async with connect(origin) as server:
            credentials, _ = await write_sample_diary(server, report_progress)
            # Build the pack on a second device that starts with only the name and the words.
            identity = await accounts.sign_in(server, credentials.login, credentials.words)
            journal = Journal(identity, clock, fictional_diary.TZ)
            await journal.fetch(server)
            work_folder = folder / "work"
            work_folder.mkdir(parents=True, exist_ok=True)
            await wait_until_logged(server, journal, LOG_TIMEOUT_SECONDS, require_stamps=with_timestamps)
            server_info = await server.json("GET", "/v1/server")
            wish = make_wish(journal, clock, origin, str(server_info["release"]))
            await packs.build_pack(server, journal, wish, pack_path, work_folder, report_progress)
        if keep_folder:
            save_demo_files(folder, credentials)
        notary_key_path = pack_path.with_suffix(".notary.txt")
        notary_key_path.write_text(b64(identity.notary_pub) + "\n", encoding="ascii")
        tsa_root_path = pack_path.with_suffix(".tsa-root.pem") if authority else None
        if authority and tsa_root_path:
            tsa_root_path.write_bytes(authority.root_pem)
    return DemoResult(
        pack_path,
        notary_key_path,
        credentials,
        keep_folder.absolute() if keep_folder else None,
        time.monotonic() - started_at_seconds,
        tsa_root_path,
    )


def make_wish(journal: Journal, clock: Clock, origin: str, release: str) -> PackOptions:
    """Return options for a pack of the whole diary, for the police, made now."""
    now_ms = clock.now_ms()
    return PackOptions(
        pack_id=id_text(new_id()),
        no=1,
        made_at=now_ms,
        tz=fictional_diary.TZ,
        chosen=tuple(journal.record_ids("incident")),
        release=release,
        origin=origin,
        consent_at=now_ms,
    )


def save_demo_files(folder: Path, credentials: SampleCredentials) -> None:
    """Save the files as received and the credentials next to the server's own files."""
    received_folder = folder / "files-as-received"
    received_folder.mkdir(exist_ok=True)
    collected = [version.file for version in register_records.load_versions() if version.file]
    for file in [*collected, *(file for entry in fictional_diary.load_entries() for file in entry.draw_files())]:
        (received_folder / file.name).write_bytes(file.content)
    (folder / "sign-in.txt").write_text("\n".join(credentials.text_lines()) + "\n", encoding="utf-8")


@contextmanager
def _working_folder(keep_folder: Path | None) -> Iterator[Path]:
    """Yield the folder to keep, or a temporary one."""
    if keep_folder:
        keep_folder.mkdir(parents=True, exist_ok=True)
        yield keep_folder.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="kept-demo-") as name:
        yield Path(name)


@contextmanager
def running_server(data_folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server in its own process on a free port, with its files in `data_folder`, and yield its origin."""
    data_folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://localhost:{port}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("DIARY_")}
    env |= {
        "DIARY_APP_URL": origin,
        "DIARY_DATA": str(data_folder),
        "DIARY_PUBLIC_URL": f"http://public.localhost:{port}",
        # No browser is at hand here, so the server makes the samples' packs.
        "DIARY_SERVER_PACKS": "on",
    }
    env |= settings or {}
    # -P: import no module from the current folder, which may be full of downloads.
    command = [sys.executable, "-P", "-m", "diary"]
    log_path = data_folder / "server.log"
    with log_path.open("wb") as log:
        migration = subprocess.run([*command, "migrate"], env=env, stdout=log, stderr=log, check=False)  # noqa: S603
        if migration.returncode:
            raise Unavailable(_describe_failed_start(log_path))
        process = subprocess.Popen([*command, "serve"], env=env, stdout=log, stderr=log)  # noqa: S603
        try:
            _wait_for_port(port, process, log_path)
            yield origin
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]", log_path: Path) -> None:
    """Return when the port accepts connections. Raise Unavailable when the server exits or never listens."""
    deadline_seconds = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < deadline_seconds and process.poll() is None:
        if _accepts_connections("127.0.0.1", port):
            return
        time.sleep(0.05)
    raise Unavailable(_describe_failed_start(log_path))


def _accepts_connections(host: str, port: int) -> bool:
    """Return whether something listens on the port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _describe_failed_start(log_path: Path) -> str:
    """Return a sentence with the last line that the server wrote, which says why it did not start."""
    lines = log_path.read_text(encoding="utf-8", errors="replace").split("\n")
    reason = next((line.strip().removeprefix("Error: ") for line in reversed(lines) if line.strip()), "")
    return f"{NOT_STARTED_MESSAGE} It wrote: {reason}" if reason else NOT_STARTED_MESSAGE


async def wait_until_started(origin: str, limit_seconds: float = START_LIMIT_SECONDS) -> None:
    """Return when the server at `origin` accepts connections. Raise Unavailable after `limit_seconds`."""
    url = urlsplit(origin)
    host = url.hostname or ""
    address = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    port = url.port or (443 if url.scheme == "https" else 80)
    deadline_seconds = time.monotonic() + limit_seconds
    while not await asyncio.to_thread(_accepts_connections, address, port):
        if time.monotonic() > deadline_seconds:
            raise Unavailable(NOT_STARTED_MESSAGE)
        await asyncio.sleep(0.2)


async def ensure_sample_diary(origin: str, note_path: Path, report_progress: ProgressCallback) -> SampleCredentials:
    """Return credentials of the fictional diary on a running server.

    Those in the note are used when they still work; otherwise a new diary is written.
    """
    async with connect(origin) as server:
        known_credentials = _read_credentials_note(note_path)
        if known_credentials and await _can_sign_in(server, known_credentials):
            return known_credentials
        credentials, _ = await write_sample_diary(server, report_progress)
    note_path.parent.mkdir(parents=True, exist_ok=True)
    note_path.write_text(
        "\n".join([credentials.login, credentials.words, format_code_as_text(credentials.recovery_code)]) + "\n",
        encoding="ascii",
    )
    return credentials


def _read_credentials_note(note_path: Path) -> SampleCredentials | None:
    """Return the credentials an earlier run saved, or None."""
    if not note_path.is_file():
        return None
    lines = note_path.read_text(encoding="ascii").splitlines()
    try:
        return SampleCredentials(lines[0], lines[1], parse_code(lines[2]))
    except (IndexError, BadRequest):
        return None


async def _can_sign_in(server: RemoteServer, credentials: SampleCredentials) -> bool:
    """Return whether the credentials work on this server."""
    try:
        identity: Identity = await accounts.sign_in(server, credentials.login, credentials.words)
    except KeptError:
        return False
    return identity.login == credentials.login
