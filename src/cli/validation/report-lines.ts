import type { DeploymentSummary, PredictorSummary } from './deployment-summary.ts';
import type { FileReport, ReportedProblem } from './file-report.ts';

/** A report as lines of text: the verdict, errors, warnings, and what the file holds. */
export function reportLines({ file, valid, problems, notes, deployments }: FileReport): string[] {
  const name = file === '-' ? 'standard input' : file;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const counts = [counted(errors.length, 'error'), counted(warnings.length, 'warning')].filter((text) => text !== '');
  const verdict = valid ? ['valid', ...counts].join(', ') : counts.join(', ');
  const lines = [`${name}: ${verdict}`];
  if (errors.length > 0) lines.push('  errors', ...errors.flatMap(problemLines));
  if (warnings.length > 0) lines.push('  warnings', ...warnings.flatMap(problemLines));
  lines.push(...notes.map((note) => `  note: ${note}`));
  if (valid) lines.push(...deployments.flatMap(summaryLines));
  return lines.map(printable);
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

function problemLines({ line, path, message, remedy }: ReportedProblem): string[] {
  const where = line === undefined ? '' : `line ${line}  `;
  const lines = [`    ${where}${path}: ${message}`];
  if (remedy !== undefined) lines.push(`      ${remedy}`);
  return lines;
}

function summaryLines({ name, namespace, protocol, transport, serverType, predictors }: DeploymentSummary): string[] {
  const head = `  ${name} in namespace ${namespace}: protocol ${protocol}, transport ${transport}, serverType ${serverType}`;
  return [head, ...predictors.flatMap(predictorLines)];
}

function predictorLines(predictor: PredictorSummary): string[] {
  const { name, graph, replicas, inputTopic = UNKNOWN, outputTopic = UNKNOWN, consumerGroup } = predictor;
  const head = `    predictor ${name}: graph ${graph}, ${replicas} replica${replicas === 1 ? '' : 's'}`;
  if (consumerGroup === undefined) return [head];
  return [head, `      topics ${inputTopic} -> ${outputTopic}`, `      consumer group ${consumerGroup}`];
}

const UNKNOWN = '(known at run time)';

/** Values of the document are shown in messages; a control character in one must not reach the terminal. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, '?');
}
