import { blocksOf } from '../lab/runbook.ts';

/** The block of the README that begins with this comment, with the reader's own words in the places of the README's. */
export function typed(language: 'sh' | 'yaml', title: string, own: Readonly<Record<string, string>> = {}): string {
  const found = blocksOf('README.md', language).filter((block) => block.startsWith(`# ${title}\n`));
  if (found.length !== 1)
    throw new Error(`the README has ${found.length} ${language} blocks that begin with "# ${title}"`);
  let text = found[0] as string;
  for (const [theirs, ours] of Object.entries(own)) {
    if (!text.includes(theirs)) throw new Error(`"# ${title}" has no ${theirs}`);
    text = text.replaceAll(theirs, ours);
  }
  return text;
}

/** What the section on production has to type. */
export const titles = (): string[] =>
  blocksOf('README.md', 'sh').flatMap(
    (block) => /^# (the cloud's admin|every host|a c|the gateway).*/.exec(block)?.[0] ?? [],
  );
