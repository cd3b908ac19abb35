import { z } from "zod";

// Zod compiles validators with `new Function` where it may. A page under our content security policy may not, and even the
// attempt is reported as a violation; so it is switched off there, before the first schema is made.
if (typeof document !== "undefined") z.config({ jitless: true });

export { z };
