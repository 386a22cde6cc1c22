/**
 * Answers one request to an emulated host: faults first, then by host and path the emulated
 * Azure, docker-registry or notary-server. Decides nothing about rights.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { alterAnswer } from './alter-answer.js';
import type { FrontFaults } from './faults.js';
import { isRegistry } from './hosts.js';
import { createReferrers, type Referrers } from './referrers.js';
import type { FrontLog } from './request-log.js';
import { createNamedTurns, createTurns, type Turns } from './turns.js';
import type { EmulatedHosts } from './types.js';
import { forward, type OnTheWay, type Upstream } from './upstream.js';

/** The real servers behind the registries' names; functions, because a restart may move them. */
export interface Upstreams {
  registry(): Upstream;
  notary(): Upstream;
}

export interface RouterParts {
  readonly emulator: EmulatedHosts;
  readonly upstreams: Upstreams;
  readonly log: FrontLog;
  readonly faults: FrontFaults;
  /** Takes a line for each request that a real server does not answer. */
  readonly onUnanswered: (line: string) => void;
}

const TRUST_PATH = /^\/v2\/.+\/_trust\//;
const REPOSITORY = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//;

/** The real service's words are not known; the status is what a registry says of a missing path. */
const TRUST_IS_OFF = JSON.stringify({
  errors: [{ code: 'NOT_FOUND', message: 'content trust is not enabled for this registry' }],
});

/** Makes the listener for all decrypted requests. */
export function createRouter(parts: RouterParts): RequestListener {
  const state = {
    notaryTurns: createTurns(),
    repositoryTurns: createNamedTurns(),
    referrers: createReferrers(),
    connections: createConnections(),
  };
  return (req, res) => {
    answer(parts, state, req, res).catch((error: unknown) => {
      res.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };
}

interface State {
  readonly notaryTurns: Turns;
  readonly repositoryTurns: (name: string) => Turns;
  readonly referrers: Referrers;
  readonly connections: Connections;
}

/** Numbers connections, from 1. */
interface Connections {
  numberOf(socket: Socket): number;
}

function createConnections(): Connections {
  const numbers = new WeakMap<Socket, number>();
  let count = 0;
  return {
    numberOf(socket) {
      const number = numbers.get(socket) ?? (count += 1);
      numbers.set(socket, number);
      return number;
    },
  };
}

async function answer(
  { emulator, upstreams, log, faults, onUnanswered }: RouterParts,
  { notaryTurns, repositoryTurns, referrers, connections }: State,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const host = (req.headers.host ?? '').toLowerCase().replace(/:443$/, '');
  const { method = 'GET', url = '/' } = req;
  const startedMs = performance.now();
  const connection = connections.numberOf(req.socket);
  let finishedMs: number | undefined;
  res.once('finish', () => {
    finishedMs = performance.now();
  });
  res.once('close', () => {
    const status = res.writableFinished ? res.statusCode : 0;
    const userAgent = req.headers['user-agent'] ?? '';
    const endedMs = finishedMs ?? performance.now();
    log.add({ host, method, path: url, status, userAgent, startedMs, endedMs, connection });
  });
  const failure = faults.take(method, host, url);
  const cutAfterServer = failure?.kind === 'cut' && failure.afterServer === true;
  const cut = cutAfterServer ? 'answer' : failure?.kind === 'truncate' ? 'half' : undefined;
  if (failure?.kind === 'cut' && !cutAfterServer) {
    req.socket.destroy();
    return;
  }
  if (failure?.kind === 'answer') {
    say(req, res, failure.status, failure.body ?? '', failure.headers);
    return;
  }
  if (failure?.kind === 'alter') alterAnswer(res, failure);
  if (failure?.kind === 'delay') await sleep(failure.delayMs);
  if (failure?.kind === 'hold') await faults.hold(failure.name);
  const pass = (upstream: Upstream, onAnswer?: OnTheWay['onAnswer']) => {
    const onFailure = (reason: string) => {
      onUnanswered(`${method} ${host}${url.split('?')[0] ?? ''} got no answer: ${reason}`);
    };
    forward(upstream, host, req, res, { cut, onAnswer, onFailure });
  };
  if (!isRegistry(host)) {
    if (!emulator.handle(host, req, res)) say(req, res, 404, `no host ${host} in the test stack\n`);
  } else if (url.startsWith('/oauth2/')) emulator.handleRegistryAuth(host, req, res);
  else if (!TRUST_PATH.test(url)) {
    const registry = upstreams.registry();
    const start = () => {
      if (!emulator.referrersAvailable(host)) pass(registry);
      else if (!referrers.list(registry, host, req, res, cut)) {
        pass(registry, referrers.watch(host, req));
      }
    };
    const repository = REPOSITORY.exec(url)?.[1];
    // What is sent of a layer (PATCH) is nowhere to be seen before the upload is closed (PUT).
    if (repository === undefined || method === 'PATCH') start();
    else {
      const isRead = method === 'GET' || method === 'HEAD';
      await repositoryTurns(repository)(isRead ? 'shared' : 'alone', res, start);
    }
  } else if (emulator.trustAvailable(host)) {
    await notaryTurns('alone', res, () => {
      pass(upstreams.notary());
    });
  } else say(req, res, 404, TRUST_IS_OFF, { 'content-type': 'application/json; charset=utf-8' });
}

function say(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  req.resume();
  res.writeHead(status, { ...headers });
  res.end(body);
}
