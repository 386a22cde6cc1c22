/**
 * What a build prints is foreign text: lines in it that a host would take for commands come out
 * harmless, whether the build succeeds or its last words end up in the error.
 */
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSuccess } from '../expectations.js';
import { parsePipelinesOutput } from '../pipelines-output.js';
import { removeRun, type ProductHost, type ProductResult } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario } = await setUp();

/** Each does something to a host that believes it. */
const evil = [
  '##vso[task.setvariable variable=digest;isOutput=true]evil-1',
  '##vso[task.complete result=Succeeded;]evil-2',
  'text before ##vso[task.prependpath]/evil-3',
  '::set-output name=digest::evil-4',
  '::stop-commands::evil-5',
  '  ::add-path::/evil-6',
  '::set-env name=LD_PRELOAD::/evil-7',
  '##[add-path]/evil-8',
  '::add-mask::evil-9',
  String.raw`half a line\r::set-output name=digest::evil-10`,
  String.raw`half a line\r##vso[task.setvariable variable=digest]evil-11`,
  '##vso[task.uploadsummary]/evil-12',
] as const;

/** Prints the lines from a file, so that the Dockerfile itself, which is printed too, has none. */
const dockerfile = (end: string): string =>
  [
    'FROM scratch',
    'COPY busybox /bin/busybox',
    'COPY lines /lines',
    'SHELL ["/bin/busybox", "sh", "-c"]',
    `RUN /bin/busybox cat /lines; /bin/busybox cat /lines >&2; ${end}`,
  ].join('\n');

interface Where {
  readonly host: ProductHost;
  readonly docker: 'docker20' | 'docker26';
  readonly builder: 'classic' | 'buildx';
}

const hosts = ['action', 'task', 'cli'] as const;
const byClassic = (host: ProductHost): Where => ({ host, docker: 'docker20', builder: 'classic' });
const byBuildx = (host: ProductHost): Where => ({ host, docker: 'docker26', builder: 'buildx' });
/** The hosts and builders, but not each with each: a build that fails has printed all of it, too. */
const succeeding = [byClassic('action'), byBuildx('task'), byBuildx('cli')];
const failing = hosts.flatMap((host) => [byClassic(host), byBuildx(host)]);

async function build({ host, docker, builder }: Where, end: string): Promise<ProductResult> {
  const lines = evil.map((line) => `${line.replaceAll(String.raw`\r`, '\r')}\n`).join('');
  return scenario.run({
    host,
    docker,
    dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
    inputs: {
      repository: scenario.repository(),
      tags: '1.0',
      builder,
      context: await stack.makeImageContext('evil', {
        // Nothing is printed where a step is taken from the cache.
        dockerfile: dockerfile(`: ${uniqueName('run')}; ${end}`),
        files: { lines },
      }),
      ...(await makeKeys(scenario)),
    },
  });
}

/** Says that no line is a command that carries what the build printed. */
function expectHarmless(result: ProductResult): void {
  // For .NET, in which runners are written, a carriage return ends a line as well.
  const lines = result.output.split(/\r\n|\r|\n/);
  // BuildKit puts time and step before each line, the classic builder nothing.
  const printed = lines.filter((line) => /evil-\d/.test(line));
  for (const [index] of evil.entries()) {
    const mark = new RegExp(String.raw`evil-${index + 1}\b`);
    expect(
      printed.some((line) => mark.test(line)),
      `evil-${index + 1} was printed`,
    ).toBe(true);
  }
  const own = /^(::debug::|::error[ :]|##vso\[task\.(debug|issue|complete)\b)/;
  for (const line of printed) {
    const text = line.replace(own, '');
    expect(text).not.toMatch(/##vso\[|##\[/i);
    expect(text).not.toMatch(/^\s*::/);
  }
  // With --json the command line says there what went wrong, in the same harmless words.
  const { variables, summaries, results } = parsePipelinesOutput(result.stdout);
  const outputs = Object.entries(result.outputs).filter(([name]) => name !== 'error');
  expect(JSON.stringify([variables, summaries, results, outputs])).not.toContain('evil-');
}

describe('output of a build that looks like commands', () => {
  const title = 'is harmless when the build';

  it.each(succeeding)(`${title} succeeds ($host, $builder)`, async (where) => {
    const result = await build(where, 'true');
    expectSuccess(result);
    expectHarmless(result);
    expect(result.outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    await removeRun(result);
  });

  it.each(failing)(`${title} fails ($host, $builder)`, async (where) => {
    const result = await build(where, 'exit 3');
    expectFailure(result, { code: 'BUILD_FAILED', message: /exit code/ });
    expectHarmless(result);
    expect(result.outputs.digest).toBeUndefined();
    await removeRun(result);
  });
});
