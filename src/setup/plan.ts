/**
 * From what is to be set up, and what is there already, to the script that makes what is missing. Each
 * step looks before it makes something, so that running the script twice does no harm.
 */
import { toBash } from './bash.js';
import { federationSections } from './federation.js';
import { initSections, keySections } from './key-sections.js';
import { lookups } from './lookups.js';
import { pipelineFile } from './pipeline-file.js';
import { toPowerShell } from './powershell.js';
import type { Seen, SetupRequest } from './request.js';
import { roleSections } from './role-sections.js';
import { vaultsOf } from './roles.js';
import { neededSections, partsOf, variable, type Word } from './script.js';
import { vaultSections } from './vault-sections.js';

/** Shells that scripts are written for. */
const shells = { bash: toBash, powershell: toPowerShell } as const;
export type Shell = keyof typeof shells;

/** What is still to be done, and how. */
export interface SetupPlan {
  /** What each part of the script is about, in its order. */
  readonly steps: readonly string[];
  readonly script: string;
  readonly pipeline: {
    readonly file: string;
    /** Its text; what only the script knows stands there as `${name}`. */
    readonly text: string;
  };
}

/** @throws {TrustError} INPUT_MISSING where a certificate is to be made for a subject that nobody named. */
export function planSetup(request: SetupRequest, seen: Seen, shell: Shell): SetupPlan {
  const file = pipelineFile(request, {
    clientId: 'clientId' in request.pipeline ? request.pipeline.clientId : variable('client_id'),
    tenantId: seen.tenantId ?? variable('tenant_id'),
    pinOf: ({ gun }) => {
      if (request.rootKey === undefined) return undefined;
      return seen.roots.get(gun) ?? variable('root_key_id');
    },
  });
  const sections = neededSections([
    ...lookups(request, seen),
    ...federationSections(request),
    ...vaultsOf(request).flatMap((vaultUrl) => vaultSections(vaultUrl, request, seen)),
    ...roleSections('owner', request, seen),
    ...keySections(request, seen),
    ...roleSections('pipeline', request, seen),
    ...initSections(request, seen),
    {
      title: `The pipeline, in ${request.pipelineFile}.`,
      statements: [{ kind: 'keep', file: request.pipelineFile, text: file }],
    },
  ]);
  return {
    steps: sections
      .filter(({ provides }) => !provides)
      .map(({ title }) => title.replace(/\.$/, '')),
    script: shells[shell](introduction(request, seen), sections),
    pipeline: { file: request.pipelineFile, text: shown(file) },
  };
}

function introduction(
  { registry, repositories }: SetupRequest,
  { reasons }: Seen,
): readonly string[] {
  return [
    `Sets up what is missing to sign ${repositories.map(({ gun }) => gun).join(', ')}.`,
    `Read it, then run it in the folder of the pipeline, logged in with \`az login\` as a person who may`,
    `create applications and assign roles on ${registry}.`,
    'It may be run again: what is there already stays as it is.',
    ...reasons.map((why) => `Could not be seen: ${why}.`),
  ];
}

/** A text for people: variables by their names. */
function shown(word: Word): string {
  return partsOf(word)
    .map((part) => (typeof part === 'string' ? part : `\${${part.variable}}`))
    .join('');
}
