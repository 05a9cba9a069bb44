// Readers of ours against readers of others, over mutated bytes: they must say the same.
import assert from 'node:assert/strict';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import { Metadata } from '@grpc/grpc-js';
import { requestMetadata } from '../../../src/protocol/grpc/metadata.ts';
import { checkWire } from '../../../src/protocol/grpc/wire/wire-cursor.ts';
import { requestHeaders, type RecordHeaders } from '../../../src/protocol/headers.ts';
import { isJson } from '../../../src/protocol/json/skip-value.ts';
import { MessageError } from '../../../src/protocol/message-error.ts';
import { COMBINATIONS } from '../../fuzz/combination.ts';
import { mutateHeaders } from '../../fuzz/mutations/header-list.ts';
import { goodRequest, mutateMessage } from '../../fuzz/mutations/message.ts';
import { Seeded } from '../../simulation/seeded.ts';

const MESSAGES = 20_000;
const DEEP = Buffer.alloc(90, 0x0b);

function accepts(read: () => unknown, ...refusals: readonly (abstract new (...given: never[]) => Error)[]): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return false;
    throw error;
  }
}

function mutated(transport: 'rest' | 'grpc', seed: number): Buffer {
  const random = new Seeded(seed);
  const combination = random.pick(COMBINATIONS.filter((one) => one.transport === transport));
  return mutateMessage(goodRequest(combination, random).bytes, combination, random);
}

test('what is walked over as protobuf is what protobuf-es walks over', () => {
  for (let seed = 1; seed <= MESSAGES; seed++) {
    const bytes = mutated('grpc', seed);
    const ours = accepts(() => checkWire(bytes), MessageError);
    // They count groups in groups from another number, and take of a number that is too long what 32 bits hold of it.
    if (bytes.includes(DEEP) || /[\x80-\xff]{4}/.test(bytes.toString('latin1'))) continue;
    // Without fields of its own, it skips what there is, as the cursor does.
    const theirs = accepts(() => fromBinary(EmptySchema, bytes), Error);
    assert.equal(ours, theirs, `seed ${seed}: ${bytes.toString('hex').slice(0, 400)}`);
  }
});

test('what is JSON is what JSON.parse takes, but for depth', () => {
  for (let seed = 1; seed <= MESSAGES; seed++) {
    const bytes = mutated('rest', seed);
    const theirs = accepts(() => JSON.parse(bytes.toString('latin1')), SyntaxError);
    const isDeep = bytes.length > 10_000;
    if (!isDeep) assert.equal(isJson(bytes), theirs, `seed ${seed}: ${bytes.toString('latin1').slice(0, 400)}`);
    else if (isJson(bytes)) assert.ok(theirs, `seed ${seed}`);
  }
});

test('headers that are sent on are legal for those who send them', () => {
  for (let seed = 1; seed <= MESSAGES; seed++) {
    const random = new Seeded(seed);
    const combination = random.pick(COMBINATIONS);
    const list = mutateHeaders(combination, undefined, random);
    const headers: RecordHeaders = list.map(([name, value]) => [name, value ?? Buffer.alloc(0)]);
    for (const [name, value] of pairs(requestHeaders(headers).headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    const metadata = new Metadata();
    for (const [name, value] of pairs(requestMetadata(headers).headers)) {
      metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    }
  }
});

function* pairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at < flat.length; at += 2) yield [flat[at] ?? '', flat[at + 1] ?? ''];
}
