/** A user of this machine. Only a cluster that runs as root can start programs as somebody else. */
export interface ImageUser {
  /** Number of the user; 0 is root. */
  readonly uid: number;
  /** Number of the primary group. */
  readonly gid: number;
}

/** An image that is a program of this machine. */
export interface ProcessImage {
  /** The program and its first arguments, as ENTRYPOINT and CMD together. A container's `command` replaces it, its `args` alone are appended. */
  readonly command: readonly string[];
  /** Variables every container of the image gets; the pod's own win. `$(NAME)` stands for what the runtime tells, such as `$(KUBEWRIGHT_ROOT)`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Where containers start unless the pod says otherwise. Default: the container's own root folder. */
  readonly workingDir?: string | undefined;
  /** What asks a container of the image to stop, as STOPSIGNAL in an image. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals | undefined;
  /** Whom the image's containers run as unless the pod says otherwise. Default: the user and group this process runs as. */
  readonly user?: ImageUser | undefined;
  /**
   * Users of the image that are others on this machine, by their number in the image: `{ 999: { uid: 101, gid: 104 } }`
   * for a database that pods run as 999 and whose programs were installed here for another user.
   */
  readonly users?: Readonly<Record<number, ImageUser>> | undefined;
  /** Sub-directories of {@link workingDir} and PATH entries put in front of the machine's own PATH. */
  readonly path?: readonly string[] | undefined;
}

/** What a played container does in one of its lives. */
export interface ScriptedLife {
  /** It ends by itself after this time, in milliseconds. Default: it runs until it is stopped. */
  readonly endsAfterMs?: number | undefined;
  /** Exit code when it ends by itself. Default 0. */
  readonly exitCode?: number | undefined;
  /** It ends as if the kernel had killed it for its memory. Default false. */
  readonly oomKilled?: boolean | undefined;
  /** Exit code when it is asked to stop. Default 0; `'ignores'` waits for SIGKILL. */
  readonly onTerminate?: number | 'ignores' | undefined;
  /** It takes this long to stop after it was asked, in milliseconds. Default 0. */
  readonly terminateAfterMs?: number | undefined;
  /** It cannot even start; the text becomes the message of a StartError. */
  readonly startError?: string | undefined;
  /** Lines it writes to standard error, each with the age at which it does. */
  readonly logs?: readonly { readonly atMs: number; readonly line: string }[] | undefined;
  /** What it leaves in its termination message file. */
  readonly terminationMessage?: string | undefined;
  /** How its probes answer from an age on; the entry with the greatest `fromMs` not above the age counts. Default: they succeed. */
  readonly health?: readonly ScriptedHealth[] | undefined;
  /** What commands executed in it answer, by their text joined by blanks. Default: exit code 0 and no output. */
  readonly exec?: Readonly<Record<string, ScriptedExec>> | undefined;
}

/** How the probes of a played container answer from an age on. */
export interface ScriptedHealth {
  /** Age of the life in milliseconds. */
  readonly fromMs: number;
  /** The probe's answer: nothing is wrong, an HTTP status, or a failure with its text. */
  readonly answer: 'ok' | number | { readonly failure: string };
}

/** What one command executed in a played container does. */
export interface ScriptedExec {
  /** Default 0. */
  readonly exitCode?: number | undefined;
  /** It cannot be started; the text follows the runtime's own words, such as `exec: "curl": executable file not found in $PATH`. */
  readonly startError?: string | undefined;
  /** Written to standard output. Default: nothing. */
  readonly output?: string | undefined;
  /** It takes this long, in milliseconds. Default 0. */
  readonly durationMs?: number | undefined;
}

/** An image whose containers are played: nothing runs. */
export interface ScriptedImage {
  /** The lives, in order; the last one is repeated for ever. At least one. */
  readonly lives: readonly ScriptedLife[];
  /** Lives of containers with these names, in place of {@link lives}; each list has at least one. */
  readonly containers?: Readonly<Record<string, readonly ScriptedLife[]>> | undefined;
}

/** An image that exists somewhere but cannot be had: each pull fails with this text. */
export interface UnavailableImage {
  /** What the registry or the runtime says, such as `failed to pull and unpack image "a:1": …: 429 Too Many Requests`. */
  readonly pullError: string;
}

/** What an image name stands for on this node. */
export type Image = ProcessImage | ScriptedImage | UnavailableImage;

/** Image names and what they stand for. */
export type ImageMap = Readonly<Record<string, Image>>;

/** The containers of the image are played. */
export function isScripted(image: Image | undefined): image is ScriptedImage {
  return image !== undefined && 'lives' in image;
}

/** The containers of the image are processes. */
export function isProcessImage(image: Image | undefined): image is ProcessImage {
  return image !== undefined && 'command' in image;
}

/** The image cannot be had. */
export function isUnavailable(image: Image | undefined): image is UnavailableImage {
  return image !== undefined && 'pullError' in image;
}
