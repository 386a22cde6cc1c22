/**
 * Repositories of another user: made and kept by the stock Docker or notary client, with
 * the owner's keys in a folder of the owner's. What the product gets of them is handed over by hand.
 */
import { readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { RunResult } from '../../stack/index.js';
import type { Scenario } from '../scenario.js';

/** Passphrases of every key an owner makes. */
export const passphrases = { root: 'an owner root passphrase', other: 'an owner passphrase' };

/** An owner who signs with the Docker CLI. */
export interface DockerOwner {
  /** DOCKER_CONFIG of the owner. */
  readonly config: string;
  /** Pushes new content as `tag` with content trust on; its digest. */
  push(tag: string): Promise<string>;
  /** Runs `docker trust`. */
  trust(...args: string[]): Promise<RunResult>;
  /**
   * The text of the owner's private key of a role, encrypted with `passphrases.other`; with
   * `replaced`, the one that is not this.
   */
  keyFile(role: string, replaced?: string): Promise<string>;
  /** The ID of the owner's root key: what others pin. */
  rootKeyId(): Promise<string>;
}

/** An owner who signs with the notary client. */
export interface NotaryOwner {
  readonly trustDir: string;
  readonly notary: (...args: string[]) => Promise<void>;
}

/** Makes a Docker user of the signer's principal; `trustDir` is an existing trust directory. */
export async function createDockerOwner(
  { stack, registry, signer }: Scenario,
  repository: string,
  trustDir?: string,
): Promise<DockerOwner> {
  const config = await stack.makeDockerConfig({ logins: { [registry.loginServer]: signer.login } });
  if (trustDir !== undefined) await symlink(trustDir, path.join(config, 'trust'));
  const gun = `${registry.loginServer}/${repository}`;
  const docker = async (args: readonly string[], trust = true): Promise<RunResult> => {
    const result = await stack.docker({
      engine: 'docker20',
      args,
      config,
      trust,
      env: {
        DOCKER_BUILDKIT: '0',
        DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.other,
      },
    });
    expect(result.exitCode, result.output).toBe(0);
    return result;
  };
  return {
    config,
    push: async (tag) => {
      const ref = `${gun}:${tag}`;
      const context = await stack.makeImageContext(`${ref} by its owner`);
      await docker(['build', '-t', ref, context], false);
      await docker(['push', ref]);
      return (await stack.manifest(repository, tag))?.digest ?? 'nothing pushed';
    },
    trust: (...args) => docker(['trust', ...args]),
    rootKeyId: async () => {
      const folder = path.join(config, 'trust/private');
      for (const name of await readdir(folder)) {
        const text = await readFile(path.join(folder, name), 'utf8');
        if (/^role: root$/m.test(text)) return path.basename(name, '.key');
      }
      throw new Error('the owner has no root key');
    },
    keyFile: async (role, replaced) => {
      const folder = path.join(config, 'trust/private');
      const texts = await Promise.all(
        (await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')),
      );
      const isOfRole = new RegExp(`^role: ${role}$`, 'm');
      const found = texts.find((text) => text !== replaced && isOfRole.test(text));
      expect(found, `a key for ${role}`).toBeDefined();
      return found ?? '';
    },
  };
}

/** Makes a notary user of the signer's principal; `existing` is a trust directory to go on with. */
export async function createNotaryOwner(
  { stack, registry, signer }: Scenario,
  repository: string,
  existing?: string,
): Promise<NotaryOwner> {
  const trustDir = existing ?? (await stack.makeTrustDir());
  return {
    trustDir,
    notary: async (...args) => {
      const result = await stack.notary({
        ref: `${registry.loginServer}/${repository}`,
        login: signer.login,
        trustDir,
        args: () => args,
        // It asks before it rotates a root key.
        input: 'yes\n',
        env: {
          NOTARY_ROOT_PASSPHRASE: passphrases.root,
          NOTARY_TARGETS_PASSPHRASE: passphrases.other,
          NOTARY_SNAPSHOT_PASSPHRASE: passphrases.other,
        },
      });
      expect(result.exitCode, result.output).toBe(0);
    },
  };
}

/** Writes text into the owner's folder; the path. */
export async function writeBeside(folder: string, name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}
