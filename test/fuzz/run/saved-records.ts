import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, PROTOCOLS, TRANSPORTS, type Combination } from '../combination.ts';
import type { Finding } from '../check/ledger.ts';
import type { FuzzRecord } from '../mutations/record.ts';
import type { StreamPlan } from './stream-plan.ts';

// After a crash all that was in flight is under suspicion.
const MAX_SAVED = 100;

interface SavedRecord extends Pick<StreamPlan, 'graph' | 'models' | 'batch' | 'delivery' | 'seed' | 'hostility'> {
  readonly what: string;
  readonly protocol: string;
  readonly transport: string;
  readonly index: number;
  readonly isGood: boolean;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** Writes each record that something is wrong with into a file of its own, bytes as base64. Returns their paths. */
export function saveRecords(folder: string, plan: StreamPlan, findings: readonly Finding[]): readonly string[] {
  const known = findings.filter(({ record }) => record.index >= 0);
  if (known.length === 0) return [];
  mkdirSync(folder, { recursive: true });
  return known.slice(0, MAX_SAVED).map(({ record, what }) => {
    const { combination, graph, models, batch, delivery, seed, hostility } = plan;
    const path = join(
      folder,
      `${nameOf(combination)}-${graph}-${models}-${batch}-seed-${seed}-record-${record.index}.json`,
    );
    const saved: SavedRecord = {
      what,
      ...combination,
      ...{ graph, models, batch, delivery, seed, hostility },
      index: record.index,
      isGood: record.isGood,
      key: base64(record.key),
      value: base64(record.value),
      headers: record.headers.map(([name, value]) => [name.toString('base64'), base64(value)]),
    };
    writeFileSync(path, `${JSON.stringify(saved, undefined, 2)}\n`);
    return path;
  });
}

/** A run of that one record alone, over the models that it met. */
export function readSavedRecord(path: string): StreamPlan {
  const saved = JSON.parse(readFileSync(path, 'utf8')) as SavedRecord;
  const record: FuzzRecord = {
    index: saved.index,
    isGood: saved.isGood,
    key: bytes(saved.key),
    value: bytes(saved.value),
    headers: saved.headers.map(([name, value]) => [Buffer.from(name, 'base64'), bytes(value)]),
  };
  const { graph, models, batch, delivery, seed, hostility } = saved;
  return {
    combination: combinationOf(saved, path),
    graph,
    models,
    batch,
    delivery,
    seed,
    hostility,
    records: 1,
    recordOf: () => record,
  };
}

function combinationOf(saved: SavedRecord, path: string): Combination {
  const protocol = PROTOCOLS.find((name) => name === saved.protocol);
  const transport = TRANSPORTS.find((name) => name === saved.transport);
  if (protocol === undefined || transport === undefined) throw new Error(`${path} is no saved record`);
  return { protocol, transport };
}

const base64 = (value: Buffer | null) => value?.toString('base64') ?? null;
const bytes = (value: string | null) => (value === null ? null : Buffer.from(value, 'base64'));
