// Preloaded into a server under test (`--require`, which threads and children take over too): refuses every connection to
// another machine and every look-up of a name, and says so on standard error.

const dns = require("node:dns");
const { writeSync } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const { Socket } = require("node:net");

const marker = "OUTSIDE REQUEST";
const own = /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127\..*)$/;

function refuse(where) {
  // A thread's stream would be lost with the thread.
  writeSync(2, `${marker}: ${where}\n${new Error().stack}\n`);
  throw new Error(`${marker}: ${where}`);
}

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const [first] = args.flat();
  const options = typeof first === "object" && first !== null ? first : { port: first, host: args[1] };
  const local = options.path !== undefined || typeof first === "string";
  const host = options.host ?? "localhost";
  if (!local && !own.test(host)) refuse(host);
  return connect.apply(this, args);
};

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => (own.test(name) ? lookup(name, ...rest) : refuse(name));
const promisedLookup = dns.promises.lookup;
dns.promises.lookup = (name, ...rest) => (own.test(name) ? promisedLookup(name, ...rest) : refuse(name));
syncBuiltinESMExports();
