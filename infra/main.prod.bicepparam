// What visitors depend on. Every number can be set here; main.bicep says what each means and what `production` makes of it.
using './main.bicep'

param environmentName = 'carreau-prod'
param location = 'westeurope'
param production = true
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param principalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'ServicePrincipal')
param alertEmail = readEnvironmentVariable('CARREAU_ALERT_EMAIL', '')
param maximumInstanceCount = 100
param cosmosMaxThroughput = 4000
param monthlyBudget = 800
param budgetStart = '2026-12-01'
