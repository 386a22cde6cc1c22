/** The version of the product: the one in package.json, task.json and vss-extension.json. */
export const version = '1.0.0';
/** What the product calls itself to servers and in signatures. */
export const agent = `acr-content-trust/${version}`;
