// The document of Seldon's own guide to TLS, and a directory in place of the cluster's secrets.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface DocumentOptions {
  readonly broker: string;
  readonly input: string;
  readonly output: string;
  readonly modelPort: number;
  /** More of svcOrchSpec.env: a value, or `secret/key`. */
  readonly env: Readonly<Record<string, string | { readonly secret: string; readonly key: string }>>;
}

export function seedDocument({ broker, input, output, modelPort, env }: DocumentOptions): string {
  const own = { KAFKA_BROKER: broker, KAFKA_INPUT_TOPIC: input, KAFKA_OUTPUT_TOPIC: output };
  const variables = Object.entries<DocumentOptions['env'][string]>({ ...own, ...env }).map(([name, value]) =>
    typeof value === 'string'
      ? { name, value }
      : { name, valueFrom: { secretKeyRef: { name: value.secret, key: value.key } } },
  );
  return JSON.stringify({
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: { name: input, namespace: 'tests' },
    spec: {
      serverType: 'kafka',
      protocol: 'seldon',
      transport: 'rest',
      predictors: [
        {
          name: 'model',
          graph: { name: 'classifier', type: 'MODEL', endpoint: { service_port: modelPort } },
          svcOrchSpec: { env: variables },
        },
      ],
    },
  });
}

/** Writes `<folder>/<secret>/<key>` for each. */
export function writeSecrets(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}
