import type { Seeded } from '../../simulation/seeded.ts';

/** JSON with what JavaScript's values cannot hold: keys that are there twice, and text that is put in as it stands. */
type Node = Raw | Node[] | Members;
interface Raw {
  readonly raw: string;
}
interface Members {
  readonly members: (readonly [key: string, value: Node])[];
}

const NUMBERS = [
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '1e999',
    '-1e999',
    '1e-999',
    '-0',
    '0',
    '-1',
    '1.5',
    '01',
    '+1',
    '1.',
    '.5',
    '0x10',
  ],
  ...['9007199254740993', '-9007199254740993', '18446744073709551616', '1e309', '2147483648', '-2147483649'],
  ...['1E+400', '123456789012345678901234567890.123456789', `1${'0'.repeat(400)}`, '0.1e', '--1'],
];
const WORDS = ['null', 'true', 'false', 'undefined', 'tru', 'nulll', '', '[]', '{}', '""', '[[]]', '{"":{}}'];
const STRINGS = [
  ...['"\\ud800"', '"\\u0000"', '"\u0001"', '"\\x41"', '"\\u12"', "'a'", '"', '"a', '"\\"', '"\ud83d\ude00"'],
  ...['"__proto__"', '"NaN"', '"1"', '"AAAAAAAAAAA="', '"application/json"', `"${'x'.repeat(5_000)}"`],
];
const KEYS = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', 'a"b', 'a\\b', '\u0000', '\u2028', 'é'],
  ...['instances', 'inputs', 'outputs', 'predictions', 'data', 'meta', 'routing', 'ndarray', 'tensor', 'tftensor'],
  ...['values', 'status', 'jsonData', 'binData', 'strData', 'Data', 'INSTANCES', 'parameters', 'id', 'name', 'shape'],
];

/** Changes one to four places of a JSON text by what they mean. What is no JSON comes back with rubbish at its end. */
export function mutateJson(json: Buffer, random: Seeded): Buffer {
  let root: Node;
  try {
    root = nodeOf(JSON.parse(json.toString()));
  } catch {
    return Buffer.concat([json, Buffer.from(random.pick(WORDS))]);
  }
  for (let left = random.between(1, 4); left > 0; left--) root = mutateSomewhere(root, random);
  return Buffer.from(written(root, random.chance(0.2) ? random.pick([' ', '\n', '\t', '\r\n', '\u00a0']) : ''));
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return value.map(nodeOf);
  if (typeof value !== 'object' || value === null) return { raw: JSON.stringify(value) };
  return { members: Object.entries(value).map(([key, inner]) => [JSON.stringify(key), nodeOf(inner)] as const) };
}

function mutateSomewhere(node: Node, random: Seeded): Node {
  if ('raw' in node || random.chance(0.3)) return mutated(node, random);
  if (Array.isArray(node)) {
    if (node.length === 0) return mutated(node, random);
    const at = random.between(0, node.length - 1);
    return node.map((inner, index) => (index === at ? mutateSomewhere(inner, random) : inner));
  }
  if (node.members.length === 0) return mutated(node, random);
  const at = random.between(0, node.members.length - 1);
  const members = node.members.map(([key, inner], index) =>
    index === at ? ([key, mutateSomewhere(inner, random)] as const) : ([key, inner] as const),
  );
  return { members };
}

function mutated(node: Node, random: Seeded): Node {
  if (random.chance(0.005)) return nested(node, random);
  if ('raw' in node || random.chance(0.2)) return { raw: token(random) };
  return Array.isArray(node) ? changedList(node, random) : { members: changedMembers(node.members, random) };
}

function token(random: Seeded): string {
  return random.pick(random.pick([NUMBERS, NUMBERS, WORDS, STRINGS]));
}

function changedList(list: readonly Node[], random: Seeded): Node[] {
  const at = random.between(0, list.length);
  switch (random.between(0, 4)) {
    case 0:
      return [];
    case 1:
      return list.filter((_, index) => index !== at);
    case 2:
      return [...list, ...list];
    case 3:
      return [...list.slice(0, at), { raw: token(random) }, ...list.slice(at)];
    default:
      return [[...list]];
  }
}

function changedMembers(members: Members['members'], random: Seeded): Members['members'] {
  const at = random.between(0, Math.max(0, members.length - 1));
  const key = JSON.stringify(random.pick(KEYS));
  const member = members[at];
  switch (random.between(0, 6)) {
    case 0:
      return members.filter((_, index) => index !== at);
    case 1:
      return member === undefined ? [] : [...members, member];
    case 2:
      return members.map(([name, value], index) => [index === at ? key : name, value] as const);
    case 3:
      return [...members, [key, { raw: token(random) }]];
    case 4:
      return [[key, { members: [...members] }], ...members];
    case 5:
      // The same name, written with escapes.
      return members.map(([name, value], index) => [index === at ? escaped(name) : name, value] as const);
    default:
      return [...members].reverse();
  }
}

function escaped(key: string): string {
  return `"${[...(JSON.parse(key) as string)].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

// About the limits of readers: of protobuf (100), of stacks, of Go and of Millrace (10,000).
function nested(node: Node, random: Seeded): Node {
  const depth = random.pick([50, 99, 101, 1_000, 5_000, 9_999, 10_001, 20_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"__proto__":', '}]'],
  ] as const);
  const closed = random.chance(0.8) ? close.repeat(depth) : '';
  return { raw: open.repeat(depth) + written(node, '') + closed };
}

function written(node: Node, space: string): string {
  if ('raw' in node) return node.raw;
  if (Array.isArray(node)) return `[${space}${node.map((inner) => written(inner, space)).join(`,${space}`)}]`;
  const members = node.members.map(([key, value]) => `${key}:${space}${written(value, space)}`);
  return `{${space}${members.join(`${space},`)}${space}}`;
}
