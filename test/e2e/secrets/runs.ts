/** Runs of the product with debug output on and everything recorded that they leave anywhere. */
import type { ProductOptions, ProductResult } from '../product.js';
import { removeRun } from '../product.js';
import type { Scenario } from '../scenario.js';
import { withoutMaskCommands, type Trace } from './forms.js';
import {
  filesBelow,
  namesInSystemTemp,
  newInSystemTemp,
  recordDocker,
  removeRecorder,
  type RecordedCall,
} from './recorder.js';

/** What a recorded run is to be. */
export interface RecordedRun extends Omit<ProductOptions, 'inputs' | 'programs' | 'debug'> {
  /** By which traces are named. */
  readonly title: string;
  readonly docker: 'docker20' | 'docker26';
  readonly inputs: Readonly<Record<string, string | undefined>>;
}

export interface Recorded {
  readonly result: ProductResult;
  /** Logs, outputs, summary, files left, arguments and environments. */
  readonly traces: readonly Trace[];
  readonly calls: readonly RecordedCall[];
}

/** Runs the product; its folder is gone afterwards, its traces are in memory. */
export async function runRecorded(
  scenario: Scenario,
  { title, ...options }: RecordedRun,
): Promise<Recorded> {
  const recorder = await recordDocker(scenario.stack.info, options.docker);
  const before = await namesInSystemTemp();
  const result = await scenario.run({ ...options, programs: recorder.folder, debug: true });
  const calls = await recorder.calls();
  const left = [...(await filesBelow(result.folder)), ...(await newInSystemTemp(before))];
  await Promise.all([removeRun(result), removeRecorder(recorder)]);
  const traces = [
    { where: 'standard output', text: withoutMaskCommands(result.stdout) },
    { where: 'standard error', text: withoutMaskCommands(result.stderr) },
    { where: 'outputs', text: JSON.stringify(result.outputs) },
    { where: 'summary', text: result.summary },
    ...left,
    ...calls.flatMap(({ args, environment, keyFiles }) => [
      { where: `arguments of docker ${args[0] ?? ''}`, text: args.join('\n') },
      { where: `environment of docker ${args[0] ?? ''}`, text: pairs(environment) },
      ...keyFiles.map((text) => ({ where: 'a key file of docker', text })),
    ]),
  ];
  return {
    result,
    calls,
    traces: traces.map(({ where, text }) => ({ where: `${title}: ${where}`, text })),
  };
}

function pairs(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}
