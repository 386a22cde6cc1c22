/** Trust data that cannot be believed, and trust servers that are down, refuse or talk nonsense. */
import { describe, expect, it } from 'vitest';
import type { FrontFault } from '../../stack/index.js';
import type { BuildOptions, RepositoryBuilder } from '../../trust/repository-builder.js';
import { anyText, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { readReport } from '../main-job/reported.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import type { ProductHost, ProductResult } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';
import { expectRefused, type Expected, type FailingRun, type Reach } from './refused.js';
import { anHourAgo, serve, soundRepository } from './served.js';

const { stack, scenario, gunOf } = await setUp();
const context = await stack.makeImageContext('trust data');

const everywhere: readonly ProductHost[] = ['action', 'task', 'cli'];
const trustPath = (repository: string) =>
  `${scenario.registry.loginServer}/v2/${gunOf(repository)}/_trust/tuf/`;

async function refuse(
  { inputs, ...options }: Partial<FailingRun>,
  expected: Expected,
  reach: Reach = {},
): Promise<ProductResult> {
  return expectRefused(
    scenario,
    {
      docker: 'docker20',
      inputs: {
        repository: scenario.repository(),
        tags: '1.0',
        context,
        ...(await makeKeys(scenario)),
        ...inputs,
      },
      ...options,
    },
    expected,
    reach,
  );
}

interface Flaw extends Expected {
  readonly title: string;
  readonly spoil: (repository: RepositoryBuilder) => BuildOptions | undefined;
  readonly hosts?: readonly ProductHost[];
  readonly inputs?: Readonly<Record<string, string>>;
}

const expires = (role: string) => new RegExp(`has expired: ${role} expired at 20\\d\\d-`);
const damaged = /Do not use images that depend on this data/;

const flaws: readonly Flaw[] = [
  {
    title: 'an expired root',
    spoil: ({ root }) => void (root.expires = anHourAgo()),
    code: 'TRUST_DATA_EXPIRED',
    message: expires('root'),
    remedy: /The owner of the root key must renew the root/,
  },
  {
    title: 'expired targets',
    spoil: ({ targetsRole }) => void (targetsRole.expires = anHourAgo()),
    code: 'TRUST_DATA_EXPIRED',
    message: expires('targets'),
    remedy: /The holder of the repository key must renew targets/,
    hosts: everywhere,
  },
  {
    title: 'an expired snapshot',
    spoil: ({ snapshot }) => void (snapshot.expires = anHourAgo()),
    code: 'TRUST_DATA_EXPIRED',
    message: expires('snapshot'),
    remedy: /The server renews the snapshot on request/,
  },
  {
    title: 'an expired timestamp',
    spoil: ({ timestamp }) => void (timestamp.expires = anHourAgo()),
    code: 'TRUST_DATA_EXPIRED',
    message: expires('timestamp'),
    remedy: /The server renews the timestamp on request/,
  },
  ...(['root', 'timestamp', 'snapshot', 'targets'] as const).map((role): Flaw => ({
    title: `a signature of ${role} that does not fit`,
    spoil: () => ({ wire: { [role]: (text) => text.replace(/"version":\d+/, '"version":9') } }),
    code: 'TRUST_DATA_INVALID',
    message: new RegExp(`is invalid: ${role}: `),
    remedy: damaged,
    ...(role === 'targets' && { hosts: everywhere }),
  })),
  {
    title: 'targets signed by another key',
    spoil: ({ snapshot }) => ({ signers: { targets: snapshot.keys } }),
    code: 'TRUST_DATA_INVALID',
    message: /is invalid: targets: /,
    remedy: damaged,
  },
  {
    title: 'a timestamp that is not JSON to its end',
    spoil: () => ({ wire: { timestamp: (text) => text.slice(0, -40) } }),
    code: 'TRUST_DATA_INVALID',
    message: /is invalid: timestamp: /,
    remedy: damaged,
  },
  {
    title: 'a root that is HTML',
    spoil: () => ({ wire: { root: () => '<html><body>Sign in to the network</body></html>' } }),
    code: 'TRUST_SERVER_UNREACHABLE',
    message: /could not serve root for \S+ \(200: a web page/,
    remedy: /Check the trust server address, the network path/,
  },
  {
    title: 'a timestamp without end',
    spoil: () => ({ wire: { timestamp: (text) => text + ' '.repeat(2 * 1024 * 1024) } }),
    code: 'TRUST_DATA_INVALID',
    message: /sent more than allowed when asked to serve timestamp/,
    remedy: /longer than their parent states are rejected/,
  },
  {
    title: 'a root that is not the pinned one',
    spoil: () => undefined,
    inputs: { 'trust-pin': 'ab'.repeat(32) },
    code: 'TRUST_PIN_MISMATCH',
    message: /is not the pinned one: root: expected .*(ab){32}.*, found/,
    remedy: /change the pin\. Otherwise treat it as an attack/,
    hosts: everywhere,
  },
  {
    title: 'a root that is not of the pinned certificate',
    spoil: () => undefined,
    inputs: { 'trust-pin': `sha256:${'cd'.repeat(32)}` },
    code: 'TRUST_PIN_MISMATCH',
    message: /is not the pinned one: root: expected .*(cd){32}/,
    remedy: /treat it as an attack/,
  },
];

const runs = flaws.flatMap(({ hosts = ['cli'], ...rest }) =>
  hosts.map((host) => ({ host, ...rest })),
);

describe('trust data that cannot be believed', () => {
  it.concurrent.each(runs)('stops the run on the $host: $title', async (flaw) => {
    const repository = scenario.repository();
    const collection = soundRepository(gunOf(repository));
    await serve(stack, collection, flaw.spoil(collection));
    const mark = await stack.requestMark();
    await refuse({ host: flaw.host, inputs: { repository, ...flaw.inputs } }, flaw);
    const posts = { since: mark, matching: `^POST ${trustPath(repository)}` };
    expect(await stack.requests(posts)).toEqual([]);
  });

  it.concurrent('stops a run whose pin is the wrong key of the vault', async () => {
    const repository = scenario.repository();
    await serve(stack, soundRepository(gunOf(repository)));
    await refuse(
      { inputs: { repository, 'trust-pin': await scenario.vault.key() } },
      {
        code: 'TRUST_PIN_MISMATCH',
        message: /is not the pinned one: root: expected /,
        remedy: /change the pin/,
      },
    );
  });
});

/** Answers of a trust server that is not well, to everything. */
const illnesses: readonly (Omit<Expected, 'code' | 'remedy'> & {
  readonly title: string;
  /** Default: to look at the way to the server. */
  readonly remedy?: RegExp;
  readonly failure: FrontFault['failure'];
  readonly hosts?: readonly ProductHost[];
})[] = [
  {
    title: 'cuts connections',
    failure: { kind: 'cut' },
    message: /the trust server reg\w+\.azurecr\.io could not be reached to serve /,
    hosts: everywhere,
  },
  {
    title: 'is out of service',
    failure: { kind: 'answer', status: 503, body: 'try later' },
    message: /could not serve \S+ .*\(503: try later\)/,
    remedy: /Wait some minutes, then run the step again/,
  },
  {
    title: 'hides behind a gateway',
    failure: {
      kind: 'answer',
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><h1>Bad gateway</h1></html>',
    },
    message: /could not serve \S+ .*\(502: a web page/,
  },
  {
    title: 'answers with a web page',
    failure: {
      kind: 'answer',
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<!doctype html><title>Welcome</title>',
    },
    message: /could not serve \S+ .*\(200: a web page/,
  },
];

describe('a trust server that', () => {
  const cases = illnesses.flatMap(({ hosts = ['cli'], ...rest }) =>
    hosts.map((host) => ({ host, ...rest })),
  );
  it.concurrent.each(cases)('$title stops the run on the $host', async (illness) => {
    const repository = scenario.repository();
    const { failure, host, message } = illness;
    const { remedy = /Check the trust server address, the network path/ } = illness;
    await stack.failNext({ target: trustPath(repository), times: 1000, failure });
    await refuse(
      { host, inputs: { repository } },
      { code: 'TRUST_SERVER_UNREACHABLE', message, remedy },
    );
  });

  it.concurrent('is not there stops the run', async () => {
    await refuse(
      { inputs: { 'trust-server': 'https://notary.contoso.example' } },
      {
        code: 'TRUST_SERVER_UNREACHABLE',
        message: /the trust server notary\.contoso\.example gave no login to serve /,
        remedy: /Check the trust server address/,
      },
    );
  });
});

describe('a publish that', () => {
  /** A repository that is initialised, and whose key signs the next tag. */
  const initialised = async () => {
    const repository = scenario.repository();
    await pushByDocker(scenario, repository, '0.9');
    const keys = {
      ...(await makeKeys(scenario)),
    };
    const inputs = { command: 'sign', repository, tags: '0.9', ...keys };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    return { repository, 'signing-key': keys['signing-key'] };
  };

  const unsigned = /The registry holds \S+:1\.0, and this run has not signed it/;
  const unknown = /It is not known whether \S+:1\.0 is signed\./;

  const answer = (status: number, code: string): FrontFault['failure'] => ({
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message: 'as the server puts it' }] }),
  });

  it.concurrent.each([
    {
      title: 'is refused with 400',
      failure: answer(400, 'INVALID_UPDATE'),
      code: 'TRUST_SERVER_REJECTED',
      state: 'unsigned',
      words: /rejected the update of \S+ \(400: .*as the server puts it\)/,
    },
    {
      title: 'fails with 500 each time',
      failure: answer(500, 'UNKNOWN'),
      code: 'TRUST_SERVER_UNREACHABLE',
      state: 'signing-unknown',
      words: /could not accept trust data for \S+ \(500: .*as the server puts it\)/,
    },
    {
      title: 'is refused with 401, as after a role was taken away',
      failure: answer(401, 'UNAUTHORIZED'),
      code: 'SIGNER_NOT_AUTHORIZED',
      state: 'unsigned',
      words: /refuses to accept trust data for \S+/,
    },
  ] as const)('$title: says which tag is $state', async ({ failure, code, state, words }) => {
    const inputs = await initialised();
    const { repository } = inputs;
    const { trust } = (await stateOf(scenario, repository)) as { trust: unknown };
    await stack.failNext({ target: trustPath(repository), method: 'POST', times: 1000, failure });
    const result = await refuse(
      { inputs },
      {
        code,
        message: new RegExp(
          `${words.source}[^]*${(state === 'unsigned' ? unsigned : unknown).source}`,
        ),
        remedy: state === 'unsigned' ? /\w/ : /See what is signed: acr-content-trust inspect /,
        outputs: { digest: anyText },
      },
      { builds: true, changes: true },
    );
    expect(await stateOf(scenario, repository)).toEqual({ trust, tags: ['0.9', '1.0'] });
    const { pushed, tags } = await readReport(result);
    const manifest = await stack.manifest(repository, '1.0');
    expect(pushed).toBe('yes');
    expect(tags).toMatchObject([{ tag: '1.0', digest: manifest?.digest, signed: false, state }]);
  });

  it.concurrent.each(everywhere)(
    'initialises, and is refused on the %s: nothing but the tag is there',
    async (host) => {
      const repository = scenario.repository();
      const failure = answer(400, 'INVALID_UPDATE');
      await stack.failNext({ target: trustPath(repository), method: 'POST', times: 1000, failure });
      await refuse(
        { host, inputs: { repository } },
        {
          code: 'TRUST_SERVER_REJECTED',
          message: unsigned,
          remedy: /\w/,
          outputs: { digest: anyText },
        },
        { builds: true, changes: true },
      );
      expect(await stateOf(scenario, repository)).toEqual({ trust: {}, tags: ['1.0'] });
    },
  );

  it.concurrent(
    'took effect although its answer was lost counts as one that was signed',
    async () => {
      const { repository, 'signing-key': key } = await initialised();
      const failure = { kind: 'cut', afterServer: true } as const;
      await stack.failNext({ target: trustPath(repository), method: 'POST', failure });
      const result = await scenario.run({
        host: 'cli',
        docker: 'docker20',
        inputs: { repository, tags: '1.0', context, 'signing-key': key },
      });
      expectSuccess(result);
      const digest = result.outputs.digest ?? '';
      await expectSigned(scenario, repository, { tags: ['1.0'], digest });
    },
  );

  it.concurrent('is accepted, but reads back as something else, is no signature', async () => {
    const inputs = await initialised();
    const { repository } = inputs;
    const before = (await stateOf(scenario, repository)) as { trust: Record<string, string> };
    // The server says yes to everything and keeps nothing.
    const failure = { kind: 'answer', status: 200, body: '' } as const;
    await stack.failNext({ target: trustPath(repository), method: 'POST', times: 1000, failure });
    await refuse(
      { inputs },
      {
        code: 'READ_BACK_FAILED',
        message: new RegExp(
          `serves trust data that differs from what was signed: [^]*${unknown.source}`,
        ),
        remedy: /Do not rely on these tags/,
        outputs: { digest: anyText },
      },
      { builds: true, changes: true },
    );
    const after = { trust: before.trust, tags: ['0.9', '1.0'] };
    expect(await stateOf(scenario, repository)).toEqual(after);
  });

  it.concurrent('failed does not stand in the way of the next run', async () => {
    const repository = scenario.repository();
    const inputs = {
      repository,
      tags: '1.0',
      context,
      ...(await makeKeys(scenario)),
    };
    const failure = answer(400, 'INVALID_UPDATE');
    await stack.failNext({ target: trustPath(repository), method: 'POST', failure });
    const failed = await scenario.run({ host: 'cli', docker: 'docker20', inputs });
    expect(failed.exitCode, failed.output).toBe(1);
    expectSuccess(await scenario.run({ host: 'cli', docker: 'docker20', inputs }));
  });
});
