/**
 * A server that refuses a command in words that repeat the secrets of the run: whatever the command
 * writes, whole or in part, however escaped, none of them is in it.
 */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames, type CommandName } from '../../../src/commands/index.js';
import { findLeaks } from '../../e2e/secrets/forms.js';
import { runToldCommand, type Told } from './run-command.js';
import { inputsFor, met, passphrase, prepareFolder, setUpEcho, type SetUp } from './set-up.js';
import { startEchoScenario, type EchoScenario, type Server } from './scenario.js';

/** Those that fail otherwise do so before there is anything to report. */
const reportingFailures: readonly CommandName[] = [
  'buildAndPush',
  'push',
  'sign',
  'verify',
  'inspect',
  'promote',
  'keysInit',
  'keysImport',
  'keysRestore',
  'keysRotate',
  'keysStatus',
  'keysRecover',
  'signersList',
  'signersAdd',
  'signersRemove',
  'trustDelete',
];

const marker = 'repeats what it knows:';

let scenario: EchoScenario;
let setUp: SetUp;

beforeAll(async () => {
  scenario = await startEchoScenario();
  setUp = await setUpEcho(scenario);
});

afterAll(async () => {
  await rm(setUp.backup, { recursive: true });
  await scenario.close();
});

const inHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A secret as servers write it: as it is, escaped once and twice, and in other alphabets. */
function formsIn(secret: string): readonly string[] {
  return [
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    inHtml(secret),
    inJson(inHtml(secret)),
    encodeURIComponent(secret),
    Buffer.from(`user:${secret}`).toString('base64'),
    Array.from(secret, (character) => `&#x${character.charCodeAt(0).toString(16)};`).join(''),
  ];
}

/** The refusals of all services in one: each of them reads its own. */
function refusal(words: string): { readonly contentType: string; readonly body: string } {
  const body = {
    errors: [{ code: 'DENIED', message: words }],
    error: { code: 'Forbidden', message: words },
  };
  return { contentType: 'application/json', body: JSON.stringify(body) };
}

function ofEntra(words: string): { readonly contentType: string; readonly body: string } {
  const body = { error: 'invalid_client', error_description: `AADSTS7000215: ${words}` };
  return { contentType: 'application/json', body: JSON.stringify(body) };
}

/** What a server says: the passphrase in every form and cut, or the other secrets and the request. */
function wordsOf(server: Server, said: string): string {
  if (['vault', 'trust server', 'Docker'].includes(server)) {
    // Wherever it is cut, it is in a passphrase.
    return `${marker} ${formsIn(passphrase).join(' ')} ${`${passphrase} `.repeat(20)}`;
  }
  return `${marker} ${passphrase} ${setUp.clientSecret} ${said}`;
}

async function runRefused(command: CommandName, server: Server): Promise<Told> {
  scenario.refuse(server, (said) => {
    const words = wordsOf(server, said);
    return server === 'Entra ID' ? ofEntra(words) : refusal(words);
  });
  const told = await runToldCommand(command, inputsFor(command, setUp), scenario, prepareFolder);
  expect(scenario.refused(), told.all).toBeGreaterThan(0);
  scenario.refuse();
  return told;
}

const cases = commandNames.flatMap((command) =>
  (['Entra ID', ...met[command]] as const).map((server) => ({ command, server })),
);

/** Where the words of a server came through, without the secrets in them. */
const quoted = new Map<CommandName, Set<string>>();

/** Letters and digits of the passphrase, which no escape changes. */
const runs = passphrase.match(/[A-Za-z0-9]{5,}/g) ?? [];

/** Where a piece of a secret is. */
async function leaksIn({ traces }: Told): Promise<readonly string[]> {
  const secrets = [
    { name: 'passphrase', value: passphrase },
    { name: 'client secret', value: setUp.clientSecret },
    ...runs.map((value) => ({ name: 'a part of the passphrase', value })),
  ];
  const plain = traces.map(({ where, text }) => ({ where, text: withoutNumbers(text) }));
  const tokens = [...(await scenario.control.issuedTokens()), setUp.clientSecret];
  const pieces = new Set(
    tokens.flatMap((token) => {
      // The first part of a token is the same in all of them, and public.
      const secret = token.slice(token.lastIndexOf('.') + 1);
      return Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12));
    }),
  );
  const ofTokens = traces.filter(({ text }) => hasPiece(text, pieces));
  return [
    ...findLeaks(secrets, [...traces, ...plain]),
    ...ofTokens.map(({ where }) => `a piece of a token in ${where}`),
  ];
}

function withoutNumbers(text: string): string {
  return text
    .replaceAll('&amp;', '&')
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)));
}

function hasPiece(text: string, pieces: ReadonlySet<string>): boolean {
  return (text.match(/[\w~.+/-]{12,}/g) ?? []).some((word) =>
    Array.from({ length: word.length - 11 }, (_, at) => word.slice(at, at + 12)).some((piece) =>
      pieces.has(piece),
    ),
  );
}

describe.each(cases)('$command, refused by the $server that it meets', ({ command, server }) => {
  it('writes none of the secrets that are repeated to it', async () => {
    const told = await runRefused(command, server);
    expect(await leaksIn(told)).toEqual([]);
    const found = quoted.get(command) ?? new Set();
    quoted.set(command, found);
    for (const { where, text } of told.traces) if (text.includes(marker)) found.add(where);
  });
});

describe('after all these runs', () => {
  it.each(commandNames)('the words of a server have come through in what %s says', (command) => {
    expect([...(quoted.get(command) ?? [])]).toEqual(
      expect.arrayContaining(['standard output', 'standard error']),
    );
  });

  it('they have in the reports of the commands that write one for such a failure', () => {
    const reporting = commandNames.filter((command) => quoted.get(command)?.has('report.json'));
    expect(reporting).toEqual(expect.arrayContaining([...reportingFailures]));
  });
});
