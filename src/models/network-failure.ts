import type { NodeFailure } from '../graph/node-error.ts';

// The parser's errors have no code that tells an answer that was cut short from one that is not HTTP.
const CUT_SHORT = /EOF|closed/i;

/**
 * The kind of failure behind an error of the HTTP client. What matters is whether the request had gone out: before that nothing
 * can have happened at the model, and the record may wait as long as it takes.
 *
 * @param sent whether the request had been given to a connection
 */
export function networkFailure(error: Error, sent: boolean): NodeFailure {
  const code = 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'request';
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_ABORTED':
      return 'cancelled';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'answer';
    default:
      if (error.name === 'HTTPParserError' && !CUT_SHORT.test(error.message)) return 'answer';
      return sent ? 'interrupted' : 'unreachable';
  }
}
