/** What a user may read of something that went wrong while he was not looking. Field names are Cinder's. */
export interface Message {
  id: string;
  project_id: string;
  /** `req-<uuid>`: the logs have the same. */
  request_id: string | null;
  message_level: 'ERROR' | 'WARNING';
  /** Stable, as codes of errors are. */
  event_id: string;
  resource_type: 'policy' | 'backup' | 'snapshot' | 'restore' | 'server';
  resource_uuid: string;
  user_message: string;
  created_at: string;
  /** It may be gone after this. */
  guaranteed_until: string;
}
