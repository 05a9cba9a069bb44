import { FeedbackSchema, SeldonMessageSchema, type DefaultData } from '../../gen/seldon/prediction_pb.ts';
import { MessageError } from '../../message-error.ts';
import { protobufPayload, type Payload } from '../../payload.ts';
import { ALL_CHILDREN } from '../../rest/route-answer.ts';
import { chosenBranch } from '../chosen-branch.ts';
import { decodeMessage } from '../wire/decode.ts';
import { MESSAGE } from '../methods.ts';
import { integerValues } from '../tensorflow/tensorflow-tensor.ts';
import { checkWire } from '../wire/wire-cursor.ts';
import { bytesField } from '../wire/wire-fields.ts';

/**
 * Seldon messages go from call to call as they are.
 *
 * @throws MessageError for a message of another kind
 */
export function chainSeldon(message: Payload): Payload {
  if (message.messageName === MESSAGE.seldon) return message;
  throw new MessageError(`it is a ${message.messageName}, not a ${MESSAGE.seldon}`);
}

/**
 * The message of an aggregate call: a SeldonMessageList of the children's answers, byte for byte, in the children's order.
 *
 * @throws MessageError when an answer is no protobuf message
 */
export function combineSeldon(answers: readonly Payload[]): Payload {
  const parts: Buffer[] = [];
  answers.forEach((answer, index) => {
    try {
      checkWire(chainSeldon(answer).body);
    } catch (error) {
      if (error instanceof MessageError)
        throw new MessageError(`the answer of child ${index}: ${error.message}`, error);
      throw error;
    }
    parts.push(...bytesField(1, answer.body));
  });
  return protobufPayload(MESSAGE.seldonList, Buffer.concat(parts));
}

/**
 * Which child a router chose: the first number of the `data` of its SeldonMessage, cut to a whole one (Seldon Core 1's rule, which
 * reads of a `tftensor` only `int_val`, whatever its type; here any tensor of whole numbers will do). What makes Seldon crash is an error: no
 * `data`, nothing in it.
 *
 * @throws MessageError that says what the answer should have been
 */
export function readSeldonRoute(answer: Payload): number {
  const { dataOneof } = decodeMessage(SeldonMessageSchema, answer.body);
  if (dataOneof.case === 'data') return dataRoute(dataOneof.value);
  throw new MessageError(`it has ${dataOneof.case ?? 'nothing'} instead of data; a route is a number in data`);
}

function dataRoute({ dataOneof }: DefaultData): number {
  switch (dataOneof.case) {
    case 'ndarray': {
      const first = dataOneof.value.values[0]?.kind;
      if (first === undefined) throw new MessageError('its data.ndarray is empty');
      const row = first.case === 'listValue' ? first.value.values[0]?.kind : first;
      if (row === undefined) throw new MessageError('the first row of its data.ndarray is empty');
      // A text or anything else counts as 0, as it does for Seldon.
      return row.case === 'numberValue' ? truncated(row.value) : 0;
    }
    case 'tensor': {
      const [first] = dataOneof.value.values;
      if (first === undefined) throw new MessageError('its data.tensor has no values');
      return truncated(first);
    }
    case 'tftensor':
      return dataOneof.value.intVal[0] ?? chosenBranch(integerValues(dataOneof.value).slice(0, 1));
    case undefined:
      return ALL_CHILDREN;
  }
}

function truncated(value: number): number {
  if (!Number.isFinite(value)) throw new MessageError(`its first value is ${value}, and a route is a whole number`);
  // Adding 0 makes 0 of -0.
  return Math.trunc(value) + 0;
}

/**
 * The routes that a Feedback message says its prediction took, by node: `response.meta.routing`.
 *
 * @throws MessageError for bytes that are no Feedback
 */
export function feedbackRoutes(message: Payload): ReadonlyMap<string, number> {
  const { response } = decodeMessage(FeedbackSchema, message.body);
  return new Map(Object.entries(response?.meta?.routing ?? {}));
}
