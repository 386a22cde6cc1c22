import { describe, expect, it } from 'vitest';
import { pushUnder, renameLocally } from '../../src/docker/index.js';
import { failureOf, scriptedDocker, type Rule } from './support/scripted-docker.js';

const app = 'contoso.azurecr.io/team/app';
const id = `sha256:${'1'.repeat(64)}`;
const digest = `sha256:${'3'.repeat(64)}`;
const reference = `${app}:staging-1`;
const request = { repository: app, reference, imageId: id };
const inspect: Rule = {
  args: /^image inspect/,
  stdout: JSON.stringify({ Id: id, RepoDigests: [`${app}@${digest}`] }),
};
const fine: Rule = { args: /^(tag|push|image rm)/ };

function memory() {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return { lines, info: add, warn: add };
}

describe('a push under a tag of the run', () => {
  it('gives the image that name for as long as it takes', async () => {
    const { docker, calls } = scriptedDocker([inspect, fine]);
    const content = await pushUnder(docker, request, memory());
    expect(content).toEqual({ candidates: [digest], imageId: id });
    const commands = calls().map(({ args }) => args.join(' '));
    expect(commands.filter((line) => !line.startsWith('image inspect'))).toEqual([
      `tag ${id} ${reference}`,
      `push ${reference}`,
      `image rm --no-prune ${reference}`,
    ]);
  });

  it('takes the name away after a failure too, and reports the failure', async () => {
    const refused: Rule = { args: /^push/, exitCode: 1, stderr: 'denied: no\n' };
    const { docker, calls } = scriptedDocker([inspect, refused, fine]);
    const error = await failureOf(pushUnder(docker, request, memory()));
    expect(error.code).toBe('PUSH_NOT_AUTHORIZED');
    expect(calls().at(-1)?.args).toEqual(['image', 'rm', '--no-prune', reference]);
  });

  it('names the local tag that it could not take away', async () => {
    const stuck: Rule = { args: /^image rm/, exitCode: 1, stderr: 'conflict\n' };
    const { docker } = scriptedDocker([inspect, stuck, fine]);
    const log = memory();
    await pushUnder(docker, request, log);
    expect(log.lines.at(-1)).toBe(`The local tag ${reference} remains: conflict`);
  });
});

it('gives an image its wanted local tags', async () => {
  const { docker, calls } = scriptedDocker([fine]);
  await renameLocally(docker, reference, [`${app}:1`, `${app}:2`], memory());
  expect(calls().map(({ args }) => args.join(' '))).toEqual([
    `tag ${reference} ${app}:1`,
    `tag ${reference} ${app}:2`,
    `image rm --no-prune ${reference}`,
  ]);
});
