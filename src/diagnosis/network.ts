/** Checks of the network: is each host reached, how, and does it have the same time? */
import { lookup } from 'node:dns/promises';
import {
  HttpError,
  isPrivateAddress,
  readProxies,
  type HttpClient,
  type ProxyEnvironment,
} from '../http/index.js';
import { TrustError, type ErrorCode } from '../errors.js';
import { limits } from '../limits.js';
import type { Clock } from '../ports.js';
import { startInBackground } from '../concurrency.js';
import { NotSeen, pass, warn, type Check, type Observation } from './check.js';

/** A host that the run talks to. */
export interface Host {
  readonly host: string;
  /** What it is, such as `Microsoft Entra ID`. */
  readonly what: string;
  /** What a run ends with that does not reach it; undefined for a host that runs can do without. */
  readonly code: ErrorCode | undefined;
  /** A path that answers anybody; whatever it answers will do. Default: `/`. */
  readonly path?: string;
}

/** What asks. */
interface Asking {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The addresses of a host by this machine's name server; undefined where a proxy resolves it. */
  readonly resolve: (host: string) => Promise<readonly string[] | undefined>;
  /** The proxy before a host, if there is one. */
  readonly proxyOf: (host: string) => string | undefined;
}

/** One check for each host, and one of the clock for all. */
export function networkChecks(hosts: readonly Host[], asking: Asking): readonly Check[] {
  const asked = hosts.map((host) => ({ host, answer: startInBackground(ask(host, asking)) }));
  return [
    ...asked.map(({ host, answer }): Check => ({
      area: 'surroundings',
      check: 'network',
      subject: host.host,
      onError: host.code === undefined ? 'warn' : 'fail',
      look: async () => {
        const { ms, status, addresses } = await answer;
        const said = `${host.what} answers (status ${status}) in ${ms} ms`;
        return pass(`${said}${describePrivate(addresses)}`, { facts: { addresses } });
      },
    })),
    {
      area: 'surroundings',
      check: 'clock',
      look: async () => {
        const settled = await Promise.allSettled(asked.map(({ answer }) => answer));
        return judgeClock(
          settled.flatMap((one) => (one.status === 'fulfilled' ? (one.value.skewMs ?? []) : [])),
        );
      },
    },
  ];
}

interface Answer {
  readonly ms: number;
  readonly status: number;
  /** How far this machine's clock is ahead of the server's. */
  readonly skewMs: number | undefined;
  readonly addresses: readonly string[] | undefined;
}

async function ask(
  { host, what, code, path = '/' }: Host,
  { http, clock, signal, resolve, proxyOf }: Asking,
): Promise<Answer> {
  // What has no address is not reached either, and the request says why.
  const resolved = resolve(host).catch(() => undefined);
  const began = clock().getTime();
  const started = performance.now();
  try {
    const answer = await http({
      method: 'GET',
      url: `https://${host}${path}`,
      maxBytes: limits.tokenBytes,
      timeoutMs: limits.httpTryMs,
      retry: false,
      signal,
    });
    const ms = Math.round(performance.now() - started);
    const date = Date.parse(answer.header('date') ?? '');
    // The header has whole seconds, cut off.
    const skewMs = Number.isNaN(date) ? undefined : began + ms / 2 - (date + 500);
    return { ms, status: answer.status, skewMs, addresses: await resolved };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.kind === 'aborted') {
      throw new TrustError('INTERRUPTED', 'The checks were cancelled', { remedy: 'Run again.' });
    }
    // An answer that is too long is one.
    if (error.kind === 'too-large' || error.kind === 'unreadable') {
      const ms = Math.round(performance.now() - started);
      return { ms, status: 200, skewMs: undefined, addresses: await resolved };
    }
    const at = describePrivate(await resolved);
    const reach = { code, isPrivate: at !== '', proxy: proxyOf(host) };
    throw new TrustError(code ?? 'UNEXPECTED', `${what} is not reached: ${error.message}${at}`, {
      remedy: remedyFor(host, error, reach),
      cause: error,
    });
  }
}

/** The proxy before a host, as the variables of this machine have it. */
export function proxyIn(environment: ProxyEnvironment): (host: string) => string | undefined {
  const proxyFor = readProxies(environment);
  return (host) => proxyFor(new URL(`https://${host}/`))?.label;
}

/** The addresses of a host as this machine resolves it; undefined where that is up to a proxy. */
export function addressesOf(
  environment: ProxyEnvironment,
): (host: string) => Promise<readonly string[] | undefined> {
  const proxyOf = proxyIn(environment);
  return async (host) => {
    if (proxyOf(host) !== undefined) return undefined;
    const found = await lookup(new URL(`https://${host}/`).hostname, { all: true });
    return found.map(({ address }) => address);
  };
}

/** Whether a host is at a private address, as behind a private endpoint; nothing where nobody knows. */
function describePrivate(addresses: readonly string[] = []): string {
  const address = addresses.find(isPrivateAddress);
  return address === undefined
    ? ''
    : `; its name resolves to the private address ${address} here, as with a private endpoint`;
}

const atPrivateEndpoint =
  'If it is a private endpoint, have its state, routes and network security groups checked.';
const beforePrivateEndpoint =
  'Behind a private endpoint its private DNS zone must be linked to this network.';

/** How a host was to be reached. */
interface Reach {
  readonly code: ErrorCode | undefined;
  readonly isPrivate: boolean;
  readonly proxy: string | undefined;
}

function remedyFor(host: string, { kind }: HttpError, { code, isPrivate, proxy }: Reach): string {
  const rest = code === undefined ? '\nSigning does without it; only some checks here do not.' : '';
  if (kind !== 'tls' && proxy !== undefined) {
    return `Check ${proxy}: its address, the user name and password in it, and that it permits this host.\nCheck that the name of the host is right. If this machine reaches the host without a proxy, name it in NO_PROXY.${rest}`;
  }
  // Entra ID and Resource Manager have their public addresses wherever one is.
  const isPublic = !isPrivate && (code === undefined || code === 'ENTRA_UNREACHABLE');
  const about = isPublic ? '' : `\n${isPrivate ? atPrivateEndpoint : beforePrivateEndpoint}`;
  return kind === 'tls'
    ? `If a proxy inspects TLS, or ${host} has a certificate of a private authority, set NODE_EXTRA_CA_CERTS to the path of the authority's certificate in PEM before this program starts.${rest}`
    : `Check that the name is right, that this machine resolves it (nslookup ${host}) and may connect to port 443, and the variables HTTPS_PROXY and NO_PROXY.${about}${rest}`;
}

/** What is told of the clock: half a minute is what certificates and tokens are made with a margin for. */
const noticedMs = 30_000;

function judgeClock(skews: readonly number[]): Observation {
  const sorted = [...skews].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new NotSeen('no server has told the time');
  const seconds = Math.round(Math.abs(median) / 1000);
  const facts = { aheadMs: Math.round(median) };
  if (Math.abs(median) < noticedMs) {
    return pass('agrees with the servers, within seconds', { facts });
  }
  const reason = `this machine's clock is ${seconds} seconds ${median > 0 ? 'ahead of' : 'behind'} the servers'`;
  const remedy =
    'Have the clock set by a time server (NTP).\nEntra ID refuses certificates and federated tokens that are not valid yet, and expiry dates are judged by this clock.';
  return Math.abs(median) > limits.clockSkewMs
    ? { verdict: 'fail', reason, remedy, facts }
    : warn(reason, remedy, { facts });
}
