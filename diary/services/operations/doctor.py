"""What `doctor` says: one line a thing, right or wrong, and what to do. Facts come in; nothing is asked here."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diary.config import Settings
from diary.errors import BadSetting
from diary.services.operations import backup_history
from diary.services.operations.disk_space import Disk
from diary.storage.blob_store import folder_of
from diary.storage.database_interface import Database
from diary.storage.writer import Hand

DAY_MS: Final = 86_400_000
BACKUP_MS: Final = 26 * 3_600_000
DRILL_MS: Final = 92 * DAY_MS
CERTIFICATE_MS: Final = 10 * DAY_MS
PENDING_MS: Final = DAY_MS
SKEW_MS: Final = 2_000
DISK_DAYS: Final = 14
DISK_BYTES: Final = 1 << 30
OPEN_BYTES: Final = 50 << 20
SECRETS: Final = ("pepper", "notary.key")


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `do`: what to do about it, empty when it is right; `known`: False where nothing shows right or wrong."""

    name: str
    said: str
    do: str = ""
    known: bool = True

    @property
    def state(self) -> str:
        """green, red or unknown."""
        return "unknown" if not self.known else "red" if self.do else "green"

    @property
    def ok(self) -> bool:
        """Nothing to mend here, as far as is known."""
        return self.state != "red"


@dataclass(frozen=True, slots=True)
class Host:
    """One host from outside. `names`, `until_ms`: its certificate's; `missing`: headers that are not as they should be."""

    url: str
    status: int | None = None
    names: tuple[str, ...] = ()
    until_ms: int | None = None
    missing: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is judged. `sandbox`: why the pack builder cannot be isolated, '' when it can; `wall`: bubblewrap's path
    where it runs in that; `release`: what is wrong with the served files by the signed list, '' for nothing, None where nobody
    signed one; `altered`: their bytes are others, not only out of reach; `database`, `secrets`: what is wrong with them."""

    now: int
    app: Host
    public: Host
    told: Mapping[str, Any] | None
    clock_synced: bool | None
    newest_ms: int
    pending: int
    free_bytes: int
    sandbox: str
    wall: str = ""
    release: str | None = None
    altered: bool = False
    database: str = ""
    secrets: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    spare_bytes: int = DISK_BYTES


def judge(settings: Settings, seen: Seen) -> list[Line]:
    """Every line, in the order an operator mends them."""
    return [
        _tls(seen),
        _headers(seen),
        _hosts(settings, seen),
        _clock(seen),
        _disk(seen),
        _database(seen),
        _backup(seen),
        _drill(seen),
        _secrets(settings, seen),
        _sandbox(settings, seen),
        _authorities(settings, seen),
        _release(seen),
        _operator(settings),
        _enrolment(settings, seen),
    ]


async def times_of(db: Database, now: int) -> tuple[int, int]:
    """The newest moment this server has signed or seen, and how many timestamps have been pending for a day."""

    def read(hand: Hand) -> tuple[int, int]:
        newest = hand.execute(
            "SELECT max(at) FROM (SELECT max(made_at) AS at FROM log_checkpoint UNION ALL SELECT max(seen_at) FROM session) x"
        ).fetchone()[0]
        pending = hand.execute(
            "SELECT count(*) FROM log_stamp s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
            " WHERE s.tsr IS NULL AND s.due_at IS NOT NULL AND c.made_at < ?",
            (now - PENDING_MS,),
        ).fetchone()[0]
        return int(newest or 0), int(pending)

    return await db.page(read)


def free_bytes(settings: Settings) -> int:
    """Room left on the data folder's disk."""
    return shutil.disk_usage(settings.data).free


def spare_bytes(settings: Settings) -> int:
    """Room above what is to stay free, see services/operations/disk_space.py."""
    return Disk(settings, folder_of(settings.blob_url)).spare()


def note_disk(data: Path, now: int, free: int) -> Mapping[str, Any]:
    """Remember how much is free today; everything that is remembered."""
    with suppress(OSError):  # a folder nobody may write in has its line
        backup_history.note_disk(data, now, free)
    return backup_history.read(data)


def _tls(seen: Seen) -> Line:
    """Encryption to both hosts, and one certificate for each."""
    name = "TLS"
    for host, other in ((seen.app, seen.public), (seen.public, seen.app)):
        if not host.url.startswith("https:"):
            return Line(
                name, f"{host.url} is not https", "Put a server that ends TLS in front, and set its https name."
            )
        if host.status is None:
            return Line(
                name, f"cannot be reached: {host.why}", "Look at the proxy, its certificate and the name's DNS."
            )
        if host.until_ms is None or host.until_ms - seen.now < CERTIFICATE_MS:
            return Line(name, f"the certificate of {host.url} ends within ten days", "See why it was not renewed.")
        hidden = other.url.removeprefix("https://").split(":")[0]
        if hidden in host.names:
            said = f"the certificate of {host.url} names {hidden} too"
            return Line(name, said, "Get one certificate for each host: anyone may read it.")
    return Line(name, "both hosts, each under a certificate of its own")


def _headers(seen: Seen) -> Line:
    """The headers that stand on every answer, still there when they arrive."""
    missing = [f"{host.url}: {name}" for host in (seen.app, seen.public) for name in host.missing]
    if seen.app.status is None or seen.public.status is None:
        return Line("headers", "could not be seen", "Mend what keeps the hosts from being reached.")
    if missing:
        return Line(
            "headers", ", ".join(missing), "The proxy takes headers away or changes them. Have it pass them on."
        )
    return Line("headers", "as this release sends them")


def _hosts(settings: Settings, seen: Seen) -> Line:
    """Two names, this server behind both, and neither gives the other away."""
    name, do = "two hosts", "Have the proxy keep the Host header, and send both names to this server."
    if settings.app_url == settings.public_url:
        return Line(name, "one address for everything", "Set DIARY_PUBLIC_URL to a name of its own.")
    if seen.app.status != 200 or seen.public.status != 200 or seen.told is None:
        return Line(name, "the app or the public page does not answer", do)
    if seen.told.get("origin") != settings.app_url:
        said = "another server answers, or this one runs with other settings"
        return Line(name, said, do + " Restart it after changing settings.")
    leaks = [f"{host.url}{path}" for host in (seen.app, seen.public) for path in host.leaks]
    if leaks:
        return Line(name, f"answers what belongs to the other: {', '.join(leaks)}", do)
    return Line(name, f"{seen.app.url} and {seen.public.url}")


def _clock(seen: Seen) -> Line:
    """The computer's clock."""
    do = "Have the clock kept right (systemd-timesyncd or chrony): receipts and erasing go by it."
    if seen.newest_ms > seen.now + SKEW_MS:
        return Line("clock", f"{(seen.newest_ms - seen.now) // 1000} s behind what was signed already", do)
    told = (seen.told or {}).get("now")
    if isinstance(told, int) and abs(told - seen.now) > 60_000:
        return Line("clock", "the server that answers has another time than this computer", do)
    if seen.clock_synced is False:
        return Line("clock", "nothing keeps it right", do)
    return Line(
        "clock", "kept right" if seen.clock_synced else "not behind; whether it is kept right cannot be seen here"
    )


def _disk(seen: Seen) -> Line:
    """Days until the disk is full, going by what was noted since."""
    do = "Make room or get a larger disk before phones are told to wait."
    first = [row for row in seen.notes.get("disk", []) if seen.now - row[0] >= DAY_MS]
    if seen.spare_bytes < 0:
        return Line("disk", "no room: files and new accounts are refused, words go on", do)
    if seen.free_bytes < DISK_BYTES:
        return Line("disk", f"{seen.free_bytes >> 20} MB left", do)
    if not first:
        return Line("disk", f"{seen.free_bytes / 1e9:.0f} GB left; days are known after a day of looking")
    at, free = first[0]
    a_day = (free - seen.free_bytes) * DAY_MS / (seen.now - at)
    days = int(seen.free_bytes / a_day) if a_day > 0 else 9_999
    said = f"{days} days left" if days < 9_999 else f"{seen.free_bytes / 1e9:.0f} GB left, and it does not shrink"
    return Line("disk", said, do if days < DISK_DAYS else "")


def _database(seen: Seen) -> Line:
    """Whether it is there and ours to write."""
    do = "No phone is answered until then." if seen.database else ""
    return Line("database", seen.database.rstrip(".") or "can be written", do)


def _backup(seen: Seen) -> Line:
    """How old the newest backup is."""
    at = seen.notes.get("backup", {}).get("at")
    if at is None:
        return Line("last backup", "never", "Make a key (backup-key), then run `backup` every night.")
    if lost := seen.notes["backup"].get("lost", 0):
        return Line(
            "last backup", f"{lost} parts of files were missing", "Run `backup`: it names them. Keep older backups."
        )
    hours, do = (seen.now - at) // 3_600_000, "See why `backup` did not run last night."
    return Line("last backup", f"{hours} hours ago", "" if seen.now - at <= BACKUP_MS else do)


def _drill(seen: Seen) -> Line:
    """When a backup was last restored on trial."""
    at = seen.notes.get("drill", {}).get("at")
    if at is None:
        return Line("last drill", "never", "Run `canary` once, `backup`, and `drill` on that backup.")
    days = (seen.now - at) // DAY_MS
    do = "Run `drill` on a new backup: every three months."
    return Line("last drill", f"{days} days ago", "" if seen.now - at <= DRILL_MS else do)


def _secrets(settings: Settings, seen: Seen) -> Line:
    """Whether the secrets in use are the ones in the newest backup."""
    name = "secrets in it"
    inside = seen.notes.get("backup", {}).get("inside", {})
    try:
        here = dict(zip(SECRETS, (settings.find_pepper(), settings.find_notary_seed()), strict=True))
    except BadSetting as error:
        return Line(name, error.sentence, "Put the file back from a backup before anything else.")
    for one, raw in here.items():
        if raw is None:
            return Line(
                name, f"there is no {one} here", "Put it back from a backup; never start the server without it."
            )
    if seen.secrets:
        return Line(name, seen.secrets.rstrip("."), "No keeper gets in until then.")
    for one, raw in here.items():
        if raw is not None and inside.get(one) != backup_history.fingerprint(raw):
            return Line(
                name, f"the {one} in use is not in the last backup", "Run `backup` now, and keep the older backup."
            )
    return Line(name, "pepper and notary key in use are in the last backup")


def _sandbox(settings: Settings, seen: Seen) -> Line:
    """Whether the pack builder can be isolated."""
    if not settings.server_packs:
        return Line("sandbox", "not needed: this server builds no packs")
    if seen.sandbox:
        do = "Use Linux 6.12 or later, install bubblewrap, or set DIARY_SERVER_PACKS=off. Until then phones are offered no packs."
        return Line("sandbox", seen.sandbox.rstrip("."), do)
    return Line("sandbox", "isolates the pack builder" + (", inside bubblewrap" if seen.wall else ""))


def _authorities(settings: Settings, seen: Seen) -> Line:
    """Whether checkpoints get their outside timestamps."""
    if settings.timestamps is None:
        return Line("timestamps", "no authority is named; packs say so")
    if seen.pending:
        said = f"{seen.pending} pending for more than a day"
        return Line("timestamps", said, "See whether the authority answers; name a second one.")
    return Line("timestamps", "none is late")


def _release(seen: Seen) -> Line:
    """Whether phones get what somebody signed off line. Without a signature nothing here can tell: see cli/doctor.py."""
    name = "release files"
    if seen.release is None:
        do = "Sign it: docs/operating.md says how. Until then phones take what this server gives them."
        return Line(name, "this release is not signed, so this shows nothing", do, known=False)
    if seen.altered:
        do = "Something changes files on the way or on the disk. Take the server off until you know what."
        return Line(name, seen.release, do)
    if seen.release:
        do = "Mend what keeps them from being asked for, or put back the list signed for this release."
        return Line(name, seen.release, do)
    return Line(name, "every served file is on the signed list")


def _operator(settings: Settings) -> Line:
    """Whether people can know who runs it."""
    if not settings.operator or not settings.privacy_contact:
        return Line("operator", "no name or no privacy contact", "Set DIARY_OPERATOR and DIARY_PRIVACY_CONTACT.")
    return Line("operator", f"{settings.operator}, {settings.privacy_contact}")


def _enrolment(settings: Settings, seen: Seen) -> Line:
    """Whether the way in is the one that was meant."""
    told = (seen.told or {}).get("enrolment")
    if told != settings.enrolment:
        return Line("enrolment", f"set to {settings.enrolment}, served as {told}", "Restart the server.")
    if settings.enrolment == "open" and settings.open_quota_bytes > OPEN_BYTES:
        return Line(
            "enrolment", "open, with more than 50 MB for anyone", "Lower DIARY_OPEN_QUOTA_BYTES, or use invite or code."
        )
    return Line("enrolment", settings.enrolment)
