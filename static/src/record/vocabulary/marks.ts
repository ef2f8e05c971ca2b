// Written by .ci/vocabulary.py from diary/record/marks.json. Change that file, then run the script again.

export const MARKS: { marks: Record<string, Record<string, string[]>>; firsts: string[] } = {
  marks: {
    threat: {
      behaviours: [
        'threat_to_me',
        'threat_to_others',
        'threat_self_harm_or_suicide',
        'threat_to_share_info',
        'intimate_image_threat',
        'weapon',
      ],
    },
    in_person: {
      behaviours: [
        'follow',
        'follow_vehicle',
        'turn_up_home',
        'turn_up_work_school',
        'turn_up_social',
        'loiter_near',
        'drive_past',
        'approach_speak',
        'block_path',
        'enter_premises',
        'same_place_repeatedly',
        'assault',
        'sexual_assault_or_touching',
      ],
      channel: ['in_person'],
    },
    damage: { behaviours: ['damage_property', 'interfere_vehicle', 'interfere_home_or_utilities', 'pets_harmed'] },
    third_party: {
      behaviours: [
        'contact_via_others',
        'contact_via_children',
        'third_party_surveillance',
        'recruits_others',
        'contacts_friends_family',
        'contacts_employer',
        'contacts_new_partner',
      ],
      channel: ['via_person'],
      carried_out_by: ['someone_for_them'],
    },
    at_home: {
      behaviours: ['turn_up_home', 'enter_premises', 'interfere_home_or_utilities'],
      place_category: ['home', 'outside_home'],
    },
    watching: {
      behaviours: [
        'watch',
        'photograph_film_me',
        'camera_or_listening_device',
        'tracker_device',
        'drone',
        'phone_or_account_access',
        'spyware',
        'social_media_monitoring',
        'location_sharing_misuse',
        'knows_things_they_should_not',
        'third_party_surveillance',
      ],
    },
    new_account: { behaviours: ['contact_new_account_after_block'] },
    after_warning: { behaviours: ['attempt_after_warning'] },
    told_to_stop: { response: ['told_to_stop'] },
    blocked: { response: ['blocked'] },
    i_contacted_first: { i_contacted_them: ['yes_first'] },
    i_replied: { i_contacted_them: ['yes_in_reply'] },
  },
  firsts: ['threat', 'in_person', 'damage', 'third_party', 'at_home'],
};
