export { readArrayFile, readMask, writeMask } from "./nninteractive/tasks.ts";
