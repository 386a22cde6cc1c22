/** Which documents of an earlier state new ones are compared with. */
import { own, type Envelope, type RoleName, type RootSigned } from '../metadata/index.js';
import type { EarlierState } from './view.js';

/**
 * The earlier document of `role`, unless `root` has replaced its keys.
 *
 * TUF 1.0, 5.3.11: once timestamp or snapshot keys are replaced, the earlier versions of both no
 * longer count, or a stolen key could have driven them beyond reach. The same for targets, whose
 * version Notary keeps in the file only.
 */
export function earlierOf(
  role: 'timestamp' | 'snapshot' | 'targets',
  earlier: EarlierState | undefined,
  root: Envelope<RootSigned>,
): Envelope | undefined {
  if (earlier === undefined) return undefined;
  const bound: readonly RoleName[] = role === 'targets' ? ['targets'] : ['timestamp', 'snapshot'];
  if (bound.some((name) => isRotated(name, earlier.root, root))) return undefined;
  return role === 'targets' ? earlier.targets?.get('targets') : earlier[role];
}

function isRotated(
  role: RoleName,
  before: Envelope<RootSigned>,
  after: Envelope<RootSigned>,
): boolean {
  const [old, current] = [before, after].map(({ signed }) => own(signed.roles, role)?.keyids ?? []);
  return old?.some((id) => current?.includes(id)) !== true;
}
