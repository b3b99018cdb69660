// What `azd up` deploys: the values come from azd's environment (`azd env set NAME value`).
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'carreau')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param principalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')
param production = readEnvironmentVariable('CARREAU_PRODUCTION', 'false') == 'true'
param privateNetwork = readEnvironmentVariable('CARREAU_PRIVATE_NETWORK', 'false') == 'true'
param alertEmail = readEnvironmentVariable('CARREAU_ALERT_EMAIL', '')
