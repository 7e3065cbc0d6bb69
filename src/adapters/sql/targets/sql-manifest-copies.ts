import type { ManifestCopies } from '../../../ports/stores/manifest-copies.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

export function sqlManifestCopies(db: Database): ManifestCopies {
  return {
    async keep(backup_id, sealed) {
      await transact(db, async (tx) => {
        await tx.deleteFrom('manifest_copies').where('backup_id', '=', backup_id).execute();
        const known = await tx.selectFrom('backups').select('id').where('id', '=', backup_id).executeTakeFirst();
        if (known) await tx.insertInto('manifest_copies').values({ backup_id, sealed }).execute();
      });
    },
    async find(backup_id) {
      const select = db.selectFrom('manifest_copies').select('sealed').where('backup_id', '=', backup_id);
      return (await guarded(() => select.executeTakeFirst()))?.sealed;
    },
  };
}
