/**
 * The one reader of the proxy variables, as curl and Go read them: HTTPS_PROXY (for plain http
 * HTTP_PROXY), then ALL_PROXY, in upper case before lower case, with or without `http://`; NO_PROXY
 * with names, suffixes, addresses, CIDR ranges, ports and `*`. A value that cannot be used is refused, never passed over, because the
 * requests of the run would then take another way than its owner wanted. No value is ever repeated:
 * it may hold a password.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

import { TrustError } from '../errors.js';

/** Environment variables by name. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** The proxy that a request goes through. */
export interface Proxy {
  readonly url: URL;
  /** Host and port with the variable that names it, for messages: no user name, no password. */
  readonly label: string;
  readonly variable: string;
}

/** Finds the proxy for an address; undefined where the request goes straight. */
type ProxyFor = (target: URL) => Proxy | undefined;

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;
const plainProxyVariables = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const;
const exceptionVariables = ['NO_PROXY', 'no_proxy'] as const;

/**
 * Reads the variables once; those for plain http when they are needed, which is rare.
 * @throws {TrustError} INPUT_INVALID naming the variable that cannot be used
 */
export function readProxies(environment: ProxyEnvironment): ProxyFor {
  const proxy = readProxy(environment, proxyVariables);
  const isExempt = readExceptions(environment);
  let plain: { readonly proxy: Proxy | undefined } | undefined;
  return (target) => {
    if (isLoopback(target) || isExempt(target)) return undefined;
    if (target.protocol !== 'http:') return proxy;
    plain ??= { proxy: readProxy(environment, plainProxyVariables) };
    return plain.proxy;
  };
}

/** The user names and passwords in proxy variables, whether they can be used otherwise or not. */
export function proxySecrets(environment: ProxyEnvironment): readonly string[] {
  const variables = [...proxyVariables, 'HTTP_PROXY', 'http_proxy', 'FTP_PROXY', 'ftp_proxy'];
  return variables.flatMap((variable) => {
    // Up to the last "@": in passwords, characters that should be escaped are common.
    const info = /^[\s"']*(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/is.exec(environment[variable] ?? '');
    const [, user = '', password = user] = /^([^:]*)(?::(.*))?$/s.exec(info?.[1] ?? '') ?? [];
    // Where there is no password, the name itself is a token as a rule.
    return [...new Set([password, decoded(password) ?? password])].filter((text) => text !== '');
  });
}

function readProxy(environment: ProxyEnvironment, variables: readonly string[]): Proxy | undefined {
  const variable = firstSet(environment, variables);
  if (variable === undefined) return undefined;
  const text = (environment[variable] ?? '').trim();
  refuseQuotes(variable, text);
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // What stands before such a character would be taken for the proxy, and may be of a password.
  if (/\\|[/?#].*@/.test(full.slice(full.indexOf('://') + 3))) {
    throw unusable(variable, 'has a user name or password with special characters in it');
  }
  if (/\s/.test(full) || /^https?:(?!\/\/)/i.test(text) || !URL.canParse(full)) {
    throw unusable(variable, 'is not the address of a proxy');
  }
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw unusable(
      variable,
      `names a proxy of the kind "${url.protocol.slice(0, -1)}", which cannot be used; only ` +
        'http and https proxies can',
    );
  }
  if (!/^(?:[\w.-]+|\[[0-9a-f:.]+\])$/i.test(url.hostname)) {
    throw unusable(variable, 'names no host');
  }
  if (decoded(url.username) === undefined || decoded(url.password) === undefined) {
    throw unusable(variable, 'has a user name or password with a "%" that is not escaped as %25');
  }
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return { url, variable, label: `the proxy ${url.hostname}:${port} (${variable})` };
}

function readExceptions(environment: ProxyEnvironment): (target: URL) => boolean {
  const variable = firstSet(environment, exceptionVariables);
  const text = variable === undefined ? '' : (environment[variable] ?? '').trim();
  if (variable !== undefined) refuseQuotes(variable, text);
  const rules = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => ruleOf(entry.toLowerCase()));
  return (target) => {
    const host = bareHost(target);
    const port = target.port || (target.protocol === 'http:' ? '80' : '443');
    return rules.some((matches) => matches(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

/** One entry of NO_PROXY, in lower case. An entry that says nothing matches nothing, as in Go. */
function ruleOf(entry: string): Rule {
  if (entry === '*') return () => true;
  const range = /^\[?([0-9a-f:.]+)\]?\/(\d{1,3})$/.exec(entry);
  if (range !== null) return rangeRule(range[1] ?? '', Number(range[2]));
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]*)|[0-9a-f:.]*)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? entry;
  const isPort = (asked: string): boolean => port === undefined || port === asked;
  // The first `isIPv6` of a process takes 6 ms, and no name has a colon.
  if (isIPv4(name) || name.includes(':')) return (host, asked) => host === name && isPort(asked);
  // "*.example.com" and ".example.com" are ways to write "example.com and everything below it".
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  if (domain === '') return () => false;
  return (host, asked) => isPort(asked) && (host === domain || host.endsWith(`.${domain}`));
}

function rangeRule(address: string, prefix: number): Rule {
  const family = isIP(address);
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return () => false;
  const block = new BlockList();
  block.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) !== 0 && block.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}

function bareHost(target: URL): string {
  return target.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

/** Go sends nothing for this machine itself to a proxy. */
function isLoopback(target: URL): boolean {
  const host = bareHost(target);
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function firstSet(environment: ProxyEnvironment, names: readonly string[]): string | undefined {
  return names.find((name) => (environment[name] ?? '').trim() !== '');
}

function refuseQuotes(variable: string, text: string): void {
  if (/["'\u2018-\u201f]/.test(text)) {
    throw unusable(variable, 'has quotation marks in its value');
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function unusable(variable: string, why: string): TrustError {
  const isException = variable.toLowerCase() === 'no_proxy';
  return new TrustError('INPUT_INVALID', `The environment variable ${variable} ${why}`, {
    remedy: isException
      ? `Set ${variable} to names and addresses with commas between them, such as ` +
        '.corp.example,10.0.0.0/8, without quotation marks.'
      : `Set ${variable} to an address such as http://proxy.corp.example:8080, without quotation ` +
        'marks.\nEscape special characters in a user name or password (%40 for @, %5C for \\, %2F for /, %25 for %).\n' +
        `Or unset ${variable} if this machine needs no proxy.`,
  });
}
