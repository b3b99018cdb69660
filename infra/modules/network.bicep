param location string
param tags object
param token string
param storageId string
param cosmosId string
param vaultId string
@description('Empty: Service Bus stays public, since its Standard tier has no private endpoints.')
param serviceBusId string
@description('Empty: there is no Redis.')
param redisId string

var services = concat(
  [
    { name: 'blob', id: storageId, group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
    { name: 'cosmos', id: cosmosId, group: 'Sql', zone: 'privatelink.documents.azure.com' }
    { name: 'vault', id: vaultId, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
  ],
  empty(serviceBusId) ? [] : [ { name: 'servicebus', id: serviceBusId, group: 'namespace', zone: 'privatelink.servicebus.windows.net' } ],
  empty(redisId) ? [] : [ { name: 'redis', id: redisId, group: 'redisEnterprise', zone: 'privatelink.redis.azure.net' } ]
)

// Providers are on the internet: what leaves the subnet leaves from this address.
resource address 'Microsoft.Network/publicIPAddresses@2024-07-01' = {
  name: 'pip-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource exit 'Microsoft.Network/natGateways@2024-07-01' = {
  name: 'ng-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [ { id: address.id } ] }
}

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [ '10.0.0.0/22' ] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/24'
          natGateway: { id: exit.id }
          // Flex Consumption runs on this platform.
          delegations: [ { name: 'app', properties: { serviceName: 'Microsoft.App/environments' } } ]
        }
      }
      {
        name: 'services'
        properties: { addressPrefix: '10.0.1.0/24' }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = [for service in services: {
  name: service.zone
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (service, index) in services: {
  parent: zone[index]
  name: 'link-${token}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: network.id }
  }
}]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = [for service in services: {
  name: 'pep-${service.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: '${network.id}/subnets/services' }
    privateLinkServiceConnections: [
      { name: service.name, properties: { privateLinkServiceId: service.id, groupIds: [ service.group ] } }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (service, index) in services: {
  parent: endpoint[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [ { name: service.name, properties: { privateDnsZoneId: zone[index].id } } ]
  }
}]

output appSubnetId string = '${network.id}/subnets/app'
