// Small faults of the sample deployment and what validation says of each: one row a rule.
export interface Expectation {
  /** A piece of the sample and what replaces it. */
  readonly change: readonly [piece: string, replacement: string];
  readonly severity: 'error' | 'warning';
  readonly at: string;
  readonly says: RegExp;
  readonly remedy?: RegExp;
}

const predictor = 'spec.predictors[0]';
const env = `${predictor}.svcOrchSpec.env`;
export const variable = (name: string, value: string) =>
  `        env:\n          - {name: ${name}, value: ${JSON.stringify(value)}}\n`;
export const withVariable = (name: string, value: string): readonly [string, string] => [
  '        env:\n',
  variable(name, value),
];
export const withKeda = (trigger: string, more = ''): readonly [string, string] => [
  '        - spec:\n',
  `        - kedaSpec: {${more}triggers: [{type: kafka, metadata: {${trigger}}}]}\n          spec:\n`,
];
const graphOf = (graph: string): readonly [string, string] => [
  '      graph:\n        name: resnet32\n        type: MODEL\n',
  `      graph: ${graph}\n`,
];

export const expectations: Record<string, Expectation> = {
  'a missing KAFKA_OUTPUT_TOPIC': {
    change: ['          - name: KAFKA_OUTPUT_TOPIC\n            value: labels\n', ''],
    severity: 'error',
    at: env,
    says: /has no KAFKA_OUTPUT_TOPIC in svcOrchSpec\.env/,
    remedy: /add '- name: KAFKA_OUTPUT_TOPIC'/,
  },
  'a needed variable hidden behind one that is given twice': {
    change: ['KAFKA_OUTPUT_TOPIC', 'KAFKA_BROKER'],
    severity: 'error',
    at: env,
    says: /KAFKA_OUTPUT_TOPIC is missing/,
  },
  'a needed variable given twice': {
    change: withVariable('KAFKA_BROKER', 'b:1'),
    severity: 'error',
    at: `${env}[1]`,
    says: /second time/,
  },
  'a needed variable without a value': {
    change: ['value: labels', 'value: ""'],
    severity: 'error',
    at: `${env}[2]`,
    says: /KAFKA_OUTPUT_TOPIC has no value/,
  },
  'value and valueFrom together': {
    change: ['value: labels', 'value: labels\n            valueFrom: {secretKeyRef: {name: s, key: k}}'],
    severity: 'error',
    at: `${env}[2]`,
    says: /both/,
  },
  'a topic with illegal characters': {
    change: ['value: labels', 'value: my topic'],
    severity: 'error',
    at: `${env}[2].value`,
    says: /it has ' '/,
  },
  'a topic that librdkafka would take for a pattern': {
    change: ['value: images', 'value: ^images'],
    severity: 'error',
    at: `${env}[1].value`,
    says: /it has '\^'/,
  },
  'a topic that is too long': {
    change: ['value: labels', `value: ${'a'.repeat(250)}`],
    severity: 'error',
    at: `${env}[2].value`,
    says: /250 characters/,
  },
  'a reserved topic': {
    change: ['value: labels', 'value: ".."'],
    severity: 'error',
    at: `${env}[2].value`,
    says: /reserved/,
  },
  'one topic for input and output': {
    change: ['value: labels', 'value: images'],
    severity: 'error',
    at: `${env}[2].value`,
    says: /without end/,
  },
  'the input topic as error topic': {
    change: withVariable('KAFKA_ERROR_TOPIC', 'images'),
    severity: 'error',
    at: `${env}[0].value`,
    says: /without end/,
  },
  'the input topic as error topic, by its default name': {
    change: ['value: images', 'value: labels-errors'],
    severity: 'error',
    at: `${env}[2].value`,
    says: /'labels-errors', the error topic of this output topic, is the input topic too/,
  },
  'an error topic that is too long by its default name': {
    change: ['value: labels', `value: ${'l'.repeat(243)}`],
    severity: 'error',
    at: `${env}[2].value`,
    says: /, the error topic of this output topic, is no topic name: it has 250 characters/,
  },
  'the output topic as error topic': {
    change: withVariable('KAFKA_ERROR_TOPIC', 'labels'),
    severity: 'warning',
    at: `${env}[0].value`,
    says: /among the predictions/,
  },
  'a placeholder as broker': {
    change: ['broker:9092', '<nodeport>:9092'],
    severity: 'error',
    at: `${env}[0].value`,
    says: /'<nodeport>:9092' is not HOST:PORT/,
  },
  'a broker with an impossible port': {
    change: ['broker:9092', 'a:1,broker:99092'],
    severity: 'error',
    at: `${env}[0].value`,
    says: /broker:99092/,
  },
  'a broker without port': {
    change: ['broker:9092', 'broker'],
    severity: 'warning',
    at: `${env}[0].value`,
    says: /no port/,
  },
  'a setting that cannot be read': {
    change: withVariable('KAFKA_WORKERS', 'many'),
    severity: 'error',
    at: `${env}[0].value`,
    says: /KAFKA_WORKERS: 'many' is not a whole number/,
  },
  'a setting outside its bounds': {
    change: withVariable('KAFKA_WORKERS', '0'),
    severity: 'error',
    at: `${env}[0].value`,
    says: /from 1 to/,
  },
  'a setting that does not exist': {
    change: withVariable('KAFKA_INPUT_TOPICS', 'x'),
    severity: 'warning',
    at: `${env}[0]`,
    says: /nothing reads KAFKA_INPUT_TOPICS/,
    remedy: /did you mean KAFKA_INPUT_TOPIC\?/,
  },
  'Kafka between the units': {
    change: withVariable('KAFKA_FULL_GRAPH', 'true'),
    severity: 'error',
    at: `${env}[0].value`,
    says: /not supported/,
  },
  'another variable given twice': {
    change: ['        env:\n', '        env:\n          - {name: A, value: x}\n          - {name: A, value: y}\n'],
    severity: 'warning',
    at: `${env}[1]`,
    says: /second time/,
  },
  'a misspelt protocol': {
    change: ['tensorflow\n', 'tensorlow\n'],
    severity: 'error',
    at: 'spec.protocol',
    says: /'tensorlow'/,
    remedy: /did you mean tensorflow/,
  },
  'a misspelt type': {
    change: ['type: MODEL', 'type: MODLE'],
    severity: 'error',
    at: `${predictor}.graph.type`,
    says: /'MODLE' does not exist/,
    remedy: /did you mean MODEL/,
  },
  'a misspelt method': {
    change: ['type: MODEL', 'methods: [TRANSFORM_INPUTS]'],
    severity: 'error',
    at: `${predictor}.graph.methods[0]`,
    says: /TRANSFORM_INPUTS/,
    remedy: /TRANSFORM_INPUT\?/,
  },
  'a misspelt server': {
    change: ['type: MODEL', 'implementation: TRITTON_SERVER\n        modelUri: gs://m'],
    severity: 'warning',
    at: `${predictor}.graph.implementation`,
    says: /'TRITTON_SERVER'/,
    remedy: /TRITON_SERVER/,
  },
  'a built-in that does nothing': {
    change: ['type: MODEL', 'implementation: SIMPLE_MODEL'],
    severity: 'warning',
    at: `${predictor}.graph.implementation`,
    says: /no behaviour/,
  },
  'a misspelt logger mode': {
    change: ['type: MODEL', 'logger: {mode: every}'],
    severity: 'error',
    at: `${predictor}.graph.logger.mode`,
    says: /'every'/,
  },
  'a logger that nothing can be posted to': {
    change: ['type: MODEL', 'logger: {mode: all, url: "kafka://me:hush@broker/topic"}'],
    severity: 'error',
    at: `${predictor}.graph.logger.url`,
    says: /^'kafka:\/\/\*\*\*@broker\/topic' is not a URL of http or https$/,
  },
  'a misspelt endpoint type': {
    change: ['type: MODEL', 'endpoint: {type: HTTP}'],
    severity: 'warning',
    at: `${predictor}.graph.endpoint.type`,
    says: /'HTTP'/,
  },
  'a misspelt parameter type': {
    change: ['type: MODEL', 'parameters: [{name: a, value: b, type: TEXT}]'],
    severity: 'warning',
    at: `${predictor}.graph.parameters[0].type`,
    says: /'TEXT'/,
  },
  'a unit named after no container': {
    change: ['        name: resnet32\n        type', '        name: resnet\n        type'],
    severity: 'error',
    at: `${predictor}.graph`,
    says: /no container is named 'resnet'/,
    remedy: /did you mean the container 'resnet32'/,
  },
  'a router without children': {
    change: ['type: MODEL', 'type: ROUTER'],
    severity: 'error',
    at: `${predictor}.graph`,
    says: /ROUTER 'resnet32' has no children/,
  },
  'a combiner without children': {
    change: ['type: MODEL', 'type: COMBINER'],
    severity: 'error',
    at: `${predictor}.graph`,
    says: /no children/,
  },
  'an A/B test with one child': {
    change: graphOf('{name: ab, implementation: RANDOM_ABTEST, children: [{name: resnet32}]}'),
    severity: 'error',
    at: `${predictor}.graph`,
    says: /1 children; it chooses between two/,
  },
  'a misspelt field of a predictor': {
    change: ['      replicas: 1\n', '      replicsa: 1\n'],
    severity: 'warning',
    at: `${predictor}.replicsa`,
    says: /no field 'replicsa' here: nothing reads it/,
    remedy: /did you mean replicas\?/,
  },
  'a misspelt field of the spec': {
    change: ['  serverType: kafka\n', '  serverType: kafka\n  anotations: {a: b}\n'],
    severity: 'warning',
    at: 'spec.anotations',
    says: /'anotations'/,
    remedy: /did you mean annotations\?/,
  },
  'a misspelt field of a unit far down': {
    change: graphOf('{name: c, type: COMBINER, children: [{name: resnet32, endpont: {httpPort: 1}}]}'),
    severity: 'warning',
    at: `${predictor}.graph.children[0].endpont`,
    says: /'endpont'/,
    remedy: /did you mean endpoint\?/,
  },
  'a misspelt field of an endpoint': {
    change: graphOf('{name: resnet32, type: MODEL, endpoint: {servicePort: 1}}'),
    severity: 'warning',
    at: `${predictor}.graph.endpoint.servicePort`,
    says: /'servicePort'/,
    remedy: /did you mean service_port\?/,
  },
  'a misspelt field of a logger': {
    change: graphOf('{name: resnet32, type: MODEL, logger: {mode: all, urls: "http://x"}}'),
    severity: 'warning',
    at: `${predictor}.graph.logger.urls`,
    says: /'urls'/,
    remedy: /did you mean url\?/,
  },
  'a misspelt field of the orchestrator': {
    change: ['        env:\n', '        envs: []\n        env:\n'],
    severity: 'warning',
    at: `${predictor}.svcOrchSpec.envs`,
    says: /'envs'/,
    remedy: /did you mean env\?/,
  },
  'a misspelt field of an explainer': {
    change: ['      replicas: 1\n', '      explainer: {modelUrl: x}\n'],
    severity: 'warning',
    at: `${predictor}.explainer.modelUrl`,
    says: /'modelUrl'/,
    remedy: /did you mean modelUri\?/,
  },
  'a misspelt field of a component': {
    change: ['        - spec:\n', '        - replica: 2\n          spec:\n'],
    severity: 'warning',
    at: `${predictor}.componentSpecs[0].replica`,
    says: /'replica'/,
    remedy: /did you mean replicas\?/,
  },
  'a field that is like none': {
    change: ['      replicas: 1\n', '      canary: true\n'],
    severity: 'warning',
    at: `${predictor}.canary`,
    says: /'canary'/,
    remedy: /use one of name, graph, componentSpecs/,
  },
  'two units of one name': {
    change: graphOf('{name: ab, implementation: RANDOM_ABTEST, children: [{name: resnet32}, {name: resnet32}]}'),
    severity: 'warning',
    at: `${predictor}.graph.children[1].name`,
    says: /two units are named 'resnet32', here and at spec\.predictors\[0\]\.graph\.children\[0\]: .* one model server/,
  },
  'a unit that is its own ancestor': {
    change: graphOf('{name: resnet32, children: [{name: resnet32}]}'),
    severity: 'warning',
    at: `${predictor}.graph.children[0].name`,
    says: /two units are named 'resnet32', here and at spec\.predictors\[0\]\.graph: /,
  },
  'a graph that Kubernetes would cut': {
    change: graphOf(`${'{name: resnet32, children: ['.repeat(11)}{name: resnet32}${']}'.repeat(11)}`),
    severity: 'warning',
    at: `${predictor}.graph${'.children[0]'.repeat(11)}`,
    says: /more than 10 levels/,
  },
  'a deployment name with a dot': {
    change: ['name: cifar10', 'name: cifar.10'],
    severity: 'error',
    at: 'metadata.name',
    says: /'cifar\.10' is no name/,
  },
  'a deployment name that begins with a digit': {
    change: ['name: cifar10', 'name: "10cifar"'],
    severity: 'error',
    at: 'metadata.name',
    says: /'10cifar'/,
  },
  'an illegal namespace': {
    change: ['namespace: vision', 'namespace: Vision_1'],
    severity: 'error',
    at: 'metadata.namespace',
    says: /'Vision_1'/,
  },
  'an illegal predictor name': {
    change: ['- name: model', '- name: Model_A'],
    severity: 'error',
    at: `${predictor}.name`,
    says: /'Model_A'/,
  },
  'an empty predictor name': {
    change: ['- name: model', '- name: ""'],
    severity: 'error',
    at: `${predictor}.name`,
    says: /empty/,
  },
  'a predictor name that is too long': {
    change: ['- name: model', `- name: ${'m'.repeat(64)}`],
    severity: 'error',
    at: `${predictor}.name`,
    says: /64 characters/,
  },
  'two containers of one name': {
    change: ['            containers:\n', '            containers:\n              - {name: resnet32, image: x}\n'],
    severity: 'error',
    at: `${predictor}.componentSpecs[0].spec.containers[1].name`,
    says: /second container/,
  },
  'negative replicas': {
    change: ['replicas: 1', 'replicas: -1'],
    severity: 'error',
    at: `${predictor}.replicas`,
    says: /-1 replicas/,
  },
  'no replicas': {
    change: ['replicas: 1', 'replicas: 0'],
    severity: 'warning',
    at: `${predictor}.replicas`,
    says: /nothing is consumed/,
  },
  'too much traffic': {
    change: ['replicas: 1', 'traffic: 150'],
    severity: 'error',
    at: `${predictor}.traffic`,
    says: /150/,
  },
  'no engine to read Kafka': {
    change: ['replicas: 1', 'annotations: {seldon.io/no-engine: "true"}'],
    severity: 'error',
    at: `${predictor}.annotations["seldon.io/no-engine"]`,
    says: /nothing would be consumed/,
  },
  'topics without serverType kafka': {
    change: ['serverType: kafka', 'serverType: rpc'],
    severity: 'warning',
    at: `${env}[0]`,
    says: /serverType is not kafka/,
  },
  'KEDA watching another group': {
    change: withKeda('bootstrapServers: b, consumerGroup: model.cifar10.kafka'),
    severity: 'warning',
    at: `${predictor}.componentSpecs[0].kedaSpec.triggers[0].metadata.consumerGroup`,
    says: /'model\.cifar10\.kafka'/,
    remedy: /consumerGroup: model\.cifar10\.vision/,
  },
  'KEDA watching another topic': {
    change: withKeda('bootstrapServers: b, consumerGroup: model.cifar10.vision, topic: image'),
    severity: 'warning',
    at: `${predictor}.componentSpecs[0].kedaSpec.triggers[0].metadata.topic`,
    says: /'image'/,
    remedy: /topic: images/,
  },
  'KEDA without brokers': {
    change: withKeda('consumerGroup: model.cifar10.vision'),
    severity: 'error',
    at: `${predictor}.componentSpecs[0].kedaSpec.triggers[0].metadata.bootstrapServers`,
    says: /bootstrapServers is missing/,
  },
  'KEDA with more replicas at least than at most': {
    change: withKeda(
      'bootstrapServers: b, consumerGroup: model.cifar10.vision',
      'minReplicaCount: 3, maxReplicaCount: 2, ',
    ),
    severity: 'error',
    at: `${predictor}.componentSpecs[0].kedaSpec.minReplicaCount`,
    says: /3 is more than/,
  },
  'KEDA idling above its minimum': {
    change: withKeda(
      'bootstrapServers: b, consumerGroup: model.cifar10.vision',
      'idleReplicaCount: 1, minReplicaCount: 1, ',
    ),
    severity: 'error',
    at: `${predictor}.componentSpecs[0].kedaSpec.idleReplicaCount`,
    says: /not below/,
  },
  'a lag threshold that is no number': {
    change: withKeda('bootstrapServers: b, consumerGroup: model.cifar10.vision, lagThreshold: low'),
    severity: 'error',
    at: `${predictor}.componentSpecs[0].kedaSpec.triggers[0].metadata.lagThreshold`,
    says: /'low'/,
  },
  'both scalers': {
    change: [
      '        - spec:\n',
      '        - kedaSpec: {triggers: [{type: cron, metadata: {}}]}\n          hpaSpec: {maxReplicas: 2}\n          spec:\n',
    ],
    severity: 'warning',
    at: `${predictor}.componentSpecs[0].hpaSpec`,
    says: /no effect/,
  },
};
