// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
/** Orders, reports, messages and the rest of a case. @type {Record<string, import('./vocabulary.js').List>} */
export const CASE = {
  orders: { question: "What sort of order is it?", young: "What sort of order is it? An order is a rule from a court or the police about what they can't do", many: false, codes: [
    {"code": "spo", "label": "Stalking protection order (SPO)"}, {"code": "interim_spo", "label": "Interim stalking protection order"}, {"code": "restraining_order", "label": "Restraining order"}, {"code": "non_molestation", "label": "Non-molestation order"},
    {"code": "occupation", "label": "Occupation order (who may live in a home)"}, {"code": "civil_injunction_pha_s3", "label": "Civil injunction (Protection from Harassment Act)"}, {"code": "undertaking", "label": "Undertaking (a promise made to a court)"}, {"code": "dvpn", "label": "Domestic violence protection notice (DVPN)"},
    {"code": "dvpo", "label": "Domestic violence protection order (DVPO)"}, {"code": "dapn", "label": "Domestic abuse protection notice (DAPN)"}, {"code": "dapo", "label": "Domestic abuse protection order (DAPO)"}, {"code": "police_bail_condition", "label": "Police bail: rules they must keep"},
    {"code": "court_bail_condition", "label": "Court bail: rules they must keep"}, {"code": "licence_condition", "label": "Prison licence: rules they must keep"}, {"code": "community_protection_notice", "label": "Community protection notice"}, {"code": "harassment_warning_or_pin", "label": "Police warning letter (harassment warning or PIN)"},
    {"code": "sexual_harm_prevention", "label": "Sexual harm prevention order"}, {"code": "non_harassment_order_sco", "label": "Non-harassment order (Scotland)"}, {"code": "interdict_sco", "label": "Interdict (Scotland)"}, {"code": "spo_ni", "label": "Stalking protection order (Northern Ireland)"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  order_statuses: { question: "Is it in force?", many: false, codes: [
    {"code": "applied_for", "label": "Asked for, not made yet"}, {"code": "in_force", "label": "In force"}, {"code": "varied", "label": "Changed, still in force"}, {"code": "expired", "label": "Run out"},
    {"code": "ended", "label": "Ended or cancelled by the court", "young": "The court ended it"}, {"code": "refused", "label": "The court said no"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  order_awareness: { question: "How do they know about it?", many: false, codes: [
    {"code": "in_court", "label": "They were in court"}, {"code": "served_in_person", "label": "It was handed to them"}, {"code": "served_by_post", "label": "It was posted to them"}, {"code": "told_by_police", "label": "Police told them"},
    {"code": "they_said_so", "label": "They said so"}, {"code": "solicitor", "label": "Through a solicitor"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  served_ways: { question: "How was it given to them?", many: false, codes: [
    {"code": "in_court", "label": "In court"}, {"code": "by_police", "label": "By police"}, {"code": "process_server", "label": "By a process server", "young": "By someone the court sent"}, {"code": "by_post", "label": "By post"},
    {"code": "electronically", "label": "By message or email"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  report_to: { question: "Who did you tell?", many: false, codes: [
    {"code": "police", "label": "Police"}, {"code": "school_or_college", "label": "School, college or university"}, {"code": "employer", "label": "Work"}, {"code": "platform", "label": "An app or website"},
    {"code": "helpline_or_charity", "label": "Helpline or charity"}, {"code": "doctor_or_hospital", "label": "Doctor, nurse or hospital"}, {"code": "solicitor", "label": "Solicitor"}, {"code": "housing_or_council", "label": "Housing or council"},
    {"code": "social_services", "label": "Social services"}, {"code": "bank_or_phone_company", "label": "Bank or phone company"}, {"code": "court", "label": "A court"}, {"code": "schools_officer", "label": "Police officer for schools or young people"},
    {"code": "trusted_adult", "label": "Parent, carer or other adult", "young": "An adult I trust"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  report_methods: { question: "How did you tell them?", many: false, codes: [
    {"code": "emergency_call", "label": "999"}, {"code": "non_emergency_call", "label": "101"}, {"code": "text_or_bsl_relay", "label": "Text or BSL relay"}, {"code": "online_form", "label": "Online form"},
    {"code": "in_person", "label": "In person", "young": "Face to face"}, {"code": "phone", "label": "Phone"}, {"code": "email", "label": "Email"}, {"code": "letter", "label": "Letter"},
    {"code": "they_came", "label": "They came to me"}, {"code": "in_app", "label": "Inside the app"}, {"code": "someone_for_me", "label": "Someone told them for me"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  report_outcomes: { question: "What came of it?", many: false, codes: [
    {"code": "waiting", "label": "Waiting to hear"}, {"code": "reference_only", "label": "I was given a number, nothing more yet"}, {"code": "looking_into_it", "label": "They are looking into it"}, {"code": "statement_taken", "label": "They took my account", "young": "They wrote down what I said"},
    {"code": "warned", "label": "They warned the person"}, {"code": "arrested", "label": "The person was arrested"}, {"code": "charged", "label": "The person was charged"}, {"code": "order_applied_for", "label": "They are asking for an order"},
    {"code": "account_removed", "label": "Account or post taken down"}, {"code": "no_further_action", "label": "They are not taking it further"}, {"code": "nothing", "label": "Nothing"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  impact_domains: { question: "What part of your life?", many: false, codes: [
    {"code": "sleep", "label": "Sleep"}, {"code": "physical_health", "label": "My body and health"}, {"code": "mental_health", "label": "How I feel", "young": "How I feel and cope"}, {"code": "work_or_study", "label": "Work or study", "young": "School or college"},
    {"code": "travel_or_routes", "label": "Where I go and how I get there"}, {"code": "home_or_moved", "label": "My home, or I had to move"}, {"code": "security_costs", "label": "Money spent on staying safe"}, {"code": "social_life", "label": "Seeing people and going out", "young": "Seeing friends and going out"},
    {"code": "online_life_or_accounts", "label": "My life online"}, {"code": "childcare_or_children", "label": "Children"}, {"code": "relationships", "label": "People close to me"}, {"code": "money", "label": "Money"},
    {"code": "pets", "label": "Pets"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  notice_ways: { question: "How were they told to stop?", many: false, codes: [
    {"code": "in_person", "label": "In person", "young": "Face to face"}, {"code": "phone_call", "label": "Phone call"}, {"code": "message", "label": "Message"}, {"code": "email", "label": "Email"},
    {"code": "letter", "label": "Letter"}, {"code": "post_online", "label": "A post online"}, {"code": "through_someone", "label": "Through someone else"}, {"code": "by_police", "label": "By police"},
    {"code": "by_solicitor", "label": "By a solicitor"}, {"code": "blocked", "label": "I blocked them"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  notice_by: { question: "Who told them?", many: false, codes: [
    {"code": "me", "label": "I did"}, {"code": "family_or_friend", "label": "Family or a friend"}, {"code": "police", "label": "Police"}, {"code": "solicitor", "label": "A solicitor"},
    {"code": "school", "label": "School or college"}, {"code": "employer", "label": "My work"}, {"code": "court", "label": "A court"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  statement_saw_how: { question: "How do they know?", many: false, codes: [
    {"code": "saw", "label": "They saw it"}, {"code": "heard", "label": "They heard it"}, {"code": "saw_me_after", "label": "They saw how I was afterwards"}, {"code": "was_told", "label": "Someone told them"},
    {"code": "received_it", "label": "It was sent to them"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  statement_received: { question: "How did it come?", many: false, codes: [
    {"code": "they_typed_here", "label": "They typed it on this phone"}, {"code": "spoken_code", "label": "With a code I gave them"}, {"code": "message", "label": "In a message"}, {"code": "email", "label": "In an email"},
    {"code": "letter", "label": "On paper"}, {"code": "i_wrote_it_down", "label": "I wrote down what they said"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  told_how: { question: "How did you tell them?", many: true, codes: [
    {"code": "in_person", "label": "In person", "young": "Face to face"}, {"code": "phone", "label": "Phone"}, {"code": "message", "label": "Message"}, {"code": "they_saw", "label": "They saw it on me"},
    {"code": "they_heard", "label": "They heard it"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  schedule_directions: { question: "Which way did it go?", many: false, codes: [
    {"code": "in", "label": "From them to me"}, {"code": "out", "label": "From me to them"}, {"code": "not_sure", "label": "Can't tell"},
  ] },
  message_types: { question: "What was it?", many: false, codes: [
    {"code": "text", "label": "Message"}, {"code": "call", "label": "Call"}, {"code": "missed_call", "label": "Missed call"}, {"code": "voice", "label": "Voice message"},
    {"code": "image", "label": "Picture"}, {"code": "video", "label": "Video"}, {"code": "document", "label": "File"}, {"code": "sticker", "label": "Sticker or GIF"},
    {"code": "contact", "label": "Contact card"}, {"code": "location", "label": "Location"}, {"code": "email", "label": "Email"}, {"code": "deleted", "label": "Deleted message"},
    {"code": "other", "label": "Something else"},
  ] },
  schedule_complete: { question: "Is every message here?", many: false, codes: [
    {"code": "complete", "label": "Yes, all of them both ways"}, {"code": "outgoing_not_captured", "label": "Only theirs, not mine"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  schedule_read: { question: "Was it read?", many: false, codes: [
    {"code": "read", "label": "Read"}, {"code": "unread", "label": "Not read"},
  ] },
  schedule_time_notes: { question: "", many: false, codes: [
    {"code": "hour_first", "label": "The clocks went back: the first of two"}, {"code": "hour_second", "label": "The clocks went back: the second of two"}, {"code": "hour_skipped", "label": "The clocks went forward: that time never was"}, {"code": "about", "label": "About"},
  ] },
  case_statuses: { question: "Is this still going on?", many: false, codes: [
    {"code": "open", "label": "Yes"}, {"code": "quiet", "label": "Nothing lately"}, {"code": "closed", "label": "It has ended"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  question_statuses: { question: "", many: false, codes: [
    {"code": "open", "label": "Not answered yet"}, {"code": "answered", "label": "Answered"}, {"code": "put_aside", "label": "Put aside"},
  ] },
  key_date_kinds: { question: "What happened that day?", many: false, codes: [
    {"code": "house_move", "label": "I moved home"}, {"code": "split_up", "label": "We split up"}, {"code": "changed_number", "label": "I changed my number"}, {"code": "changed_work_or_school", "label": "I changed work or school", "young": "I changed school or college"},
    {"code": "blocked", "label": "I blocked them"}, {"code": "arrest", "label": "They were arrested"}, {"code": "charge", "label": "They were charged"}, {"code": "released", "label": "They were let out"},
    {"code": "court_date", "label": "A day in court"}, {"code": "child_born", "label": "A child was born"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
};
