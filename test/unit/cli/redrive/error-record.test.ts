import { test } from 'node:test';
import assert from 'node:assert/strict';
import { MillraceError } from '../../../../src/base/errors.ts';
import { readErrorRecord } from '../../../../src/cli/redrive/selection/error-record.ts';
import { parseFilter } from '../../../../src/cli/redrive/selection/filter-options.ts';
import { RecordFilter } from '../../../../src/cli/redrive/selection/record-filter.ts';
import { inputRecord } from '../consume/input-record.ts';

const NOW = Date.UTC(2026, 0, 2);

function read(headers: readonly (readonly [string, string | null])[], key: string | null = null) {
  return readErrorRecord(inputRecord({ key, value: 'v', headers }));
}

function requestHeaders(headers: readonly (readonly [string, string | null])[]) {
  return read(headers)?.headers.map(([name, value]) => [String(name), value === null ? null : String(value)]);
}

test('reads what Millrace has added, and leaves the request as it was', () => {
  const record = read([
    ['a', null],
    ['a', '2'],
    ['millrace-error-code', 'MODEL_STATUS'],
    ['millrace-error-node', 'combiner'],
    ['millrace-error-status', '503'],
    ['millrace-error-time', '2026-01-01T00:00:00.000Z'],
    ['millrace-source', 'my.topic_1/3/17'],
    ['millrace-error-value-left-out', '2000000 bytes'],
  ]);
  const { code, node, status, timeMs, source, leftOutBytes } = record ?? {};
  assert.deepEqual(
    { code, node, status, timeMs, source, leftOutBytes },
    {
      code: 'MODEL_STATUS',
      node: 'combiner',
      status: '503',
      timeMs: Date.UTC(2026),
      source: { topic: 'my.topic_1', partition: 3, offset: 17 },
      leftOutBytes: 2_000_000,
    },
  );
  assert.deepEqual(requestHeaders([['a', null], ['a', '2'], ['millrace-error-code', 'X']]), [['a', null], ['a', '2']]); // prettier-ignore
});

test('the source of a request that was a result itself is its own; leftovers of an earlier failure go', () => {
  const headers = [
    ['millrace-source', 'upstream/0/1'],
    ['millrace-error-code', 'OLD'],
    ['millrace-error-status', '400'],
    ['b', '1'],
    ['millrace-error-code', 'NEW'],
    ['millrace-source', 'mine/0/2'],
    ['added-on-the-way', '2'],
  ] as const;
  assert.deepEqual(requestHeaders(headers), [['millrace-source', 'upstream/0/1'], ['b', '1'], ['added-on-the-way', '2']]); // prettier-ignore
  const record = read(headers);
  assert.deepEqual([record?.code, record?.status, record?.source?.topic], ['NEW', '', 'mine']);
});

test('a record without a code is no error record; places and sizes that make no sense are none', () => {
  assert.equal(read([['millrace-source', 'a/0/0']]), undefined);
  for (const source of ['', 'a', 'a/b/c', 'a/0', 'a/-1/0', 'a/0/1e3']) {
    assert.equal(read([['millrace-error-code', 'X'], ['millrace-source', source]])?.source, undefined); // prettier-ignore
  }
  const odd = read([['millrace-error-code', 'X'], ['millrace-error-value-left-out', '?'], ['millrace-error-time', '?']]); // prettier-ignore
  assert.deepEqual([odd?.leftOutBytes, odd?.timeMs], [-1, Date.UTC(2026, 0, 2, 3, 4, 5, 6)]);
});

test('filters: of each kind one must fit, and of the kinds all', () => {
  const record = read([
    ['millrace-error-code', 'MODEL_STATUS'],
    ['millrace-error-node', 'n'],
    ['millrace-error-status', '503'],
    ['millrace-error-time', '2026-01-01T22:30:00.000Z'],
    ['millrace-source', 't/0/0'],
  ], 'k'); // prettier-ignore
  assert.ok(record);
  const flags = { since: '', until: '', source: undefined };
  for (const [given, fits] of [
    [{}, true],
    [{ code: ['model_timeout, model_status'], node: ['n', 'm'], status: ['5xx'], key: ['k'] }, true],
    [{ status: ['4xx'] }, false],
    [{ status: ['500', '503'] }, true],
    [{ status: ['5XX'] }, true],
    [{ status: ['unavailable', 'INTERNAL'] }, false],
    [{ code: ['MODEL_STATUS'], node: ['m'] }, false],
    [{ key: ['K'] }, false],
    [{ since: '2h' }, true],
    [{ since: '1h' }, false],
    [{ until: '1h30m' }, false],
    [{ since: '2026-01-01', until: '2026-01-02' }, true],
    [{ source: 't' }, true],
    [{ source: 's' }, false],
  ] as const) {
    assert.equal(parseFilter({ ...flags, ...given }, NOW).matches(record), fits, JSON.stringify(given));
  }
});

test('records of gRPC models are found by the name of their status', () => {
  const record = read([
    ['millrace-error-code', 'MODEL_STATUS'],
    ['millrace-error-status', 'UNAVAILABLE'],
  ], 'k'); // prettier-ignore
  assert.ok(record);
  const flags = { since: '', until: '', source: undefined };
  const matches = (status: string) => parseFilter({ ...flags, status: [status] }, NOW).matches(record);
  assert.deepEqual(['UNAVAILABLE', 'unavailable', 'INTERNAL', '5xx'].map(matches), [true, true, false, false]);
});

test('a code or a status that no error record can have is told, with what was probably meant', () => {
  const flags = { since: '', until: '', source: undefined };
  const told = (given: object) => {
    try {
      parseFilter({ ...flags, ...given }, NOW);
    } catch (error) {
      return error instanceof MillraceError ? `${error.message}; ${error.remedy ?? ''}` : String(error);
    }
    return '';
  };
  assert.match(told({ code: ['MODEL_TIMEOUTS'] }), /'MODEL_TIMEOUTS' is no code .*did you mean MODEL_TIMEOUT\?/);
  // Nothing becomes an error record because a model cannot be reached.
  assert.match(told({ code: ['MODEL_UNREACHABLE'] }), /is no code/);
  for (const status of ['9xx', '600', '5x', 'DOWN'])
    assert.match(told({ status: [status] }), /--status '.*' is no status/);
});

test('filters that say the same are the same, in any order', () => {
  assert.equal(new RecordFilter({ code: ['B', 'A', 'B'], node: [] }).text, new RecordFilter({ code: ['A', 'B'] }).text);
  assert.equal(new RecordFilter({ code: [] }).text, '');
  const parts = { key: ['k'], status: ['5xx'], since: 5, source: 't' };
  assert.equal(new RecordFilter(new RecordFilter(parts).parts).text, new RecordFilter(parts).text);
});
