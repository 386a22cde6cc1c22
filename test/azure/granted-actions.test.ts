import { describe, expect, it } from 'vitest';

import { grantedActions } from '../../src/azure/granted-actions.js';
import { jwt } from '../registry/fake-http.js';

describe('the actions a token grants', () => {
  it('are told per repository, several entries together', () => {
    const access = [
      { type: 'repository', name: 'app', actions: ['pull'] },
      { type: 'repository', name: 'contoso.azurecr.io/app', actions: ['pull', 'push'] },
      { type: 'repository', name: 'app', actions: ['push'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
      'odd',
    ];
    const granted = grantedActions(jwt({ access }));
    expect([...(granted ?? [])].map(([name, actions]) => [name, [...actions]])).toEqual([
      ['app', ['pull', 'push']],
      ['contoso.azurecr.io/app', ['pull', 'push']],
    ]);
  });

  it('are none where the claim is empty', () => {
    expect(grantedActions(jwt({ access: [] }))?.size).toBe(0);
  });

  it.each(['opaque', 'a.b.c', jwt({}), jwt({ access: 'all' }), `${jwt({})}.more`, ''])(
    'are unknown for %j',
    (token) => {
      expect(grantedActions(token)).toBeUndefined();
    },
  );
});
