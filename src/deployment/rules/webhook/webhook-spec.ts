import { unitsOf } from '../../graph-units.ts';
import {
  PROTOCOLS,
  SERVER_TYPES,
  TRANSPORTS,
  type SeldonDeployment,
  type SeldonDeploymentSpec,
} from '../../seldon-deployment.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { error, type DeploymentProblem } from '../problem.ts';

const words = [
  { field: 'protocol', known: PROTOCOLS, seldonRule: 1 },
  { field: 'transport', known: TRANSPORTS, seldonRule: 2 },
  { field: 'serverType', known: SERVER_TYPES, seldonRule: 3 },
] as const;

/** Seldon's rules 1 to 3: the three words that choose how the deployment speaks. Empty means the default. */
export function* specWords({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  for (const { field, known, seldonRule } of words) {
    const value = spec[field] ?? '';
    if (value === '' || known.some((word) => word === value)) continue;
    const message = `${field} '${value}' does not exist`;
    yield error({
      rule: field,
      seldonRule,
      path: 'spec',
      at: ['spec', field],
      value,
      message,
      remedy: useOneOf(value, known),
    });
  }
}

/** Seldon's rules 16 and 17: the endpoint types of the graph agree with each other and with the transport. */
export function* endpointTypes({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  const types = typesInGraphs(spec);
  const shared = { rule: 'endpoint-type', path: 'spec', value: '', at: ['spec', 'transport'] } as const;
  const [only] = types;
  if (types.size > 1) {
    const message = 'the graph mixes endpoint types REST and GRPC';
    yield error({ ...shared, seldonRule: 16, message, remedy: 'remove every endpoint.type and set spec.transport' });
  } else if (only !== undefined && spec.transport && only.toLowerCase() !== spec.transport) {
    const message = `endpoint type ${only} in the graph contradicts transport ${spec.transport}`;
    yield error({ ...shared, seldonRule: 17, message, remedy: 'remove every endpoint.type: spec.transport decides' });
  }
}

function typesInGraphs(spec: SeldonDeploymentSpec): Set<string> {
  const types = new Set<string>();
  for (const predictor of spec.predictors) {
    for (const { unit } of unitsOf(predictor.graph)) {
      const type = unit.endpoint?.type;
      if (type === 'REST' || type === 'GRPC') types.add(type);
    }
  }
  return types;
}
