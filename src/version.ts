/** The version of the product: the one in package.json, task.json and vss-extension.json. */
export const version = '1.0.0';
