import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { collectProblems } from '../../src/commands/commands.js';
import { defineCommand } from '../../src/commands/command.js';
import type { HostContext } from '../../src/commands/context.js';
import type { Run } from '../../src/commands/run.js';
import { jobOutputs } from '../../src/commands/inputs/signing.js';
import {
  noteContents,
  reportJob,
  type JobOutput,
  type JobProgress,
  type TrustReport,
} from '../../src/image-signing/job-report.js';
import type { SigningPlan } from '../../src/image-signing/preflight.js';
import { withTags } from '../../src/image-signing/registry-state.js';
import { signTags } from '../../src/image-signing/sign-tags.js';
import { TrustError } from '../../src/errors.js';
import { content, gun, TestRepository } from '../trust/support/repository.js';
import { sanitizeJson } from '../../src/hosts/sanitize-documents.js';
import { renderSummary } from '../../src/hosts/summary.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import { failureOf } from '../../src/report/failure.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-journal-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

const tags = new Map([['1.0', content('a')]]);
const sign = (repository: TestRepository, progress: JobProgress, run: Run) =>
  signTags(
    { plan: planOf(repository), contents: tags, recheck: () => Promise.resolve() },
    undefined,
    progress,
    run,
  );

interface Told {
  readonly report: TrustReport | undefined;
  readonly summary: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  readonly thrown: unknown;
}

const image = {
  registry: 'contoso.azurecr.io',
  repository: 'team/app',
  gun: 'contoso.azurecr.io/team/app',
  tags: ['1.0'],
};
const done = (progress: JobProgress) => {
  progress.state = { kind: 'signed' };
};

/** Runs `body`, and gives what was told. */
async function tell(
  body: (progress: JobProgress, run: Run<JobOutput>) => Promise<void>,
  reportPath?: string,
): Promise<Told> {
  const outputs = new Map<string, string>();
  const warnings: string[] = [];
  const masks = new SecretMasker();
  masks.add('s3cret');
  let summary = '';
  const context = {
    clock: () => new Date('2026-11-23T12:00:00Z'),
    signal: new AbortController().signal,
    tempDirectory: folder,
    workingDirectory: folder,
    log: {
      group: (_title: string, inner: () => unknown) => inner(),
      info: () => undefined,
      warn: (line: string) => warnings.push(line),
      debug: () => undefined,
    },
    setOutput: (name: string, value: string) => outputs.set(name, value),
    toJson: (document: object, indent: number) => sanitizeJson(document, indent, masks),
    explain: failureOf,
    onFailure: () => undefined,
    keepReport: () => undefined,
    addSummary: (text: string) => {
      summary += renderSummary(text, masks, 'with diagrams and folds');
      return Promise.resolve();
    },
    environment: {},
    identity: {},
    problems: collectProblems((name) => name),
  } as unknown as HostContext;
  const { execute } = defineCommand({
    name: 'push',
    label: 'Push and sign',
    help: '',
    inputs: {},
    example: [],
    outputs: jobOutputs,
    parse: () => ({}),
    run: (_, run) =>
      reportJob({ image, engine: 'native', isPushing: true, kinds: 'dct' }, run, (progress) =>
        body(progress, run),
      ),
  });
  const values = { tags: [], cloud: 'auto', 'content-trust': false, 'trust-report': reportPath };
  const running = execute(values, context);
  const thrown = await running.then(
    () => undefined,
    (error: unknown) => error,
  );
  const file = outputs.get('trust-report');
  const report =
    file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as TrustReport);
  return { report, summary, outputs, warnings, thrown };
}

const pushFailed = new TrustError('PUSH_FAILED', 'The push of s3cret broke.', {
  remedy: 'Run the step again.',
});

describe('the report of a run that fails', () => {
  it('writes report and summary, says what failed without secrets, and throws it', async () => {
    const { report, summary, thrown } = await tell(() => Promise.reject(pushFailed));
    expect(thrown).toBe(pushFailed);
    expect(report).toMatchObject({
      outcome: 'failed',
      error: { code: 'PUSH_FAILED', message: 'The push of *** broke.' },
      pushed: 'no',
      tags: [{ tag: '1.0', signed: false, state: 'untouched' }],
      initialised: false,
    });
    expect(report).not.toHaveProperty('digest');
    expect(summary).toContain('### ❌ Push failed');
    expect(summary).not.toContain('s3cret');
  });

  it('tells of what nobody expected by the code of that', async () => {
    const { report } = await tell(() => Promise.reject(new Error('cannot read s3cret')));
    expect(report?.error).toMatchObject({
      code: 'UNEXPECTED',
      message: 'Something unexpected happened: cannot read ***',
    });
  });

  it('throws the failure also where the report cannot be written', async () => {
    const gone = await mkdtemp(path.join(folder, 'gone-'));
    const { thrown, warnings } = await tell(
      async () => {
        await rm(gone, { recursive: true });
        throw pushFailed;
      },
      path.join(gone, 'report.json'),
    );
    expect(thrown).toBe(pushFailed);
    expect(warnings).toEqual([expect.stringMatching(/^The trust report is missing: /)]);
  });

  it('says that a tag was moved when it was, after it had been signed', async () => {
    const repository = await new TestRepository().initialise();
    const moved = new TrustError('TAG_MOVED', 'moved', { remedy: 'Look who.' });
    const { report, outputs } = await tell(async (progress, run) => {
      noteContents(progress, tags, run);
      await sign(repository, progress, run);
      progress.state = withTags(progress.state, ['1.0'], 'moved');
      throw moved;
    });
    expect(report?.tags).toMatchObject([{ tag: '1.0', signed: false, state: 'moved' }]);
    expect(report?.key?.id).toBe(repository.targets.keyId);
    expect(outputs.has('signed-tags')).toBe(false);
  });
});

function planOf({ server, targets }: TestRepository): SigningPlan {
  return {
    engine: 'native',
    server,
    pins: [],
    key: { signer: targets },
    root: undefined,
  } as unknown as SigningPlan;
}

describe('a signing that fails', () => {
  const answer = (status: number, code: string) => ({
    status,
    header: (name: string) => (name === 'content-type' ? 'application/json' : undefined),
    body: Buffer.from(JSON.stringify({ errors: [{ code, message: 'no' }] })),
  });

  const signPushed = async (repository: TestRepository): Promise<Told> =>
    tell(async (progress, run) => {
      progress.state = { kind: 'tagged-unsigned' };
      noteContents(progress, tags, run);
      await sign(repository, progress, run);
      done(progress);
    });

  it('and was refused leaves the tag unsigned', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = (request, next) =>
      request.method === 'POST' ? Promise.resolve(answer(400, 'INVALID_UPDATE')) : next();
    const { report, thrown, outputs } = await signPushed(repository);
    expect(thrown).toMatchObject({ code: 'TRUST_SERVER_REJECTED' });
    expect([...outputs.keys()]).toEqual(['digest', 'trust-report']);
    expect(report).toMatchObject({ pushed: 'yes', tags: [{ state: 'unsigned', signed: false }] });
  });

  it('and was taken without being kept is not known to be one', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = (request, next) => {
      if (request.method !== 'POST') return next();
      // The time in which a server may catch up is over.
      vi.spyOn(performance, 'now').mockReturnValue(Infinity);
      return Promise.resolve(answer(200, ''));
    };
    const { report, thrown, outputs } = await signPushed(repository);
    expect(thrown).toMatchObject({ code: 'READ_BACK_FAILED' });
    expect([...outputs.keys()]).toEqual(['digest', 'trust-report']);
    expect(report?.tags).toMatchObject([{ state: 'signing-unknown', signed: false }]);
  });

  it('is not one where nothing failed', async () => {
    const repository = await new TestRepository().initialise();
    const { report, summary, thrown, outputs } = await signPushed(repository);
    expect(thrown).toBeUndefined();
    expect(outputs.get('image')).toBe(`${gun}@${content('a').digest}`);
    expect(report).toMatchObject({ outcome: 'done', tags: [{ state: 'signed', signed: true }] });
    expect(summary).toContain('### ✅ Signed image');
  });
});

describe('the output "image" of a push', () => {
  it('is what was pushed where nothing was to be signed, and all is done', async () => {
    const { outputs } = await tell((progress, run) => {
      progress.state = { kind: 'tagged-unsigned' };
      noteContents(progress, tags, run);
      return Promise.resolve();
    });
    expect(outputs.get('image')).toBe(`${gun}@${content('a').digest}`);
  });

  it('is missing where the run broke off after the push, or after the read-back', async () => {
    const repository = await new TestRepository().initialise();
    const breaks = async (isSigning: boolean): Promise<Told> =>
      tell(async (progress, run) => {
        progress.state = { kind: 'tagged-unsigned' };
        noteContents(progress, tags, run);
        if (isSigning) await sign(repository, progress, run);
        throw pushFailed;
      });
    for (const isSigning of [false, true]) {
      const { outputs } = await breaks(isSigning);
      expect([...outputs.keys()]).toEqual(['digest', 'trust-report']);
    }
  });
});
