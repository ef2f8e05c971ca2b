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
from diary.services.operations.disk_space import DiskSpace
from diary.storage.blob_store import folder_from_url
from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

DAY_MS: Final = 86_400_000
MAX_BACKUP_AGE_MS: Final = 26 * 3_600_000
MAX_DRILL_AGE_MS: Final = 92 * DAY_MS
MIN_CERTIFICATE_VALIDITY_MS: Final = 10 * DAY_MS
MAX_PENDING_AGE_MS: Final = DAY_MS
MAX_CLOCK_SKEW_MS: Final = 2_000
MIN_DISK_DAYS: Final = 14
MIN_FREE_DISK_BYTES: Final = 1 << 30
MAX_OPEN_QUOTA_BYTES: Final = 50 << 20
SECRET_NAMES: Final = ("pepper", "notary.key")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line. `do`: what to do about it, empty when it is right; `known`: False where nothing shows right or wrong."""

    name: str
    finding: str
    remedy: str = ""
    is_conclusive: bool = True

    @property
    def state(self) -> str:
        """green, red or unknown."""
        return "unknown" if not self.is_conclusive else "red" if self.remedy else "green"

    @property
    def is_ok(self) -> bool:
        """Nothing to mend here, as far as is known."""
        return self.state != "red"


@dataclass(frozen=True, slots=True)
class HostProbeResult:
    """One host from outside. `names`, `until_ms`: its certificate's; `missing`: headers that are not as they should be."""

    url: str
    status: int | None = None
    certificate_names: tuple[str, ...] = ()
    certificate_expires_at_ms: int | None = None
    wrong_headers: tuple[str, ...] = ()
    leaked_paths: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything that is judged. `sandbox`: why the pack builder cannot be isolated, '' when it can; `wall`: bubblewrap's path
    where it runs in that; `release`: what is wrong with the served files by the signed list, '' for nothing, None where nobody
    signed one; `altered`: their bytes are others, not only out of reach; `database`, `secrets`: what is wrong with them."""

    now_ms: int
    app: HostProbeResult
    public: HostProbeResult
    server_info: Mapping[str, Any] | None
    clock_synced: bool | None
    newest_recorded_ms: int
    pending_timestamp_count: int
    free_bytes: int
    sandbox_fault: str
    bubblewrap_path: str = ""
    release_fault: str | None = None
    is_release_altered: bool = False
    database_fault: str = ""
    secrets_fault: str = ""
    history: Mapping[str, Any] = field(default_factory=dict)
    spare_bytes: int = MIN_FREE_DISK_BYTES


def run_checks(settings: Settings, observed: Observations) -> list[CheckResult]:
    """Every line, in the order an operator mends them."""
    return [
        _check_tls(observed),
        _check_headers(observed),
        _check_hosts(settings, observed),
        _check_clock(observed),
        _check_disk(observed),
        _check_database(observed),
        _check_backup(observed),
        _check_drill(observed),
        _check_secrets(settings, observed),
        _check_sandbox(settings, observed),
        _check_timestamps(settings, observed),
        _check_release(observed),
        _check_operator(settings),
        _check_enrolment(settings, observed),
    ]


async def read_database_times(db: Database, now_ms: int) -> tuple[int, int]:
    """The newest moment this server has signed or seen, and how many timestamps have been pending for a day."""

    def read(tx: Transaction) -> tuple[int, int]:
        newest = tx.execute(
            "SELECT max(at) FROM (SELECT max(made_at) AS at FROM log_checkpoint UNION ALL SELECT max(seen_at) FROM session) x"
        ).fetchone()[0]
        pending = tx.execute(
            "SELECT count(*) FROM log_stamp s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
            " WHERE s.tsr IS NULL AND s.due_at IS NOT NULL AND c.made_at < ?",
            (now_ms - MAX_PENDING_AGE_MS,),
        ).fetchone()[0]
        return int(newest or 0), int(pending)

    return await db.run_read(read)


def free_bytes(settings: Settings) -> int:
    """Room left on the data folder's disk."""
    return shutil.disk_usage(settings.data).free


def spare_bytes(settings: Settings) -> int:
    """Room above what is to stay free, see services/operations/disk_space.py."""
    return DiskSpace(settings, folder_from_url(settings.blob_url)).spare_bytes()


def record_free_space(data_dir: Path, now_ms: int, available_bytes: int) -> Mapping[str, Any]:
    """Remember how much is free today; everything that is remembered."""
    with suppress(OSError):  # a folder nobody may write in has its line
        backup_history.record_free_space(data_dir, now_ms, available_bytes)
    return backup_history.read_history(data_dir)


def _check_tls(observed: Observations) -> CheckResult:
    """Encryption to both hosts, and one certificate for each."""
    name = "TLS"
    for host, other in ((observed.app, observed.public), (observed.public, observed.app)):
        if not host.url.startswith("https:"):
            return CheckResult(
                name, f"{host.url} is not https", "Put a server that ends TLS in front, and set its https name."
            )
        if host.status is None:
            return CheckResult(
                name, f"cannot be reached: {host.failure}", "Look at the proxy, its certificate and the name's DNS."
            )
        if (
            host.certificate_expires_at_ms is None
            or host.certificate_expires_at_ms - observed.now_ms < MIN_CERTIFICATE_VALIDITY_MS
        ):
            return CheckResult(
                name, f"the certificate of {host.url} ends within ten days", "See why it was not renewed."
            )
        other_host_name = other.url.removeprefix("https://").split(":")[0]
        if other_host_name in host.certificate_names:
            finding = f"the certificate of {host.url} names {other_host_name} too"
            return CheckResult(name, finding, "Get one certificate for each host: anyone may read it.")
    return CheckResult(name, "both hosts, each under a certificate of its own")


def _check_headers(observed: Observations) -> CheckResult:
    """The headers that stand on every answer, still there when they arrive."""
    wrong_headers = [f"{host.url}: {name}" for host in (observed.app, observed.public) for name in host.wrong_headers]
    if observed.app.status is None or observed.public.status is None:
        return CheckResult("headers", "could not be seen", "Mend what keeps the hosts from being reached.")
    if wrong_headers:
        return CheckResult(
            "headers", ", ".join(wrong_headers), "The proxy takes headers away or changes them. Have it pass them on."
        )
    return CheckResult("headers", "as this release sends them")


def _check_hosts(settings: Settings, observed: Observations) -> CheckResult:
    """Two names, this server behind both, and neither gives the other away."""
    name, remedy = "two hosts", "Have the proxy keep the Host header, and send both names to this server."
    if settings.app_url == settings.public_url:
        return CheckResult(name, "one address for everything", "Set DIARY_PUBLIC_URL to a name of its own.")
    if observed.app.status != 200 or observed.public.status != 200 or observed.server_info is None:
        return CheckResult(name, "the app or the public page does not answer", remedy)
    if observed.server_info.get("origin") != settings.app_url:
        finding = "another server answers, or this one runs with other settings"
        return CheckResult(name, finding, remedy + " Restart it after changing settings.")
    leaked_urls = [f"{host.url}{path}" for host in (observed.app, observed.public) for path in host.leaked_paths]
    if leaked_urls:
        return CheckResult(name, f"answers what belongs to the other: {', '.join(leaked_urls)}", remedy)
    return CheckResult(name, f"{observed.app.url} and {observed.public.url}")


def _check_clock(observed: Observations) -> CheckResult:
    """The computer's clock."""
    remedy = "Have the clock kept right (systemd-timesyncd or chrony): receipts and erasing go by it."
    if observed.newest_recorded_ms > observed.now_ms + MAX_CLOCK_SKEW_MS:
        return CheckResult(
            "clock",
            f"{(observed.newest_recorded_ms - observed.now_ms) // 1000} s behind what was signed already",
            remedy,
        )
    server_now_ms = (observed.server_info or {}).get("now")
    if isinstance(server_now_ms, int) and abs(server_now_ms - observed.now_ms) > 60_000:
        return CheckResult("clock", "the server that answers has another time than this computer", remedy)
    if observed.clock_synced is False:
        return CheckResult("clock", "nothing keeps it right", remedy)
    return CheckResult(
        "clock", "kept right" if observed.clock_synced else "not behind; whether it is kept right cannot be seen here"
    )


def _check_disk(observed: Observations) -> CheckResult:
    """Days until the disk is full, going by what was noted since."""
    remedy = "Make room or get a larger disk before phones are told to wait."
    earlier_samples = [row for row in observed.history.get("disk", []) if observed.now_ms - row[0] >= DAY_MS]
    if observed.spare_bytes < 0:
        return CheckResult("disk", "no room: files and new accounts are refused, words go on", remedy)
    if observed.free_bytes < MIN_FREE_DISK_BYTES:
        return CheckResult("disk", f"{observed.free_bytes >> 20} MB left", remedy)
    if not earlier_samples:
        return CheckResult("disk", f"{observed.free_bytes / 1e9:.0f} GB left; days are known after a day of looking")
    sampled_at_ms, sampled_free_bytes = earlier_samples[0]
    bytes_per_day = (sampled_free_bytes - observed.free_bytes) * DAY_MS / (observed.now_ms - sampled_at_ms)
    days = int(observed.free_bytes / bytes_per_day) if bytes_per_day > 0 else 9_999
    finding = (
        f"{days} days left" if days < 9_999 else f"{observed.free_bytes / 1e9:.0f} GB left, and it does not shrink"
    )
    return CheckResult("disk", finding, remedy if days < MIN_DISK_DAYS else "")


def _check_database(observed: Observations) -> CheckResult:
    """Whether it is there and ours to write."""
    remedy = "No phone is answered until then." if observed.database_fault else ""
    return CheckResult("database", observed.database_fault.rstrip(".") or "can be written", remedy)


def _check_backup(observed: Observations) -> CheckResult:
    """How old the newest backup is."""
    made_at_ms = observed.history.get("backup", {}).get("at")
    if made_at_ms is None:
        return CheckResult("last backup", "never", "Make a key (backup-key), then run `backup` every night.")
    if missing_part_count := observed.history["backup"].get("lost", 0):
        return CheckResult(
            "last backup",
            f"{missing_part_count} parts of files were missing",
            "Run `backup`: it names them. Keep older backups.",
        )
    hours, remedy = (observed.now_ms - made_at_ms) // 3_600_000, "See why `backup` did not run last night."
    return CheckResult(
        "last backup", f"{hours} hours ago", "" if observed.now_ms - made_at_ms <= MAX_BACKUP_AGE_MS else remedy
    )


def _check_drill(observed: Observations) -> CheckResult:
    """When a backup was last restored on trial."""
    drilled_at_ms = observed.history.get("drill", {}).get("at")
    if drilled_at_ms is None:
        return CheckResult("last drill", "never", "Run `canary` once, `backup`, and `drill` on that backup.")
    days = (observed.now_ms - drilled_at_ms) // DAY_MS
    remedy = "Run `drill` on a new backup: every three months."
    return CheckResult(
        "last drill", f"{days} days ago", "" if observed.now_ms - drilled_at_ms <= MAX_DRILL_AGE_MS else remedy
    )


def _check_secrets(settings: Settings, observed: Observations) -> CheckResult:
    """Whether the secrets in use are the ones in the newest backup."""
    name = "secrets in it"
    backed_up_fingerprints = observed.history.get("backup", {}).get("inside", {})
    try:
        current_secrets = dict(
            zip(SECRET_NAMES, (settings.find_existing_pepper(), settings.find_existing_notary_seed()), strict=True)
        )
    except BadSetting as error:
        return CheckResult(name, error.message, "Put the file back from a backup before anything else.")
    for secret_name, raw in current_secrets.items():
        if raw is None:
            return CheckResult(
                name, f"there is no {secret_name} here", "Put it back from a backup; never start the server without it."
            )
    if observed.secrets_fault:
        return CheckResult(name, observed.secrets_fault.rstrip("."), "No keeper gets in until then.")
    for secret_name, raw in current_secrets.items():
        if raw is not None and backed_up_fingerprints.get(secret_name) != backup_history.secret_fingerprint(raw):
            return CheckResult(
                name,
                f"the {secret_name} in use is not in the last backup",
                "Run `backup` now, and keep the older backup.",
            )
    return CheckResult(name, "pepper and notary key in use are in the last backup")


def _check_sandbox(settings: Settings, observed: Observations) -> CheckResult:
    """Whether the pack builder can be isolated."""
    if not settings.server_packs:
        return CheckResult("sandbox", "not needed: this server builds no packs")
    if observed.sandbox_fault:
        remedy = (
            "Use Linux 6.12 or later, install bubblewrap, or set DIARY_SERVER_PACKS=off. Until then phones "
            "are offered no packs."
        )
        return CheckResult("sandbox", observed.sandbox_fault.rstrip("."), remedy)
    return CheckResult(
        "sandbox", "isolates the pack builder" + (", inside bubblewrap" if observed.bubblewrap_path else "")
    )


def _check_timestamps(settings: Settings, observed: Observations) -> CheckResult:
    """Whether checkpoints get their outside timestamps."""
    if settings.timestamps is None:
        return CheckResult("timestamps", "no authority is named; packs say so")
    if observed.pending_timestamp_count:
        finding = f"{observed.pending_timestamp_count} pending for more than a day"
        return CheckResult("timestamps", finding, "See whether the authority answers; name a second one.")
    return CheckResult("timestamps", "none is late")


def _check_release(observed: Observations) -> CheckResult:
    """Whether phones get what somebody signed off line. Without a signature nothing here can tell: see cli/doctor.py."""
    name = "release files"
    if observed.release_fault is None:
        remedy = "Sign it: docs/operating.md says how. Until then phones take what this server gives them."
        return CheckResult(name, "this release is not signed, so this shows nothing", remedy, is_conclusive=False)
    if observed.is_release_altered:
        remedy = "Something changes files on the way or on the disk. Take the server off until you know what."
        return CheckResult(name, observed.release_fault, remedy)
    if observed.release_fault:
        remedy = "Mend what keeps them from being asked for, or put back the list signed for this release."
        return CheckResult(name, observed.release_fault, remedy)
    return CheckResult(name, "every served file is on the signed list")


def _check_operator(settings: Settings) -> CheckResult:
    """Whether people can know who runs it."""
    if not settings.operator or not settings.privacy_contact:
        return CheckResult("operator", "no name or no privacy contact", "Set DIARY_OPERATOR and DIARY_PRIVACY_CONTACT.")
    return CheckResult("operator", f"{settings.operator}, {settings.privacy_contact}")


def _check_enrolment(settings: Settings, observed: Observations) -> CheckResult:
    """Whether the way in is the one that was meant."""
    served_mode = (observed.server_info or {}).get("enrolment")
    if served_mode != settings.enrolment:
        return CheckResult("enrolment", f"set to {settings.enrolment}, served as {served_mode}", "Restart the server.")
    if settings.enrolment == "open" and settings.open_quota_bytes > MAX_OPEN_QUOTA_BYTES:
        return CheckResult(
            "enrolment", "open, with more than 50 MB for anyone", "Lower DIARY_OPEN_QUOTA_BYTES, or use invite or code."
        )
    return CheckResult("enrolment", settings.enrolment)
