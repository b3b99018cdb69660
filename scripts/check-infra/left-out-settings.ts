/** Settings that the code reads and that Bicep must not set, and why. What is not in this list is set, if only under a condition. */
export const leftOutSettings: Readonly<Record<string, string>> = {
  COSMOS_CONNECTION: "a connection string holds a key: it is for emulators",
  SERVICEBUS_CONNECTION: "a connection string holds a key: it is for emulators",
  CARREAU_ADMIN_KEY_REF: "the default is the name under which the deployment keeps the admin key",
  CARREAU_SIGNING_KEY_REF: "the default is the name under which the deployment keeps the signing keys",
  OTEL_SERVICE_NAME: "the default is the service's name, which does not depend on the environment",
};
