import { memoryStore } from "./memory-store.ts";
import { testStore } from "./testing.ts";

testStore("memoryStore()", async () => memoryStore());
