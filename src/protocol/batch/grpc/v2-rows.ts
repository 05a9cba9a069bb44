import { create } from '@bufbuild/protobuf';
import { InferTensorContentsSchema, type InferTensorContents } from '../../gen/inference/grpc_service_pb.ts';

const LISTS = [
  'boolContents',
  'intContents',
  'int64Contents',
  'uintContents',
  'uint64Contents',
  'fp32Contents',
  'fp64Contents',
  'byteContents',
] as const;
type ListName = (typeof LISTS)[number];

/** The values of a v2 tensor by the rows of its first axis: in a typed list, or in raw bytes. */
export interface V2Rows {
  readonly rows: number;
  readonly values:
    { readonly list: ListName; readonly contents: InferTensorContents } | { readonly cells: readonly Uint8Array[] };
  /** Values (of a list) or cells (of raw bytes) of a row. */
  readonly perRow: number;
}

interface Described {
  readonly datatype: string;
  readonly shape: readonly bigint[];
  readonly contents?: InferTensorContents | undefined;
}

/**
 * Reads a tensor. Undefined where its rows cannot be told apart.
 *
 * @param raw its raw contents; undefined where it has typed ones
 */
export function v2Rows({ datatype, shape, contents }: Described, raw: Uint8Array | undefined): V2Rows | undefined {
  const [first, ...rest] = shape;
  if (first === undefined || first <= 0n) return undefined;
  const rows = Number(first);
  const perRow = Number(rest.reduce((product, size) => product * size, 1n));
  if (raw !== undefined) {
    const cells = datatype === 'BYTES' ? bytesCells(raw) : rowCells(raw, rows);
    if (cells === undefined) return undefined;
    const cellsPerRow = datatype === 'BYTES' ? perRow : 1;
    return cells.length === rows * cellsPerRow ? { rows, values: { cells }, perRow: cellsPerRow } : undefined;
  }
  if (contents === undefined) return undefined;
  const [list, another] = LISTS.filter((name) => contents[name].length > 0);
  if (list === undefined || another !== undefined || contents[list].length !== rows * perRow) return undefined;
  return { rows, values: { list, contents }, perRow };
}

/** What says in which form the values are, to compare. */
export function v2Form({ values, perRow }: V2Rows): string {
  return 'list' in values
    ? `${values.list} ${perRow}`
    : `raw ${perRow} ${perRow === 1 ? (values.cells[0]?.length ?? 0) : ''}`;
}

/** The values from row `from` up to row `to`: typed contents, or raw bytes. */
export function v2Values(
  tensors: readonly V2Rows[],
  from = 0,
  to = Infinity,
): { readonly contents?: InferTensorContents; readonly raw?: Uint8Array } {
  const [first] = tensors;
  if (first !== undefined && 'list' in first.values) {
    const { list } = first.values;
    const values = tensors.flatMap(({ values: own, perRow }): unknown[] =>
      'list' in own ? own.contents[list].slice(from * perRow, to * perRow) : [],
    );
    return { contents: create(InferTensorContentsSchema, { [list]: values }) };
  }
  const cells = tensors.flatMap(({ values: own, perRow }) =>
    'cells' in own ? own.cells.slice(from * perRow, to * perRow) : [],
  );
  return { raw: Buffer.concat(cells) };
}

function rowCells(raw: Uint8Array, rows: number): readonly Uint8Array[] | undefined {
  const sizeBytes = raw.length / rows;
  if (!Number.isInteger(sizeBytes)) return undefined;
  return Array.from({ length: rows }, (_, row) => raw.subarray(row * sizeBytes, (row + 1) * sizeBytes));
}

/** Each value of BYTES stands behind its length in four bytes, which go with it. */
function bytesCells(raw: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const cells: Uint8Array[] = [];
  for (let at = 0; at < raw.length;) {
    if (at + 4 > raw.length) return undefined;
    const end = at + 4 + view.getUint32(at, true);
    if (end > raw.length) return undefined;
    cells.push(raw.subarray(at, end));
    at = end;
  }
  return cells;
}
