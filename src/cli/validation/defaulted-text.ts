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
  const defaulted = applyDefaults(deployment, { servers: seldonPredictorServers });
  // Defaults that units share are written out: nobody reads `*a7`, and readers refuse a text with very many of them.
  return `---\n${stringify(defaulted, { aliasDuplicateObjects: false })}`.trimEnd();
}
