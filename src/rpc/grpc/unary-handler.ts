import { Metadata, type handleUnaryCall } from '@grpc/grpc-js';
import { requestAnswered, requestFaulted } from '../channels.ts';
import { forwardedMetadata, puidOf } from './incoming-metadata.ts';
import { callStatus, isFault, StatusError } from './status-error.ts';
import type { UnaryMethod } from './unary-method.ts';

/**
 * The method as grpc-js calls it. Whatever it does, the process and the other calls go on.
 *
 * @param running where a call is for as long as it has no answer; who aborts it ends its calls of models too, and a
 *   `StatusError` as the reason is what its client is told
 */
export function unaryHandler(method: UnaryMethod, running: Set<AbortController>): handleUnaryCall<Buffer, Buffer> {
  return (call, done) => {
    const begun = performance.now();
    const gone = new AbortController();
    running.add(gone);
    call.on('cancelled', () => gone.abort());
    const puid = puidOf(call.metadata);
    const headers = new Metadata();
    headers.set('seldon-puid', puid);
    call.sendMetadata(headers);
    const answered = (code: string) => {
      if (!method.isMeasured || !requestAnswered.hasSubscribers) return;
      const durationMs = performance.now() - begun;
      requestAnswered.publish({ service: method.path, method: 'unary', code, durationMs });
    };
    const answer = async () =>
      method.answer({ body: call.request, headers: forwardedMetadata(call.metadata), puid, signal: gone.signal });
    const answering = answer().finally(() => running.delete(gone));
    answering.then(
      (message) => {
        answered('OK');
        done(null, message);
      },
      (thrown: unknown) => {
        const error: unknown = gone.signal.reason instanceof StatusError ? gone.signal.reason : thrown;
        const { name, code, details, statusDetails } = callStatus(error);
        if (isFault(error)) requestFaulted.publish({ service: method.path, error });
        answered(name);
        const metadata = new Metadata();
        if (statusDetails !== undefined) metadata.set('grpc-status-details-bin', statusDetails);
        done({ code, details, metadata });
      },
    );
  };
}
