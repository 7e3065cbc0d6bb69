/** How a server is made again: decided during the request, with the caller's own rights, and then followed. */
export interface NewServerPlan {
  name: string;
  flavor_id: string;
  /** Null: it boots from a volume. */
  image_id: string | null;
  availability_zone: string | null;
  server_group_id: string | null;
  key_name: string | null;
  config_drive: boolean;
  /** Whether it runs at the end. */
  start: boolean;
  ports: PlannedPort[];
  security_groups: PlannedGroup[];
  volumes: PlannedNewVolume[];
  floating_ips: PlannedFloatingIp[];
  differences: Difference[];
}

export interface PlannedPort {
  /** The recorded port that it replaces; null for one that was requested instead. */
  recorded_id: string | null;
  /** A port of the old server that still exists: it is used as it is. */
  existing_id: string | null;
  network_id: string;
  mac_address: string | null;
  fixed_ips: { subnet_id: string | null; ip_address: string }[];
  /** Recorded ids: see `security_groups` of the plan. */
  security_groups: string[];
}

export interface PlannedGroup {
  recorded_id: string;
  name: string;
  /** False: it is gone and is made again, with its rules. */
  exists: boolean;
}

export interface PlannedNewVolume {
  disk_id: string;
  name: string | null;
  size_bytes: number;
  volume_type: string | null;
  availability_zone: string | null;
}

export interface PlannedFloatingIp {
  id: string;
  address: string;
  /** Index in `ports`. */
  port: number;
  fixed_ip: string | null;
}

/** Something that is not as it was. `code` is stable, for programs. */
export interface Difference {
  code: string;
  detail: string;
}
