import { z } from 'zod';
import { BACKUP } from '../../domain/points/backup.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { route } from '../calls/route.ts';
import { operationAnswer } from '../operations/schemas.ts';
import { operationView } from '../operations/view.ts';
import { importBackupBody, MAX_IMPORT_BYTES, manifestAnswer } from './manifest-schema.ts';
import { backupAnswer, backupsAnswer, copyBackupBody, createBackupBody, updateBackupBody } from './schemas.ts';
import type { BackupChange } from './update.ts';
import { backupView } from './view.ts';

const BACKUPS = listSpecOf(BACKUP);

export const copyBackup = route<z.output<typeof copyBackupBody>>({
  method: 'post',
  path: '/v1/backups/{backup_id}/copies',
  operationId: 'copyBackup',
  summary: 'Copy a backup to another target; the copy is a backup of its own',
  mutates: { action: 'backups:copy', resourceType: 'backup' },
  body: copyBackupBody,
  answers: { 202: backupAnswer },
  async handle(call) {
    const { target, name = null, description = null, metadata = null } = call.body.copy;
    const request = { target, name, description, metadata };
    const backup = await call.services.copyBackup(call.caller, call.params.backup_id ?? '', request);
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});

export const createBackup = route({
  method: 'post',
  path: '/v1/backups',
  operationId: 'createBackup',
  summary: 'Back up a server with all its disks',
  mutates: { action: 'backups:create', resourceType: 'backup' },
  body: createBackupBody,
  answers: { 202: backupAnswer },
  async handle(call) {
    const { backup: wanted } = call.body;
    const backup = await call.services.createBackup(call.caller, {
      server_id: wanted.server_id,
      name: wanted.name ?? null,
      description: wanted.description ?? null,
      incremental: wanted.incremental ?? null,
      consistency: wanted.consistency ?? 'best',
      target: wanted.target ?? null,
      metadata: wanted.metadata ?? {},
    });
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});

export const deleteBackup = route({
  method: 'delete',
  path: '/v1/backups/{backup_id}',
  operationId: 'deleteBackup',
  summary: 'Delete a backup; backups made as differences to it stay whole',
  mutates: { action: 'backups:delete', resourceType: 'backup' },
  answers: { 202: backupAnswer },
  async handle(call) {
    const backup = await call.services.deleteBackup(call.caller, call.params.backup_id ?? '');
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});

export const importBackup = route({
  method: 'post',
  path: '/v1/backups/import',
  operationId: 'importBackup',
  summary: 'Put a backup that lies on a target into the catalogue, by its sealed manifest',
  mutates: { action: 'backups:import', resourceType: 'backup' },
  body: importBackupBody,
  maxBodyBytes: MAX_IMPORT_BYTES,
  answers: { 202: backupAnswer },
  async handle(call) {
    const backup = await call.services.importBackup(call.caller, call.body.backup);
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});

export const listBackups = route({
  method: 'get',
  path: '/v1/backups',
  operationId: 'listBackups',
  summary: 'List backups, newest first unless sorted otherwise',
  list: BACKUPS,
  answers: { 200: backupsAnswer },
  handle: (call) =>
    listAnswer(call, 'backups', BACKUPS, (request) => call.services.listBackups(call.caller, request), backupView),
});

export const showBackup = route({
  method: 'get',
  path: '/v1/backups/{backup_id}',
  operationId: 'showBackup',
  summary: 'Show a backup',
  answers: { 200: backupAnswer },
  async handle(call) {
    const backup = await call.services.showBackup(call.caller, call.params.backup_id ?? '');
    return { status: 200, body: { backup: backupView(backup, call) } };
  },
});

export const showManifest = route({
  method: 'get',
  path: '/v1/backups/{backup_id}/manifest',
  operationId: 'showManifest',
  summary: 'Show what a backup knows of its server; for operators with the sealed manifest, which can be imported',
  answers: { 200: manifestAnswer },
  async handle(call) {
    const manifest = await call.services.showManifest(call.caller, call.params.backup_id ?? '');
    return { status: 200, body: { manifest } };
  },
});

export const updateBackup = route({
  method: 'patch',
  path: '/v1/backups/{backup_id}',
  operationId: 'updateBackup',
  summary: 'Change name, description or metadata of a backup, or protect it',
  mutates: { action: 'backups:update', resourceType: 'backup' },
  body: updateBackupBody,
  answers: { 200: backupAnswer },
  async handle(call) {
    const change = Object.fromEntries(
      Object.entries(call.body.backup).filter(([, value]) => value !== undefined),
    ) as BackupChange;
    const backup = await call.services.updateBackup(call.caller, call.params.backup_id ?? '', change);
    return { status: 200, body: { backup: backupView(backup, call) } };
  },
});

const verifyBody = z
  .strictObject({
    against_source: z.boolean().optional().meta({
      description: 'Compare also with the snap it was made from, which the newest backup of a server has',
    }),
  })
  .optional();

export const verifyBackup = route({
  method: 'post',
  path: '/v1/backups/{backup_id}/verify',
  operationId: 'verifyBackup',
  summary: 'Read a backup back and check every hash; the answer is the operation that does it',
  mutates: { action: 'backups:verify', resourceType: 'backup' },
  body: verifyBody,
  answers: { 202: operationAnswer },
  async handle(call) {
    const operation = await call.services.verifyBackup(call.caller, call.params.backup_id ?? '', {
      againstSource: call.body?.against_source ?? false,
    });
    return {
      status: 202,
      body: { operation: operationView(operation, call) },
      location: call.urls.to(`/v1/operations/${operation.id}`),
    };
  },
});
