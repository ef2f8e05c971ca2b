/** The words of entries that an advocate typed. Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'frame.written.one': 'Something was written down for you.', 'frame.written.other': '{n} things were written down for you.', 'frame.written_do': 'Read it',
  'asst.title': 'Written down for you', 'asst.none': 'Nothing waits for you here.',
  'asst.who': '{name} typed this while you spoke.', 'asst.lead': 'Read it. It is yours only if you say so. Nobody can change a word of your diary but you.',
  'asst.how.call': 'In a call, {day}', 'asst.how.video_call': 'In a video call, {day}', 'asst.how.meeting': 'In a meeting, {day}', 'asst.read_back': 'It was read back to you.', 'asst.not_read_back': 'It was not read back to you.',
  'asst.when': 'When it happened', 'asst.asked': 'What you were asked', 'asst.nothing': 'Nothing was typed here.', 'asst.unasked': 'You spoke without being asked.',
  'asst.p.tell_me': 'Tell me', 'asst.p.what_happened_next': 'What happened next', 'asst.p.explain': 'Explain', 'asst.p.describe': 'Describe',
  'asst.ask': 'Is this what you said?', 'asst.yes': 'Yes', 'asst.change': 'Change', 'asst.no': 'No', 'asst.later': 'Decide later',
  'asst.later_more': 'If you decide later, it stays in your diary, marked as not confirmed, and a pack says so too.',
  'asst.own': 'In your words', 'asst.own_hint': 'What was typed is kept too, so that anyone can see what you changed.', 'asst.own_do': 'Save my words', 'asst.own_need': 'Write what happened first.', 'asst.reason_said': 'I read it and changed it.',
  'asst.no_title': 'Not what you said?', 'asst.no_lead': 'It does not become part of your diary.', 'asst.no_lead_in': 'It is taken out of your diary. You can put it back later.', 'asst.no_do': 'Do not keep it',
  'asst.done_yes': 'It is yours now.', 'asst.done_changed': 'Your words are saved.', 'asst.done_no': 'It is not kept.', 'asst.done_later': 'You will be asked again.',
  'asst.mark': 'Written by {by}', 'asst.mark_waiting': 'not confirmed by you yet', 'asst.mark_yes': 'confirmed by you', 'asst.mark_changed': 'changed by you', 'asst.typed': 'As it was typed', 'asst.look': 'Read it and decide',
});
