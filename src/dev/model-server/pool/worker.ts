// Entry of a worker thread: one engine, one request after the other. Parsing and inference block this thread and no other.
import { parentPort, workerData } from 'node:worker_threads';
import { errorText, MillraceError } from '../../../base/errors.ts';
import { answerRequest } from '../engine/answer-request.ts';
import { loadOnnxEngine } from '../engine/onnx-engine.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './messages.ts';

const settings = workerData as WorkerSettings;

function reply(message: WorkerReply): void {
  parentPort?.postMessage(message);
}

try {
  const engine = await loadOnnxEngine(settings.file);
  const model = { name: settings.name, version: settings.version, signature: engine.signature };
  parentPort?.on('message', (request: WorkerRequest) => {
    void answerRequest(engine, model, request).then((answer) => reply({ kind: 'answer', id: request.id, ...answer }));
  });
  reply({ kind: 'ready', signature: engine.signature });
} catch (error) {
  const known = error instanceof MillraceError;
  reply({
    kind: 'failed',
    message: known ? error.message : errorText(error),
    code: known ? error.code : 'MODEL_UNUSABLE',
    remedy: known ? error.remedy : undefined,
  });
}
