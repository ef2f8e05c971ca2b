"""Probe a server from outside, as phones and strangers reach it: certificates, headers, what each host serves."""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary.errors import BadRequest

_HTTP_TIMEOUT: Final = httpx.Timeout(20, connect=10)
# Give up after this many failures in a row: a release lists hundreds of files, each with its own timeout.
_MAX_FAILURES_IN_A_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """One HTTP response, with the names and expiry (seconds UTC) of the certificate; empty without TLS."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_names: tuple[str, ...] = ()
    certificate_expires_at_seconds: float | None = None

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the body, hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class HostProbe:
    """Client for one server under its public names.

    `connect_to`: HOST:PORT to connect to instead; `ca_file`: a further certificate to trust; `faults`: errors so far.
    """

    connect_to: str = ""
    ca_file: str | None = None
    faults: list[str] = field(default_factory=list)

    def get(self, origin: str, path: str) -> ProbeResponse | None:
        """Return the answer at an address, or None when the request failed; `faults` has the reason."""
        return next(self.get_all(origin, [path]))

    def get_all(self, origin: str, paths: list[str]) -> Iterator[ProbeResponse | None]:
        """Yield answers over one connection, None after too many failures in a row."""
        url = urlsplit(origin)
        host = url.hostname or ""
        is_local = host == "localhost" or host.endswith(".localhost")
        address = self.connect_to or (
            f"127.0.0.1:{url.port or (443 if url.scheme == 'https' else 80)}" if is_local else url.netloc
        )
        base_url = f"{url.scheme}://{address}"
        if not address.rpartition(":")[2].isdecimal() and ":" in address:
            raise BadRequest("This is not an address. Give a host and a port, for example 127.0.0.1:8000.")
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
        """Send one request. The certificate must match the host's own name, whatever address is connected to."""
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
        """Return a context that trusts the system's authorities and `ca_file`."""
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context


def _certificate_names_and_expiry(stream: Any) -> tuple[tuple[str, ...], float | None]:
    """Return the names in the server's certificate and when it expires (seconds UTC)."""
    tls_socket = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate = tls_socket.getpeercert() if tls_socket is not None else None
    if not certificate:
        return (), None
    names = tuple(str(value) for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")
    return names, float(ssl.cert_time_to_seconds(certificate["notAfter"]))
