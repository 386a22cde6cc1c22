/**
 * Prints the script that sets up what is missing for signing: identities, vaults, keys, roles, trust data
 * and the pipeline. Runs none of it, and changes nothing.
 */
import { writeOnce } from '../../output-files/index.js';
import {
  fromZero,
  lookAround,
  planSetup,
  type Seen,
  type SetupRequest,
} from '../../setup/index.js';
import {
  createTrustServer,
  readRepository,
  signingRootKeys,
  trustServerOf,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import { paragraph } from '../../report/report.js';
import { tableOf } from '../../report/table.js';
import type { Run } from '../run.js';
import { readSetup, setupInputs } from './setup-inputs.js';

export const setup = defineCommand({
  name: 'setup',
  label: 'Set up',
  help: 'Prints the script of Azure CLI that sets up what is missing to sign. That is the identity of the pipeline, vaults, keys, roles, trust data, and the pipeline itself. Runs none of it, and changes nothing. Leaves out what is there already, if this principal may see it.',
  example: ['registry', 'repository', 'vault', 'root-vault', 'host', 'github-repository'],
  inputs: setupInputs,
  outputs: ['script', 'missing-steps'],
  parse: readSetup,
  run: async ({ request, isFromZero, shell, outputFile, overwrite }, run) => {
    const seen = isFromZero ? fromZero : await look(request, run);
    const { steps, script, pipeline } = planSetup(request, seen, shell);
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
        ...seen.reasons.map((why) => paragraph(`Could not be seen: ${why}.`)),
        { summary: ['```sh', script.trimEnd(), '```'].join('\n') },
      ],
      facts: { steps, unseen: seen.reasons, shell, script, pipeline, outputFile },
      outputs: { script, 'missing-steps': steps.join('\n') },
    };
  },
});

function look(request: SetupRequest, run: Run): Promise<Seen> {
  const { clock, signal, access, log } = run;
  const { registry } = request;
  const trustServer = trustServerOf(registry);
  return log.group('What is there already', () =>
    lookAround(request, {
      access: { ...access.azure(registry), signal },
      clock,
      readRoots: async ({ gun }) => {
        const { trust } = await access.session({ registry, trustServer });
        const server = createTrustServer({ url: trustServer, gun, ...trust, log });
        const options = { pins: [], now: clock(), expiry: 'report', signal } as const;
        const view = await readRepository(server, options);
        return view && [...signingRootKeys(view.root).keys()];
      },
    }),
  );
}
