import { readableBody } from '../gunzip.ts';
import { isJson } from '../json/skip-value.ts';
import { MessageError } from '../message-error.ts';
import type { Payload } from '../payload.ts';

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

/**
 * The message of an aggregate call: a JSON array of the children's answers, byte for byte, in the children's order. Its type is
 * that of the first answer (Seldon Core 1's rule, for every protocol).
 *
 * @throws MessageError when an answer is not JSON alone
 */
export function combineMessages(answers: readonly Payload[]): Payload {
  const parts: Buffer[] = [];
  answers.forEach((answer, index) => {
    if (answer.jsonLength !== undefined) {
      throw new MessageError(
        `the answer of child ${index} has binary tensors behind its JSON, which no array can hold`,
      );
    }
    const body = readableBody(answer);
    if (!isJson(body)) throw new MessageError(`the answer of child ${index} is not JSON`);
    parts.push(index === 0 ? OPEN : COMMA, body);
  });
  parts.push(CLOSE);
  return {
    body: Buffer.concat(parts),
    contentType: answers[0]?.contentType ?? 'application/json',
    contentEncoding: '',
  };
}
