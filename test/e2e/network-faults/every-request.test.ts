/**
 * A `sign` run is repeated for every request it makes and every way in which that request can fail.
 * Whatever happens, the run must not say "signed" unless the servers hold it signed, and must not
 * say "failed" of what is signed without saying so.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createScenario, credentialsOf, type Scenario } from '../scenario.js';
import { connectStack, type TestRegistry } from '../../stack/index.js';
import { failures, faultAt, pointsOf, wrongAnswer, type Point } from './points.js';
import type { SignOutcome } from './signer.js';
import { startSigning, type SigningProcess } from './signers.js';
import { isSigned, judgeRun } from './verdict.js';

const stack = connectStack(inject('stack'));
const MINUTE_MS = 60_000;
/** Registries that are worked at side by side, each with a tenant of its own. */
const LANES = 3;
const TAGS = 120;

/** A repository with signed tags and unsigned ones to try with, in a registry of its own. */
interface Lane {
  readonly scenario: Scenario;
  readonly registry: TestRegistry;
  readonly gun: string;
  readonly digest: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly tags: string[];
  readonly points: readonly Point[];
}

/** What came of one failure at one point. */
interface Trial {
  readonly what: string;
  readonly outcome: SignOutcome;
  readonly wrong: string | undefined;
  /** Whether the request that was to fail was made at all. */
  readonly wasHit: boolean;
}

let signing: SigningProcess;
let lanes: readonly Lane[];

beforeAll(async () => {
  signing = startSigning(stack.info);
  lanes = await Promise.all(Array.from({ length: LANES }, createLane));
}, 9 * MINUTE_MS);

afterAll(() => {
  signing.end();
});

async function createLane(): Promise<Lane> {
  const { tenantId } = await stack.azure.createTenant();
  const scenario = await createScenario(stack, { tenantId });
  const { registry, signer, vault } = scenario;
  const repository = scenario.repository();
  const gun = `${registry.loginServer}/${repository}`;
  const tags = Array.from({ length: TAGS }, (_, index) => `t${index}x`);
  const digest = await stack.storeImage(repository, tags, repository);
  const key = await vault.key();
  const [keyVersion = '', keyName = ''] = key.split('/').reverse();
  const inputs = {
    registry: registry.loginServer,
    repository,
    'signing-key': key,
    ...credentialsOf(signer),
  };
  const first = { ...inputs, 'root-key': await vault.key(), tags: next(tags) };
  expect(await signing.sign(first)).toMatchObject({ exitCode: 0 });
  const mark = await stack.requestMark();
  const honest = next(tags);
  expect(await signing.sign({ ...inputs, tags: honest })).toMatchObject({ exitCode: 0 });
  const own = [registry.loginServer, vault.name, signer.tenantId].join('|');
  const requests = await stack.requests({ since: mark, matching: own });
  const points = pointsOf(requests, {
    tag: honest,
    loginServer: registry.loginServer,
    others: {
      [repository]: 'app',
      [vault.name]: 'vault',
      [signer.tenantId]: 'tenant',
      [keyVersion]: 'version',
      [keyName]: 'key',
    },
  });
  return { scenario, registry, gun, digest, inputs, tags, points };
}

function next(tags: string[]): string {
  const tag = tags.pop();
  if (tag === undefined) throw new Error('there are not enough tags');
  return tag;
}

async function tryOut(lane: Lane, point: Point, kind: (typeof failures)[number]): Promise<Trial> {
  const tag = next(lane.tags);
  const fault = faultAt(point, tag, kind.failure);
  await stack.failNext(fault);
  const outcome = await signing.sign({ ...lane.inputs, tags: tag });
  const left = await stack.takeBackFaults(fault.target);
  const signed = isSigned(await stack.trustState(lane.gun), tag, lane.digest);
  const what = `${kind.name}: ${point.label}`;
  return {
    what,
    outcome,
    wrong: judgeRun(outcome, tag, signed),
    wasHit: left === 0 || !point.isAnswered,
  };
}

/** Points of every lane; a request that was given up early may be missing in one of them. */
function commonPoints(): readonly Point[] {
  const [first, ...others] = lanes;
  return (first?.points ?? []).filter(({ label }) =>
    others.every(({ points }) => points.some((point) => point.label === label)),
  );
}

/** Tries every failure at every point, the lanes side by side. */
async function tryAll(): Promise<readonly Trial[]> {
  const work = commonPoints().flatMap(({ label, isReal }) =>
    failures
      .filter(({ needsServer }) => needsServer !== true || isReal)
      .map((kind) => ({ label, kind })),
  );
  const trials: Trial[] = [];
  const carryOut = async (lane: Lane, tasks: typeof work): Promise<void> => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const { label, kind } = task;
      const point = lane.points.find((own) => own.label === label);
      if (point !== undefined) trials.push(await tryOut(lane, point, kind));
    }
  };
  await Promise.all(lanes.map((lane) => carryOut(lane, work)));
  return trials;
}

describe('a failure at any one request of a run', () => {
  it(
    'never makes it say what is not so, and makes it fail only for a wrong answer',
    async () => {
      const labels = commonPoints().map(({ label }) => label);
      expect(labels).toContain('POST registry/v2/registry/app/_trust/tuf/');
      const started = performance.now();
      const trials = await tryAll();
      const failed = trials.filter(({ outcome }) => outcome.exitCode !== 0);
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(
        `${trials.length} runs in ${seconds} s, ${failed.length} of them failed:\n` +
          failed
            .map(({ what, outcome }) => `${what}: ${JSON.stringify(outcome.report)}`)
            .join('\n'),
      );
      expect(trials.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
      // What passes by itself is waited for; an answer that makes no sense is reported.
      expect(failed.filter(({ what }) => !what.startsWith(wrongAnswer))).toEqual([]);
      expect(trials.filter(({ wasHit }) => !wasHit).map(({ what }) => what)).toEqual([]);
    },
    18 * MINUTE_MS,
  );
});
