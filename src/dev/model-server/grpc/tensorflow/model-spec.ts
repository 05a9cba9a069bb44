import { create } from '@bufbuild/protobuf';
import { Int64ValueSchema } from '@bufbuild/protobuf/wkt';
import { ModelSpecSchema, type ModelSpec } from '../../../../protocol/gen/tensorflow/serving_pb.ts';
import type { ServedModel } from '../../protocols/rest-protocol.ts';
import { RequestError } from '../../request-error.ts';
import { checkModel } from '../check-model.ts';

/** The signature that TensorFlow Serving takes when a request names none; the only one here. */
export const SIGNATURE_NAME = 'serving_default';

/** @throws RequestError 400 where none is given, 404 for another model, version or label */
export function checkModelSpec(spec: ModelSpec | undefined, model: ServedModel): void {
  if (spec === undefined) throw new RequestError(400, 'model_spec is missing');
  const { versionChoice } = spec;
  checkModel(model, spec.name, versionChoice.case === 'version' ? String(versionChoice.value.value) : '');
  if (versionChoice.case !== 'versionLabel') return;
  throw new RequestError(404, `model '${spec.name}' has no version with the label '${versionChoice.value}'`);
}

/** The spec of answers. TensorFlow's versions are numbers; another kind of version is left out. */
export function modelSpec({ name, version }: ServedModel, signatureName: string): ModelSpec {
  const value = versionNumber(version);
  const versionChoice =
    value === undefined
      ? ({ case: undefined } as const)
      : ({ case: 'version', value: create(Int64ValueSchema, { value }) } as const);
  return create(ModelSpecSchema, { name, signatureName, versionChoice });
}

/** The version as the protocol has it, a number; undefined for a version that is none. */
export function versionNumber(version: string): bigint | undefined {
  return /^\d{1,18}$/.test(version) ? BigInt(version) : undefined;
}
