process.env.INPUT_COMMAND = `trust ${process.env.INPUT_COMMAND ?? ''}`;
require('./index.cjs');
