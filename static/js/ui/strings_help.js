/** Help: the directory's own words, and what stands before a report. The same is said on the public pages. */
import { learn } from './strings.js';

learn({
  'help.where': 'Where are you?', 'help.anywhere': 'Anywhere', 'help.england': 'England', 'help.wales': 'Wales', 'help.scotland': 'Scotland', 'help.ni': 'Northern Ireland',
  'help.always': 'Day and night.', 'help.open': 'Open now.', 'help.closed': 'Closed now.', 'help.unknown': 'Hours not known yet.', 'help.hours': '{hours}, UK time',
  'help.paid': 'Costs what your contract says.', 'help.nothing': 'Free.', 'help.bill_no': 'Not on most bills.', 'help.bill_yes': 'Shows on a bill.', 'help.bill_unknown': 'May show on a bill.',
  'help.checked': 'Checked on {day}.', 'help.official': 'Read on an official page. Nobody has rung or opened it for this list yet.', 'help.before': 'Before you report',
  'before.title': 'Before you report', 'before.lead': 'You do not need to gather evidence first. You do not need to be sure. Do not wait to have more.',
  'before.ask': 'What the police will ask', 'before.unsure': '“I do not know” is a good answer.',
  'before.ask_1': 'Are you safe now?', 'before.ask_2': 'What keeps happening? When did it begin, and when was the last time?', 'before.ask_3': 'Who do you think it is, and how do you know?', 'before.ask_4': 'Have you told them to stop, or blocked them? Did you answer?', 'before.ask_5': 'Have you told the police before? Give any number you were given.', 'before.ask_6': 'Is there an order: a court or police rule about what they cannot do?', 'before.ask_7': 'What has it changed for you?', 'before.ask_8': 'Who saw it, or saw how you were just after?', 'before.ask_9': 'How and when is it safe to ring you?',
  'before.silent': 'If you can hear but cannot speak', 'before.silent_do': 'Ring 999 from a mobile. Listen. Press 55 when you are asked. If you do not, the call ends. It does not show the police where you are.',
  'before.not': 'What not to do', 'before.not_1': 'Do not answer to get more.', 'before.not_2': 'Do not log in to their accounts.', 'before.not_3': 'Do not follow or film them. It has been used against people.', 'before.not_4': 'Do not wipe or swap your phone before you ask the police.', 'before.not_5': 'Do not keep or send a sexual picture of anyone under 18. Write what it showed.',
  'before.worry': 'Things you may worry about',
  'before.tell': 'Will they tell the person?', 'before.tell_say': 'Ask first: “Will you talk to them, and will you tell me before you do?”',
  'before.phone': 'Will they take my phone?', 'before.phone_say': 'They may ask to copy what is on it. That needs your yes, and they must say what they look for.',
  'before.papers': 'I am not in the UK with full papers', 'before.papers_say': 'You can be protected, whatever your visa says. But the police may pass on what they learn about you. Get advice before you give your name, if you can wait. In danger, ring 999 first.',
  'before.young': 'I am under 18', 'before.young_say': 'You can report. A parent or carer is normally told. If home is not safe, say so at the start.',
  'before.interpreter': 'I need an interpreter, or I am Deaf', 'before.interpreter_say': 'Ask at the start. You should not have to use your family or your children.',
  'before.after': 'After you report', 'before.after_1': 'Write down who you spoke to, their number, and what they said comes next.', 'before.after_2': 'If it happens again, tell them again, with the same number.',
});
