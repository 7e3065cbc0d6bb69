/** The caller of a request: made from a validated token and from nothing else. */
export interface Caller {
  userId: string;
  projectId: string;
  roles: readonly string[];
  /** How the caller was authenticated: `password`, `token`, `application_credential`, … */
  methods: readonly string[];
  /** The trust by which the token was issued: the caller is the trustor only for as long as that lasts. */
  trustId?: string | null;
  /** Id of the application credential with which the token was issued. */
  credentialId?: string | null;
  /** Our own request id, `req-<uuid>`. */
  requestId: string;
  /** The client's request id, when it had the right form. */
  globalRequestId: string | null;
  /** The token itself, for calls to Nova and Cinder during this request; never stored. */
  token: string;
}
