/** What a release publishes, installed into empty folders, signs there as it does here. */
import path from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { checkOutAction, installPackage, unpackTask } from '../installed.js';
import { expectSigned, expectSuccess } from './expectations.js';
import { pushUnsigned } from './main-job/unsigned-tag.js';
import { makeKeys, setUp } from './set-up.js';

const { scenario } = await setUp();
const keys = await makeKeys(scenario);
const [action, task, npm] = await Promise.all([checkOutAction(), unpackTask(), installPackage()]);

afterAll(() => Promise.all([action, task, npm].map((one) => one.remove())));

describe('sign', () => {
  it.each([
    { host: 'action', what: 'the action at a tag', installed: action.folder },
    { host: 'task', what: 'the unzipped extension', installed: task.folder },
    {
      host: 'cli',
      what: 'the package for npm',
      installed: path.join(npm.folder, 'node_modules/acr-content-trust'),
    },
  ] as const)('works in $what', async ({ host, installed }) => {
    const repository = scenario.repository();
    const digest = await pushUnsigned(scenario, repository, '1');
    const result = await scenario.run({
      host,
      installed,
      ...(host === 'action' && { actionFolder: 'actions/sign' }),
      inputs: { command: 'sign', repository, tags: '1', ...keys },
    });
    expectSuccess(result);
    await expectSigned(scenario, repository, { tags: ['1'], digest });
  });
});
