// A cheap environment to try things in: everything serverless, nothing always there.
using './main.bicep'

param environmentName = 'carreau-dev'
param location = 'westeurope'
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param alertEmail = readEnvironmentVariable('CARREAU_ALERT_EMAIL', '')
