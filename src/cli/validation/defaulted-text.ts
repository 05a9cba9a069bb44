import { stringify } from 'yaml';
import { applyDefaults } from '../../deployment/defaults.ts';
import { parseDeployment } from '../../deployment/parse.ts';
import { seldonPredictorServers } from '../../deployment/predictor-servers.ts';
import { readText } from './read-text.ts';

/**
 * A SeldonDeployment as YAML, with everything filled in that the operator fills in: types, ports, endpoints, containers.
 *
 * @throws MillraceError when the document cannot be read
 */
export async function defaultedText(file: string): Promise<string> {
  const { deployment } = parseDeployment(await readText(file), { source: file });
  return `---\n${stringify(applyDefaults(deployment, { servers: seldonPredictorServers }))}`.trimEnd();
}
