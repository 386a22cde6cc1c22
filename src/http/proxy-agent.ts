/**
 * Ways to servers through a proxy, which say so when it is the proxy that fails. What it answers to
 * CONNECT is never taken for the server's word, because no TLS vouches for it.
 */
import type { AgentOptions, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

import { codeOf, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import {
  descriptorFailure,
  isTransientCode,
  networkReasonOf,
  proxyFailureCode,
  transientProxyFailureCode,
} from './error-mapping.js';
import type { Proxy } from './proxy.js';

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** Hands requests over plain http to one proxy; whoever sends them trusts no connection anyway. */
export class PlainProxyAgent extends HttpProxyAgent<string> {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    super(proxy.url);
    this.#proxy = proxy;
  }

  override connect(
    ...[request, options]: Parameters<HttpProxyAgent<string>['connect']>
  ): ReturnType<HttpProxyAgent<string>['connect']> {
    return bounded(this.#proxy, super.connect(request, options), options.host ?? '');
  }
}

/** Tunnels through one proxy. Its errors have complete messages, and a code of ./error-mapping.ts. */
export class ProxyAgent extends HttpsProxyAgent<string> {
  readonly #proxy: Proxy;
  /** By target, so that a further tunnel resumes the session of an earlier one. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(proxy: Proxy, options: AgentOptions) {
    super(proxy.url, options);
    this.#proxy = proxy;
  }

  /** Known of every request; told by the library in a way that loses the tunnels it keeps. */
  override isSecureEndpoint(): boolean {
    return true;
  }

  override async connect(
    request: ClientRequest,
    options: ConnectOptions,
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    const target = `${options.host ?? ''}:${options.port}`;
    let status: number | undefined;
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
      status = answer.statusCode;
    });
    const session = this.#sessions.get(target);
    const resuming = session && { session };
    const connecting = super.connect(request, { ...options, ...resuming });
    const tunnel = await bounded(this.#proxy, connecting, target);
    if (status === 200) {
      tunnel.on('session', (made: Buffer) => this.#sessions.set(target, made));
      tunnel.once('error', () => this.#sessions.delete(target));
      return tunnel;
    }
    tunnel.destroy();
    throw this.#refused(target, status ?? 0);
  }

  #refused(target: string, status: number): Error {
    const { label, variable } = this.#proxy;
    const why =
      status === 407
        ? `: it needs a user name and password (put them into ${variable})`
        : status === 403
          ? ': it does not allow this machine to reach that host'
          : '';
    return proxyFailure(
      status >= 500 || status === 429 ? transientProxyFailureCode : proxyFailureCode,
      `${label} refused to connect to ${target} (status ${status})${why}`,
    );
  }
}

/** Waits for the proxy, though not for long, and translates its failures. */
async function bounded<T extends Socket>(
  proxy: Proxy,
  connecting: Promise<T>,
  target: string,
): Promise<T> {
  const ms = limits.proxyConnectMs;
  const wait = { isLate: false };
  let timer: NodeJS.Timeout | undefined;
  const lateness = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      wait.isLate = true;
      const what = `opened no connection to ${target} within ${ms / 1000} seconds`;
      reject(proxyFailure(transientProxyFailureCode, `${proxy.label} ${what}`));
    }, ms);
  });
  // A tunnel that opens after all has nobody left to use it.
  const opened = connecting.then((tunnel) => (wait.isLate ? tunnel.destroy() : tunnel));
  try {
    return await Promise.race([opened, lateness]);
  } catch (error) {
    // That this machine has no file descriptor left says nothing of the proxy.
    const isKnown = wait.isLate || descriptorFailure(proxy.label, error) !== undefined;
    throw isKnown ? error : unusable(proxy, target, error);
  } finally {
    clearTimeout(timer);
  }
}

function unusable(proxy: Proxy, target: string, error: unknown): Error {
  const code = codeOf(error);
  const reason = networkReasonOf(code);
  const why = reason === undefined ? code || messageOf(error) : `${reason} (${code})`;
  return proxyFailure(
    isTransientCode(code) || code === '' ? transientProxyFailureCode : proxyFailureCode,
    `${proxy.label} cannot be used to reach ${target}: ${why}`,
  );
}

function proxyFailure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
