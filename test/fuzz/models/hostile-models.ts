// A process with two models: one that routers ask, one for all the rest. Prints their ports; ends with its standard input.
//   node hostile-models.ts <protocol> <transport> <seed> <hostility>
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PROTOCOLS, TRANSPORTS, type Combination } from '../combination.ts';
import type { Asked } from './answer-kinds.ts';
import { grpcPlan } from './grpc-plan.ts';
import { grpcServer } from './grpc-server.ts';
import { restPlan } from './rest-plan.ts';
import { restServer } from './rest-server.ts';

const [protocolName, transportName, seedText, hostilityText] = process.argv.slice(2);
const protocol = PROTOCOLS.find((name) => name === protocolName);
const transport = TRANSPORTS.find((name) => name === transportName);
if (protocol === undefined || transport === undefined) throw new Error('give protocol, transport, seed and hostility');
const combination: Combination = { protocol, transport };
const seed = Number(seedText);
const hostility = Number(hostilityText);

async function listen(asked: Asked): Promise<number> {
  const server =
    transport === 'rest'
      ? restServer((body) => restPlan(combination, seed, asked, body, hostility))
      : grpcServer((body) => grpcPlan(combination, seed, asked, body, hostility));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const ports = { answer: await listen('answer'), route: await listen('route') };
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
