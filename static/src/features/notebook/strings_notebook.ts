/**
 * The words of the notebook. Same rules as strings.js, and one more: nothing here belongs to anything but a notebook.
 */
import { learn } from '../../shell/strings.js';

export const STRINGS_NOTEBOOK = {
  'nb.find': 'Search',
  'nb.back': 'Back',
  'nb.delete': 'Delete',
  'nb.deleted': 'Deleted',
  'nb.found.one': '1 found',
  'nb.found.other': '{n} found',
  'nb.blank': 'New',
  'nb.notes.new': 'New note',
  'nb.notes.none': 'No notes yet.',
  'nb.notes.text': 'Note',
  'nb.notes.nothing': 'No note has that in it.',
  'nb.lists.new': 'New list',
  'nb.lists.none': 'No lists yet.',
  'nb.lists.nothing': 'No list has that in it.',
  'nb.lists.title': 'Name of the list',
  'nb.lists.add': 'Add to the list',
  'nb.lists.add_do': 'Add',
  'nb.lists.take': 'Take off: {line}',
  'nb.lists.left.one': '1 to go',
  'nb.lists.left.other': '{n} to go',
  'nb.lists.done': 'All done',
};

learn(STRINGS_NOTEBOOK);
