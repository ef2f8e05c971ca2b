"""Values that the server, the command line and the phone share (constants.json). docs/constants.md explains them."""

import json
from pathlib import Path
from typing import Any, Final

_GROUPS: Final[dict[str, dict[str, Any]]] = json.loads(Path(__file__).with_name("constants.json").read_text("utf-8"))
_VALUES: Final = {name: value for group in _GROUPS.values() for name, value in group.items()}


def _integer(name: str) -> int:
    """Return the integer with this name in the shared file of constants."""
    return int(_VALUES[name])


def _integers(name: str) -> tuple[int, ...]:
    """Return the list of integers with this name as a tuple."""
    return tuple(int(item) for item in _VALUES[name])


def _strings(name: str) -> tuple[str, ...]:
    """Return the list of texts with this name as a tuple."""
    return tuple(str(item) for item in _VALUES[name])


# files
FILE_LIMIT_BYTES: Final = _integer("file_limit_bytes")
FILE_LIMIT_FLOOR_BYTES: Final = _integer("file_limit_floor_bytes")
FILE_PART_BYTES: Final = _integer("file_part_bytes")
IMAGE_LIMIT_PIXELS: Final = _integer("image_limit_pixels")
JPEG_LIMIT_PIXELS: Final = _integer("jpeg_limit_pixels")
MAIL_LIMIT_BYTES: Final = _integer("mail_limit_bytes")
PRINT_WIDTH_PIXELS: Final = _integer("print_width_pixels")
PRINT_WHOLE_PIXELS: Final = _integer("print_whole_pixels")
PRINTED_LETTER_LIMIT_BYTES: Final = _integer("printed_letter_limit_bytes")
PRINTED_LETTER_PAGES: Final = _integer("printed_letter_pages")
PRINTED_LETTER_WIDTH_PIXELS: Final = _integer("printed_letter_width_pixels")
PRINTED_LETTER_HEIGHT_PIXELS: Final = _integer("printed_letter_height_pixels")

# kdf
KDF_DEFAULT_MEMORY_KIB: Final = _integer("kdf_default_memory_kib")
KDF_DEFAULT_PASSES: Final = _integer("kdf_default_passes")
KDF_FLOOR_MEMORY_KIB: Final = _integer("kdf_floor_memory_kib")
KDF_FLOOR_PASSES: Final = _integer("kdf_floor_passes")
KDF_CEILING_MEMORY_KIB: Final = _integer("kdf_ceiling_memory_kib")
KDF_CEILING_PASSES: Final = _integer("kdf_ceiling_passes")

# words
SUGGESTED_WORDS: Final = _integer("suggested_words")
WORDS_MIN_CHARACTERS: Final = _integer("words_min_characters")
RECOVERY_CODE_BYTES: Final = _integer("recovery_code_bytes")
RECOVERY_CODE_WORDS: Final = _integer("recovery_code_words")
RECOVERY_CODE_CHARACTERS: Final = _integer("recovery_code_characters")
FINGERPRINT_WORDS: Final = _integer("fingerprint_words")
HANDOVER_WORDS: Final = _integer("handover_words")
HANDOVER_NAME_WORDS: Final = _integer("handover_name_words")
WITNESS_CODE_WORDS: Final = _integer("witness_code_words")
WITNESS_KEY_WORDS: Final = _integer("witness_key_words")
WITNESS_OLD_KEY_WORDS: Final = _integer("witness_old_key_words")
TYPED_CODE_LIMIT_CHARACTERS: Final = _integer("typed_code_limit_characters")
SECOND_STEP_SECRET_BYTES: Final = _integer("second_step_secret_bytes")

# padding
VERSION_PADDING_BYTES: Final = _integers("version_padding_bytes")
FILE_PADDING_MIN_BYTES: Final = _integer("file_padding_min_bytes")

# encoding
CANONICAL_LIMIT_BYTES: Final = _integer("canonical_limit_bytes")
CANONICAL_DEPTH_LIMIT: Final = _integer("canonical_depth_limit")
FRAMES_LIMIT: Final = _integer("frames_limit")

# syncing
PUSH_FILES_LIMIT: Final = _integer("push_files_limit")
PUSH_PARENTS_LIMIT: Final = _integer("push_parents_limit")
PUSH_GRANTS_LIMIT: Final = _integer("push_grants_limit")
FEED_PAGE_VERSIONS: Final = _integer("feed_page_versions")

# log
LOG_PATH_LIMIT: Final = _integer("log_path_limit")
CHECKPOINT_LIMIT_BYTES: Final = _integer("checkpoint_limit_bytes")
CHECKPOINT_LINES_LIMIT: Final = _integer("checkpoint_lines_limit")
COSIGNATURES_LIMIT: Final = _integer("cosignatures_limit")
TIMESTAMP_LIMIT_BYTES: Final = _integer("timestamp_limit_bytes")
TIMESTAMP_CHAIN_LIMIT_BYTES: Final = _integer("timestamp_chain_limit_bytes")
TIMESTAMP_CERTIFICATES_LIMIT: Final = _integer("timestamp_certificates_limit")

# sessions
SESSION_DAYS: Final = _integer("session_days")
SESSION_RENEWAL_DAYS: Final = _integer("session_renewal_days")
SESSION_BORROWED_HOURS: Final = _integer("session_borrowed_hours")

# locks
LOCK_HIDDEN_MINUTES: Final = _integers("lock_hidden_minutes")
LOCK_IDLE_MINUTES: Final = _integers("lock_idle_minutes")
LOCK_HIDDEN_DEFAULT_MINUTES: Final = _integer("lock_hidden_default_minutes")
LOCK_IDLE_DEFAULT_MINUTES: Final = _integer("lock_idle_default_minutes")

# sharing
ADVOCATE_NAME_LIMIT_CHARACTERS: Final = _integer("advocate_name_limit_characters")
GRANT_DEFAULT_DAYS: Final = _integer("grant_default_days")
GRANT_MAX_DAYS: Final = _integer("grant_max_days")
GRANT_RECORDS_LIMIT: Final = _integer("grant_records_limit")
GRANT_EARLIER_KEYS_LIMIT: Final = _integer("grant_earlier_keys_limit")
GRANT_PURPOSE_LIMIT_CHARACTERS: Final = _integer("grant_purpose_limit_characters")
SUMMARY_DATES_LIMIT: Final = _integer("summary_dates_limit")
MARKS_LIMIT: Final = _integer("marks_limit")
LETTER_TURNS_LIMIT: Final = _integer("letter_turns_limit")
LETTER_ANSWER_LIMIT_CHARACTERS: Final = _integer("letter_answer_limit_characters")
LETTER_PROMPT_LIMIT_CHARACTERS: Final = _integer("letter_prompt_limit_characters")
LETTER_WRITER_LIMIT_CHARACTERS: Final = _integer("letter_writer_limit_characters")
LETTER_FILE_PART_BYTES: Final = _integer("letter_file_part_bytes")
LETTER_FILE_PARTS_LIMIT: Final = _integer("letter_file_parts_limit")
LETTER_FILE_NAME_LIMIT_CHARACTERS: Final = _integer("letter_file_name_limit_characters")
LETTER_KEPT_DAYS: Final = _integer("letter_kept_days")
WITNESS_CODE_DAYS: Final = _integer("witness_code_days")
WITNESS_FILES_LIMIT: Final = _integer("witness_files_limit")
WITNESS_KEPT_DAYS: Final = _integer("witness_kept_days")
HANDOVER_DAYS: Final = _integer("handover_days")
HANDOVER_OPENINGS_LIMIT: Final = _integer("handover_openings_limit")
HANDOVER_KEPT_DAYS: Final = _integer("handover_kept_days")
INVITE_DAYS: Final = _integer("invite_days")

# erasing
ERASURE_DAYS: Final = _integer("erasure_days")
ERASURE_RECORDS_LIMIT: Final = _integer("erasure_records_limit")

# record
LINE_LIMIT_CHARACTERS: Final = _integer("line_limit_characters")
TEXT_LIMIT_CHARACTERS: Final = _integer("text_limit_characters")
LIST_LIMIT: Final = _integer("list_limit")
CLOCK_TOLERANCE_MS: Final = _integer("clock_tolerance_ms")
RECORD_EARLIEST_MS: Final = _integer("record_earliest_ms")
RECORD_LATEST_MS: Final = _integer("record_latest_ms")
OFFSET_LIMIT_MINUTES: Final = _integer("offset_limit_minutes")
SETTLING_MS: Final = _integer("settling_ms")
LONG_GAP_DAYS: Final = _integer("long_gap_days")
TIMELINE_DAILY_TICKS_DAYS: Final = _integer("timeline_daily_ticks_days")
TIMELINE_WEEKLY_TICKS_DAYS: Final = _integer("timeline_weekly_ticks_days")
TIMELINE_MONTHLY_TICKS_DAYS: Final = _integer("timeline_monthly_ticks_days")
TIMELINE_QUARTERLY_TICKS_DAYS: Final = _integer("timeline_quarterly_ticks_days")
TIMELINE_YEARS_LIMIT: Final = _integer("timeline_years_limit")

# packs
PACK_PROFILES: Final = _strings("pack_profiles")
RESTRICTED_PART_PROFILES: Final = _strings("restricted_part_profiles")
CAPSULE_LIMIT_BYTES: Final = _integer("capsule_limit_bytes")
PACK_RECORD_LIMIT_BYTES: Final = _integer("pack_record_limit_bytes")
PACK_LOG_LIMIT_BYTES: Final = _integer("pack_log_limit_bytes")
PACK_CHECKPOINTS_LIMIT: Final = _integer("pack_checkpoints_limit")
PACK_TIMESTAMPS_LIMIT: Final = _integer("pack_timestamps_limit")
VOLUME_FILES: Final = _integer("volume_files")
HIDDEN_NAME_MIN_CHARACTERS: Final = _integer("hidden_name_min_characters")
HIDDEN_STREET_MIN_CHARACTERS: Final = _integer("hidden_street_min_characters")
HIDDEN_FAMILY_NAME_MIN_CHARACTERS: Final = _integer("hidden_family_name_min_characters")
CELL_LIMIT_CHARACTERS: Final = _integer("cell_limit_characters")
FIRST_ENTRIES_LIMIT: Final = _integer("first_entries_limit")
PORTAL_FILES_LIMIT: Final = _integer("portal_files_limit")
PORTAL_ZIPS_LIMIT: Final = _integer("portal_zips_limit")
PACK_TIME_TOLERANCE_MS: Final = _integer("pack_time_tolerance_ms")
BACKUP_FRAME_LIMIT_BYTES: Final = _integer("backup_frame_limit_bytes")

# checking
PACK_MEMBERS_LIMIT: Final = _integer("pack_members_limit")
BESIDE_PACK_LIMIT: Final = _integer("beside_pack_limit")
PACK_TOTAL_LIMIT_BYTES: Final = _integer("pack_total_limit_bytes")
PACK_MEMBER_LIMIT_BYTES: Final = _integer("pack_member_limit_bytes")
PACK_RATIO_LIMIT: Final = _integer("pack_ratio_limit")
PACK_ALLOWANCE_BYTES: Final = _integer("pack_allowance_bytes")
PACK_FOLDERS_LIMIT: Final = _integer("pack_folders_limit")
PACK_OUTER_FOLDERS_LIMIT: Final = _integer("pack_outer_folders_limit")
ZIP_KNOWN_FLAG_BITS: Final = _integer("zip_known_flag_bits")
ZIP_KNOWN_EXTRA_KINDS: Final = _integers("zip_known_extra_kinds")
ZIP_KNOWN_HOST_KINDS: Final = _integers("zip_known_host_kinds")
ZIP_VERSION_LIMIT: Final = _integer("zip_version_limit")
ZIP_EXTRA_FIELD_LIMIT_BYTES: Final = _integer("zip_extra_field_limit_bytes")
ZIP_DIRECTORY_LIMIT_BYTES: Final = _integer("zip_directory_limit_bytes")
BAG_INFO_LIMIT_BYTES: Final = _integer("bag_info_limit_bytes")
READ_FIRST_LIMIT_BYTES: Final = _integer("read_first_limit_bytes")
SYSTEM_FILE_LIMIT_BYTES: Final = _integer("system_file_limit_bytes")
ATTRIBUTES_FILE_LIMIT_BYTES: Final = _integer("attributes_file_limit_bytes")
LOCK_FILE_LIMIT_BYTES: Final = _integer("lock_file_limit_bytes")
TABLE_CELLS_LIMIT: Final = _integer("table_cells_limit")
PACK_JSON_TOKENS_LIMIT: Final = _integer("pack_json_tokens_limit")
PDF_FILE_LIMIT_BYTES: Final = _integer("pdf_file_limit_bytes")
PDF_FILES_LIMIT: Final = _integer("pdf_files_limit")
PDF_FILES_LIMIT_BYTES: Final = _integer("pdf_files_limit_bytes")
PDF_DEPTH_LIMIT: Final = _integer("pdf_depth_limit")
PDF_NODES_LIMIT: Final = _integer("pdf_nodes_limit")
PDF_OBJECTS_LIMIT_BYTES: Final = _integer("pdf_objects_limit_bytes")
PDF_VALUE_LIMIT_BYTES: Final = _integer("pdf_value_limit_bytes")
