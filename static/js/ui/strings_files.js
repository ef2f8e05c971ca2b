/** The words of files: adding them, looking at one closely, covering parts, and pictures that must not be added. Same rules as strings.js. */
import { learn } from './strings.js';

const FIELDS = {
  'f.attachment.description': 'What is it, in one sentence?', 'f.attachment.description_hint': 'So that someone knows which one it is without opening it. For example: his message from 3 November, 20:14.',
  'f.attachment.kind': 'What sort of file?', 'f.attachment.kind_text': 'What sort, in your own words',
  'f.attachment.transcript': 'What does it say?', 'f.attachment.transcript_hint': 'Type the words as they are said or written. Say who speaks, if you know.',
  'f.attachment.shows': 'You can see', 'f.attachment.not_shown': 'You cannot see',
  'f.attachment.content_time': 'When was it sent or posted?', 'f.attachment.content_time_hint': 'The date on the message or post. Not when you took the picture.',
  'f.attachment.captured_at': 'When did you take the picture?', 'f.attachment.captured_at_hint': 'When you took the screenshot, the photo or the recording.',
  'f.attachment.account_or_number_shown': 'Account or number it shows', 'f.attachment.account_or_number_shown_hint': 'Type it just as it is shown: @name, phone number or email address. Then it can be copied and searched for.',
  'f.attachment.url_full': 'The full web address', 'f.attachment.url_full_hint': 'Copy the whole address of the post or profile, if you have it.',
  'f.attachment.identity_link_id': 'Which picture shows whose account it is?', 'f.attachment.identity_link_id_hint': 'A picture of the contact card or profile, with the number or @name on it.',
  'f.attachment.producer_id': 'Who could hand it over and say what it is?', 'f.attachment.producer_id_hint': 'Leave this blank when it is you.',
  'f.attachment.captured_by_id': 'Who took the picture?', 'f.attachment.captured_by_id_hint': 'Leave this blank when it was you.',
  'f.attachment.source_device': 'The phone or computer it is from', 'f.attachment.source_device.make': 'Make', 'f.attachment.source_device.model': 'Model', 'f.attachment.source_device.os': 'Android, iPhone or other', 'f.attachment.source_device.owner': 'Whose is it?',
  'f.attachment.source_device.still_have_it': 'Do you still have it?', 'f.attachment.source_device.still_on_it': 'Is the message or picture still on it?',
  'f.attachment.alteration_before_receipt': 'Was it changed before you added it?', 'f.attachment.alteration_before_receipt_text': 'More about that, if you want',
  'f.attachment.sensitivity': 'Is it private or upsetting?', 'f.attachment.sensitivity_text': 'What should people know before they look?',
  'f.attachment.shows_where_i_live': 'Does it show where you live, work or study?', 'f.attachment.include_in_pack': 'This file may go into a pack',
  'f.attachment.alt_text': 'What can be seen in it?', 'f.attachment.alt_text_hint': 'For someone who cannot see it. It is searched too.',
  'f.attachment.physical_original': 'The thing itself', 'f.attachment.physical_original.where': 'Where is it kept?', 'f.attachment.physical_original.sealed': 'Is it closed up, so that nobody touches it?', 'f.attachment.physical_original.handled_by': 'Who has touched it?', 'f.attachment.physical_original.how': 'How is it kept?',
  'f.attachment.suggested_exhibit_ref': 'Reference you would like', 'f.attachment.suggested_exhibit_ref_hint': 'Your initials and a number, such as JB/1. Packs give one by themselves.',
  'f.attachment.officer_exhibit_ref': 'Reference the police gave it', 'f.attachment.outside_copy': 'The copy in your photos', 'f.attachment.masks': 'Parts covered', 'f.attachment.print_copy': 'Copy for the pages', 'f.attachment.incident_ids': 'Entry it stands in',
};

const FILE = {
  'fcard.what': 'What it is', 'fcard.says': 'What does it say?', 'fcard.coach': 'What can you see in it?', 'fcard.sent': 'When it was sent or posted', 'fcard.taken': 'When you took it', 'fcard.account': 'Account, number, web address', 'fcard.identity': 'Whose account it is',
  'fcard.phone': 'Who took it, and on which phone', 'fcard.changed': 'Changed before you added it?', 'fcard.private': 'Private or upsetting?', 'fcard.outside': 'The copy in your photos', 'fcard.alt': 'In words', 'fcard.paper': 'A letter or a thing?', 'fcard.refs': 'References',
  'attach.more': 'More you can add', 'attach.details': 'About this file', 'attach.in': 'In entry', 'attach.in_number': 'No. {n}', 'attach.loose': 'It is in no entry.', 'attach.open': 'All about this file', 'attach.missing': 'This file cannot be opened right now.', 'attach.unnamed': 'A file',
  'attach.removed': 'A file was removed', 'attach.removed_more': 'It was removed on {at}. Nothing of it is left here.', 'attach.two': 'Two of your devices wrote about this file at the same time. The later words are shown; both are in the history below.', 'attach.out': 'This file was taken out on {at}. It is in no pack.',
  'attach.place': 'This file says where it was taken.', 'attach.place_do': 'Anyone you send the file itself to can read the place. In a pack, pages show a copy without it, and the file itself goes only in the restricted part. To leave no place in new pictures, turn location off for your phone’s camera.',
  'attach.says': 'What the file says of itself', 'attach.camera': 'Made with', 'attach.software': 'Program', 'attach.taken': 'Made on', 'attach.length': 'Length', 'attach.where': 'Says where it was made', 'attach.where_yes': 'Yes', 'attach.where_no': 'No', 'attach.where_unknown': 'This cannot be told', 'attach.believed': 'Anyone can write these things into a file, so they are only what it says.', 'attach.use_time': 'Use this time', 'attach.time_suggested': 'The file says it was made {at}.',
  'attach.kept': 'How it is kept', 'attach.check': 'Check this file', 'attach.checked': 'Checked: it is just as it came in.', 'attach.custody': 'What was done with it', 'attach.history': 'Everything you saved about it', 'attach.history_none': 'Nothing has been added yet.',
  'attach.by.app': 'this app', 'attach.by.keeper': 'you', 'attach.do_not_wipe': 'Do not wipe, reset or swap this phone if you can help it. The police may ask to see it.',
  'attach.intimate': 'Words and the fingerprint are often enough. It is left out of packs and of pages unless you tick it each time.', 'attach.where_i_live': 'Shows where you live, work or study', 'attach.masked_now': 'Pages of a pack print the covered copy.',
  'attach.move': 'Put it in another entry', 'attach.move_lead': 'Both entries keep their history.', 'attach.move_find': 'Find an entry', 'attach.move_none': 'No entry matches.', 'attach.move_out': 'Take it out of every entry, and keep the file', 'attach.move_reason': 'This file belongs somewhere else.', 'attach.moved': 'Moved.',
  'attach.take_out': 'Take this file out', 'attach.take_out_title': 'Take this file out of your entries?', 'attach.take_out_lead': 'It stays in your history as “removed”, and you can put it back at any time.', 'attach.why': 'Why, if you want to say', 'attach.out_done': 'Taken out. You can put it back at any time.', 'attach.back': 'Put it back', 'attach.was_back': 'Put back.',
  'attach.drop': 'Take it out of this draft', 'attach.dropped': 'Taken out of the draft.',
  'coach.lead': 'Say what you see, for each line that fits. Nothing has to be there, and you can leave any of it blank. Touch an answer again to take it back.', 'coach.yes': 'Shown', 'coach.no': 'Not shown',
  'coach.warn': 'Snapchat tells the other side when you take a screenshot. Do not log in to anyone else’s account. Do not answer just to get more.',
  'coach.summary': 'Shown: {shown}', 'coach.summary_not': 'not shown: {not}',
  'identity.none': 'Add a picture of the contact card or profile first, here or in another entry.',
  'play.load': 'Open it to play', 'play.wave': 'Picture of the sound, {time} long', 'play.none': 'This browser cannot play this. It is kept just as it came.', 'play.label': 'Play {name}', 'play.waiting': 'Opening…',
  'loose.title': 'Files in no entry', 'loose.lead': 'Open one to put it in an entry.', 'loose.none': 'Every file is in an entry.', 'tiles.more': 'Show more files', 'tiles.place': 'says where',
  'h.file.first': 'First saved', 'h.file.addition': 'Added', 'h.file.amendment': 'Changed', 'h.file.taken_out': 'Taken out', 'h.file.put_back': 'Put back',
};

const MASK = {
  'mask.title': 'Cover parts of the picture', 'mask.row': 'Cover parts of it', 'mask.lead': 'Draw a box over each part that others should not see: a street, a number, a face. The file itself stays as it came.', 'mask.how': 'Draw with your finger or the mouse. Or add a box and move it with the buttons or the arrow keys.',
  'mask.area': 'The picture, with {n} boxes', 'mask.add': 'Add a box', 'mask.undo': 'Undo', 'mask.box': 'Box {n}', 'mask.choose': 'Which box?', 'mask.remove': 'Take this box away', 'mask.left': 'Left', 'mask.right': 'Right', 'mask.up': 'Up', 'mask.down': 'Down', 'mask.wider': 'Wider', 'mask.narrower': 'Narrower', 'mask.taller': 'Taller', 'mask.shorter': 'Shorter',
  'mask.what': 'What is covered?', 'mask.why': 'Why, in a few words', 'mask.save': 'Save the covered copy', 'mask.need': 'Draw at least one box.', 'mask.saved': 'Saved. Pages of a pack now print the covered copy.', 'mask.none': 'This browser has no picture of this file to draw on. Try on another device.', 'mask.look': 'See the covered copy', 'mask.plain': 'See it without boxes', 'mask.use_plain': 'Print it without boxes after all', 'mask.use_masked': 'Print the covered copy', 'mask.many': 'That is as many boxes as fit.',
};

const ASK = {
  'ask.title': 'Before you add a picture', 'ask.question': 'Is it a sexual picture of someone under 18, even of you?', 'ask.no': 'No, it is not', 'ask.yes': 'Yes, or it may be',
  'ask.done': 'You have done nothing wrong.', 'ask.dont': 'Don’t add it here, and don’t send it to anyone.', 'ask.report': 'Before you delete anything, use Report Remove. It is free, it is for anyone under 18, and it can get a picture taken down. Find it on childline.org.uk, or ring Childline on 0800 1111.', 'ask.adults': 'If you are an adult: don’t look at it again, don’t copy it, don’t send it. Tell the police (101, or 999 in danger). They can look without you sending it.',
  'ask.words': 'You can write what it showed, who sent it, when, and from which account. Words are enough here.', 'ask.field': 'What it showed, in words', 'ask.keep': 'Keep these words', 'ask.kept': 'Your words are kept.', 'ask.only': 'Close without writing',
  'ask.always': 'It is a sexual picture of someone under 18',
  'purge.row': 'It is a sexual picture of someone under 18', 'purge.title': 'Remove this file at once', 'purge.lead': 'You have done nothing wrong. This takes the file off this phone now, and off your other devices and the server as soon as there is signal. It cannot come back. Your entry and its words stay.', 'purge.report': 'Before you do, you can use Report Remove on childline.org.uk (Childline: 0800 1111). It can get a picture taken down.', 'purge.do': 'Remove it now', 'purge.done': 'The file was removed.',
};

learn({ ...FIELDS, ...FILE, ...MASK, ...ASK });
