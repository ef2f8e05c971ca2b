// Written by .ci/vocabulary.py from diary/record/schemas.json; change that and run it again.

/** @type {Record<string, Record<string, {open: string[], restricted: string[]}>>} */
export const SCHEMAS = {
  attachment: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_or_number_shown", "added_at", "alt_text", "alteration_before_receipt", "alteration_before_receipt_text", "captured_at", "captured_by_id", "content_time", "description", "flags", "identity_link_id", "incident_ids", "kind", "kind_text", "looked_at", "media_type", "officer_exhibit_ref", "producer_id", "reason", "renditions", "sensitivity", "sha256", "sha512", "shows", "size_bytes", "suggested_exhibit_ref", "transcript", "url_full"],
      restricted: ["exif_summary", "gps_present", "outside_copy", "physical_original", "received_as", "rendition_tools", "shows_where_i_live", "source_device"],
    },
  },
  custody: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "lines", "on"],
      restricted: [],
    },
  },
  incident: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "actor_ids", "alleged_breaches", "attachment_ids", "attribution_basis", "attribution_basis_text", "author_id", "behaviours", "behaviours_text", "cards_opened", "carried_out_by", "case_ids", "channel", "channel_account", "channel_text", "children_ages", "children_present", "content_warning", "count", "count_is_estimate", "description_actor", "discovered_at", "entered_by_id", "entry_kind", "exact_words", "feared_violence", "feared_violence_text", "feelings_then", "feelings_then_text", "help_given", "help_given_text", "hostility", "hostility_text", "i_contacted_them", "i_contacted_them_text", "include_in_pack", "independent_evidence", "language", "late_reason", "lawful_contact_context", "missing_evidence", "narrative", "narrative_media", "occurred_end", "occurred_local", "occurred_start", "physical_injury", "physical_injury_text", "place_category", "place_category_text", "place_in_chronology", "platform_report", "precision", "present_ids", "property_effect", "property_value_pence", "reason", "report_ids", "response", "response_text", "schedule_id", "source_record", "start_with_this", "targeted_person_ids", "targeted_text", "time_source", "time_source_text", "told_others", "translation", "translation_of", "tz", "utc_offset_min", "vehicle", "weapon_or_object", "who", "witness_ids"],
      restricted: ["children_names", "helped_by", "place_detail", "reported_text", "witness_names"],
    },
  },
  note: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "of_id", "text"],
      restricted: [],
    },
  },
  person: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "accounts", "aliases", "description", "dob_or_age", "name", "reason", "relationship", "relationship_dates", "role", "role_code", "vehicles"],
      restricted: ["contact", "notes", "safe_to_approach", "willing_to_make_statement"],
    },
  },
  settings: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "exhibit_start_no", "initials", "language", "own_words", "wording"],
      restricted: ["concerns", "helped_by", "name_to_use", "needs", "safe_contact"],
    },
  },
};
