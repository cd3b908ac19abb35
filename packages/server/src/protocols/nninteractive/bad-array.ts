/** The bytes of an array are not what they should be: the client sent something else, or less than all. */
export class BadArrayError extends Error {
  override readonly name = "BadArrayError";
}
