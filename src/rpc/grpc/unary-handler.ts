import { Metadata, type handleUnaryCall } from '@grpc/grpc-js';
import { requestAnswered, requestFaulted } from '../channels.ts';
import { forwardedMetadata, puidOf } from './incoming-metadata.ts';
import { callStatus, isFault } from './status-error.ts';
import type { UnaryMethod } from './unary-method.ts';

/** The method as grpc-js calls it. Whatever it does, the process and the other calls go on. */
export function unaryHandler(method: UnaryMethod): handleUnaryCall<Buffer, Buffer> {
  return (call, done) => {
    const begun = performance.now();
    const gone = new AbortController();
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
    answer().then(
      (message) => {
        answered('OK');
        done(null, message);
      },
      (error: unknown) => {
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
