"""The route table: every path that the server serves, with its policy."""

from typing import Final

from starlette.routing import Route

from diary.web.directory_page import DIRECTORY_PATH
from diary.web.languages import LANGUAGES
from diary.web.pages import DESK_PATH
from diary.web.public_pages import PUBLIC_FILES, PUBLIC_PAGES, TRAINING_PATH
from diary.web.route_handler import RouteHandler
from diary.web.route_policy import (
    CAPSULE_BODY,
    JSON_BODY,
    KEYS_BODY,
    NO_BODY,
    PART_BODY,
    PART_TRANSFER,
    PUBLIC_READ,
    SENSITIVE,
    SYNC,
    UNAUTHENTICATED,
    UNLIMITED,
    VERSION_BODY,
    Addition,
    Audience,
    RoutePolicy,
)
from diary.web.scripted_pages import CODE_PREFIX, STANDALONE_PATH
from diary.web.scripted_pages import SCRIPTED_PAGES as SCRIPTED
from diary.web.security_txt import PATH as SECURITY_TXT_PATH
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

_ANYONE, _KEEPER, _PROVED, _ADVOCATE = Audience.ANYONE, Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE
_ADVOCATE_PROVED: Final = Audience.ADVOCATE_PROVED
_ADDS_CONTENT: Final = Addition.DIARY_CONTENT
_DIARY_PATH: Final = "/v1/diaries/{diary}"
_BLOB_PATH: Final = _DIARY_PATH + "/blobs/{blob}"
_GRANT_PATH: Final = _DIARY_PATH + "/grants/{grant}"
_CLIENT_PATH: Final = "/v1/clients/{grant}"

# The busiest routes come first, because the router searches from the top.
ROUTES: Final[tuple[RoutePolicy, ...]] = (
    RoutePolicy(
        "PUT",
        _DIARY_PATH + "/records/{record}/versions/{version}",
        sync.push_version,
        _KEEPER,
        SYNC,
        VERSION_BODY,
        _ADDS_CONTENT,
    ),
    RoutePolicy("GET", _DIARY_PATH + "/changes", sync.list_changes, _KEEPER, SYNC, NO_BODY),
    RoutePolicy(
        "PUT",
        _BLOB_PATH + "/parts/{i}",
        blobs.put_part,
        _KEEPER,
        SYNC,
        PART_BODY,
        _ADDS_CONTENT,
        accepts_upload_ticket=True,
    ),
    RoutePolicy("GET", _BLOB_PATH + "/parts/{i}", blobs.get_part, _KEEPER, SYNC, NO_BODY),
    RoutePolicy(
        "PUT", _BLOB_PATH, blobs.declare_file, _KEEPER, SYNC, JSON_BODY, _ADDS_CONTENT, accepts_upload_ticket=True
    ),
    RoutePolicy("GET", _BLOB_PATH, blobs.upload_state, _KEEPER, SYNC, NO_BODY),
    RoutePolicy(
        "POST",
        _BLOB_PATH + "/complete",
        blobs.complete_upload,
        _KEEPER,
        SYNC,
        JSON_BODY,
        _ADDS_CONTENT,
        accepts_upload_ticket=True,
    ),
    RoutePolicy("POST", _DIARY_PATH + "/erasures", erasures.request_erasure, _PROVED, SENSITIVE, JSON_BODY),
    RoutePolicy("GET", _DIARY_PATH + "/erasures", erasures.list_pending, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("DELETE", _DIARY_PATH + "/erasures/{erasure}", erasures.cancel_erasure, _KEEPER, SENSITIVE, NO_BODY),
    RoutePolicy("GET", _DIARY_PATH + "/proofs/{size}", log.inclusion_proofs_for_diary, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("GET", "/v1/log", log.log_state, _ANYONE, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/v1/log/consistency/{older}/{newer}", log.consistency_proof, _ANYONE, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/v1/server", sign_in.describe_server, _ANYONE, PUBLIC_READ, NO_BODY),
    RoutePolicy("POST", "/v1/names", sign_in.offer_name, _ANYONE, UNAUTHENTICATED, JSON_BODY, Addition.NEW_DIARY),
    RoutePolicy("POST", "/v1/accounts", sign_in.register, _ANYONE, UNAUTHENTICATED, KEYS_BODY, Addition.NEW_DIARY),
    RoutePolicy("POST", "/v1/prelogin", sign_in.get_kdf_parameters, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("POST", "/v1/sessions", sign_in.sign_in, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("POST", "/v1/recoveries", sign_in.recover, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("POST", "/v1/session/renewal", sign_in.renew_session, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("POST", "/v1/session/exchange", sign_in.exchange_legacy_cookies, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("GET", "/v1/session", account.describe_session, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("DELETE", "/v1/session", account.sign_out, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("GET", "/v1/sessions", account.list_sessions, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("DELETE", "/v1/sessions", account.end_other_sessions, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("PUT", "/v1/session", account.rename_device, _KEEPER, SYNC, JSON_BODY),
    RoutePolicy("GET", "/v1/access", account.list_access, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("GET", "/v1/sign-ins", account.list_sign_ins, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("DELETE", "/v1/sessions/{session}", account.end_session, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("PUT", "/v1/account/words", account.change_words, _PROVED, SENSITIVE, JSON_BODY),
    RoutePolicy("PUT", "/v1/account/code", account.change_code, _PROVED, SENSITIVE, JSON_BODY),
    RoutePolicy("POST", _DIARY_PATH + "/rotation", key_rotation.begin_rotation, _PROVED, SENSITIVE, KEYS_BODY),
    RoutePolicy("PUT", _DIARY_PATH + "/rotation/wraps", key_rotation.stage_wraps, _KEEPER, SENSITIVE, VERSION_BODY),
    RoutePolicy("POST", _DIARY_PATH + "/rotation/commit", key_rotation.commit_rotation, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("POST", "/v1/account/closing", erasures.request_account_closure, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("DELETE", "/v1/account/closing", erasures.cancel_account_closure, _KEEPER, SENSITIVE, NO_BODY),
    RoutePolicy("GET", "/v1/usage", account.show_usage, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("POST", "/v1/stamps", log.stamp_digest, _KEEPER, SENSITIVE, JSON_BODY),
    RoutePolicy("POST", "/v1/packs", packs.reserve_place, _KEEPER, SENSITIVE, JSON_BODY),
    RoutePolicy("GET", "/v1/packs/{pack}", packs.pack_state, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("PUT", "/v1/packs/{pack}/capsule", packs.start_pack, _KEEPER, SENSITIVE, CAPSULE_BODY),
    RoutePolicy("GET", "/v1/packs/{pack}/front", packs.download_front, _KEEPER, SENSITIVE, NO_BODY),
    RoutePolicy("DELETE", "/v1/packs/{pack}", packs.cancel_pack, _KEEPER, SENSITIVE, NO_BODY),
    RoutePolicy("GET", "/v1/advocates/{fingerprint}", grants.find_advocate, _KEEPER, SENSITIVE, NO_BODY),
    RoutePolicy("GET", "/v1/grants", grants.list_grants, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("POST", _DIARY_PATH + "/grants", grants.create_grant, _PROVED, SENSITIVE, JSON_BODY, _ADDS_CONTENT),
    RoutePolicy("GET", _GRANT_PATH + "/wraps", grants.list_wrapped_versions, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("PUT", _GRANT_PATH + "/wraps", grants.add_wraps, _KEEPER, SYNC, VERSION_BODY, _ADDS_CONTENT),
    RoutePolicy("PUT", _GRANT_PATH + "/summary", grants.put_summary, _KEEPER, SYNC, VERSION_BODY, _ADDS_CONTENT),
    RoutePolicy("GET", _GRANT_PATH + "/marks", grants.get_marks, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("PUT", _GRANT_PATH + "/marks", grants.copy_marks, _KEEPER, SYNC, VERSION_BODY, _ADDS_CONTENT),
    RoutePolicy("DELETE", _GRANT_PATH, grants.end_grant, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("GET", _DIARY_PATH + "/letters", grants.list_letters, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("POST", _DIARY_PATH + "/letters/{letter}/taken", grants.mark_letter_taken_in, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("DELETE", _DIARY_PATH + "/letters/{letter}", grants.delete_letter, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("POST", "/v1/members", advocates.register_advocate, _ANYONE, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy("GET", "/v1/clients", advocates.list_clients, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("GET", _CLIENT_PATH, advocates.grant_status, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("GET", _CLIENT_PATH + "/changes", advocates.list_client_versions, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("GET", _CLIENT_PATH + "/blobs/{blob}", advocates.blob_state, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("GET", _CLIENT_PATH + "/blobs/{blob}/parts/{i}", advocates.get_part, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("POST", _CLIENT_PATH + "/looks", advocates.record_activity, _ADVOCATE, SENSITIVE, JSON_BODY),
    RoutePolicy(
        "PUT",
        _CLIENT_PATH + "/letters/{letter}",
        advocates.send_letter,
        _ADVOCATE,
        SENSITIVE,
        VERSION_BODY,
        _ADDS_CONTENT,
    ),
    RoutePolicy("GET", _CLIENT_PATH + "/marks", advocates.get_marks, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("PUT", _CLIENT_PATH + "/marks", advocates.put_marks, _ADVOCATE, SYNC, VERSION_BODY, _ADDS_CONTENT),
    RoutePolicy("GET", "/v1/organisation", advocates.show_organisation, _ADVOCATE, SYNC, NO_BODY),
    RoutePolicy("GET", "/v1/organisation/looks", advocates.list_looks, _ADVOCATE, SENSITIVE, NO_BODY),
    RoutePolicy("POST", "/v1/organisation/invitations", advocates.invite_member, _ADVOCATE_PROVED, SENSITIVE, NO_BODY),
    RoutePolicy(
        "DELETE", "/v1/organisation/members/{member}", advocates.remove_member, _ADVOCATE_PROVED, SENSITIVE, NO_BODY
    ),
    RoutePolicy("POST", "/v1/handovers", handovers.create_handover, _PROVED, SENSITIVE, JSON_BODY, _ADDS_CONTENT),
    RoutePolicy("GET", "/v1/handovers", handovers.list_handovers, _KEEPER, SYNC, NO_BODY),
    RoutePolicy(
        "PUT", "/v1/handovers/{handover}/parts/{i}", handovers.put_part, _KEEPER, SYNC, PART_BODY, _ADDS_CONTENT
    ),
    RoutePolicy(
        "POST",
        "/v1/handovers/{handover}/complete",
        handovers.complete_handover,
        _KEEPER,
        SYNC,
        JSON_BODY,
        _ADDS_CONTENT,
    ),
    RoutePolicy("DELETE", "/v1/handovers/{handover}", handovers.end_handover, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy(
        "POST", "/v1/handover/salt", handovers.get_kdf_parameters, Audience.RECIPIENT, UNAUTHENTICATED, JSON_BODY
    ),
    RoutePolicy(
        "POST", "/v1/handover/openings", handovers.open_handover, Audience.RECIPIENT, UNAUTHENTICATED, JSON_BODY
    ),
    RoutePolicy("GET", "/v1/handover/parts/{i}", handovers.get_part, Audience.RECIPIENT, PART_TRANSFER, NO_BODY),
    RoutePolicy(
        "POST",
        _DIARY_PATH + "/witnesses",
        witnesses.create_witness_request,
        _PROVED,
        SENSITIVE,
        JSON_BODY,
        _ADDS_CONTENT,
    ),
    RoutePolicy("GET", _DIARY_PATH + "/witnesses", witnesses.list_requests, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("POST", _DIARY_PATH + "/witnesses/{witness}/taken", witnesses.mark_taken_in, _KEEPER, SYNC, NO_BODY),
    RoutePolicy("DELETE", _DIARY_PATH + "/witnesses/{witness}", witnesses.remove_request, _PROVED, SENSITIVE, NO_BODY),
    RoutePolicy("POST", "/v1/statement/code", witnesses.find_request, Audience.RECIPIENT, UNAUTHENTICATED, JSON_BODY),
    RoutePolicy(
        "PUT", "/v1/statement/files/{upload}", witnesses.declare_files, Audience.RECIPIENT, UNAUTHENTICATED, JSON_BODY
    ),
    RoutePolicy(
        "PUT",
        "/v1/statement/files/{upload}/parts/{i}",
        witnesses.put_part,
        Audience.RECIPIENT,
        PART_TRANSFER,
        PART_BODY,
    ),
    RoutePolicy("PUT", "/v1/statement", witnesses.submit_statement, Audience.RECIPIENT, UNAUTHENTICATED, VERSION_BODY),
    RoutePolicy("GET", "/", pages.app_shell, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", DESK_PATH, pages.desk_page, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", DESK_PATH + "/code/{path:path}", pages.desk_file, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/sw.js", pages.service_worker, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/release.json", pages.release_manifest, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/.well-known/webcat/{name}", pages.webcat_file, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/static/{path:path}", pages.static_file, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("POST", "/share", pages.share_target, Audience.PAGES, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/robots.txt", pages.robots_txt, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/up", health.liveness, Audience.PAGES, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/ready", health.readiness, Audience.PAGES, PUBLIC_READ, NO_BODY),
    *(
        RoutePolicy(
            "GET",
            language.path_prefix + path,
            pages.training_page if path == TRAINING_PATH else pages.public_page,
            Audience.PUBLIC,
            UNLIMITED,
            NO_BODY,
        )
        for language in LANGUAGES
        for path in PUBLIC_PAGES
    ),
    RoutePolicy("GET", "/training/TRAINING.zip", pages.training_zip, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    *(
        RoutePolicy(
            "GET", language.path_prefix + path, scripted_pages.scripted_page, Audience.PUBLIC, UNLIMITED, NO_BODY
        )
        for language in LANGUAGES
        for path in SCRIPTED
    ),
    *(
        RoutePolicy(
            "GET",
            language.path_prefix + STANDALONE_PATH,
            scripted_pages.standalone_checker,
            Audience.PUBLIC,
            UNLIMITED,
            NO_BODY,
        )
        for language in LANGUAGES
    ),
    RoutePolicy("GET", CODE_PREFIX + "{path:path}", scripted_pages.code_file, Audience.PUBLIC, UNLIMITED, NO_BODY),
    *(
        RoutePolicy("GET", language.path_prefix + DIRECTORY_PATH, pages.directory, Audience.PUBLIC, UNLIMITED, NO_BODY)
        for language in LANGUAGES
    ),
    *(RoutePolicy("GET", path, pages.public_file, Audience.PUBLIC, UNLIMITED, NO_BODY) for path in PUBLIC_FILES),
    RoutePolicy("GET", SECURITY_TXT_PATH, pages.security_txt, Audience.PUBLIC, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/notary.txt", pages.notary_key, Audience.PUBLIC, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/keys.txt", log.public_keys, Audience.PUBLIC, UNLIMITED, NO_BODY),
    RoutePolicy("GET", "/log/checkpoint", log.newest_checkpoint, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy(
        "GET", "/log/checkpoint-witnessed", log.newest_witnessed_checkpoint, Audience.PUBLIC, PUBLIC_READ, NO_BODY
    ),
    RoutePolicy(
        "GET", "/log/checkpoints-witnessed/{n}", log.witnessed_checkpoint, Audience.PUBLIC, PUBLIC_READ, NO_BODY
    ),
    RoutePolicy("GET", "/log/witnesses", log.witness_keys, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/log/tile/{path:path}", log.tile, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/log/checkpoints/{n}", log.checkpoint, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/log/leaves/{page}", log.leaves, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/log/stamps/{n}", log.checkpoint_timestamps, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
    RoutePolicy("GET", "/log/statements", log.key_statements, Audience.PUBLIC, PUBLIC_READ, NO_BODY),
)


def routes_for(*audiences: Audience) -> list[Route]:
    """Return the Starlette routes of these audiences."""
    return [Route(row.path, RouteHandler(row), methods=[row.method]) for row in ROUTES if row.audience in audiences]
