/** The command that gives a principal a role on a registry, ready to be copied from an error. */

/** Built-in roles this product talks of. */
type RegistryRole = 'AcrPull' | 'AcrPush' | 'AcrImageSigner';

/**
 * One line of Azure CLI.
 * @param scope resource ID of the registry, if known
 * @param assignee object ID or client ID of the principal, if known
 */
export function roleAssignmentCommand(
  role: RegistryRole,
  scope: string | undefined,
  assignee: string | undefined,
): string {
  return (
    `az role assignment create --scope ${scope ?? '<registry resource ID>'} ` +
    `--role ${role} --assignee ${assignee ?? '<client ID of the principal>'}`
  );
}
