import type { VerifyShare } from '../../../domain/targets/verify-share.ts';
import type { VerifyShares } from '../../../ports/stores/verify-shares.ts';
import type { Clock } from '../../../ports/system.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database, VerifyShareRow } from '../database/tables.ts';

/** Not a share: the row that says when reading in shares began. */
const BEGAN = -1;

export function sqlVerifyShares(db: Database, clock: Clock): VerifyShares {
  const now = () => new Date(clock.now()).toISOString();
  const rowOf = ({ target, shares, share }: Pick<VerifyShare, 'target' | 'shares' | 'share'>) =>
    guarded(() =>
      db
        .selectFrom('verify_shares')
        .selectAll()
        .where('target', '=', target)
        .where('shares', '=', shares)
        .where('share', '=', share)
        .executeTakeFirst(),
    );
  /** False: it exists already. */
  const insert = (row: VerifyShareRow): Promise<boolean> =>
    guarded(async () => {
      try {
        await db.insertInto('verify_shares').values(row).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    });
  return {
    async began(target, shares, today) {
      const place = { target, shares, share: BEGAN, day: today };
      await insert(freshRow(place, '', now()));
      return (await rowOf(place))?.day ?? today;
    },
    async list(target, shares) {
      const select = db
        .selectFrom('verify_shares')
        .selectAll()
        .where('target', '=', target)
        .where('shares', '=', shares);
      return (await guarded(() => select.where('share', '>=', 0).execute())).map(shareOf);
    },
    async claim(place, worker, silentSince) {
      const fresh = freshRow(place, worker, now());
      if (await insert(fresh)) return shareOf(fresh);
      const row = await rowOf(place);
      if (!row || row.day > place.day || (row.day === place.day && row.done)) return undefined;
      const goesOn = row.day === place.day;
      if (goesOn && row.worker !== worker && row.updated_at > silentSince) return undefined;
      const next = goesOn ? { ...row, worker, updated_at: now() } : fresh;
      // Only if it is still as it was seen.
      const { numUpdatedRows } = await guarded(() =>
        db
          .updateTable('verify_shares')
          .set(next)
          .where('target', '=', row.target)
          .where('shares', '=', row.shares)
          .where('share', '=', row.share)
          .where('day', '=', row.day)
          .where('worker', '=', row.worker)
          .where('updated_at', '=', row.updated_at)
          .executeTakeFirstOrThrow(),
      );
      return numUpdatedRows > 0n ? shareOf(next) : undefined;
    },
    async note({ target, shares, share, day, done, after, objects, bytes, bad }, worker) {
      const { numUpdatedRows } = await guarded(() =>
        db
          .updateTable('verify_shares')
          .set({ done: done ? 1 : 0, after_object: after, objects, bytes, bad, updated_at: now() })
          .where('target', '=', target)
          .where('shares', '=', shares)
          .where('share', '=', share)
          .where('day', '=', day)
          .where('worker', '=', worker)
          .executeTakeFirstOrThrow(),
      );
      return numUpdatedRows > 0n;
    },
    async all() {
      const select = db.selectFrom('verify_shares').selectAll().where('share', '>=', 0);
      return (await guarded(() => select.execute())).map(shareOf);
    },
  };
}

const freshRow = (
  { target, shares, share, day }: Pick<VerifyShare, 'target' | 'shares' | 'share' | 'day'>,
  worker: string,
  updated_at: string,
): VerifyShareRow => {
  const none = { done: 0 as const, after_object: '', objects: 0, bytes: 0, bad: 0 };
  return { target, shares, share, day, ...none, worker, updated_at };
};

const shareOf = (row: VerifyShareRow): VerifyShare => ({
  target: row.target,
  shares: row.shares,
  share: row.share,
  day: row.day,
  done: row.done === 1,
  after: row.after_object,
  objects: Number(row.objects),
  bytes: Number(row.bytes),
  bad: Number(row.bad),
  updated_at: row.updated_at,
});
