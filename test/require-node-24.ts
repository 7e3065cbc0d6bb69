/** npm may quietly run another Node: tests on the wrong one prove nothing. */
export default function requireNode24(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 24) throw new Error(`Rewind runs on Node 24, this is ${process.version}: use node_modules/.bin/node`);
}
