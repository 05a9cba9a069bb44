import { Command } from 'commander';
import { packageVersion } from '../base/version.ts';

/** Commands under one heading of the help. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly Command[];
}

/**
 * The `millrace` command with its subcommands. Every subcommand reports a wrong command line alike: one line, with the nearest
 * known word, where to look, and exit code 2 (which `main.ts` makes of commander's error).
 */
export function createProgram(groups: readonly CommandGroup[]): Command {
  const program = new Command('millrace')
    .description(
      'Runs Seldon inference graphs on Kafka streams: nothing lost, in order, from the YAML you already have.',
    )
    .usage('COMMAND [OPTIONS]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpCommand(helpCommand())
    .addHelpText('after', EXIT_CODES)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ helpWidth: HELP_WIDTH, showGlobalOptions: false })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'millrace: ')) });
  for (const { heading, commands } of groups) {
    for (const command of commands) program.addCommand(command.helpGroup(heading));
  }
  settle(program, program);
  return program;
}

const HELP_WIDTH = 110;

const EXIT_CODES = `
Exits with 0 when all went well, 1 when it did not, 2 when the command line is wrong, and 130
after Ctrl-C where something was left undone.`;

function helpCommand(): Command {
  return new Command('help').argument('[COMMAND]').description('print the help of a command').helpGroup('Help:');
}

function settle(command: Command, program: Command): void {
  if (command !== program) {
    // What is inherited would give a help option to commands that have asked for none.
    const takesHelp = command
      .createHelp()
      .visibleOptions(command)
      .some((option) => option.long === '--help');
    command.copyInheritedSettings(program);
    if (!takesHelp) command.helpOption(false);
  }
  command.showHelpAfterError(`  '${path(command)} --help' tells what there is`);
  for (const child of command.commands) settle(child, program);
}

function path(command: Command): string {
  return command.parent ? `${path(command.parent)} ${command.name()}` : command.name();
}
