import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { isMetadataText, requestMetadata } from '../../protocol/grpc/metadata.ts';

const PUID = 'seldon-puid';

/** The id of the prediction: the client's own, or a new one. */
export function puidOf(metadata: Metadata): string {
  const [given] = metadata.get(PUID);
  return typeof given === 'string' && given !== '' && isMetadataText(given) ? given : randomUUID();
}

/** The client's metadata for the calls of models: all but what gRPC itself writes, within the limits of headers. */
export function forwardedMetadata(metadata: Metadata): readonly string[] {
  const pairs: (readonly [Buffer, Buffer])[] = [];
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) pairs.push([Buffer.from(name), Buffer.from(value)]);
  }
  return requestMetadata(pairs).headers;
}
