"""Looking at a server from outside, as a phone and a stranger do: certificates, headers, what each host gives away."""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary.errors import BadRequest

_HTTP_TIMEOUT: Final = httpx.Timeout(20, connect=10)
# Whoever gave no answer so often in a row is away: hundreds of files more would each be waited for.
_MAX_FAILURES_IN_A_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """One answer. `names` and `until` (seconds UTC): of the certificate it came under, none without TLS."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_names: tuple[str, ...] = ()
    certificate_expires_at_seconds: float | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the body, hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class HostProbe:
    """Asks one server by its public names. `at`: HOST:PORT to connect to instead; `ca`: a certificate to trust besides."""

    connect_to: str = ""
    ca_file: str | None = None
    faults: list[str] = field(default_factory=list)

    def get(self, origin: str, path: str) -> ProbeResponse | None:
        """The answer at an address; None when there is none, and `faults` says why."""
        return next(self.get_all(origin, [path]))

    def get_all(self, origin: str, paths: list[str]) -> Iterator[ProbeResponse | None]:
        """Answers over one connection; a server that is away is not asked for the rest."""
        url = urlsplit(origin)
        host = url.hostname or ""
        is_local = host == "localhost" or host.endswith(".localhost")
        address = self.connect_to or (
            f"127.0.0.1:{url.port or (443 if url.scheme == 'https' else 80)}" if is_local else url.netloc
        )
        base_url = f"{url.scheme}://{address}"
        if not address.rpartition(":")[2].isdecimal() and ":" in address:
            raise BadRequest("That is no address: a host and a port are meant, like 127.0.0.1:8000.")
        with httpx.Client(
            base_url=base_url, timeout=_HTTP_TIMEOUT, trust_env=False, verify=self._tls_context()
        ) as client:
            failures_in_a_row = 0
            for path in paths:
                response = (
                    self._one(client, host, url.netloc, path) if failures_in_a_row < _MAX_FAILURES_IN_A_ROW else None
                )
                failures_in_a_row = 0 if response else failures_in_a_row + 1
                yield response

    def _one(self, client: httpx.Client, host: str, netloc: str, path: str) -> ProbeResponse | None:
        """One answer; the certificate is held to the host's own name, wherever the connection goes."""
        try:
            request = client.build_request("GET", path, headers={"Host": netloc, "Accept-Encoding": "identity"})
            request.extensions["sni_hostname"] = host
            response = client.send(request, stream=True)
            try:
                names, expires_at_seconds = _certificate_names_and_expiry(response.extensions.get("network_stream"))
                return ProbeResponse(
                    response.status_code, dict(response.headers), response.read(), names, expires_at_seconds
                )
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self.faults.append(f"{netloc}: {error}")
            return None

    def _tls_context(self) -> ssl.SSLContext:
        """The system's authorities, and the one that was given."""
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context


def _certificate_names_and_expiry(stream: Any) -> tuple[tuple[str, ...], float | None]:
    """The names in the other side's certificate and its last second."""
    tls_socket = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate = tls_socket.getpeercert() if tls_socket is not None else None
    if not certificate:
        return (), None
    names = tuple(str(value) for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")
    return names, float(ssl.cert_time_to_seconds(certificate["notAfter"]))
