"""Open to anyone: what this server is, names, registering, signing in."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NoMatch, SecondStep, TryLater
from diary.services.accounts import authentication, cookie_migration, sessions, sign_in_names
from diary.services.accounts.authentication import Enrolment, NewAccount, NewLock
from diary.services.accounts.cookie_migration import Earlier
from diary.services.accounts.sessions import BORROWED, DESK, ORDINARY, Device, Entry
from diary.services.operations.decommission import told
from diary.services.sync.blobs import PART_LIMIT
from diary.web import legacy_cookies, route_policy
from diary.web.request_context import PROOF_BYTES, Call
from diary.web.request_parsing import Fields
from diary.web.responses import json_answer

LOGIN_CHARACTERS = 40
WISH_CHARACTERS = 200
TICKET_CHARACTERS = 60
TOKEN_CHARACTERS = 60
INVITE_CHARACTERS = 40
DEVICE_NAME_CHARACTERS = 64
DIGITS_CHARACTERS = 12
WRAP_BYTES = 8192
# It grows by four hundred bytes with each change of keys, and nobody may be told that they were changed too often.
KEYSET_BYTES = 600_000
POINT_BYTES = 65


async def server(call: Call) -> ASGIApp:
    """What this server is, and its limits."""
    instance = call.instance
    settings = instance.settings
    return json_answer(
        {
            "closing": told(await call.office.ending.known(instance)),
            "enrolment": settings.enrolment,
            "limits": {
                "file_bytes": settings.file_bytes,
                "handover_bytes": settings.handover_bytes,
                "part_bytes": PART_LIMIT,
                "quota_bytes": settings.quota_bytes,
                "version_bytes": route_policy.VERSION.most,
            },
            "instance": str(instance.statements[0]["instance"]) if instance.statements else None,
            "log": instance.notary.log,
            "notary": b64(instance.notary.pub),
            "now": instance.clock.now_ms(),
            "origin": settings.app_url,
            "release": call.office.pages.release.name,
            "server_packs": await call.office.packs.available(),
        }
    )


async def offer_name(call: Call) -> ASGIApp:
    """A free sign-in name and its ticket."""
    fields = call.fields()
    wish = fields.text("wish", WISH_CHARACTERS) if fields.has("wish") else ""
    offer = await sign_in_names.offer(call.instance, wish)
    return json_answer({"login": offer.login, "ticket": offer.ticket})


async def register(call: Call) -> ASGIApp:
    """A new account, signed in."""
    fields = call.fields()
    diary = fields.inner("diary")
    enrolment = Enrolment(
        new=read_account(fields),
        diary=diary.id("diary"),
        diary_wrap=diary.octets("wrap", WRAP_BYTES),
        invite=fields.text("invite", INVITE_CHARACTERS) if fields.has("invite") else None,
    )
    answer, entry, new = await authentication.register(call.instance, enrolment, read_device(call, fields))
    call.office.events.say("registered")
    return entered(answer, entry, 201 if new else 200)


async def prelogin(call: Call) -> ASGIApp:
    """How to derive the proof for a name."""
    login = sign_in_names.check_login(call.fields().text("login", LOGIN_CHARACTERS))
    await call.count_record(login.encode())
    return json_answer({"kdf": await authentication.prelogin(call.instance, login)})


async def sign_in(call: Call) -> ASGIApp:
    """A session for the words."""
    fields = call.fields()
    login = sign_in_names.check_login(fields.text("login", LOGIN_CHARACTERS))
    auth = fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await call.count_record(login.encode())
    try:
        answer, entry = await authentication.sign_in(
            call.instance, login, auth, read_device(call, fields), read_known(call, fields)
        )
    except (NoMatch, SecondStep, TryLater):
        call.office.events.say("sign_in_refused")
        raise
    call.office.events.say("signed_in")
    return entered(answer, entry, at_desk=fields.flag("desk"))


async def recover(call: Call) -> ASGIApp:
    """A session for the recovery code."""
    fields = call.fields()
    login = sign_in_names.check_login(fields.text("login", LOGIN_CHARACTERS))
    code_auth = fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES)
    await call.count_record(login.encode())
    try:
        answer, entry = await authentication.recover(call.instance, login, code_auth, read_device(call, fields))
    except (NoMatch, SecondStep, TryLater):
        call.office.events.say("recovery_refused")
        raise
    call.office.events.say("recovered")
    return entered(answer, entry)


async def go_over(call: Call) -> ASGIApp:
    """Tokens for a device of an earlier release: both cookies and the proof it kept, once."""
    fields = call.fields()
    login = sign_in_names.check_login(fields.text("login", LOGIN_CHARACTERS))
    auth = fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await call.count_record(login.encode())
    held = call.cookies
    earlier = Earlier(held.get(legacy_cookies.SESSION), held.get(legacy_cookies.DEVICE))
    try:
        answer, entry = await cookie_migration.exchange(call.instance, login, auth, earlier, read_device(call, fields))
    except (NoMatch, SecondStep, TryLater):
        call.office.events.say("sign_in_refused")
        raise
    call.office.events.say("signed_in")
    return entered(answer, entry)


async def renew(call: Call) -> ASGIApp:
    """The next session of a device whose last one ran out."""
    fields = call.fields()
    entry = await sessions.renew(call.instance, fields.text("renewal", TOKEN_CHARACTERS), read_device(call, fields))
    call.office.events.say("signed_in")
    return entered(await sessions.describe(call.instance, entry.account, entry.session), entry)


def read_account(fields: Fields) -> NewAccount:
    """A new account out of a body."""
    with_code = fields.has("code_auth") or fields.has("code_wrap")
    return NewAccount(
        account=fields.id("account"),
        login=fields.text("login", LOGIN_CHARACTERS),
        ticket=fields.text("ticket", TICKET_CHARACTERS),
        lock=read_lock(fields),
        code_auth=fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES) if with_code else None,
        code_wrap=fields.octets("code_wrap", WRAP_BYTES) if with_code else None,
        keyset=fields.octets("keyset", WRAP_BYTES),
        ecdsa_pub=fields.octets("ecdsa_pub", POINT_BYTES, POINT_BYTES),
        hpke_pub=fields.octets("hpke_pub", POINT_BYTES, POINT_BYTES),
    )


def read_lock(fields: Fields) -> NewLock:
    """A new lock on the words out of a body."""
    return NewLock(
        kdf=fields.mapping("kdf"),
        auth=fields.octets("auth", PROOF_BYTES, PROOF_BYTES),
        words_wrap=fields.octets("words_wrap", WRAP_BYTES),
    )


def read_device(call: Call, fields: Fields) -> Device:
    """The device that signs in."""
    name = fields.text("device_name", DEVICE_NAME_CHARACTERS)
    digits = fields.text("digits", DIGITS_CHARACTERS) if fields.has("digits") else ""
    borrowed, desk = fields.flag("borrowed"), fields.flag("desk")
    kind = DESK if desk else BORROWED if borrowed else ORDINARY
    return Device(fields.id("device"), name, call.session_token, kind=kind, digits=digits, network=call.network)


def read_known(call: Call, fields: Fields) -> str | None:
    """The token by which a device shows that it has signed in to the account before; None from a new one.

    A device of an earlier release whose session was ended has it in its cookie still: the exchange gave it nothing.
    """
    return (
        fields.text("device_token", TOKEN_CHARACTERS)
        if fields.has("device_token")
        else call.cookies.get(legacy_cookies.DEVICE)
    )


def entered(answer: dict[str, object], entry: Entry, status: int = 200, *, at_desk: bool = False) -> ASGIApp:
    """The answer of everything that begins a session.

    `at_desk`: an advocate's page keeps nothing, and whoever uses that browser besides may keep a diary in it.
    """
    if entry.borrowed and at_desk:
        return json_answer(answer | {"token": entry.token}, status)
    held = {"token": entry.token, "upload_key": entry.upload_key}
    if entry.borrowed:
        return json_answer(answer | held, status, legacy_cookies.forgotten())
    return json_answer(answer | held | {"device_token": entry.device_token, "renewal": entry.renewal}, status)
