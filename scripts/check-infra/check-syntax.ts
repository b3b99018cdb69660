import { at, type BicepFile, type Finding, walk } from "./bicep-file.ts";

/** What the grammar of Bicep does not accept. */
export const checkSyntax = (file: BicepFile): Finding[] =>
  [...walk(file.root)]
    .filter((node) => node.isError || node.isMissing)
    .map((node) =>
      at(file, node, node.isMissing ? `syntax: ${node.type} is missing` : `syntax: ${JSON.stringify(node.text.slice(0, 40))}`),
    );
