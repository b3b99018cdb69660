import { at, type BicepFile, type Declaration, type Finding, namedChildren } from "./bicep-file.ts";
import { evaluated } from "./evaluate.ts";
import { type Located, property, propertyAt, sources } from "./expressions.ts";
import { renderings, resourcesOf, valuesAt } from "./renderings.ts";

/** What is chosen where everything is private. */
const allPrivate = { privateNetwork: true, serviceBusSku: "Premium", redis: true };

interface PrivateService {
  /** Of what the service is, and the zone in which its name is looked up ("Azure private endpoint DNS zone values"). */
  readonly group: string;
  readonly zone: string;
  /** What closes the way around the network. */
  readonly closed: Readonly<Record<string, string>>;
}
const noPublic = { "properties.publicNetworkAccess": "Disabled" };
const noPublicByDefault = { ...noPublic, "properties.networkAcls.defaultAction": "Deny" };

const services: Readonly<Record<string, PrivateService>> = {
  "Microsoft.Storage/storageAccounts": {
    group: "blob",
    zone: "privatelink.blob.environment().suffixes.storage",
    closed: noPublicByDefault,
  },
  "Microsoft.DocumentDB/databaseAccounts": { group: "Sql", zone: "privatelink.documents.azure.com", closed: noPublic },
  "Microsoft.KeyVault/vaults": { group: "vault", zone: "privatelink.vaultcore.azure.net", closed: noPublicByDefault },
  "Microsoft.ServiceBus/namespaces": { group: "namespace", zone: "privatelink.servicebus.windows.net", closed: noPublic },
  "Microsoft.Cache/redisEnterprise": { group: "redisEnterprise", zone: "privatelink.redis.azure.net", closed: noPublic },
};
/** The platform under Flex Consumption, to which the app's subnet is delegated. */
const platform = "Microsoft.App/environments";

/** With a private network every service is reached by it, under its own name, and by nothing else. */
export const checkPrivateNetwork = (files: readonly BicepFile[]): Finding[] => [
  ...Object.entries(services).flatMap(([type, { closed }]) =>
    resourcesOf(type, files).flatMap((resource) =>
      Object.entries(closed).flatMap(([path, wanted]) => checkClosed(resource, path, wanted, files)),
    ),
  ),
  ...resourcesOf("Microsoft.Network/privateEndpoints", files).flatMap((endpoint) => checkEndpoints(endpoint, files)),
  ...resourcesOf("Microsoft.Web/sites", files).flatMap((app) => checkSubnet(app, files)),
];

function checkClosed(resource: Declaration, path: string, wanted: string, files: readonly BicepFile[]): Finding[] {
  const given = propertyAt(resource, path);
  const value = given && evaluated({ node: given.value, file: resource.file }, files, allPrivate);
  return value === wanted ? [] : [at(resource.file, given?.node ?? resource.node, `${path} must be ${wanted} in a private network`)];
}

function checkEndpoints(endpoint: Declaration, files: readonly BicepFile[]): Finding[] {
  const { file, node } = endpoint;
  const found = elementsOf(endpoint, files).map(({ variable, element }) => {
    const locals = new Map([[variable, element]]);
    const first = (array: Located | undefined): Located | undefined => {
      const [child] = array === undefined ? [] : namedChildren(array.node);
      return array && child && { node: child, file: array.file };
    };
    const inside = (object: Located | undefined, key: string): Located | undefined => {
      const one = object && property(object.node, key);
      return one && { node: one.value, file: object.file };
    };
    const text = (value: Located | undefined): string =>
      value === undefined ? "" : renderings(value, files, locals).filter(Boolean).join();
    const connection = inside(first(valuesAt(endpoint, "properties.privateLinkServiceConnections", files)[0]), "properties");
    const zone = resourcesOf("Microsoft.Network/privateDnsZones", files)[0];
    return {
      place: element,
      type: text(inside(connection, "privateLinkServiceId")).replace(/^<(.*)>\.id$/, "$1"),
      group: text(first(inside(connection, "groupIds"))),
      zone: zone === undefined ? "" : text({ node: propertyAt(zone, "name")!.value, file: zone.file }),
    };
  });
  const wrong = found.flatMap(({ place, type, group, zone }) => {
    const wanted = services[type];
    if (wanted === undefined)
      return [at(place.file, place.node, `a private endpoint for '${type}', which is none of the gateway's services`)];
    return group === wanted.group && zone === wanted.zone
      ? []
      : [at(place.file, place.node, `${type} is ${wanted.group} in ${wanted.zone}, not ${group} in ${zone}`)];
  });
  const lacking = Object.keys(services).filter((type) => resourcesOf(type, files).length > 0 && !found.some((one) => one.type === type));
  return [...wrong, ...lacking.map((type) => at(file, node, `no private endpoint for ${type}`))];
}

/** What the loop of a resource runs over, element by element. */
function elementsOf({ value, file }: Declaration, files: readonly BicepFile[]): { variable: string; element: Located }[] {
  const [variables, over] = value?.type === "for_statement" ? namedChildren(value) : [];
  if (variables === undefined || over === undefined) return [];
  const variable = variables.type === "for_loop_parameters" ? (namedChildren(variables)[0]?.text ?? "") : variables.text;
  return sources({ node: over, file }, files).flatMap((array) =>
    namedChildren(array.node).map((node) => ({ variable, element: { node, file: array.file } })),
  );
}

/** The subnet in which the app is, is the platform's. */
function checkSubnet(app: Declaration, files: readonly BicepFile[]): Finding[] {
  const subnets = resourcesOf("Microsoft.Network/virtualNetworks", files).flatMap((network) =>
    valuesAt(network, "properties.subnets", files).flatMap(({ node }) => namedChildren(node)),
  );
  const given = valuesAt(app, "properties.virtualNetworkSubnetId", files).flatMap((value) => renderings(value, files));
  const names = given.filter((text) => text.startsWith("<")).map((text) => text.split("/subnets/")[1]);
  const isPlatforms = (name: string | undefined): boolean =>
    subnets.some((subnet) => {
      const own = property(subnet, "name")?.value.text === `'${name}'`;
      return own && (property(subnet, "properties")?.value.text.includes(`serviceName: '${platform}'`) ?? false);
    });
  return names.length > 0 && names.every(isPlatforms)
    ? []
    : [at(app.file, app.node, `the app's subnet is not one that is delegated to ${platform}`)];
}
