import { TensorProtoSchema } from '../../gen/tensorflow/tensor_pb.ts';
import { MessageError } from '../../message-error.ts';
import { protobufPayload, type Payload } from '../../payload.ts';
import { chosenBranch, onlyOutput } from '../chosen-branch.ts';
import { decodeMessage } from '../wire/decode.ts';
import { MESSAGE } from '../methods.ts';
import { integerValues } from './tensorflow-tensor.ts';
import { WireCursor } from '../wire/wire-cursor.ts';
import { bytesField, bytesTag, renamedEntry, stringField } from '../wire/wire-fields.ts';

// Numbers of fields, as in protos/tensorflow/serving.proto.
const REQUEST = { modelSpec: 1, inputs: 2 } as const;
const RESPONSE = { outputs: 1 } as const;
const SPEC = { name: 1, signatureName: 3 } as const;

const INPUTS_TAG = bytesTag(REQUEST.inputs);

const REQUESTS: ReadonlySet<string> = new Set([
  MESSAGE.predictRequest,
  MESSAGE.classifyRequest,
  MESSAGE.regressRequest,
  MESSAGE.multiRequest,
]);

/**
 * The message for a transform-input, predict or transform-output call: a request as it is; of a PredictResponse a
 * PredictRequest whose inputs are the outputs, byte for byte, and whose model is `modelName` (Seldon Core 1's rule).
 *
 * @throws MessageError for a message that is neither
 */
export function chainTensorflow(message: Payload, modelName: string): Payload {
  const { messageName = '' } = message;
  if (REQUESTS.has(messageName)) return message;
  if (messageName !== MESSAGE.predictResponse) {
    throw new MessageError(`a ${messageName} cannot become a request; only a ${MESSAGE.predictResponse} can`);
  }
  const parts = modelSpec(modelName, '');
  for (const field of tensors(message)) parts.push(INPUTS_TAG, field.untagged);
  return predictRequest(parts);
}

/**
 * The message for a router: a PredictRequest with the inputs of what reached it, for the signature `route` of its model. Seldon Core 1
 * crashes here.
 *
 * @throws MessageError for what is no PredictRequest and cannot become one
 */
export function tensorflowRouteRequest(message: Payload, modelName: string): Payload {
  const request = chainTensorflow(message, modelName);
  if (request.messageName !== MESSAGE.predictRequest) {
    throw new MessageError(`a router takes a ${MESSAGE.predictRequest}, and this is a ${request.messageName}`);
  }
  const parts = modelSpec(modelName, 'route');
  const fields = new WireCursor(request.body);
  while (fields.next()) if (fields.isBytes(REQUEST.inputs)) parts.push(fields.whole);
  return predictRequest(parts);
}

/**
 * The message for a combiner: one PredictRequest for the signature `aggregate` of its model, with the outputs of all children as
 * inputs; output `y` of the first child is named `0/y`. Of a child that calls nobody, such as a router that chose none, it is the
 * inputs of the request. Seldon Core 1 crashes here.
 *
 * @throws MessageError for an answer that is neither PredictResponse nor PredictRequest
 */
export function combineTensorflow(answers: readonly Payload[], modelName: string): Payload {
  const parts = modelSpec(modelName, 'aggregate');
  answers.forEach((answer, index) => {
    if (answer.messageName !== MESSAGE.predictResponse && answer.messageName !== MESSAGE.predictRequest) {
      throw new MessageError(
        `the answer of child ${index} is a ${answer.messageName}, and only ${MESSAGE.predictResponse} can be combined`,
      );
    }
    for (const field of tensors(answer)) {
      parts.push(...bytesField(REQUEST.inputs, ...renamedEntry(field.value, (key) => `${index}/${key}`)));
    }
  });
  return predictRequest(parts);
}

/**
 * Which child a router chose: the value of the only tensor of its PredictResponse.
 *
 * @throws MessageError that says what the answer should have been
 */
export function readTensorflowRoute(answer: Payload): number {
  const outputs: Buffer[] = [];
  for (const field of tensors(answer)) {
    const entry = new WireCursor(field.value);
    while (entry.next()) if (entry.isBytes(2)) outputs.push(entry.value);
  }
  return chosenBranch(integerValues(decodeMessage(TensorProtoSchema, onlyOutput(outputs))));
}

/** Goes over the inputs of a PredictRequest, or the outputs of a PredictResponse: the same cursor each time, on the next one. */
function* tensors({ messageName, body }: Payload): Generator<WireCursor> {
  const wanted = messageName === MESSAGE.predictRequest ? REQUEST.inputs : RESPONSE.outputs;
  const fields = new WireCursor(body);
  while (fields.next()) if (fields.isBytes(wanted)) yield fields;
}

function modelSpec(name: string, signatureName: string): Buffer[] {
  const spec = [...stringField(SPEC.name, name), ...stringField(SPEC.signatureName, signatureName)];
  return bytesField(REQUEST.modelSpec, ...spec);
}

function predictRequest(parts: readonly Buffer[]): Payload {
  return protobufPayload(MESSAGE.predictRequest, Buffer.concat(parts));
}
