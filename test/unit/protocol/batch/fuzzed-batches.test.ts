// Merging requests and taking answers apart must end well or with a MessageError, whatever the bytes are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchPart, BatchRules } from '../../../../src/protocol/batch/batch-rules.ts';
import { batchRules } from '../../../../src/protocol/batch/rules.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';
import type { Payload } from '../../../../src/protocol/payload.ts';
import { COMBINATIONS, nameOf, type Combination } from '../../../fuzz/combination.ts';
import { JSON_ANSWERS } from '../../../fuzz/corpus/json-messages.ts';
import { PROTOBUF_ANSWERS, type NamedMessage } from '../../../fuzz/corpus/protobuf-messages.ts';
import { goodRequest, mutateMessage } from '../../../fuzz/mutations/message.ts';
import { Seeded } from '../../../simulation/seeded.ts';

const BATCHES = 5_000;

function request(usual: NamedMessage, combination: Combination, random: Seeded): Payload {
  const { name, bytes } = random.chance(0.8) ? usual : goodRequest(combination, random);
  const body = random.chance(0.6) ? mutateMessage(bytes, combination, random) : bytes;
  return { body, contentType: 'application/json', contentEncoding: '', messageName: name };
}

function answer(combination: Combination, random: Seeded): Payload {
  const { protocol, transport } = combination;
  const isGrpc = transport === 'grpc';
  const known = isGrpc ? PROTOBUF_ANSWERS[protocol] : JSON_ANSWERS[protocol].map((bytes) => ({ name: '', bytes }));
  const { name, bytes } = random.pick(known);
  const body = random.chance(0.7) ? mutateMessage(bytes, combination, random) : bytes;
  return { body, contentType: 'application/json', contentEncoding: '', messageName: name };
}

/** @returns how many requests went together */
function runBatch(rules: BatchRules, combination: Combination, random: Seeded): number {
  // What is alike can go together.
  const usual = goodRequest(combination, random);
  const requests = Array.from({ length: random.between(2, 6) }, () => request(usual, combination, random));
  const parts = requests.map((one) => rules.part(one)).filter((part) => part !== undefined);
  for (const part of parts) assert.ok(Number.isInteger(part.rows) && part.rows >= 1, `${part.rows} rows`);
  const together = parts.filter(({ kind }) => kind === parts[0]?.kind);
  if (together.length < 2) return together.length;
  const rows = together.reduce((sum, part) => sum + part.rows, 0);
  assert.equal(rules.part(rules.merge(together))?.rows, rows, 'what was merged has the rows of all');
  splitSafely(rules, answer(combination, random), together);
  return together.length;
}

function splitSafely(rules: BatchRules, whole: Payload, parts: readonly BatchPart[]): void {
  try {
    assert.equal(rules.split(whole, parts).length, parts.length);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
  }
}

for (const combination of COMBINATIONS) {
  test(`batches of mutated requests of ${nameOf(combination)}`, () => {
    const rules = batchRules(combination.protocol, combination.transport);
    let merged = 0;
    for (let seed = 1; seed <= BATCHES; seed++) {
      try {
        if (runBatch(rules, combination, new Seeded(seed)) > 1) merged++;
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    assert.ok(merged > BATCHES / 20, `only ${merged} batches had two requests`);
  });
}
