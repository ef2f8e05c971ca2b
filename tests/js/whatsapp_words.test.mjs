/**
 * What WhatsApp writes in place of words, phrase by phrase; a phrase with anything else beside it is the sender's
 * words.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isMissedCall, isNotice, isNoticeName, classifyMessage } from '#app/imports/whatsapp_words.js';

const LRM = '\u200e';
const typeOf = (text) => classifyMessage(text).type;

/** What the app writes in place of something: the type, then whole messages. */
const LEFT_OUT = [
  [
    'image',
    'image omitted',
    'photo omitted',
    'Bild weggelassen',
    'imagen omitida',
    'image absente',
    'immagine omessa',
    'imagem ocultada',
  ],
  [
    'video',
    'video omitted',
    'Video weggelassen',
    'vídeo omitido',
    'vidéo absente',
    'video omesso',
    'vídeo ocultado',
    'video note omitted',
  ],
  ['voice', 'audio omitted', 'Audio weggelassen', 'audio omitido', 'audio omis', 'audio omesso', 'áudio ocultado'],
  ['image', 'GIF omitted', 'GIF weggelassen', 'GIF omitido', 'GIF retiré', 'GIF esclusa', 'GIF omitida'],
  [
    'sticker',
    'sticker omitted',
    'Sticker weggelassen',
    'sticker omitido',
    'autocollant omis',
    'sticker omesso',
    'figurinha omitida',
  ],
  ['file', 'document omitted', 'Dokument weggelassen', 'documento omitido', 'document manquant', 'documento omesso'],
  ['other', 'Contact card omitted', 'Kontaktkarte ausgelassen', 'Tarjeta de contacto omitida', 'Fiche contact retirée'],
  ['other', 'Scheda contatto omessa', 'Cartão do contato omitido'],
  [
    'other',
    '<Media omitted>',
    '<Medien ausgeschlossen>',
    '<Multimedia omitido>',
    '<Médias omis>',
    '<Media omessi>',
    '<Mídia oculta>',
  ],
  ['other', '<Ficheiro não revelado>', '<View once voice message omitted>'],
];
for (const [type, ...phrases] of LEFT_OUT) {
  for (const phrase of phrases) {
    test(`left out: ${phrase}`, () => {
      const expected = { type, text: '', file: '', omitted: true, edited: false };
      assert.deepEqual(classifyMessage(LRM + phrase), { ...expected, description: phrase });
      assert.deepEqual(classifyMessage(`${phrase}.`), { ...expected, description: `${phrase}.` });
      for (const words of [`My ${phrase}`, `${phrase} again`, `x${phrase}`, `${phrase}x`]) {
        assert.deepEqual(
          [typeOf(words), classifyMessage(words).text, classifyMessage(words).omitted],
          ['text', words, false],
        );
      }
    });
  }
}

for (const [type, phrase] of [
  ['deleted', 'This message was deleted'],
  ['deleted', 'Ce message a été supprimé.'],
  ['deleted', 'This message was deleted by admin Sam'],
  ['missed_call', 'Missed voice call'],
  ['missed_call', 'Missed group video call'],
  ['missed_call', 'Missed voice call at 21:10'],
  ['missed_call', 'Verpasster Sprachanruf'],
  ['missed_call', 'Videollamada perdida'],
  ['missed_call', 'Appel vidéo manqué'],
  ['missed_call', 'Chiamata vocale persa'],
  ['missed_call', 'Chamada de voz perdida'],
]) {
  test(`${type}: ${phrase}`, () => {
    assert.deepEqual(classifyMessage(phrase), {
      type,
      text: '',
      description: phrase,
      file: '',
      omitted: false,
      edited: false,
    });
    for (const words of [`I said ${phrase}`, `x${phrase}`])
      assert.deepEqual([typeOf(words), classifyMessage(words).text], ['text', words]);
    assert.equal(isMissedCall(phrase), type === 'missed_call');
  });
}
test('a long line that only contains the words of a notice is no notice', () => {
  for (const words of [' changed the subject', ' created group', ' is no longer here', ' is now an admin']) {
    assert.equal(isNotice(`Sam${words}`), true, words);
    assert.equal(isNotice(`${'I saw it. '.repeat(25)}${words}`), false, words);
  }
});

test('a missed call with more text and a deletion without a name are ordinary text', () => {
  for (const words of [
    'Missed voice call from hell',
    'Missed voice call at 9',
    'This message was deleted by admin',
    'missed call',
  ])
    assert.equal(typeOf(words), 'text', words);
});

test('calls and locations are WhatsApp’s own only with its mark before them', () => {
  for (const [type, text] of [
    ['call', 'Voice call, 12 min'],
    ['call', 'Video call. No answer'],
    ['call', 'Sprachanruf, 3 min'],
    ['location', 'Location: https://maps.google.com/?q=51,0'],
    ['location', 'Live location shared'],
    ['location', 'Standort: https://maps.google.com/?q=51,0'],
  ]) {
    assert.equal(typeOf(LRM + text), type, text);
    assert.equal(typeOf(text), 'text', text);
    assert.equal(typeOf(`${LRM}my ${text}`), 'text', text);
  }
  assert.equal(classifyMessage(`${LRM}Voice call, 12 min`).description, 'Voice call, 12 min');
  assert.equal(classifyMessage(`${LRM}Location: x`).text, `${LRM}Location: x`);
  assert.equal(typeOf(`${LRM}Voice call`), 'text');
});

test('an edit is recognised by its mark at the very end, and the words before it stay exactly', () => {
  for (const mark of [
    '<This message was edited>',
    '<Diese Nachricht wurde bearbeitet.>',
    '<Mensagem editada>',
    '<Se editó este mensaje.>',
  ]) {
    assert.deepEqual(classifyMessage(`Come down. ${LRM}${mark}`), { ...classifyMessage('Come down.'), edited: true });
    assert.equal(classifyMessage(`Come down.\n${mark} `).text, 'Come down.');
    assert.equal(classifyMessage(`a ${mark}${LRM}`).edited, true);
    const inside = `He sent ${mark} and then >`;
    assert.deepEqual([classifyMessage(inside).edited, classifyMessage(inside).text], [false, inside]);
  }
  assert.deepEqual(
    [
      classifyMessage('image omitted <This message was edited>').type,
      classifyMessage('ha <This message was edited> ha').edited,
    ],
    ['image', false],
  );
});

test('a file is recognised by its form in any language, or by known words, with nothing beside it', () => {
  const fileParts = (text) => [classifyMessage(text).type, classifyMessage(text).file, classifyMessage(text).text];
  for (const [type, file] of [
    ['image', 'IMG-20261124-WA0001.jpg'],
    ['video', 'VID-20261124-WA0001.mp4'],
    ['voice', 'PTT-20261124-WA0001.opus'],
    ['voice', 'AUD-20261124-WA0001.m4a'],
    ['sticker', 'STK-20261124-WA0001.webp'],
    ['file', 'DOC-20261124-WA0001.pdf'],
  ]) {
    assert.deepEqual(fileParts(`${file} (fil vedhæftet)`), [type, file, '']);
    assert.deepEqual(fileParts(`${LRM}${file} (file attached)\nlook\nat this`), [type, file, 'look\nat this']);
    for (const words of [`${file} (file attached) and more`, `see ${file} (fil vedhæftet)`, `${file} (no)`, file])
      assert.deepEqual(fileParts(words), ['text', '', words]);
  }
  for (const words of [
    'file attached',
    'Datei angehängt',
    'archivo adjunto',
    'fichier joint',
    'file allegato',
    'arquivo anexado',
    'ficheiro anexado',
  ])
    assert.deepEqual(fileParts(`my notes.txt (${words})`), ['file', 'my notes.txt', '']);
  assert.deepEqual(fileParts('notes.txt (see below)'), ['text', '', 'notes.txt (see below)']);
  assert.deepEqual(fileParts(`${LRM}<attached: 00000012-PHOTO-2026.jpg>`), ['image', '00000012-PHOTO-2026.jpg', '']);
  assert.deepEqual(fileParts(`papers.pdf • 3 pages ${LRM}<pièce jointe : 00000013-papers.pdf> `), [
    'file',
    '00000013-papers.pdf',
    'papers.pdf • 3 pages',
  ]);
  assert.deepEqual(fileParts('00000014-STICKER-2026.webp <attached: 00000014-STICKER-2026.webp>')[0], 'sticker');
  assert.deepEqual(fileParts('card <attached: Sam.vcf>')[0], 'other');
  assert.deepEqual(fileParts('<attached: Sam.vcf> then words'), ['text', '', '<attached: Sam.vcf> then words']);
});

for (const line of [
  'Messages and calls are end-to-end encrypted. No one outside of this chat can read them.',
  'Your security code with Sam changed. Tap to learn more.',
  'Sam created group "Us"',
  'Sam changed the subject to "Us"',
  'You are now an admin',
  'Sam added Lee',
  'Sam left',
  'Sam joined using an invite link',
  'Sam was added',
  'Sam changed to +44 7700 900123',
  'You blocked this contact',
  'Sam turned on disappearing messages.',
  'Sam pinned a message',
  'Waiting for this message. This may take a while.',
  'Sam is a contact',
  'This chat is with a business account',
  'Only admins can send messages',
  'You started a call',
  'Sam started a call',
]) {
  test(`a notice of the app: ${line}`, () => assert.equal(isNotice(`${LRM}${line}`), true));
}
test('text without a sender is not a notice, and a notice with a colon is not a sender', () => {
  for (const line of [
    '',
    'I know where you are',
    'left',
    'He said: You blocked this contact',
    'Do not say Waiting for this message',
  ])
    assert.equal(isNotice(line), false, line);
  assert.deepEqual(
    [
      'Sam changed the subject to "a',
      'Sam created group "a',
      'Sam changed the group description',
      'Sam',
      'changed',
    ].map(isNoticeName),
    [true, true, true, false, false],
  );
});
