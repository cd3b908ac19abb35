#!/usr/bin/env node
import { run } from "./run.ts";

const { stdout, stderr } = process;
const progress = stderr.isTTY ? (line: string) => stderr.write(`\r\u001b[K${line}`) : undefined;

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  print: (line) => stdout.write(`${line}\n`),
  note: (line) => stderr.write(`${line}\n`),
  progress,
});
