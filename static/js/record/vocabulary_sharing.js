// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
/** What is given to whom, and how the app is set. @type {Record<string, import('./vocabulary.js').List>} */
export const SHARING = {
  consent_kinds: { question: "What was shared?", many: false, codes: [
    {"code": "pack", "label": "A pack of papers"}, {"code": "handover", "label": "A pack by eight words"}, {"code": "grant", "label": "Reading in the app"}, {"code": "shown", "label": "Shown on the screen"},
    {"code": "quick_report", "label": "Words to read out or paste"}, {"code": "backup", "label": "A backup file"}, {"code": "spoken", "label": "Told in words"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  consent_forms: { question: "How did you agree?", many: false, codes: [
    {"code": "in_app", "label": "Here"}, {"code": "spoken", "label": "In words"}, {"code": "on_paper", "label": "On paper"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  recipient_roles: { question: "Who is it for?", many: false, codes: [
    {"code": "police", "label": "Police"}, {"code": "solicitor", "label": "Solicitor"}, {"code": "advocate", "label": "Advocate or support worker", "young": "Support worker"}, {"code": "school", "label": "School, college or university"},
    {"code": "employer", "label": "Employer"}, {"code": "housing", "label": "Housing"}, {"code": "court", "label": "A court"}, {"code": "family_or_friend", "label": "Family or a friend"},
    {"code": "me", "label": "Me"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  export_kinds: { question: "", many: false, codes: [
    {"code": "pack", "label": "Pack"}, {"code": "evidence", "label": "Pack made on this phone"}, {"code": "portal", "label": "Portal set"}, {"code": "supplement", "label": "Later pack"},
    {"code": "quick_report", "label": "Quick report"}, {"code": "shown", "label": "Shown on the screen"}, {"code": "grant", "label": "Reading in the app"}, {"code": "backup", "label": "Backup file"},
  ] },
  delivered_ways: { question: "How did it get there?", many: false, codes: [
    {"code": "handover", "label": "By eight words"}, {"code": "portal", "label": "Through their website"}, {"code": "email", "label": "By email"}, {"code": "usb_or_disc", "label": "On a stick or disc"},
    {"code": "by_hand", "label": "On paper, by hand"}, {"code": "shown", "label": "Shown on the screen"}, {"code": "saved", "label": "Saved to this phone"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  independent_outcomes: { question: "What came of asking?", many: false, codes: [
    {"code": "not_asked", "label": "Not asked yet"}, {"code": "asked", "label": "Asked, waiting"}, {"code": "promised", "label": "They will keep it"}, {"code": "got_it", "label": "I have it"},
    {"code": "police_have_it", "label": "Police have it"}, {"code": "wiped", "label": "It was wiped"}, {"code": "refused", "label": "They said no"}, {"code": "none", "label": "There was none"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  masks: { question: "What is covered, and why?", many: true, codes: [
    {"code": "address", "label": "Where I live, work or study"}, {"code": "number", "label": "A phone number or account"}, {"code": "child", "label": "A child"}, {"code": "other_person", "label": "Someone else"},
    {"code": "sexual", "label": "Private or sexual"}, {"code": "medical", "label": "Health"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  physical_handling: { question: "How is it kept?", many: false, codes: [
    {"code": "paper_bag", "label": "In a paper bag or envelope"}, {"code": "plastic_bag", "label": "In a plastic bag"}, {"code": "not_touched", "label": "Left where it was"}, {"code": "given_to_police", "label": "Given to police"},
    {"code": "thrown_away", "label": "Thrown away or lost"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  wordings: { question: "Which words should be used?", many: false, codes: [
    {"code": "plain", "label": "Plain words"}, {"code": "young", "label": "Words for young people"},
  ] },
  upload_pictures: { question: "When should pictures be sent?", many: false, codes: [
    {"code": "now", "label": "As soon as there is signal"}, {"code": "wifi", "label": "Only on Wi-Fi"}, {"code": "ask", "label": "Ask me"},
  ] },
  help_channels: { question: "How do you get help?", many: false, codes: [
    {"code": "call", "label": "I call"}, {"code": "text", "label": "I text"}, {"code": "bsl", "label": "I use BSL"},
  ] },
};
