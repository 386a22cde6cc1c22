/** The job summary of runs that fail before a command could write one, and of those where one did. */
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/hosts/host.js';
import { runOn } from '../../src/hosts/run.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';

async function summariesOf(
  command: string,
  inputs: Readonly<Record<string, string>> = {},
  environment: Host['environment'] = {},
): Promise<readonly string[]> {
  const summaries: string[] = [];
  const nothing = (): void => undefined;
  const host: Host = {
    name: 'action',
    masker: new SecretMasker(),
    printer: { open: nothing, close: nothing, line: nothing, warning: nothing, debug: nothing },
    environment,
    tempDirectory: tmpdir(),
    workingDirectory: tmpdir(),
    registerSecret: nothing,
    command: () => command,
    givenInputs: [],
    warnsOfUnknown: false,
    input: (name) => inputs[name] ?? '',
    identity: () => ({}),
    setOutput: nothing,
    summaryFormat: 'with diagrams and folds',
    addSummary: (markdown) => {
      summaries.push(markdown);
      return Promise.resolve();
    },
    registerCleanup: nothing,
    fail: nothing,
  };
  const process = Object.assign(new EventEmitter(), { exitCode: undefined });
  expect(await runOn(host, process)).toBeDefined();
  return summaries;
}

describe('a run that fails', () => {
  it.each([
    ['for a command that is not known', 'frobnicate', {}, /INPUT_INVALID/],
    [
      'for a proxy that cannot be used',
      'verify',
      { HTTPS_PROXY: 'socks5://proxy' },
      /INPUT_INVALID/,
    ],
  ] as const)('%s leaves a summary with its remedy', async (_, command, environment, code) => {
    const [summary, ...more] = await summariesOf(command, {}, environment);
    expect(more).toEqual([]);
    expect(summary).toMatch(/^### ❌ The run failed$/m);
    expect(summary).toMatch(code);
    expect(summary).toContain('**What to do**');
  });

  it('has no second summary where its command wrote one', async () => {
    const summaries = await summariesOf('verify', { images: 'Not An Image' });
    expect(summaries).toHaveLength(1);
    expect(summaries[0]).toContain('### ❌ Verify failed');
  });

  it('masks what is secret there, too', async () => {
    const [summary] = await summariesOf('frobnicate-s3cr3t-of-run', {
      'client-secret': 's3cr3t-of-run',
    });
    expect(summary).toBeDefined();
    expect(summary).not.toContain('s3cr3t-of-run');
  });
});
