param location string
param tags object
param token string
param principalId string
param databaseName string
@description('shared/ports/containers.json')
param containers object
@description('RU/s that all containers share; 0: serverless.')
param maxThroughput int
param zoneRedundant bool
param publicAccess bool
param workspaceId string

var dataContributor = '00000000-0000-0000-0000-000000000002'
var serverless = maxThroughput == 0

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: 'cosmos-${token}'
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    // One region: counters and idempotency rely on comparing and setting, which holds only where all writes go.
    locations: [ { locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant && !serverless } ]
    capabilities: serverless ? [ { name: 'EnableServerless' } ] : []
    // At Session an instance would see what another one wrote with no bound promised. A consent or an API key that was revoked has to be dead
    // within a second everywhere, and a delivery must be found by the message about it. Reads cost twice the RUs for that.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: { id: databaseName }
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: maxThroughput } }
  }
}

// The same rules as in shared/adapters/azure/cosmos-containers.ts: only what queries name is indexed, `id` always is.
resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [for item in items(containers): {
  parent: database
  name: item.key
  properties: {
    resource: union(
      {
        id: item.key
        partitionKey: { paths: [ item.value.partitionKey ], kind: 'Hash', version: 2 }
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: map(filter(union(flatten(item.value.indexes), []), path => path != 'id'), path => { path: '/${path}/?' })
          excludedPaths: [ { path: '/*' } ]
        }
      },
      item.value.defaultTtlSeconds == null ? {} : { defaultTtl: item.value.defaultTtlSeconds },
      empty(item.value.uniqueKeys) ? {} : { uniqueKeyPolicy: { uniqueKeys: map(item.value.uniqueKeys, fields => { paths: map(fields, field => '/${field}') }) } }
    )
  }
}]

// Data of this database only; no right to make or change containers.
resource readAndWrite 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, database.name, principalId, dataContributor)
  properties: {
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
    principalId: principalId
    scope: '${account.id}/dbs/${databaseName}'
  }
  dependsOn: [ database ]
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    // Who changed the account. Requests are not logged: their URLs would hold ids.
    logs: [ { category: 'ControlPlaneRequests', enabled: true } ]
  }
}

output id string = account.id
output endpoint string = account.properties.documentEndpoint
