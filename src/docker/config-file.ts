/**
 * Edits the text of Docker's config.json: our login for one registry in, everything else untouched.
 * Pure; it reads and writes no file. Semantics: docker/cli, cli/config/configfile/file.go.
 */
import { TrustError } from '../errors.js';
import { asRecord, parseJsonObject } from '../json.js';
import { dockerConfigKey } from '../registry/index.js';

/** A login for one registry, as Docker's file store wants it. */
export interface RegistryLogin {
  /** Host, with port if any: `contoso.azurecr.io`. */
  readonly registry: string;
  /** For an ACR refresh token the null GUID. */
  readonly username: string;
  /** The refresh token. Secret. */
  readonly password: string;
}

/** What {@link editConfigFile} changes. */
interface ConfigEdits {
  readonly login?: RegistryLogin;
  readonly authConfig?: string;
}

type Config = Readonly<Record<string, unknown>>;

/**
 * The configuration with our login in it. `credHelpers[host] = ""` makes the CLI look for this host
 * in the file itself: GetCredentialsStore takes the helper by host name first, and an empty name
 * means the file store. Other hosts keep credsStore and their helpers.
 * @throws {TrustError} INPUT_INVALID
 */
export function editConfigFile(config: Config, edits: ConfigEdits): Config {
  const logins = new Map<string, unknown>();
  if (edits.authConfig !== undefined && edits.authConfig.trim() !== '') {
    for (const [host, entry] of Object.entries(readAuthConfig(edits.authConfig))) {
      logins.set(host, entry);
    }
  }
  if (edits.login !== undefined) {
    const { registry, username, password } = edits.login;
    const auth = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    logins.set(dockerConfigKey(registry), { auth });
  }
  if (logins.size === 0) return config;
  const replaced = new Set([...logins.keys()].map(hostOf));
  const kept = Object.entries(section(config, 'auths')).filter(
    ([key]) => !replaced.has(hostOf(key)),
  );
  const auths = Object.fromEntries([...kept, ...logins]);
  const credHelpers = {
    ...section(config, 'credHelpers'),
    ...Object.fromEntries([...logins.keys()].map((host) => [host, ''])),
  };
  return { ...config, auths, credHelpers };
}

/** ConvertToHostname of docker/cli: the file store matches keys with scheme or path as well. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function section(config: Config, name: string): Config {
  const value = config[name];
  if (value === undefined || value === null) return {};
  const object = asRecord(value);
  if (object !== undefined) return object;
  throw new TrustError(
    'INPUT_INVALID',
    `The Docker configuration cannot be used: "${name}" is not a JSON object`,
    { remedy: 'Repair config.json, or point DOCKER_CONFIG at another folder.' },
  );
}

function readAuthConfig(text: string): Config {
  const auths = asRecord(parseJsonObject(text)?.auths);
  if (auths !== undefined) return auths;
  throw new TrustError('INPUT_INVALID', 'DOCKER_AUTH_CONFIG is not a JSON object with "auths"', {
    remedy: 'Set it to {"auths":{"<registry>":{"auth":"<base64 of user:password>"}}}, or unset it.',
  });
}
