import { isScripted, isUnavailable, type Image, type ImageMap } from './image.ts';
import { canonicalImageName, parseImageReference } from './reference.ts';

/** The images of a node, by their full names. */
export class ImageStore {
  readonly #images = new Map<string, Image>();

  constructor(images: ImageMap = {}) {
    for (const [name, image] of Object.entries(images)) this.register(name, image);
  }

  /**
   * Adds an image or replaces it; containers that run keep what they were started with.
   *
   * @throws TypeError when the name is no image reference, or a script has no life.
   */
  register(name: string, image: Image): void {
    const reference = parseImageReference(name);
    if (typeof reference === 'string') {
      throw new TypeError(`couldn't parse image name ${JSON.stringify(name)}: ${reference}`);
    }
    const scripts = isScripted(image)
      ? [image.lives, ...Object.values(image.containers ?? {})]
      : [];
    if (scripts.some((lives) => lives.length === 0)) {
      throw new TypeError(`the script of image ${JSON.stringify(name)} has no life`);
    }
    this.#images.set(canonicalImageName(reference), image);
  }

  /** The image of a full name. */
  get(canonicalName: string): Image | undefined {
    return this.#images.get(canonicalName);
  }

  /** The full names of all images that containers can be made of, sorted. */
  names(): string[] {
    return [...this.#images]
      .filter(([, image]) => !isUnavailable(image))
      .map(([name]) => name)
      .sort();
  }
}
