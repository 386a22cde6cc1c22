/**
 * Prints the script that sets up what is missing for signing: identities, vaults, keys, roles, trust data
 * and the pipeline. Runs none of it, and changes nothing.
 */
import { writeOnce } from '../../output-files/index.js';
import { fromZero, planSetup } from '../../setup/index.js';
import { defineCommand } from '../command.js';
import { tableOf } from '../report/table.js';
import { readSetup, setupInputs } from './setup-inputs.js';

export const setup = defineCommand({
  name: 'setup',
  label: 'Set up',
  help: 'Prints a script of Azure CLI that sets up what is missing to sign: the identity of the pipeline, vaults, keys, roles, trust data, and the pipeline itself. Runs none of it, and changes nothing. What is there already, as far as this principal may look, is left out.',
  inputs: setupInputs,
  outputs: ['script', 'missing-steps'],
  parse: readSetup,
  run: async ({ request, shell, outputFile, overwrite }, run) => {
    const { steps, script, pipeline } = planSetup(request, fromZero, shell);
    if (outputFile !== undefined) {
      const files = [{ path: outputFile, content: script }];
      await writeOnce(files, { overwrite, workingDirectory: run.workingDirectory });
    }
    run.print(script);
    return {
      title: 'Set up',
      heading: 'Set up',
      body: [
        tableOf(
          steps.map((step) => ({ step })),
          [{ heading: 'What the script does', text: ({ step }) => step }],
        ),
        { summary: ['```sh', script.trimEnd(), '```'].join('\n') },
      ],
      facts: { steps, shell, script, pipeline, outputFile },
      outputs: { script, 'missing-steps': steps.join('\n') },
    };
  },
});
