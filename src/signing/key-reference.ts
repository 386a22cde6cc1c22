/**
 * Where a key is: in Key Vault (key, certificate or secret) or in a local file. This file turns the
 * text of an input into a checked reference; it never opens anything, and its errors never repeat
 * the parts of a text that could be a secret.
 */
import path from 'node:path';
import { TrustError } from '../errors.js';
import { mentionsVault, vaultServiceOf } from './vault-hosts.js';

/** An object in Key Vault. */
export interface VaultObject {
  /** Scheme and host, such as `https://contoso.vault.azure.net`; no trailing slash. */
  readonly vaultUrl: string;
  readonly name: string;
  /** 32 lower-case hex digits; undefined means the newest when the reference is opened. */
  readonly version: string | undefined;
}

export interface VaultKeyReference extends VaultObject {
  readonly kind: 'vault-key';
}

export interface VaultCertificateReference extends VaultObject {
  readonly kind: 'vault-certificate';
}

export interface VaultSecretReference extends VaultObject {
  readonly kind: 'vault-secret';
}

export interface FileKeyReference {
  readonly kind: 'file';
  readonly path: string;
}

export type VaultReference = VaultKeyReference | VaultCertificateReference | VaultSecretReference;

export type KeyReference = VaultReference | FileKeyReference;

const kinds: Readonly<Record<string, Exclude<KeyReference['kind'], 'file'>>> = {
  keys: 'vault-key',
  certificates: 'vault-certificate',
  secrets: 'vault-secret',
};

const example =
  'Give a Key Vault reference such as "https://contoso.vault.azure.net/keys/app-signing" ' +
  '("/keys/", "/certificates/" or "/secrets/", then the name, then a version if wanted), ' +
  'or the path of a key file such as "/secure/app.key".';

/**
 * Parses the text of a key input. Anything without a scheme is a file path, `C:\keys\app.key`
 * included.
 * @param workingDirectory where relative paths start; without it they stay as they are.
 * @throws {TrustError} KEY_REFERENCE_INVALID
 */
export function parseKeyReference(text: string, workingDirectory?: string): KeyReference {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid('The key reference is empty');
  if (trimmed.includes('-----BEGIN')) {
    throw new TrustError(
      'KEY_REFERENCE_INVALID',
      'The key reference contains the text of a key, which is not allowed',
      {
        remedy:
          'Store the key in Key Vault as a secret and give "https://<vault>.vault.azure.net/' +
          'secrets/<name>". Consider the pasted key exposed and replace it.',
      },
    );
  }
  // A scheme has two letters or more: one letter and a colon is a Windows drive.
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(trimmed)) return parseUrl(trimmed);
  if (/^https?:/i.test(trimmed)) throw invalid(`The key reference lacks "//" after its scheme`);
  if (mentionsVault(trimmed) && !/[\\]|^[./~]/.test(trimmed)) {
    throw invalid('The key reference names a vault but does not begin with "https://"');
  }
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  if (/[\u0000-\u001f]/.test(trimmed)) throw invalid('The key reference has control characters');
  return {
    kind: 'file',
    path: workingDirectory === undefined ? trimmed : path.resolve(workingDirectory, trimmed),
  };
}

/** The reference as text, for logs and messages. */
export function formatKeyReference(reference: KeyReference): string {
  if (reference.kind === 'file') return reference.path;
  const collection = Object.entries(kinds).find(([, kind]) => kind === reference.kind)?.[0] ?? '';
  const version = reference.version === undefined ? '' : `/${reference.version}`;
  return `${reference.vaultUrl}/${collection}/${reference.name}${version}`;
}

function parseUrl(text: string): KeyReference {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw invalid('The key reference is not a valid URL', cause);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(`The key reference to ${url.hostname} contains user info, which is not allowed`);
  }
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.protocol !== 'https:') throw invalid(`The key reference "${shown}" is not https`);
  refuseRewriting(text, url);
  if (url.search !== '' || url.hash !== '') {
    throw invalid(`The key reference "${shown}" carries a query string or fragment`);
  }
  const service = url.port === '' ? vaultServiceOf(url.hostname) : undefined;
  if (service === undefined) {
    throw invalid(`The host "${url.host}" of the key reference is not a Key Vault or Managed HSM`);
  }
  const [collection = '', name = '', version, ...rest] = url.pathname
    .replace(/^\//, '')
    .replace(/\/$/, '')
    .split('/');
  const kind = Object.hasOwn(kinds, collection) ? kinds[collection] : undefined;
  if (kind === undefined || rest.length > 0) {
    throw invalid(`The key reference "${shown}" does not name a key, certificate or secret`);
  }
  if (service === 'managed-hsm' && kind !== 'vault-key') {
    throw invalid(`The key reference "${shown}" names a Managed HSM, which holds keys only`);
  }
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    throw invalid(
      name === ''
        ? `The key reference "${shown}" ends before the name`
        : `The name in the key reference "${shown}" is not 1 to 127 letters, digits and hyphens`,
    );
  }
  if (version !== undefined && !/^[0-9a-f]{32}$/i.test(version)) {
    throw invalid(`The version in the key reference "${shown}" is not 32 hexadecimal digits`);
  }
  return { kind, vaultUrl: url.origin, name, version: version?.toLowerCase() };
}

/**
 * Refuses a text that the reader of URLs rewrites (".." and "%2e" in paths, backslashes, control
 * characters, encoded hosts): whoever wrote or checked it may have read another object in it.
 */
function refuseRewriting(text: string, url: URL): void {
  const [, host = '', rest = ''] = /^[a-z]+:\/\/([^/?#]*)(.*)$/is.exec(text) ?? [];
  const isHostAsWritten = [url.host, `${url.host}:443`].includes(host.toLowerCase());
  if (isHostAsWritten && (rest || '/') === `${url.pathname}${url.search}${url.hash}`) return;
  throw invalid(
    'The key reference is written in a way that can be read as another object ("..", "%", "\\", an ' +
      'empty query or the like)',
  );
}

function invalid(message: string, cause?: unknown): TrustError {
  return new TrustError('KEY_REFERENCE_INVALID', message, {
    remedy: example,
    cause,
  });
}
