"""The checks of `doctor`: each result has a finding and, if it is bad, a remedy.

Observations are made by the caller.
"""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diary.config import Settings
from diary.errors import BadSetting
from diary.services.operations import backup_history
from diary.services.operations.certificates import is_certificate_short
from diary.services.operations.clock_check import find_clock_fault
from diary.services.operations.disk_space import DiskSpace
from diary.services.operations.limit_store import is_redis_url
from diary.storage.blob_store import folder_from_url
from diary.storage.database_interface import Database
from diary.storage.log import stamps
from diary.storage.newest_time import find_newest_time
from diary.storage.writer import Transaction

DAY_MS: Final = 86_400_000
MAX_BACKUP_AGE_MS: Final = 26 * 3_600_000
MAX_DRILL_AGE_MS: Final = 92 * DAY_MS
MAX_PENDING_AGE_MS: Final = DAY_MS
MIN_DISK_DAYS: Final = 14
MIN_FREE_DISK_BYTES: Final = 1 << 30
MAX_OPEN_QUOTA_BYTES: Final = 50 << 20
SECRET_NAMES: Final = ("pepper", "notary.key")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of a check.

    `remedy` is empty if nothing is wrong; `is_conclusive` is False if the check could not be made.
    """

    name: str
    finding: str
    remedy: str = ""
    is_conclusive: bool = True

    @property
    def state(self) -> str:
        """Return `green`, `red` or `unknown`."""
        return "unknown" if not self.is_conclusive else "red" if self.remedy else "green"

    @property
    def is_ok(self) -> bool:
        """Return whether no fault was found."""
        return self.state != "red"


@dataclass(frozen=True, slots=True)
class HostProbeResult:
    """Observations of one host from outside.

    `certificate_names` and `certificate_expires_at_ms` are those of its certificate, `wrong_headers` the names of
    missing or changed headers, `leaked_paths` the paths of the other host that it serves.
    """

    url: str
    status: int | None = None
    certificate_names: tuple[str, ...] = ()
    certificate_expires_at_ms: int | None = None
    wrong_headers: tuple[str, ...] = ()
    leaked_paths: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """Input of the checks.

    `sandbox_fault` is why the pack builder cannot be isolated, '' if it can; `bubblewrap_path` is set if it runs inside
    bubblewrap. `release_fault` is how the served files differ from the signed list, '' if they match, None if nothing
    is signed; `is_release_altered` is True if their bytes differ, and False if they are only unreachable.
    `database_fault`, `secrets_fault`, `store_fault` and `counts_fault` are '' if nothing is wrong.
    """

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
    store_fault: str = ""
    counts_fault: str = ""
    history: Mapping[str, Any] = field(default_factory=dict)
    spare_bytes: int = MIN_FREE_DISK_BYTES


def run_checks(settings: Settings, observed: Observations) -> list[CheckResult]:
    """Run every check, in the order in which an operator should correct faults."""
    return [
        _check_tls(observed),
        _check_headers(observed),
        _check_hosts(settings, observed),
        _check_clock(observed),
        _check_disk(observed),
        _check_database(observed),
        _check_store(settings, observed),
        _check_counts(settings, observed),
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
    """Return the newest time recorded in the database (ms UTC), and the number of timestamps pending for a day."""

    def read(tx: Transaction) -> tuple[int, int]:
        return find_newest_time(tx), stamps.count_pending(tx, now_ms - MAX_PENDING_AGE_MS)

    return await db.run_read(read)


def free_bytes(settings: Settings) -> int:
    """Return the free bytes on the data folder's disk."""
    return shutil.disk_usage(settings.data).free


def spare_bytes(settings: Settings) -> int:
    """Return the free bytes above the reserve; see services/operations/disk_space.py."""
    return DiskSpace(settings, folder_from_url(settings.blob_url)).spare_bytes()


def record_free_space(data_dir: Path, now_ms: int, available_bytes: int) -> Mapping[str, Any]:
    """Record today's free space, and return all records."""
    with suppress(OSError):  # an unwritable data folder has its own check
        backup_history.record_free_space(data_dir, now_ms, available_bytes)
    return backup_history.read_history(data_dir)


def _check_tls(observed: Observations) -> CheckResult:
    """Check TLS to both hosts, and that each has its own certificate."""
    name = "TLS"
    for host, other in ((observed.app, observed.public), (observed.public, observed.app)):
        if not host.url.startswith("https:"):
            return CheckResult(name, f"{host.url} is not https", "Put a TLS proxy in front and set its https address.")
        if host.status is None:
            return CheckResult(
                name, f"cannot be reached: {host.failure}", "Check the proxy, its certificate and the DNS record."
            )
        if host.certificate_expires_at_ms is None or is_certificate_short(
            host.certificate_expires_at_ms, observed.now_ms
        ):
            return CheckResult(
                name, f"the certificate of {host.url} expires within ten days", "Find out why it was not renewed."
            )
        other_host_name = other.url.removeprefix("https://").split(":")[0]
        if other_host_name in host.certificate_names:
            finding = f"the certificate of {host.url} names {other_host_name} too"
            return CheckResult(name, finding, "Use one certificate for each host: anybody can read it.")
    return CheckResult(name, "both hosts, each with its own certificate")


def _check_headers(observed: Observations) -> CheckResult:
    """Check that the proxy passes on the headers of this release."""
    wrong_headers = [f"{host.url}: {name}" for host in (observed.app, observed.public) for name in host.wrong_headers]
    if observed.app.status is None or observed.public.status is None:
        return CheckResult("headers", "could not be checked", "Make both hosts reachable.")
    if wrong_headers:
        return CheckResult(
            "headers", ", ".join(wrong_headers), "The proxy removes or changes headers. Configure it to pass them on."
        )
    return CheckResult("headers", "as this release sends them")


def _check_hosts(settings: Settings, observed: Observations) -> CheckResult:
    """Check that both host names lead to this server and that neither serves paths of the other."""
    name, remedy = "two hosts", "Configure the proxy to keep the Host header and to send both names to this server."
    if settings.app_url == settings.public_url:
        return CheckResult(name, "one address for everything", "Set DIARY_PUBLIC_URL to a separate host name.")
    if observed.app.status != 200 or observed.public.status != 200 or observed.server_info is None:
        return CheckResult(name, "the app or the public page does not respond", remedy)
    if observed.server_info.get("origin") != settings.app_url:
        finding = "another server responds, or this one runs with other settings"
        return CheckResult(name, finding, remedy + " Restart it after changing settings.")
    leaked_urls = [f"{host.url}{path}" for host in (observed.app, observed.public) for path in host.leaked_paths]
    if leaked_urls:
        return CheckResult(name, f"a host serves paths of the other: {', '.join(leaked_urls)}", remedy)
    return CheckResult(name, f"{observed.app.url} and {observed.public.url}")


def _check_clock(observed: Observations) -> CheckResult:
    """Check the clock against recorded times, the running server, and synchronisation."""
    remedy = "Synchronise the clock (systemd-timesyncd or chrony): receipts and erasures depend on it."
    fault = find_clock_fault(observed.now_ms, observed.newest_recorded_ms, is_synchronised=observed.clock_synced)
    if fault:
        return CheckResult("clock", fault, remedy)
    server_now_ms = (observed.server_info or {}).get("now")
    if isinstance(server_now_ms, int) and abs(server_now_ms - observed.now_ms) > 60_000:
        return CheckResult("clock", "the running server's time differs from this computer's", remedy)
    return CheckResult(
        "clock", "synchronised" if observed.clock_synced else "not behind; synchronisation cannot be checked here"
    )


def _check_disk(observed: Observations) -> CheckResult:
    """Check the free space, and estimate from earlier records when the disk will be full."""
    remedy = "Free some space or get a larger disk before phones are told to wait."
    earlier_samples = [row for row in observed.history.get("disk", []) if observed.now_ms - row[0] >= DAY_MS]
    if observed.spare_bytes < 0:
        return CheckResult("disk", "no room: files and new accounts are refused, text is still accepted", remedy)
    if observed.free_bytes < MIN_FREE_DISK_BYTES:
        return CheckResult("disk", f"{observed.free_bytes >> 20} MB left", remedy)
    if not earlier_samples:
        return CheckResult("disk", f"{observed.free_bytes / 1e9:.0f} GB left; the trend is known after a day")
    sampled_at_ms, sampled_free_bytes = earlier_samples[0]
    bytes_per_day = (sampled_free_bytes - observed.free_bytes) * DAY_MS / (observed.now_ms - sampled_at_ms)
    days = int(observed.free_bytes / bytes_per_day) if bytes_per_day > 0 else 9_999
    finding = f"{days} days left" if days < 9_999 else f"{observed.free_bytes / 1e9:.0f} GB left, not shrinking"
    return CheckResult("disk", finding, remedy if days < MIN_DISK_DAYS else "")


def _check_database(observed: Observations) -> CheckResult:
    """Check that the database can be reached and written."""
    remedy = "Phones cannot sync until this is corrected." if observed.database_fault else ""
    return CheckResult("database", observed.database_fault.rstrip(".") or "writable", remedy)


def _check_store(settings: Settings, observed: Observations) -> CheckResult:
    """Check that the store of sealed files keeps, returns and removes what it is sent."""
    folder = folder_from_url(settings.blob_url)
    finding = f"a folder, {folder}" if folder else "an object store"
    remedy = "Phones keep their files and wait. Check the store, its credentials and DIARY_BLOB_URL."
    return CheckResult(
        "file store", observed.store_fault or f"{finding}, writable", remedy if observed.store_fault else ""
    )


def _check_counts(settings: Settings, observed: Observations) -> CheckResult:
    """Check that the shared store of counts responds."""
    if observed.counts_fault:
        return CheckResult("request counts", observed.counts_fault, "Start Redis, or correct DIARY_COUNTS_URL.")
    return CheckResult("request counts", "Redis, responds" if is_redis_url(settings.counts_url) else "in memory")


def _check_backup(observed: Observations) -> CheckResult:
    """Check the age of the newest backup."""
    made_at_ms = observed.history.get("backup", {}).get("at")
    if made_at_ms is None:
        return CheckResult("last backup", "never", "Create a key (`backup-key`), then run `backup` every night.")
    if missing_part_count := observed.history["backup"].get("lost", 0):
        return CheckResult(
            "last backup",
            f"{missing_part_count} parts of files were missing",
            "Run `backup`, which lists them. Keep older backups.",
        )
    hours, remedy = (observed.now_ms - made_at_ms) // 3_600_000, "Find out why `backup` did not run last night."
    return CheckResult(
        "last backup", f"{hours} hours ago", "" if observed.now_ms - made_at_ms <= MAX_BACKUP_AGE_MS else remedy
    )


def _check_drill(observed: Observations) -> CheckResult:
    """Check the age of the newest restore drill."""
    drilled_at_ms = observed.history.get("drill", {}).get("at")
    if drilled_at_ms is None:
        return CheckResult("last drill", "never", "Run `canary` once, `backup`, and `drill` on that backup.")
    days = (observed.now_ms - drilled_at_ms) // DAY_MS
    remedy = "Run `drill` on a new backup every three months."
    return CheckResult(
        "last drill", f"{days} days ago", "" if observed.now_ms - drilled_at_ms <= MAX_DRILL_AGE_MS else remedy
    )


def _check_secrets(settings: Settings, observed: Observations) -> CheckResult:
    """Check that the secrets in use are in the newest backup."""
    name = "secrets in backup"
    backed_up_fingerprints = observed.history.get("backup", {}).get("inside", {})
    try:
        current_secrets = dict(
            zip(SECRET_NAMES, (settings.find_existing_pepper(), settings.find_existing_notary_seed()), strict=True)
        )
    except BadSetting as error:
        return CheckResult(name, error.message, "Restore the file from a backup before anything else.")
    for secret_name, raw in current_secrets.items():
        if raw is None:
            return CheckResult(
                name, f"there is no {secret_name}", "Restore it from a backup. Never start the server without it."
            )
    if observed.secrets_fault:
        return CheckResult(name, observed.secrets_fault.rstrip("."), "No keeper can sign in until this is corrected.")
    for secret_name, raw in current_secrets.items():
        if raw is not None and backed_up_fingerprints.get(secret_name) != backup_history.secret_fingerprint(raw):
            return CheckResult(
                name,
                f"the {secret_name} in use is not in the last backup",
                "Run `backup` now, and keep the older backup.",
            )
    return CheckResult(name, "pepper and notary key in use are in the last backup")


def _check_sandbox(settings: Settings, observed: Observations) -> CheckResult:
    """Check that the pack builder can be isolated."""
    if not settings.server_packs:
        return CheckResult("sandbox", "not needed: this server builds no packs")
    if observed.sandbox_fault:
        remedy = (
            "Use Linux 6.12 or later, install bubblewrap, or set DIARY_SERVER_PACKS=off. Until then phones "
            "are not offered packs by this server."
        )
        return CheckResult("sandbox", observed.sandbox_fault.rstrip("."), remedy)
    return CheckResult(
        "sandbox", "isolates the pack builder" + (", inside bubblewrap" if observed.bubblewrap_path else "")
    )


def _check_timestamps(settings: Settings, observed: Observations) -> CheckResult:
    """Check that checkpoints receive their timestamps."""
    if settings.timestamps is None:
        return CheckResult("timestamps", "no authority is set; packs say so")
    if observed.pending_timestamp_count:
        finding = f"{observed.pending_timestamp_count} pending for more than a day"
        return CheckResult("timestamps", finding, "Check whether the authority responds, or add a second one.")
    return CheckResult("timestamps", "none pending for more than a day")


def _check_release(observed: Observations) -> CheckResult:
    """Check that phones receive the files that were signed offline; see cli/doctor.py.

    Without a signature the check is inconclusive.
    """
    name = "release files"
    if observed.release_fault is None:
        remedy = "Sign it (docs/operating.md). Until then phones accept whatever this server serves."
        return CheckResult(name, "this release is not signed, so nothing can be compared", remedy, is_conclusive=False)
    if observed.is_release_altered:
        remedy = "Files are changed on the disk or in transit. Take the server offline until you know how."
        return CheckResult(name, observed.release_fault, remedy)
    if observed.release_fault:
        remedy = "Make the files reachable, or restore the list that was signed for this release."
        return CheckResult(name, observed.release_fault, remedy)
    return CheckResult(name, "every served file matches the signed list")


def _check_operator(settings: Settings) -> CheckResult:
    """Check that the operator's name and privacy contact are set."""
    if not settings.operator or not settings.privacy_contact:
        return CheckResult("operator", "no name or no privacy contact", "Set DIARY_OPERATOR and DIARY_PRIVACY_CONTACT.")
    return CheckResult("operator", f"{settings.operator}, {settings.privacy_contact}")


def _check_enrolment(settings: Settings, observed: Observations) -> CheckResult:
    """Check that the served enrolment mode is the one in the settings."""
    served_mode = (observed.server_info or {}).get("enrolment")
    if served_mode != settings.enrolment:
        return CheckResult("enrolment", f"set to {settings.enrolment}, served as {served_mode}", "Restart the server.")
    if settings.enrolment == "open" and settings.open_quota_bytes > MAX_OPEN_QUOTA_BYTES:
        return CheckResult(
            "enrolment", "open, with more than 50 MB for anyone", "Lower DIARY_OPEN_QUOTA_BYTES, or use invite or code."
        )
    return CheckResult("enrolment", settings.enrolment)
