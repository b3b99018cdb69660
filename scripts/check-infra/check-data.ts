import { at, type BicepFile, type Finding } from "./bicep-file.ts";
import { namesMade } from "./evaluate.ts";

const containerType = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
const queueType = "Microsoft.ServiceBus/namespaces/queues";

/** Every container and queue that the code names is made, and no other. */
export const checkData = (files: readonly BicepFile[], containers: readonly string[], queues: readonly string[]): Finding[] => [
  ...checkNames(files, containerType, "container", containers),
  ...checkNames(files, queueType, "queue", queues),
];

function checkNames(files: readonly BicepFile[], type: string, word: string, needed: readonly string[]): Finding[] {
  const resources = files
    .flatMap(({ declarations }) => declarations)
    .filter(({ kind, of }) => kind === "resource" && of.startsWith(`${type}@`));
  const made = resources.flatMap((resource) => namesMade(resource, files).map((name) => ({ name, resource })));
  const place = resources[0] ?? files.find(({ path }) => path.endsWith("main.bicep"))?.declarations[0];
  if (place === undefined) return [{ file: "infra", line: 1, message: `no resource makes a ${word}` }];
  const lacking = needed.filter((name) => !made.some((one) => one.name === name));
  const extra = made.filter(({ name }) => typeof name !== "string" || !needed.includes(name));
  return [
    ...lacking.map((name) => at(place.file, place.node, `no ${word} '${name}', which the code uses`)),
    ...extra.map(({ name, resource }) =>
      at(
        resource.file,
        resource.node,
        name === undefined ? `the name of a ${word} cannot be read` : `${word} '${String(name)}' is used by no code`,
      ),
    ),
  ];
}
