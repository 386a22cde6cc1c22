/** Images named in files: verified, and written back with their digests. */
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { uniqueName } from '../../stack/index.js';
import { expectFailure } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import {
  expectNotVerified,
  expectVerified,
  pushImage,
  signedImage,
  verify,
  type PushedImage,
} from './signed.js';

const { stack, scenario } = await setUp();
let app: PushedImage;
let db: PushedImage;

beforeAll(async () => {
  const keys = await makeKeys(scenario);
  app = await signedImage(scenario, keys);
  db = await signedImage(scenario, keys);
});

const compose = (): string => `# what runs
services:
  app:
    image: "${app.ref}"   # ours
    depends_on: [db]
  db:
    image: ${db.ref}
`;

const manifests = (): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: app} # one line
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: ${db.ref}
      containers:
      - name: app
        image: '${app.ref}'
---
apiVersion: v1
kind: ConfigMap
data: {image: none}
---
apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - {name: app, image: ${app.ref}}
`;

async function writeFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = path.join(stack.info.folder, uniqueName('files'));
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

/** The text with the digest after every reference. */
const withDigests = (text: string): string =>
  [app, db].reduce((so, { ref, digest }) => so.replaceAll(ref, `${ref}@${digest}`), text);

describe('files', () => {
  it('are verified and written in place, all but the digests as they were', async () => {
    const files = { 'compose.yaml': compose(), 'k8s.yml': manifests(), list: `${db.ref} # db\n` };
    const folder = await writeFiles(files);
    const names = Object.keys(files).join(', ');
    const inputs = { files: names, 'write-digests': 'true' };
    const result = await verify(scenario, { host: 'cli', cwd: folder, inputs });
    expectVerified(result, [app, db]);
    for (const [name, text] of Object.entries(files)) {
      expect(await readFile(path.join(folder, name), 'utf8')).toBe(withDigests(text));
    }
    const written = await readFile(path.join(folder, 'compose.yaml'), 'utf8');
    expect(parse(written)).toMatchObject({
      services: { db: { image: `${db.ref}@${db.digest}` } },
    });
    const objects = parseAllDocuments(await readFile(path.join(folder, 'k8s.yml'), 'utf8'));
    expect(objects.map(({ errors }) => errors)).toEqual([[], [], []]);
    // What was written is accepted again, and stays as it is.
    const again = await verify(scenario, { host: 'cli', cwd: folder, inputs });
    expectVerified(again, [app, db]);
    expect(await readFile(path.join(folder, 'compose.yaml'), 'utf8')).toBe(written);
  });

  it('are written into another folder, and the given ones left alone', async () => {
    const folder = await writeFiles({ 'k8s.yaml': manifests() });
    const out = path.join(folder, 'verified');
    const result = await verify(scenario, {
      host: 'task',
      inputs: { files: folder, 'write-digests': 'true', 'output-directory': out },
    });
    expectVerified(result, [db, app]);
    expect(await readFile(path.join(out, 'k8s.yaml'), 'utf8')).toBe(withDigests(manifests()));
    expect(await readFile(path.join(folder, 'k8s.yaml'), 'utf8')).toBe(manifests());
  });

  it('are not written when one of their images is unsigned', async () => {
    const unsigned = await pushImage(scenario);
    const files = {
      'good.yaml': compose(),
      'bad.yaml': `services: {a: {image: '${unsigned.ref}'}}`,
    };
    const folder = await writeFiles(files);
    const result = await verify(scenario, {
      host: 'action',
      inputs: { files: folder, 'write-digests': 'true', 'output-directory': `${folder}/out` },
    });
    const failure = {
      code: 'TAG_NOT_SIGNED',
      message: /1 of 3 images is not as required/,
    } as const;
    expectNotVerified(result, failure, [app, db]);
    expect((await readdir(folder)).sort()).toEqual(['bad.yaml', 'good.yaml']);
    const report = await readFile(result.outputs['trust-report'] ?? '', 'utf8');
    expect(JSON.parse(report)).toMatchObject({
      writtenFiles: [],
      images: [{ reference: unsigned.ref, places: [`${folder}/bad.yaml, line 1`] }, {}, {}],
    });
  });

  it('that their users read otherwise are refused, and what is not known is named', async () => {
    const folder = await writeFiles({
      'merged.yaml': `kind: Pod\napiVersion: v1\nmetadata: {annotations: &an {image: ${db.ref}}}\nspec:\n  containers:\n  - image: ${app.ref}\n    <<: *an\n`,
      'reset.yaml': `services:\n  a:\n    image: ${app.ref}\n    build: !reset null\n`,
      'kust/kustomization.yaml': 'resources: []\n',
      'custom/task.yaml': `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec: {steps: [{image: ${app.ref}}, {image: $(params.x)}]}\n`,
    });
    const result = await verify(scenario, { host: 'cli', cwd: folder, inputs: { files: '.' } });
    expectFailure(result, {
      code: 'INPUT_INVALID',
      message: /merged\.yaml, line 6, has the key "image"/,
    });
    expect(result.output).toMatch(/reset\.yaml, line 4, uses the tag !reset/);
    expect(result.output).toMatch(/kubectl kustomize kust > rendered\.yaml/);
    const custom = await verify(scenario, {
      host: 'cli',
      cwd: folder,
      inputs: { files: 'custom' },
    });
    expectVerified(custom, [app]);
    expect(custom.output).toMatch(/Task "t" names an image by "\$\(params\.x\)"/);
  });

  it('are not written through a symbolic link that leads out of the checkout', async () => {
    const outside = await writeFiles({ 'k8s.yaml': 'theirs' });
    const folder = await writeFiles({ 'k8s.yaml': manifests() });
    await symlink(outside, path.join(folder, 'out'));
    const inputs = { files: 'k8s.yaml', 'write-digests': 'true', 'output-directory': 'out' };
    const result = await verify(scenario, { host: 'cli', cwd: folder, inputs });
    expectFailure(result, {
      code: 'FILE_NOT_WRITTEN',
      message: /is a symbolic link that leads out of/,
    });
    expect(await readFile(path.join(outside, 'k8s.yaml'), 'utf8')).toBe('theirs');
    expect(await readdir(outside)).toEqual(['k8s.yaml']);
  });

  it('that cannot be understood are refused before anybody is asked', async () => {
    const folder = await writeFiles({
      'values.yaml': 'image: x\n',
      'compose.yml': 'services: {a: {image: "a:${TAG}"}}\n',
    });
    const mark = await stack.requestMark();
    const result = await verify(scenario, { host: 'cli', inputs: { files: folder } });
    expectFailure(result, { code: 'INPUT_INVALID', message: /compose\.yml, line 1, .*variables/ });
    expect(await stack.requests({ since: mark, matching: scenario.registry.loginServer })).toEqual(
      [],
    );
  });
});
