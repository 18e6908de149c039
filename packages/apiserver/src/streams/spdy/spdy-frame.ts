import type { SpdyHeaders } from './header-block.ts';

/** Why a stream was ended (SPDY Protocol Draft 3.1, 2.4.2). */
export const RST_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
} as const;

/** Why a connection was ended (2.6.6). */
export const GOAWAY_STATUS = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The setting by which a peer announces how many bytes it takes on a new stream (2.6.4). */
export const INITIAL_WINDOW_SETTING = 7;

/** A frame with a header block: opens a stream, accepts it, or adds headers. */
export interface HeadersFrame<Type extends 'syn-stream' | 'syn-reply' | 'headers'> {
  readonly type: Type;
  readonly streamId: number;
  /** The sender sends nothing more on the stream. */
  readonly isLast: boolean;
  readonly headers: SpdyHeaders;
}

/** One frame of SPDY/3.1. */
export type SpdyFrame =
  | HeadersFrame<'syn-stream'>
  | HeadersFrame<'syn-reply'>
  | HeadersFrame<'headers'>
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'settings'; readonly settings: ReadonlyMap<number, number> }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goaway'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'window-update'; readonly streamId: number; readonly delta: number }
  /** A piece of a data frame: long frames are handed on as they arrive; `isLast` only with the last piece. */
  | {
      readonly type: 'data';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly payload: Buffer;
    };

/** Numbers of the control frames on the wire. */
export const CONTROL_TYPE = {
  'syn-stream': 1,
  'syn-reply': 2,
  'rst-stream': 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  'window-update': 9,
} as const;

/** The version that control frames carry; 3.1 says 3 as well. */
export const SPDY_VERSION = 3;
/** Flag of the last frame that a side sends on a stream. */
export const FLAG_FIN = 1;
/** Longest payload that the 24 bits of a frame header can say. */
export const MAX_FRAME_BYTES = 2 ** 24 - 1;
