import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  InferTensorContents,
  InferTensorContentsSchema,
} from '../../../../protocol/gen/inference/grpc_service_pb.ts';
import type { Datatype } from '../../tensors/datatype.ts';
import type { Tensor } from '../../tensors/tensor.ts';
import { bigintsOf, bytesOf, numbersOf, type Elements } from '../binary-tensor.ts';

/** The list that holds the elements of that datatype. */
export function contentsOf(contents: InferTensorContents | undefined, datatype: Datatype): Elements {
  if (contents === undefined) return [];
  switch (datatype) {
    case 'bool':
      return contents.boolContents;
    case 'int8':
    case 'int16':
    case 'int32':
      return contents.intContents;
    case 'int64':
      return contents.int64Contents;
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return contents.uintContents;
    case 'uint64':
      return contents.uint64Contents;
    case 'float32':
      return contents.fp32Contents;
    case 'float64':
      return contents.fp64Contents;
    case 'string':
      return contents.byteContents;
  }
}

/** The elements in the list of their datatype. */
export function writeContents(tensor: Tensor): MessageInitShape<typeof InferTensorContentsSchema> {
  switch (tensor.datatype) {
    case 'bool':
      return { boolContents: numbersOf(tensor).map(Boolean) };
    case 'int8':
    case 'int16':
    case 'int32':
      return { intContents: numbersOf(tensor) };
    case 'int64':
      return { int64Contents: bigintsOf(tensor) };
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return { uintContents: numbersOf(tensor) };
    case 'uint64':
      return { uint64Contents: bigintsOf(tensor) };
    case 'float32':
      return { fp32Contents: numbersOf(tensor) };
    case 'float64':
      return { fp64Contents: numbersOf(tensor) };
    case 'string':
      return { byteContents: bytesOf(tensor) };
  }
}
