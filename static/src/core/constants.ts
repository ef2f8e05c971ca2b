// Written by .ci/vocabulary.py from diary/constants.json. Change that file, then run the script again.
// docs/constants.md explains each value.

// files
export const FILE_LIMIT_BYTES = 209_715_200;
export const FILE_LIMIT_FLOOR_BYTES = 1_048_576;
export const FILE_PART_BYTES = 1_032_192;
export const IMAGE_LIMIT_PIXELS = 40_000_000;
export const JPEG_LIMIT_PIXELS = 200_000_000;
export const MAIL_LIMIT_BYTES = 41_943_040;
export const PRINT_WIDTH_PIXELS = 900;
export const PRINT_WHOLE_PIXELS = 2340;
export const PRINTED_LETTER_LIMIT_BYTES = 52_428_800;
export const PRINTED_LETTER_PAGES = 40;
export const PRINTED_LETTER_WIDTH_PIXELS = 1240;
export const PRINTED_LETTER_HEIGHT_PIXELS = 1754;

// kdf
export const KDF_DEFAULT_MEMORY_KIB = 65_536;
export const KDF_DEFAULT_PASSES = 3;
export const KDF_FLOOR_MEMORY_KIB = 47_104;
export const KDF_FLOOR_PASSES = 1;
export const KDF_CEILING_MEMORY_KIB = 262_144;
export const KDF_CEILING_PASSES = 16;

// words
export const SUGGESTED_WORDS = 6;
export const WORDS_MIN_CHARACTERS = 12;
export const RECOVERY_CODE_BYTES = 16;
export const RECOVERY_CODE_WORDS = 12;
export const RECOVERY_CODE_CHARACTERS = 28;
export const FINGERPRINT_WORDS = 9;
export const HANDOVER_WORDS = 8;
export const HANDOVER_NAME_WORDS = 3;
export const WITNESS_CODE_WORDS = 4;
export const WITNESS_KEY_WORDS = 5;
export const WITNESS_OLD_KEY_WORDS = 3;
export const TYPED_CODE_LIMIT_CHARACTERS = 400;
export const SECOND_STEP_SECRET_BYTES = 20;

// padding
export const VERSION_PADDING_BYTES = [4096, 8192, 16384, 32768, 65536] as const;
export const FILE_PADDING_MIN_BYTES = 4096;

// encoding
export const CANONICAL_LIMIT_BYTES = 1_048_576;
export const CANONICAL_DEPTH_LIMIT = 16;
export const FRAMES_LIMIT = 64;

// syncing
export const PUSH_FILES_LIMIT = 500;
export const PUSH_PARENTS_LIMIT = 16;
export const PUSH_GRANTS_LIMIT = 20;
export const FEED_PAGE_VERSIONS = 500;

// log
export const LOG_PATH_LIMIT = 64;
export const CHECKPOINT_LIMIT_BYTES = 65_536;
export const CHECKPOINT_LINES_LIMIT = 16;
export const COSIGNATURES_LIMIT = 15;
export const TIMESTAMP_LIMIT_BYTES = 65_536;
export const TIMESTAMP_CHAIN_LIMIT_BYTES = 131_072;
export const TIMESTAMP_CERTIFICATES_LIMIT = 16;

// sessions
export const SESSION_DAYS = 30;
export const SESSION_RENEWAL_DAYS = 400;
export const SESSION_BORROWED_HOURS = 2;

// locks
export const LOCK_HIDDEN_MINUTES = [0, 1, 5] as const;
export const LOCK_IDLE_MINUTES = [1, 5, 15] as const;
export const LOCK_HIDDEN_DEFAULT_MINUTES = 1;
export const LOCK_IDLE_DEFAULT_MINUTES = 5;

// sharing
export const ADVOCATE_NAME_LIMIT_CHARACTERS = 80;
export const GRANT_DEFAULT_DAYS = 30;
export const GRANT_MAX_DAYS = 180;
export const GRANT_RECORDS_LIMIT = 500;
export const GRANT_EARLIER_KEYS_LIMIT = 40;
export const GRANT_PURPOSE_LIMIT_CHARACTERS = 200;
export const SUMMARY_DATES_LIMIT = 40;
export const MARKS_LIMIT = 2000;
export const LETTER_TURNS_LIMIT = 100;
export const LETTER_ANSWER_LIMIT_CHARACTERS = 20_000;
export const LETTER_PROMPT_LIMIT_CHARACTERS = 2000;
export const LETTER_WRITER_LIMIT_CHARACTERS = 12;
export const LETTER_FILE_PART_BYTES = 48_000;
export const LETTER_FILE_PARTS_LIMIT = 42;
export const LETTER_FILE_NAME_LIMIT_CHARACTERS = 255;
export const LETTER_KEPT_DAYS = 30;
export const WITNESS_CODE_DAYS = 14;
export const WITNESS_FILES_LIMIT = 5;
export const WITNESS_KEPT_DAYS = 30;
export const HANDOVER_DAYS = 14;
export const HANDOVER_OPENINGS_LIMIT = 5;
export const HANDOVER_KEPT_DAYS = 30;
export const INVITE_DAYS = 14;

// erasing
export const ERASURE_DAYS = 7;
export const ERASURE_RECORDS_LIMIT = 64;

// record
export const LINE_LIMIT_CHARACTERS = 4000;
export const TEXT_LIMIT_CHARACTERS = 400_000;
export const LIST_LIMIT = 20_000;
export const CLOCK_TOLERANCE_MS = 300_000;
export const RECORD_EARLIEST_MS = -2_208_988_800_000;
export const RECORD_LATEST_MS = 7_258_118_400_000;
export const OFFSET_LIMIT_MINUTES = 1080;
export const SETTLING_MS = 600_000;
export const LONG_GAP_DAYS = 30;
export const TIMELINE_DAILY_TICKS_DAYS = 12;
export const TIMELINE_WEEKLY_TICKS_DAYS = 70;
export const TIMELINE_MONTHLY_TICKS_DAYS = 430;
export const TIMELINE_QUARTERLY_TICKS_DAYS = 1300;
export const TIMELINE_YEARS_LIMIT = 12;

// packs
export const PACK_PROFILES = ['police', 'solicitor', 'school', 'employer', 'housing'] as const;
export const RESTRICTED_PART_PROFILES = ['police', 'solicitor'] as const;
export const CAPSULE_LIMIT_BYTES = 16_777_216;
export const PACK_RECORD_LIMIT_BYTES = 67_108_864;
export const PACK_LOG_LIMIT_BYTES = 67_108_864;
export const PACK_CHECKPOINTS_LIMIT = 2;
export const PACK_TIMESTAMPS_LIMIT = 8;
export const VOLUME_FILES = 100;
export const HIDDEN_NAME_MIN_CHARACTERS = 5;
export const HIDDEN_STREET_MIN_CHARACTERS = 7;
export const HIDDEN_FAMILY_NAME_MIN_CHARACTERS = 3;
export const CELL_LIMIT_CHARACTERS = 32_767;
export const FIRST_ENTRIES_LIMIT = 10;
export const PORTAL_FILES_LIMIT = 16;
export const PORTAL_ZIPS_LIMIT = 5;
export const PACK_TIME_TOLERANCE_MS = 300_000;
export const BACKUP_FRAME_LIMIT_BYTES = 4_194_304;

// checking
export const PACK_MEMBERS_LIMIT = 60_000;
export const BESIDE_PACK_LIMIT = 8;
export const PACK_TOTAL_LIMIT_BYTES = 68_719_476_736;
export const PACK_MEMBER_LIMIT_BYTES = 536_870_912;
export const PACK_RATIO_LIMIT = 200;
export const PACK_ALLOWANCE_BYTES = 1_048_576;
export const PACK_FOLDERS_LIMIT = 10;
export const PACK_OUTER_FOLDERS_LIMIT = 3;
export const ZIP_KNOWN_FLAG_BITS = 2063;
export const ZIP_KNOWN_EXTRA_KINDS = [1, 10, 21589, 22613, 30805, 30837, 51966] as const;
export const ZIP_KNOWN_HOST_KINDS = [0, 3, 10, 11, 14, 19] as const;
export const ZIP_VERSION_LIMIT = 45;
export const ZIP_EXTRA_FIELD_LIMIT_BYTES = 40;
export const ZIP_DIRECTORY_LIMIT_BYTES = 67_108_864;
export const BAG_INFO_LIMIT_BYTES = 4096;
export const READ_FIRST_LIMIT_BYTES = 1_048_576;
export const SYSTEM_FILE_LIMIT_BYTES = 65_536;
export const ATTRIBUTES_FILE_LIMIT_BYTES = 4096;
export const LOCK_FILE_LIMIT_BYTES = 1024;
export const TABLE_CELLS_LIMIT = 4_000_000;
export const PACK_JSON_TOKENS_LIMIT = 4_000_000;
export const PDF_FILE_LIMIT_BYTES = 4_194_304;
export const PDF_FILES_LIMIT = 20_000;
export const PDF_FILES_LIMIT_BYTES = 67_108_864;
export const PDF_DEPTH_LIMIT = 30;
export const PDF_NODES_LIMIT = 20_000;
export const PDF_OBJECTS_LIMIT_BYTES = 16_777_216;
export const PDF_VALUE_LIMIT_BYTES = 65_536;
