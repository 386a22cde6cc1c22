/** What a run says that something ends while it works: a signal, a fault of ours, an empty loop. */
import { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defineCommand } from '../../../src/commands/command.js';
import type { HostContext } from '../../../src/commands/index.js';
import { jobOutputs } from '../../../src/commands/inputs/signing.js';
import { reportJob } from '../../../src/image-signing/job-report.js';
import type { RawValues } from '../../../src/inputs/index.js';
import {
  nothingPushed,
  withTags,
  type Progress,
} from '../../../src/image-signing/registry-state.js';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

const gun = `${host}/team/app`;
const bySignal = (process: EventEmitter) => process.emit('SIGTERM', 'SIGTERM');
const byCrash = (process: EventEmitter) =>
  process.emit('uncaughtException', new TypeError('x is not a function'));

/** A run of `push` that has come as far as `body`, and then meets `end`. */
function breakOff(body: (progress: Progress) => void, end: (process: EventEmitter) => unknown) {
  const process = new EventEmitter();
  const image = { registry: host, repository: 'team/app', gun, tags: ['1', '2'] };
  const { execute } = defineCommand({
    name: 'push',
    label: 'Push and sign',
    help: '',
    inputs: {},
    example: [],
    outputs: jobOutputs,
    parse: () => ({}),
    run: (_, run) =>
      reportJob(
        { image, engine: 'native', isPushing: true, kinds: 'dct' },
        run,
        async (progress) => {
          body(progress);
          const aborted = new Promise<never>((_resolve, reject) => {
            run.signal.addEventListener('abort', () => {
              reject(run.signal.reason as Error);
            });
          });
          end(process);
          await aborted;
        },
      ),
  });
  const run = (_command: string, values: object, context: HostContext): Promise<void> =>
    execute(values as RawValues, context);
  const inputs = { registry: host, repository: 'team/app', tags: '1,2' };
  return scenario.run('push', inputs, { process, run });
}

const pushed = (progress: Progress): void => {
  progress.state = { kind: 'tagged-unsigned' };
};

describe('a run that is stopped after the push', () => {
  it('names the tags that it leaves unsigned', async () => {
    const ran = await breakOff(pushed, bySignal);
    expect(ran.failure).toMatchObject({
      code: 'INTERRUPTED',
      message: `The run was stopped by SIGTERM before it was done. The registry holds ${gun}:1, ${gun}:2, and this run has not signed them.`,
    });
    expect(await reportOf(ran)).toMatchObject({ pushed: 'yes', tags: [{ state: 'unsigned' }, {}] });
  });

  it('says of a push under way that nobody knows', async () => {
    const ran = await breakOff((progress) => {
      const pushing = withTags(nothingPushed, ['2'], 'push-unknown');
      progress.state = withTags(pushing, ['1'], 'unsigned');
    }, bySignal);
    expect(ran.failure?.message).toBe(
      `The run was stopped by SIGTERM before it was done. It is not known whether the registry has what this run pushed as ${gun}:2. The registry holds ${gun}:1, and this run has not signed it.`,
    );
  });

  it('says nothing of tags before the push', async () => {
    const { failure } = await breakOff(() => undefined, bySignal);
    expect(failure?.message).toBe('The run was stopped by SIGTERM before it was done.');
  });
});

describe('a fault of ours after the push', () => {
  it('is told with the tags that it leaves unsigned', async () => {
    const { failure, exitCode } = await breakOff(pushed, byCrash);
    expect(failure).toMatchObject({
      code: 'UNEXPECTED',
      message: `Something unexpected happened: x is not a function. The registry holds ${gun}:1, ${gun}:2, and this run has not signed them.`,
    });
    expect(exitCode).toBe(1);
  });
});

describe('a run that breaks off while it publishes', () => {
  const unknown = `It is not known whether ${host}/`;
  const ends: [string, string, (process: EventEmitter) => unknown][] = [
    ['by a signal', 'INTERRUPTED', bySignal],
    ['by a fault of ours', 'UNEXPECTED', byCrash],
    // Nothing is thrown into the run then: what is known has to be noted by now.
    [
      'because Node.js has nothing to wait for',
      'UNEXPECTED',
      (process) => process.emit('beforeExit'),
    ],
  ];

  it.each(ends)('%s does not know whether it is signed, and says so', async (how, code, end) => {
    const process = new EventEmitter();
    const repository = `open-${ends.findIndex(([name]) => name === how)}`;
    const { answer, release } = held();
    scenario.push(repository, ['1']);
    scenario.answerWith(({ method }, usual) => {
      if (method !== 'POST') return undefined;
      end(process);
      return answer.then(usual);
    });
    const inputs = { registry: host, repository, tags: '1' };
    const { failure, outputs } = await scenario.run('sign', inputs, { process });
    release();
    expect(failure?.code).toBe(code);
    expect(failure?.message).toContain(`${unknown}${repository}:1 is signed.`);
    expect(failure?.message).not.toContain('has not signed');
    expect(failure?.remedy).toContain(
      `acr-content-trust inspect --registry ${host} --repository ${repository}`,
    );
    expect(outputs).not.toHaveProperty('image');
  });
});

/** Something to wait for, and its end. */
function held(): { readonly answer: Promise<void>; readonly release: () => void } {
  let release = (): void => undefined;
  const answer = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { answer, release };
}
