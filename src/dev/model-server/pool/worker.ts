// Entry of a worker thread: one engine, one request after the other. Parsing and inference block this thread and no other.
import { parentPort, workerData } from 'node:worker_threads';
import { errorText, MillraceError } from '../../../base/errors.ts';
import { answerRequest } from '../engine/answer-request.ts';
import { startRunner } from '../engine/runner.ts';
import { ownMemory } from './own-memory.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './messages.ts';

const { behaviour, name, version, role } = workerData as WorkerSettings;

function reply(message: WorkerReply): void {
  const moved = message.kind === 'answer' && typeof message.body !== 'string' ? ownMemory(message.body) : [];
  parentPort?.postMessage(message, moved);
}

try {
  const runner = await startRunner(behaviour);
  const signature = runner.step === 'infer' ? runner.engine.signature : undefined;
  const model = { name, version, role, signature };
  parentPort?.on('message', (request: WorkerRequest) => {
    void answerRequest(runner, model, request).then((answer) => reply({ kind: 'answer', id: request.id, ...answer }));
  });
  reply({ kind: 'ready', signature });
} catch (error) {
  const known = error instanceof MillraceError;
  reply({
    kind: 'failed',
    message: known ? error.message : errorText(error),
    code: known ? error.code : 'MODEL_UNUSABLE',
    remedy: known ? error.remedy : undefined,
  });
}
