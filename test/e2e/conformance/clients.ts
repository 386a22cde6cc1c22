/** Asks the stock clients and our reader about a repository, each by its own command line. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { run, type RunResult, type Tools } from '../../stack/index.js';
import type { OurAnswer, Question } from './our-reader.js';
import type { AnyTrustServer } from './trust-server.js';
import { imageOf, type Verdict } from './verdict.js';

export type ClientName = 'docker20' | 'docker26' | 'notary' | 'ours' | 'our lookup';

/** What one client said. */
export interface Said {
  readonly verdict: Verdict;
  /** Its own words. */
  readonly words: string;
}

/** All verdicts about one repository. */
export type Verdicts = Readonly<Record<ClientName, Said>>;

/** Clients that remember what they have seen, as those of one user do. */
export interface Clients {
  /** One visit of every client. */
  visit(gun: string, tag: string): Promise<Verdicts>;
  close(): void;
}

/** Makes clients without any memory, their files below `folder`. */
export async function createClients(
  tools: Tools,
  server: AnyTrustServer,
  folder: string,
): Promise<Clients> {
  const caFile = path.join(folder, 'ca.pem');
  await writeFile(caFile, server.caPem);
  const ours = startOurs(caFile);
  const homes = new Map<string, Promise<string>>();
  const homeFor = (gun: string): Promise<string> => {
    const home = homes.get(gun) ?? makeHome(folder, server);
    homes.set(gun, home);
    return home;
  };
  return {
    async visit(gun, tag) {
      const home = await homeFor(gun);
      const [docker20, docker26, notary, answer] = await Promise.all([
        pull(tools, server, 'docker20', home, `${gun}:${tag}`),
        pull(tools, server, 'docker26', home, `${gun}:${tag}`),
        lookUp(tools, server, home, caFile, [gun, tag]),
        ours.ask({ url: `https://${server.host}`, gun, tag }),
      ]);
      return {
        docker20,
        docker26,
        notary,
        ours: { verdict: answer.pull, words: answer.words },
        'our lookup': { verdict: answer.lookup, words: answer.words },
      };
    },
    close: () => {
      ours.end();
    },
  };
}

async function makeHome(folder: string, { host, caPem }: AnyTrustServer): Promise<string> {
  const home = await mkdtemp(path.join(folder, 'home-'));
  for (const docker of ['docker20', 'docker26']) {
    const tls = path.join(home, docker, 'tls', host);
    await mkdir(tls, { recursive: true });
    await writeFile(path.join(tls, 'ca.crt'), caPem);
  }
  return home;
}

/**
 * `docker pull` with content trust. There is no engine: what the client would have it fetch is
 * printed before it asks, and that is the verdict.
 */
async function pull(
  tools: Tools,
  { host }: AnyTrustServer,
  docker: 'docker20' | 'docker26',
  home: string,
  ref: string,
): Promise<Said> {
  const result = await run(path.join(tools.dockerPath[docker], 'docker'), ['pull', ref], {
    env: {
      PATH: `${tools.dockerPath[docker]}:/usr/bin:/bin`,
      LD_LIBRARY_PATH: tools.libraries,
      HOME: home,
      DOCKER_CONFIG: path.join(home, docker),
      DOCKER_HOST: `unix://${home}/no-engine`,
      DOCKER_CONTENT_TRUST: '1',
      DOCKER_CONTENT_TRUST_SERVER: `https://${host}`,
    },
  });
  const digest = /^Pull \(1 of 1\): \S+@sha256:([0-9a-f]{64})$/m.exec(result.output)?.[1];
  return said(result, digest, [
    [/No valid trust data for/, 'unsigned'],
    [/No trust data for|no valid hash, expecting sha256|invalid digest format/, 'refused'],
    [/does not have trust data for/, 'none'],
    [/expired at/, 'expired'],
  ]);
}

async function lookUp(
  tools: Tools,
  { host }: AnyTrustServer,
  home: string,
  caFile: string,
  what: readonly string[],
): Promise<Said> {
  const options = ['-s', `https://${host}`, '-d', path.join(home, 'notary'), '--tlscacert', caFile];
  const result = await run(tools.programs.notary, [...options, 'lookup', ...what], {
    env: {
      PATH: path.dirname(tools.programs.notary),
      LD_LIBRARY_PATH: tools.libraries,
      HOME: home,
    },
  });
  const digest = /^\S+ sha256:([0-9a-f]{64}) \d+$/m.exec(result.stdout)?.[1];
  return said(result, digest, [
    [/No valid trust data for/, 'unsigned'],
    [/does not have trust data for/, 'none'],
    [/expired at/, 'expired'],
  ]);
}

function said(
  { output, exitCode }: RunResult,
  digest: string | undefined,
  meanings: readonly (readonly [RegExp, Verdict])[],
): Said {
  const words = output.trim();
  if (/^panic: |SIGSEGV/m.test(output)) return { verdict: 'crash', words };
  if (digest !== undefined) return { verdict: imageOf(digest), words };
  const [, verdict] = meanings.find(([pattern]) => pattern.test(output)) ?? [];
  // A success without a digest is a list without the one hash that counts.
  return { verdict: verdict ?? (exitCode === 0 ? 'refused' : 'invalid'), words };
}

interface OurReader {
  ask(question: Omit<Question, 'id'>): Promise<OurAnswer>;
  end(): void;
}

function startOurs(caFile: string): OurReader {
  const script = path.join(import.meta.dirname, 'our-reader.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { PATH: '/usr/bin:/bin', NODE_EXTRA_CA_CERTS: caFile },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, PromiseWithReject>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as OurAnswer;
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });
  child.once('close', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`our reader ended (${code ?? ''})`));
  });
  let asked = 0;
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const id = (asked += 1);
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, ...question })}\n`);
      }),
    end: () => child.stdin.end(),
  };
}

interface PromiseWithReject {
  readonly resolve: (answer: OurAnswer) => void;
  readonly reject: (error: Error) => void;
}
