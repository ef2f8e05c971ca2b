"""Views that are open to anyone: the server's description, usernames, registration and sign-in."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import InvalidCredentials, SecondFactorFailed, TooManyRequests
from diary.services.accounts import authentication, cookie_migration, sessions, sign_in_names
from diary.services.accounts.authentication import NewAccount, PassphraseCredentials, RegistrationRequest
from diary.services.accounts.cookie_migration import LegacyCookies
from diary.services.accounts.sessions import KIND_BORROWED, KIND_DESK, KIND_ORDINARY, Device, StartedSession
from diary.services.operations.server_closing import closing_payload
from diary.services.sync.blobs import PART_LIMIT_BYTES
from diary.web import legacy_cookies, route_policy
from diary.web.request_context import PROOF_BYTES, RequestContext
from diary.web.request_parsing import Fields
from diary.web.responses import json_response

MAX_LOGIN_CHARACTERS = 40
MAX_WISH_CHARACTERS = 200
MAX_TICKET_CHARACTERS = 60
MAX_TOKEN_CHARACTERS = 60
MAX_INVITE_CHARACTERS = 40
MAX_DEVICE_NAME_CHARACTERS = 64
MAX_DIGITS_CHARACTERS = 12
MAX_WRAP_BYTES = 8192
# It grows by 400 bytes with each change of keys, and the limit must never stop a change.
MAX_KEYSET_BYTES = 600_000
PUBLIC_KEY_BYTES = 65


async def describe_server(request: RequestContext) -> ASGIApp:
    """Describe this server and its limits."""
    instance = request.instance
    settings = instance.settings
    return json_response(
        {
            "closing": closing_payload(await request.app_context.closing_monitor.current_schedule(instance)),
            "enrolment": settings.enrolment,
            "limits": {
                "file_bytes": settings.file_bytes,
                "handover_bytes": settings.handover_bytes,
                "part_bytes": PART_LIMIT_BYTES,
                "quota_bytes": settings.quota_bytes,
                "version_bytes": route_policy.VERSION_BODY.max_bytes,
            },
            "instance": str(instance.notary_key_statements[0]["instance"]) if instance.notary_key_statements else None,
            "log": instance.notary.log_id,
            "notary": b64(instance.notary.pub),
            "now": instance.clock.now_ms(),
            "origin": settings.app_url,
            "release": request.app_context.pages.release.name,
            "server_packs": await request.app_context.packs.is_available(),
        }
    )


async def offer_name(request: RequestContext) -> ASGIApp:
    """Offer a free username and a ticket for it."""
    fields = request.fields()
    wanted_name = fields.text("wish", MAX_WISH_CHARACTERS) if fields.has("wish") else ""
    offer = await sign_in_names.offer(request.instance, wanted_name)
    return json_response({"login": offer.login, "ticket": offer.ticket})


async def register(request: RequestContext) -> ASGIApp:
    """Create an account, and sign in."""
    fields = request.fields()
    diary = fields.inner("diary")
    enrolment = RegistrationRequest(
        new_account=read_new_account(fields),
        diary_id=diary.id("diary"),
        diary_wrap=diary.octets("wrap", MAX_WRAP_BYTES),
        invitation_code=fields.text("invite", MAX_INVITE_CHARACTERS) if fields.has("invite") else None,
    )
    response_fields, new_session, is_new = await authentication.register(
        request.instance, enrolment, read_device(request, fields)
    )
    request.app_context.event_log.log_event("registered")
    return session_response(response_fields, new_session, 201 if is_new else 200)


async def get_kdf_parameters(request: RequestContext) -> ASGIApp:
    """Return the parameters to derive the proof for a name."""
    login = sign_in_names.check_login(request.fields().text("login", MAX_LOGIN_CHARACTERS))
    await request.enforce_name_limit(login.encode())
    return json_response({"kdf": await authentication.prelogin(request.instance, login)})


async def sign_in(request: RequestContext) -> ASGIApp:
    """Sign in with a proof of the words."""
    fields = request.fields()
    login = sign_in_names.check_login(fields.text("login", MAX_LOGIN_CHARACTERS))
    auth = fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await request.enforce_name_limit(login.encode())
    try:
        response_fields, new_session = await authentication.sign_in(
            request.instance, login, auth, read_device(request, fields), read_device_token(request, fields)
        )
    except (InvalidCredentials, SecondFactorFailed, TooManyRequests):
        request.app_context.event_log.log_event("sign_in_refused")
        raise
    request.app_context.event_log.log_event("signed_in")
    return session_response(response_fields, new_session, at_desk=fields.flag("desk"))


async def recover(request: RequestContext) -> ASGIApp:
    """Sign in with a proof of the recovery code."""
    fields = request.fields()
    login = sign_in_names.check_login(fields.text("login", MAX_LOGIN_CHARACTERS))
    code_auth = fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES)
    await request.enforce_name_limit(login.encode())
    try:
        response_fields, new_session = await authentication.recover(
            request.instance, login, code_auth, read_device(request, fields)
        )
    except (InvalidCredentials, SecondFactorFailed, TooManyRequests):
        request.app_context.event_log.log_event("recovery_refused")
        raise
    request.app_context.event_log.log_event("recovered")
    return session_response(response_fields, new_session)


async def exchange_legacy_cookies(request: RequestContext) -> ASGIApp:
    """Exchange both cookies and the stored proof of an earlier release for tokens, once."""
    fields = request.fields()
    login = sign_in_names.check_login(fields.text("login", MAX_LOGIN_CHARACTERS))
    auth = fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await request.enforce_name_limit(login.encode())
    cookies = request.cookies
    legacy_tokens = LegacyCookies(cookies.get(legacy_cookies.SESSION_COOKIE), cookies.get(legacy_cookies.DEVICE_COOKIE))
    try:
        response_fields, new_session = await cookie_migration.exchange_cookies_for_tokens(
            request.instance, login, auth, legacy_tokens, read_device(request, fields)
        )
    except (InvalidCredentials, SecondFactorFailed, TooManyRequests):
        request.app_context.event_log.log_event("sign_in_refused")
        raise
    request.app_context.event_log.log_event("signed_in")
    return session_response(response_fields, new_session)


async def renew_session(request: RequestContext) -> ASGIApp:
    """Start the next session of a device whose session has expired."""
    fields = request.fields()
    new_session = await sessions.renew_session(
        request.instance, fields.text("renewal", MAX_TOKEN_CHARACTERS), read_device(request, fields)
    )
    request.app_context.event_log.log_event("signed_in")
    return session_response(
        await sessions.session_payload(request.instance, new_session.account, new_session.session_id), new_session
    )


def read_new_account(fields: Fields) -> NewAccount:
    """Return the new account in a body. Raise BadRequest if a field is missing or not valid."""
    has_recovery_code = fields.has("code_auth") or fields.has("code_wrap")
    return NewAccount(
        account_id=fields.id("account"),
        login=fields.text("login", MAX_LOGIN_CHARACTERS),
        name_ticket=fields.text("ticket", MAX_TICKET_CHARACTERS),
        credentials=read_new_lock(fields),
        code_auth=fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES) if has_recovery_code else None,
        code_wrap=fields.octets("code_wrap", MAX_WRAP_BYTES) if has_recovery_code else None,
        keyset=fields.octets("keyset", MAX_WRAP_BYTES),
        ecdsa_pub=fields.octets("ecdsa_pub", PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
        hpke_pub=fields.octets("hpke_pub", PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
    )


def read_new_lock(fields: Fields) -> PassphraseCredentials:
    """Return the new words' credentials in a body. Raise BadRequest if a field is missing or not valid."""
    return PassphraseCredentials(
        kdf=fields.mapping("kdf"),
        auth=fields.octets("auth", PROOF_BYTES, PROOF_BYTES),
        words_wrap=fields.octets("words_wrap", MAX_WRAP_BYTES),
    )


def read_device(request: RequestContext, fields: Fields) -> Device:
    """Return the device that signs in. Raise BadRequest if a field is missing or not valid."""
    name = fields.text("device_name", MAX_DEVICE_NAME_CHARACTERS)
    digits = fields.text("digits", MAX_DIGITS_CHARACTERS) if fields.has("digits") else ""
    borrowed, desk = fields.flag("borrowed"), fields.flag("desk")
    kind = KIND_DESK if desk else KIND_BORROWED if borrowed else KIND_ORDINARY
    return Device(
        fields.id("device"), name, request.session_token, kind=kind, totp_code=digits, network_key=request.network_key
    )


def read_device_token(request: RequestContext, fields: Fields) -> str | None:
    """Return the token that proves an earlier sign-in of this device to the account, or None for a new device.

    A device of an earlier release whose session was ended still has the token in its cookie: it could not exchange it.
    """
    return (
        fields.text("device_token", MAX_TOKEN_CHARACTERS)
        if fields.has("device_token")
        else request.cookies.get(legacy_cookies.DEVICE_COOKIE)
    )


def session_response(
    response_fields: dict[str, object], new_session: StartedSession, status: int = 200, *, at_desk: bool = False
) -> ASGIApp:
    """Return the response of every request that starts a session.

    `at_desk`: the advocate's page stores nothing, and another user of that browser may have a diary in it.
    """
    if new_session.is_borrowed and at_desk:
        return json_response(response_fields | {"token": new_session.token}, status)
    secrets = {"token": new_session.token, "upload_key": new_session.upload_key}
    if new_session.is_borrowed:
        return json_response(response_fields | secrets, status, legacy_cookies.clear_site_data_headers())
    return json_response(
        response_fields | secrets | {"device_token": new_session.device_token, "renewal": new_session.renewal_token},
        status,
    )
