"""Looking at a server from outside, as a phone and a stranger do: certificates, headers, what each host gives away."""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary.errors import BadRequest

_TIMEOUT: Final = httpx.Timeout(20, connect=10)
# Whoever gave no answer so often in a row is away: hundreds of files more would each be waited for.
_AWAY: Final = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `names` and `until` (seconds UTC): of the certificate it came under, none without TLS."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    names: tuple[str, ...] = ()
    until: float | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the body, hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Visitor:
    """Asks one server by its public names. `at`: HOST:PORT to connect to instead; `ca`: a certificate to trust besides."""

    at: str = ""
    ca: str | None = None
    faults: list[str] = field(default_factory=list)

    def get(self, origin: str, path: str) -> Answer | None:
        """The answer at an address; None when there is none, and `faults` says why."""
        return next(self.get_all(origin, [path]))

    def get_all(self, origin: str, paths: list[str]) -> Iterator[Answer | None]:
        """Answers over one connection; a server that is away is not asked for the rest."""
        where = urlsplit(origin)
        host = where.hostname or ""
        here = host == "localhost" or host.endswith(".localhost")
        place = self.at or (
            f"127.0.0.1:{where.port or (443 if where.scheme == 'https' else 80)}" if here else where.netloc
        )
        base = f"{where.scheme}://{place}"
        if not place.rpartition(":")[2].isdecimal() and ":" in place:
            raise BadRequest("That is no address: a host and a port are meant, like 127.0.0.1:8000.")
        with httpx.Client(base_url=base, timeout=_TIMEOUT, trust_env=False, verify=self._trust()) as client:
            missed = 0
            for path in paths:
                found = self._one(client, host, where.netloc, path) if missed < _AWAY else None
                missed = 0 if found else missed + 1
                yield found

    def _one(self, client: httpx.Client, host: str, netloc: str, path: str) -> Answer | None:
        """One answer; the certificate is held to the host's own name, wherever the connection goes."""
        try:
            request = client.build_request("GET", path, headers={"Host": netloc, "Accept-Encoding": "identity"})
            request.extensions["sni_hostname"] = host
            found = client.send(request, stream=True)
            try:
                names, until = _certificate(found.extensions.get("network_stream"))
                return Answer(found.status_code, dict(found.headers), found.read(), names, until)
            finally:
                found.close()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self.faults.append(f"{netloc}: {error}")
            return None

    def _trust(self) -> ssl.SSLContext:
        """The system's authorities, and the one that was given."""
        context = ssl.create_default_context()
        if self.ca:
            context.load_verify_locations(self.ca)
        return context


def _certificate(stream: Any) -> tuple[tuple[str, ...], float | None]:
    """The names in the other side's certificate and its last second."""
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    told = tls.getpeercert() if tls is not None else None
    if not told:
        return (), None
    names = tuple(str(value) for kind, value in told.get("subjectAltName", ()) if kind == "DNS")
    return names, float(ssl.cert_time_to_seconds(told["notAfter"]))
