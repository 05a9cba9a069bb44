import { fileURLToPath } from 'node:url';
import type { DemoPlan } from '../demo-plan.ts';

const file = (name: string) => fileURLToPath(new URL(`../../../../examples/cifar10/${name}`, import.meta.url));

/** What the model server lets wait by default. */
const MODEL_QUEUE = 1_024;

/**
 * The demo with the pictures: the deployment of examples/cifar10 as it is there.
 *
 * @param workers records in flight
 */
export function cifar10Plan(workers: number): DemoPlan {
  // All records in flight can wait at the model at one time.
  const queue = workers > MODEL_QUEUE && { queue: String(workers) };
  return {
    deployment: file('deployment.yaml'),
    deploymentName: 'tfserving-cifar10',
    predictor: 'model',
    server: 'kafka',
    predictPath: '/v1/models/resnet32:predict',
    inputTopic: 'cifar10-rest-input',
    outputTopic: 'cifar10-rest-output',
    transport: 'rest',
    env: { KAFKA_WORKERS: String(workers) },
    nodes: [
      {
        name: 'resnet32',
        flags: { model: file('resnet32.onnx'), ...queue },
        title: 'model server with examples/cifar10/resnet32.onnx',
      },
    ],
    produce: [file('requests.jsonl')],
  };
}
