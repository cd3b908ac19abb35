const storageKey = "septum.session";
const parameter = "session";

/** Where the page remembers its session; an interface so that tests need no browser. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The session that the address names, else the one remembered from last time. */
export function rememberedSession(address: URL, memory: Memory): string | undefined {
  return address.searchParams.get(parameter) ?? memory.getItem(storageKey) ?? undefined;
}

/** The address that opens this session anywhere. */
export function sessionLink(address: URL, id: string): string {
  const link = new URL(address.origin + address.pathname);
  link.searchParams.set(parameter, id);
  return link.href;
}

/**
 * Remembers the session (undefined: none) where it was found: in the address if that names one, else for the next visit.
 * So following someone's link does not make a person forget their own session. Returns the address to show.
 */
export function rememberSession(address: URL, memory: Memory, id: string | undefined): URL {
  const next = new URL(address);
  if (!next.searchParams.has(parameter)) {
    if (id) memory.setItem(storageKey, id);
    else memory.removeItem(storageKey);
  } else if (id) {
    next.searchParams.set(parameter, id);
  } else {
    next.searchParams.delete(parameter);
  }
  return next;
}

/** The first eight characters tell sessions apart well enough for a menu. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
