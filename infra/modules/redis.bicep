param location string
param tags object
param token string
param principalId string
param highlyAvailable bool
param publicAccess bool

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: 'redis-${token}'
  location: location
  tags: tags
  sku: { name: 'Balanced_B0' }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: highlyAvailable ? 'Enabled' : 'Disabled'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    port: 10000
    clientProtocol: 'Encrypted'
    accessKeysAuthentication: 'Disabled'
    // One endpoint: clients need to know nothing of shards.
    clusteringPolicy: 'EnterpriseCluster'
    // Only what has a time to live may be forgotten when memory is full.
    evictionPolicy: 'VolatileLRU'
  }
}

// The only policy that there is; without access keys nobody else gets in.
resource access 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = {
  parent: database
  name: 'gateway'
  properties: { accessPolicyName: 'default', user: { objectId: principalId } }
}

output id string = cluster.id
output host string = cluster.properties.hostName
