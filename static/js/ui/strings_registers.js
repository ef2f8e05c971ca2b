/** The words of people, accounts, orders, reports and the other registers; loaded with them. Same rules as strings.js. */
import { learn } from './strings.js';
import { REGISTERS } from './register_table.js';

/** What one question of a register is called: in its form and on its page. @type {Record<string, Record<string, string>>} */
const FIELDS = {
  person: {
    name: 'Name, or what you call them', role: 'Who is this?', description: 'What do they look like?', description_hint: 'Age, build, hair, voice, anything that makes them easy to know.', relationship: 'Who are they to you?', relationship_dates: 'From when to when?', aliases: 'Other names', aliases_hint: 'One on each line.', dob_or_age: 'Date of birth or age', age_band: 'About how old?',
    account_ids: 'Their accounts and numbers', vehicle_ids: 'Their cars and bikes', case_ids: 'Part of', real_name: 'Their full name, if it should be kept apart', contact: 'How to reach them', last_known_places: 'Where they live, work or go', safe_to_approach: 'Is it safe for the police to speak to them?', willing_to_make_statement: 'Would they tell the police what they saw?', notes: 'Notes',
  },
  account: {
    platform: 'Where is it?', handle: '@name or address', handle_hint: 'Type it just as it is shown.', number: 'Phone number', person_id: 'Whose do you think it is?', blocked_on: 'Blocked on', new_after_block: 'Was it new, after you blocked another one?', display_name: 'The name it shows', url: 'Web address of the profile', account_id: 'Its number or id', account_id_hint: 'Some apps show a number that stays the same when the name changes.',
    attribution_basis: 'How do you know whose it is?', attribution_basis_text: 'More about how you know', first_seen: 'First seen', last_seen: 'Last seen', still_in_use: 'Is it still used?', about: 'Anything else about it', identity_link_id: 'Picture of its profile or contact card', notes: 'Notes',
  },
  sighting: {
    at: 'When did you notice it?', account_id: 'Which account is it?', platform: 'Where is it?', handle: '@name or address', after_block: 'Was it after you blocked another one?', how_linked: 'What links it to them?', how_linked_hint: 'For example: the same picture, the same words, it knew something only they know.', display_name: 'The name it shows', number: 'Phone number', url: 'Web address of the profile', after_block_of_id: 'Which one had you blocked?', person_id: 'Whose do you think it is?',
    attribution_basis: 'How do you know whose it is?', attribution_basis_text: 'More about how you know', how_found: 'How did you come across it?',
  },
  vehicle: { type: 'What sort of vehicle?', colour: 'Colour', make: 'Make', make_hint: 'For example Ford.', reg: 'Number plate', reg_hint: 'Part of it helps too.', person_ids: 'Whose is it?', model: 'Model', reg_certainty: 'How sure are you of the number plate?', description: 'Anything else to know it by', first_seen: 'First seen', last_seen: 'Last seen', notes: 'Notes' },
  case: { title: 'What do you call it?', title_hint: 'For example “Sam”, or “the man at work”.', about: 'What is it about?', person_ids: 'Who is doing it?', status: 'Is it still going on?', opened_on: 'Since', closed_on: 'Until', references: 'References', references_hint: 'Numbers that police, school or others gave you.', notes: 'Notes' },
  order: {
    kind: 'What sort of order is it?', kind_hint: 'An order is a court or police rule about what they can’t do.', court: 'Which court, or who made it?', case_no: 'Its number', made_on: 'Made on', served_on: 'Given to them on', served_on_hint: 'They can only break a term after they were given the order.', expires_on: 'Ends on', terms: 'What it says they can’t do, word for word', copy_attachment_id: 'Picture of the order',
    status: 'Is it in force?', served_how: 'How was it given to them?', known_on: 'You know that they knew about it on', awareness_basis: 'How do you know that they knew?', expiry_text: 'When it ends, in words', against_ids: 'Who is it against?', protects_ids: 'Who does it keep safe?', varied_history: 'Changes the court made', 'varied_history.on': 'On', 'varied_history.what': 'What changed, word for word', protects_names: 'Others it keeps safe', notes: 'Notes',
  },
  report: {
    to: 'Who did you tell?', force: 'Which force, school, company or helpline?', at: 'When?', method: 'How did you tell them?', crime_ref: 'Crime number', incident_ref: 'Incident or CAD number', officer_name: 'Name of the person', collar_no: 'Their collar or staff number', unit: 'Their team or station', promised: 'What did they say happens next?', next_update_due: 'When should you hear from them?', next_update_due_hint: 'It goes on your list “To chase”. Nothing will ring or pop up.',
    outcome: 'What came of it?', what_i_said: 'What did you tell them?', what_they_said: 'What did they say?', statement_given: 'Did you give a statement?', handed_over: 'What did you give them?', handed_over_hint: 'One thing on each line: a phone, pictures, a letter.', dpn_signed: 'Did you sign a paper for looking at your phone?', officer_contact: 'How to reach them', with_me: 'Who was with you?', notes: 'Notes',
  },
  notice: { at: 'When?', how: 'How were they told?', exact_words: 'The exact words', exact_words_hint: 'As they were said or written.', by_whom: 'Who told them?', by_id: 'Who that was', to_ids: 'Who was told?', to_account_ids: 'At which account or number?', what_happened_next: 'What happened next?', notes: 'Notes' },
  impact: {
    domain: 'What part of your life?', after: 'What is it like now?', before: 'What was it like before?', started: 'Since when?', still_going: 'Is it still like that?', ended: 'Until when?', cost_pence: 'What has it cost you?', cost_pence_hint: 'In pounds: locks, taxis, lost pay, moving.', cost_is_estimate: 'About that much', person_ids: 'Who else does it affect?', notes: 'Notes',
  },
  background: {
    relationship: 'Who are they to you?', narrative: 'What was it like, in your own words?', met_how: 'How did you meet?', when_met: 'When did you meet?', when_ended: 'When did it end?', prior_abuse: 'Did they hurt or scare you before?', prior_abuse_hint: 'A few lines are enough.', proceedings: 'Is there anything in a family or other court?', children_together: 'Do you have children together?',
    key_dates: 'Days that changed something', 'key_dates.kind': 'What happened that day?', 'key_dates.on': 'On', 'key_dates.about': 'More about it', children_names: 'The children’s names', notes: 'Notes',
  },
  statement: {
    by_id: 'Who saw or heard it?', by_name: 'Their name, if it should be kept apart', by_role: 'Who are they?', about_ids: 'Who is it about?', saw_how: 'How do they know?', at: 'When was it?', narrative: '“I saw”: what they say, in their words', narrative_hint: 'Write it as they said it. It is kept apart from what you wrote yourself.', exact_words: 'Words they heard', received_how: 'How did it come?', written_at: 'When did they say or write it?',
    relation_to_keeper: 'How do they know you?', help_given: 'Did someone help them write it?', language: 'Which language is it in?', translation: 'In English', contact: 'How to reach them', willing_to_make_statement: 'Would they tell the police?',
  },
};

/** @type {Record<string, string>} */
const words = {
  'reg.person.title': 'People', 'reg.person.one': 'Person', 'reg.person.add': 'Add a person', 'reg.person.none': 'Nobody is listed yet.',
  'reg.account.title': 'Accounts and numbers', 'reg.account.one': 'Account or number', 'reg.account.add': 'Add an account or number', 'reg.account.none': 'No account is listed yet.',
  'reg.sighting.title': 'When you noticed an account', 'reg.sighting.one': 'An account you noticed', 'reg.sighting.add': 'Add one you noticed', 'reg.sighting.none': 'None yet.',
  'reg.vehicle.title': 'Cars and bikes', 'reg.vehicle.one': 'Car or bike', 'reg.vehicle.add': 'Add a car or bike', 'reg.vehicle.none': 'None is listed yet.',
  'reg.case.title': 'Cases', 'reg.case.one': 'Case', 'reg.case.add': 'Add a case', 'reg.case.none': 'There is none yet.', 'reg.case.lead': 'A case puts entries together that belong together, for example when two different people are doing this.',
  'reg.order.title': 'Orders', 'reg.order.one': 'Order', 'reg.order.add': 'Add an order', 'reg.order.none': 'There is none yet.', 'reg.order.lead': 'An order is a court or police rule about what they can’t do. Copy what it says word for word, so that you can say which part was broken.',
  'reg.report.title': 'Reported to', 'reg.report.one': 'Report', 'reg.report.add': 'Add who you told', 'reg.report.none': 'Nothing is here yet.', 'reg.report.lead': 'Police, school, work, an app, a helpline: who you told, and what they said happens next.', 'reg.report.police': 'The police came',
  'reg.notice.title': 'Told to stop', 'reg.notice.one': 'Told to stop', 'reg.notice.add': 'Add when they were told', 'reg.notice.none': 'Nothing is here yet.', 'reg.notice.lead': 'You do not have to tell anyone to stop. If you or someone else did, write down when, and the words.',
  'reg.impact.title': 'How it changes your life', 'reg.impact.one': 'A change in your life', 'reg.impact.add': 'Add a change', 'reg.impact.none': 'Nothing is here yet.', 'reg.impact.lead': 'Sleep, work, the way you go, what it costs. Write it over time, as it changes.',
  'reg.background.title': 'Background', 'reg.background.one': 'Background', 'reg.background.add': 'Write the background', 'reg.background.none': 'Nothing is here yet.', 'reg.background.lead': 'Who they are to you and what came before. Short is fine.',
  'reg.statement.title': 'What others saw', 'reg.statement.one': 'What somebody saw', 'reg.statement.add': 'Add what somebody saw', 'reg.statement.none': 'Nothing is here yet.', 'reg.statement.lead': 'Their words, kept apart from yours and labelled as theirs.', 'reg.statement.label': 'In their words, not yours',
  'more.people': 'People and accounts', 'more.orders': 'Orders', 'more.reports': 'Reported to', 'more.police': 'The police came', 'more.impacts': 'How it changes your life', 'more.notices': 'Told to stop', 'more.statements': 'What others saw', 'more.cases': 'Cases', 'more.background': 'Background', 'more.chase': 'To chase',
  'police.force': 'Which police force?', 'police.officer_name': 'Name of the officer', 'police.collar_no': 'Their collar number',
  'people.title': 'People and accounts', 'people.lead': 'Who did it, who saw it, and the accounts, numbers and cars that turn up again. All of it can wait.',
  'reg.find': 'Find in this list', 'reg.found_none': 'Nothing here matches that.', 'reg.more.one': 'Show 1 more', 'reg.more.other': 'Show {n} more', 'reg.out.one': '1 taken out', 'reg.out.other': '{n} taken out',
  'reg.save': 'Save', 'reg.saved': 'Saved', 'reg.change': 'Change this', 'reg.more_fields': 'More details', 'reg.pictures_after': 'Save first. Then you can add pictures.', 'reg.unnamed': 'No name yet', 'reg.since': 'Added {day}', 'reg.nothing': 'Fill in at least one thing. One is enough.', 'reg.unsaved': 'What you typed is kept until you save it or throw it away.', 'reg.drop': 'Throw away what I typed',
  'reg.entries_find': 'Find an entry', 'reg.entries_none': 'There is no entry yet.', 'reg.missing': 'This is not here.', 'reg.two': 'Two of your devices changed this at the same time. Both are kept. Look at them, then bring them together.', 'reg.two_here': 'On this phone, {day}, {time}', 'reg.two_there': 'On another device, {day}, {time}', 'reg.two_do': 'Bring them together', 'reg.two_reason': 'Brought together from two devices', 'reg.two_title': 'Bring them together', 'reg.two_lead': 'This is what both say. Where both changed the same answer, the later one stands here. Change what should be different, then save.', 'reg.altered': 'A saved version of this does not match what was signed. It is kept as it is. Show this to someone who helps you.',
  'reg.apart': 'Kept apart', 'reg.code': '{code} in lists and packs', 'reg.named': 'Entries that name this', 'reg.named_none': 'No entry names this yet.', 'reg.named_records': 'Also named in', 'reg.entry': 'Entry {n}', 'reg.entry_new': 'New entry',
  'reg.history': 'History', 'reg.h.first': 'Written', 'reg.h.addition': 'Added', 'reg.h.amendment': 'Changed', 'reg.h.taken_out': 'Taken out', 'reg.h.put_back': 'Put back', 'reg.h.was': 'Before: {old}', 'reg.h.blank': 'nothing', 'reg.h.why': 'Why: {reason}',
  'reg.reason_title': 'Why do you change this?', 'reg.reason_lead': 'What was there before stays in the history.', 'reg.reason': 'Your reason', 'reg.reason_hint': 'For example: I found out more.', 'reg.reason_need': 'Write a short reason.',
  'out.take': 'Take this out', 'out.title': 'Take this out?', 'out.lead': 'It goes from your lists and from new packs. It stays in your history as “taken out”, and you can put it back at any time.', 'out.why': 'Why, if you want to say', 'out.do': 'Take it out', 'out.done': 'Taken out', 'out.since': 'You took this out on {day}. Every word is still there.', 'out.back': 'Put it back', 'out.back_done': 'Put back',
  'merge.do': 'This is the same as another one', 'merge.title': 'Which one is it the same as?', 'merge.lead': 'Both stay as you wrote them. Entries that name either of them will show for both.', 'merge.none': 'There is no other one to choose.', 'merge.is': 'You said that this is the same as:', 'merge.also': 'You said that these are the same:', 'merge.undo': 'It is not the same after all', 'merge.done': 'Put together',
  'terms.no': 'Number', 'terms.text': 'What term {no} says', 'terms.add': 'Another term', 'terms.drop': 'Take this term away', 'terms.no_wrong': 'Use a whole number that no other term has.', 'terms.nth': 'Term {no}', 'terms.broken.one': 'You said it was broken once:', 'terms.broken.other': 'You said it was broken {n} times:', 'terms.never': 'You have not said that it was broken.', 'terms.gone': 'A term that is no longer here ({no})',
  'order.now_none': 'You have not said when it was given to them. A term can only be broken after that.', 'order.now_later': 'It was given to them on {day}. What happened before cannot break it.', 'order.now_over': 'It ended on {day}. What happened after that cannot break it.', 'order.now_on': 'In force. Given to them on {day}.', 'order.now_until': 'In force until {day}. Given to them on {day2}.', 'order.over': 'Has ended', 'order.soon': 'It ends soon: {day}. Ask the police or a solicitor about a new one.', 'order.before': 'This happened before the order was given to them.', 'order.after': 'This happened after the order had ended.', 'order.early.one': '1 entry says that a term was broken, but it happened before the order was given to them.', 'order.early.other': '{n} entries say that a term was broken, but they happened before the order was given to them.', 'order.early_more': 'Nothing was taken away. Look at the day above, or at the entries below.', 'order.early_entry': '{order}: this happened before it was given to them, so no term was broken yet. Look at the day, or take the mark off. Nothing was taken away.',
  'moment.date': 'Day', 'moment.time': 'Time, if you know it', 'moment.how': 'How sure are you?', 'moment.day': 'That day', 'moment.month': 'Some time that month', 'moment.year': 'Some time that year', 'moment.twice': 'That night the clocks went back, so this time came twice. The first one is taken.',
  'bad.order': 'This is before it began. Look at both days again.', 'bad.served': 'It cannot be given to them before it was made.', 'bad.skipped': 'That night the clocks went forward, so this time did not happen.', 'bad.summary': 'Some of it needs another look. Nothing was lost.',
  'pic.add': 'Add a picture', 'pic.cover': 'Cover', 'pic.show': 'Show', 'pic.alt': 'Picture {name}', 'pic.look': 'Does it show where you are?', 'pic.ok': 'Nothing shows where I am', 'pic.hold': 'It shows where I live, work or study', 'pic.adding': 'Adding…', 'pic.none': 'No preview can be shown here.', 'pic.missing': 'A picture that is not here',
};

/** The words of "something else" are asked alike everywhere. */
for (const [kind, fields] of Object.entries(FIELDS)) {
  for (const [name, label] of Object.entries(fields)) words[`f.${kind}.${name}`] = label;
  words[`f.${kind}.attachment_ids`] = 'Pictures and papers';
  words[`f.${kind}.incident_ids`] = 'Entries it is about';
  for (const { name, as } of REGISTERS[kind]?.lines ?? []) {
    if (as === 'code' || as === 'codes') words[`f.${kind}.${name}_text`] ??= 'In your own words';
  }
}

learn(words);
