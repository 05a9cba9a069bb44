import { MillraceError } from '../../../base/errors.ts';

/** ONNX Runtime is an optional dependency: this says how to get it. */
export function runtimeMissing(cause: unknown): MillraceError {
  return new MillraceError('ONNX Runtime is not installed, or not for this kind of machine', {
    code: 'ONNX_RUNTIME_MISSING',
    remedy: 'npm install onnxruntime-node --ignore-scripts',
    cause,
  });
}

/** @throws MillraceError when ONNX Runtime is not installed */
export function requireRuntime(): void {
  try {
    import.meta.resolve('onnxruntime-node');
  } catch (error) {
    throw runtimeMissing(error);
  }
}
