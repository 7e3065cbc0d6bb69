/** Before the first test file, in the process that starts the others. */
export default function beforeAll(): void {
  requireNode24();
  process.env.REWIND_TEST_SEED ??= String(Math.floor(Math.random() * 2 ** 31));
  console.log(`seed of this run: REWIND_TEST_SEED=${process.env.REWIND_TEST_SEED}`);
}

/** npm may quietly run another Node: tests on the wrong one prove nothing. */
function requireNode24(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 24) throw new Error(`Rewind runs on Node 24, this is ${process.version}: use node_modules/.bin/node`);
}
