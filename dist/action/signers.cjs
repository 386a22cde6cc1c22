process.env.INPUT_COMMAND = `signers ${process.env.INPUT_COMMAND ?? ''}`;
require('./index.cjs');
