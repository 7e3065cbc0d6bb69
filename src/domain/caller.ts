/** Who asks: made from a validated token and from nothing else. */
export interface Caller {
  userId: string;
  projectId: string;
  roles: readonly string[];
  /** How he proved who he is: `password`, `token`, `application_credential`, … */
  methods: readonly string[];
  /** Of a token that was got with a trust: he is the trustor only for as long as that lasts. */
  trustId?: string | null;
  /** Of the application credential that his token was got with. */
  credentialId?: string | null;
  /** Ours, `req-<uuid>`. */
  requestId: string;
  /** Theirs, when it had the form of one. */
  globalRequestId: string | null;
  /** The token itself, for calls to Nova and Cinder while this request lasts; never stored. */
  token: string;
}
