/** The last way out: a repository without root key cannot outlive its root, and begins anew. Pure. */
import { listTags } from '../../../trust/index.js';
import { ourCommand } from '../../command-line.js';
import { mendsByTargets } from './judge.js';
import { named, newKeyUrl, targetsKeyOf, type Situation, type Step } from './situation.js';

/** Without the root key the repository cannot outlive its root: a new one takes its place. */
export function beginAnew(situation: Situation): readonly Step[] {
  const { repository, view, loss } = situation;
  const { gun } = repository;
  const common = named(repository);
  const tags = [...new Set(listTags(view).map(({ tag }) => tag))];
  const signers = loss.custody
    .slice(2)
    .map(({ role }) => role)
    .filter((role) => role !== 'targets/releases' && role.split('/').length === 2)
    .map((role) => role.slice('targets/'.length));
  const targets = targetsKeyOf(situation);
  return [
    {
      text: `If no root key turns up, begin anew ${timeOf(situation)}: no other way gives this repository a root again. First keep the list of what is signed, with its digests.`,
      commands: [`${ourCommand('inspect', { ...common, format: 'json' })} > signed-tags.json`],
    },
    {
      text: 'Delete the trust data and create it anew, with keys that are backed up ("keys backup"). The images stay; until they are signed again clients refuse them.',
      commands: [
        ourCommand('trust delete', { ...common, confirm: gun }),
        ourCommand('keys init', {
          ...common,
          'root-key': newKeyUrl(situation, 'root'),
          'signing-key': targets,
        }),
        ...signers.map((signer) =>
          ourCommand('signers add', {
            ...common,
            signer,
            'signer-key': `PUBLIC-KEY-OF-${signer.toUpperCase()}`,
            'signing-key': targets,
          }),
        ),
      ],
    },
    ...(tags.length === 0
      ? []
      : [
          {
            text: `Sign again what was signed (${tags.length} ${tags.length === 1 ? 'tag' : 'tags'}), after comparing the digests with signed-tags.json: a tag may stand for something else by now.`,
            commands: [
              ourCommand('sign', { ...common, tags: shown(tags), 'signing-key': targets }),
            ],
          },
        ]),
    {
      text: 'Have every client that remembers the old root forget it, and replace the old root key wherever it is pinned (trust-pin).',
      commands: [`rm -rf ~/.docker/trust/tuf/${gun}`],
    },
  ];
}

function timeOf({ loss }: Situation): string {
  const { kind, expired, isSnapshotWithClient, end } = loss;
  const isOver =
    kind === 'root' && !isSnapshotWithClient ? !mendsByTargets(loss) : expired.length > 0;
  if (isOver) return 'now';
  return end ? `before ${end.at.toISOString().slice(0, 10)}` : 'in time';
}

/** The report has them all. */
function shown(tags: readonly string[]): readonly string[] {
  return tags.length > 50 ? [...tags.slice(0, 50), 'AND-SO-ON'] : tags;
}
