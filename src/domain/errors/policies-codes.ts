import type { Entry } from './entry.ts';

/** Policies and their runs. */
export const policiesCodes = {
  'policy.not-found': { status: 404, fault: 'failed', words: 'There is no such policy.' },
  'policy.schedule': {
    status: 400,
    fault: 'failed',
    help: 'the detail names what is wrong; `scheduler.shortest_interval_minutes`',
  },
  'policy.no-servers': {
    status: 400,
    fault: 'failed',
    words: 'The policy names no servers.',
    hint: 'all, ids, tags or metadata',
    help: 'it would do nothing: name all, ids, tags or metadata',
  },
  'policy.retention': {
    status: 400,
    fault: 'failed',
    words: 'The retention would keep nothing.',
    hint: 'null keeps everything',
    help: 'it would keep nothing: null keeps everything',
  },
  'policy.stretch': { status: 400, fault: 'failed', help: 'too long a simulation' },
  'policy.delegated-token': {
    status: 403,
    fault: 'failed',
    words: 'A token that was got with a trust cannot leave a policy behind.',
    hint: 'Use a token of your own: the policy goes on when the trust is gone.',
    help: 'a token got with a trust: save the policy with one of your own',
  },
  'policy.no-standing-role': {
    status: 403,
    fault: 'failed',
    words:
      'The policy could not act for you later: this token makes no trust, and you have no lasting role in the project.',
    hint: 'Use a token got with a password, or let somebody with a role in the project do it.',
    help: 'your token makes no trust and your role does not last: use a token got with a password',
  },
  'policy.credential-gone': {
    status: 403,
    fault: 'failed',
    seen: ['run'],
    words: 'The application credential that the policy was saved with is gone.',
    hint: 'Somebody who may back up servers of this project must save the policy again (PATCH).',
    help: 'the application credential that it was saved with was deleted or has expired, or has no role of it any more: save it again',
  },
  'policy.rights-lost': {
    status: 403,
    fault: 'failed',
    seen: ['run'],
    words: 'The user for whom the policy acts may not do so any more.',
    hint: 'Somebody who may back up servers of this project must save the policy again (PATCH).',
    help: 'its user is gone or lost his role: somebody who may saves the policy again',
  },
  'policy.window-over': {
    fault: 'failed',
    seen: ['run'],
    words: 'The time in which the run may begin was over before anybody could begin it.',
    help: 'no worker ran',
  },
  'policy.no-turn': {
    fault: 'failed',
    seen: ['run'],
    words: 'It had no turn in its window: other backups were running.',
    help: 'too much else was running: `scheduler.max_running…`',
  },
  'policy.too-many-waiting': {
    fault: 'failed',
    seen: ['run'],
    hint: 'Spread schedules, let windows end earlier, or take servers out that cannot be backed up.',
    help: '5000 runs of the project wait: spread schedules, end windows earlier, take out what cannot be backed up',
  },
  'policy.runs-skipped': { fault: 'failed', seen: ['run'], help: 'one run made up for several' },
  'policy.disabled': {
    fault: 'failed',
    seen: ['run'],
    words: 'The policy was disabled meanwhile.',
    help: 'disabled before it began',
  },
  'rpo.missed': {
    fault: 'failed',
    seen: ['message'],
    help: "the server's newest good backup is older than its policy's `rpo_minutes`",
  },
  'policy-run.taken': {
    status: 409,
    fault: 'failed',
    seen: ['log'],
    words: 'The run has begun already.',
    help: 'two schedulers met; one of them began it',
  },
} as const satisfies Record<string, Entry>;
