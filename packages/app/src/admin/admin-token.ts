const key = "septum-admin-token";

/** Kept until the tab is closed, so that a reload does not ask again, and never in the address. */
export function rememberedToken(storage: Storage): string | undefined {
  return storage.getItem(key) ?? undefined;
}

export function rememberToken(storage: Storage, token: string | undefined): void {
  if (token === undefined) storage.removeItem(key);
  else storage.setItem(key, token);
}
