/** `Or` for Orange, `O2` for Orange 2: short enough for a dot, and different for every name. */
export function initials(name: string): string {
  const [word, number] = name.split(" ");
  return number ? `${word.slice(0, 1)}${number}` : word.slice(0, 2);
}
