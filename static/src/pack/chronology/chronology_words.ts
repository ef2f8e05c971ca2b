/**
 * The words of the pages that the phone makes for others to read. They are English whatever the language of its
 * screens, like the set pages of a pack (diary/pack/wording.py): the recipient must be able to read the columns.
 */

const WORDS: Readonly<Record<string, string>> = Object.freeze({
  title: 'Record of what happened',
  pack: 'Pack',
  made: 'Made',
  count: 'How many',
  files: 'Files',
  messages: 'Messages and calls in the entries',
  days: 'Before and after days that mattered',
  day_counts: '{what}, {day}: {before} before, {same} on the day, {after} after',
  day_blocked: 'Blocked',
  day_moved: 'Moved home',
  day_notice: 'Told to stop',
  day_own: 'Day the person named',
  day_report: 'Reported',
  day_served: 'Order served',
  broken: 'said to be broken in entries {entries}',
  span: 'First {first}, most recent {last}',
  span_label: 'First and most recent',
  files_later: 'None here: {n} to follow in a later pack',
  left_out: 'Not here',
  left_out_words: '{withheld} left out, {removed} removed',
  recorded: 'Written down',
  recorded_late: '{at} ({days} days later)',
  addition: 'Added',
  amendment: 'Changed',
  where: 'Where',
  words: 'Exact words',
  behaviours: 'What kind',
  channel: 'How it came',
  who: 'Who, and how that is known',
  effect: 'Effect then',
  fear: 'Afraid of violence',
  witnesses: 'Saw or heard',
  response: 'What I did',
  orders: 'Orders',
  reported: 'Reported',
  account: 'How it is told',
  signed: 'Signed',
  spoken: 'Spoken',
  filmed: 'Signed (BSL) or spoken, filmed',
  lasts: '{min} min {s} s',
  interpreter: 'Interpreter needed',
  item: 'item {item}',
  translation: 'Translation',
  not_translated: '{tongue}, not translated',
  nobody_named: 'by a person who is not named',
  head: 'Head of the diary',
  head_over: '{hex}, the running digest over the {n} versions that the server had numbered',
  head_none: 'none: no server has numbered this diary',
  list: 'Digest of the exhibits list',
  exhibits: 'Items',
  about: 'about {n}',
  asked: 'What was asked',
  said: 'What others say',
  said_about: 'About',
  said_know: 'How they know',
  said_came: 'How it came',
  said_when: 'When, in their words',
  said_before: 'As it came',
  as_typed: 'As it was typed',
  people: 'Who, and how often',
  references: 'Orders and references',
  platform_reference: 'Entry {no}, reported to the app or website: {reference}',
  named: 'What the codes stand for',
  no_number: 'an entry without a number',
  gap_withheld: 'Entry {no} is left out by the person who wrote it.',
  gap_removed: 'Entry {no} was removed by the person who wrote it.',
  gap_earlier: 'Entry {no} is in an earlier pack.',
  prepared: 'Prepared by',
  sworn_prepared:
    'Prepared by {by}, {organisation}, from what the person who wrote it let them see; not a sworn ' +
    'statement. That person holds the diary: nobody else can write in it or change it.',
  prepared_part:
    'This is of a part of a diary: what was not given is not here and is not counted. Numbers are of ' +
    'this pack alone; a pack from the person who wrote it may number the same entries otherwise.',
  method_prepared:
    'Made by diary software on the computer of the person who prepared it, without a server laying out a page. ' +
    '“Written down” is when the first words were sealed on the device of the person who wrote them, by ' +
    'its clock.',
  left_by_preparer: 'Entry {no} is left out by the person who prepared this pack.',
  sworn: 'Prepared by the person named; not a sworn statement.',
  method:
    'Made by diary software on one device, without a server. “Written down” is when the first words were ' +
    'sealed, by that device’s clock.',
  not_shown: 'This does not show that what it says is true, who did a thing, or that a clock was right.',
  own_words: 'In my own words',
  read_first:
    'READ FIRST. {folder}\n\nOne person’s own record of what happened to them. Prepared by the person ' +
    'named; not a sworn statement.\nNothing here names an offence or scores a risk.\nIf somebody is in ' +
    'danger now: 999. Otherwise 101. National Stalking Helpline: 0808 802 0300.\n\nThis pack was made on ' +
    'one device, without a server. Its pages are plain: servable/01_chronology.html opens with a double ' +
    'click\nand runs nothing. A set pack with printed pages can be asked for.\n\nTWO FOLDERS\n  ' +
    'servable/    drafted so that it could be served after your own review. You decide on disclosure and ' +
    'redaction.\n  restricted/  everything else. RESTRICTED: not for service. It may not be included ' +
    'here.\n\nORDER TO READ\n  1. servable/01_chronology.html       entries in order of time\n  2. ' +
    'servable/02_chronology.xlsx       the same as a spreadsheet; 02_chronology.csv has it as plain text,\n     ' +
    'servable/02_chronology_short.csv  the twelve columns of its first sheet\n  3. ' +
    'servable/03_exhibits-index.csv    files with their digests; a column is for your references\n     ' +
    'servable/05_message-schedules.csv   every message and call, where there is a list of them\n  4. ' +
    'servable/07_statements.csv        what others say, where there is any: not the keeper’s words\n  5. ' +
    'restricted/13_exhibits-as-received/  the exact bytes received (RESTRICTED)\n\nWHAT IT DOES NOT ' +
    'SHOW\n  That what it says is true, who did a thing, that a clock was right, or that a file was ' +
    'unchanged before it was received.\n\nHOW TO CHECK IT: see 15_VERIFY.txt. No software needs to be ' +
    'installed.',
  read_first_prepared:
    'READ FIRST. {folder}\n\nOne person’s own record of what happened to them, or a part of it; not a ' +
    'sworn statement.\n{line}\nThat is who helps the person who wrote it. They made this pack from what ' +
    'they were let see, and can change nothing in it. The person\nwho wrote it holds the diary: ask them ' +
    'for the rest. Who let whom, and until when, is signed in servable/proof/prepared.json.\nWhat was ' +
    'not given is not here and is not counted. Numbers are of this pack alone.\nWords in accounts, ' +
    'descriptions and notes that look like a postcode or a number are held back, unless the person who ' +
    'prepared\nit let them stand. They were not given the keeper’s own list of such words: ' +
    'look for places and names before you ' +
    'serve it.\nNothing here names an offence or scores a risk.\nIf somebody is in danger now: 999. Otherwise ' +
    '101. National Stalking Helpline: 0808 802 0300.\n\nThis pack was made on one computer, without a server. ' +
    'Its pages are plain: servable/01_chronology.html opens with a double click\nand runs nothing. A set pack with ' +
    'printed pages can be\nasked for.\n\nTWO FOLDERS\n  servable/    drafted so that it could be served ' +
    'after your own review. You decide on disclosure and redaction.\n  restricted/  everything else. ' +
    'RESTRICTED: not for service. It may not be included here.\n\nORDER TO READ\n  1. ' +
    'servable/01_chronology.html       entries in order of time\n  2. servable/02_chronology.xlsx       ' +
    'the same as a spreadsheet; 02_chronology.csv has it as plain text,\n     ' +
    'servable/02_chronology_short.csv  the twelve columns of its first sheet\n  3. ' +
    'servable/03_exhibits-index.csv    files with their digests; a ' +
    'column is for your references\n     servable/05_message-schedules.csv   every message and call, ' +
    'where there is a list of them\n  4. servable/07_statements.csv        what others say, where there ' +
    'is any: not the keeper’s words\n  5. restricted/13_exhibits-as-received/  the exact bytes received ' +
    '(RESTRICTED)\n\nWHAT IT DOES NOT SHOW\n  That what it says is true, who did a thing, that a clock ' +
    'was right, or that a file was unchanged before it was received.\n\nHOW TO CHECK IT: see ' +
    '15_VERIFY.txt. No software needs to be installed.',
  verify:
    'HOW TO CHECK {folder}\n\n' +
    'Unpack the zip first. Then open a shell in the folder that holds the folder {folder}: PowerShell on Windows,\n' +
    'Terminal on macOS or Linux. Type the lines of your system in the order in which they stand here, in one\n' +
    'shell. The first line goes into the folder of the pack, and every other line begins there. Nothing needs to\n' +
    'be installed.\n\n' +
    '1. NOTHING WAS CHANGED, ADDED OR LOST SINCE THE PACK WAS MADE. manifest-sha256.txt lists the SHA-256 digest\n' +
    '   of every file under data/. Expected: ALL AS LISTED, and no other line. A file that is not as listed has a\n' +
    '   line of its own.\n\n' +
    '   Windows PowerShell:\n' +
    '     cd {folder}\n' +
    '     $bad = 0; $listed = @()\n' +
    '     foreach ($line in Get-Content manifest-sha256.txt) {\n' +
    '       $path = $line.Substring(66); $listed += $path\n' +
    '       if (-not (Test-Path -LiteralPath $path)) { "MISSING $path"; $bad++ }\n' +
    '       elseif ((Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash -ne $line.Substring(0, 64)) {\n' +
    '         "CHANGED $path"; $bad++ } }\n' +
    '     foreach ($file in Get-ChildItem -Recurse -File data) {\n' +
    '       $path = (Resolve-Path -LiteralPath $file.FullName -Relative).Substring(2).Replace("\\", "/")\n' +
    '       if ($listed -notcontains $path) { "ADDED $path"; $bad++ } }\n' +
    '     if ($bad -eq 0 -and $listed.Count) { "ALL AS LISTED" }\n' +
    '   macOS:\n' +
    '     cd {folder}\n' +
    "     shasum -a 256 -c manifest-sha256.txt | grep -v ': OK$'\n" +
    "     find data -type f | grep -vxFf <(cut -c 67- manifest-sha256.txt) | sed 's/^/ADDED /'\n" +
    '     shasum -a 256 -s -c manifest-sha256.txt && echo "ALL AS LISTED"\n' +
    '   Linux:\n' +
    '     cd {folder}\n' +
    '     sha256sum --quiet -c manifest-sha256.txt && echo "ALL AS LISTED"\n' +
    "     find data -type f | grep -vxFf <(cut -c 67- manifest-sha256.txt) | sed 's/^/ADDED /'\n" +
    '   Windows, one file alone (compare with its line in manifest-sha256.txt):\n' +
    '     certutil -hashfile data\\servable\\01_chronology.html SHA256\n\n' +
    '2. THE SERVABLE FOLDER HAS A LIST OF ITS OWN, for those who get this folder alone. Expected: ALL AS LISTED.\n\n' +
    '   Windows PowerShell:\n' +
    '     cd data/servable\n' +
    '     $bad = 0; $listed = @()\n' +
    '     foreach ($line in Get-Content manifest-sha256.txt) {\n' +
    '       $path = $line.Substring(66); $listed += $path\n' +
    '       if (-not (Test-Path -LiteralPath $path)) { "MISSING $path"; $bad++ }\n' +
    '       elseif ((Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash -ne $line.Substring(0, 64)) {\n' +
    '         "CHANGED $path"; $bad++ } }\n' +
    '     if ($bad -eq 0 -and $listed.Count) { "ALL AS LISTED" }\n' +
    '     cd ../..\n' +
    '   macOS:\n' +
    '     cd data/servable\n' +
    '     shasum -a 256 -s -c manifest-sha256.txt && echo "ALL AS LISTED"\n' +
    '     cd ../..\n' +
    '   Linux:\n' +
    '     cd data/servable\n' +
    '     sha256sum --quiet -c manifest-sha256.txt && echo "ALL AS LISTED"\n' +
    '     cd ../..\n\n' +
    '3. THE LISTS ARE SIGNED. pack-statement.json signs them, with the key that signs the entries of this diary,\n' +
    '   or the key of the person who prepared the pack (ECDSA P-256, SHA-256, over its text without the member\n' +
    '   sig). Open the pack in the page /verify, or check it with the program (its command verify, with the name\n' +
    '   of the folder or of the zip). Both check the signature and show six groups of five digits. Ask the person\n' +
    '   who gave you this pack for the numbers of their pack. Use a number you already had, never one in this\n' +
    '   pack; text, video or paper works too.\n\n' +
    '   Windows PowerShell, macOS, Linux:\n' +
    '     cat pack-statement.json\n\n' +
    '4. EACH FILE IS THE FILE THAT WAS RECEIVED. The same SHA-256 is in four places: calculated from the file,\n' +
    '   in its sidecar, in servable/03_exhibits-index.csv, and in manifest-sha256.txt. Expected: no line. Without\n' +
    '   the folder restricted this step does not apply.\n\n' +
    '   Windows PowerShell:\n' +
    '     $received = Get-ChildItem -Recurse -File data/restricted | Where-Object FullName -match "[\\\\/](13|09)_"\n' +
    '     foreach ($file in $received) {\n' +
    '       $hash = (Get-FileHash -LiteralPath $file.FullName -Algorithm SHA256).Hash.ToLower()\n' +
    '       if (-not (Select-String -Quiet -SimpleMatch $hash data/servable/03_exhibits-index.csv)) {\n' +
    '         "NOT IN 03: $($file.Name)" } }\n' +
    '   macOS:\n' +
    "     find data/restricted -type f | grep -E '/(13|09)_' | while read -r file; do\n" +
    '       hash=$(shasum -a 256 < "$file" | cut -c 1-64)\n' +
    '       grep -q "$hash" data/servable/03_exhibits-index.csv || echo "NOT IN 03: $file"\n' +
    '     done\n' +
    '   Linux:\n' +
    "     find data/restricted -type f | grep -E '/(13|09)_' | while read -r file; do\n" +
    '       hash=$(sha256sum < "$file" | cut -c 1-64)\n' +
    '       grep -q "$hash" data/servable/03_exhibits-index.csv || echo "NOT IN 03: $file"\n' +
    '     done\n\n' +
    '5. EACH ENTRY IS AS IT WAS SEALED. The proof folders hold, for each version, every field with a salt, or its\n' +
    "   digest where it is withheld. The commitment follows from them, and the keeper's device signed it. The\n" +
    '   keys in proof/keys.json come from this pack itself. An entry that a server received has its receipt\n' +
    '   beside it. One without was never sent, or had not been yet. This pack asked no server, so timestamps of\n' +
    '   others may be missing here that a set pack has. The page /verify and the program check all of this. These\n' +
    '   are\n' +
    '   the proofs:\n\n' +
    '   Windows PowerShell, macOS, Linux:\n' +
    '     ls data/servable/proof\n\n' +
    'WHERE pack.tsr CAME BESIDE THIS PACK, an independent authority stamped the list of its files: the whole\n' +
    "   pack existed no later than its time. root.pem is the authority's root certificate: get it from the\n" +
    '   authority. Expected: Verification: OK. The page /verify and the program take pack.tsr too, and\n' +
    '   receipt-slip.json, which holds a receipt that came after the pack was made: choose them together with the\n' +
    '   pack.\n' +
    '   With openssl, in the folder that holds {folder} and pack.tsr:\n' +
    '     openssl ts -verify -data {folder}/manifest-sha256.txt -in pack.tsr -CAfile root.pem',
});

export function wordsFor(key: string, values: Record<string, string | number> = {}): string {
  const text = WORDS[key];
  if (text === undefined) throw new RangeError(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (match, name) => String(values[name] ?? match));
}

/** Return the label of a cell: its own, or the words for its key. */
export const cellLabel = ({ key, label }: { key: string; label?: string }) => label ?? wordsFor(key);
