process.env.INPUT_COMMAND = `keys ${process.env.INPUT_COMMAND ?? ''}`;
require('./index.cjs');
