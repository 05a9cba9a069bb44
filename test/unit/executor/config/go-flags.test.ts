import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { executorFlags } from '../../../../src/executor/config/config.ts';
import { parseGoFlags } from '../../../../src/executor/config/flags/go-flags.ts';

interface Accepted {
  readonly argv: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
  readonly rest?: readonly string[];
}

const accepted: readonly Accepted[] = [
  { argv: [], flags: {} },
  { argv: ['-sdep', 'a'], flags: { sdep: 'a' } },
  { argv: ['--sdep', 'a'], flags: { sdep: 'a' } },
  { argv: ['-sdep=a'], flags: { sdep: 'a' } },
  { argv: ['--sdep=a'], flags: { sdep: 'a' } },
  { argv: ['--sdep='], flags: { sdep: '' } },
  { argv: ['--sdep=a=b'], flags: { sdep: 'a=b' } },
  { argv: ['--sdep', '--namespace', 'n'], flags: { sdep: '--namespace' }, rest: ['n'] },
  { argv: ['--sdep', 'a', '-sdep=b'], flags: { sdep: 'b' } },
  { argv: ['-debug'], flags: { debug: 'true' } },
  { argv: ['--debug=false'], flags: { debug: 'false' } },
  { argv: ['--debug', 'false', '--sdep', 'a'], flags: { debug: 'true' }, rest: ['false', '--sdep', 'a'] },
  { argv: ['--sdep', 'a', '--', '--namespace', 'n'], flags: { sdep: 'a' }, rest: ['--namespace', 'n'] },
  { argv: ['--', '--port'], flags: {}, rest: ['--port'] },
  { argv: ['-', '--sdep', 'a'], flags: {}, rest: ['-', '--sdep', 'a'] },
  { argv: ['word', '--sdep', 'a'], flags: {}, rest: ['word', '--sdep', 'a'] },
  // To Go a word is a string and a number has no bounds; what they may be is checked later.
  { argv: ['--protocol', 'nonsense', '--http_port', '-1'], flags: { protocol: 'nonsense', http_port: '-1' } },
  ...['0x1F', '0b1', '0o7', '017', '1_000', '+5', '-5'].map((text) => ({
    argv: ['--http_port', text],
    flags: { http_port: text },
  })),
  ...['15s', '1m30s', '0', '1.5h', '100ms', '-3s', '2us'].map((text) => ({
    argv: ['--graceful_timeout', text],
    flags: { graceful_timeout: text },
  })),
  ...['1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => ({
    argv: [`--kafka_full_graph=${text}`],
    flags: { kafka_full_graph: text },
  })),
];

for (const { argv, flags, rest = [] } of accepted) {
  test(`Go flags take ${JSON.stringify(argv)}`, () => {
    assert.deepEqual(parseGoFlags(argv, executorFlags), { flags, rest });
  });
}

const refused: readonly (readonly [argv: readonly string[], message: string])[] = [
  [['-port', '1'], 'flag provided but not defined: -port'],
  [['--sdep', 'a', '--unknown=1'], 'flag provided but not defined: -unknown'],
  [['---sdep', 'a'], 'bad flag syntax: ---sdep'],
  [['--=a'], 'bad flag syntax: --=a'],
  [['-=a'], 'bad flag syntax: -=a'],
  [['--sdep'], 'flag needs an argument: -sdep'],
  [['--graceful_timeout', '15'], 'invalid value "15" for flag -graceful_timeout: parse error'],
  [['--graceful_timeout='], 'invalid value "" for flag -graceful_timeout: parse error'],
  [['--graceful_timeout', '1 s'], 'invalid value "1 s" for flag -graceful_timeout: parse error'],
  [['--http_port', 'eighty'], 'invalid value "eighty" for flag -http_port: parse error'],
  [['--http_port', '08'], 'invalid value "08" for flag -http_port: parse error'],
  [['--http_port', '1.0'], 'invalid value "1.0" for flag -http_port: parse error'],
  [['--http_port', 'x', '--http_port', '1'], 'invalid value "x" for flag -http_port: parse error'],
  [['--debug=yes'], 'invalid boolean value "yes" for -debug: parse error'],
  [['--debug='], 'invalid boolean value "" for -debug: parse error'],
];

for (const [argv, message] of refused) {
  test(`Go flags refuse ${JSON.stringify(argv)}`, () => {
    assert.throws(
      () => parseGoFlags(argv, executorFlags),
      (error) => error instanceof MillraceError && error.message === message && error.exitCode === 2,
    );
  });
}

test('help is asked for with -h or -help, with one dash or two, until the flags end', () => {
  for (const argv of [['-h'], ['--help'], ['-help'], ['--sdep', 'a', '--h']]) {
    assert.equal(parseGoFlags(argv, executorFlags), undefined, argv.join(' '));
  }
  assert.deepEqual(parseGoFlags(['--', '-h'], executorFlags), { flags: {}, rest: ['-h'] });
});

test('an unknown flag suggests the one that was meant', () => {
  const remedyOf = (flag: string) => {
    try {
      parseGoFlags([flag], executorFlags);
    } catch (error) {
      return error instanceof MillraceError ? error.remedy : undefined;
    }
    return undefined;
  };
  assert.equal(remedyOf('--http-port'), 'did you mean -http_port?');
  assert.equal(remedyOf('--kafka_brokers=a'), 'did you mean -kafka_broker?');
  assert.match(remedyOf('--nothing_like_it') ?? '', /lists the flags/);
});
