/**
 * A vault's answer that holds a secret and is cut or altered on its way. Every host says that the
 * answer cannot be read; nothing that it prints, writes or leaves has a trace of the secret, debug
 * output included. Not even a host's own mask command has one: what was read wrongly was not read.
 */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../expectations.js';
import { removeRun, type ProductHost, type ProductResult } from '../product.js';
import { newPrivateKey } from '../scenario.js';
import { setUp } from '../set-up.js';
import type { FrontFault } from '../../stack/index.js';
import type { Trace } from './forms.js';
import { filesBelow } from './recorder.js';

const { stack, scenario } = await setUp();
const repository = scenario.repository();
const FOR_GOOD = 1000;

interface Alteration {
  readonly how: string;
  readonly failure: Omit<Extract<FrontFault['failure'], { kind: 'alter' }>, 'kind'>;
}

const alterations: readonly Alteration[] = [
  {
    how: 'cut in the middle of the secret',
    failure: { pattern: '("value":".{30}).*', replacement: '$1' },
  },
  { how: 'cut before its last character', failure: { pattern: '.$', replacement: '' } },
  { how: 'with something behind it', failure: { pattern: '$', replacement: '<script>x</script>' } },
  { how: 'with a byte order mark', failure: { pattern: '^', replacement: '\ufeff' } },
  {
    how: 'in a web page',
    failure: {
      pattern: '^.*$',
      replacement: '<html><body>$&</body></html>',
      contentType: 'text/html',
    },
  },
  {
    how: 'with the secret in a list',
    failure: { pattern: '"value":("(?:[^"\\\\]|\\\\.)*")', replacement: '"value":[$1]' },
  },
];

interface Trial {
  readonly secret: string;
  readonly result: ProductResult;
  readonly traces: readonly Trace[];
  readonly requests: number;
}

const hosts: readonly ProductHost[] = ['action', 'task', 'cli'];
const trials = new Map<string, Trial>();
const nameOf = (host: ProductHost, how: string): string => `${host}: ${how}`;

/** A run that opens a key from a vault, with the answer to one of its two secrets altered. */
async function tryOut(
  host: ProductHost,
  what: 'private key' | 'passphrase',
  { failure }: Alteration,
): Promise<Trial> {
  const passphrase = randomBytes(48).toString('base64');
  const key = newPrivateKey();
  const secret = what === 'passphrase' ? passphrase : key;
  const references = {
    'signing-key': await scenario.vault.secret(
      what === 'passphrase' ? encrypted(key, passphrase) : key,
    ),
    ...(what === 'passphrase' && {
      'signing-key-passphrase': await scenario.vault.secret(passphrase),
    }),
  };
  const target = `${(Object.values(references).at(-1) ?? '').replace('https://', '')}(/|\\?|$)`;
  await stack.failNext({ target, times: FOR_GOOD, failure: { kind: 'alter', ...failure } });
  const result = await scenario.run({
    host,
    debug: true,
    inputs: { command: 'sign', repository, tags: '1', ...references },
  });
  const left = await stack.takeBackFaults(target);
  const traces = [
    { where: 'standard output', text: result.stdout },
    { where: 'standard error', text: result.stderr },
    { where: 'outputs', text: JSON.stringify(result.outputs) },
    { where: 'summary', text: result.summary },
    ...(await filesBelow(result.folder)),
  ];
  await removeRun(result);
  return { secret, result, traces, requests: FOR_GOOD - left };
}

function encrypted(pem: string, passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(pem).export(options).toString();
}

/** Where any 12 characters of a line of the secret are. */
function leaksOf(secret: string, traces: readonly Trace[]): readonly string[] {
  const lines = secret.split('\n').filter((line) => !line.startsWith('-----'));
  const pieces = lines.flatMap((line) =>
    Array.from({ length: Math.max(0, line.length - 11) }, (_, at) => line.slice(at, at + 12)),
  );
  return traces
    .filter(({ text }) => pieces.some((piece) => text.includes(piece)))
    .map(({ where }) => where);
}

/** Each host with each alteration, and with both secrets; each alteration of both. */
const work = hosts.flatMap((host, row) =>
  alterations.map((alteration, column) => ({
    host,
    alteration,
    what: (row + column) % 2 === 0 ? ('private key' as const) : ('passphrase' as const),
  })),
);

beforeAll(async () => {
  await stack.storeImage(repository, ['1'], repository);
  const left = [...work];
  const carryOut = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { host, what, alteration } = next;
      trials.set(nameOf(host, alteration.how), await tryOut(host, what, alteration));
    }
  };
  // They spend most of their time waiting before they ask again.
  await Promise.all(Array.from({ length: 6 }, carryOut));
});

describe.each(work)(
  'a vault that answers the $host with a $what $alteration.how',
  ({ host, alteration }) => {
    it('fails the run without a trace of it', () => {
      const trial = trials.get(nameOf(host, alteration.how));
      if (trial === undefined) throw new Error('this was not tried');
      const { secret, result, traces, requests } = trial;
      // No challenge is asked for first: the one answer may be all there is.
      expect(requests).toBeGreaterThan(0);
      expectFailure(result, { code: 'VAULT_FAILED', message: /its response is not readable/ });
      expect(leaksOf(secret, traces)).toEqual([]);
      const reports = traces.filter(({ where }) => /report.*\.json$/.test(where));
      expect(reports.map(({ text }) => text).join()).toContain('its response is not readable');
      // The search finds what is there.
      const piece = secret.slice(40, 60);
      expect(leaksOf(secret, [{ where: 'here', text: `x${piece}x` }])).toEqual(['here']);
    });
  },
);
