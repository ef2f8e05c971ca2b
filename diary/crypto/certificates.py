"""When a TLS certificate expires."""

from cryptography import x509


def read_expiry_ms(der: bytes) -> int:
    """Return when a certificate (DER) expires, in ms UTC. Raise ValueError if it is malformed."""
    return int(x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp() * 1000)
