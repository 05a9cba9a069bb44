import type { Delivery } from '../checker/verdict.ts';
import type { Order } from '../checker/order.ts';
import type { Fault } from './faults/fault.ts';

export const DELIVERIES: readonly Delivery[] = ['at-least-once', 'exactly-once'];
export const ORDERS: readonly Order[] = ['key', 'unordered', 'partition'];

/** One fault in one mode, with the choices of one seed. */
export interface Cell {
  readonly fault: Fault;
  readonly delivery: Delivery;
  readonly order: Order;
  readonly seed: number;
  /** KAFKA_* variables of the executors that win over those of the cell. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Selection {
  readonly faults: readonly Fault[];
  readonly deliveries: readonly Delivery[];
  readonly orders: readonly Order[];
  /** Of the first cell; each has the next one. */
  readonly seed: number;
  readonly env: Cell['env'];
}

/** All cells of the selection, fault after fault in one mode, and then all of them again with new seeds, for ever. */
export function* cells(selection: Selection): Generator<Cell, never> {
  const { env } = selection;
  for (let seed = selection.seed; ;) {
    for (const order of selection.orders) {
      for (const delivery of selection.deliveries) {
        for (const fault of selection.faults) yield { fault, delivery, order, seed: seed++, env };
      }
    }
  }
}

export function cellCount({ faults, deliveries, orders }: Selection): number {
  return faults.length * deliveries.length * orders.length;
}

/** The command that plays this cell again. Its choices are the same; how processes and brokers are scheduled is not. */
export function replayCommand({ fault, delivery, order, seed, env }: Cell): string {
  const given = Object.entries(env).map(([name, value]) => ` --env ${name}=${value}`);
  return `npm run chaos -- --fault ${fault.name} --delivery ${delivery} --order ${order} --seed ${seed}${given.join('')}`;
}
