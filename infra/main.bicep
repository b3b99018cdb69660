targetScope = 'subscription'

@description('Names the environment: the resource group is rg-<name>.')
@minLength(1)
@maxLength(40)
param environmentName string

param location string

@description('True: instances that are always there, data in several zones, a vault that cannot be purged, provisioned throughput. Fixed when the environment is made.')
param production bool = false

@description('Object id of who deploys: may then read and write the vault\'s secrets. Empty: nobody.')
param principalId string = ''

@description('Where alarms are sent. Empty: they are only shown in the portal.')
param alertEmail string = ''

@description('What a month may cost, in the currency of the subscription. 0: no budget.')
param monthlyBudget int = 0

@description('First day of the budget\'s first month, as 2026-12-01: the month in which it is made, since Azure takes no past one, and it cannot be changed afterwards. Needed with a budget.')
param budgetStart string = ''

@description('Memory of an instance. 2048 MB come with one core, 512 MB with a quarter.')
@allowed([ 512, 2048, 4096 ])
param instanceMemoryMB int = production ? 2048 : 512

@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = production ? 100 : 40

@description('Requests that an instance handles at a time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = production ? 64 : 16

@description('Instances for HTTP that are always there.')
@minValue(0)
param alwaysReadyHttp int = production ? 2 : 0

@description('Always-ready instances of each function that empties a queue: without one, the first message after a pause may wait two minutes.')
@minValue(0)
param alwaysReadyDelivery int = production ? 1 : 0

@description('Keeps the storage and the database in several of the region\'s zones. The region must have some. Fixed when they are made.')
param zoneRedundantData bool = production

@description('Spreads the instances over the region\'s zones. The platform then keeps two always-ready instances, and bills them, of each group that scales by itself: HTTP, each function that empties a queue, each timer; whatever alwaysReadyHttp and alwaysReadyDelivery say. Without it the data outlive a zone, and the gateway may be down as long as its zone is. Needs zoneRedundantData; can be changed at any time.')
param zoneRedundantApp bool = false

@description('A deployment replaces instances one after another and lets them finish, instead of all at once. A preview of the platform.')
param rollingUpdate bool = production

@description('Highest throughput of the database in RU/s. 0: serverless. Fixed when the account is made.')
@minValue(0)
param cosmosMaxThroughput int = production ? 4000 : 0

@description('Premium is the tier that private endpoints need. Fixed when the namespace is made.')
@allowed([ 'Standard', 'Premium' ])
param serviceBusSku string = 'Standard'

@description('True: storage, database and vault, and Service Bus if Premium, are reached over a private network only.')
param privateNetwork bool = false

@description('An Azure Managed Redis for limits that all instances share. The gateway does not use it yet.')
param redis bool = false

@minValue(30)
@maxValue(730)
param logRetentionDays int = production ? 90 : 30

@description('Most that is logged per day, in GB; what comes after that is lost.')
@minValue(1)
param logDailyGb int = production ? 10 : 1

@description('Proxies of yours in front of the platform, such as 1 for Front Door.')
@minValue(0)
@maxValue(9)
param trustedProxyHops int = 0

@description('The header in which your edge says which country a visitor is in. Empty: no country is known.')
param countryHeader string = ''

@description('The least important lines that are written. Above warn, alarms would have no lines to look for.')
@allowed([ 'debug', 'info', 'warn' ])
param logLevel string = 'info'

@description('Base URL of a receiver of traces and numbers by the OpenTelemetry protocol over HTTP. Empty: nothing is exported.')
param otlpEndpoint string = ''

@description('Name of the secret in the vault that holds the headers for it, as name=value,name=value: its key, usually. Empty: it asks for none.')
param otlpHeadersSecretName string = ''

@description('The share of traces begun here that is exported: a number from 0 to 1, as text.')
param otlpTraceShare string = '1'

param databaseName string = 'carreau'

// Both lists come from the code. `npm run generate:infra` writes the second one.
var containers = loadJsonContent('../shared/ports/containers.json')
var queueList = loadJsonContent('queues.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
    dailyGb: logDailyGb
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    zoneRedundant: zoneRedundantData
    publicAccess: !privateNetwork
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    databaseName: databaseName
    containers: containers
    maxThroughput: cosmosMaxThroughput
    zoneRedundant: zoneRedundantData
    publicAccess: !privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module serviceBus 'modules/servicebus.bicep' = {
  name: 'servicebus'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    skuName: serviceBusSku
    queues: queueList.queues
    settings: queueList.settings
    publicAccess: !privateNetwork || serviceBusSku == 'Standard'
  }
}

module vault 'modules/keyvault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    deployerId: principalId
    purgeProtection: production
    publicAccess: !privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module cache 'modules/redis.bicep' = if (redis) {
  name: 'cache'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
    highlyAvailable: production
    publicAccess: !privateNetwork
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    storageId: storage.outputs.id
    cosmosId: cosmos.outputs.id
    vaultId: vault.outputs.id
    serviceBusId: serviceBusSku == 'Premium' ? serviceBus.outputs.id : ''
    redisId: redis ? cache!.outputs.id : ''
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    appInsightsConnection: monitoring.outputs.connectionString
    cosmosEndpoint: cosmos.outputs.endpoint
    databaseName: databaseName
    serviceBusHost: serviceBus.outputs.host
    vaultUrl: vault.outputs.url
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyDelivery: alwaysReadyDelivery
    deliveryFunctions: map(queueList.queues, queue => queue.function)
    zoneRedundant: zoneRedundantApp
    rollingUpdate: rollingUpdate
    trustedProxyHops: trustedProxyHops
    countryHeader: countryHeader
    logLevel: logLevel
    otlpEndpoint: otlpEndpoint
    otlpTraceShare: otlpTraceShare
    otlpHeadersSecretName: otlpHeadersSecretName
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    alertEmail: alertEmail
    serviceBusId: serviceBus.outputs.id
    cosmosId: cosmos.outputs.id
    workspaceId: monitoring.outputs.workspaceId
    appInsightsId: monitoring.outputs.id
    appHost: app.outputs.host
    infoIsLogged: logLevel == 'debug' || logLevel == 'info'
    probe: production
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  name: 'budget'
  scope: group
  params: {
    token: token
    amount: monthlyBudget
    start: budgetStart
    actionGroupId: alerts.outputs.actionGroupId
    alertEmail: alertEmail
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = app.outputs.name
output SERVICE_API_URI string = 'https://${app.outputs.host}'
output KEYVAULT_NAME string = vault.outputs.name
output KEYVAULT_URL string = vault.outputs.url
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
output SERVICEBUS_HOST string = serviceBus.outputs.host
output REDIS_HOST string = redis ? cache!.outputs.host : ''
