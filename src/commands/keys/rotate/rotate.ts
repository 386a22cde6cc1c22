/**
 * Replaces the key of a role in repositories. Makes and publishes nothing before every repository is
 * known to be ready, and says "rotated" only of what a stranger reads so.
 */
import type { InputValues } from '../../../inputs/index.js';
import type { Log } from '../../../ports.js';
import {
  handOverRoles,
  keyIdOf,
  rotateKey,
  serverRoles,
  type PublicKey,
  type RoleExchange,
  type ServerRole,
  type TrustedView,
} from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { collectWarnings } from '../../report/collect-warnings.js';
import { checkReportPath, writeTrustReport } from '../../report/report.js';
import {
  eachRepository,
  failureOfEach,
  requireAll,
  type Attempted,
} from '../../repositories/index.js';
import { adviceOn } from './advice.js';
import {
  readRotateConfiguration,
  type RotateConfiguration,
  type Rotation,
} from './configuration.js';
import { listedForm, makeNewKey, type OpenedNewKey } from './new-key.js';
import { prepare, type Preparation, type ReadyRepository } from './prepare.js';
import {
  rotationReport,
  rotationSummary,
  rotationTable,
  type RotatedRepository,
  type RotationFacts,
} from './report.js';
import { rolesWithKeys } from './still-listed.js';

/**
 * Runs `keys rotate`.
 * @throws {TrustError} KEY_NOT_AUTHORIZED without the keys that the change takes,
 * TRUST_SERVER_REJECTED where the server cannot publish, INPUT_CONFLICT for the root key in another
 * role, all of them before anything is changed anywhere; what a repository could not be rotated for,
 * after all were tried.
 */
export async function rotateKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, nameInput } = context;
  const configuration = readRotateConfiguration(inputs, workingDirectory, nameInput);
  const { rotation, dryRun, reportPath } = configuration;
  await checkReportPath(reportPath);
  const { log, warnings } = collectWarnings(context.log);
  const preparation = await prepare(configuration, inputs, context, log);
  for (const { warnings: own } of preparation.repositories) for (const line of own) log.warn(line);
  const facts = await log.group(dryRun ? 'Dry run' : 'Rotation', async () => {
    const done = dryRun
      ? { newKey: preparation.newKey, repositories: preparation.repositories.map(planned) }
      : await carryOut(configuration, preparation, context, log);
    const all: RotationFacts = {
      role: rotation.role,
      dryRun,
      newKey: done.newKey && { keyId: done.newKey.signer.keyId, reference: done.newKey.reference },
      repositories: done.repositories,
      advice: dryRun ? [] : adviceOn(rotation, done.newKey, done.repositories, nameInput),
      warnings,
    };
    for (const line of rotationTable(all)) log.info(line);
    for (const { unchanged } of all.repositories)
      if (unchanged !== undefined) log.info(`${unchanged}.`);
    const isChanged = all.repositories.some(
      ({ state }) => state === 'rotated' || state === 'failed',
    );
    if (!isChanged) log.info('Nothing was changed.');
    for (const line of all.advice) log.info(line);
    return all;
  });
  const { repositories, newKey } = facts;
  const standing = repositories.filter(({ state }) => state === 'rotated' || state === 'unchanged');
  context.setOutput('repositories', standing.map(({ gun }) => gun).join('\n'));
  if (newKey) context.setOutput('key-id', newKey.keyId);
  context.setOutput(
    'trust-report',
    await writeTrustReport(rotationReport(facts), reportPath, context.tempDirectory),
  );
  await context.addSummary(rotationSummary(facts));
  const attempted = repositories.map(({ gun, error }): Attempted<undefined> =>
    error ? { gun, error } : { gun, value: undefined },
  );
  const failure = failureOfEach(attempted, 'was not rotated');
  if (failure) throw failure;
}

interface Work {
  readonly newKey: OpenedNewKey | undefined;
  readonly repositories: readonly RotatedRepository[];
}

/** What would be done. */
function planned(repository: ReadyRepository): RotatedRepository {
  const { gun, exchanges, files, unchanged, view } = repository;
  return {
    gun,
    state: exchanges.length === 0 ? 'unchanged' : 'to be rotated',
    exchanges: exchanges.map((exchange) => ({ ...oldKeysOf(exchange), newKeyId: undefined })),
    signedBy: files.map(({ role, signers }) => ({
      role,
      keys: signers.map(({ description }) => description),
    })),
    unchanged,
    rootKeyIds: rootKeyIdsOf(view),
    stillListed: [],
    error: undefined,
  };
}

/** A repository with the new key in the form that it is to list. */
interface Equipped extends ReadyRepository {
  readonly publicKeys: ReadonlyMap<string, PublicKey>;
}

async function carryOut(
  { rotation }: RotateConfiguration,
  preparation: Preparation,
  context: RunContext,
  log: Log,
): Promise<Work> {
  const { repositories, atHand, pins } = preparation;
  const { clock, signal } = context;
  const todo = repositories.filter(({ exchanges }) => exchanges.length > 0);
  const newKey =
    todo.length === 0 ? preparation.newKey : await theNewKey(rotation, preparation, context, log);
  if (newKey?.reference.startsWith('https:') === true) context.setOutput('keys', newKey.reference);
  // For all of them, before the first is published.
  const equipped = requireAll(
    await eachRepository(todo, (repository) => equip(repository, rotation, newKey, context)),
    'cannot be rotated; nothing was changed anywhere',
  );
  const done = await eachRepository(equipped, async (repository) => {
    const { server, view, explain, publicKeys } = repository;
    const options = { known: view, atHand, pins, clock, signal, log };
    const outcome = await explain(async () => {
      if (rotation.kind === 'hand-over') {
        const newKeys = new Map(
          serverRoles.flatMap((role): [ServerRole, PublicKey][] => {
            const key = publicKeys.get(role);
            return key ? [[role, key]] : [];
          }),
        );
        return { ...(await handOverRoles(server, { ...options, newKeys })), unchanged: undefined };
      }
      const publicKey = publicKeys.get(rotation.role);
      if (!newKey || !publicKey) throw new TypeError('a key got lost on the way');
      const { role, oldKeyId } = rotation;
      const key = { signer: newKey.signer, publicKey };
      return rotateKey(server, { ...options, role, oldKeyId, newKey: key });
    });
    for (const { message } of outcome.view.warnings) log.warn(message);
    return outcome;
  });
  const results = new Map(done.map((one) => [one.gun, one]));
  return {
    newKey,
    repositories: repositories.map((repository): RotatedRepository => {
      const result = results.get(repository.gun);
      const plan = { ...planned(repository), rootKeyIds: rootKeyIdsOf(repository.view) };
      if (!result) return plan;
      if (result.error) return { ...plan, state: 'failed', error: result.error };
      const { view, exchanges, unchanged } = result.value;
      const publicKeys = equipped.find(({ gun }) => gun === repository.gun)?.publicKeys;
      return {
        ...plan,
        state: unchanged === undefined ? 'rotated' : 'unchanged',
        unchanged,
        exchanges: exchanges.map((exchange) => ({
          ...oldKeysOf(exchange),
          newKeyId: newKey?.signer.keyId ?? idOf(publicKeys?.get(exchange.role)),
        })),
        rootKeyIds: rootKeyIdsOf(view),
        stillListed: rolesWithKeys(
          view,
          exchanges.flatMap(({ removed }) => removed.flatMap(({ keyId }) => keyId ?? [])),
        ),
      };
    }),
  };
}

async function theNewKey(
  rotation: Rotation,
  { newKey, azure, repositories }: Preparation,
  context: RunContext,
  log: Log,
): Promise<OpenedNewKey | undefined> {
  if (rotation.kind !== 'key' || rotation.newKey.kind !== 'create') return newKey;
  const gun = repositories.length === 1 ? repositories[0]?.gun : undefined;
  return makeNewKey(rotation.newKey, rotation.role, gun, azure, context, log);
}

async function equip(
  repository: ReadyRepository,
  rotation: Rotation,
  newKey: OpenedNewKey | undefined,
  { clock, signal }: RunContext,
): Promise<Equipped> {
  const { exchanges, server, gun, explain } = repository;
  if (rotation.kind === 'hand-over') {
    const roles = serverRoles.filter((name) => exchanges.some(({ role }) => role === name));
    const made = await explain(() =>
      Promise.all(
        roles.map(async (role) => [role, await server.rotateServerKey(role, signal)] as const),
      ),
    );
    return { ...repository, publicKeys: new Map(made) };
  }
  if (!newKey) throw new TypeError('there is no new key');
  const publicKey = await listedForm(newKey, rotation.role, gun, clock());
  return { ...repository, publicKeys: new Map([[rotation.role, publicKey]]) };
}

function oldKeysOf({ role, removed }: RoleExchange) {
  return { role, oldKeyIds: [...new Set(removed.map(({ id, keyId }) => keyId ?? id))] };
}

function idOf(key: PublicKey | undefined): string | undefined {
  return key && keyIdOf(key);
}

/** As Docker shows them: of the certificates. */
function rootKeyIdsOf({ root }: TrustedView): readonly string[] {
  return root.signed.roles.root?.keyids ?? [];
}
