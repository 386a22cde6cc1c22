/** As long as the commands of the main job read their inputs themselves. */
import type { RunContext } from '../context.js';
import type { CommandName } from '../command-name.js';
import type { InputValues } from '../inputs/values.js';
import { readConfiguration } from './read-configuration.js';
import type { Configuration } from './types.js';

type Execute = (inputs: InputValues, context: RunContext) => Promise<void>;

/** A command of the main job, with all its inputs checked before it begins. */
export function mainJob(
  command: CommandName,
  run: (configuration: Configuration, ...rest: Parameters<Execute>) => Promise<void>,
): Execute {
  return async (inputs, context) => {
    const { workingDirectory, problems } = context;
    const configuration = readConfiguration(command, inputs, workingDirectory, problems);
    await run(configuration, inputs, context);
  };
}
