// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
/** Files, people, and what people use. @type {Record<string, import('./vocabulary.js').List>} */
export const NAMED = {
  attachment_kinds: { question: "What is it?", many: false, codes: [
    {"code": "screenshot", "label": "Screenshot"}, {"code": "screen_recording", "label": "Screen recording"}, {"code": "photo", "label": "Photo"}, {"code": "video", "label": "Video"},
    {"code": "audio", "label": "Sound recording"}, {"code": "voicemail", "label": "Voicemail"}, {"code": "call_log", "label": "Call list"}, {"code": "chat_export", "label": "Saved chat"},
    {"code": "email_eml", "label": "Email file"}, {"code": "letter_or_object_photo", "label": "Photo of a letter or thing"}, {"code": "document", "label": "Document"}, {"code": "order_or_court_paper", "label": "Order or court paper"},
    {"code": "medical", "label": "Medical paper"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  alterations: { question: "Was it changed before you added it?", many: false, codes: [
    {"code": "none_known", "label": "Not that I know of"}, {"code": "cropped", "label": "Cropped"}, {"code": "marked_up", "label": "Drawn or written on", "young": "Someone drew or wrote on it"}, {"code": "forwarded_copy", "label": "A forwarded copy"},
    {"code": "converted_by_phone", "label": "Changed by the phone when picked", "young": "The phone changed it when I picked it"}, {"code": "unknown", "label": "Don't know"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  shows: { question: "What can you see in it?", many: true, codes: [
    {"code": "whole_screen", "label": "The whole screen", "hint": "Nothing cropped off or drawn on"}, {"code": "clock", "label": "The time on the phone", "hint": "The clock at the top of the phone"}, {"code": "date", "label": "The date of the message", "hint": "Scroll or tap until the day shows"}, {"code": "sender_name", "label": "The name of the sender", "hint": "The name it came from"},
    {"code": "number_or_handle", "label": "Their number or @name", "hint": "Their number or @name, in full"}, {"code": "profile", "label": "Their profile or contact card", "hint": "Their profile or contact card, in this picture or another"}, {"code": "url", "label": "The web address", "hint": "The web address, or type it in below", "young_hint": "The link at the top, or type it in below"}, {"code": "before_and_after", "label": "The messages before and after", "hint": "What was said before it and after it"},
    {"code": "own_messages", "label": "My own messages", "hint": "What you wrote back, too"},
  ] },
  sensitivity: { question: "Is it private or upsetting?", many: false, codes: [
    {"code": "normal", "label": "No"}, {"code": "intimate_adult", "label": "A private sexual picture of an adult", "young": "A private sexual picture of someone who is 18 or over"}, {"code": "violent", "label": "Violent", "young": "It shows someone being hurt"}, {"code": "third_party_sensitive", "label": "Private to someone else"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  attachment_flags: { question: "", many: true, codes: [
    {"code": "type_mismatch", "label": "The name says one type of file and the contents are another"}, {"code": "converted_by_phone", "label": "The phone may have changed it when it was picked"}, {"code": "text_can_be_edited", "label": "Text file: can be edited before import; the phone or the provider holds better"}, {"code": "no_print_copy", "label": "No print copy could be made on the phone"},
  ] },
  routes: { question: "", many: false, codes: [
    {"code": "photo_picker", "label": "Chosen from photos"}, {"code": "files", "label": "Chosen from files"}, {"code": "camera_in_app", "label": "Taken with the camera here"}, {"code": "recorded_in_app", "label": "Recorded here"},
    {"code": "share_target", "label": "Shared from another app"}, {"code": "while_locked", "label": "Captured while locked; anyone holding this phone could have"}, {"code": "paste", "label": "Pasted"}, {"code": "drop", "label": "Dropped in"},
  ] },
  outside_copies: { question: "Is there still a copy in your photos?", many: false, codes: [
    {"code": "kept", "label": "Still on the phone"}, {"code": "removed_for_safety", "label": "Removed for my safety"}, {"code": "later", "label": "Not decided yet"}, {"code": "unknown", "label": "Don't know"},
    {"code": "other", "label": "Something else"},
  ] },
  person_roles: { question: "Who is this person?", many: false, codes: [
    {"code": "keeper", "label": "Me"}, {"code": "suspect", "label": "The person doing this"}, {"code": "witness", "label": "Someone who saw or heard"}, {"code": "child", "label": "A child"},
    {"code": "helper", "label": "Someone who helps me"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  cards: { question: "", many: false, codes: [
    {"code": "photos", "label": "Photos & screenshots"}, {"code": "who", "label": "Who"}, {"code": "where", "label": "Where"}, {"code": "kind", "label": "What kind"},
    {"code": "channel", "label": "How it reached you"}, {"code": "effect", "label": "How it affected you"}, {"code": "seen_by", "label": "Who saw or was told"}, {"code": "camera", "label": "Anything that may be on camera"},
    {"code": "order", "label": "Was an order in force"}, {"code": "reported", "label": "Reported?"}, {"code": "note", "label": "Private note"}, {"code": "words", "label": "The exact words"},
    {"code": "voice", "label": "Say it or sign it instead"}, {"code": "time", "label": "More about when"}, {"code": "did", "label": "What you did"}, {"code": "harm", "label": "Injury or damage"},
    {"code": "looks", "label": "What they looked like"}, {"code": "why", "label": "Why you think they did it"}, {"code": "tongue", "label": "Language and translation"}, {"code": "about", "label": "About this entry"},
  ] },
  custody_actions: { question: "", many: false, codes: [
    {"code": "received", "label": "Received by the app"}, {"code": "hashed", "label": "Digest made"}, {"code": "viewed", "label": "Looked at"}, {"code": "exported", "label": "Put in a pack"},
    {"code": "shared", "label": "Shared"}, {"code": "verified", "label": "Checked"}, {"code": "deleted", "label": "Taken out"},
  ] },
  begin_pictures: { question: "What happened?", many: false, codes: [
    {"code": "call", "label": "A call", "young": "They rang me", "sets": {"behaviours": ["calls"], "channel": "phone_call"}}, {"code": "message", "label": "A message", "young": "They messaged me", "sets": {"behaviours": ["texts"]}}, {"code": "followed", "label": "Followed", "young": "They followed me", "sets": {"behaviours": ["follow"], "channel": "in_person"}}, {"code": "at_my_door", "label": "At my door", "young": "They came to my home", "sets": {"behaviours": ["turn_up_home"], "channel": "in_person", "place_category": "home"}},
    {"code": "posted", "label": "Posted", "young": "They posted about me", "sets": {"behaviours": ["posts_about_me"], "place_category": "online"}}, {"code": "damaged", "label": "Damaged", "young": "They broke something", "sets": {"behaviours": ["damage_property"]}},
  ] },
  yes_no: { question: "", many: false, codes: [
    {"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  age_bands: { question: "About how old are they?", many: false, codes: [
    {"code": "under_13", "label": "Under 13"}, {"code": "from_13_to_15", "label": "13 to 15"}, {"code": "from_16_to_17", "label": "16 or 17"}, {"code": "from_18_to_24", "label": "18 to 24"},
    {"code": "from_25_to_39", "label": "25 to 39"}, {"code": "from_40_to_59", "label": "40 to 59"}, {"code": "over_60", "label": "60 or over"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  relationships: { question: "Who are they to you?", many: false, codes: [
    {"code": "partner", "label": "Partner or husband or wife", "young": "Boyfriend or girlfriend"}, {"code": "ex_partner", "label": "Ex-partner", "young": "Ex-boyfriend or ex-girlfriend"}, {"code": "dated", "label": "We went out a few times", "young": "We went on dates or talked"}, {"code": "family", "label": "Family"},
    {"code": "friend", "label": "Friend or used to be"}, {"code": "knows_by_sight", "label": "Someone I know a little", "young": "Someone I know a bit"}, {"code": "neighbour", "label": "Neighbour"}, {"code": "work", "label": "From work", "young": "From work or a job"},
    {"code": "school", "label": "From school, college or university", "young": "From school or college"}, {"code": "client_or_patient", "label": "A client, patient or customer", "young": "Someone from my job or volunteering"}, {"code": "online_only", "label": "Only know them online"}, {"code": "stranger", "label": "A stranger"},
    {"code": "not_known", "label": "I don't know who it is"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  reg_certainty: { question: "How sure are you of the number plate?", many: false, codes: [
    {"code": "sure", "label": "Sure"}, {"code": "nearly_sure", "label": "Nearly sure"}, {"code": "part_of_it", "label": "I saw part of it"}, {"code": "guess", "label": "It is a guess"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  vehicle_types: { question: "What sort of vehicle?", many: false, codes: [
    {"code": "car", "label": "Car"}, {"code": "van", "label": "Van"}, {"code": "motorbike", "label": "Motorbike or moped"}, {"code": "bicycle", "label": "Bicycle"},
    {"code": "scooter", "label": "Scooter or e-scooter"}, {"code": "lorry", "label": "Lorry"}, {"code": "taxi", "label": "Taxi"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  how_found: { question: "How did you come across this account or number?", many: false, codes: [
    {"code": "it_contacted_me", "label": "It contacted me"}, {"code": "it_followed_me", "label": "It followed or added me"}, {"code": "it_looked_at_me", "label": "It looked at my story or profile"}, {"code": "someone_showed_me", "label": "Someone showed me"},
    {"code": "i_looked", "label": "I found it"}, {"code": "platform_told_me", "label": "The app suggested it"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
};
