import { ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js';

/** Ends calls whose one message has not arrived in time: a client may not hold its place by sending a byte now and then. */
export function arrivalLimit(limitMs: number): ServerInterceptor {
  return (method, call) => {
    if (method.requestStream) return new ServerInterceptingCall(call);
    let timer: NodeJS.Timeout | undefined;
    const arrived = () => clearTimeout(timer);
    const intercepting = new ServerInterceptingCall(call, {
      start(next) {
        timer = setTimeout(() => {
          const details = `the message has not arrived within ${limitMs} ms`;
          intercepting.sendStatus({ code: status.DEADLINE_EXCEEDED, details });
        }, limitMs);
        const listener = new ServerListenerBuilder()
          .withOnReceiveHalfClose((next) => {
            arrived();
            next();
          })
          .withOnCancel(arrived)
          .build();
        next(listener);
      },
      sendStatus(given, next) {
        arrived();
        next(given);
      },
    });
    return intercepting;
  };
}
