/**
 * A base image whose tag was moved after it was signed. What ends up in the result tells which
 * content the build used: FROM with a variable, FROM of the last stage, and COPY --from.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSigned, expectSuccess } from '../expectations.js';
import { readReport } from '../main-job/reported.js';
import { removeRun } from '../product.js';
import { setUp } from '../set-up.js';
import { filesOf, makeMovedBase, movedContent, signedContent } from './bases.js';

const { stack, scenario } = await setUp();
const names = ['first', 'runtime', 'tools'] as const;

const bases = await Promise.all(names.map((name) => makeMovedBase(scenario, name)));

interface Combination {
  readonly policy: 'enforce' | 'pin-signed' | 'ignore';
  readonly docker: 'docker20' | 'docker26';
  readonly engine: 'native' | 'docker';
  readonly builder: 'classic' | 'buildx';
}

/** Which engine signs says nothing about the base images, but that the pinned ones reach Docker's build. */
const combinations: readonly Combination[] = [
  ...(['enforce', 'pin-signed', 'ignore'] as const).flatMap((policy): Combination[] => [
    { policy, docker: 'docker20', engine: 'native', builder: 'classic' },
    { policy, docker: 'docker26', engine: 'native', builder: 'buildx' },
  ]),
  { policy: 'enforce', docker: 'docker20', engine: 'docker', builder: 'classic' },
];

/** A context whose Dockerfile lies apart and names all three bases; with ignore files. */
async function makeContext(): Promise<{ context: string; dockerfile: string }> {
  const [first, runtime, tools] = bases.map(({ ref }) => ref);
  const context = await stack.makeImageContext('own', {
    files: { '.dockerignore': 'hidden-here\n', 'hidden-here': 'here', 'hidden-there': 'there' },
  });
  const dockerfile = path.join(context, 'docker/app.Dockerfile');
  await mkdir(path.dirname(dockerfile));
  await writeFile(
    dockerfile,
    [
      `ARG BASE=${first ?? ''}`,
      'FROM ${BASE} AS first',
      `FROM ${runtime ?? ''}`,
      'COPY . /context',
      'COPY --from=first /marker /from-first',
      `COPY --from=${tools ?? ''} /marker /from-tools`,
    ].join('\n'),
  );
  // BuildKit takes the ignore file beside a Dockerfile, and then only that one.
  await writeFile(`${dockerfile}.dockerignore`, 'hidden-there\n');
  return { context, dockerfile };
}

describe('base images whose tags were moved after they were signed', () => {
  it.each(combinations)(
    'under $policy, with $builder ($docker) and the $engine engine',
    async ({ policy, docker, engine, builder }) => {
      const repository = scenario.repository();
      const key = () => (engine === 'native' ? scenario.vault.key() : scenario.vault.secretKey());
      const result = await scenario.run({
        host: builder === 'classic' ? 'action' : 'task',
        docker,
        dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
        inputs: {
          repository,
          tags: '1.0',
          engine,
          builder,
          'base-images': policy,
          pull: 'true',
          ...(await makeContext()),
          'signing-key': await key(),
          'root-key': await key(),
        },
      });
      expectSuccess(result);
      const image = result.outputs.image ?? '';
      const files = ['/from-first', '/marker', '/from-tools', '/context/hidden-here'];
      const contentOf = policy === 'ignore' ? movedContent : signedContent;
      expect(await filesOf(scenario, image, [...files, '/context/hidden-there'])).toEqual([
        ...names.map(contentOf),
        ...(builder === 'buildx' ? ['here', 'absent'] : ['absent', 'there']),
      ]);
      const report = await readReport(result);
      expect(report.baseImages).toHaveLength(policy === 'ignore' ? 0 : names.length);
      if (policy !== 'ignore') {
        for (const { ref, signedDigest } of bases) {
          const expected = { reference: ref, status: 'signed', digest: signedDigest };
          expect(report.baseImages).toContainEqual(expected);
          expect(result.output).toContain(`${ref}  signed, pinned to ${signedDigest}`);
        }
      }
      const digest = result.outputs.digest ?? '';
      await expectSigned(scenario, repository, { tags: ['1.0'], digest });
      await removeRun(result);
    },
  );
});
