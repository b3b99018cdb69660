param location string
param tags object
param token string
param principalId string
@allowed([ 'Standard', 'Premium' ])
param skuName string
@description('queues of infra/queues.json')
param queues array
@description('settings of infra/queues.json')
param settings object
param publicAccess bool

// Data Sender and Data Receiver: no right to make or change queues.
var roles = [ '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0' ]

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-${token}'
  location: location
  tags: tags
  sku: skuName == 'Premium' ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for item in queues: {
  parent: namespace
  name: item.name
  properties: {
    lockDuration: settings.lockDuration
    maxDeliveryCount: settings.maxDeliveryCount
    defaultMessageTimeToLive: settings.defaultMessageTimeToLive
    requiresDuplicateDetection: settings.requiresDuplicateDetection
    duplicateDetectionHistoryTimeWindow: settings.duplicateDetectionHistoryTimeWindow
    deadLetteringOnMessageExpiration: settings.deadLetteringOnMessageExpiration
    requiresSession: settings.requiresSession
    maxSizeInMegabytes: 5120
  }
}]

resource sendAndReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  scope: namespace
  name: guid(namespace.id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

output id string = namespace.id
output host string = '${namespace.name}.servicebus.windows.net'
