"""The whole address space and its policy: nothing is served that has no row here."""

from typing import Final

from starlette.routing import Route

from diary.web.directory_page import DIRECTORY
from diary.web.languages import LANGUAGES
from diary.web.pages import DESK
from diary.web.public_pages import PUBLIC_FILES, PUBLIC_PAGES, TRAINING_PAGE
from diary.web.route_handler import Gate
from diary.web.route_policy import (
    CAPSULE,
    FETCH,
    FREE,
    GRAVE,
    JSON,
    KEYS,
    LOOK,
    NO_BODY,
    OPEN,
    PART,
    SYNC,
    VERSION,
    Adds,
    Audience,
    Row,
)
from diary.web.scripted_pages import CODE, ONE_FILE
from diary.web.scripted_pages import PAGES as SCRIPTED
from diary.web.views import (
    account,
    advocates,
    blobs,
    erasures,
    grants,
    handovers,
    health,
    key_rotation,
    log,
    packs,
    pages,
    scripted_pages,
    sign_in,
    sync,
    witnesses,
)

_A, _K, _P, _V = Audience.ANYONE, Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE
_W: Final = Audience.ADVOCATE_PROVED
_TO: Final = Adds.TO_A_DIARY
_DIARY: Final = "/v1/diaries/{diary}"
_BLOB: Final = _DIARY + "/blobs/{blob}"
_GRANT: Final = _DIARY + "/grants/{grant}"
_CLIENT: Final = "/v1/clients/{grant}"

# The hot rows stand first: the router looks from the top.
ROUTES: Final[tuple[Row, ...]] = (
    Row("PUT", _DIARY + "/records/{record}/versions/{version}", sync.push, _K, SYNC, VERSION, _TO),
    Row("GET", _DIARY + "/changes", sync.feed, _K, SYNC, NO_BODY),
    Row("PUT", _BLOB + "/parts/{i}", blobs.put_part, _K, SYNC, PART, _TO, by_ticket=True),
    Row("GET", _BLOB + "/parts/{i}", blobs.get_part, _K, SYNC, NO_BODY),
    Row("PUT", _BLOB, blobs.declare, _K, SYNC, JSON, _TO, by_ticket=True),
    Row("GET", _BLOB, blobs.state, _K, SYNC, NO_BODY),
    Row("POST", _BLOB + "/complete", blobs.complete, _K, SYNC, JSON, _TO, by_ticket=True),
    Row("POST", _DIARY + "/erasures", erasures.ask, _P, GRAVE, JSON),
    Row("GET", _DIARY + "/erasures", erasures.list_pending, _K, SYNC, NO_BODY),
    Row("DELETE", _DIARY + "/erasures/{erasure}", erasures.take_back, _K, GRAVE, NO_BODY),
    Row("GET", _DIARY + "/proofs/{size}", log.proofs, _K, SYNC, NO_BODY),
    Row("GET", "/v1/log", log.state, _A, LOOK, NO_BODY),
    Row("GET", "/v1/log/consistency/{older}/{newer}", log.consistency, _A, LOOK, NO_BODY),
    Row("GET", "/v1/server", sign_in.server, _A, LOOK, NO_BODY),
    Row("POST", "/v1/names", sign_in.offer_name, _A, OPEN, JSON, Adds.A_DIARY),
    Row("POST", "/v1/accounts", sign_in.register, _A, OPEN, KEYS, Adds.A_DIARY),
    Row("POST", "/v1/prelogin", sign_in.prelogin, _A, OPEN, JSON),
    Row("POST", "/v1/sessions", sign_in.sign_in, _A, OPEN, JSON),
    Row("POST", "/v1/recoveries", sign_in.recover, _A, OPEN, JSON),
    Row("POST", "/v1/session/renewal", sign_in.renew, _A, OPEN, JSON),
    Row("POST", "/v1/session/exchange", sign_in.go_over, _A, OPEN, JSON),
    Row("GET", "/v1/session", account.session, _K, SYNC, NO_BODY),
    Row("DELETE", "/v1/session", account.sign_out, _K, SYNC, NO_BODY),
    Row("GET", "/v1/sessions", account.list_sessions, _P, GRAVE, NO_BODY),
    Row("DELETE", "/v1/sessions", account.end_sessions, _P, GRAVE, NO_BODY),
    Row("PUT", "/v1/session", account.rename, _K, SYNC, JSON),
    Row("GET", "/v1/access", account.list_access, _P, GRAVE, NO_BODY),
    Row("GET", "/v1/sign-ins", account.list_sign_ins, _K, SYNC, NO_BODY),
    Row("DELETE", "/v1/sessions/{session}", account.end_session, _P, GRAVE, NO_BODY),
    Row("PUT", "/v1/account/words", account.change_words, _P, GRAVE, JSON),
    Row("PUT", "/v1/account/code", account.change_code, _P, GRAVE, JSON),
    Row("POST", _DIARY + "/rotation", key_rotation.begin, _P, GRAVE, KEYS),
    Row("PUT", _DIARY + "/rotation/wraps", key_rotation.stage, _K, GRAVE, VERSION),
    Row("POST", _DIARY + "/rotation/commit", key_rotation.commit, _P, GRAVE, NO_BODY),
    Row("POST", "/v1/account/closing", erasures.ask_closing, _P, GRAVE, NO_BODY),
    Row("DELETE", "/v1/account/closing", erasures.take_back_closing, _K, GRAVE, NO_BODY),
    Row("GET", "/v1/usage", account.room, _K, SYNC, NO_BODY),
    Row("POST", "/v1/packs", packs.place, _K, GRAVE, JSON),
    Row("GET", "/v1/packs/{pack}", packs.state, _K, SYNC, NO_BODY),
    Row("PUT", "/v1/packs/{pack}/capsule", packs.start, _K, GRAVE, CAPSULE),
    Row("GET", "/v1/packs/{pack}/front", packs.front, _K, GRAVE, NO_BODY),
    Row("DELETE", "/v1/packs/{pack}", packs.cancel, _K, GRAVE, NO_BODY),
    Row("GET", "/v1/advocates/{fingerprint}", grants.find_advocate, _K, GRAVE, NO_BODY),
    Row("GET", "/v1/grants", grants.list_own, _K, SYNC, NO_BODY),
    Row("POST", _DIARY + "/grants", grants.make, _P, GRAVE, JSON, _TO),
    Row("GET", _GRANT + "/wraps", grants.given, _K, SYNC, NO_BODY),
    Row("PUT", _GRANT + "/wraps", grants.give, _K, SYNC, VERSION, _TO),
    Row("PUT", _GRANT + "/summary", grants.summarise, _K, SYNC, VERSION, _TO),
    Row("GET", _GRANT + "/marks", grants.get_marks, _K, SYNC, NO_BODY),
    Row("PUT", _GRANT + "/marks", grants.carry_marks, _K, SYNC, VERSION, _TO),
    Row("DELETE", _GRANT, grants.end, _P, GRAVE, NO_BODY),
    Row("GET", _DIARY + "/letters", grants.list_letters, _K, SYNC, NO_BODY),
    Row("POST", _DIARY + "/letters/{letter}/taken", grants.take_in, _K, SYNC, NO_BODY),
    Row("DELETE", _DIARY + "/letters/{letter}", grants.drop_letter, _P, GRAVE, NO_BODY),
    Row("POST", "/v1/members", advocates.join, _A, OPEN, JSON),
    Row("GET", "/v1/clients", advocates.list_clients, _V, SYNC, NO_BODY),
    Row("GET", _CLIENT, advocates.stands, _V, SYNC, NO_BODY),
    Row("GET", _CLIENT + "/changes", advocates.feed, _V, SYNC, NO_BODY),
    Row("GET", _CLIENT + "/blobs/{blob}", advocates.blob_state, _V, SYNC, NO_BODY),
    Row("GET", _CLIENT + "/blobs/{blob}/parts/{i}", advocates.get_part, _V, SYNC, NO_BODY),
    Row("POST", _CLIENT + "/looks", advocates.note, _V, GRAVE, JSON),
    Row("PUT", _CLIENT + "/letters/{letter}", advocates.write, _V, GRAVE, VERSION, _TO),
    Row("GET", _CLIENT + "/marks", advocates.get_marks, _V, SYNC, NO_BODY),
    Row("PUT", _CLIENT + "/marks", advocates.mark, _V, SYNC, VERSION, _TO),
    Row("GET", "/v1/organisation", advocates.organisation, _V, SYNC, NO_BODY),
    Row("GET", "/v1/organisation/looks", advocates.looks, _V, GRAVE, NO_BODY),
    Row("POST", "/v1/organisation/invitations", advocates.invite, _W, GRAVE, NO_BODY),
    Row("DELETE", "/v1/organisation/members/{member}", advocates.leave, _W, GRAVE, NO_BODY),
    Row("POST", "/v1/handovers", handovers.leave, _P, GRAVE, JSON, _TO),
    Row("GET", "/v1/handovers", handovers.list_own, _K, SYNC, NO_BODY),
    Row("PUT", "/v1/handovers/{handover}/parts/{i}", handovers.put_part, _K, SYNC, PART, _TO),
    Row("POST", "/v1/handovers/{handover}/complete", handovers.complete, _K, SYNC, JSON, _TO),
    Row("DELETE", "/v1/handovers/{handover}", handovers.end, _P, GRAVE, NO_BODY),
    Row("POST", "/v1/handover/salt", handovers.salt, Audience.RECIPIENT, OPEN, JSON),
    Row("POST", "/v1/handover/openings", handovers.open_, Audience.RECIPIENT, OPEN, JSON),
    Row("GET", "/v1/handover/parts/{i}", handovers.get_part, Audience.RECIPIENT, FETCH, NO_BODY),
    Row("POST", _DIARY + "/witnesses", witnesses.ask, _P, GRAVE, JSON, _TO),
    Row("GET", _DIARY + "/witnesses", witnesses.list_own, _K, SYNC, NO_BODY),
    Row("POST", _DIARY + "/witnesses/{witness}/taken", witnesses.take_in, _K, SYNC, NO_BODY),
    Row("DELETE", _DIARY + "/witnesses/{witness}", witnesses.remove, _P, GRAVE, NO_BODY),
    Row("POST", "/v1/statement/code", witnesses.find, Audience.RECIPIENT, OPEN, JSON),
    Row("PUT", "/v1/statement/files/{upload}", witnesses.declare, Audience.RECIPIENT, OPEN, JSON),
    Row("PUT", "/v1/statement/files/{upload}/parts/{i}", witnesses.put_part, Audience.RECIPIENT, FETCH, PART),
    Row("PUT", "/v1/statement", witnesses.send, Audience.RECIPIENT, OPEN, VERSION),
    Row("GET", "/", pages.shell, Audience.PAGES, FREE, NO_BODY),
    Row("GET", DESK, pages.desk, Audience.PAGES, FREE, NO_BODY),
    Row("GET", DESK + "/code/{path:path}", pages.desk_code, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/sw.js", pages.worker, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/release.json", pages.manifest, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/.well-known/webcat/{name}", pages.webcat, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/static/{path:path}", pages.static, Audience.PAGES, FREE, NO_BODY),
    Row("POST", "/share", pages.shared, Audience.PAGES, LOOK, NO_BODY),
    Row("GET", "/robots.txt", pages.robots, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/up", health.up, Audience.PAGES, FREE, NO_BODY),
    Row("GET", "/ready", health.ready, Audience.PAGES, LOOK, NO_BODY),
    *(
        Row(
            "GET",
            one.at + path,
            pages.training_page if path == TRAINING_PAGE else pages.public,
            Audience.PUBLIC,
            FREE,
            NO_BODY,
        )
        for one in LANGUAGES
        for path in PUBLIC_PAGES
    ),
    Row("GET", "/training/TRAINING.zip", pages.training, Audience.PUBLIC, LOOK, NO_BODY),
    *(
        Row("GET", one.at + path, scripted_pages.page, Audience.PUBLIC, FREE, NO_BODY)
        for one in LANGUAGES
        for path in SCRIPTED
    ),
    *(Row("GET", one.at + ONE_FILE, scripted_pages.one_file, Audience.PUBLIC, FREE, NO_BODY) for one in LANGUAGES),
    Row("GET", CODE + "{path:path}", scripted_pages.code, Audience.PUBLIC, FREE, NO_BODY),
    *(Row("GET", one.at + DIRECTORY, pages.directory, Audience.PUBLIC, FREE, NO_BODY) for one in LANGUAGES),
    *(Row("GET", path, pages.public_file, Audience.PUBLIC, FREE, NO_BODY) for path in PUBLIC_FILES),
    Row("GET", "/notary.txt", pages.notary, Audience.PUBLIC, FREE, NO_BODY),
    Row("GET", "/keys.txt", log.keys, Audience.PUBLIC, FREE, NO_BODY),
    Row("GET", "/log/checkpoint", log.newest, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/checkpoint-witnessed", log.newest_witnessed, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/checkpoints-witnessed/{n}", log.witnessed, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/witnesses", log.witnesses, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/tile/{path:path}", log.tile, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/checkpoints/{n}", log.checkpoint, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/leaves/{page}", log.leaves, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/stamps/{n}", log.stamps, Audience.PUBLIC, LOOK, NO_BODY),
    Row("GET", "/log/statements", log.statements, Audience.PUBLIC, LOOK, NO_BODY),
)


def routes_for(*audiences: Audience) -> list[Route]:
    """The rows for some audiences, as routes."""
    return [Route(row.path, Gate(row), methods=[row.method]) for row in ROUTES if row.audience in audiences]
