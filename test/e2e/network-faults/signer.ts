/**
 * Run as a child process, with the stack's proxy and CA in its environment from the start: carries
 * out `sign` runs of the command line, one for each line of standard input, and prints what each of
 * them reported. Spares the test a start of Node for every run. Holds no assertion.
 */
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { createCliHost } from '../../../src/hosts/cli/host.js';
import { runOn, type HostProcess } from '../../../src/hosts/run.js';

/** One run to carry out. */
export interface SignJob {
  readonly id: number;
  /** Inputs in kebab case. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface SignOutcome {
  readonly id: number;
  readonly exitCode: number;
  /** The outputs, and the error, as `--json` prints them. */
  readonly report: Readonly<Record<string, unknown>>;
  readonly log: string;
}

for await (const line of createInterface({ input: process.stdin })) {
  void carryOut(JSON.parse(line) as SignJob).then((outcome) => {
    console.log(JSON.stringify(outcome));
  });
}

async function carryOut({ id, inputs }: SignJob): Promise<SignOutcome> {
  let [out, log] = ['', ''];
  const host = createCliHost(
    { command: 'sign', options: new Map(), json: true, debug: true, summaryFile: undefined },
    {
      environment: process.env,
      variables: new Map(
        Object.entries(inputs).map(([name, value]) => [
          name.toUpperCase().replaceAll('-', '_'),
          value,
        ]),
      ),
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (log += text) },
    },
  );
  const own: HostProcess = new EventEmitter();
  await runOn(host, own);
  const report = JSON.parse(out) as Readonly<Record<string, unknown>>;
  return { id, exitCode: Number(own.exitCode), report, log };
}
