import { containerOf, isPrepackaged, unitsOf, type PlacedUnit } from '../../graph-units.ts';
import { findPredictorServer, protocolsOf, serverImage, type PredictorServers } from '../../predictor-servers.ts';
import type { PredictorSpec, SeldonDeploymentSpec } from '../../seldon-deployment.ts';
import { nearest } from '../../../base/nearest.ts';
import { error, warning, type DeploymentProblem, type Finding } from '../problem.ts';

const WITHOUT_TENSORFLOW = ['SKLEARN_SERVER', 'XGBOOST_SERVER', 'MLFLOW_SERVER', 'HUGGINGFACE_SERVER'];

/** Seldon's rules 10 to 15, unit by unit, parents first. Rule 14 and the images of servers need the operator's table. */
export function* graphUnits(
  spec: SeldonDeploymentSpec,
  predictor: PredictorSpec,
  index: number,
  servers: PredictorServers | undefined,
): Generator<DeploymentProblem> {
  for (const placed of unitsOf(predictor.graph)) {
    const { unit, indices, at } = placed;
    const shared = {
      path: `spec.predictors[${index}].graph${indices.map((child) => `[${child}]`).join('')}`,
      at: ['spec', 'predictors', index, 'graph', ...at],
      value: unit.name,
    };
    const implementation = unit.implementation ?? '';
    if (implementation === '' || implementation === 'UNKNOWN_IMPLEMENTATION') yield* ownUnit(placed, predictor, shared);
    else if (isPrepackaged(unit)) yield* prepackagedUnit(placed, predictor, spec.protocol, servers, shared);
    if (unit.logger !== undefined && !unit.logger.mode) {
      const message = `the logger of unit '${unit.name}' has no mode`;
      yield error({
        ...shared,
        rule: 'logger-mode',
        seldonRule: 15,
        value: '',
        message,
        remedy: 'set logger.mode to all, request or response',
      });
    }
  }
}

type Shared = Pick<Finding, 'at' | 'path' | 'value'>;

function* ownUnit({ unit }: PlacedUnit, predictor: PredictorSpec, shared: Shared): Generator<DeploymentProblem> {
  if (containerOf(predictor, unit.name) === undefined) {
    const names = (predictor.componentSpecs ?? []).flatMap((component) => component.spec?.containers ?? []);
    const meant = nearest(
      unit.name,
      names.map(({ name }) => name),
    );
    yield error({
      ...shared,
      rule: 'container-missing',
      seldonRule: 10,
      message: `no container is named '${unit.name}', as this unit of the graph is`,
      remedy:
        meant === undefined
          ? `add a container of that name to componentSpecs`
          : `did you mean the container '${meant}'?`,
    });
  }
  if (unit.type === 'UNKNOWN_TYPE' && (unit.methods ?? []).length === 0) {
    const message = `unit '${unit.name}' has type UNKNOWN_TYPE and no methods, so it would never be called`;
    yield error({
      ...shared,
      rule: 'unit-does-nothing',
      seldonRule: 11,
      message,
      remedy: 'set its type, such as MODEL, or its methods',
    });
  }
}

function* prepackagedUnit(
  { unit }: PlacedUnit,
  predictor: PredictorSpec,
  protocol: string | undefined,
  servers: PredictorServers | undefined,
  shared: Shared,
): Generator<DeploymentProblem> {
  const server = unit.implementation ?? '';
  if (!unit.modelUri && server !== 'HUGGINGFACE_SERVER') {
    const message = `unit '${unit.name}' runs on ${server} and has no modelUri`;
    yield error({
      ...shared,
      rule: 'model-uri-missing',
      seldonRule: 12,
      message,
      remedy: 'set modelUri to where the model is stored',
    });
  }
  const isRefused = protocol === 'tensorflow' && WITHOUT_TENSORFLOW.includes(server);
  if (isRefused) {
    const message = `${server} does not speak protocol tensorflow`;
    yield error({
      ...shared,
      rule: 'server-protocol',
      seldonRule: 13,
      message,
      remedy: 'set spec.protocol to v2 or seldon',
    });
  }
  if (servers === undefined || containerOf(predictor, unit.name)?.image) return;
  if (findPredictorServer(servers, server) === undefined) {
    const meant = nearest(server, Object.keys(servers));
    yield error({
      ...shared,
      rule: 'server-unknown',
      seldonRule: 14,
      message: `implementation '${server}' is no server that is known here, and unit '${unit.name}' has no container with an image`,
      remedy:
        meant === undefined
          ? `use one of ${Object.keys(servers).join(', ')}, or add a container with an image`
          : `did you mean ${meant}?`,
    });
  } else if (!isRefused && serverImage(servers, server, protocol) === undefined) {
    yield warning({
      ...shared,
      rule: 'server-image',
      value: server,
      message: `there is no image of ${server} for protocol ${protocol || 'seldon'}, so the pod of unit '${unit.name}' would never start`,
      remedy: `set spec.protocol to ${protocolsOf(servers, server).join(' or ')}, or add a container with an image`,
    });
  }
}
