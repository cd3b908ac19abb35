// Preloaded into a server under test (`--require`, which its threads take over too): the thread that runs the network ends
// when it is given a patch with the fatal voxel value, as it would when its own memory ran out.
const { isMainThread, parentPort, workerData } = require("node:worker_threads");

const fatal = 30_000;

if (!isMainThread && workerData?.warmUpSize) {
  parentPort.on("message", ({ image }) => {
    if (image?.some((value) => value >= fatal)) process.exit(1);
  });
}
