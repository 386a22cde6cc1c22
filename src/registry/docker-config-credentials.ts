/**
 * An existing `docker login`, as the Docker CLI keeps it: in config.json or behind a credential
 * helper. It answers for the exact host asked for, and writes nothing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf, TrustError } from '../errors.js';
import { unverifiedClaims } from '../http/index.js';
import { isRecord, parseJsonObject } from '../json.js';
import { ExecutableNotFoundError } from '../ports.js';
import type { Exec, Secrets } from '../ports.js';
import type { RegistryCredential } from './credential.js';
import { dockerConfigKey } from './image-name.js';

/** What is needed to find a login. */
interface DockerLoginQuery {
  /** The directory of config.json (DOCKER_CONFIG, else `~/.docker`). */
  readonly configDir: string;
  /** As in image names: `myregistry.azurecr.io`, `docker.io`. */
  readonly host: string;
  readonly exec: Exec;
  /** Environment of a credential helper; helpers need PATH and often HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Pick<Secrets, 'mask'>;
  readonly signal?: AbortSignal;
}

/** ACR's user name for logins by token. */
const tokenUser = '00000000-0000-0000-0000-000000000000';

/**
 * The credential Docker holds for a registry, or undefined when there is none.
 * @throws {TrustError} INPUT_INVALID for a config.json that is none, CREDENTIAL_MISSING for a
 *   credential helper that cannot be run.
 */
export async function findDockerLogin(
  query: DockerLoginQuery,
): Promise<RegistryCredential | undefined> {
  const config = await readConfig(query.configDir);
  if (config === undefined) {
    return undefined;
  }
  // docker/cli, configfile.GetCredentialsStore: the host's own helper, else the general store.
  const helpers = isRecord(config.credHelpers) ? config.credHelpers : {};
  const helper = lookUp(helpers, query.host) ?? config.credsStore;
  if (typeof helper === 'string' && helper !== '') {
    return askHelper(helper, query);
  }
  const auths = isRecord(config.auths) ? config.auths : {};
  return fromAuthEntry(lookUp(auths, query.host), query.secrets);
}

async function readConfig(
  configDir: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const path = join(configDir, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isRecord(cause) && cause.code === 'ENOENT') {
      return undefined;
    }
    throw new TrustError('INPUT_INVALID', `Docker's ${path} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Make the file readable for this process, or give credentials of your own.',
      cause,
    });
  }
  const config = parseJsonObject(text);
  if (config === undefined) {
    throw new TrustError('INPUT_INVALID', `Docker's ${path} is not a JSON object`, {
      remedy: 'Repair the file or log in to the registry again with docker login.',
    });
  }
  return config;
}

/** The entry of exactly this host; keys may carry a scheme and a path, as `docker login` took them. */
function lookUp(entries: Readonly<Record<string, unknown>>, host: string): unknown {
  if (host === 'docker.io') {
    return entries[dockerConfigKey(host)];
  }
  const direct = Object.hasOwn(entries, host) ? entries[host] : undefined;
  return direct ?? Object.entries(entries).find(([key]) => hostOfKey(key) === host)?.[1];
}

function hostOfKey(key: string): string | undefined {
  return key.replace(/^https:\/\//, '').split('/', 1)[0];
}

function fromAuthEntry(
  entry: unknown,
  secrets: Pick<Secrets, 'mask'>,
): RegistryCredential | undefined {
  if (!isRecord(entry)) {
    return undefined;
  }
  const { identitytoken, auth } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return toCredential('<token>', identitytoken, secrets);
  }
  if (typeof auth !== 'string' || auth === '') {
    return undefined;
  }
  const [username = '', ...password] = Buffer.from(auth, 'base64')
    .toString()
    .replace(/\0+$/, '')
    .split(':');
  secrets.mask(auth);
  return toCredential(username, password.join(':'), secrets);
}

async function askHelper(
  name: string,
  query: DockerLoginQuery,
): Promise<RegistryCredential | undefined> {
  const { host, exec, env, signal, secrets } = query;
  const program = `docker-credential-${name}`;
  const unusable = (why: string, cause?: unknown): TrustError =>
    new TrustError('CREDENTIAL_MISSING', `Docker keeps its login for ${host} elsewhere: ${why}`, {
      remedy: `Install ${program} on the PATH, or give credentials instead of the existing login.`,
      cause,
    });
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw unusable('the name of its credential helper is not a program name');
  }
  const server = dockerConfigKey(host);
  try {
    const options = { env, input: server, ...(signal === undefined ? {} : { signal }) };
    const { exitCode, stdout } = await exec(program, ['get'], options);
    const answer = parseJsonObject(stdout);
    if (exitCode !== 0) {
      // docker-credential-helpers, credentials.errCredentialsNotFound: told on standard output.
      if (stdout.includes('credentials not found')) {
        return undefined;
      }
      throw unusable(`${program} failed with exit code ${exitCode}`);
    }
    const { Username: username, Secret: secret } = answer ?? {};
    if (typeof username !== 'string' || typeof secret !== 'string') {
      throw unusable(`${program} returned something that is not a login`);
    }
    return toCredential(username, secret, secrets);
  } catch (cause) {
    throw cause instanceof ExecutableNotFoundError ? unusable(cause.message, cause) : cause;
  }
}

function toCredential(
  username: string,
  secret: string,
  secrets: Pick<Secrets, 'mask'>,
): RegistryCredential | undefined {
  if (secret === '') {
    return undefined;
  }
  secrets.mask(secret);
  const isRefreshToken =
    username === '<token>' ||
    (username === tokenUser && unverifiedClaims(secret)?.grant_type === 'refresh_token');
  return isRefreshToken
    ? { kind: 'refresh-token', token: secret }
    : { kind: 'basic', username, password: secret };
}
