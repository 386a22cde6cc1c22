/**
 * A program that runs one invented command on a real host: `sample.ts <action|task|cli> [arguments]`.
 * What the command does is named by the variable SAMPLE.
 */
import type { RawValues } from '../../src/inputs/index.js';
import { openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { HostContext } from '../../src/commands/index.js';
import { code, escape } from '../../src/report/text.js';
import { TrustError } from '../../src/errors.js';
import { createActionsHost } from '../../src/hosts/actions/host.js';
import { runCli } from '../../src/hosts/cli/run-cli.js';
import { createHttpClient } from '../../src/http/index.js';
import { runAndExit } from '../../src/hosts/run.js';

/** The inputs that scenarios read. */
interface SampleInputs {
  readonly tags: readonly string[];
  readonly format: string;
}

const scenarios: Record<string, (context: HostContext, inputs: SampleInputs) => Promise<void>> = {
  async all(context, inputs) {
    const { log, secrets } = context;
    secrets.mask('-----BEGIN X-----\nbGluZS1vbmUtb2Yta2V5\nbGluZS10d28tb2Yta2V5\n-----END X-----');
    await log.group('Build ##vso[task.debug]x', () => {
      log.info(`tags ${inputs.tags.join(' ')}`);
      log.info('##vso[task.setvariable variable=a]b\n::error::x\n##[group]y');
      log.info('key bGluZS10d28tb2Yta2V5 and password s3cret-passphrase');
      return Promise.resolve();
    });
    log.warn('careful\n50% done');
    log.debug('details of s3cret-passphrase');
    context.setOutput('digest', 'sha256:abc');
    context.setOutput('signed-tags', '1.0,latest');
    context.keepReport({ formatVersion: 1, tags: [{ length: 735, secret: 's3cret-passphrase' }] });
    await context.addSummary?.('## Signed s3cret-passphrase');
    context.registerCleanup('/tmp/acr-content-trust-docker-AbCd12');
  },
  async prints(context, { format }) {
    context.log.info('a line of the log');
    context.setOutput('inspection', '/tmp/inspection.json');
    if (format === 'json') context.print(['text ##vso[task.debug]x'], 0);
    return Promise.resolve();
  },
  async lists(context) {
    context.setOutput('images', 'contoso.azurecr.io/a@sha256:1\n::error::contoso.azurecr.io/b\nc');
    context.setOutput('verified', '3');
    return Promise.resolve();
  },
  /** A phase that says nothing, one that only warns, one that speaks late, and an output without a value. */
  async saysLittle(context) {
    const { log } = context;
    await log.group('Silent', () => Promise.resolve());
    await log.group('Only a warning', () => {
      log.warn('careful');
      return Promise.resolve();
    });
    await log.group('Warning first', () => {
      log.warn('look');
      log.info('a line');
      return Promise.resolve();
    });
    context.setOutput('images', '');
    context.setOutput('verified', '0');
  },
  async fails(context) {
    context.setOutput('digest', 'sha256:abc');
    await Promise.reject(
      new TrustError('PUSH_FAILED', 'Push of s3cret-passphrase\n##vso[task.complete]x failed', {
        remedy: 'Try again;\nthen ask.',
        cause: new Error('cause with s3cret-passphrase'),
      }),
    );
  },
  /** A failure of a part that knows no host. */
  async namesInputs() {
    await Promise.reject(
      new TrustError('BUILD_FAILED', '`build-arguments` has "no-cache".', {
        remedy: 'Use `engine: native`, or set `base-images` to ignore. See `docker buildx ls`.',
      }),
    );
  },
  /** More than a pipe holds, and a failure, or none, at its end. */
  async talks(context) {
    for (let line = 0; line < 20_000; line += 1) context.log.info(`line ${line} of a long log`);
    context.setOutput('digest', 'sha256:abc');
    return Promise.resolve();
  },
  async talksAndFails(context, inputs) {
    await scenarios.talks?.(context, inputs);
    await scenarios.fails?.(context, inputs);
  },
  /** A server's sentence that repeats a secret, in everything that a run says. */
  async echoes(context) {
    const said = 'the server said: pass"word\\of <ours>&größe!';
    context.log.info(said);
    context.log.warn(said);
    context.log.debug(said);
    context.print({ said }, 2);
    await context.addSummary?.(`| ${escape(said)} | ${code(said)} |`);
    await writeFile(process.env.ECHO_FILE ?? '', context.toJson({ said }, 2));
    context.setOutput('images', said);
    throw new TrustError('PUSH_FAILED', said, { remedy: said, cause: new Error(said) });
  },
  async throwsText() {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what it tests
    await Promise.reject('just text');
  },
  async crashes() {
    setTimeout(() => {
      throw new Error('thrown where no one catches');
    }, 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
  async neverEnds() {
    await new Promise(() => undefined);
  },
  async waits({ signal, log }) {
    const alive = setInterval(() => undefined, 1000);
    log.info('waiting');
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        log.info('cleaned up');
        clearInterval(alive);
        reject(signal.reason as Error);
      });
    });
  },
  /** What the host gave to write to is gone when the work is done. */
  async loses(context) {
    await rm(process.env.LOST ?? '', { recursive: true });
    context.setOutput('digest', 'sha256:abc');
    await context.addSummary?.('## Signed');
  },
  /** Every file descriptor is taken when a program is to be started, or a server to be asked. */
  async exhausts({ exec, environment, log }) {
    const { WANTED: wanted, HTTPS_PROXY } = environment;
    const http = createHttpClient({ userAgent: 'test/1', environment: { HTTPS_PROXY }, log });
    takeDescriptors();
    if (wanted === 'program') await exec('sh', [], { env: { PATH: '/bin' } });
    else await http({ method: 'POST', url: 'https://192.0.2.1/', maxBytes: 1 });
  },
  async environment({ environment, log }) {
    const names = Object.keys({ ...environment, ...process.env });
    log.info(`inputs left: ${names.filter((name) => /^(INPUT|ACR_CONTENT)_/.test(name)).join()}.`);
    return Promise.resolve();
  },
  async connection({ identity, log }) {
    log.info(JSON.stringify(identity.serviceConnection));
    return Promise.resolve();
  },
  async idToken({ identity, environment, log }) {
    const http = createHttpClient({ userAgent: 'test/1', environment, log });
    log.info(`token ${(await identity.idToken?.('api://AzureADTokenExchange', http)) ?? ''}.`);
  },
};

function takeDescriptors(): void {
  try {
    for (;;) openSync('/dev/null', 'r');
  } catch {
    // None is left.
  }
}

const run = async (_command: string, values: RawValues, context: HostContext): Promise<void> => {
  // As every command does once it has read its inputs.
  context.problems.throwIfAny();
  await scenarios[process.env.SAMPLE ?? 'all']?.(context, values as unknown as SampleInputs);
};

async function main(host: string | undefined): Promise<void> {
  if (host === 'action') {
    await runAndExit(createActionsHost(process.env), process, run);
  } else if (host === 'task') {
    const { createPipelinesHost } = await import('../../src/hosts/pipelines/host.js');
    const { dropTaskLibHandlers } = await import('../../src/hosts/pipelines/silence-task-lib.js');
    dropTaskLibHandlers();
    await runAndExit(createPipelinesHost(process.env), process, run);
  } else {
    process.argv.splice(2, 1);
    await runCli(process, run);
  }
}

void main(process.argv[2]);
