import { brokerKill, brokerRestart } from './brokers.ts';
import type { Fault } from './fault.ts';
import { modelDown, modelErrors, modelSlow, poison, smallOutput } from './models.ts';
import { netBlackhole, netCut, netSlow } from './network.ts';
import { freeze, kill, rolling, scale, term } from './processes.ts';
import { storm } from './storm.ts';

export const FAULTS: readonly Fault[] = [
  kill,
  term,
  freeze,
  scale,
  rolling,
  brokerKill,
  brokerRestart,
  netCut,
  netBlackhole,
  netSlow,
  modelDown,
  modelSlow,
  modelErrors,
  poison,
  smallOutput,
  storm,
];
