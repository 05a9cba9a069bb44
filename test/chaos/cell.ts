import type { Delivery } from './checker/verdict.ts';
import type { Order } from './checker/order.ts';
import type { Fault } from './faults/fault.ts';

export const DELIVERIES: readonly Delivery[] = ['at-least-once', 'exactly-once'];
export const ORDERS: readonly Order[] = ['key', 'unordered', 'partition'];

/** One fault in one mode, with the choices of one seed. */
export interface Cell {
  readonly fault: Fault;
  readonly delivery: Delivery;
  readonly order: Order;
  readonly seed: number;
}

export interface Selection {
  readonly faults: readonly Fault[];
  readonly deliveries: readonly Delivery[];
  readonly orders: readonly Order[];
  /** Of the first cell; each has the next one. */
  readonly seed: number;
}

/** All cells of the selection, fault after fault in one mode, and then all of them again with new seeds, for ever. */
export function* cells(selection: Selection): Generator<Cell, never> {
  for (let seed = selection.seed; ;) {
    for (const order of selection.orders) {
      for (const delivery of selection.deliveries) {
        for (const fault of selection.faults) yield { fault, delivery, order, seed: seed++ };
      }
    }
  }
}

export function cellCount({ faults, deliveries, orders }: Selection): number {
  return faults.length * deliveries.length * orders.length;
}

/** The command that plays this cell again. Its choices are the same; how processes and brokers are scheduled is not. */
export function replayCommand({ fault, delivery, order, seed }: Cell): string {
  return `npm run chaos -- --fault ${fault.name} --delivery ${delivery} --order ${order} --seed ${seed}`;
}
