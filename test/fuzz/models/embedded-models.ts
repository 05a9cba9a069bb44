// A process with Millrace's own model servers, one for each node of the fuzzed graph. Prints their ports by node; ends with its standard
// input.
//   node embedded-models.ts <protocol> <transport>
import { startModelServer } from '../../../src/dev/model-server/server.ts';
import { PROTOCOLS } from '../combination.ts';
import { NODES } from '../graphs.ts';

const [protocolName, transport] = process.argv.slice(2);
const protocol = PROTOCOLS.find((name) => name === protocolName);
if (protocol === undefined) throw new Error('give protocol and transport');

const ports: Record<string, number> = {};
for (const { name, role } of NODES) {
  const behaviour = role === 'router' ? { branch: 'hash' } : role === 'combiner' ? {} : { echo: true };
  const server = await startModelServer({ name, role, protocol, port: 0, grpcPort: 0, ...behaviour });
  ports[name] = transport === 'grpc' ? (server.grpcPort ?? 0) : server.port;
}
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
