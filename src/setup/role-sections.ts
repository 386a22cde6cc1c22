/** The roles of the owner and of the pipeline, each assigned where it is missing. */
import { isInManagedHsm, vaultNameOf } from '../azure/index.js';
import type { NeededRole, Seen, SetupRequest } from './request.js';
import { neededRoles, vaultFlags } from './roles.js';
import {
  az,
  capture,
  contentOf,
  remark,
  requireEqual,
  run,
  text,
  variable,
  wait,
  write,
  type Section,
  type Statement,
  type Word,
} from './script.js';
import { vaultVariable } from './vault-sections.js';

const whose = { owner: 'the owner', pipeline: 'the pipeline' } as const;

export function roleSections(
  who: NeededRole['who'],
  request: SetupRequest,
  seen: Seen,
): readonly Section[] {
  const isByRepository = seen.roleMode === 'repositories';
  const missing = neededRoles(request, seen.roleMode).filter(
    (role) => role.who === who && seen.roles(role) !== 'there',
  );
  if (missing.length === 0) return [];
  const checksMode = who === 'pipeline' && seen.roleMode === 'unknown';
  return [
    {
      title: `The roles of ${whose[who]}.`,
      statements: [
        remark('One that is assigned already stays as it is.'),
        ...(checksMode ? modeCheck(request) : []),
        ...missing.flatMap((role) => roleStatements(role, request, isByRepository)),
        ...(who === 'owner' ? waitsFor(missing) : []),
      ],
    },
  ];
}

/** A registry with repository permissions takes no notice of AcrPush, and has no content trust. */
function modeCheck({ registry, signatures }: SetupRequest): readonly Statement[] {
  const why = `${registry} uses repository permissions (ABAC) and ignores AcrPush`;
  return [
    capture(
      'is_by_repository',
      az('resource show', {
        ids: variable('registry_id'),
        query: `properties.roleAssignmentMode=='AbacRepositoryPermissions'`,
        output: 'tsv',
      }),
    ),
    requireEqual(
      'is_by_repository',
      'false',
      signatures === 'notary-project'
        ? `${why}. Run setup without from-zero, as a person who may read the registry: then it assigns roles for repositories.`
        : `${why}. It has no content trust: use another registry, or signatures: notary-project.`,
    ),
  ];
}

function roleStatements(
  { who, role, on }: NeededRole,
  request: SetupRequest,
  isByRepository: boolean,
): readonly Statement[] {
  if (on.kind === 'vault' && isInManagedHsm(on)) {
    return [
      run(
        az('keyvault role assignment create', {
          'hsm-name': vaultNameOf(on),
          role: role.replace(/^Key Vault/, 'Managed HSM'),
          scope: on.object === undefined ? '/keys' : `/${on.object}`,
          'assignee-object-id': variable(who === 'owner' ? 'owner_id' : 'pipeline_id'),
          output: 'none',
        }),
      ),
    ];
  }
  const scope: Word =
    on.kind === 'registry'
      ? variable('registry_id')
      : text`${variable(vaultVariable(on.vaultUrl))}${on.object === undefined ? '' : `/${on.object}`}`;
  const isLimited = role === 'Container Registry Repository Writer' && isByRepository;
  return [
    ...(isLimited ? [limitTo(request)] : []),
    run(
      az('role assignment create', {
        role,
        scope,
        // A new principal is not found everywhere at once; its kind says that nobody need look.
        ...(who === 'owner'
          ? { assignee: variable('owner_id') }
          : {
              'assignee-object-id': variable('pipeline_id'),
              'assignee-principal-type': 'ServicePrincipal',
            }),
        ...(isLimited && { condition: contentOf('condition.txt'), 'condition-version': '2.0' }),
        output: 'none',
      }),
    ),
  ];
}

/** Registries with repository permissions can limit a role to repositories. */
function limitTo({ repositories }: SetupRequest): Statement {
  const actions = ['content/read', 'content/write', 'metadata/read', 'metadata/write'].map(
    (action) => `!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/${action}'})`,
  );
  const names = repositories.map(
    ({ repository }) =>
      `@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '${repository}'`,
  );
  return write('condition.txt', `((${actions.join(' AND ')}) OR (${names.join(' OR ')}))\n`);
}

/** Waits until the owner's new roles on vaults count: the next step would be refused. */
function waitsFor(assigned: readonly NeededRole[]): readonly Statement[] {
  const waits = assigned.flatMap(({ role, on }): readonly Statement[] => {
    if (on.kind === 'registry') return [];
    const name = vaultNameOf(on);
    const kind = role === 'Key Vault Certificates Officer' ? 'certificate' : 'key';
    return [
      wait(
        az(`keyvault ${kind} list`, { ...vaultFlags(on), output: 'none' }),
        `The role "${role}" on ${name} does not count yet, or a firewall blocks this machine. Run this again in some minutes.`,
      ),
    ];
  });
  return waits.length === 0
    ? []
    : [remark('A new role takes some minutes to take effect.'), ...waits];
}
