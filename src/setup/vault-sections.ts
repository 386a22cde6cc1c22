/** The vaults: those that are there are looked up, the others are made so that nobody can destroy their keys. */
import { isInManagedHsm, vaultNameOf } from '../azure/index.js';
import type { Seen, SetupRequest } from './request.js';
import {
  az,
  capture,
  ifEmpty,
  noteUnseen,
  remark,
  requireEqual,
  requireOne,
  run,
  variable,
  type Section,
  type Statement,
} from './script.js';

/** The variable that holds the resource ID of a vault. */
export const vaultVariable = (vaultUrl: string): string => `vault_${wordOf(vaultUrl)}`;

/** The name of a vault, as names of variables have it. */
const wordOf = (vaultUrl: string): string => vaultNameOf({ vaultUrl }).replaceAll('-', '_');

export function vaultSections(
  vaultUrl: string,
  request: SetupRequest,
  seen: Seen,
): readonly Section[] {
  if (isInManagedHsm({ vaultUrl })) return [];
  const name = vaultNameOf({ vaultUrl });
  const id = vaultVariable(vaultUrl);
  const find: Statement = capture(
    id,
    az('keyvault list', { query: `[?name=='${name}'].id`, output: 'tsv' }),
  );
  const presence = seen.vaults.get(vaultUrl);
  if (presence === 'there') {
    const none = `There is no vault ${name} in this subscription. Choose its subscription with \`az account set --subscription <name>\`.`;
    return [
      {
        title: `The vault ${name}.`,
        provides: [id],
        statements: [find, requireOne(id, none)],
      },
    ];
  }
  const rbac = `roles_${wordOf(vaultUrl)}`;
  const isRoot = request.rootKey?.vaultUrl === vaultUrl;
  return [
    {
      title: `The vault ${name}${isRoot ? ', which no pipeline reaches' : ''}.`,
      statements: [
        ...noteUnseen(presence),
        find,
        ifEmpty(id, [
          capture(
            id,
            az('keyvault create', {
              name,
              'resource-group': request.resourceGroup ?? variable('resource_group'),
              location: request.location ?? variable('location'),
              sku: request.hsm ? 'premium' : 'standard',
              'enable-rbac-authorization': 'true',
              'enable-purge-protection': 'true',
              'retention-days': '90',
              query: 'id',
              output: 'tsv',
            }),
          ),
        ]),
        capture(
          rbac,
          az('keyvault show', {
            name,
            query: 'properties.enableRbacAuthorization',
            output: 'tsv',
          }),
        ),
        requireEqual(
          rbac,
          'true',
          `The vault ${name} uses access policies, not roles. Name another vault, or give the permissions as docs/permissions.md says.`,
        ),
        remark(
          'Nobody can destroy its keys for good before 90 days have passed. This cannot be switched off again.',
        ),
        run(
          az('keyvault update', {
            name,
            'enable-purge-protection': 'true',
            output: 'none',
          }),
        ),
      ],
    },
  ];
}
