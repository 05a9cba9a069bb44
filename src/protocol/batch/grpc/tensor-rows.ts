import { clone, create, toBinary } from '@bufbuild/protobuf';
import { TensorProtoSchema, TensorShapeProto_DimSchema, type TensorProto } from '../../gen/tensorflow/tensor_pb.ts';

const LISTS = [
  'halfVal',
  'floatVal',
  'doubleVal',
  'intVal',
  'stringVal',
  'int64Val',
  'boolVal',
  'uint32Val',
  'uint64Val',
] as const;
type ListName = (typeof LISTS)[number];
type Values = TensorProto[ListName];

/** A TensorFlow tensor whose values can be told apart by rows of its first axis. */
export interface TensorRows {
  readonly tensor: TensorProto;
  readonly rows: number;
  /** The list that holds its values; undefined where `tensorContent` does. */
  readonly list: ListName | undefined;
  /** Values of a row in the list, or bytes in the content. */
  readonly perRow: number;
}

/**
 * Reads a tensor. Undefined where its rows cannot be told apart: a scalar, an unknown shape, values left out because they repeat, complex
 * numbers, resources.
 */
export function tensorRows(tensor: TensorProto): TensorRows | undefined {
  const [first, ...rest] = tensor.tensorShape?.dim ?? [];
  if (first === undefined || first.size <= 0n) return undefined;
  const rows = Number(first.size);
  const perRow = Number(rest.reduce((product, dim) => product * dim.size, 1n));
  const filled = LISTS.filter((name) => tensor[name].length > 0);
  const contentBytes = tensor.tensorContent.length;
  if (contentBytes > 0) {
    if (filled.length > 0 || contentBytes % rows !== 0) return undefined;
    return { tensor, rows, list: undefined, perRow: contentBytes / rows };
  }
  const [list] = filled;
  if (list === undefined || filled.length > 1 || tensor[list].length !== rows * perRow) return undefined;
  return { tensor, rows, list, perRow };
}

/** All that a tensor says beside its rows, as a text to compare. */
export function tensorOutline({ tensor, list, perRow }: TensorRows): string {
  const bare = withValues(tensor, list, [], new Uint8Array(), 0);
  return `${list ?? ''} ${perRow} ${Buffer.from(toBinary(TensorProtoSchema, bare)).toString('latin1')}`;
}

/** One tensor with the rows of all. Their outlines are the same. */
export function mergeTensors(tensors: readonly TensorRows[]): TensorProto {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('nothing to merge');
  const rows = tensors.reduce((sum, one) => sum + one.rows, 0);
  const { list } = first;
  const values = list === undefined ? [] : tensors.flatMap(({ tensor }): unknown[] => tensor[list]);
  const content = Buffer.concat(tensors.map(({ tensor }) => tensor.tensorContent));
  return withValues(first.tensor, list, values as Values, content, rows);
}

/** The tensor with the rows from `from` up to `to` alone. */
export function sliceTensor({ tensor, list, perRow }: TensorRows, from: number, to: number): TensorProto {
  const values = list === undefined ? [] : tensor[list].slice(from * perRow, to * perRow);
  const content = tensor.tensorContent.subarray(from * perRow, to * perRow);
  return withValues(tensor, list, values, content, to - from);
}

function withValues(
  tensor: TensorProto,
  list: ListName | undefined,
  values: Values,
  content: Uint8Array,
  rows: number,
): TensorProto {
  const empty: Partial<TensorProto> = { tensorContent: new Uint8Array() };
  if (list !== undefined) assign(empty, list, []);
  const copy = clone(TensorProtoSchema, { ...tensor, ...empty });
  if (list === undefined) copy.tensorContent = content;
  else assign(copy, list, values);
  const [first, ...rest] = copy.tensorShape?.dim ?? [];
  const dim = create(TensorShapeProto_DimSchema, { name: first?.name ?? '', size: BigInt(rows) });
  if (copy.tensorShape !== undefined) copy.tensorShape.dim = [dim, ...rest];
  return copy;
}

function assign<K extends ListName>(tensor: Partial<TensorProto>, list: K, values: TensorProto[K]): void {
  tensor[list] = values;
}
