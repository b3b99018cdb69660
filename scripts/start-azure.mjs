// npm run start:azure [-- --emulators]: the gateway on Azure's services, or on our test servers of them.
const isEmulated = process.argv.includes("--emulators");
process.argv.splice(2, process.argv.length, isEmulated ? "test/emulators/start-azure.ts" : "functions/azure.ts");
await import("./run.mjs");
