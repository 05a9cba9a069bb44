// examples/cifar10 over gRPC, as its README has it: the real commands, the real model, the committed requests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { CIFAR10_CLASSES } from '../../../src/dev/demo/cifar10/cifar10-images.ts';
import { startModelServer } from '../../../src/dev/model-server/server.ts';
import { PredictResponseSchema } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { createTopic, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { millrace, startMillrace } from '../../millrace.ts';
import { noRuntime, RESNET } from '../../unit/dev/model-server/served-model.ts';

const broker = testBroker();
const labels = readFileSync('examples/cifar10/labels.txt', 'utf8').trimEnd().split('\n');

test('the protobuf requests of the example become the classes of its pictures', { skip: noRuntime }, async (t) => {
  const input = uniqueTopic('cifar10-grpc-in');
  const output = uniqueTopic('cifar10-grpc-out');
  await createTopic(broker, input, 2);
  await createTopic(broker, output, 2);
  const server = await startModelServer({ name: 'resnet32', model: RESNET, port: 0, grpcPort: 0, threads: 1 });
  t.after(() => server.close());

  const variables = { KAFKA_BROKER: broker, KAFKA_INPUT_TOPIC: input, KAFKA_OUTPUT_TOPIC: output };
  const run = startMillrace([
    ...['run', 'examples/cifar10/deployment-grpc.yaml', '--http-port', '0'],
    ...['--endpoint', `resnet32=127.0.0.1:${server.grpcPort}`],
    ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ]);
  t.after(() => run.kill('SIGKILL'));

  const file = 'examples/cifar10/requests.proto.bin';
  const kind = ['--format', 'protobuf', '--proto-name', 'tensorflow.serving.PredictRequest'];
  const produced = await millrace(['produce', file, ...kind, '--topic', input, '--key-prefix', 'image-'], {
    env: { KAFKA_BROKER: broker },
  });
  assert.equal(produced.code, 0, produced.stderr);

  const results = await readAll(broker, output, { until: labels.length });
  assert.equal(results.length, labels.length);
  for (const { key, value } of results) {
    const { outputs, modelSpec } = fromBinary(PredictResponseSchema, value ?? Buffer.alloc(0));
    const scores = outputs['probabilities']?.floatVal ?? [];
    const index = Number(String(key).replace('image-', ''));
    assert.equal(CIFAR10_CLASSES[scores.indexOf(Math.max(...scores))], labels[index], `picture ${index}`);
    assert.equal(modelSpec?.name, 'resnet32');
  }
  run.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
});
