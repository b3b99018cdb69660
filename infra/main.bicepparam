// What `azd up` deploys. The values come from azd's environment. Those without a default say what kind of environment it is and have to be
// there before the first `azd up`, since some can't be changed afterwards: infra/environments/ has a file for each kind.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'carreau')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')

param production = readEnvironmentVariable('CARREAU_PRODUCTION') == 'true'
param zoneRedundantApp = readEnvironmentVariable('CARREAU_ZONE_REDUNDANT_APP') == 'true'
param cosmosMaxThroughput = int(readEnvironmentVariable('CARREAU_COSMOS_MAX_THROUGHPUT'))
param serviceBusSku = readEnvironmentVariable('CARREAU_SERVICE_BUS_PREMIUM') == 'true' ? 'Premium' : 'Standard'
param privateNetwork = readEnvironmentVariable('CARREAU_PRIVATE_NETWORK') == 'true'
param monthlyBudget = int(readEnvironmentVariable('CARREAU_MONTHLY_BUDGET'))

param budgetStart = readEnvironmentVariable('CARREAU_BUDGET_START', '')
param alertEmail = readEnvironmentVariable('CARREAU_ALERT_EMAIL', '')
