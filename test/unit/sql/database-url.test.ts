import { describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../../src/adapters/sql/database/open-database.ts';

describe('the database URL', () => {
  it.each([
    '',
    'sqlite:',
    '/var/lib/rewind.db',
    'postgres://u:secret@h/d',
    'mysql://',
    'mysql://u:secret@host',
    'mysql://u:secret@host/',
    'mysql://u:secret@:bad/d',
  ])('refuses %j without showing the password', (url) => {
    expect(() => openDatabase(url)).toThrow(
      expect.objectContaining({
        code: 'vm-backup.config.database-url',
        message: expect.not.stringContaining('secret'),
      }),
    );
  });

  it.each([
    'sqlite::memory:',
    'sqlite:/x/y.db',
    'sqlite:///x/y.db',
    'mysql://u:p@h/d',
    'mariadb://u:p@[::1]:3307/d',
    'mysql+pymysql://u:p%40@h/d',
  ])('takes %j and connects only when used', async (url) => {
    await openDatabase(url).destroy();
  });
});
