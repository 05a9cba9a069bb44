import { create, toBinary } from '@bufbuild/protobuf';
import { PredictRequestSchema } from '../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../src/protocol/gen/tensorflow/tensor_pb.ts';

const SHAPE = { dim: [1n, 32n, 32n, 3n].map((size) => ({ size })) };

/**
 * An image as a `tensorflow.serving.PredictRequest` for the model `resnet32`.
 *
 * @param pixels red, green and blue of each pixel in turn, row by row
 */
export function predictRequest(pixels: Uint8Array): Buffer {
  // Little-endian floats, as TensorFlow writes them.
  const tensorContent = Buffer.alloc(4 * pixels.length);
  pixels.forEach((value, i) => tensorContent.writeFloatLE(value / 255, 4 * i));
  const request = create(PredictRequestSchema, {
    modelSpec: { name: 'resnet32', signatureName: 'serving_default' },
    inputs: { input_1: { dtype: DataType.DT_FLOAT, tensorShape: SHAPE, tensorContent } },
  });
  return Buffer.from(toBinary(PredictRequestSchema, request));
}

/** The message behind its size: 4 bytes, the most significant first. */
export function framed(message: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(message.length);
  return Buffer.concat([size, message]);
}
