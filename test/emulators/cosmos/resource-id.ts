/** Gives names that the service would make up: unique, of a given number of bytes, safe in a path. */
export class ResourceIds {
  #last = 0;

  next(bytes: number): string {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUInt32BE(++this.#last, bytes - 4);
    return buffer.toString("base64").replaceAll("/", "-");
  }
}
