/** Azure Pipelines: inputs, masks, groups, issues, variables and summary through task-lib. */
import { givenInputs } from './given-inputs.js';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task.js';
import { inputNameOn } from '../../inputs/index.js';
import type { Secrets } from '../../ports.js';
import { currentDirectory, type Environment } from '../environment.js';
import { failureText } from '../../commands/index.js';
import type { Host } from '../host.js';
import { SecretMasker } from '../secret-masker.js';
import { cleanupVariable, serializeCleanup } from '../cleanup-registry.js';
import { withoutTaskLibOutput } from './silence-task-lib.js';
import { readRegistryConnection, readServiceConnection } from './service-connection.js';

/** Gives the host; task-lib has taken inputs and endpoints out of the environment already. */
export function createPipelinesHost(environment: Environment): Host {
  const folders: string[] = [];
  const tempDirectory = environment.AGENT_TEMPDIRECTORY ?? tmpdir();
  const input = (name: string): string => withoutTaskLibOutput(() => tl.getInput(name)) ?? '';
  return {
    name: 'task',
    masker: new SecretMasker(),
    printer: {
      open: (title) => {
        console.log(`##[group]${title}`);
      },
      close: () => {
        console.log('##[endgroup]');
      },
      line: (text) => {
        console.log(text);
      },
      warning: (text) => {
        tl.warning(text, tl.IssueSource.CustomerScript);
      },
      debug: (text) => {
        tl.debug(text);
      },
    },
    environment,
    tempDirectory,
    get workingDirectory() {
      return environment.SYSTEM_DEFAULTWORKINGDIRECTORY ?? currentDirectory();
    },
    registerSecret: (form) => {
      tl.setSecret(form);
    },
    givenInputs,
    warnsOfUnknown: false,
    command: () => input('command') || 'buildAndPush',
    input: (name) => input(inputNameOn('task', name)),
    identity: (inputs, secrets, parse) => {
      const read = <T>(
        input: string,
        reader: (id: string, secrets: Secrets, environment: Environment) => T,
      ): T | undefined => {
        const id = inputs[input];
        return typeof id === 'string'
          ? parse(input, () => reader(id, secrets, environment))
          : undefined;
      };
      const serviceConnection = read('azure-subscription', readServiceConnection);
      const registryConnection = read('container-registry', readRegistryConnection);
      return {
        ...(serviceConnection && { serviceConnection }),
        ...(registryConnection && { registryConnection }),
      };
    },
    setOutput: (name, value) => {
      tl.setVariable(inputNameOn('task', name), value, false, true);
    },
    summaryFormat: 'plain',
    addSummary: async (markdown) => {
      // The agent reads the file after the step has ended, and clears the folder after the job.
      const file = path.join(tempDirectory, `content-trust-${randomUUID()}.md`);
      await writeFile(file, markdown, { flag: 'wx' });
      tl.uploadSummary(file);
    },
    registerCleanup: (folder) => {
      folders.push(folder);
      tl.setTaskVariable(cleanupVariable, serializeCleanup(folders));
    },
    fail: (failure) => {
      tl.setResult(tl.TaskResult.Failed, failureText(failure));
    },
  };
}
