/**
 * `npm run screenshots`: makes the pictures of job summaries in images/ that the Marketplace and the
 * readme show. The task runs against the test stack; its summaries are rendered in the style of GitHub's
 * Markdown and photographed by Chromium.
 */
import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { marked } from 'marked';
import { prepareNotaryProject } from '../test/e2e/notary-project/certificates.js';
import { createScenario, credentialsOf, type ScenarioRun } from '../test/e2e/scenario.js';
import { connectStack, missingForStack, startStack, type StackInfo } from '../test/stack/index.js';
import { root } from './generate.js';

/** What the Marketplace asks for, in pixels. */
const size = { width: 1366, height: 768 };

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** The path of a browser on the PATH. */
async function findBrowser(): Promise<string> {
  for (const name of browsers) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      const file = path.join(folder, name);
      const isThere = await access(file).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  throw new Error(`No browser is on the PATH (${browsers.join(', ')}). Install chromium.`);
}

/** Summaries of runs that a reader will have, by the name of the picture. */
async function makeSummaries(info: StackInfo): Promise<ReadonlyMap<string, string>> {
  const stack = connectStack(info);
  const scenario = await createScenario(stack, { name: 'contoso' });
  const { registry, reader, vault } = scenario;
  const { makeCertificate } = await prepareNotaryProject(scenario);
  const { url } = await makeCertificate({ name: 'release' });
  const rootKey = await vault.key('root');
  const repository = 'team/app';
  const signing = { 'signing-key': url, 'trust-pin': rootKey };
  const run = async (inputs: ScenarioRun['inputs']): Promise<string> => {
    const docker = inputs.command === 'verify' ? {} : ({ docker: 'docker20' } as const);
    const { summary } = await scenario.run({ host: 'task', ...docker, inputs });
    return summary;
  };
  const build = async (tags: string, inputs: ScenarioRun['inputs']): Promise<string> => {
    const context = await stack.makeImageContext(`screenshot ${tags}`);
    return run({ command: 'buildAndPush', repository, context, tags, ...inputs });
  };
  const both = { ...signing, signatures: 'both', 'root-key': rootKey };
  const signed = await build('1.4.2, 1.4, latest', both);
  await build('nightly', { 'content-trust': 'false' });
  const images = ['1.4.2', 'latest', 'nightly'].map(
    (tag) => `${registry.loginServer}/${repository}:${tag}`,
  );
  const verify = { command: 'verify', 'trust-pin': rootKey, registry: undefined };
  const doctor = { command: 'doctor', repository, ...signing, ...credentialsOf(reader) };
  return new Map([
    ['signed', signed],
    ['rejected', await run({ ...verify, images: images.join() })],
    ['inspected', await run({ command: 'inspect', repository, 'trust-pin': rootKey })],
    ['doctor', await run(doctor)],
  ]);
}

async function photograph(summaries: ReadonlyMap<string, string>, browser: string): Promise<void> {
  const style = import.meta.resolve('github-markdown-css/github-markdown-light.css');
  const css = await readFile(new URL(style), 'utf8');
  const folder = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-screenshots-'));
  try {
    for (const [name, summary] of summaries) {
      const page = path.join(folder, `${name}.html`);
      const picture = path.join(root, 'images', `${name}.png`);
      const body = await marked.parse(summary);
      await writeFile(
        page,
        `<!doctype html><meta charset="utf-8"><style>${css}</style>` +
          `<body class="markdown-body" style="padding: 24px 40px">${body}</body>`,
      );
      await promisify(execFile)(browser, [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
        `--user-data-dir=${path.join(folder, 'profile')}`,
        `--window-size=${size.width},${size.height}`,
        `--screenshot=${picture}`,
        `file://${page}`,
      ]);
      console.log(picture);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const browser = await findBrowser();
const missing = await missingForStack(console.log);
if (missing.length > 0) {
  throw new Error(`This machine cannot run the test stack: ${missing.join('; ')}`);
}
const stack = await startStack({ log: console.log });
try {
  await photograph(await makeSummaries(stack.info), browser);
} finally {
  await stack.stop();
}
