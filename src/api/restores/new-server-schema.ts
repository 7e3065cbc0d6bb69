import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

const MAX_NETWORKS = 32;
const MAX_TYPES = 64;

/** Attributes of a restore with mode new_server. */
export const newServerWishes = {
  flavor_id: common.name.optional().meta({ description: 'new_server; absent: the same, or one with equal values' }),
  image_id: common.uuid.optional().meta({ description: 'new_server; when the image that it was made of is gone' }),
  networks: z
    .array(z.strictObject({ uuid: common.uuid, fixed_ip: z.union([z.ipv4(), z.ipv6()]).optional() }))
    .max(MAX_NETWORKS)
    .optional()
    .meta({ description: 'new_server; instead of the same ports with their MAC and fixed addresses' }),
  availability_zone: common.name
    .optional()
    .meta({ description: 'new_server; of the server, and of volumes if they have it' }),
  volume_types: z
    .record(common.name, common.name)
    .refine((map) => Object.keys(map).length <= MAX_TYPES, `must not have more than ${MAX_TYPES} entries`)
    .optional()
    .meta({ description: 'Of volumes that are made, in any mode; recorded type → the one to use instead' }),
  floating_ips: z.boolean().optional().meta({ description: 'new_server; true: the floating addresses it had, too' }),
};

export const difference = z
  .strictObject({ code: z.string(), detail: z.string() })
  .meta({ description: 'Something that could not be as it was' });

const text = z.string().nullable();

/** In a dry run: what would be made. */
export const newServerPlan = z.strictObject({
  name: z.string(),
  flavor_id: z.string(),
  image_id: text,
  availability_zone: text,
  server_group_id: text,
  key_name: text,
  config_drive: z.boolean(),
  start: z.boolean(),
  ports: z.array(
    z.strictObject({
      recorded_id: text,
      existing_id: text,
      network_id: z.string(),
      mac_address: text,
      fixed_ips: z.array(z.strictObject({ subnet_id: text, ip_address: z.string() })),
      security_groups: z.array(z.string()),
    }),
  ),
  security_groups: z.array(z.strictObject({ recorded_id: z.string(), name: z.string(), exists: z.boolean() })),
  volumes: z.array(
    z.strictObject({
      disk_id: z.string(),
      name: text,
      size_bytes: z.int(),
      volume_type: text,
      availability_zone: text,
    }),
  ),
  floating_ips: z.array(z.strictObject({ id: z.string(), address: z.string(), port: z.int(), fixed_ip: text })),
  differences: z.array(difference),
});
