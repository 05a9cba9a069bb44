import type { GraphExecutor, GraphRequest } from '../../../graph/execute.ts';
import type { ModelQuestion } from '../../../protocol/node-method.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import { WireCursor } from '../../../protocol/grpc/wire/wire-cursor.ts';
import { MessageError } from '../../../protocol/message-error.ts';
import { protobufPayload } from '../../../protocol/payload.ts';
import { StatusError } from '../status-error.ts';
import type { GrpcRequest, UnaryMethod } from '../unary-method.ts';

/** What a method takes and gives, by the full names of the messages. */
export interface MethodMessages {
  readonly takes: string;
  readonly gives: string;
}

/**
 * A method that the graph answers.
 *
 * @param modelName reads the name that stands for every node's, from the message
 */
export function predictMethod(
  path: string,
  { takes, gives }: MethodMessages,
  graph: GraphExecutor,
  modelName: (message: Buffer) => string,
): UnaryMethod {
  return {
    path,
    isMeasured: true,
    async answer(request) {
      const answer = await graph.execute(graphRequest(request, takes, modelName(request.body)));
      if (answer.messageName === gives) return answer.body;
      // No node of the graph has answered the request, so that it came back itself.
      throw new StatusError('UNKNOWN', `the graph answered with a ${answer.messageName}, and ${path} gives a ${gives}`);
    },
  };
}

/**
 * A method that one model answers, the one that its message names.
 *
 * @param asked name of the message that the model is asked with
 * @param body of it; by default what came
 */
export function questionMethod(
  path: string,
  question: ModelQuestion,
  models: ModelQuery,
  modelName: (message: Buffer) => string,
  asked: string,
  body?: Buffer,
): UnaryMethod {
  return {
    path,
    isMeasured: true,
    async answer(request) {
      const name = modelName(request.body);
      const passed = body === undefined ? request : { ...request, body };
      return (await models.ask(question, name, graphRequest(passed, asked, ''))).body;
    },
  };
}

/** A gRPC request as the graph takes it. `modelName` stands for the name of every node; empty for their own. */
export function graphRequest(request: GrpcRequest, messageName: string, modelName: string): GraphRequest {
  const { body, headers, puid, signal } = request;
  const payload = protobufPayload(messageName, body);
  return { payload, headers, puid, signal, modelName: modelName || undefined };
}

/** A string field of a message, reached through message fields; empty where it is absent, or the bytes are no message. */
export function stringAt(message: Buffer, ...path: readonly number[]): string {
  let at = message;
  try {
    for (const field of path) {
      const fields = new WireCursor(at);
      let found: Buffer | undefined;
      while (fields.next()) if (fields.isBytes(field)) found = fields.value;
      if (found === undefined) return '';
      at = found;
    }
  } catch (error) {
    // Whoever takes the message says what is wrong with it.
    if (error instanceof MessageError) return '';
    throw error;
  }
  return at.toString();
}
