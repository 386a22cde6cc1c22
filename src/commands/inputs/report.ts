import type { Input } from '../../inputs/index.js';

/** Where the trust report goes; of every command that writes one. */
export const trustReport = {
  type: 'text',
  group: 'advanced',
  label: 'Trust report',
  help: 'Where to write the trust report. Without it, a file in the temporary folder of the agent.',
  example: 'trust-report.json',
} as const satisfies Input;
