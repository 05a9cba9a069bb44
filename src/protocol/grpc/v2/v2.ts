import { ModelInferResponse_InferOutputTensorSchema } from '../../gen/inference/grpc_service_pb.ts';
import { MessageError } from '../../message-error.ts';
import { protobufPayload, type Payload } from '../../payload.ts';
import { chosenBranch, onlyOutput } from '../chosen-branch.ts';
import { decodeMessage } from '../wire/decode.ts';
import { MESSAGE } from '../methods.ts';
import { combinedTensors } from './v2-combine.ts';
import { INFER, stringParameter, V2_METHOD_PARAMETER } from './v2-fields.ts';
import { v2Integers } from './v2-contents.ts';
import { WireCursor } from '../wire/wire-cursor.ts';
import { bytesTag, stringField } from '../wire/wire-fields.ts';

const RAW_INPUT_TAG = bytesTag(INFER.rawInput);

/**
 * The message for a transform-input, predict or transform-output call. A ModelInferRequest goes as it is; where it names no model
 * it gets `modelName`. Of a ModelInferResponse it becomes a ModelInferRequest for `modelName`: its outputs, byte for byte, are the
 * inputs, and id, parameters and raw contents come with them (Seldon Core 1 loses the id and the raw contents).
 *
 * @throws MessageError for a message that is neither
 */
export function chainV2(message: Payload, modelName: string): Payload {
  if (message.messageName === MESSAGE.inferRequest) return named(message, modelName);
  if (message.messageName !== MESSAGE.inferResponse) {
    throw new MessageError(`a ${message.messageName} cannot become a ${MESSAGE.inferRequest}`);
  }
  const parts = stringField(INFER.modelName, modelName);
  const fields = new WireCursor(message.body);
  while (fields.next()) {
    // Inputs have the number and the fields of outputs; what else the answer has says nothing in a request.
    if (fields.isBytes(INFER.id) || fields.isBytes(INFER.parameters) || fields.isBytes(INFER.tensors)) {
      parts.push(fields.whole);
    } else if (fields.isBytes(INFER.rawOutput)) parts.push(RAW_INPUT_TAG, fields.untagged);
  }
  return inferRequest(parts);
}

function named(message: Payload, modelName: string): Payload {
  const fields = new WireCursor(message.body);
  let nameBytes = 0;
  while (fields.next()) if (fields.isBytes(INFER.modelName)) nameBytes = fields.value.length;
  if (nameBytes > 0) return message;
  // At the end: the last of two counts, should there be an empty one.
  return { ...message, body: Buffer.concat([message.body, ...stringField(INFER.modelName, modelName)]) };
}

/**
 * The message for a router: the inputs of what reached it, for the model `modelName`, with the parameter `seldon_method` = `route`.
 * Seldon Core 1 crashes here.
 */
export function v2RouteRequest(message: Payload, modelName: string): Payload {
  const request = chainV2(message, modelName);
  const parts = stringField(INFER.modelName, modelName);
  const fields = new WireCursor(request.body);
  while (fields.next()) {
    const { field } = fields;
    // Version and wanted outputs are those of another model.
    if (field !== INFER.modelName && field !== INFER.modelVersion && field !== INFER.wantedOutputs)
      parts.push(fields.whole);
  }
  return inferRequest([...parts, ...stringParameter(V2_METHOD_PARAMETER, 'route')]);
}

/**
 * The message for a combiner: one ModelInferRequest with the outputs of all children as inputs, where output `y` of the first child
 * is named `0/y`, and the parameter `seldon_method` = `aggregate`. Of a child that calls nobody, such as a router that chose none, it
 * is the inputs of the request. Seldon Core 1 crashes here.
 *
 * @throws MessageError for an answer that is neither ModelInferResponse nor ModelInferRequest
 */
export function combineV2(answers: readonly Payload[], modelName: string): Payload {
  const children = answers.map(({ messageName, body }, index) => {
    if (messageName === MESSAGE.inferResponse) return { body, rawField: INFER.rawOutput };
    if (messageName === MESSAGE.inferRequest) return { body, rawField: INFER.rawInput };
    throw new MessageError(`the answer of child ${index} is a ${messageName}, not a ${MESSAGE.inferResponse}`);
  });
  return inferRequest([
    ...stringField(INFER.modelName, modelName),
    ...combinedTensors(children),
    ...stringParameter(V2_METHOD_PARAMETER, 'aggregate'),
  ]);
}

/**
 * Which child a router chose: the value of the only tensor of its ModelInferResponse.
 *
 * @throws MessageError that says what the answer should have been
 */
export function readV2Route(answer: Payload): number {
  const tensors: Buffer[] = [];
  const raw: Buffer[] = [];
  const fields = new WireCursor(answer.body);
  while (fields.next()) {
    if (fields.isBytes(INFER.tensors)) tensors.push(fields.value);
    else if (fields.isBytes(INFER.rawOutput)) raw.push(fields.value);
  }
  const { datatype, contents } = decodeMessage(ModelInferResponse_InferOutputTensorSchema, onlyOutput(tensors));
  return chosenBranch(v2Integers(datatype, contents, raw[0]));
}

function inferRequest(parts: readonly Buffer[]): Payload {
  return protobufPayload(MESSAGE.inferRequest, Buffer.concat(parts));
}
