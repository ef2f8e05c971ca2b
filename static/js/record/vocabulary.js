// Written by .ci/vocabulary.py from diary/record/vocabulary.json; change that and run it again.
/** @typedef {{code: string, label: string, section?: string, letter?: string, named_in?: string}} Code */
/** @typedef {{question: string, many: boolean, sections?: {code: string, label: string}[], codes: Code[]}} List one question and its possible answers */

/** @type {Record<string, List>} */
export const VOCABULARY = {
  behaviours: {
    question: "What kind of thing was it?", many: true,
    sections: [{"code": "following", "label": "Following me and turning up"}, {"code": "watching", "label": "Watching me"}, {"code": "contact", "label": "Contacting me"}, {"code": "publishing", "label": "Posting about me or as me"}, {"code": "property", "label": "My things, my home, my accounts"}, {"code": "threat", "label": "Threats and violence"}, {"code": "others", "label": "Using other people or officials"}, {"code": "else", "label": "Something else"}],
    codes: [
      {"code": "follow", "label": "Followed me on foot", "section": "following", "letter": "a"}, {"code": "follow_vehicle", "label": "Followed me in a car, on a bike or other vehicle", "section": "following", "letter": "a"}, {"code": "turn_up_home", "label": "Came to my home", "section": "following", "letter": "e"},
      {"code": "turn_up_work_school", "label": "Came to my work, school or college", "section": "following", "letter": "e"}, {"code": "turn_up_social", "label": "Turned up where I was going out or meeting people", "section": "following", "letter": "e"}, {"code": "loiter_near", "label": "Hung around near me", "section": "following", "letter": "e"},
      {"code": "drive_past", "label": "Drove past", "section": "following", "letter": "e/g"}, {"code": "approach_speak", "label": "Came up to me or spoke to me", "section": "following", "letter": "b"}, {"code": "block_path", "label": "Got in my way or would not let me pass", "section": "following"},
      {"code": "enter_premises", "label": "Came in without being asked", "section": "following", "named_in": "SCO"}, {"code": "same_place_repeatedly", "label": "Was where I was, again and again", "section": "following", "letter": "e"}, {"code": "watch", "label": "Watched me", "section": "watching", "letter": "g"},
      {"code": "photograph_film_me", "label": "Took photos or videos of me", "section": "watching", "letter": "g"}, {"code": "camera_or_listening_device", "label": "Hid a camera or a listening device", "section": "watching", "letter": "g"}, {"code": "tracker_device", "label": "Put a tracker or tag on me, my bag or my car", "section": "watching", "letter": "g/d"},
      {"code": "drone", "label": "Used a drone", "section": "watching", "letter": "g"}, {"code": "phone_or_account_access", "label": "Got into my phone or my accounts", "section": "watching", "letter": "d", "named_in": "VIC"}, {"code": "spyware", "label": "Put spying software on my phone or computer", "section": "watching", "letter": "d", "named_in": "VIC"},
      {"code": "social_media_monitoring", "label": "Watched what I do online", "section": "watching", "letter": "d"}, {"code": "location_sharing_misuse", "label": "Used location sharing to see where I was", "section": "watching", "letter": "d"}, {"code": "knows_things_they_should_not", "label": "Knew things they should not know", "section": "watching", "letter": "d/g"},
      {"code": "third_party_surveillance", "label": "Had someone else watch me", "section": "watching", "letter": "g"}, {"code": "calls", "label": "Phone calls", "section": "contact", "letter": "b"}, {"code": "silent_calls", "label": "Silent calls", "section": "contact", "letter": "b"},
      {"code": "voicemail", "label": "Voicemail", "section": "contact", "letter": "b"}, {"code": "texts", "label": "Text messages", "section": "contact", "letter": "b"}, {"code": "chat_messages", "label": "Messages in an app", "section": "contact", "letter": "b"},
      {"code": "email", "label": "Emails", "section": "contact", "letter": "b"}, {"code": "letters_cards", "label": "Letters, cards or notes", "section": "contact", "letter": "b"}, {"code": "gifts_or_items_left", "label": "Left gifts or things for me", "section": "contact", "letter": "b", "named_in": "SCO"},
      {"code": "contact_new_account_after_block", "label": "Used a new account or number after I blocked them", "section": "contact", "letter": "b"}, {"code": "contact_via_others", "label": "Sent messages through other people", "section": "contact", "letter": "b"}, {"code": "contact_via_bank_ref_or_game_etc", "label": "Sent messages in a payment, a game or another odd place", "section": "contact", "letter": "b"},
      {"code": "contact_via_children", "label": "Sent messages through my children", "section": "contact", "letter": "b"}, {"code": "friend_or_follow_requests", "label": "Sent friend or follow requests", "section": "contact", "letter": "b"}, {"code": "unwanted_orders_or_services", "label": "Ordered things or services in my name", "section": "contact", "letter": "b/f"},
      {"code": "contact_at_court_or_handover", "label": "Used court or a child handover to get at me", "section": "contact", "letter": "b"}, {"code": "posts_about_me", "label": "Posted about me", "section": "publishing", "letter": "c"}, {"code": "fake_profile_of_me", "label": "Made a fake profile of me", "section": "publishing", "letter": "c"},
      {"code": "impersonation", "label": "Pretended to be me", "section": "publishing", "letter": "c"}, {"code": "doxxing", "label": "Put my address or number online", "section": "publishing", "letter": "c"}, {"code": "rumours_or_false_reports", "label": "Spread lies or made false reports about me", "section": "publishing", "letter": "c"},
      {"code": "intimate_image_shared", "label": "Shared a private sexual picture of me", "section": "publishing", "letter": "c"}, {"code": "intimate_image_threat", "label": "Threatened to share a private sexual picture of me", "section": "publishing"}, {"code": "deepfake_or_edited_image", "label": "Made a fake or edited picture of me", "section": "publishing", "letter": "c"},
      {"code": "review_bombing_or_work_complaint", "label": "Left bad reviews or complained to my work", "section": "publishing", "letter": "c"}, {"code": "tagging_or_group_adds", "label": "Tagged me or added me to groups", "section": "publishing", "letter": "c"}, {"code": "damage_property", "label": "Damaged my things", "section": "property", "letter": "f"},
      {"code": "interfere_vehicle", "label": "Did something to my car or bike", "section": "property", "letter": "f"}, {"code": "interfere_home_or_utilities", "label": "Did something to my home, power, water or internet", "section": "property", "letter": "f"}, {"code": "theft", "label": "Took my things", "section": "property", "letter": "f"},
      {"code": "items_moved", "label": "Moved my things", "section": "property", "letter": "f"}, {"code": "pets_harmed", "label": "Hurt my pet", "section": "property"}, {"code": "account_lockout_or_password_change", "label": "Locked me out of my account or changed a password", "section": "property", "letter": "f", "named_in": "VIC"},
      {"code": "smart_home_control", "label": "Used smart devices in my home against me", "section": "property", "letter": "f"}, {"code": "threat_to_me", "label": "Threatened me", "section": "threat", "named_in": "VIC"}, {"code": "threat_to_others", "label": "Threatened someone else", "section": "threat"},
      {"code": "threat_self_harm_or_suicide", "label": "Said they would hurt or kill themselves", "section": "threat"}, {"code": "threat_to_share_info", "label": "Threatened to share something about me", "section": "threat"}, {"code": "assault", "label": "Hurt me", "section": "threat"},
      {"code": "sexual_assault_or_touching", "label": "Touched me sexually when I did not want it", "section": "threat"}, {"code": "weapon", "label": "Had or showed a weapon", "section": "threat"}, {"code": "abusive_words", "label": "Said cruel or abusive things", "section": "threat", "named_in": "VIC"},
      {"code": "abusive_acts", "label": "Did cruel or abusive things", "section": "threat", "named_in": "VIC"}, {"code": "offensive_material", "label": "Sent or left something offensive", "section": "threat", "named_in": "VIC"}, {"code": "recruits_others", "label": "Got other people to join in", "section": "others"},
      {"code": "contacts_friends_family", "label": "Contacted my friends or family", "section": "others"}, {"code": "contacts_employer", "label": "Contacted my work or school", "section": "others"}, {"code": "contacts_new_partner", "label": "Contacted my new partner", "section": "others"},
      {"code": "vexatious_complaint_or_proceedings", "label": "Made complaints or court cases to get at me", "section": "others"}, {"code": "breach_of_order", "label": "Broke a court order", "section": "others"}, {"code": "bail_breach", "label": "Broke bail conditions", "section": "others"},
      {"code": "attempt_after_warning", "label": "Carried on after a warning", "section": "others"}, {"code": "other", "label": "Something else", "section": "else"}, {"code": "not_sure_what_to_call_it", "label": "I don't know what to call it", "section": "else"},
      {"code": "not_sure", "label": "Not sure", "section": "else"}, {"code": "prefer_not_to_say", "label": "Rather not say", "section": "else"},
    ],
  },
  channels: {
    question: "How did it reach you?", many: false,
    sections: [{"code": "usual", "label": "Most used"}, {"code": "apps", "label": "Other apps"}, {"code": "ways", "label": "Other ways"}],
    codes: [
      {"code": "in_person", "label": "In person", "section": "usual"}, {"code": "phone_call", "label": "Phone call", "section": "usual"}, {"code": "sms", "label": "Text message", "section": "usual"},
      {"code": "whatsapp", "label": "WhatsApp", "section": "usual"}, {"code": "instagram", "label": "Instagram", "section": "usual"}, {"code": "snapchat", "label": "Snapchat", "section": "usual"},
      {"code": "facebook", "label": "Facebook", "section": "usual"}, {"code": "messenger", "label": "Messenger", "section": "usual"}, {"code": "tiktok", "label": "TikTok", "section": "usual"},
      {"code": "email", "label": "Email", "section": "usual"}, {"code": "imessage", "label": "iMessage", "section": "apps"}, {"code": "signal", "label": "Signal", "section": "apps"},
      {"code": "telegram", "label": "Telegram", "section": "apps"}, {"code": "x", "label": "X (Twitter)", "section": "apps"}, {"code": "reddit", "label": "Reddit", "section": "apps"},
      {"code": "discord", "label": "Discord", "section": "apps"}, {"code": "linkedin", "label": "LinkedIn", "section": "apps"}, {"code": "youtube", "label": "YouTube", "section": "apps"},
      {"code": "bereal", "label": "BeReal", "section": "apps"}, {"code": "dating_app", "label": "Dating app", "section": "apps"}, {"code": "gaming", "label": "A game", "section": "apps"},
      {"code": "music_or_streaming", "label": "Music or streaming app", "section": "apps"}, {"code": "marketplace_app", "label": "Buying and selling app", "section": "apps"}, {"code": "school_platform", "label": "School or college platform", "section": "apps"},
      {"code": "location_sharing_app", "label": "Location sharing app", "section": "apps"}, {"code": "airdrop_nearby", "label": "AirDrop or nearby sharing", "section": "apps"}, {"code": "shared_doc_or_calendar", "label": "Shared document or calendar", "section": "apps"},
      {"code": "payment_reference", "label": "Payment reference", "section": "apps"}, {"code": "post", "label": "Post", "section": "ways"}, {"code": "left_at_place", "label": "Left somewhere for me", "section": "ways"},
      {"code": "delivery_or_order", "label": "A delivery or order", "section": "ways"}, {"code": "via_person", "label": "Through another person", "section": "ways"}, {"code": "smart_home", "label": "Smart home device", "section": "ways"},
      {"code": "tracker", "label": "Tracker or tag", "section": "ways"}, {"code": "court_or_agency", "label": "Court or an agency", "section": "ways"}, {"code": "other", "label": "Something else", "section": "ways"},
      {"code": "not_sure", "label": "Not sure", "section": "ways"}, {"code": "prefer_not_to_say", "label": "Rather not say", "section": "ways"},
    ],
  },
  places: {
    question: "What sort of place was it?", many: false,
    codes: [
      {"code": "home", "label": "At home"}, {"code": "outside_home", "label": "Outside my home"}, {"code": "work", "label": "At work"},
      {"code": "school_or_nursery", "label": "School, college or nursery"}, {"code": "public_transport", "label": "Bus, train or station"}, {"code": "street", "label": "In the street"},
      {"code": "shop", "label": "In a shop"}, {"code": "gym_or_social", "label": "Gym, pub or social place"}, {"code": "vehicle", "label": "In a car"},
      {"code": "friend_or_family_home", "label": "Home of a friend or family"}, {"code": "online", "label": "Online"}, {"code": "phone", "label": "On the phone"},
      {"code": "court_or_handover", "label": "Court or child handover"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  feelings: {
    question: "How did you feel then?", many: true,
    codes: [
      {"code": "scared", "label": "Scared"}, {"code": "alarmed", "label": "Alarmed"}, {"code": "distressed", "label": "Upset"},
      {"code": "angry", "label": "Angry"}, {"code": "ashamed", "label": "Ashamed"}, {"code": "numb", "label": "Numb"},
      {"code": "worried_for_others", "label": "Worried for others"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  fear: {
    question: "Were you afraid they would be violent?", many: false,
    codes: [
      {"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "other", "label": "Something else"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  precision: {
    question: "How exact is the time?", many: false,
    codes: [
      {"code": "exact", "label": "Exact"}, {"code": "minute", "label": "To the minute"}, {"code": "hour", "label": "About this time"},
      {"code": "part_of_day", "label": "Part of the day"}, {"code": "day", "label": "That day"}, {"code": "date_range", "label": "Between two dates"},
      {"code": "month", "label": "That month"}, {"code": "season", "label": "That season"}, {"code": "unknown", "label": "Don't know when"},
    ],
  },
  parts_of_day: {
    question: "Which part of the day?", many: false,
    codes: [
      {"code": "early_morning", "label": "Early morning"}, {"code": "morning", "label": "Morning"}, {"code": "afternoon", "label": "Afternoon"},
      {"code": "evening", "label": "Evening"}, {"code": "night", "label": "Night"},
    ],
  },
  time_sources: {
    question: "How do you know the time?", many: false,
    codes: [
      {"code": "phone_clock_at_the_time", "label": "I looked at a clock or phone then"}, {"code": "message_or_call_stamp", "label": "The time on the message or call"}, {"code": "cctv_or_doorbell", "label": "CCTV or a doorbell"},
      {"code": "someone_told_me", "label": "Someone told me"}, {"code": "memory", "label": "From memory"}, {"code": "other", "label": "Something else"},
      {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  entry_kinds: {
    question: "When did you write this?", many: false,
    codes: [
      {"code": "contemporaneous", "label": "Soon after it happened"}, {"code": "later_recollection", "label": "Later, from memory"}, {"code": "copied_from_other_record", "label": "Copied from something I wrote before"},
    ],
  },
  carried_out_by: {
    question: "Who did it?", many: false,
    codes: [
      {"code": "them", "label": "They did it themselves"}, {"code": "someone_for_them", "label": "Someone did it for them"}, {"code": "unknown_person", "label": "A person I don't know"},
      {"code": "unknown", "label": "I don't know who"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  attribution: {
    question: "How do you know it was them?", many: true,
    codes: [
      {"code": "saw_them", "label": "I saw them"}, {"code": "recognised_voice", "label": "I knew their voice"}, {"code": "recognised_vehicle", "label": "I knew their car"},
      {"code": "known_account_or_number", "label": "I know the account or number is theirs"}, {"code": "they_admitted", "label": "They said it was them"}, {"code": "content_only_they_would_know", "label": "It said things only they would know"},
      {"code": "pattern", "label": "It is like other things they did"}, {"code": "guess", "label": "It is a guess"}, {"code": "unknown", "label": "I don't know who it was"},
      {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  responses: {
    question: "What did you do?", many: true,
    codes: [
      {"code": "none", "label": "Nothing"}, {"code": "told_to_stop", "label": "Told them to stop"}, {"code": "said_something_else", "label": "Said something else"},
      {"code": "replied", "label": "Replied"}, {"code": "blocked", "label": "Blocked them"}, {"code": "left", "label": "Left"},
      {"code": "called_police", "label": "Called the police"}, {"code": "called_friend", "label": "Called a friend or family"}, {"code": "changed_route", "label": "Went a different way"},
      {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  i_contacted_them: {
    question: "Did you contact them around then?", many: false,
    codes: [
      {"code": "no", "label": "No"}, {"code": "yes_first", "label": "Yes, I contacted them first"}, {"code": "yes_in_reply", "label": "Yes, in reply"},
      {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  independent_evidence: {
    question: "Is there anything that may have recorded it?", many: false,
    codes: [
      {"code": "cctv", "label": "CCTV"}, {"code": "doorbell", "label": "Doorbell camera"}, {"code": "dashcam", "label": "Dashcam"},
      {"code": "body_worn", "label": "Body-worn camera"}, {"code": "building_log", "label": "Sign-in or door log"}, {"code": "phone_bill", "label": "Phone bill"},
      {"code": "delivery_record", "label": "Delivery record"}, {"code": "vehicle_tracker", "label": "Vehicle tracker"}, {"code": "other", "label": "Something else"},
      {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  hostility: {
    question: "Do you think it was because of who you are?", many: true,
    codes: [
      {"code": "disability", "label": "Disability"}, {"code": "race", "label": "Race or ethnicity"}, {"code": "religion", "label": "Religion or belief"},
      {"code": "sexual_orientation", "label": "Sexual orientation"}, {"code": "transgender", "label": "Being trans"}, {"code": "sex", "label": "Being a woman or a man"},
      {"code": "age", "label": "Age"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  help_given: {
    question: "Did someone help you write this?", many: false,
    codes: [
      {"code": "none", "label": "No, I wrote it myself"}, {"code": "typed_for_me", "label": "Someone typed my words for me"}, {"code": "translated", "label": "Someone translated it"},
      {"code": "prompted_questions", "label": "Someone asked me questions"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  content_warnings: {
    question: "Does it need care before reading?", many: false,
    codes: [
      {"code": "none", "label": "No"}, {"code": "violence", "label": "Violence"}, {"code": "sexual", "label": "Sexual"},
      {"code": "self_harm", "label": "Self-harm"}, {"code": "children", "label": "About children"}, {"code": "other", "label": "Something else"},
      {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  attachment_kinds: {
    question: "What is it?", many: false,
    codes: [
      {"code": "screenshot", "label": "Screenshot"}, {"code": "screen_recording", "label": "Screen recording"}, {"code": "photo", "label": "Photo"},
      {"code": "video", "label": "Video"}, {"code": "audio", "label": "Sound recording"}, {"code": "voicemail", "label": "Voicemail"},
      {"code": "call_log", "label": "Call list"}, {"code": "chat_export", "label": "Saved chat"}, {"code": "email_eml", "label": "Email file"},
      {"code": "letter_or_object_photo", "label": "Photo of a letter or thing"}, {"code": "document", "label": "Document"}, {"code": "order_or_court_paper", "label": "Order or court paper"},
      {"code": "medical", "label": "Medical paper"}, {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"},
      {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  alterations: {
    question: "Was it changed before you added it?", many: false,
    codes: [
      {"code": "none_known", "label": "Not that I know of"}, {"code": "cropped", "label": "Cropped"}, {"code": "marked_up", "label": "Drawn or written on"},
      {"code": "forwarded_copy", "label": "A forwarded copy"}, {"code": "converted_by_phone", "label": "Changed by the phone when picked"}, {"code": "unknown", "label": "Don't know"},
      {"code": "other", "label": "Something else"}, {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  shows: {
    question: "What can you see in it?", many: true,
    codes: [
      {"code": "whole_screen", "label": "The whole screen"}, {"code": "clock", "label": "The time on the phone"}, {"code": "date", "label": "The date of the message"},
      {"code": "sender_name", "label": "The name of the sender"}, {"code": "number_or_handle", "label": "Their number or @name"}, {"code": "profile", "label": "Their profile or contact card"},
      {"code": "url", "label": "The web address"}, {"code": "before_and_after", "label": "The messages before and after"}, {"code": "own_messages", "label": "My own messages"},
    ],
  },
  sensitivity: {
    question: "Is it private or upsetting?", many: false,
    codes: [
      {"code": "normal", "label": "No"}, {"code": "intimate_adult", "label": "A private sexual picture of an adult"}, {"code": "violent", "label": "Violent"},
      {"code": "third_party_sensitive", "label": "Private to someone else"},
    ],
  },
  attachment_flags: {
    question: "", many: true,
    codes: [
      {"code": "type_mismatch", "label": "The name says one type of file and the contents are another"}, {"code": "converted_by_phone", "label": "The phone may have changed it when it was picked"}, {"code": "text_can_be_edited", "label": "Text file: can be edited before import; the phone or the provider holds better"},
      {"code": "no_print_copy", "label": "No print copy could be made on the phone"},
    ],
  },
  routes: {
    question: "", many: false,
    codes: [
      {"code": "photo_picker", "label": "Chosen from photos"}, {"code": "files", "label": "Chosen from files"}, {"code": "camera_in_app", "label": "Taken with the camera here"},
      {"code": "share_target", "label": "Shared from another app"}, {"code": "paste", "label": "Pasted"}, {"code": "drop", "label": "Dropped in"},
    ],
  },
  outside_copies: {
    question: "Is there still a copy in your photos?", many: false,
    codes: [
      {"code": "kept", "label": "Still on the phone"}, {"code": "removed_for_safety", "label": "Removed for my safety"}, {"code": "later", "label": "Not decided yet"},
      {"code": "unknown", "label": "Don't know"},
    ],
  },
  person_roles: {
    question: "Who is this person?", many: false,
    codes: [
      {"code": "keeper", "label": "Me"}, {"code": "suspect", "label": "The person doing this"}, {"code": "witness", "label": "Someone who saw or heard"},
      {"code": "child", "label": "A child"}, {"code": "helper", "label": "Someone who helps me"}, {"code": "other", "label": "Something else"},
      {"code": "not_sure", "label": "Not sure"}, {"code": "prefer_not_to_say", "label": "Rather not say"},
    ],
  },
  cards: {
    question: "", many: false,
    codes: [
      {"code": "photos", "label": "Photos & screenshots"}, {"code": "who", "label": "Who"}, {"code": "where", "label": "Where"},
      {"code": "kind", "label": "What kind"}, {"code": "channel", "label": "How it reached you"}, {"code": "effect", "label": "How it affected you"},
      {"code": "seen_by", "label": "Who saw or was told"}, {"code": "camera", "label": "Anything that may be on camera"}, {"code": "order", "label": "Was an order in force"},
      {"code": "reported", "label": "Reported?"}, {"code": "note", "label": "Private note"},
    ],
  },
  custody_actions: {
    question: "", many: false,
    codes: [
      {"code": "received", "label": "Received by the app"}, {"code": "hashed", "label": "Digest made"}, {"code": "viewed", "label": "Looked at"},
      {"code": "exported", "label": "Put in a pack"}, {"code": "shared", "label": "Shared"}, {"code": "verified", "label": "Checked"},
      {"code": "deleted", "label": "Taken out"},
    ],
  },
};
