import type { Protocol } from '../../../protocol/payload.ts';
import type { RestProtocol } from './rest-protocol.ts';
import { seldon } from './seldon.ts';
import { tensorflow } from './tensorflow.ts';
import { v2 } from './v2.ts';

/** The protocols that are served over REST, by name. */
export const REST_PROTOCOLS: Readonly<Record<Protocol, RestProtocol>> = { seldon, tensorflow, v2 };
