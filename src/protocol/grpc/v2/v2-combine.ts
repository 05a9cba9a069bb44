import { MessageError } from '../../message-error.ts';
import { rawContents } from './v2-contents.ts';
import { INFER, TENSOR } from './v2-fields.ts';
import { WireCursor } from '../wire/wire-cursor.ts';
import { bytesField, renamedEntry, stringField } from '../wire/wire-fields.ts';

/** What came of one child: a response, or the request where it calls nobody. */
export interface ChildMessage {
  readonly body: Buffer;
  /** Number of its field of raw contents. */
  readonly rawField: number;
}

/** What a combiner gets of one child. */
interface ChildAnswer {
  readonly prefix: string;
  readonly id: Buffer | undefined;
  readonly parameters: readonly Buffer[];
  readonly tensors: readonly Tensor[];
  readonly raw: readonly Buffer[];
}

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly contents: Buffer | undefined;
  /** Its other fields, as they stand. */
  readonly rest: readonly Buffer[];
}

/**
 * The tensors of several messages as the inputs of one request, in order: `y` of the first is `0/y`, and so are
 * parameters. The first id that is there is the id of all. Raw contents go for all tensors or for none, so where only some have
 * them the typed ones are made raw.
 *
 * @throws MessageError for bytes that are no protobuf message, and for raw contents that do not match the outputs
 */
export function combinedTensors(answers: readonly ChildMessage[]): Buffer[] {
  const children = answers.map(readAnswer);
  const isRaw = children.some((child) => child.raw.length > 0);
  const parts: Buffer[] = [];
  const raw: Buffer[] = [];
  const id = children.find((child) => child.id !== undefined)?.id;
  if (id !== undefined) parts.push(...bytesField(INFER.id, id));
  for (const { prefix, parameters, tensors, raw: own } of children) {
    for (const entry of parameters) {
      parts.push(...bytesField(INFER.parameters, ...renamedEntry(entry, (key) => prefix + key)));
    }
    tensors.forEach((tensor, index) => {
      const { name, datatype, contents, rest } = tensor;
      const keepsContents = contents !== undefined && !isRaw;
      parts.push(
        ...bytesField(
          INFER.tensors,
          ...stringField(TENSOR.name, prefix + name),
          ...stringField(TENSOR.datatype, datatype),
          ...rest,
          ...(keepsContents ? bytesField(TENSOR.contents, contents) : []),
        ),
      );
      if (isRaw) raw.push(...bytesField(INFER.rawInput, own[index] ?? rawContents(datatype, contents ?? NOTHING)));
    });
  }
  return [...parts, ...raw];
}

const NOTHING = Buffer.alloc(0);

function readAnswer({ body, rawField }: ChildMessage, child: number): ChildAnswer {
  let id: Buffer | undefined;
  const parameters: Buffer[] = [];
  const tensors: Tensor[] = [];
  const raw: Buffer[] = [];
  const fields = new WireCursor(body);
  while (fields.next()) {
    if (fields.isBytes(INFER.id) && fields.value.length > 0) id = fields.value;
    else if (fields.isBytes(INFER.parameters)) parameters.push(fields.value);
    else if (fields.isBytes(INFER.tensors)) tensors.push(readTensor(fields.value));
    else if (fields.isBytes(rawField)) raw.push(fields.value);
  }
  if (raw.length > 0 && raw.length !== tensors.length) {
    throw new MessageError(
      `the answer of child ${child} has ${tensors.length} outputs and ${raw.length} raw contents for them`,
    );
  }
  return { prefix: `${child}/`, id, parameters, tensors, raw };
}

function readTensor(tensor: Buffer): Tensor {
  let name = '';
  let datatype = '';
  // A message field that stands there twice is one message of both.
  const contents: Buffer[] = [];
  const rest: Buffer[] = [];
  const fields = new WireCursor(tensor);
  while (fields.next()) {
    if (fields.isBytes(TENSOR.name)) name = fields.value.toString();
    else if (fields.isBytes(TENSOR.datatype)) datatype = fields.value.toString();
    else if (fields.isBytes(TENSOR.contents)) contents.push(fields.value);
    else rest.push(fields.whole);
  }
  return { name, datatype, contents: contents.length === 0 ? undefined : Buffer.concat(contents), rest };
}
