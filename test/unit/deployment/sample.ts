import { parseDeployment } from '../../../src/deployment/parse.ts';
import type { SeldonDeployment } from '../../../src/deployment/seldon-deployment.ts';
import { validateDeployment, type DeploymentProblem } from '../../../src/deployment/validate.ts';
import { seldonPredictorServers } from '../../../src/deployment/predictor-servers.ts';
import { connectionOptions, consumerOptions } from '../../../src/kafka/options.ts';
import { streamOptions } from '../../../src/stream/options.ts';

/** A valid deployment; tests change one thing in its text. */
export const SAMPLE = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata:
  name: cifar10
  namespace: vision
spec:
  protocol: tensorflow
  transport: rest
  serverType: kafka
  predictors:
    - name: model
      replicas: 1
      componentSpecs:
        - spec:
            containers:
              - name: resnet32
                image: tensorflow/serving
      svcOrchSpec:
        env:
          - name: KAFKA_BROKER
            value: broker:9092
          - name: KAFKA_INPUT_TOPIC
            value: images
          - name: KAFKA_OUTPUT_TOPIC
            value: labels
      graph:
        name: resnet32
        type: MODEL
`;

/** The sample with one piece of its text replaced; a piece that is not there is a mistake of the test. */
export function sampleWith(piece: string, replacement: string): string {
  if (!SAMPLE.includes(piece)) throw new Error(`the sample has no ${JSON.stringify(piece)}`);
  return SAMPLE.replace(piece, () => replacement);
}

export const parse = (text: string): SeldonDeployment => parseDeployment(text).deployment;

export function problemsIn(text: string): DeploymentProblem[] {
  const kafkaOptions = [connectionOptions, consumerOptions, streamOptions];
  return validateDeployment(parse(text), { servers: seldonPredictorServers, kafkaOptions });
}
