import { create, toBinary, type DescFile, type MessageInitShape } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
} from '../../../protocol/gen/grpc/reflection/reflection_pb.ts';
import { decodeMessage } from '../../../protocol/grpc/wire/decode.ts';
import { callStatus } from '../status-error.ts';
import type { StreamMethod } from '../stream-method.ts';

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse'];

/**
 * Server reflection, by which grpcurl and others learn what a server has: under its name of today and under v1alpha, which is the same
 * on the wire.
 *
 * @param files where the services are declared
 * @param services full names of those that are served
 */
export function reflectionService(files: readonly DescFile[], services: readonly string[]): StreamMethod[] {
  const reflection = new Reflection(files, services);
  return ['v1', 'v1alpha'].map((version) => ({
    path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    type: 'bidi' as const,
    handler: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => {
        try {
          // What the client does not read yet waits with it, not here.
          if (!call.write(reflection.answer(message))) {
            call.pause();
            call.once('drain', () => call.resume());
          }
        } catch (error) {
          const { code, details } = callStatus(error);
          call.emit('error', { code, details });
        }
      });
      call.on('end', () => call.end());
    },
  }));
}

class Reflection {
  readonly #services: readonly string[];
  readonly #byName = new Map<string, DescFile>();
  /** The file of every message, enum, service, method, field and enum value, by full name. */
  readonly #bySymbol = new Map<string, DescFile>();

  constructor(files: readonly DescFile[], services: readonly string[]) {
    this.#services = services;
    for (const file of files) this.#add(file);
  }

  answer(message: Buffer): Buffer {
    const request = decodeMessage(ServerReflectionRequestSchema, message);
    const messageResponse = this.#answer(request);
    const response = create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      ...(messageResponse && { messageResponse }),
    });
    return Buffer.from(toBinary(ServerReflectionResponseSchema, response));
  }

  #answer({ messageRequest }: ServerReflectionRequest): Answer {
    switch (messageRequest.case) {
      case 'listServices': {
        const service = this.#services.map((name) => ({ name }));
        return { case: 'listServicesResponse', value: { service } };
      }
      case 'fileByFilename':
        return this.#file(this.#byName.get(messageRequest.value), `file ${messageRequest.value}`);
      case 'fileContainingSymbol': {
        const symbol = messageRequest.value.replace(/^\./, '');
        return this.#file(this.#bySymbol.get(symbol), `symbol ${symbol}`);
      }
      case 'allExtensionNumbersOfType': {
        const type = messageRequest.value;
        // proto3 messages have none.
        if (!this.#bySymbol.has(type)) return notFound(`type ${type}`);
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: type } };
      }
      case 'fileContainingExtension':
        return notFound(`extension ${messageRequest.value.extensionNumber} of ${messageRequest.value.containingType}`);
      case undefined:
        return failed(status.INVALID_ARGUMENT, 'the request asks for nothing');
    }
  }

  /** The file and all that it imports, which clients need to make sense of it. */
  #file(file: DescFile | undefined, what: string): Answer {
    if (file === undefined) return notFound(what);
    const files = new Set<DescFile>();
    const gather = (one: DescFile) => {
      if (files.has(one)) return;
      files.add(one);
      one.dependencies.forEach(gather);
    };
    gather(file);
    const fileDescriptorProto = [...files].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  }

  #add(file: DescFile): void {
    const { name } = file.proto;
    if (this.#byName.has(name)) return;
    this.#byName.set(name, file);
    for (const type of typesOf(file)) this.#bySymbol.set(type, file);
    file.dependencies.forEach((dependency) => this.#add(dependency));
  }
}

function* typesOf(file: DescFile): Generator<string> {
  for (const service of file.services) {
    yield service.typeName;
    for (const method of service.methods) yield `${service.typeName}.${method.name}`;
  }
  for (const { typeName } of file.enums) yield typeName;
  const messages = [...file.messages];
  for (let message = messages.pop(); message !== undefined; message = messages.pop()) {
    yield message.typeName;
    for (const field of message.fields) yield `${message.typeName}.${field.name}`;
    for (const { typeName } of message.nestedEnums) yield typeName;
    messages.push(...message.nestedMessages);
  }
}

const notFound = (what: string): Answer => failed(status.NOT_FOUND, `no ${what.slice(0, 200)}`);

function failed(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
