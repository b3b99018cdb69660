param location string
param tags object
param token string
param alertEmail string
param serviceBusId string
param cosmosId string
param workspaceId string
param appInsightsId string
param appHost string
@description('Lines of the level `info` are written, so their absence means something.')
param infoIsLogged bool
@description('Asks /health/ready from outside every five minutes.')
param probe bool

// Lines that the gateway writes (`event`), as the host's traces. What each means and what to do: docs/operations.md.
var lines = 'AppTraces | extend line = parse_json(Message) | extend event = tostring(line.event)'
var logAlerts = [
  {
    name: 'books-unbalanced'
    severity: 1
    description: 'Received events and outcomes of a config do not add up.'
    query: '${lines} | where event == "books_unbalanced"'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    enabled: true
  }
  {
    name: 'books-corrected'
    severity: 2
    description: 'The counters of an hour differed from the deliveries, and were put right.'
    query: '${lines} | where event == "books_corrected"'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT1H'
    enabled: true
  }
  {
    name: 'books-unchecked'
    severity: 1
    description: 'For half an hour nobody has checked the books: timers do not run, or nothing is logged.'
    query: '${lines} | where event == "books_checked"'
    operator: 'LessThan'
    threshold: 1
    window: 'PT30M'
    enabled: infoIsLogged
  }
  {
    name: 'events-dead-lettered'
    severity: 2
    description: 'A provider did not take events for so long that nobody sends them again by themselves.'
    query: '${lines} | where event == "dead_lettered"'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    enabled: true
  }
  {
    name: 'breakers-open'
    severity: 2
    description: 'A config has not worked for minutes: its events wait, for two days at most.'
    // The last word on each config. Four openings in a row are some eight minutes, unless the first was short; a provider can ask for as long at once.
    query: '${lines} | where event in ("breaker_opened", "breaker_closed") | extend config_id = tostring(line.config_id) | summarize arg_max(TimeGenerated, *) by config_id | where event == "breaker_opened" and ((toint(line.openings) >= 4 and todatetime(line.open_until) > TimeGenerated + 3m) or todatetime(line.open_until) > TimeGenerated + 8m)'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT1H'
    enabled: true
  }
  {
    name: 'deliveries-overdue'
    severity: 2
    description: 'Minute after minute, events are found that should have been tried two minutes ago or earlier: queues are not emptied.'
    query: '${lines} | where event == "overdue_sent_again"'
    operator: 'GreaterThan'
    threshold: 4
    window: 'PT15M'
    enabled: true
  }
  {
    name: 'queues-slow'
    severity: 2
    description: 'Messages had been due for more than two minutes when their work began.'
    query: '${lines} | where event in ("fan_out", "delivery_attempt") and toint(line.queue_delay_ms) > 120000'
    operator: 'GreaterThan'
    threshold: 10
    window: 'PT15M'
    enabled: infoIsLogged
  }
  {
    name: 'requests-failing'
    severity: 2
    description: 'Requests are answered with 5xx.'
    query: '${lines} | where event == "request" and toint(line.status) >= 500 and not(tostring(line.path) has "health")'
    operator: 'GreaterThan'
    threshold: 10
    window: 'PT5M'
    enabled: true
  }
  {
    name: 'functions-failing'
    severity: 2
    description: 'A message or a timer failed with an error that nobody expected.'
    query: '${lines} | where event in ("message_failed", "message_given_up", "timer_failed", "reconcile_failed", "resend_failed", "verification_threw", "visitor_salt_unavailable")'
    operator: 'GreaterThan'
    threshold: 4
    window: 'PT15M'
    enabled: true
  }
]

var emails = empty(alertEmail) ? [] : [ { name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true } ]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'carreau'
    enabled: true
    emailReceivers: emails
  }
}

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [for alert in logAlerts: {
  name: '${alert.name}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alert.name
    description: alert.description
    severity: alert.severity
    enabled: alert.enabled
    scopes: [ workspaceId ]
    evaluationFrequency: 'PT5M'
    windowSize: alert.window
    autoMitigate: true
    // The table is made when the first line arrives.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: alert.operator
          threshold: alert.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [ operators.id ] }
  }
}]

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'A queue has dead letters. The gateway settles what it can: these are messages that it cannot read, or that end its process again and again. They may hold visitors\' addresses.'
    severity: 1
    enabled: true
    scopes: [ serviceBusId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [ { name: 'EntityName', operator: 'Include', values: [ '*' ] } ]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [ { actionGroupId: operators.id } ]
  }
}

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'store-throttled-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The database refuses requests because its throughput is used up.'
    severity: 2
    enabled: true
    scopes: [ cosmosId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [ { name: 'StatusCode', operator: 'Include', values: [ '429' ] } ]
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 100
        }
      ]
    }
    actions: [ { actionGroupId: operators.id } ]
  }
}

resource readiness 'Microsoft.Insights/webtests@2022-06-15' = if (probe) {
  name: 'ready-${token}'
  location: location
  tags: union(tags, { 'hidden-link:${appInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'ready-${token}'
    Name: 'ready-${token}'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [ { Id: 'emea-nl-ams-azr' }, { Id: 'emea-gb-db3-azr' }, { Id: 'us-va-ash-azr' } ]
    Request: { RequestUrl: 'https://${appHost}/health/ready', HttpVerb: 'GET', FollowRedirects: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2018-03-01' = if (probe) {
  name: 'not-ready-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Seen from two places, the gateway does not answer or lacks its store, its queues or its vault.'
    severity: 0
    enabled: true
    scopes: [ readiness.id, appInsightsId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readiness.id
      componentId: appInsightsId
      failedLocationCount: 2
    }
    actions: [ { actionGroupId: operators.id } ]
  }
}

output actionGroupId string = operators.id
