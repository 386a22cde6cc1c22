process.env.INPUT_COMMAND = 'inspect';
require('./index.cjs');
