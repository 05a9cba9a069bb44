import { readableBody } from '../gunzip.ts';
import { checkJson } from '../json/skip-value.ts';
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
    try {
      checkJson(body);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      throw new MessageError(`the answer of child ${index} cannot be part of a list: ${error.message}`);
    }
    parts.push(index === 0 ? OPEN : COMMA, body);
  });
  parts.push(CLOSE);
  return {
    body: Buffer.concat(parts),
    contentType: answers[0]?.contentType ?? 'application/json',
    contentEncoding: '',
  };
}
