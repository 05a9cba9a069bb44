import { create, toBinary } from '@bufbuild/protobuf';
import type { ListValue } from '@bufbuild/protobuf/wkt';
import { DefaultDataSchema, SeldonMessageSchema, TensorSchema, type DefaultData, type SeldonMessage } from '../../gen/seldon/prediction_pb.ts'; // prettier-ignore
import { decodeMessage } from '../../grpc/wire/decode.ts';
import { MESSAGE } from '../../grpc/methods.ts';
import { MessageError } from '../../message-error.ts';
import type { BatchPart, BatchRules } from '../batch-rules.ts';
import { encodedMessage } from './encoded-message.ts';
import { readOrAlone } from './read-or-alone.ts';
import { mergeTensors, sliceTensor, tensorOutline, tensorRows } from './tensor-rows.ts';

type DataForm = DefaultData['dataOneof'];

/** A SeldonMessage with the rows of its data. */
interface SeldonPart extends BatchPart {
  readonly message: SeldonMessage;
  readonly form: DataForm;
}

/** Batches of SeldonMessages that carry a tensor, an ndarray or a tftensor; other messages go alone. */
export const seldonBatchRules: BatchRules<SeldonPart> = {
  part(payload) {
    if (payload.messageName !== MESSAGE.seldon) return undefined;
    const message = readOrAlone(SeldonMessageSchema, payload.body);
    const form = message && formOf(message);
    const rows = form && rowsOf(form);
    if (message === undefined || form === undefined || rows === undefined) return undefined;
    const bare = Buffer.from(toBinary(SeldonMessageSchema, withForm(message, { case: undefined }))).toString('latin1');
    return { message, form, rows, kind: `${outlineOf(form)}\n${bare}` };
  },
  merge(parts) {
    const [first] = parts;
    if (first === undefined) throw new RangeError('nothing to merge');
    const merged = withForm(first.message, mergeForms(parts.map(({ form }) => form)));
    return encodedMessage(SeldonMessageSchema, merged);
  },
  split(answer, parts) {
    const message = decodeMessage(SeldonMessageSchema, answer.body);
    const form = formOf(message);
    const asked = parts.reduce((sum, part) => sum + part.rows, 0);
    if (form === undefined || rowsOf(form) !== asked) {
      throw new MessageError(`its data does not have the ${asked} rows of a batch of ${parts.length} requests`);
    }
    let from = 0;
    return parts.map(({ rows }) => {
      const own = withForm(message, sliceForm(form, from, from + rows));
      from += rows;
      return { ...answer, body: Buffer.from(toBinary(SeldonMessageSchema, own)) };
    });
  },
};

function formOf({ dataOneof }: SeldonMessage): DataForm | undefined {
  return dataOneof.case === 'data' ? dataOneof.value.dataOneof : undefined;
}

function withForm(message: SeldonMessage, form: DataForm): SeldonMessage {
  const names = message.dataOneof.case === 'data' ? message.dataOneof.value.names : [];
  const value = create(DefaultDataSchema, { names, dataOneof: form });
  return create(SeldonMessageSchema, {
    status: message.status,
    meta: message.meta,
    dataOneof: { case: 'data', value },
  });
}

function rowsOf(form: DataForm): number | undefined {
  switch (form.case) {
    case 'tensor': {
      const [rows = 0, ...rest] = form.value.shape;
      const perRow = rest.reduce((product, size) => product * size, 1);
      return rows > 0 && form.value.values.length === rows * perRow ? rows : undefined;
    }
    case 'ndarray':
      return form.value.values.length > 0 ? form.value.values.length : undefined;
    case 'tftensor':
      return tensorRows(form.value)?.rows;
    case undefined:
      return undefined;
  }
}

function outlineOf(form: DataForm): string {
  switch (form.case) {
    case 'tensor':
      return `tensor ${form.value.shape.slice(1).join(',')}`;
    case 'ndarray':
      return `ndarray ${rowShape(form.value)}`;
    case 'tftensor': {
      const rows = tensorRows(form.value);
      return rows === undefined ? '' : `tftensor ${tensorOutline(rows)}`;
    }
    case undefined:
      return '';
  }
}

// By first elements: rows of another shape cannot be in one array.
function rowShape({ values }: ListValue): string {
  let shape = '';
  let kind = values[0]?.kind;
  while (kind?.case === 'listValue') {
    shape += `${kind.value.values.length},`;
    kind = kind.value.values[0]?.kind;
  }
  return shape;
}

function mergeForms(forms: readonly DataForm[]): DataForm {
  const [first] = forms;
  switch (first?.case) {
    case 'tensor': {
      const tensors = forms.flatMap((form) => (form.case === 'tensor' ? form.value : []));
      const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
      const values = tensors.flatMap((tensor) => tensor.values);
      return { case: 'tensor', value: create(TensorSchema, { shape: [rows, ...first.value.shape.slice(1)], values }) };
    }
    case 'ndarray': {
      const values = forms.flatMap((form) => (form.case === 'ndarray' ? form.value.values : []));
      return { case: 'ndarray', value: { ...first.value, values } };
    }
    case 'tftensor': {
      const tensors = forms.flatMap((form) => (form.case === 'tftensor' ? (tensorRows(form.value) ?? []) : []));
      return { case: 'tftensor', value: mergeTensors(tensors) };
    }
    default:
      return { case: undefined };
  }
}

function sliceForm(form: DataForm, from: number, to: number): DataForm {
  switch (form.case) {
    case 'tensor': {
      const { shape, values } = form.value;
      const perRow = values.length / (shape[0] ?? 1);
      const own = { shape: [to - from, ...shape.slice(1)], values: values.slice(from * perRow, to * perRow) };
      return { case: 'tensor', value: create(TensorSchema, own) };
    }
    case 'ndarray':
      return { case: 'ndarray', value: { ...form.value, values: form.value.values.slice(from, to) } };
    case 'tftensor': {
      const rows = tensorRows(form.value);
      return rows === undefined ? { case: undefined } : { case: 'tftensor', value: sliceTensor(rows, from, to) };
    }
    case undefined:
      return form;
  }
}
