// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
/** @typedef {{code: string, label: string, young?: string, hint?: string, young_hint?: string, section?: string, letter?: string, named_in?: string, sets?: Record<string, any>}} Code `young` only where a young keeper is told it in other words */
/** @typedef {{question: string, young?: string, many: boolean, sections?: {code: string, label: string}[], codes: Code[]}} List one question and its possible answers */

/** @type {Record<string, List>} */
export const VOCABULARY = {
  behaviours: { question: "What kind of thing was it?", young: "What did they do?", many: true, sections: [{"code": "following", "label": "Following me and turning up"}, {"code": "watching", "label": "Watching me"}, {"code": "contact", "label": "Contacting me"}, {"code": "publishing", "label": "Posting about me or as me"}, {"code": "property", "label": "My things, my home, my accounts"}, {"code": "threat", "label": "Threats and violence"}, {"code": "others", "label": "Using other people or officials"}, {"code": "else", "label": "Something else"}], codes: [
    {"code": "follow", "label": "Followed me on foot", "section": "following", "letter": "a", "young": "Followed me when I was walking"}, {"code": "follow_vehicle", "label": "Followed me in a car, on a bike or other vehicle", "section": "following", "letter": "a", "young": "Followed me in a car, on a bike or a scooter"}, {"code": "turn_up_home", "label": "Came to my home", "section": "following", "letter": "e"}, {"code": "turn_up_work_school", "label": "Came to my work, school or college", "section": "following", "letter": "e", "young": "Came to my school, college or work"},
    {"code": "turn_up_social", "label": "Turned up where I was going out or meeting people", "section": "following", "letter": "e", "young": "Turned up where I was out with friends"}, {"code": "loiter_near", "label": "Hung around near me", "section": "following", "letter": "e", "young": "Hung about near me"}, {"code": "drive_past", "label": "Drove past", "section": "following", "letter": "e/g"}, {"code": "approach_speak", "label": "Came up to me or spoke to me", "section": "following", "letter": "b"},
    {"code": "block_path", "label": "Got in my way or would not let me pass", "section": "following", "young": "Got in my way or would not let me go"}, {"code": "enter_premises", "label": "Came in without being asked", "section": "following", "named_in": "SCO", "young": "Came into my home or room without being asked"}, {"code": "same_place_repeatedly", "label": "Was where I was, again and again", "section": "following", "letter": "e"}, {"code": "watch", "label": "Watched me", "section": "watching", "letter": "g"},
    {"code": "photograph_film_me", "label": "Took photos or videos of me", "section": "watching", "letter": "g"}, {"code": "camera_or_listening_device", "label": "Hid a camera or a listening device", "section": "watching", "letter": "g", "young": "Hid a camera or something that listens"}, {"code": "tracker_device", "label": "Put a tracker or tag on me, my bag or my car", "section": "watching", "letter": "g/d", "young": "Put a tag or tracker on me, my bag or my bike"}, {"code": "drone", "label": "Used a drone", "section": "watching", "letter": "g"},
    {"code": "phone_or_account_access", "label": "Got into my phone or my accounts", "section": "watching", "letter": "d", "named_in": "VIC"}, {"code": "spyware", "label": "Put spying software on my phone or computer", "section": "watching", "letter": "d", "named_in": "VIC", "young": "Put something on my phone to spy on me"}, {"code": "social_media_monitoring", "label": "Watched what I do online", "section": "watching", "letter": "d", "young": "Keeps looking at everything I post or do online"}, {"code": "location_sharing_misuse", "label": "Used location sharing to see where I was", "section": "watching", "letter": "d", "young": "Used a map or location app to see where I was"},
    {"code": "knows_things_they_should_not", "label": "Knew things they should not know", "section": "watching", "letter": "d/g", "young": "Knew things they had no way of knowing"}, {"code": "third_party_surveillance", "label": "Had someone else watch me", "section": "watching", "letter": "g", "young": "Got someone else to watch me"}, {"code": "calls", "label": "Phone calls", "section": "contact", "letter": "b", "young": "Kept ringing me"}, {"code": "silent_calls", "label": "Silent calls", "section": "contact", "letter": "b", "young": "Rang and said nothing"},
    {"code": "voicemail", "label": "Voicemail", "section": "contact", "letter": "b"}, {"code": "texts", "label": "Text messages", "section": "contact", "letter": "b", "young": "Texts"}, {"code": "chat_messages", "label": "Messages in an app", "section": "contact", "letter": "b", "young": "Messages or DMs"}, {"code": "email", "label": "Emails", "section": "contact", "letter": "b"},
    {"code": "letters_cards", "label": "Letters, cards or notes", "section": "contact", "letter": "b"}, {"code": "gifts_or_items_left", "label": "Left gifts or things for me", "section": "contact", "letter": "b", "named_in": "SCO", "young": "Left presents or things for me"}, {"code": "contact_new_account_after_block", "label": "Used a new account or number after I blocked them", "section": "contact", "letter": "b", "young": "Made a new account after I blocked them"}, {"code": "contact_via_others", "label": "Sent messages through other people", "section": "contact", "letter": "b", "young": "Got other people to pass on messages"},
    {"code": "contact_via_bank_ref_or_game_etc", "label": "Sent messages in a payment, a game or another odd place", "section": "contact", "letter": "b", "young": "Messaged me in a game, a payment or somewhere odd"}, {"code": "contact_via_children", "label": "Sent messages through my children", "section": "contact", "letter": "b", "young": "Sent messages through my child, brother or sister"}, {"code": "friend_or_follow_requests", "label": "Sent friend or follow requests", "section": "contact", "letter": "b", "young": "Kept sending follow or friend requests"}, {"code": "unwanted_orders_or_services", "label": "Ordered things or services in my name", "section": "contact", "letter": "b/f", "young": "Ordered things in my name"},
    {"code": "contact_at_court_or_handover", "label": "Used court or a child handover to get at me", "section": "contact", "letter": "b", "young": "Used court or a handover to get to me"}, {"code": "posts_about_me", "label": "Posted about me", "section": "publishing", "letter": "c"}, {"code": "fake_profile_of_me", "label": "Made a fake profile of me", "section": "publishing", "letter": "c", "young": "Made a fake account of me"}, {"code": "impersonation", "label": "Pretended to be me", "section": "publishing", "letter": "c"},
    {"code": "doxxing", "label": "Put my address or number online", "section": "publishing", "letter": "c", "young": "Put my address, school or number online"}, {"code": "rumours_or_false_reports", "label": "Spread lies or made false reports about me", "section": "publishing", "letter": "c", "young": "Spread lies about me"}, {"code": "intimate_image_shared", "label": "Shared a private sexual picture of me", "section": "publishing", "letter": "c", "young": "Shared a sexual or nude picture of me"}, {"code": "intimate_image_threat", "label": "Threatened to share a private sexual picture of me", "section": "publishing", "young": "Said they would share a sexual or nude picture of me"},
    {"code": "deepfake_or_edited_image", "label": "Made a fake or edited picture of me", "section": "publishing", "letter": "c"}, {"code": "review_bombing_or_work_complaint", "label": "Left bad reviews or complained to my work", "section": "publishing", "letter": "c", "young": "Complained about me to my school or work"}, {"code": "tagging_or_group_adds", "label": "Tagged me or added me to groups", "section": "publishing", "letter": "c", "young": "Kept tagging me or adding me to groups"}, {"code": "damage_property", "label": "Damaged my things", "section": "property", "letter": "f", "young": "Broke or damaged my things"},
    {"code": "interfere_vehicle", "label": "Did something to my car or bike", "section": "property", "letter": "f", "young": "Did something to my bike, scooter or car"}, {"code": "interfere_home_or_utilities", "label": "Did something to my home, power, water or internet", "section": "property", "letter": "f", "young": "Did something to my home or my internet"}, {"code": "theft", "label": "Took my things", "section": "property", "letter": "f"}, {"code": "items_moved", "label": "Moved my things", "section": "property", "letter": "f"},
    {"code": "pets_harmed", "label": "Hurt my pet", "section": "property"}, {"code": "account_lockout_or_password_change", "label": "Locked me out of my account or changed a password", "section": "property", "letter": "f", "named_in": "VIC", "young": "Locked me out of my account"}, {"code": "smart_home_control", "label": "Used smart devices in my home against me", "section": "property", "letter": "f", "young": "Used smart things at home against me"}, {"code": "threat_to_me", "label": "Threatened me", "section": "threat", "named_in": "VIC", "young": "Said they would hurt me"},
    {"code": "threat_to_others", "label": "Threatened someone else", "section": "threat", "young": "Said they would hurt someone else"}, {"code": "threat_self_harm_or_suicide", "label": "Said they would hurt or kill themselves", "section": "threat"}, {"code": "threat_to_share_info", "label": "Threatened to share something about me", "section": "threat", "young": "Said they would tell people something about me"}, {"code": "assault", "label": "Hurt me", "section": "threat"},
    {"code": "sexual_assault_or_touching", "label": "Touched me sexually when I did not want it", "section": "threat", "young": "Touched me in a sexual way when I did not want it"}, {"code": "weapon", "label": "Had or showed a weapon", "section": "threat", "young": "Had a weapon or showed me one"}, {"code": "abusive_words", "label": "Said cruel or abusive things", "section": "threat", "named_in": "VIC", "young": "Said horrible things"}, {"code": "abusive_acts", "label": "Did cruel or abusive things", "section": "threat", "named_in": "VIC", "young": "Did horrible things"},
    {"code": "offensive_material", "label": "Sent or left something offensive", "section": "threat", "named_in": "VIC", "young": "Sent or left something horrible"}, {"code": "recruits_others", "label": "Got other people to join in", "section": "others"}, {"code": "contacts_friends_family", "label": "Contacted my friends or family", "section": "others"}, {"code": "contacts_employer", "label": "Contacted my work or school", "section": "others", "young": "Contacted my school or work"},
    {"code": "contacts_new_partner", "label": "Contacted my new partner", "section": "others", "young": "Contacted my new girlfriend or boyfriend"}, {"code": "vexatious_complaint_or_proceedings", "label": "Made complaints or court cases to get at me", "section": "others", "young": "Made complaints about me to get at me"}, {"code": "breach_of_order", "label": "Broke a court order", "section": "others"}, {"code": "bail_breach", "label": "Broke bail conditions", "section": "others", "young": "Broke the rules the police or a court gave them"},
    {"code": "attempt_after_warning", "label": "Carried on after a warning", "section": "others", "young": "Carried on after being told to stop"}, {"code": "other", "label": "Something else", "section": "else"}, {"code": "not_sure_what_to_call_it", "label": "I don't know what to call it", "section": "else"}, {"code": "not_sure", "label": "Not sure", "section": "else"},
    {"code": "prefer_not_to_say", "label": "Rather not say", "section": "else"},
  ] },
  channels: { question: "How did it reach you?", many: false, sections: [{"code": "usual", "label": "Most used"}, {"code": "apps", "label": "Other apps"}, {"code": "ways", "label": "Other ways"}], codes: [
    {"code": "in_person", "label": "In person", "section": "usual"}, {"code": "phone_call", "label": "Phone call", "section": "usual"}, {"code": "sms", "label": "Text message", "section": "usual"}, {"code": "whatsapp", "label": "WhatsApp", "section": "usual"},
    {"code": "instagram", "label": "Instagram", "section": "usual"}, {"code": "snapchat", "label": "Snapchat", "section": "usual"}, {"code": "facebook", "label": "Facebook", "section": "usual"}, {"code": "messenger", "label": "Messenger", "section": "usual"},
    {"code": "tiktok", "label": "TikTok", "section": "usual"}, {"code": "email", "label": "Email", "section": "usual"}, {"code": "imessage", "label": "iMessage", "section": "apps"}, {"code": "signal", "label": "Signal", "section": "apps"},
    {"code": "telegram", "label": "Telegram", "section": "apps"}, {"code": "x", "label": "X (Twitter)", "section": "apps"}, {"code": "reddit", "label": "Reddit", "section": "apps"}, {"code": "discord", "label": "Discord", "section": "apps"},
    {"code": "linkedin", "label": "LinkedIn", "section": "apps"}, {"code": "youtube", "label": "YouTube", "section": "apps"}, {"code": "bereal", "label": "BeReal", "section": "apps"}, {"code": "dating_app", "label": "Dating app", "section": "apps"},
    {"code": "gaming", "label": "A game", "section": "apps"}, {"code": "music_or_streaming", "label": "Music or streaming app", "section": "apps"}, {"code": "marketplace_app", "label": "Buying and selling app", "section": "apps"}, {"code": "school_platform", "label": "School or college platform", "section": "apps", "young": "School or college app"},
    {"code": "location_sharing_app", "label": "Location sharing app", "section": "apps"}, {"code": "airdrop_nearby", "label": "AirDrop or nearby sharing", "section": "apps"}, {"code": "shared_doc_or_calendar", "label": "Shared document or calendar", "section": "apps"}, {"code": "payment_reference", "label": "Payment reference", "section": "apps"},
    {"code": "post", "label": "Post", "section": "ways"}, {"code": "left_at_place", "label": "Left somewhere for me", "section": "ways"}, {"code": "delivery_or_order", "label": "A delivery or order", "section": "ways"}, {"code": "via_person", "label": "Through another person", "section": "ways"},
    {"code": "smart_home", "label": "Smart home device", "section": "ways"}, {"code": "tracker", "label": "Tracker or tag", "section": "ways"}, {"code": "court_or_agency", "label": "Court or an agency", "section": "ways"}, {"code": "other", "label": "Something else", "section": "ways"},
    {"code": "not_sure", "label": "Not sure", "section": "ways"}, {"code": "prefer_not_to_say", "label": "Rather not say", "section": "ways"},
  ] },
  places: { question: "What sort of place was it?", many: false, codes: [
    {"code": "home", "label": "At home"}, {"code": "outside_home", "label": "Outside my home"}, {"code": "work", "label": "At work"}, {"code": "school_or_nursery", "label": "School, college or nursery", "young": "School or college"},
    {"code": "public_transport", "label": "Bus, train or station"}, {"code": "street", "label": "In the street"}, {"code": "shop", "label": "In a shop"}, {"code": "gym_or_social", "label": "Gym, pub or social place", "young": "Gym, park or place to hang out"},
    {"code": "vehicle", "label": "In a car"}, {"code": "friend_or_family_home", "label": "Home of a friend or family", "young": "A friend's or relative's home"}, {"code": "online", "label": "Online"}, {"code": "phone", "label": "On the phone"},
    {"code": "court_or_handover", "label": "Court or child handover", "young": "Court or a handover between parents"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  feelings: { question: "How did you feel then?", many: true, codes: [
    {"code": "scared", "label": "Scared"}, {"code": "alarmed", "label": "Alarmed", "young": "Shocked or on edge"}, {"code": "distressed", "label": "Upset"}, {"code": "angry", "label": "Angry"},
    {"code": "ashamed", "label": "Ashamed"}, {"code": "numb", "label": "Numb", "young": "Nothing at all, or frozen"}, {"code": "worried_for_others", "label": "Worried for others", "young": "Worried for other people"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  fear: { question: "Were you afraid they would be violent?", young: "Were you scared they would hurt you or someone else?", many: false, codes: [
    {"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}, {"code": "not_sure", "label": "Not sure"}, {"code": "other", "label": "Something else"},
    {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  precision: { question: "How exact is the time?", many: false, codes: [
    {"code": "exact", "label": "Exact"}, {"code": "minute", "label": "To the minute"}, {"code": "hour", "label": "About this time"}, {"code": "part_of_day", "label": "Part of the day"},
    {"code": "day", "label": "That day"}, {"code": "date_range", "label": "Between two dates"}, {"code": "month", "label": "That month"}, {"code": "season", "label": "That season"},
    {"code": "unknown", "label": "Don't know when"},
  ] },
  parts_of_day: { question: "Which part of the day?", many: false, codes: [
    {"code": "early_morning", "label": "Early morning"}, {"code": "morning", "label": "Morning"}, {"code": "afternoon", "label": "Afternoon"}, {"code": "evening", "label": "Evening"},
    {"code": "night", "label": "Night"},
  ] },
  time_sources: { question: "How do you know the time?", many: false, codes: [
    {"code": "phone_clock_at_the_time", "label": "I looked at a clock or phone then"}, {"code": "message_or_call_stamp", "label": "The time on the message or call"}, {"code": "cctv_or_doorbell", "label": "CCTV or a doorbell"}, {"code": "someone_told_me", "label": "Someone told me"},
    {"code": "memory", "label": "From memory", "young": "I remember it"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  entry_kinds: { question: "When did you write this?", many: false, codes: [
    {"code": "contemporaneous", "label": "Soon after it happened"}, {"code": "later_recollection", "label": "Later, from memory"}, {"code": "copied_from_other_record", "label": "Copied from something I wrote before"},
  ] },
  carried_out_by: { question: "Who did it?", many: false, codes: [
    {"code": "them", "label": "They did it themselves"}, {"code": "someone_for_them", "label": "Someone did it for them"}, {"code": "unknown_person", "label": "A person I don't know"}, {"code": "unknown", "label": "I don't know who"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  attribution: { question: "How do you know it was them?", many: true, codes: [
    {"code": "saw_them", "label": "I saw them"}, {"code": "recognised_voice", "label": "I knew their voice"}, {"code": "recognised_vehicle", "label": "I knew their car"}, {"code": "known_account_or_number", "label": "I know the account or number is theirs"},
    {"code": "they_admitted", "label": "They said it was them"}, {"code": "content_only_they_would_know", "label": "It said things only they would know"}, {"code": "pattern", "label": "It is like other things they did", "young": "It is like what they did before"}, {"code": "guess", "label": "It is a guess", "young": "I am guessing"},
    {"code": "unknown", "label": "I don't know who it was"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  responses: { question: "What did you do?", many: true, codes: [
    {"code": "none", "label": "Nothing"}, {"code": "told_to_stop", "label": "Told them to stop"}, {"code": "said_something_else", "label": "Said something else"}, {"code": "replied", "label": "Replied"},
    {"code": "blocked", "label": "Blocked them"}, {"code": "left", "label": "Left"}, {"code": "called_police", "label": "Called the police"}, {"code": "called_friend", "label": "Called a friend or family", "young": "Told a friend or family"},
    {"code": "changed_route", "label": "Went a different way"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  i_contacted_them: { question: "Did you contact them around then?", many: false, codes: [
    {"code": "no", "label": "No"}, {"code": "yes_first", "label": "Yes, I contacted them first"}, {"code": "yes_in_reply", "label": "Yes, in reply"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  independent_evidence: { question: "Is there anything that may have recorded it?", many: false, codes: [
    {"code": "cctv", "label": "CCTV"}, {"code": "doorbell", "label": "Doorbell camera"}, {"code": "dashcam", "label": "Dashcam"}, {"code": "body_worn", "label": "Body-worn camera"},
    {"code": "building_log", "label": "Sign-in or door log"}, {"code": "phone_bill", "label": "Phone bill"}, {"code": "delivery_record", "label": "Delivery record"}, {"code": "vehicle_tracker", "label": "Vehicle tracker"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  hostility: { question: "Do you think it was because of who you are?", many: true, codes: [
    {"code": "disability", "label": "Disability"}, {"code": "race", "label": "Race or ethnicity"}, {"code": "religion", "label": "Religion or belief"}, {"code": "sexual_orientation", "label": "Sexual orientation"},
    {"code": "transgender", "label": "Being trans"}, {"code": "sex", "label": "Being a woman or a man"}, {"code": "age", "label": "Age"}, {"code": "other", "label": "Something else"},
    {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  help_given: { question: "Did someone help you write this?", many: false, codes: [
    {"code": "none", "label": "No, I wrote it myself"}, {"code": "typed_for_me", "label": "Someone typed my words for me"}, {"code": "translated", "label": "Someone translated it"}, {"code": "prompted_questions", "label": "Someone asked me questions", "young": "Someone asked me questions and I answered"},
    {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
  content_warnings: { question: "Does it need care before reading?", many: false, codes: [
    {"code": "none", "label": "No"}, {"code": "violence", "label": "Violence"}, {"code": "sexual", "label": "Sexual"}, {"code": "self_harm", "label": "Self-harm"},
    {"code": "children", "label": "About children"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
  ] },
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
    {"code": "hour_twice", "label": "The clocks went back: the first of two"}, {"code": "hour_once", "label": "The clocks went back: the second of two"}, {"code": "hour_skipped", "label": "The clocks went forward: that time never was"}, {"code": "about", "label": "About"},
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
