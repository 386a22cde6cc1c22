/**
 * Networks between a program and the stack. In one of them each answer is late, whatever it took to
 * ask; in the other each round trip takes its time, so that handshakes count. A program reaches the
 * stack through its proxy, or directly: then a hosts file of its own names addresses of this machine.
 */
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackClient } from '../../test/stack/index.js';
import type { Invocation } from './measure.js';

/** A way to the stack. */
export interface Network {
  readonly delay: 'per request' | 'per round trip';
  readonly delayMs: number;
  readonly proxy: boolean;
}

/** A network that is open. */
export interface OpenNetwork {
  /** Lets a program run in this network. */
  through(invocation: Invocation): Invocation;
  close(): Promise<void>;
}

/** The hosts that programs ask. */
export interface Place {
  readonly stack: StackClient;
  readonly hosts: readonly string[];
  /** Only what names one of these is delayed. */
  readonly own: readonly string[];
}

const LOOPBACK = '127.0.0.1';

/** Why programs cannot reach the stack directly here, if they cannot. */
export function directImpossible(): string | undefined {
  return process.getuid?.() === 0
    ? undefined
    : 'only root can give a program a hosts file of its own';
}

/** Opens a network between programs and the hosts of `place`. */
export async function openNetwork(network: Network, place: Place): Promise<OpenNetwork> {
  const { delay, delayMs, proxy } = network;
  if (delay === 'per request') return delayAnswers(delayMs, place);
  const { info } = place.stack;
  const entrances = { HTTPS_PROXY: info.env.HTTPS_PROXY ?? '', notary: info.notaryProxy };
  if (proxy) {
    const links = await Promise.all([
      openLink(entrances.HTTPS_PROXY, undefined, LOOPBACK, 0, delayMs),
      openLink(entrances.notary, undefined, LOOPBACK, 0, delayMs),
    ]);
    const [main, notary] = links.map(addressOf);
    return {
      through: (invocation) => {
        const isNotary = invocation.env.HTTPS_PROXY === entrances.notary;
        const address = isNotary ? notary : main;
        const env = { ...invocation.env, HTTPS_PROXY: `http://${address}` };
        return { ...invocation, env };
      },
      close: () => closeAll(links),
    };
  }
  return openDirect(entrances, place, delayMs);
}

/** Has the front answer late. */
async function delayAnswers(delayMs: number, { stack, own }: Place): Promise<OpenNetwork> {
  const target = `(?:${own.join('|')})`;
  if (delayMs > 0) {
    await stack.failNext({ target, times: 1_000_000, failure: { kind: 'delay', delayMs } });
  }
  return {
    through: (invocation) => invocation,
    close: async () => {
      await stack.takeBackFaults(target);
    },
  };
}

/** Gives each host an address of its own; a mount of the program's own lets it find them. */
async function openDirect(
  entrances: { readonly HTTPS_PROXY: string; readonly notary: string },
  { stack, hosts }: Place,
  delayMs: number,
): Promise<OpenNetwork> {
  const { folder } = stack.info;
  const servers: Server[] = [];
  const files = new Map<string, string>();
  for (const [index, entrance] of [entrances.HTTPS_PROXY, entrances.notary].entries()) {
    const lines = ['127.0.0.1 localhost'];
    for (const [position, host] of hosts.entries()) {
      const address = `127.88.${index}.${position + 1}`;
      servers.push(await openLink(entrance, host, address, 443, delayMs));
      lines.push(`${address} ${host}`);
    }
    const file = path.join(folder, `hosts-${index}`);
    await writeFile(file, `${lines.join('\n')}\n`);
    files.set(entrance, file);
  }
  return {
    through: ({ file, args, env, ...rest }) => {
      const { HTTPS_PROXY = '', ...others } = env;
      const hostsFile = files.get(HTTPS_PROXY) ?? files.get(entrances.HTTPS_PROXY) ?? '';
      const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
      return {
        ...rest,
        env: others,
        file: '/usr/bin/unshare',
        args: ['--mount', '--propagation', 'private', 'sh', '-c', script, hostsFile, file, ...args],
      };
    },
    close: () => closeAll(servers),
  };
}

/**
 * Listens, and hands everything on to a proxy after half of a round trip each way. The first bytes
 * wait for a whole one: so long it takes to connect.
 * @param host the only one that is reached, where the client does not know of the proxy.
 */
async function openLink(
  proxy: string,
  host: string | undefined,
  address: string,
  port: number,
  roundTripMs: number,
): Promise<Server> {
  const { hostname, port: proxyPort } = new URL(proxy);
  const server = createServer((client) => {
    const upstream = connect(Number(proxyPort), hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
    }
    if (host !== undefined) upstream.write(`CONNECT ${host}:443 HTTP/1.1\r\n\r\n`);
    handOn(client, upstream, roundTripMs / 2, performance.now() + roundTripMs);
    if (host === undefined) handOn(upstream, client, roundTripMs / 2, 0);
    else
      upstream.once('data', () => {
        handOn(upstream, client, roundTripMs / 2, 0);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return server;
}

/** Writes each piece `ms` after it came, and none before `earliest`; then the end. */
function handOn(from: Socket, to: Socket, ms: number, earliest: number): void {
  // In turn, because timers that end in the same millisecond need not.
  let turn: Promise<unknown> = Promise.resolve();
  const later = (act: () => void): void => {
    const at = Math.max(performance.now(), earliest) + ms;
    turn = turn.then(() => sleep(Math.max(at - performance.now(), 0))).then(act);
  };
  from.on('data', (piece: Buffer) => {
    later(() => to.write(piece));
  });
  from.on('end', () => {
    later(() => to.end());
  });
}

function addressOf(server: Server): string {
  return `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise((done) => {
          server.close(done);
        }),
    ),
  );
}
