param location string
param tags object
param token string
param identityId string
param identityClientId string
param storageName string
param deploymentContainerUrl string
param appInsightsConnection string
param cosmosEndpoint string
param databaseName string
param serviceBusHost string
param vaultUrl string
@description('Empty: no private network.')
param subnetId string
param instanceMemoryMB int
param maximumInstanceCount int
param httpConcurrency int
param alwaysReadyHttp int
param alwaysReadyDelivery int
@description('Names of the functions that empty queues.')
param deliveryFunctions array
param zoneRedundant bool
param rollingUpdate bool
param trustedProxyHops int
param countryHeader string
param logLevel string
param otlpEndpoint string
param otlpTraceShare string
@description('Empty: the receiver asks for no headers.')
param otlpHeadersSecretName string

// The platform scales HTTP as one group, and every other function alone under this name.
var readyHttp = alwaysReadyHttp == 0 ? [] : [ { name: 'http', instanceCount: alwaysReadyHttp } ]
var readyDelivery = alwaysReadyDelivery == 0 ? [] : map(deliveryFunctions, name => { name: 'function:${name}', instanceCount: alwaysReadyDelivery })

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    // Else the platform reads the vault with a system-assigned identity, which isn't there.
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '22' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(readyHttp, readyDelivery)
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
      // The service knows it since this version; the published type does not.
      #disable-next-line BCP037
      siteUpdateStrategy: { type: rollingUpdate ? 'RollingUpdate' : 'Recreate' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      // The host answers preflights itself, from this list. Which sites a key may be used on is checked with each request.
      cors: { allowedOrigins: [ '*' ], supportCredentials: false }
      // Names end with `__…` where a connection is made with the identity. Nothing here is secret.
      appSettings: concat(
        [
          { name: 'AzureWebJobsStorage__accountName', value: storageName }
          { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
          { name: 'AzureWebJobsStorage__clientId', value: identityClientId }
          { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: appInsightsConnection }
          { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identityClientId};Authorization=AAD' }
          { name: 'COSMOS_CONNECTION__accountEndpoint', value: cosmosEndpoint }
          { name: 'COSMOS_DATABASE', value: databaseName }
          { name: 'SERVICEBUS_CONNECTION__fullyQualifiedNamespace', value: serviceBusHost }
          { name: 'SERVICEBUS_CONNECTION__credential', value: 'managedidentity' }
          { name: 'SERVICEBUS_CONNECTION__clientId', value: identityClientId }
          { name: 'KEYVAULT_URL', value: vaultUrl }
          { name: 'MANAGED_IDENTITY_CLIENT_ID', value: identityClientId }
          { name: 'CARREAU_TRUSTED_PROXY_HOPS', value: string(trustedProxyHops) }
          { name: 'CARREAU_LOG_LEVEL', value: logLevel }
          { name: 'FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR', value: 'true' }
          { name: 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', value: '4194304' }
          { name: 'AzureWebJobsDisableHomepage', value: 'true' }
          { name: 'languageWorkers__node__arguments', value: '--enable-source-maps' }
        ],
        empty(countryHeader) ? [] : [ { name: 'CARREAU_COUNTRY_HEADER', value: countryHeader } ],
        empty(otlpEndpoint) ? [] : [
          { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: otlpEndpoint }
          { name: 'OTEL_TRACES_SAMPLER_ARG', value: otlpTraceShare }
        ],
        // The platform reads the vault and gives the app what is there.
        empty(otlpEndpoint) || empty(otlpHeadersSecretName) ? [] : [
          { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: '@Microsoft.KeyVault(SecretUri=${vaultUrl}secrets/${otlpHeadersSecretName})' }
        ]
      )
    }
  }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [for name in [ 'ftp', 'scm' ]: {
  parent: app
  name: name
  properties: { allow: false }
}]

output name string = app.name
output host string = app.properties.defaultHostName
