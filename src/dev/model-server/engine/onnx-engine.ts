import type * as onnxruntime from 'onnxruntime-node';
import { errorText, MillraceError } from '../../../base/errors.ts';
import { RequestError } from '../request-error.ts';
import { isDatatype } from '../tensors/datatype.ts';
import type { NamedTensors, Tensor, TensorSpec } from '../tensors/tensor.ts';
import type { Engine } from './engine.ts';
import { runtimeMissing } from './onnx-runtime-missing.ts';

/**
 * An ONNX model, run on the CPU by the calling thread alone. It blocks that thread while it runs, so it belongs in a worker.
 *
 * @throws MillraceError when ONNX Runtime is not installed, or the model cannot be loaded or has inputs or outputs that JSON
 *   requests cannot carry
 */
export async function loadOnnxEngine(file: string): Promise<Engine> {
  const runtime = await loadRuntime();
  let session: onnxruntime.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(file, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Faults come back as errors; ONNX Runtime would print them as well.
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new MillraceError(`the model ${file} cannot be loaded: ${errorText(error)}`, {
      code: 'MODEL_UNUSABLE',
      remedy: 'give an ONNX file that this version of ONNX Runtime can run',
      cause: error,
    });
  }
  const signature = {
    inputs: session.inputMetadata.map((value) => specOf(value, file)),
    outputs: session.outputMetadata.map((value) => specOf(value, file)),
  };

  async function infer(inputs: NamedTensors): Promise<NamedTensors> {
    const feeds: Record<string, onnxruntime.Tensor> = {};
    for (const [name, tensor] of inputs) feeds[name] = new runtime.Tensor(tensor.datatype, tensor.data, tensor.shape);
    let fetched;
    try {
      fetched = await session.run(feeds);
    } catch (error) {
      // The graph refuses what its signature allows, such as two free sizes that should be equal: it would again.
      throw new RequestError(400, 'the model cannot run on these inputs', error);
    }
    const outputs = new Map<string, Tensor>();
    for (const { name, datatype } of signature.outputs) {
      const value = fetched[name];
      if (value) outputs.set(name, { datatype, shape: value.dims, data: value.data });
    }
    return outputs;
  }

  return { signature, infer, close: () => session.release() };
}

async function loadRuntime(): Promise<typeof onnxruntime> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw runtimeMissing(error);
  }
}

function specOf(value: onnxruntime.InferenceSession.ValueMetadata, file: string): TensorSpec {
  if (!value.isTensor || !isDatatype(value.type)) {
    const what = value.isTensor ? `of type ${value.type}` : 'no tensor';
    throw new MillraceError(`the model ${file} cannot be served: '${value.name}' is ${what}`, {
      code: 'MODEL_UNUSABLE',
      remedy: 'export the model with numbers, booleans or strings as inputs and outputs (scikit-learn: zipmap=False)',
    });
  }
  return {
    name: value.name,
    datatype: value.type,
    shape: value.shape.map((size) => (typeof size === 'number' ? size : null)),
  };
}
