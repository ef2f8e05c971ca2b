"""Headers of every response, including errors and static files. docs/threats.md gives the reason for each."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

APP_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types app-url lit-html",
    )
)
# The worker that lays out a pack holds the words of a diary. It may load scripts of this host, and connect to nothing.
PAGES_WORKER_POLICY: Final = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
# The worker that reads the words in a picture: decoded by the browser, read by a program in WebAssembly.
READER_WORKER_POLICY: Final = PAGES_WORKER_POLICY
# The worker that makes copies of pictures decodes what other people sent. It may load scripts of this host only.
COPIES_WORKER_POLICY: Final = "default-src 'none'; script-src 'self'"
# A public page has text and a style sheet. Its one script blanks the page, and cannot connect to any server.
PUBLIC_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
# The page that fetches a pack requests its parts from this host, and Argon2 is WebAssembly.
FETCH_PAGE_POLICY: Final = (
    PUBLIC_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") + "; connect-src 'self'"
)
# The page that checks a pack may run scripts of this host, and connect to nothing.
CHECK_PAGE_POLICY: Final = PUBLIC_POLICY
SELF_PERMISSIONS: Final = ("camera", "clipboard-write", "microphone", "screen-wake-lock", "web-share")
DENIED_PERMISSIONS: Final = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY: Final = ", ".join(
    sorted([f"{name}=(self)" for name in SELF_PERMISSIONS] + [f"{name}=()" for name in DENIED_PERMISSIONS])
)
CSP_HEADER_NAME: Final = b"content-security-policy"
NO_STORE_HEADER: Final = (b"cache-control", b"no-store")
HSTS_MAX_AGE_SECONDS: Final = 31_536_000
# Headers that a response may set itself.
_OVERRIDABLE_HEADERS: Final = frozenset((CSP_HEADER_NAME, NO_STORE_HEADER[0]))
HeaderPair = tuple[bytes, bytes]


def security_headers(policy: str, *, tls: bool) -> tuple[HeaderPair, ...]:
    """Return the headers for one host. `tls`: its address begins with https."""
    headers_by_name = {
        "content-security-policy": policy,
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS_POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    if tls:
        headers_by_name["strict-transport-security"] = f"max-age={HSTS_MAX_AGE_SECONDS}; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in headers_by_name.items())


class SecurityHeadersMiddleware:
    """ASGI middleware that adds the security headers to every response."""

    def __init__(self, app: ASGIApp, headers: tuple[HeaderPair, ...]) -> None:
        """Store the headers to add, from `security_headers`."""
        self._app = app
        self._headers = headers
        self._default_headers = [*headers, NO_STORE_HEADER]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. Add `no-store` and the policy of the host unless the response has its own."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = message["headers"]
                names = {name for name, _ in response_headers}
                if names.isdisjoint(_OVERRIDABLE_HEADERS):
                    message["headers"] = [*response_headers, *self._default_headers]
                else:
                    added_headers = [pair for pair in self._headers if pair[0] not in names & {CSP_HEADER_NAME}]
                    message["headers"] = [
                        *response_headers,
                        *added_headers,
                        *(() if NO_STORE_HEADER[0] in names else (NO_STORE_HEADER,)),
                    ]
            await send(message)

        await self._app(scope, receive, send_with_headers)
