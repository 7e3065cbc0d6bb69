/** What the caller wants to be different. Absent: as it was. */
export interface NewServerWishes {
  flavor_id: string | null;
  image_id: string | null;
  availability_zone: string | null;
  networks: { uuid: string; fixed_ip?: string | undefined }[] | null;
  /** Recorded type → the type to use instead. */
  volume_types: Record<string, string>;
  floating_ips: boolean;
}
