"""The headers that stand on every response, errors and static files included. docs/threats.md says why each."""

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
# A public page is words and a style sheet; its one script blanks it and can reach no server.
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
# The page that fetches a pack asks this host for its parts, and Argon2 is WebAssembly.
GET_POLICY: Final = (
    PUBLIC_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") + "; connect-src 'self'"
)
# The page that checks one may run, and reach nobody.
VERIFY_POLICY: Final = PUBLIC_POLICY
OWN: Final = ("camera", "clipboard-write", "microphone", "screen-wake-lock", "web-share")
NOBODY: Final = (
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
PERMISSIONS: Final = ", ".join(sorted([f"{name}=(self)" for name in OWN] + [f"{name}=()" for name in NOBODY]))
POLICY: Final = b"content-security-policy"
NO_STORE: Final = (b"cache-control", b"no-store")
YEAR: Final = 31_536_000
# What an answer may say itself.
_SAID: Final = frozenset((POLICY, NO_STORE[0]))
Pair = tuple[bytes, bytes]


def security_headers(policy: str, *, tls: bool) -> tuple[Pair, ...]:
    """The headers for one host. `tls`: its address begins with https."""
    named = {
        "content-security-policy": policy,
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    if tls:
        named["strict-transport-security"] = f"max-age={YEAR}; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in named.items())


class SecurityHeaders:
    """Adds the headers to whatever the application inside answers."""

    def __init__(self, app: ASGIApp, headers: tuple[Pair, ...]) -> None:
        """`headers`: from `security_headers`."""
        self._app = app
        self._headers = headers
        self._usual = [*headers, NO_STORE]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through; `no-store` unless the answer says how it may be kept; its own policy, where it has one."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                if names.isdisjoint(_SAID):
                    message["headers"] = [*given, *self._usual]
                else:
                    held = [pair for pair in self._headers if pair[0] not in names & {POLICY}]
                    message["headers"] = [*given, *held, *(() if NO_STORE[0] in names else (NO_STORE,))]
            await send(message)

        await self._app(scope, receive, with_headers)
