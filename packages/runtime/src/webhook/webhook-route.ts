/** One path of a webhook server. */
export interface WebhookRoute {
  /** Such as `/convert`. */
  readonly path: string;
  /** Longest body, in bytes. */
  readonly maxBytes: number;
  /**
   * Answers a review with a review. The signal aborts when the API server waits no longer.
   *
   * @throws MalformedReviewError when the body is no review; anything else is answered as an internal error.
   */
  answer(review: unknown, signal: AbortSignal): Promise<unknown>;
}

/** What was sent is no review that this webhook can answer. */
export class MalformedReviewError extends Error {
  override readonly name = 'MalformedReviewError';
  readonly code = 'ERR_MALFORMED_REVIEW';
}
