/** Inputs that name files which a command leaves behind. */
import path from 'node:path';
import type { Input, TextInput } from '../../inputs/index.js';
import type { Read } from './read.js';

export const overwrite = {
  type: 'boolean',
  group: 'advanced',
  label: 'Overwrite',
  help: 'Replaces files of another content. Without it nothing is written if there is one.',
  default: false,
  example: 'true',
} as const satisfies Input;

export const outputFile = {
  type: 'text',
  group: 'advanced',
  label: 'Output file',
  help: 'Where the result is written, besides being printed.',
  example: 'setup.sh',
} as const satisfies Input;

export const outputDirectory = {
  type: 'text',
  group: 'advanced',
  label: 'Output folder',
  help: 'Folder that the resulting files are written into. It is made if it is missing.',
  example: 'deploy/verified',
} as const satisfies Input;

/** Where the trust report goes; of every command that writes one. */
export const trustReport = {
  type: 'text',
  group: 'advanced',
  label: 'Trust report',
  help: 'Where to write the trust report. Without it, a file in the temporary folder of the agent.',
  example: 'trust-report.json',
} as const satisfies Input;

/** The absolute path that `output-file` names, if it is set. */
export function readOutputFile({
  values,
  workingDirectory,
}: Read<{ readonly 'output-file': Omit<TextInput, 'default'> }>): string | undefined {
  const file = values['output-file'];
  return file === undefined ? undefined : path.resolve(workingDirectory, file);
}
