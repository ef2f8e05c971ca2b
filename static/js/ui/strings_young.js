/**
 * What a young keeper is asked in other words, by the key of the usual ones (`young.` before it). Only the words differ:
 * the answer, and what a pack prints, are the same. The codes' own young words are in the vocabulary.
 */
import { learn } from './strings.js';
import './strings_young_registers.js';

learn({
  'young.card.kind': 'What they did', 'young.card.channel': 'How they got to you', 'young.card.effect': 'How it made you feel', 'young.card.seen_by': 'Who saw it, or who you told', 'young.card.camera': 'Cameras that may have it',
  'young.card.order': 'Was there a rule from court or police?', 'young.card.reported': 'Who you told about it', 'young.card.did': 'What you did then', 'young.card.harm': 'If you were hurt or something got broken', 'young.card.words': 'What they said, word for word',
  'young.f.behaviours': 'What they did', 'young.f.channel': 'How they got to you', 'young.f.channel_account': 'Which account or number?', 'young.f.channel_account_hint': 'Like @name, a number, or a gamer tag. Type it just as it shows.', 'young.f.count_hint': 'How many calls, texts or times, as a number.',
  'young.f.who_hint': 'A name, “my ex”, “a boy in my year”, “someone from a game”, or “not sure”.', 'young.f.carried_out_by': 'Did they do it, or get someone else to?', 'young.f.targeted_person_ids': 'Who was it meant for?', 'young.f.targeted_person_ids_hint': 'Leave this blank when it was meant for you.',
  'young.f.place_category': 'Where were you?', 'young.f.place_category_text': 'Where, in your own words', 'young.f.feelings_then': 'How did you feel?', 'young.f.feelings_then_text': 'How it made you feel, in your own words', 'young.f.feared_violence': 'Were you scared they would hurt you or someone else?',
  'young.effect.words': 'How it made you feel, in your own words', 'young.effect.feelings': 'How did you feel?', 'young.effect.fear': 'Were you scared they would hurt you or someone else?', 'young.where.other': 'Where were you?',
  'young.f.present_ids': 'Who was with you?', 'young.f.present_names': 'Who was with you, in your own words', 'young.f.children_present': 'Were younger kids there?', 'young.f.witness_ids': 'Who else saw or heard it?', 'young.f.told_others': 'Who did you tell? A friend, a teacher, family?', 'young.f.told_others.state_hint': 'What they saw: crying, shaking, quiet.',
  'young.f.independent_evidence': 'Could a camera or an app have it?', 'young.f.independent_evidence.holder_hint': 'Like school, the bus, a shop, a friend’s doorbell.', 'young.f.reported_text': 'Who did you tell about it?', 'young.f.reported_text_hint': 'School, police, the app, a helpline.',
  'young.f.response': 'What did you do then?', 'young.f.i_contacted_them': 'Did you message or see them around then?', 'young.f.lawful_contact_context': 'Do you have to see them? School, family, work?', 'young.f.lawful_contact_context_hint': 'Like: same class, same bus, same club.',
  'young.f.property_effect': 'What got broken, taken or moved?', 'young.f.weapon_or_object': 'Did they have something to hurt people with?', 'young.f.hostility': 'Do you think they did it because of who you are?',
  'young.f.alleged_breaches': 'Which rules do you think they broke?', 'young.f.order_ids': 'Rules from court or police then', 'young.f.missing_evidence_hint': 'Deleted, gone, or not saved. Just say so. It is not your fault.', 'young.f.late_reason_hint': 'Any reason is fine. Like: I did not know it counted.',
  'young.agree.why': 'So someone who grabs your phone while this is open cannot do it. Your short secret will not work here.',
});
