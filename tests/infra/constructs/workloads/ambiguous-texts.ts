import { Chance } from '../../../apps/producer/chance.ts';

/** Texts that one reader of YAML or another takes for something else when they stand without quotes. */
const KNOWN = [
  ...['0o17', '0O17', '017', '1_000', '0b1', '0b1_0', '0x1F', '-0x1f', '+12', '-1', '1e3', '1E3', '1.5e+10'],
  ...['12345e67890', '123456789012e456', '.5', '5.', '1_0.5', '.inf', '-.INF', '.nan', '190:20:30', '1:30'],
  ...['2020-01-01', '2020-01-01T00:00:00Z', '2020-1-1 1:2:3', '0', '00', '1.30', '1e', 'e1', '1__0'],
  ...['yes', 'No', 'ON', 'off', 'y', 'N', 'true', 'False', 'null', 'Null', '~', '', ' ', '=', '<<', '-', '?'],
  ...[
    '# no',
    'a: b',
    'a #b',
    '- a',
    '[a',
    '{a',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '%a',
    '@a',
    '`a',
    '"',
    "'",
    'a\nb',
  ],
  ...[
    '\u2028',
    '\u0085 ',
    'a\u2029\nb',
    '\u007f',
    '\u009f',
    '\ufeff',
    '\u0000',
    '\u0007',
    'ä',
    '\u{1f600}',
    ' a',
    'a ',
    'a:',
    ':a',
    '---',
    '...',
    '0.0.0.0',
    '10.0.0.0/16',
  ],
];

/** Characters of numbers, dates and booleans in any notation. */
const ALPHABET = '0123456789abcdefoxyntsTZ_.+-:~=< ';

/** The known ones, and as many random ones, the same each time. */
export function ambiguousTexts(count: number): readonly string[] {
  const chance = new Chance(1);
  const random = Array.from({ length: count }, () =>
    Array.from({ length: 1 + chance.below(8) }, () => ALPHABET[chance.below(ALPHABET.length)]).join(''),
  );
  return [...new Set([...KNOWN, ...random])];
}
