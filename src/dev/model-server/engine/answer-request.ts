import { errorText } from '../../../base/errors.ts';
import { GRPC_METHODS } from '../grpc/grpc-methods.ts';
import { REST_PROTOCOLS } from '../protocols/protocols.ts';
import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import type { Answer, GrpcRequest, RawRequest } from './raw-request.ts';
import { answerRest } from './answer-rest.ts';
import type { Runner } from './runner.ts';

/** Bytes in, bytes out: reads the request as its protocol has it, runs what is served, writes the answer. Never throws. */
export async function answerRequest(runner: Runner, model: ServedModel, request: RawRequest): Promise<Answer> {
  try {
    return { status: 200, body: await answer(runner, model, request) };
  } catch (error) {
    const status = error instanceof RequestError ? error.status : 500;
    const message = errorText(error).trim();
    if (request.transport === 'grpc') return { status, body: message };
    return { status, body: JSON.stringify(REST_PROTOCOLS[request.protocol].errorBody(status, message)) };
  }
}

function answer(runner: Runner, model: ServedModel, request: RawRequest): Promise<string | Uint8Array> {
  return request.transport === 'rest' ? answerRest(runner, model, request) : answerGrpc(runner, model, request);
}

async function answerGrpc(runner: Runner, model: ServedModel, request: GrpcRequest): Promise<Uint8Array> {
  const { body, random } = request;
  const method = GRPC_METHODS.get(request.method);
  switch (runner.step) {
    case 'infer': {
      const call = method?.infer?.(body, model);
      if (call) return call.encode(await runner.engine.infer(call.inputs));
      break;
    }
    case 'route': {
      const encode = method?.route?.(body, model);
      if (encode) return encode(runner.branch(body, random));
      break;
    }
    case 'aggregate': {
      const call = method?.aggregate?.(body, model);
      if (call) return call.encode(runner.combine(call.answers));
    }
  }
  throw new RequestError(501, `this is a ${model.role}; ${request.method} is not for it`);
}
