// The library's message types under short names; its index exports them by API version only.
import type { fetchV17, produceV11 } from '@platformatic/kafka';

export type { RecordsBatch } from '@platformatic/kafka';
export type FetchResponse = fetchV17.FetchResponse;
export type ProduceResponse = produceV11.ProduceResponse;
