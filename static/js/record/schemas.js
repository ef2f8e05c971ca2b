// Written by .ci/vocabulary.py from diary/record/schemas.json; change that and run it again.

/** @type {Record<string, Record<string, {open: string[], restricted: string[]}>>} */
export const SCHEMAS = {
  account: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "about", "account_id", "attachment_ids", "attribution_basis", "attribution_basis_text", "blocked_on", "display_name", "first_seen", "handle", "identity_link_id", "last_seen", "merged_into", "new_after_block", "number", "person_id", "platform", "platform_text", "reason", "still_in_use", "taken_out", "url"],
      restricted: ["notes"],
    },
  },
  attachment: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_or_number_shown", "added_at", "alt_text", "alteration_before_receipt", "alteration_before_receipt_text", "captured_at", "captured_by_id", "content_time", "description", "duration_ms", "flags", "identity_link_id", "incident_ids", "include_in_pack", "kind", "kind_text", "looked_at", "mail", "media_type", "not_shown", "officer_exhibit_ref", "person_ids", "print_copy", "producer_id", "reason", "renditions", "schedule_ids", "sensitivity", "sensitivity_text", "sha256", "sha512", "shows", "size_bytes", "suggested_exhibit_ref", "taken_out", "transcript", "url_full"],
      restricted: ["exif_summary", "gps_present", "mail_headers", "masks", "outside_copy", "physical_original", "received_as", "rendition_tools", "shows_where_i_live", "source_device"],
    },
  },
  background: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "attachment_ids", "children_together", "key_dates", "met_how", "narrative", "prior_abuse", "proceedings", "reason", "relationship", "relationship_text", "taken_out", "when_ended", "when_met"],
      restricted: ["children_names", "notes"],
    },
  },
  case: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "about", "attachment_ids", "closed_on", "opened_on", "person_ids", "reason", "references", "status", "status_text", "taken_out", "title"],
      restricted: ["notes"],
    },
  },
  consent: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "attachment_ids", "case_id", "export_id", "form", "form_text", "given_at", "kind", "kind_text", "not_after", "purpose", "reason", "recipient_role", "record_ids", "restricted_included", "taken_out", "what", "withdrawn_at"],
      restricted: ["recipient", "recipient_contact"],
    },
  },
  custody: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "lines", "on", "reason", "taken_out"],
      restricted: [],
    },
  },
  export: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "app_version", "attachments_included", "covers_from", "covers_to", "delivered_how", "delivered_how_text", "delivered_to", "digest", "entries_removed_count", "entries_withheld_count", "exhibit_list_hash", "file_name", "git_commit", "handover", "head_digest", "items_included", "kind", "made_at", "made_by_id", "manifest_sha256", "not_after", "openings", "pack_id", "pack_no", "purpose", "reason", "receipt_ref", "record_ids", "restricted_included", "supersedes", "taken_out", "timestamp_token", "withdrawn_at"],
      restricted: ["notes"],
    },
  },
  impact: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "after", "attachment_ids", "before", "cost_is_estimate", "cost_pence", "domain", "domain_text", "ended", "incident_ids", "person_ids", "reason", "started", "still_going", "taken_out"],
      restricted: ["notes"],
    },
  },
  incident: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_ids", "actor_ids", "alleged_breaches", "assisted", "attachment_ids", "attribution_basis", "attribution_basis_text", "author_id", "behaviours", "behaviours_text", "cards_opened", "carried_out_by", "carried_out_by_text", "case_ids", "channel", "channel_account", "channel_text", "children_ages", "children_present", "content_warning", "content_warning_text", "count", "count_is_estimate", "description_actor", "discovered_at", "entered_by_id", "entry_kind", "exact_words", "feared_violence", "feared_violence_text", "feelings_then", "feelings_then_text", "help_given", "help_given_text", "hostility", "hostility_text", "i_contacted_them", "i_contacted_them_text", "include_in_pack", "independent_evidence", "language", "late_reason", "lawful_contact_context", "missing_evidence", "narrative", "narrative_media", "notice_ids", "occurred_end", "occurred_local", "occurred_start", "order_ids", "physical_injury", "physical_injury_text", "place_category", "place_category_text", "place_in_chronology", "platform_report", "precision", "present_ids", "property_effect", "property_value_pence", "reason", "report_ids", "response", "response_text", "schedule_id", "source_record", "start_with_this", "taken_out", "targeted_person_ids", "targeted_text", "time_source", "time_source_text", "told_others", "translation", "translation_of", "tz", "utc_offset_min", "vehicle", "vehicle_ids", "weapon_or_object", "who", "witness_ids"],
      restricted: ["carried_out_by_names", "children_names", "helped_by", "place_detail", "present_names", "reported_text", "witness_names"],
    },
  },
  manifest: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "checkpoint", "counter", "entries", "head", "lines", "numbers", "reason", "records", "seq", "short_code", "taken_out"],
      restricted: [],
    },
  },
  note: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "of_id", "reason", "taken_out", "text"],
      restricted: [],
    },
  },
  notice: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "at", "attachment_ids", "by_id", "by_whom", "by_whom_text", "exact_words", "how", "how_text", "incident_ids", "reason", "taken_out", "to_account_ids", "to_ids", "what_happened_next"],
      restricted: ["notes"],
    },
  },
  order: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "against_ids", "attachment_ids", "awareness_basis", "awareness_basis_text", "case_no", "copy_attachment_id", "court", "expires_on", "expiry_text", "kind", "kind_text", "known_on", "made_on", "protects_ids", "reason", "served_how", "served_how_text", "served_on", "status", "status_text", "taken_out", "terms", "varied_history"],
      restricted: ["notes", "protects_names"],
    },
  },
  person: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_ids", "accounts", "age_band", "aliases", "attachment_ids", "case_ids", "description", "dob_or_age", "initials", "merged_into", "name", "reason", "relationship", "relationship_dates", "relationship_text", "role", "role_code", "role_text", "taken_out", "vehicle_ids", "vehicles"],
      restricted: ["contact", "last_known_places", "notes", "real_name", "safe_to_approach", "willing_to_make_statement"],
    },
  },
  question: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "answer", "answered_at", "asked_at", "asked_by_id", "of_id", "reason", "status", "taken_out", "text"],
      restricted: [],
    },
  },
  report: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "at", "attachment_ids", "collar_no", "crime_ref", "dpn_signed", "force", "handed_over", "incident_ids", "incident_ref", "method", "method_text", "next_update_due", "officer_name", "outcome", "outcome_text", "promised", "reason", "statement_given", "taken_out", "to", "to_text", "unit", "what_i_said", "what_they_said"],
      restricted: ["notes", "officer_contact", "with_me"],
    },
  },
  schedule: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_ids", "actor_ids", "attachment_ids", "channel", "channel_text", "chat", "complete", "complete_text", "count", "count_is_estimate", "gap_hours", "import_summary", "imported_at", "incident_ids", "part_no", "reason", "rows", "series_id", "source_attachment_id", "taken_out", "title", "tz"],
      restricted: ["own_accounts"],
    },
  },
  settings: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "burst_gap_hours", "chase_done", "exhibit_start_no", "help_channel", "high_risk", "hold", "initials", "language", "light_storage", "own_words", "pictures_hidden", "reason", "show_cards", "skin", "spelling_help", "taken_out", "upload_pictures", "wording"],
      restricted: ["concerns", "helped_by", "my_accounts", "my_places", "name_to_use", "needs", "safe_contact"],
    },
  },
  sighting: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "account_id", "after_block", "after_block_of_id", "at", "attachment_ids", "attribution_basis", "attribution_basis_text", "display_name", "handle", "how_found", "how_found_text", "how_linked", "incident_ids", "number", "person_id", "platform", "platform_text", "reason", "taken_out", "url"],
      restricted: [],
    },
  },
  statement: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "about_ids", "arrived", "at", "attachment_ids", "by_id", "by_role", "by_role_text", "exact_words", "help_given", "help_given_text", "incident_ids", "language", "narrative", "reason", "received_how", "received_how_text", "relation_to_keeper", "saw_how", "saw_how_text", "taken_out", "translation", "translation_of", "written_at"],
      restricted: ["by_name", "contact", "willing_to_make_statement"],
    },
  },
  summary: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "grant_id", "made_at", "reason", "rows", "taken_out", "upto"],
      restricted: [],
    },
  },
  vehicle: {
    1: {
      open: ["_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema", "attachment_ids", "colour", "description", "first_seen", "incident_ids", "last_seen", "make", "merged_into", "model", "person_ids", "reason", "reg", "reg_certainty", "reg_certainty_text", "taken_out", "type", "type_text"],
      restricted: ["notes"],
    },
  },
};
