process.env.INPUT_COMMAND = 'revoke';
require('./index.cjs');
