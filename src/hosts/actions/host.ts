/** GitHub Actions: inputs, masks, groups, annotations, outputs and summary through @actions/core. */
import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import { proveAppendable } from '../../output-files/index.js';
import { currentDirectory, takeInputs, type Environment } from '../environment.js';
import { failureText } from '../../commands/index.js';
import type { Host } from '../host.js';
import { SecretMasker } from '../secret-masker.js';
import { createIdToken } from './id-token.js';
import { rememberForPost } from './post-state.js';

const runnerRemedy =
  'Make room on the disk of the runner, and let this job write to the file: the runner makes a new one for each step.';

/** Gives the host; takes the inputs out of `environment`. */
export function createActionsHost(environment: Environment): Host {
  const inputs = takeInputs(environment, 'INPUT_');
  const input = (name: string): string => inputs.get(name.toUpperCase()) ?? '';
  return {
    name: 'action',
    masker: new SecretMasker(),
    printer: {
      open: core.startGroup,
      close: core.endGroup,
      line: core.info,
      warning: (text) => {
        core.warning(text);
      },
      debug: core.debug,
    },
    environment,
    tempDirectory: environment.RUNNER_TEMP ?? tmpdir(),
    get workingDirectory() {
      return environment.GITHUB_WORKSPACE ?? currentDirectory();
    },
    registerSecret: core.setSecret,
    givenInputs: [...inputs.keys()].filter((name) => inputs.get(name) !== ''),
    // "Unexpected input(s) ...", where it has read the action.yml.
    warnsOfUnknown: true,
    command: () => input('command') || 'buildAndPush',
    input,
    identity: (_inputs, secrets) => ({ idToken: createIdToken(environment, secrets) }),
    prove: async () => {
      // Without a file the runner takes outputs from the log, and has no summary.
      for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
        const file = environment[name];
        if (file) await proveAppendable(file, `${name}, ${file},`, runnerRemedy);
      }
    },
    setOutput: core.setOutput,
    summaryFormat: 'with diagrams and folds',
    addSummary: async (markdown) => {
      if (!environment.GITHUB_STEP_SUMMARY) {
        core.debug('This runner has no job summary.');
        return;
      }
      await core.summary.addRaw(markdown, true).write();
    },
    registerCleanup: rememberForPost,
    // What core.setFailed does, with a title besides.
    fail: (failure) => {
      core.error(failureText(failure), { title: `Content trust: ${failure.code}` });
    },
  };
}
