/** Runs a command on keys in this process, against an emulated vault, and catches all it says. */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  runCommand,
  type HostContext,
  collectProblems,
  readInputs,
  type CommandName,
} from '../../../src/commands/index.js';
import { isTrustError, type TrustError } from '../../../src/errors.js';
import { sanitizeJson } from '../../../src/hosts/sanitize-documents.js';
import { renderSummary } from '../../../src/hosts/summary.js';
import { SecretMasker } from '../../../src/hosts/secret-masker.js';
import type { Log } from '../../../src/ports.js';
import type { EmulatedVault } from '../../azure/key-vault/emulated-vault.js';
import { failureOf } from '../../../src/report/failure.js';

/** Who runs the command. */
export interface Somebody {
  readonly clientId: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly clientSecret: string;
}

/** A principal with these roles on everything. */
export async function somebody(
  { control }: EmulatedVault,
  scopes: readonly string[],
  ...roles: readonly string[]
): Promise<Somebody> {
  const made = await control.createServicePrincipal();
  for (const scope of scopes) {
    for (const role of roles) {
      await control.assignRole({ principalId: made.objectId, role, scope });
    }
  }
  return made;
}

export interface KeysRun {
  readonly error: TrustError | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  readonly summary: string;
  /** The trust report, if the run got so far. */
  readonly report: unknown;
  /** Everything that was said, and the error. */
  readonly said: string;
  readonly isMasked: (text: string) => boolean;
}

export interface KeysRunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly answers?: readonly string[];
}

/** Runs `command`; what it fails with is a result. */
export async function runKeys(
  command: CommandName,
  who: Somebody,
  texts: Readonly<Record<string, string>>,
  { environment = {}, answers }: KeysRunOptions = {},
): Promise<KeysRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keys-run-'));
  const given: Readonly<Record<string, string>> = {
    'client-id': who.clientId,
    'tenant-id': who.tenantId,
    'client-secret': who.clientSecret,
    ...texts,
  };
  const masks = new SecretMasker();
  const lines: string[] = [];
  const warnings: string[] = [];
  const outputs: Record<string, string> = {};
  let summary = '';
  const left = [...(answers ?? [])];
  const log: Log = {
    group: (_, body) => body(),
    info: (line) => void lines.push(line),
    warn: (line) => void warnings.push(line),
    debug: () => undefined,
  };
  const context: HostContext = {
    log,
    secrets: { mask: (value) => void masks.add(value) },
    toJson: (document, indent) => sanitizeJson(document, indent, masks),
    ...(answers && { askSecret: () => Promise.resolve(left.shift() ?? '') }),
    exec: () => Promise.reject(new Error('no program is needed')),
    clock: () => new Date(),
    signal: new AbortController().signal,
    environment,
    platform: 'linux',
    workingDirectory: folder,
    homeDirectory: folder,
    tempDirectory: folder,
    identity: {},
    nameInput: (name) => name,
    problems: collectProblems((name) => name),
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    print: () => undefined,
    addSummary: (markdown) => {
      summary += renderSummary(markdown, masks, 'with diagrams and folds');
      return Promise.resolve();
    },
    explain: failureOf,
    onFailure: () => undefined,
    keepReport: () => undefined,
    registerCleanup: () => undefined,
  };
  let error: TrustError | undefined;
  try {
    await runCommand(
      command,
      readInputs(command, 'cli', (name) => given[name] ?? ''),
      context,
    );
  } catch (thrown) {
    if (!isTrustError(thrown)) throw thrown;
    error = thrown;
  }
  const file = outputs['trust-report'];
  const said = [...lines, ...warnings, summary, error?.message ?? '', error?.remedy ?? ''].join(
    '\n',
  );
  return {
    error,
    outputs,
    lines,
    warnings,
    summary,
    report: file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as unknown),
    said,
    isMasked: (text) => masks.redact(text) !== text,
  };
}

/** A new folder `private` with these files; the path of the folder above it. */
export async function keyFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'key-folder-'));
  await mkdir(path.join(folder, 'private'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, 'private', name), text, { mode: 0o600 });
  }
  return folder;
}
