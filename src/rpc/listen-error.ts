import { errorText, MillraceError } from '../base/errors.ts';

/** Why a port could not be listened on, and what to do about it. */
export function listenError(cause: unknown, code: string | undefined, host: string, port: number): MillraceError {
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `stop the program that uses port ${port}, or choose another port (0 takes any free one)`,
    EACCES: 'choose a port from 1024 on, or allow this user to open lower ones',
    EADDRNOTAVAIL: `choose an address of this machine instead of ${host}`,
  };
  const reason = code === 'EADDRINUSE' ? 'address already in use' : errorText(cause);
  return new MillraceError(`failed to create listener: port ${port}: ${reason}`, {
    code: 'LISTEN_FAILED',
    remedy: remedies[code ?? ''] ?? 'check the address and the port',
    cause,
  });
}
